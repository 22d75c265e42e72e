/** What controllers know of pods: readiness, making them from templates, and which to delete first. */

import type { Pod, PodTemplateSpec } from '../../kinds/generated/types.ts';
import type { KubeObject, OwnerReference } from '../../machinery/object.ts';
import { type Instant, parseTime } from '../../machinery/time.ts';
import { findCondition } from './conditions.ts';

/** Neither finished nor being deleted (upstream's IsPodActive). */
export const isActive = (pod: Pod): boolean =>
  pod.status?.phase !== 'Succeeded' &&
  pod.status?.phase !== 'Failed' &&
  pod.metadata.deletionTimestamp === undefined;

/** In phase Succeeded or Failed. */
export const isFinished = (pod: Pod): boolean =>
  pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';

/** Being deleted and not finished (upstream's IsPodTerminating). */
export const isTerminating = (pod: Pod): boolean =>
  pod.metadata.deletionTimestamp !== undefined && !isFinished(pod);

/** Condition Ready is True. */
export const isReady = (pod: Pod): boolean =>
  findCondition(pod.status?.conditions, 'Ready')?.status === 'True';

/** When the pod became ready; `undefined` when it is not. */
export const readySince = (pod: Pod): Instant | undefined => {
  const condition = findCondition(pod.status?.conditions, 'Ready');
  if (condition?.status !== 'True') return undefined;
  return parseTime(condition.lastTransitionTime ?? '') ?? 0;
};

/** The instant from which the pod counts as available, if it stays ready; `undefined` when it is not ready. */
export const availableAt = (pod: Pod, minReadySeconds: number): Instant | undefined => {
  const since = readySince(pod);
  return since === undefined ? undefined : since + minReadySeconds * 1000;
};

/** Ready for at least `minReadySeconds`. */
export const isAvailable = (pod: Pod, minReadySeconds: number, now: Instant): boolean => {
  const at = availableAt(pod, minReadySeconds);
  return at !== undefined && (minReadySeconds === 0 || at <= now);
};

/** The owner reference a controller puts on what it makes. */
export const controllerRef = (owner: KubeObject): OwnerReference => ({
  apiVersion: owner.apiVersion,
  kind: owner.kind,
  name: owner.metadata.name ?? '',
  uid: owner.metadata.uid ?? '',
  controller: true,
  blockOwnerDeletion: true,
});

/** A pod of the template, owned by the object, named by the server from the owner's name. */
export const podFromTemplate = (template: PodTemplateSpec | undefined, owner: KubeObject): Pod => {
  const { labels, annotations, finalizers } = template?.metadata ?? {};
  const pod: KubeObject & { readonly spec?: Pod['spec'] } = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      generateName: `${owner.metadata.name ?? ''}-`,
      namespace: owner.metadata.namespace ?? '',
      ...(labels ? { labels: { ...labels } } : {}),
      ...(annotations ? { annotations: { ...annotations } } : {}),
      ...(finalizers ? { finalizers: [...finalizers] } : {}),
      ownerReferences: [controllerRef(owner)],
    },
    ...(template?.spec === undefined ? {} : { spec: template.spec }),
  };
  return pod as unknown as Pod;
};

/** The cost of deleting a pod (annotation `controller.kubernetes.io/pod-deletion-cost`); 0 when absent or bad. */
export const deletionCost = (pod: Pod): number => {
  const text = pod.metadata.annotations?.['controller.kubernetes.io/pod-deletion-cost'];
  if (text === undefined || !/^(0|-?[1-9][0-9]*)$/.test(text)) return 0;
  const cost = Number(text);
  return Math.abs(cost) > 2147483647 ? 0 : cost;
};

const phaseRank = (pod: Pod): number => {
  switch (pod.status?.phase) {
    case 'Running':
      return 2;
    case 'Unknown':
      return 1;
    default:
      return 0;
  }
};

interface Restarts {
  readonly regular: number;
  readonly sidecar: number;
}

const maxRestarts = (pod: Pod): Restarts => {
  let regular = 0;
  for (const status of pod.status?.containerStatuses ?? [])
    regular = Math.max(regular, status.restartCount ?? 0);
  const sidecars = new Set(
    (pod.spec?.initContainers ?? []).filter((c) => c.restartPolicy === 'Always').map((c) => c.name),
  );
  let sidecar = 0;
  for (const status of pod.status?.initContainerStatuses ?? []) {
    if (sidecars.has(status.name)) sidecar = Math.max(sidecar, status.restartCount ?? 0);
  }
  return { regular, sidecar };
};

/** Compares ages in powers of two (of nanoseconds): negative when the first is younger; equal ages by uid. */
const byLogAge = (a: Pod, b: Pod, timeA: Instant, timeB: Instant, now: Instant): number => {
  const bucket = (time: Instant): number => (now > time ? Math.trunc(Math.log2((now - time) * 1e6)) : -1);
  const difference = bucket(timeA) - bucket(timeB);
  if (difference !== 0) return difference;
  return (a.metadata.uid ?? '') < (b.metadata.uid ?? '') ? -1 : 1;
};

interface Ranked {
  readonly pod: Pod;
  readonly rank: number;
}

/** Order of deletion of upstream's ActivePodsWithRanks: negative when the first goes first. */
const compareVictims = (a: Ranked, b: Ranked, now: Instant): number => {
  const assigned = Number((a.pod.spec?.nodeName ?? '') !== '') - Number((b.pod.spec?.nodeName ?? '') !== '');
  if (assigned !== 0) return assigned;
  const phase = phaseRank(a.pod) - phaseRank(b.pod);
  if (phase !== 0) return phase;
  const readyA = readySince(a.pod);
  const readyB = readySince(b.pod);
  if ((readyA === undefined) !== (readyB === undefined)) return readyA === undefined ? -1 : 1;
  const cost = deletionCost(a.pod) - deletionCost(b.pod);
  if (cost !== 0) return cost;
  if (a.rank !== b.rank) return b.rank - a.rank;
  if (readyA !== undefined && readyB !== undefined && readyA !== readyB) {
    return byLogAge(a.pod, b.pod, readyA, readyB, now);
  }
  const restartsA = maxRestarts(a.pod);
  const restartsB = maxRestarts(b.pod);
  if (restartsA.regular !== restartsB.regular) return restartsB.regular - restartsA.regular;
  if (restartsA.sidecar !== restartsB.sidecar) return restartsB.sidecar - restartsA.sidecar;
  const createdA = parseTime(a.pod.metadata.creationTimestamp ?? '') ?? 0;
  const createdB = parseTime(b.pod.metadata.creationTimestamp ?? '') ?? 0;
  if (createdA !== createdB) return byLogAge(a.pod, b.pod, createdA, createdB, now);
  return (a.pod.metadata.uid ?? '') < (b.pod.metadata.uid ?? '') ? -1 : 1;
};

/**
 * The pods to delete first, `count` of them (pkg/controller/controller_utils.go, ActivePodsWithRanks).
 * `related` are the pods of the same group (all ReplicaSets of a Deployment): a pod on a node with many related
 * pods goes before one on a node with few.
 */
export const pickVictims = (
  pods: readonly Pod[],
  related: readonly Pod[],
  count: number,
  now: Instant,
): readonly Pod[] => {
  if (count >= pods.length) return pods;
  const perNode = new Map<string, number>();
  for (const pod of related) {
    if (!isActive(pod)) continue;
    const node = pod.spec?.nodeName ?? '';
    perNode.set(node, (perNode.get(node) ?? 0) + 1);
  }
  const ranked = pods.map((pod) => ({ pod, rank: perNode.get(pod.spec?.nodeName ?? '') ?? 0 }));
  ranked.sort((a, b) => compareVictims(a, b, now));
  return ranked.slice(0, count).map(({ pod }) => pod);
};
