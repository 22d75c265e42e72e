/** Objects of a fresh cluster as tables (Kubernetes 1.36; recorded from a running API server). */

/** group, version, groupPriorityMinimum, versionPriority of every built-in API, in name order. */
export const builtInApis: readonly (readonly [string, string, number, number])[] = [
  ['', 'v1', 18000, 1],
  ['admissionregistration.k8s.io', 'v1', 16700, 15],
  ['apiextensions.k8s.io', 'v1', 16700, 15],
  ['apps', 'v1', 17800, 15],
  ['authentication.k8s.io', 'v1', 17700, 15],
  ['authorization.k8s.io', 'v1', 17600, 15],
  ['autoscaling', 'v1', 17500, 15],
  ['batch', 'v1', 17400, 15],
  ['certificates.k8s.io', 'v1', 17300, 15],
  ['coordination.k8s.io', 'v1', 16500, 15],
  ['discovery.k8s.io', 'v1', 16200, 15],
  ['events.k8s.io', 'v1', 17750, 15],
  ['flowcontrol.apiserver.k8s.io', 'v1', 16100, 21],
  ['networking.k8s.io', 'v1', 17200, 15],
  ['node.k8s.io', 'v1', 16300, 15],
  ['policy', 'v1', 17100, 15],
  ['rbac.authorization.k8s.io', 'v1', 17000, 15],
  ['resource.k8s.io', 'v1', 16200, 21],
  ['scheduling.k8s.io', 'v1', 16600, 15],
  ['storage.k8s.io', 'v1', 16800, 15],
  ['autoscaling', 'v2', 17500, 30],
];

/** Service accounts of the controllers, in kube-system. */
export const controllerAccounts: readonly string[] = [
  'attachdetach-controller',
  'bootstrap-signer',
  'certificate-controller',
  'clusterrole-aggregation-controller',
  'cronjob-controller',
  'daemon-set-controller',
  'deployment-controller',
  'device-taint-eviction-controller',
  'disruption-controller',
  'endpoint-controller',
  'endpointslice-controller',
  'endpointslicemirroring-controller',
  'ephemeral-volume-controller',
  'expand-controller',
  'generic-garbage-collector',
  'horizontal-pod-autoscaler',
  'job-controller',
  'legacy-service-account-token-cleaner',
  'namespace-controller',
  'node-controller',
  'persistent-volume-binder',
  'pod-garbage-collector',
  'pv-protection-controller',
  'pvc-protection-controller',
  'replicaset-controller',
  'replication-controller',
  'resource-claim-controller',
  'resourcequota-controller',
  'root-ca-cert-publisher',
  'service-account-controller',
  'service-cidrs-controller',
  'statefulset-controller',
  'token-cleaner',
  'ttl-after-finished-controller',
  'ttl-controller',
  'validatingadmissionpolicy-status-controller',
  'volumeattributesclass-protection-controller',
];

type FlowSubject = Readonly<Record<string, unknown>>;

export interface DefaultFlowSchema {
  readonly name: string;
  readonly precedence: number;
  readonly level: string;
  readonly distinguisher?: string;
  readonly subjects: readonly FlowSubject[];
  /** Absent: every request. */
  readonly rules?: Readonly<Record<string, unknown>>;
}

const group = (name: string): FlowSubject => ({ kind: 'Group', group: { name } });
const user = (name: string): FlowSubject => ({ kind: 'User', user: { name } });
const accounts = (namespace: string): FlowSubject => ({
  kind: 'ServiceAccount',
  serviceAccount: { name: '*', namespace },
});

/** Flow schemas in name order. */
export const defaultFlowSchemas: readonly DefaultFlowSchema[] = [
  {
    name: 'catch-all',
    precedence: 10000,
    level: 'catch-all',
    distinguisher: 'ByUser',
    subjects: [group('system:unauthenticated'), group('system:authenticated')],
  },
  { name: 'exempt', precedence: 1, level: 'exempt', subjects: [group('system:masters')] },
  {
    name: 'global-default',
    precedence: 9900,
    level: 'global-default',
    distinguisher: 'ByUser',
    subjects: [group('system:unauthenticated'), group('system:authenticated')],
  },
  {
    name: 'kube-controller-manager',
    precedence: 800,
    level: 'workload-high',
    distinguisher: 'ByNamespace',
    subjects: [user('system:kube-controller-manager')],
  },
  {
    name: 'kube-scheduler',
    precedence: 800,
    level: 'workload-high',
    distinguisher: 'ByNamespace',
    subjects: [user('system:kube-scheduler')],
  },
  {
    name: 'kube-system-service-accounts',
    precedence: 900,
    level: 'workload-high',
    distinguisher: 'ByNamespace',
    subjects: [accounts('kube-system')],
  },
  {
    name: 'probes',
    precedence: 2,
    level: 'exempt',
    subjects: [group('system:unauthenticated'), group('system:authenticated')],
    rules: { nonResourceRules: [{ nonResourceURLs: ['/healthz', '/readyz', '/livez'], verbs: ['get'] }] },
  },
  {
    name: 'service-accounts',
    precedence: 9000,
    level: 'workload-low',
    distinguisher: 'ByUser',
    subjects: [group('system:serviceaccounts')],
  },
  {
    name: 'system-leader-election',
    precedence: 100,
    level: 'leader-election',
    distinguisher: 'ByUser',
    subjects: [
      user('system:kube-controller-manager'),
      user('system:kube-scheduler'),
      accounts('kube-system'),
    ],
    rules: {
      resourceRules: [
        {
          apiGroups: ['coordination.k8s.io'],
          namespaces: ['*'],
          resources: ['leases'],
          verbs: ['get', 'create', 'update'],
        },
      ],
    },
  },
  {
    name: 'system-node-high',
    precedence: 400,
    level: 'node-high',
    distinguisher: 'ByUser',
    subjects: [group('system:nodes')],
    rules: {
      resourceRules: [
        {
          apiGroups: [''],
          clusterScope: true,
          namespaces: ['*'],
          resources: ['nodes', 'nodes/status'],
          verbs: ['*'],
        },
        { apiGroups: ['coordination.k8s.io'], namespaces: ['*'], resources: ['leases'], verbs: ['*'] },
      ],
    },
  },
  {
    name: 'system-nodes',
    precedence: 500,
    level: 'system',
    distinguisher: 'ByUser',
    subjects: [group('system:nodes')],
  },
];

/** Priority levels in name order. */
export const defaultPriorityLevels: readonly {
  readonly name: string;
  readonly spec: Readonly<Record<string, unknown>>;
}[] = [
  {
    name: 'catch-all',
    spec: {
      limited: { lendablePercent: 0, limitResponse: { type: 'Reject' }, nominalConcurrencyShares: 5 },
      type: 'Limited',
    },
  },
  { name: 'exempt', spec: { exempt: { lendablePercent: 0, nominalConcurrencyShares: 0 }, type: 'Exempt' } },
  {
    name: 'global-default',
    spec: {
      limited: {
        lendablePercent: 50,
        limitResponse: { queuing: { handSize: 6, queueLengthLimit: 50, queues: 128 }, type: 'Queue' },
        nominalConcurrencyShares: 20,
      },
      type: 'Limited',
    },
  },
  {
    name: 'leader-election',
    spec: {
      limited: {
        lendablePercent: 0,
        limitResponse: { queuing: { handSize: 4, queueLengthLimit: 50, queues: 16 }, type: 'Queue' },
        nominalConcurrencyShares: 10,
      },
      type: 'Limited',
    },
  },
  {
    name: 'node-high',
    spec: {
      limited: {
        lendablePercent: 25,
        limitResponse: { queuing: { handSize: 6, queueLengthLimit: 50, queues: 64 }, type: 'Queue' },
        nominalConcurrencyShares: 40,
      },
      type: 'Limited',
    },
  },
  {
    name: 'system',
    spec: {
      limited: {
        lendablePercent: 33,
        limitResponse: { queuing: { handSize: 6, queueLengthLimit: 50, queues: 64 }, type: 'Queue' },
        nominalConcurrencyShares: 30,
      },
      type: 'Limited',
    },
  },
  {
    name: 'workload-high',
    spec: {
      limited: {
        lendablePercent: 50,
        limitResponse: { queuing: { handSize: 6, queueLengthLimit: 50, queues: 128 }, type: 'Queue' },
        nominalConcurrencyShares: 40,
      },
      type: 'Limited',
    },
  },
  {
    name: 'workload-low',
    spec: {
      limited: {
        lendablePercent: 90,
        limitResponse: { queuing: { handSize: 6, queueLengthLimit: 50, queues: 128 }, type: 'Queue' },
        nominalConcurrencyShares: 100,
      },
      type: 'Limited',
    },
  },
];
