import { validationTable } from '../../../test/support/validation-table.ts';

validationTable([
  { title: 'an ingress as recorded is accepted', base: 'ingress', changes: {}, errors: [] },
  {
    title: 'an ingress needs a backend or rules',
    base: 'ingress',
    changes: { 'spec/rules': undefined, 'spec/defaultBackend': undefined },
    errors: ['spec: Invalid value: null: either `defaultBackend` or `rules` must be specified'],
  },
  {
    title: 'an ingress host is no address',
    base: 'ingress',
    changes: { 'spec/rules/0/host': '1.2.3.4' },
    errors: ['spec.rules[0].host: Invalid value: "1.2.3.4": must be a DNS name, not an IP address'],
  },
  {
    title: 'an exact path goes straight',
    base: 'ingress',
    changes: { 'spec/rules/0/http/paths/0/pathType': 'Exact', 'spec/rules/0/http/paths/0/path': '/a/../b' },
    errors: ['spec.rules[0].http.paths[0].path: Invalid value: "/a/../b": must not contain \'/../\''],
  },
  {
    title: 'the class of an ingress stays its annotation',
    base: 'ingress',
    changes: { 'metadata/annotations': { 'kubernetes.io/ingress.class': 'other' } },
    errors: [
      'annotations.kubernetes.io/ingress.class: Invalid value: "other": must match `ingressClassName`',
    ],
  },
  {
    title: 'a balancer reports names, not addresses, as host names',
    base: 'ingress',
    write: 'status',
    changes: { status: { loadBalancer: { ingress: [{ ip: '010.0.0.1', hostname: '1.2.3.4' }] } } },
    errors: [
      'status.loadBalancer.ingress[0].ip: Invalid value: "010.0.0.1": must not have leading 0s',
      'status.loadBalancer.ingress[0].hostname: Invalid value: "1.2.3.4": must be a DNS name, not an IP address',
    ],
  },
  {
    title: 'a class keeps its controller',
    base: 'ingressclass',
    write: 'update',
    changes: { 'spec/controller': 'example.com/other' },
    errors: ['spec.controller: Invalid value: "example.com/other": field is immutable'],
  },
  {
    title: 'parameters of the cluster have no namespace',
    base: 'ingressclass',
    changes: { 'spec/parameters/scope': 'Cluster' },
    errors: ["spec.parameters.namespace: Forbidden: `parameters.scope` is set to 'Cluster'"],
  },
  {
    title: 'a range of ports ends after it begins',
    base: 'netpol',
    changes: { 'spec/ingress/0/ports/2/endPort': 999 },
    errors: [
      'spec.ingress[0].ports[2].endPort: Invalid value: 1000: must be greater than or equal to `port`',
    ],
  },
  {
    title: 'exceptions lie in their block',
    base: 'netpol',
    changes: { 'spec/ingress/0/from/2/ipBlock/except': ['11.0.0.0/8'] },
    errors: [
      'spec.ingress[0].from[2].ipBlock.except[0]: Invalid value: "11.0.0.0/8": must be a strict subset of `cidr`',
    ],
  },
  {
    title: 'a peer is a block or selects',
    base: 'netpol',
    changes: { 'spec/ingress/0/from/0': {} },
    errors: ['spec.ingress[0].from[0]: Required value: must specify a peer'],
  },
  {
    title: 'an address keeps its parent',
    base: 'ipaddress',
    write: 'update',
    changes: { 'spec/parentRef/name': 'other' },
    errors: [
      'spec.parentRef: Invalid value: {"Group":"","Resource":"services","Namespace":"oracle","Name":"other"}: field is immutable',
    ],
  },
  {
    title: 'a range may get a second family',
    base: 'servicecidr',
    write: 'update',
    changes: { 'spec/cidrs': ['10.9.0.0/24', 'fd00::/112'] },
    errors: [],
  },
  {
    title: 'a range has no bits after its prefix',
    base: 'servicecidr',
    changes: { 'spec/cidrs': ['10.9.0.1/24'] },
    errors: ['spec.cidrs[0]: Invalid value: "10.9.0.1/24": must not have bits set beyond the prefix length'],
  },
]);
