import type { KubeObject } from '../../machinery/object.ts';
import { builtin } from '../common/builtin.ts';
import { controllerValues } from '../common/indexes.ts';
import type { ConnectSubresource, Kind, Verb } from '../define.ts';
import type { Pod } from '../generated/types.ts';
import { podColumns, podRowConditions } from './pod-columns.ts';
import { defaultPod, defaultPodStatus } from './pod-defaults.ts';
import { validatePodStatus } from './pod-status-validation.ts';
import { podGraceSeconds, podStrategy } from './pod-strategy.ts';
import { validatePodUpdate } from './pod-update-validation.ts';
import { validatePod } from './pod-validation.ts';
import { podWarnings } from './pod-warnings.ts';

const VIEW: readonly Verb[] = ['get', 'patch', 'update'];

const own = (
  name: string,
  kind: string,
  serves: ConnectSubresource['serves'],
  verbs: readonly Verb[],
): ConnectSubresource => ({ name, kind, group: '', version: 'v1', verbs, ...(serves ? { serves } : {}) });

const connects: readonly ConnectSubresource[] = [
  own('attach', 'PodAttachOptions', 'stream', ['create', 'get']),
  own('binding', 'Binding', 'create', ['create']),
  own('ephemeralcontainers', 'Pod', 'self', VIEW),
  { name: 'eviction', kind: 'Eviction', group: 'policy', version: 'v1', verbs: ['create'], serves: 'create' },
  own('exec', 'PodExecOptions', 'stream', ['create', 'get']),
  own('log', 'Pod', 'stream', ['get']),
  own('portforward', 'PodPortForwardOptions', 'stream', ['create', 'get']),
  own('proxy', 'PodProxyOptions', 'stream', ['create', 'delete', 'get', 'patch', 'update']),
  own('resize', 'Pod', 'self', VIEW),
];

const field =
  (read: (pod: Pod) => string | undefined) =>
  (object: KubeObject): string =>
    read(object as Pod) ?? '';

const selectableFields: Kind['selectableFields'] = {
  'spec.nodeName': field((pod) => pod.spec?.nodeName),
  'spec.restartPolicy': field((pod) => pod.spec?.restartPolicy),
  'spec.schedulerName': field((pod) => pod.spec?.schedulerName),
  'spec.serviceAccountName': field((pod) => pod.spec?.serviceAccountName),
  'spec.hostNetwork': field((pod) => String(pod.spec?.hostNetwork ?? false)),
  'status.phase': field((pod) => pod.status?.phase),
  'status.podIP': field((pod) => pod.status?.podIPs?.[0]?.ip),
  // Upstream accepts this label but gives it no value.
  'status.podIPs': () => '',
  'status.nominatedNodeName': field((pod) => pod.status?.nominatedNodeName),
};

const isWaiting = (pod: Pod): boolean =>
  !pod.spec?.nodeName &&
  (Boolean(pod.status?.nominatedNodeName) ||
    pod.status?.conditions?.some(({ type, status }) => type === 'PodScheduled' && status === 'False') ===
      true);

export const pod = builtin({
  group: '',
  version: 'v1',
  kind: 'Pod',
  resource: 'pods',
  namespaced: true,
  shortNames: ['po'],
  categories: ['all'],
  generationFields: ['spec'],
  defaults: defaultPod,
  statusDefaults: defaultPodStatus,
  ...podStrategy,
  connects,
  deletionGraceSeconds: podGraceSeconds,
  fieldLabels: { namespace: true, aliases: { 'spec.host': 'spec.nodeName' } },
  selectableFields,
  fieldIndexes: { 'spec.nodeName': 'pods/node' },
  indexes: {
    'pods/controller': controllerValues,
    'pods/node': (object) => {
      const node = (object as Pod).spec?.nodeName;
      return node ? [node] : [];
    },
    // Pods the scheduler refused or promised a node: few, so that looking for them costs nothing in a busy cluster.
    'pods/waiting': (object) => (isWaiting(object as Pod) ? ['scheduler'] : []),
  },
  validate: validatePod,
  validateUpdate: validatePodUpdate,
  validateStatusUpdate: validatePodStatus,
  warnings: podWarnings,
  columns: podColumns,
  rowConditions: podRowConditions,
});
