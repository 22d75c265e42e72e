import { validationTable } from '../../../test/support/validation-table.ts';

validationTable([
  {
    title: 'priorities of users end at a billion',
    base: 'priorityclass',
    changes: { value: 1_000_000_001 },
    errors: ['value: Forbidden: maximum allowed value of a user defined priority is 1000000000'],
  },
  { title: 'a billion is fine', base: 'priorityclass', changes: { value: 1_000_000_000 }, errors: [] },
  {
    title: 'names of the system are its own',
    base: 'priorityclass',
    changes: { 'metadata/name': 'system-mine' },
    errors: [
      "metadata.name: Forbidden: priority class names with 'system-' prefix are reserved for system use only. error: system-mine is not a known system priority class",
    ],
  },
  {
    title: 'a priority stays',
    base: 'priorityclass',
    write: 'update',
    changes: { value: 1, preemptionPolicy: 'PreemptLowerPriority' },
    errors: [
      'value: Forbidden: may not be changed in an update.',
      'preemptionPolicy: Invalid value: "PreemptLowerPriority": field is immutable',
    ],
  },
  {
    title: 'a runtime keeps its handler',
    base: 'runtimeclass',
    write: 'update',
    changes: { handler: 'other' },
    errors: ['handler: Invalid value: "other": field is immutable'],
  },
  {
    title: 'tolerations of a runtime differ',
    base: 'runtimeclass',
    changes: { 'scheduling/tolerations': [{ operator: 'Exists' }, { operator: 'Exists' }] },
    errors: [
      'scheduling.tolerations[1]: Duplicate value: {"Key":"","Operator":"Exists","Value":"","Effect":"","TolerationSeconds":null}',
    ],
  },
  {
    title: 'a lease lasts',
    base: 'lease',
    changes: { 'spec/leaseDurationSeconds': 0, 'spec/leaseTransitions': -1, 'spec/preferredHolder': 'h' },
    errors: [
      'spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0',
      'spec.leaseTransitions: Invalid value: -1: must be greater than or equal to 0',
      'spec.preferredHolder: Forbidden: may only be specified when `strategy` is defined',
    ],
  },
  {
    title: 'an API service is named after what it serves',
    base: 'apiservice',
    changes: { 'spec/group': 'other.example.com' },
    errors: [
      'metadata.name: Invalid value: "v1.ext.example.com": must be `spec.version+"."+spec.group`: "v1.other.example.com"',
    ],
  },
  {
    title: 'a local API service has no certificates',
    base: 'apiservice',
    changes: { 'spec/service': undefined, 'spec/caBundle': 'YQ==' },
    errors: [
      'spec.caBundle: Invalid value: "1 bytes": local APIServices may not have a caBundle',
      'spec.insecureSkipTLSVerify: Invalid value: true: local APIServices may not have insecureSkipTLSVerify',
    ],
  },
  {
    title: 'an API service is or is not available',
    base: 'apiservice',
    write: 'status',
    changes: { 'status/conditions': [{ type: 'Available', status: 'Perhaps' }] },
    errors: [
      'status.conditions[0].status: Unsupported value: "Perhaps": supported values: "True", "False", "Unknown"',
    ],
  },
]);
