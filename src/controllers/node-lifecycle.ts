import { projectRenewal } from '../kinds/coordination/lease-renewal.ts';
import type { Lookup } from '../kinds/define.ts';
import type { Lease, Node, Pod, Taint } from '../kinds/generated/types.ts';
import { deepEqual } from '../machinery/deep.ts';
import { type Instant, parseTime, printTime } from '../machinery/time.ts';
import { findCondition } from './common/conditions.ts';
import { isReady } from './common/pods.ts';
import { sameTaint } from './common/taints.ts';
import { type Context, type Controller, type ObjectChange, type Outcome, watch } from './contract.ts';

const COMPONENT = 'node-controller';
/** Key of the taints of nodes that say themselves that they are not ready. */
export const NOT_READY = 'node.kubernetes.io/not-ready';
/** Key of the taints of nodes that are not heard any more. */
export const UNREACHABLE = 'node.kubernetes.io/unreachable';
const LEASES = 'kube-node-lease';
/** Annotation of nodes whose kubelet is a client of the API; all others are simulated. */
export const EXTERNAL_KUBELET = 'kubicle.dev/kubelet';
/** Annotation of a simulated node that lost its heartbeat: the instant of the last one (RFC 3339). */
export const LAST_HEARTBEAT = 'kubicle.dev/last-heartbeat';
/** Annotation that overrides the grace period (seconds) of one node. */
export const GRACE = 'kubicle.dev/node-monitor-grace-seconds';
const GRACE_MS = 50_000;
const STARTUP_GRACE_MS = 60_000;
const MONITORED = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure'];

type Condition = NonNullable<NonNullable<Node['status']>['conditions']>[number];

/** Status of the Ready condition; Unknown when there is none. */
export const readyOf = (node: Node): string =>
  findCondition(node.status?.conditions, 'Ready')?.status ?? 'Unknown';

/** The last sign of life of a node; `undefined` for one that cannot die unnoticed. */
const lastHeartbeat = ({ lookup, now }: Context, node: Node): Instant | undefined => {
  const annotations = node.metadata.annotations;
  if (annotations?.[EXTERNAL_KUBELET] !== 'external') return parseTime(annotations?.[LAST_HEARTBEAT] ?? '');
  const stored = lookup.get('leases.coordination.k8s.io', LEASES, node.metadata.name ?? '');
  // A node that was simulated until now has been heard as late as its lease tells.
  const lease = stored && (projectRenewal(stored, now) as Lease);
  const ready = findCondition(node.status?.conditions, 'Ready');
  const signs = [lease?.spec?.renewTime, ready?.lastHeartbeatTime, node.metadata.creationTimestamp];
  return Math.max(...signs.map((text) => parseTime(text ?? '') ?? 0));
};

const graceOf = (node: Node): number => {
  if (findCondition(node.status?.conditions, 'Ready') === undefined) return STARTUP_GRACE_MS;
  const own = Number(node.metadata.annotations?.[GRACE] ?? '');
  return own > 0 ? own * 1000 : GRACE_MS;
};

const unknown = (node: Node, type: string, now: string): Condition => {
  const current = findCondition(node.status?.conditions, type);
  if (current?.status === 'Unknown') return current;
  if (current === undefined) {
    return {
      type,
      status: 'Unknown',
      lastHeartbeatTime: node.metadata.creationTimestamp ?? now,
      lastTransitionTime: now,
      reason: 'NodeStatusNeverUpdated',
      message: 'Kubelet never posted node status.',
    };
  }
  return {
    ...current,
    status: 'Unknown',
    lastTransitionTime: now,
    reason: 'NodeStatusUnknown',
    message: 'Kubelet stopped posting node status.',
  };
};

const markUnknown = (context: Context, node: Node): Node => {
  const now = printTime(context.now);
  const known = node.status?.conditions ?? [];
  const replaced = known.map((condition) =>
    MONITORED.includes(condition.type) ? unknown(node, condition.type, now) : condition,
  );
  const missing = MONITORED.filter((type) => findCondition(known, type) === undefined);
  const conditions = [...replaced, ...missing.map((type) => unknown(node, type, now))];
  const updated = context.client.updateStatus('nodes', '', node.metadata.name ?? '', (current) => ({
    ...current,
    status: { ...current.status, conditions },
  }));
  return updated ?? node;
};

const podsOn = (lookup: Lookup, node: Node): readonly Pod[] =>
  lookup.byIndex('pods', 'pods/node', node.metadata.name ?? '');

/** Between one pod and the next: upstream writes them one after the other. */
const NEXT_POD_MS = 6;

/** Pods of a lost node count as not ready, whatever they last said; one a call. */
const markPodNotReady = (context: Context, node: Node): Outcome => {
  const [pod, ...rest] = podsOn(context.lookup, node).filter(isReady);
  if (pod === undefined || readyOf(node) === 'True') return undefined;
  const now = printTime(context.now);
  context.client.updateStatus('pods', pod.metadata.namespace ?? '', pod.metadata.name ?? '', (current) => ({
    ...current,
    status: {
      ...current.status,
      conditions: (current.status?.conditions ?? []).map((condition) =>
        condition.type === 'Ready' ? { ...condition, status: 'False', lastTransitionTime: now } : condition,
      ),
    },
  }));
  context.client.event(pod, {
    type: 'Warning',
    reason: 'NodeNotReady',
    message: 'Node is not ready',
    component: COMPONENT,
  });
  return rest.length === 0 ? undefined : { at: context.now + NEXT_POD_MS };
};

const conditionTaints: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  Ready: { False: NOT_READY, Unknown: UNREACHABLE },
  MemoryPressure: { True: 'node.kubernetes.io/memory-pressure' },
  DiskPressure: { True: 'node.kubernetes.io/disk-pressure' },
  NetworkUnavailable: { True: 'node.kubernetes.io/network-unavailable' },
  PIDPressure: { True: 'node.kubernetes.io/pid-pressure' },
};

const UNSCHEDULABLE = 'node.kubernetes.io/unschedulable';

const managedKeys = new Set([
  UNSCHEDULABLE,
  ...Object.values(conditionTaints).flatMap((byStatus) => Object.values(byStatus)),
]);

const scheduleTaints = (node: Node): readonly string[] => {
  const keys = Object.entries(conditionTaints).flatMap(([type, byStatus]) => {
    const key = byStatus[findCondition(node.status?.conditions, type)?.status ?? ''];
    return key === undefined ? [] : [key];
  });
  return node.spec?.unschedulable === true ? [...keys, UNSCHEDULABLE] : keys;
};

/** Puts the managed taints of one effect to the wanted keys; others and their order stay. */
export const setTaints = (context: Context, node: Node, effect: string, wanted: readonly string[]): Node => {
  const taints = node.spec?.taints ?? [];
  const isManaged = (taint: Taint): boolean =>
    taint.effect === effect &&
    (effect === 'NoSchedule'
      ? managedKeys.has(taint.key)
      : taint.key === NOT_READY || taint.key === UNREACHABLE);
  const kept = taints.filter((taint) => !isManaged(taint) || wanted.includes(taint.key));
  const fresh = wanted
    .map((key) => ({ key, effect, timeAdded: printTime(context.now) }))
    .filter((taint) => !kept.some((old) => sameTaint(old, taint)));
  if (fresh.length === 0 && kept.length === taints.length) return node;
  const next = [...kept, ...fresh];
  const updated = context.client.update('nodes', '', node.metadata.name ?? '', (current) => {
    const { taints: _, ...spec } = current.spec ?? {};
    return { ...current, spec: next.length === 0 ? spec : { ...spec, taints: next } } as Node;
  });
  return updated ?? node;
};

const betaLabels = [
  ['kubernetes.io/os', 'beta.kubernetes.io/os'],
  ['kubernetes.io/arch', 'beta.kubernetes.io/arch'],
] as const;

const syncLabels = (context: Context, node: Node): Node => {
  const labels = { ...node.metadata.labels };
  for (const [primary, secondary] of betaLabels) {
    const value = labels[primary];
    if (value !== undefined) labels[secondary] = value;
  }
  if (deepEqual(labels, node.metadata.labels ?? {})) return node;
  const updated = context.client.update('nodes', '', node.metadata.name ?? '', (current) => ({
    ...current,
    metadata: { ...current.metadata, labels },
  }));
  return updated ?? node;
};

const note = (context: Context, node: Node, reason: string, message: string): void =>
  context.client.event(node, { type: 'Normal', reason, message, component: COMPONENT });

const removed = (context: Context, name: string, uid: string): Outcome => {
  const node = { apiVersion: 'v1', kind: 'Node', metadata: { name, uid } } as Node;
  note(context, node, 'RemovingNode', `Node ${name} event: Removing Node ${name} from Controller`);
  return undefined;
};

const reconcile = (context: Context, key: string): Outcome => {
  const [what = '', name = '', uid = ''] = key.split('|');
  if (what === 'gone') return removed(context, name, uid);
  let node = context.lookup.get('nodes', '', name);
  if (node === undefined) return undefined;
  if (what === 'new') {
    note(context, node, 'RegisteredNode', `Node ${name} event: Registered Node ${name} in Controller`);
    return undefined;
  }
  if (what === 'lost') {
    note(context, node, 'NodeNotReady', `Node ${name} status is now: NodeNotReady`);
    return undefined;
  }
  if (what === 'pods') return markPodNotReady(context, node);
  node = syncLabels(context, node);
  const heartbeat = lastHeartbeat(context, node);
  const deadline = heartbeat === undefined ? undefined : heartbeat + graceOf(node);
  const dead = MONITORED.every((type) => findCondition(node?.status?.conditions, type)?.status === 'Unknown');
  if (deadline !== undefined && deadline <= context.now && !dead) node = markUnknown(context, node);
  setTaints(context, node, 'NoSchedule', scheduleTaints(node));
  return deadline !== undefined && deadline > context.now ? { at: deadline } : undefined;
};

/** What of a node matters to its controllers. */
export const shows = (node: Node) => [
  node.status?.conditions?.map(({ type, status }) => [type, status]),
  node.spec?.unschedulable,
  node.spec?.taints,
  node.metadata.labels,
  node.metadata.annotations?.[LAST_HEARTBEAT],
  node.metadata.annotations?.[EXTERNAL_KUBELET],
  node.metadata.annotations?.[GRACE],
];

const keysOf = ({ op, object, previous }: ObjectChange<Node>): readonly string[] => {
  const name = object.metadata.name ?? '';
  if (op === 'create') return [`new|${name}`, `state|${name}`];
  if (op === 'delete') return [`gone|${name}|${object.metadata.uid ?? ''}`];
  if (previous === undefined || deepEqual(shows(object), shows(previous))) return [];
  // Only what this controller found out is announced; a kubelet that reports False does that itself.
  const lost = readyOf(previous) === 'True' && readyOf(object) === 'Unknown';
  return [`state|${name}`, ...(lost ? [`lost|${name}`, `pods|${name}`] : [])];
};

const isNodeLease = (namespace: string | undefined): boolean => namespace === LEASES;

/**
 * Watches the health of nodes: conditions of lost ones, taints from conditions, their pods' readiness
 * (pkg/controller/nodelifecycle, release 1.36). Keys: `state|<node>`, `pods|<node>` after it was
 * lost, and one-off notes `new|`, `lost|`, `gone|`.
 */
export const nodeLifecycleController: Controller = {
  name: 'node-controller',
  watches: [
    watch('nodes', keysOf),
    watch('leases.coordination.k8s.io', ({ op, object }, lookup) => {
      if (op === 'delete' || !isNodeLease(object.metadata.namespace)) return [];
      const node = lookup.get('nodes', '', object.metadata.name ?? '');
      // A renewal only moves the deadline; what is due finds the new one by itself.
      return node !== undefined && readyOf(node) !== 'True' ? [`state|${object.metadata.name ?? ''}`] : [];
    }),
  ],
  reconcile,
};
