import { validationTable } from '../../../test/support/validation-table.ts';

validationTable([
  { title: 'a service as recorded is accepted', base: 'svc-nodeport', changes: {}, errors: [] },
  {
    title: 'several ports have names, each its own',
    base: 'svc-min',
    changes: {
      'spec/ports': [
        { port: 80, protocol: 'TCP', targetPort: 1 },
        { port: 80, protocol: 'TCP', targetPort: 1 },
      ],
    },
    errors: [
      'spec.ports[0].name: Required value',
      'spec.ports[1].name: Required value',
      'spec.ports[1]: Duplicate value: {"Name":"","Protocol":"TCP","AppProtocol":null,"Port":80,"TargetPort":0,"NodePort":0}',
    ],
  },
  {
    title: 'ports end at 65535',
    base: 'svc-min',
    changes: { 'spec/ports/0/port': 65535, 'spec/ports/0/targetPort': 65536 },
    errors: ['spec.ports[0].targetPort: Invalid value: 65536: must be between 1 and 65535, inclusive'],
  },
  {
    title: 'an external name has no addresses',
    base: 'svc-min',
    changes: { 'spec/type': 'ExternalName', 'spec/externalName': 'a.b' },
    errors: [
      'spec.clusterIPs: Forbidden: may not be set for ExternalName services',
      'spec.ipFamilies: Forbidden: may not be set for ExternalName services',
      'spec.ipFamilyPolicy: Forbidden: may not be set for ExternalName services',
    ],
  },
  {
    title: 'an affinity of up to a day',
    base: 'svc-lb-local',
    changes: { 'spec/sessionAffinityConfig/clientIP/timeoutSeconds': 86_400 },
    errors: [],
  },
  {
    title: 'an affinity of more than a day',
    base: 'svc-lb-local',
    changes: { 'spec/sessionAffinityConfig/clientIP/timeoutSeconds': 86_401 },
    errors: [
      'spec.sessionAffinityConfig.clientIP.timeoutSeconds: Invalid value: 86401: must be greater than 0 and less than 86400',
    ],
  },
  {
    title: 'external addresses are reachable ones',
    base: 'svc-lb',
    changes: { 'spec/externalIPs': ['127.0.0.1', '::ffff:1.2.3.4'] },
    errors: [
      'spec.externalIPs[0]: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)',
      'spec.externalIPs[1]: Invalid value: "::ffff:1.2.3.4": must not be an IPv4-mapped IPv6 address',
    ],
  },
  {
    title: 'the address stays',
    base: 'svc-min',
    write: 'update',
    changes: { 'spec/clusterIP': '10.0.0.9', 'spec/clusterIPs': ['10.0.0.9'] },
    errors: ['spec.clusterIPs[0]: Invalid value: ["10.0.0.9"]: may not change once set'],
  },
  {
    title: 'the class of a balancer stays',
    base: 'svc-lb',
    write: 'update',
    changes: { 'spec/loadBalancerClass': 'example.com/other' },
    errors: ['spec.loadBalancerClass: Invalid value: "example.com/other": may not change once set'],
  },
  {
    title: 'only balancers report addresses',
    base: 'svc-min',
    write: 'status',
    changes: { status: { loadBalancer: { ingress: [{ ip: '1.2.3.4', ipMode: 'VIP' }] } } },
    errors: ["status.loadBalancer.ingress: Forbidden: may only be used when `spec.type` is 'LoadBalancer'"],
  },
  {
    title: 'endpoints need an address',
    base: 'endpoints',
    changes: { 'subsets/0/addresses': undefined, 'subsets/0/notReadyAddresses': undefined },
    errors: ['subsets[0]: Required value: must specify `addresses` or `notReadyAddresses`'],
  },
  {
    title: 'endpoints are not link-local',
    base: 'endpoints',
    changes: { 'subsets/0/addresses/0/ip': '169.254.1.1' },
    errors: [
      'subsets[0].addresses[0].ip: Invalid value: "169.254.1.1": may not be in the link-local range (169.254.0.0/16, fe80::/10)',
    ],
  },
  {
    title: 'a slice has addresses of its type',
    base: 'endpointslice',
    changes: { 'endpoints/0/addresses': ['fd00::1'] },
    errors: ['endpoints[0].addresses: Invalid value: "fd00::1": must be an IPv4 address'],
  },
  {
    title: 'a slice keeps its type',
    base: 'endpointslice',
    write: 'update',
    changes: { addressType: 'FQDN', 'endpoints/0/addresses': ['a.b'] },
    errors: ['addressType: Invalid value: "FQDN": field is immutable'],
  },
  {
    title: 'core events are about their namespace',
    base: 'event-core',
    changes: { 'involvedObject/namespace': 'other' },
    errors: ['involvedObject.namespace: Invalid value: "other": does not match event.namespace'],
  },
  {
    title: 'newer events need an action and a known type',
    base: 'event-new',
    changes: { action: undefined, type: 'Odd' },
    errors: ['action: Required value', 'type: Invalid value: "": has invalid value: Odd'],
  },
  {
    title: 'newer events keep their reason (told twice)',
    base: 'event-new',
    write: 'update',
    changes: { reason: 'Other' },
    errors: [
      'reason: Invalid value: "Other": field is immutable',
      'reason: Invalid value: "Other": field is immutable',
    ],
  },
  {
    title: 'the mode of an address is one of two',
    base: 'svc-lb',
    write: 'status',
    changes: { status: { loadBalancer: { ingress: [{ ip: '1.2.3.4', ipMode: '' }] } } },
    errors: [
      'status.loadBalancer.ingress[0].ipMode: Unsupported value: "": supported values: "Proxy", "VIP"',
    ],
  },
]);
