/** Every object a fresh cluster holds apart from its nodes, as plain values for the bootstrap to write. */

import { defaultPolicy } from '../auth/default-policy.ts';
import { KUBERNETES_SERVICE_IP, kubernetesService } from '../kinds/core/kubernetes-service.ts';
import type { KubeObject, ObjectMeta } from '../machinery/object.ts';
import { type Instant, printTime } from '../machinery/time.ts';
import {
  builtInApis,
  controllerAccounts,
  defaultFlowSchemas,
  defaultPriorityLevels,
} from './bootstrap-facts.ts';
import type { ClusterSettings } from './contract.ts';

/** Addresses of the `kubernetes` service. */
const SERVICE_RANGE = '10.0.0.0/24';
const FLOW = 'flowcontrol.apiserver.k8s.io/v1';
const ROOT_CA_DESCRIPTION =
  'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.';

type Body = Readonly<Record<string, unknown>>;

const make = (apiVersion: string, kind: string, metadata: ObjectMeta, body: Body = {}): KubeObject => ({
  apiVersion,
  kind,
  metadata,
  ...body,
});

const namespaceNames = ['kube-system', 'kube-public', 'kube-node-lease', 'default'] as const;

const makeNamespace = (name: string): KubeObject =>
  make(
    'v1',
    'Namespace',
    { name, labels: { 'kubernetes.io/metadata.name': name } },
    { spec: { finalizers: ['kubernetes'] }, status: { phase: 'Active' } },
  );

const priorityClasses = (): KubeObject[] =>
  [
    [
      'system-node-critical',
      2_000_001_000,
      'Used for system critical pods that must not be moved from their current node.',
    ],
    [
      'system-cluster-critical',
      2_000_000_000,
      'Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.',
    ],
  ].map(([name, value, description]) =>
    make(
      'scheduling.k8s.io/v1',
      'PriorityClass',
      { name: String(name), generation: 1 },
      { value, description, preemptionPolicy: 'PreemptLowerPriority' },
    ),
  );

const apiServices = (at: string): KubeObject[] =>
  builtInApis.map(([group, version, groupPriorityMinimum, versionPriority]) =>
    make(
      'apiregistration.k8s.io/v1',
      'APIService',
      { name: `${version}.${group}`, labels: { 'kube-aggregator.kubernetes.io/automanaged': 'onstart' } },
      {
        spec: { ...(group === '' ? {} : { group }), version, groupPriorityMinimum, versionPriority },
        status: {
          conditions: [
            {
              type: 'Available',
              status: 'True',
              lastTransitionTime: at,
              reason: 'Local',
              message: 'Local APIServices are always available',
            },
          ],
        },
      },
    ),
  );

const flowMetadata = (name: string): ObjectMeta => ({
  name,
  generation: 1,
  annotations: { 'apf.kubernetes.io/autoupdate-spec': 'true' },
});

const everything = {
  resourceRules: [
    { verbs: ['*'], apiGroups: ['*'], resources: ['*'], clusterScope: true, namespaces: ['*'] },
  ],
  nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }],
};

const flowObjects = (at: string): KubeObject[] => [
  ...defaultPriorityLevels.map(({ name, spec }) =>
    make(FLOW, 'PriorityLevelConfiguration', flowMetadata(name), { spec, status: {} }),
  ),
  ...defaultFlowSchemas.map((schema) =>
    make(FLOW, 'FlowSchema', flowMetadata(schema.name), {
      spec: {
        priorityLevelConfiguration: { name: schema.level },
        matchingPrecedence: schema.precedence,
        ...(schema.distinguisher === undefined
          ? {}
          : { distinguisherMethod: { type: schema.distinguisher } }),
        rules: [{ subjects: schema.subjects, ...(schema.rules ?? everything) }],
      },
      status: {
        conditions: [
          {
            type: 'Dangling',
            status: 'False',
            lastTransitionTime: at,
            reason: 'Found',
            message: `This FlowSchema references the PriorityLevelConfiguration object named "${schema.level}" and it exists`,
          },
        ],
      },
    }),
  ),
];

const serviceRange = (at: string): KubeObject[] => [
  make(
    'networking.k8s.io/v1',
    'ServiceCIDR',
    { name: 'kubernetes', finalizers: ['networking.k8s.io/service-cidr-finalizer'] },
    {
      spec: { cidrs: [SERVICE_RANGE] },
      status: {
        conditions: [
          {
            type: 'Ready',
            status: 'True',
            lastTransitionTime: at,
            reason: '',
            message: 'Kubernetes Service CIDR is ready',
          },
        ],
      },
    },
  ),
  make(
    'networking.k8s.io/v1',
    'IPAddress',
    {
      name: KUBERNETES_SERVICE_IP,
      labels: {
        'ipaddress.kubernetes.io/ip-family': 'IPv4',
        'ipaddress.kubernetes.io/managed-by': 'ipallocator.k8s.io',
      },
    },
    { spec: { parentRef: { resource: 'services', namespace: 'default', name: 'kubernetes' } } },
  ),
];

const configMaps = (certificate: string, clientCertificate: string, at: string): KubeObject[] => [
  make(
    'v1',
    'ConfigMap',
    { name: 'extension-apiserver-authentication', namespace: 'kube-system' },
    {
      data: {
        'client-ca-file': clientCertificate,
        'requestheader-allowed-names': '["front-proxy-client"]',
        'requestheader-client-ca-file': certificate,
        'requestheader-extra-headers-prefix': '["X-Remote-Extra-"]',
        'requestheader-group-headers': '["X-Remote-Group"]',
        'requestheader-username-headers': '["X-Remote-User"]',
      },
    },
  ),
  make(
    'v1',
    'ConfigMap',
    { name: 'kube-apiserver-legacy-service-account-token-tracking', namespace: 'kube-system' },
    { data: { since: at.slice(0, 10) } },
  ),
  ...namespaceNames.map((namespace) =>
    make(
      'v1',
      'ConfigMap',
      {
        name: 'kube-root-ca.crt',
        namespace,
        annotations: { 'kubernetes.io/description': ROOT_CA_DESCRIPTION },
      },
      { data: { 'ca.crt': certificate } },
    ),
  ),
];

const serviceAccounts = (): KubeObject[] => [
  ...namespaceNames.map((namespace) => make('v1', 'ServiceAccount', { name: 'default', namespace })),
  ...controllerAccounts.map((name) => make('v1', 'ServiceAccount', { name, namespace: 'kube-system' })),
];

/**
 * The first objects of a cluster in the order they are created, at an instant. Complete as stored, except for
 * uid, resource version and creation time.
 */
export const bootstrapObjects = (
  settings: ClusterSettings,
  clientCertificate: string,
  now: Instant,
): readonly KubeObject[] => {
  const at = printTime(now);
  const { service, endpoints, slice } = kubernetesService(settings.advertise);
  return [
    ...namespaceNames.map(makeNamespace),
    ...flowObjects(at),
    ...priorityClasses(),
    ...defaultPolicy(),
    ...apiServices(at),
    ...serviceRange(at),
    service,
    endpoints,
    slice,
    ...configMaps(settings.caCertificate, clientCertificate, at),
    ...serviceAccounts(),
  ];
};
