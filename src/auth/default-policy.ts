/**
 * The RBAC objects every fresh cluster holds, built from the tables here and in `default-roles.ts`
 * (Kubernetes 1.36, plugin/pkg/auth/authorizer/rbac/bootstrappolicy).
 */

import type {
  ClusterRole,
  ClusterRoleBinding,
  PolicyRule,
  Role,
  RoleBinding,
  Subject,
} from '../kinds/generated/types.ts';
import type { KubeObject } from '../machinery/object.ts';
import { type DefaultRole, defaultClusterRoles, defaultRoles } from './default-roles.ts';

interface DefaultBinding {
  readonly name: string;
  readonly namespace?: string;
  /** Name of the role where it differs from the binding's. */
  readonly role?: string;
  /** `user x`, `group x` or `sa namespace/name`. */
  readonly subjects: readonly string[];
}

const READ = ['get', 'list', 'watch'];
const WRITE = ['create', 'delete', 'deletecollection', 'patch', 'update'];
const VERB_SETS: Readonly<Record<string, readonly string[]>> = {
  read: READ,
  write: WRITE,
  'read+write': [...READ, ...WRITE].sort(),
  record: ['create', 'patch', 'update'],
};

/** Controllers bound to the cluster role `system:controller:<name>` by their service account. */
const boundControllers: readonly string[] = [
  'attachdetach-controller',
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
  'route-controller',
  'selinux-warning-controller',
  'service-account-controller',
  'service-cidrs-controller',
  'service-controller',
  'statefulset-controller',
  'ttl-after-finished-controller',
  'ttl-controller',
  'validatingadmissionpolicy-status-controller',
  'volumeattributesclass-protection-controller',
];

const clusterRoleBindings: readonly DefaultBinding[] = [
  { name: 'cluster-admin', subjects: ['group system:masters'] },
  { name: 'system:basic-user', subjects: ['group system:authenticated'] },
  { name: 'system:discovery', subjects: ['group system:authenticated'] },
  { name: 'system:kube-controller-manager', subjects: ['user system:kube-controller-manager'] },
  { name: 'system:kube-dns', subjects: ['sa kube-system/kube-dns'] },
  { name: 'system:kube-scheduler', subjects: ['user system:kube-scheduler'] },
  { name: 'system:monitoring', subjects: ['group system:monitoring'] },
  { name: 'system:node', subjects: [] },
  { name: 'system:node-proxier', subjects: ['user system:kube-proxy'] },
  {
    name: 'system:public-info-viewer',
    subjects: ['group system:authenticated', 'group system:unauthenticated'],
  },
  { name: 'system:service-account-issuer-discovery', subjects: ['group system:serviceaccounts'] },
  { name: 'system:volume-scheduler', subjects: ['user system:kube-scheduler'] },
];

const roleBindings: readonly DefaultBinding[] = [
  {
    namespace: 'kube-public',
    name: 'system:controller:bootstrap-signer',
    subjects: ['sa kube-system/bootstrap-signer'],
  },
  {
    namespace: 'kube-system',
    name: 'system::extension-apiserver-authentication-reader',
    role: 'extension-apiserver-authentication-reader',
    subjects: ['user system:kube-controller-manager', 'user system:kube-scheduler'],
  },
  {
    namespace: 'kube-system',
    name: 'system::leader-locking-kube-controller-manager',
    subjects: [
      'user system:kube-controller-manager',
      'sa kube-system/kube-controller-manager',
      'sa kube-system/leader-election-controller',
    ],
  },
  {
    namespace: 'kube-system',
    name: 'system::leader-locking-kube-scheduler',
    subjects: ['user system:kube-scheduler', 'sa kube-system/kube-scheduler'],
  },
  {
    namespace: 'kube-system',
    name: 'system:controller:bootstrap-signer',
    subjects: ['sa kube-system/bootstrap-signer'],
  },
  {
    namespace: 'kube-system',
    name: 'system:controller:cloud-provider',
    subjects: ['sa kube-system/cloud-provider'],
  },
  {
    namespace: 'kube-system',
    name: 'system:controller:token-cleaner',
    subjects: ['sa kube-system/token-cleaner'],
  },
];

const GROUP = 'rbac.authorization.k8s.io';
const AGGREGATE = `${GROUP}/aggregate-to-`;

const bootstrapMetadata = (name: string, namespace: string | undefined, aggregateTo: string | undefined) => ({
  name,
  ...(namespace === undefined ? {} : { namespace }),
  labels: {
    'kubernetes.io/bootstrapping': 'rbac-defaults',
    ...(aggregateTo === undefined ? {} : { [`${AGGREGATE}${aggregateTo}`]: 'true' }),
  },
  annotations: { 'rbac.authorization.kubernetes.io/autoupdate': 'true' },
});

const splitList = (text: string | undefined): string[] => (text ?? '').split(',').map((item) => item.trim());

/** Turns one line of the role table into a rule. */
export const parseRule = (line: string): PolicyRule => {
  const [verbText = '', groups = '', things, names] = line.split('|').map((part) => part.trim());
  const verbs = VERB_SETS[verbText] ?? splitList(verbText);
  if (groups === 'url') return { verbs, nonResourceURLs: splitList(things) };
  return {
    verbs,
    apiGroups: splitList(groups).map((group) => (group === 'core' ? '' : group.replace('.~', '.k8s.io'))),
    resources: splitList(things),
    ...(names === undefined ? {} : { resourceNames: splitList(names) }),
  };
};

/** Rules of a role; those of an aggregating role are its selected roles' in name order, without repeats. */
const rulesOf = (role: DefaultRole): PolicyRule[] => {
  if (role.aggregates === undefined) return role.rules.map(parseRule);
  const seen = new Map<string, PolicyRule>();
  for (const part of defaultClusterRoles.filter((other) => other.aggregateTo === role.aggregates)) {
    for (const rule of rulesOf(part)) seen.set(JSON.stringify(rule), rule);
  }
  return [...seen.values()];
};

const makeClusterRole = (role: DefaultRole): ClusterRole => ({
  apiVersion: `${GROUP}/v1`,
  kind: 'ClusterRole',
  metadata: bootstrapMetadata(role.name, undefined, role.aggregateTo),
  ...(role.aggregates === undefined
    ? {}
    : {
        aggregationRule: {
          clusterRoleSelectors: [{ matchLabels: { [`${AGGREGATE}${role.aggregates}`]: 'true' } }],
        },
      }),
  rules: rulesOf(role),
});

const makeRole = (role: DefaultRole): Role => ({
  apiVersion: `${GROUP}/v1`,
  kind: 'Role',
  metadata: bootstrapMetadata(role.name, role.namespace, undefined),
  rules: rulesOf(role),
});

const parseSubject = (text: string): Subject => {
  const [kind = '', name = ''] = text.split(' ');
  if (kind === 'sa') {
    const [namespace = '', account = ''] = name.split('/');
    return { kind: 'ServiceAccount', name: account, namespace };
  }
  return { kind: kind === 'user' ? 'User' : 'Group', apiGroup: GROUP, name };
};

const makeBinding = (binding: DefaultBinding): RoleBinding | ClusterRoleBinding => ({
  apiVersion: `${GROUP}/v1`,
  kind: binding.namespace === undefined ? 'ClusterRoleBinding' : 'RoleBinding',
  metadata: bootstrapMetadata(binding.name, binding.namespace, undefined),
  ...(binding.subjects.length === 0 ? {} : { subjects: binding.subjects.map(parseSubject) }),
  roleRef: {
    apiGroup: GROUP,
    kind: binding.namespace === undefined ? 'ClusterRole' : 'Role',
    name: binding.role ?? binding.name,
  },
});

const byName = (one: DefaultBinding, other: DefaultBinding): number => (one.name < other.name ? -1 : 1);

/**
 * Every default RBAC object: cluster roles, cluster role bindings, roles, role bindings, each in key order.
 * Without uid, resource version and creation time: the store gives those.
 */
export const defaultPolicy = (): readonly KubeObject[] => [
  ...defaultClusterRoles.map(makeClusterRole),
  ...[
    ...clusterRoleBindings,
    ...boundControllers.map((name) => ({
      name: `system:controller:${name}`,
      subjects: [`sa kube-system/${name}`],
    })),
  ]
    .sort(byName)
    .map(makeBinding),
  ...defaultRoles.map(makeRole),
  ...roleBindings.map(makeBinding),
];
