import { validationTable } from '../../../test/support/validation-table.ts';

validationTable([
  { title: 'a flow schema as recorded is accepted', base: 'flowschema', changes: {}, errors: [] },
  {
    title: 'precedence 1 is of one schema',
    base: 'flowschema',
    changes: { 'spec/matchingPrecedence': 1 },
    errors: [
      "spec.matchingPrecedence: Invalid value: 1: only the schema named 'exempt' may have matchingPrecedence 1",
    ],
  },
  {
    title: 'precedence ends at 10000',
    base: 'flowschema',
    changes: { 'spec/matchingPrecedence': 10_000 },
    errors: [],
  },
  {
    title: 'a subject has the part of its kind only',
    base: 'flowschema',
    changes: { 'spec/rules/0/subjects': [{ kind: 'User', group: { name: 'g' } }] },
    errors: [
      "spec.rules[0].subjects[0].user: Required value: user is required when subject kind is 'User'",
      "spec.rules[0].subjects[0].group: Forbidden: group is forbidden when subject kind is not 'Group'",
    ],
  },
  {
    title: 'all verbs stand alone',
    base: 'flowschema',
    changes: { 'spec/rules/0/resourceRules/0/verbs': ['*', 'get'] },
    errors: [
      'spec.rules[0].resourceRules[0].verbs: Invalid value: ["*","get"]: if \'*\' is present, must not specify other verbs',
    ],
  },
  {
    title: 'paths match by their beginning',
    base: 'flowschema',
    changes: { 'spec/rules/0/nonResourceRules/0/nonResourceURLs': ['/a/*', '/a*', 'a'] },
    errors: [
      'spec.rules[0].nonResourceRules[0].nonResourceURLs[1]: Invalid value: "/a*": wildcard can only do suffix matching',
      'spec.rules[0].nonResourceRules[0].nonResourceURLs[2]: Invalid value: "a": must start with slash',
    ],
  },
  {
    title: 'a mandatory schema stays as it is',
    base: 'flowschema',
    changes: { 'metadata/name': 'catch-all' },
    errors: ['spec: Invalid value: {"PriorityLevelConfiguration":{"Name":"'],
  },
  {
    title: 'hands are no larger than there are queues',
    base: 'plc',
    changes: { 'spec/limited/limitResponse/queuing': { queues: 2, handSize: 4, queueLengthLimit: 1 } },
    errors: [
      'spec.limited.limitResponse.queuing.handSize: Invalid value: 4: should not be greater than queues (2)',
    ],
  },
  {
    title: 'dealing takes at most 60 bits',
    base: 'plc',
    changes: { 'spec/limited/limitResponse/queuing': { queues: 1024, handSize: 7, queueLengthLimit: 1 } },
    errors: [
      'spec.limited.limitResponse.queuing.handSize: Invalid value: 7: required entropy bits of deckSize 1024 and handSize 7 should not be greater than 60',
    ],
  },
  {
    title: 'only one level is exempt',
    base: 'plc',
    changes: { 'spec/type': 'Exempt', 'spec/limited': undefined },
    errors: ["spec.type: Invalid value: \"Exempt\": must be 'Exempt' if and only if `name` is 'exempt'"],
  },
  {
    title: 'conditions are of different types',
    base: 'plc',
    write: 'status',
    changes: { 'status/conditions': [{ type: 'A' }, { type: 'A' }, {}] },
    errors: [
      'status.conditions[1].type: Duplicate value: "A"',
      'status.conditions[2].type: Required value: must not be empty',
    ],
  },
]);
