import { validationTable } from '../../../test/support/validation-table.ts';

validationTable([
  { title: 'webhooks as recorded are accepted', base: 'vwc', changes: {}, errors: [] },
  {
    title: 'a webhook has a name of three parts',
    base: 'vwc',
    changes: { 'webhooks/0/name': 'a.b' },
    errors: [
      'webhooks[0].name: Invalid value: "a.b": should be a domain with at least three segments separated by dots',
    ],
  },
  {
    title: 'a URL is https, host and path',
    base: 'mwc',
    changes: { 'webhooks/0/clientConfig': { url: 'http://u:p@x/y?a=b#c' } },
    errors: [
      'webhooks[0].clientConfig.url: Invalid value: "http": \'https\' is the only allowed URL scheme; desired format: https://host[/path]',
      'webhooks[0].clientConfig.url: Invalid value: "u:p": user information is not permitted in the URL',
      'webhooks[0].clientConfig.url: Invalid value: "c": fragments are not permitted in the URL',
      'webhooks[0].clientConfig.url: Invalid value: "a=b": query parameters are not permitted in the URL',
    ],
  },
  {
    title: 'a path of a service has segments',
    base: 'mwc',
    changes: { 'webhooks/0/clientConfig/service/path': '/a//b/' },
    errors: ['webhooks[0].clientConfig.service.path: Invalid value: "/a//b/": segment[1] may not be empty'],
  },
  {
    title: 'resources do not say the same twice',
    base: 'vwc',
    changes: { 'webhooks/0/rules/0/resources': ['pods/*', 'pods/log', '*', 'pods'] },
    errors: [
      'webhooks[0].rules[0].resources[1]: Invalid value: "pods/log": if \'pods/*\' is present, must not specify pods/log',
      'webhooks[0].rules[0].resources: Invalid value: ["pods/*","pods/log","*","pods"]: if \'*\' is present, must not specify other resources without subresources',
    ],
  },
  {
    title: 'a webhook answers within half a minute',
    base: 'vwc',
    changes: { 'webhooks/0/timeoutSeconds': 31 },
    errors: [
      'webhooks[0].timeoutSeconds: Invalid value: 31: the timeout value must be between 1 and 30 seconds',
    ],
  },
  {
    title: 'a policy does something',
    base: 'vap-min',
    changes: { 'spec/validations': [] },
    errors: [
      'spec.validations: Required value: validations or auditAnnotations must contain at least one item',
      'spec.auditAnnotations: Required value: validations or auditAnnotations must contain at least one item',
    ],
  },
  {
    title: 'a variable has a name of the language',
    base: 'vap-min',
    changes: { 'spec/variables': [{ name: 'in', expression: '1' }] },
    errors: ['spec.variables[0].name: Invalid value: "in": must be a valid CEL identifier'],
  },
  {
    title: 'an expression has the very type of its place',
    base: 'vap-min',
    changes: {
      'spec/validations': [
        { expression: 'object.spec.x', messageExpression: 'object.metadata.name' },
        { expression: 'object.a && object.b', messageExpression: '"a" + object.metadata.name' },
      ],
    },
    errors: [
      'spec.validations[0].expression: Invalid value: "object.spec.x": must evaluate to bool but got dyn',
      'spec.validations[0].messageExpression: Invalid value: "object.metadata.name": must evaluate to string but got dyn',
    ],
  },
  {
    title: 'patches are a list of patches',
    base: 'map',
    changes: {
      'spec/mutations': [
        '[]',
        'object.a ? [] : [JSONPatch{op: "add"}]',
        'object.a ? [JSONPatch{op: "add"}] : []',
        '[] + [JSONPatch{op: "add"}]',
      ].map((expression) => ({ patchType: 'JSONPatch', jsonPatch: { expression } })),
    },
    errors: [
      'spec.mutations[0].jsonPatch.expression: Invalid value: "[]": must evaluate to list(JSONPatch) but got list(dyn)',
    ],
  },
  {
    title: 'messages are one line',
    base: 'vap-min',
    changes: { 'spec/validations/0/message': 'a\nb' },
    errors: ['spec.validations[0].message: Invalid value: "a\\nb": must not contain line breaks'],
  },
  {
    title: 'a mutating policy changes nothing that is deleted',
    base: 'map',
    changes: { 'spec/matchConstraints/resourceRules/0/operations': ['DELETE'] },
    errors: [
      'spec.matchConstraints.resourceRules.operations: Unsupported value: "DELETE": supported values: "*", "CONNECT", "CREATE", "UPDATE"',
    ],
  },
  {
    title: 'a mutation has the part of its type',
    base: 'map',
    changes: { 'spec/mutations/0/applyConfiguration': undefined },
    errors: [
      'spec.mutations[0].applyConfiguration: Required value: must be specified when patchType is ApplyConfiguration',
    ],
  },
  {
    title: 'a binding acts, in one way or another',
    base: 'vapb',
    changes: { 'spec/validationActions': ['Deny', 'Warn', 'Deny'] },
    errors: [
      'spec.validationActions[2]: Duplicate value: "Deny"',
      'spec.validationActions: Invalid value: ["Deny","Warn","Deny"]: must not contain both Deny and Warn',
    ],
  },
  {
    title: 'parameters are named or selected',
    base: 'vapb',
    changes: { 'spec/paramRef': { parameterNotFoundAction: 'Odd' } },
    errors: [
      'spec.paramRef: Required value: one of name or selector must be specified',
      'spec.paramRef.parameterNotFoundAction: Unsupported value: "Odd": supported values: "Deny", "Allow"',
    ],
  },
]);
