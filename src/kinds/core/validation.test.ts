import { validationTable } from '../../../test/support/validation-table.ts';

validationTable([
  {
    title: 'a selector selects the template',
    base: 'rc-min',
    changes: { 'spec/selector': { app: 'other' } },
    errors: [
      'spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels`',
    ],
  },
  {
    title: 'a selector selects something',
    base: 'rc-min',
    changes: { 'spec/selector': {} },
    errors: ['spec.selector: Required value'],
  },
  {
    title: 'a template restarts its pods',
    base: 'rc-min',
    changes: { 'spec/template/spec/restartPolicy': 'Never' },
    errors: ['spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"'],
  },
  {
    title: 'keys of a map are names of files',
    base: 'cm',
    changes: { data: { '..': 'x', 'a/b': 'y', ok: 'z' } },
    errors: [
      'data[..]: Invalid value: "..": must not be \'..\'',
      "data[a/b]: Invalid value: \"a/b\": a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.",
    ],
  },
  {
    title: 'a key is text or bytes',
    base: 'cm',
    changes: { data: { a: 'x' }, binaryData: { a: 'eA==' } },
    errors: ['data[a]: Invalid value: "a": duplicate of key present in binaryData'],
  },
  {
    title: 'what is immutable stays so',
    base: 'cm-immutable',
    write: 'update',
    changes: { immutable: undefined, data: { a: 'other' } },
    errors: [
      'immutable: Forbidden: field is immutable when `immutable` is set',
      'data: Forbidden: field is immutable when `immutable` is set',
    ],
  },
  {
    title: 'a TLS secret has both parts',
    base: 'secret-tls',
    changes: { data: { 'tls.crt': '' } },
    errors: ['data[tls.key]: Required value'],
  },
  {
    title: 'the type of a secret is fixed',
    base: 'secret-min',
    write: 'update',
    changes: { type: 'other' },
    errors: ['type: Invalid value: "other": field is immutable'],
  },
  {
    title: 'a token names its service account',
    base: 'secret-sa',
    changes: { 'metadata/annotations': {} },
    errors: ['metadata.annotations[kubernetes.io/service-account.name]: Required value'],
  },
  {
    title: 'a minimum is at most the maximum',
    base: 'limitrange',
    changes: { 'spec/limits': [{ type: 'Container', min: { cpu: '2' }, max: { cpu: '1' } }] },
    errors: ['spec.limits[0].min[cpu]: Invalid value: "2": min value 2 is greater than max value 1'],
  },
  {
    title: 'a pod has no default',
    base: 'limitrange',
    changes: { 'spec/limits': [{ type: 'Pod', default: { cpu: '1' }, defaultRequest: { cpu: '1' } }] },
    errors: [
      "spec.limits[0].default: Forbidden: may not be specified when `type` is 'Pod'",
      "spec.limits[0].defaultRequest: Forbidden: may not be specified when `type` is 'Pod'",
    ],
  },
  {
    title: 'a claim has a bound',
    base: 'limitrange',
    changes: { 'spec/limits': [{ type: 'PersistentVolumeClaim' }] },
    errors: [
      'spec.limits[0].limits: Required value: either minimum or maximum storage value is required, but neither was provided',
    ],
  },
  {
    title: 'a quota counts whole pods',
    base: 'quota',
    changes: { 'spec/hard': { pods: '1500m' } },
    errors: ['spec.hard[pods]: Invalid value: "1500m": must be an integer'],
  },
  {
    title: 'a quota is not negative',
    base: 'quota',
    changes: { 'spec/hard': { cpu: '-1' } },
    errors: ['spec.hard[cpu]: Invalid value: "-1": must be greater than or equal to 0'],
  },
  {
    title: 'the scopes of a quota are fixed',
    base: 'quota-scoped',
    write: 'update',
    changes: { 'spec/scopes': ['Terminating'] },
    errors: ['spec.scopes: Invalid value: ["Terminating"]: field is immutable'],
  },
  {
    title: 'scopes that exclude each other',
    base: 'quota-scoped',
    changes: {
      'spec/scopes': ['BestEffort', 'NotBestEffort'],
      'spec/scopeSelector': undefined,
      'spec/hard': { pods: '1' },
    },
    errors: ['spec.scopes: Invalid value: ["BestEffort","NotBestEffort"]: conflicting scopes'],
  },
  {
    title: 'a finalizer of a namespace is qualified',
    base: 'namespace',
    changes: { spec: { finalizers: ['kubernetes', 'x'] } },
    errors: [
      'spec.finalizers: Invalid value: "x": name is neither a standard finalizer name nor is it fully qualified',
    ],
  },
  {
    title: 'a taint is used once',
    base: 'node-min',
    changes: {
      spec: {
        taints: [
          { key: 'a', effect: 'NoSchedule' },
          { key: 'a', effect: 'NoSchedule' },
        ],
      },
    },
    errors: [
      'metadata.taints[1]: Duplicate value: {"Key":"a","Value":"","Effect":"NoSchedule","TimeAdded":null}: taints must be unique by key and effect pair',
    ],
  },
  {
    title: 'pod ranges of a node are fixed',
    base: 'node-full',
    write: 'update',
    changes: { 'spec/podCIDR': '10.9.0.0/24', 'spec/podCIDRs': ['10.9.0.0/24'] },
    errors: ['spec.podCIDRs: Forbidden: node updates may not change podCIDR except from "" to valid'],
  },
  {
    title: 'a changed status of a node is judged by itself',
    base: 'node-min',
    write: 'status',
    changes: {
      'spec/taints': [],
      'status/addresses': [
        { type: 'InternalIP', address: '1.2.3.4' },
        { type: 'InternalIP', address: '1.2.3.4' },
      ],
    },
    errors: ['status.addresses[1]: Duplicate value: {"Type":"InternalIP","Address":"1.2.3.4"}'],
  },
]);
