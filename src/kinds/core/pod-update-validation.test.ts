import { validationTable } from '../../../test/support/validation-table.ts';

validationTable([
  {
    title: 'an image may change',
    base: 'pod-min',
    write: 'update',
    changes: { 'spec/containers/0/image': 'example.com/other:2' },
    errors: [],
  },
  {
    title: 'a name may not',
    base: 'pod-min',
    write: 'update',
    changes: { 'spec/containers/0/name': 'other' },
    errors: [
      'spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,',
    ],
  },
  {
    title: 'containers are neither added nor removed',
    base: 'pod-min',
    write: 'update',
    changes: {
      'spec/containers/1': {
        name: 'b',
        image: 'b',
        terminationMessagePolicy: 'File',
        imagePullPolicy: 'Always',
      },
    },
    errors: ['spec.containers: Forbidden: pod updates may not add or remove containers'],
  },
  {
    title: 'a toleration may be added',
    base: 'pod-min',
    write: 'update',
    changes: { 'spec/tolerations/2': { key: 'x', operator: 'Exists' } },
    errors: [],
  },
  {
    title: 'a toleration may not be removed',
    base: 'pod-min',
    write: 'update',
    changes: { 'spec/tolerations': [] },
    errors: [
      'spec.tolerations: Forbidden: existing toleration can not be modified except its tolerationSeconds',
    ],
  },
  {
    title: 'a deadline may be set',
    base: 'pod-min',
    write: 'update',
    changes: { 'spec/activeDeadlineSeconds': 10 },
    errors: [],
  },
  {
    title: 'a deadline of zero may not',
    base: 'pod-min',
    write: 'update',
    changes: { 'spec/activeDeadlineSeconds': 0 },
    errors: ['spec.activeDeadlineSeconds: Invalid value: 0: must be between 1 and 2147483647, inclusive'],
  },
  {
    title: 'gates are only removed',
    base: 'pod-min',
    write: 'update',
    changes: { 'spec/schedulingGates': [{ name: 'a' }] },
    errors: [
      "spec.schedulingGates[0].name: Forbidden: only deletion is allowed, but found new scheduling gate 'a'",
    ],
  },
  {
    title: 'the node is fixed',
    base: 'pod-min',
    write: 'update',
    changes: { 'spec/nodeName': 'elsewhere' },
    errors: [
      'spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,',
    ],
  },
  {
    title: 'an ephemeral container is added',
    base: 'pod-min',
    write: 'ephemeralcontainers',
    changes: {
      'spec/ephemeralContainers': [
        { name: 'debug', image: 'x', terminationMessagePolicy: 'File', imagePullPolicy: 'Always' },
      ],
    },
    errors: [],
  },
  {
    title: 'an ephemeral container aims at one that exists and has no ports',
    base: 'pod-min',
    write: 'ephemeralcontainers',
    changes: {
      'spec/ephemeralContainers': [
        {
          name: 'debug',
          image: 'x',
          terminationMessagePolicy: 'File',
          imagePullPolicy: 'Always',
          targetContainerName: 'gone',
          ports: [{ containerPort: 1, protocol: 'TCP' }],
        },
      ],
    },
    errors: [
      'spec.ephemeralContainers[0].targetContainerName: Not found: "gone"',
      'spec.ephemeralContainers[0].ports: Forbidden: cannot be set for an Ephemeral Container',
    ],
  },
  {
    title: 'a resize keeps the class of service',
    base: 'pod-min',
    write: 'resize',
    changes: { 'spec/containers/0/resources': { requests: { cpu: '2' } } },
    errors: ['spec: Invalid value: "BestEffort": Pod QOS Class may not change as a result of resizing'],
  },
  {
    title: 'a resize changes nothing else',
    base: 'pod-min',
    write: 'resize',
    changes: { 'spec/containers/0/image': 'y' },
    errors: ['spec: Forbidden: only cpu and memory resources are mutable'],
  },
  {
    title: 'a nomination is the name of a node',
    base: 'pod-min',
    write: 'status',
    changes: { 'status/nominatedNodeName': 'Not_A_Node' },
    errors: [
      'status.nominatedNodeName: Invalid value: "Not_A_Node": a lowercase RFC 1123 subdomain must consist of lower case alphanu',
    ],
  },
  {
    title: 'the class of service is fixed',
    base: 'pod-min',
    write: 'status',
    changes: { 'status/qosClass': 'Guaranteed' },
    errors: ['status.qosClass: Invalid value: "Guaranteed": field is immutable'],
  },
  {
    title: 'an ephemeral container has no ports, not even none of them',
    base: 'pod-min',
    write: 'ephemeralcontainers',
    changes: {
      'spec/ephemeralContainers': [
        {
          name: 'debug',
          image: 'i',
          terminationMessagePolicy: 'File',
          imagePullPolicy: 'Always',
          ports: [],
          resources: {},
        },
      ],
    },
    errors: ['spec.ephemeralContainers[0].ports: Forbidden: cannot be set for an Ephemeral Container'],
  },
  {
    title: 'of addresses that are none it is not known whether they are of two families',
    base: 'pod-min',
    write: 'status',
    changes: { 'status/podIPs': [{ ip: '10.0.0.1' }, { ip: 'x' }], 'status/podIP': '10.0.0.1' },
    errors: [
      'status.podIPs[1]: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
      'status.podIPs: Internal error: failed to check for dual stack with error:invalid IP[1]: x',
      'status.podIPs: Invalid value: [{"IP":"10.0.0.1"},{"IP":"x"}]: may specify no more than one IP for each IP family',
    ],
  },
]);
