/** What a DaemonSet deletes and makes: upkeep of every node, and rolling updates (pkg/controller/daemon, 1.36). */

import type { DaemonSet, Node, Pod } from '../kinds/generated/types.ts';
import { scaledOr } from '../machinery/int-or-percent.ts';
import { isAvailable, isFinished, isReady } from './common/pods.ts';
import { POD_REVISION_LABEL } from './common/revisions.ts';
import { byCreation } from './common/rollout.ts';
import type { Context } from './contract.ts';
import type { FailedPods } from './daemonset-backoff.ts';
import { isUpdated, judgeNode } from './daemonset-nodes.ts';

/** Pods to delete and nodes to make pods on. */
export interface Steps {
  readonly remove: readonly Pod[];
  readonly create: readonly string[];
}

const NO_STEPS: Steps = { remove: [], create: [] };

/** What is known in one sync. */
export interface DaemonState {
  readonly set: DaemonSet;
  readonly nodes: readonly Node[];
  readonly podsByNode: ReadonlyMap<string, readonly Pod[]>;
  readonly hash: string;
}

/** Bound pods first, then the oldest: the order in which pods of one node count. */
export const byAge = (a: Pod, b: Pod): number => {
  const bound = Number((b.spec?.nodeName ?? '') !== '') - Number((a.spec?.nodeName ?? '') !== '');
  return bound !== 0 ? bound : byCreation(a, b);
};

/** Sizes of a rolling update for the number of nodes that want a pod. */
const limits = ({ set, nodes }: DaemonState) => {
  const desired = nodes.filter((node) => judgeNode(set, node).run).length;
  const rolling = set.spec?.updateStrategy?.rollingUpdate;
  const surge = scaledOr(rolling?.maxSurge, 0, desired, 'up');
  const unavailable = scaledOr(rolling?.maxUnavailable, 1, desired, 'up');
  return { desired, surge, unavailable: surge === 0 && unavailable === 0 ? 1 : unavailable };
};

const allowsSurge = (set: DaemonSet): boolean =>
  (set.spec?.updateStrategy?.type ?? 'RollingUpdate') === 'RollingUpdate' &&
  scaledOr(set.spec?.updateStrategy?.rollingUpdate?.maxSurge, 0, 1, 'up') > 0;

const minReady = (set: DaemonSet): number => set.spec?.minReadySeconds ?? 0;

const noteFinished = (context: Context, set: DaemonSet, pod: Pod, node: Node): void => {
  const failed = pod.status?.phase === 'Failed';
  const subject = `daemon pod ${pod.metadata.namespace ?? ''}/${pod.metadata.name ?? ''} on node ${node.metadata.name ?? ''}`;
  context.client.event(
    set,
    failed
      ? {
          type: 'Warning',
          reason: 'FailedDaemonPod',
          message: `Found failed ${subject}, will try to kill it`,
        }
      : {
          type: 'Normal',
          reason: 'SucceededDaemonPod',
          message: `Found succeeded ${subject}, will try to delete it`,
        },
  );
};

/** With surge two pods may run while the old one is ready and the new one is not. */
const prunedBySurge = (context: Context, state: DaemonState, running: readonly Pod[]): readonly Pod[] => {
  const { set, hash } = state;
  let fresh: Pod | undefined;
  let old: Pod | undefined;
  const remove: Pod[] = [];
  for (const pod of running) {
    const isNew = pod.metadata.labels?.[POD_REVISION_LABEL] === hash;
    if (isNew && fresh === undefined) fresh = pod;
    else if (!isNew && old === undefined) old = pod;
    else remove.push(pod);
  }
  if (
    fresh !== undefined &&
    old !== undefined &&
    (!isReady(old) || isAvailable(fresh, minReady(set), context.now))
  ) {
    remove.push(old);
  }
  return remove;
};

/** The finished pods of a node that may be deleted now: each failure of a node's pods doubles the wait for the next. */
const finishedPods = (
  context: Context,
  { set }: DaemonState,
  node: Node,
  live: readonly Pod[],
  failedPods: FailedPods,
): readonly Pod[] =>
  live.filter((pod) => {
    const phase = pod.status?.phase;
    if (phase !== 'Failed' && phase !== 'Succeeded') return false;
    if (phase === 'Failed' && !failedPods.mayDelete(node.metadata.name ?? '')) return false;
    noteFinished(context, set, pod, node);
    return true;
  });

const upkeepOfNode = (context: Context, state: DaemonState, node: Node, failedPods: FailedPods): Steps => {
  const { set, podsByNode } = state;
  const name = node.metadata.name ?? '';
  const pods = podsByNode.get(name) ?? [];
  const { run, stay } = judgeNode(set, node);
  if (run && pods.length === 0) return { remove: [], create: [name] };
  const live = pods.filter((pod) => pod.metadata.deletionTimestamp === undefined);
  if (!stay) return { remove: live, create: [] };
  const finished = finishedPods(context, state, node, live, failedPods);
  const running = live.filter((pod) => !isFinished(pod)).sort(byAge);
  if (!allowsSurge(set)) return { remove: [...finished, ...running.slice(1)], create: [] };
  // With surge a node is never left to a pod that is going.
  if (running.length === 0) return { remove: finished, create: run ? [name] : [] };
  return { remove: [...finished, ...prunedBySurge(context, state, running)], create: [] };
};

/** Nodes without their pod, pods that should not be (upstream's manage). */
export const upkeep = (context: Context, state: DaemonState, failedPods: FailedPods): Steps => {
  const steps = state.nodes.map((node) => upkeepOfNode(context, state, node, failedPods));
  const known = new Set(state.nodes.map((node) => node.metadata.name ?? ''));
  const stranded = [...state.podsByNode].flatMap(([name, pods]) =>
    known.has(name)
      ? []
      : pods.filter(
          (pod) => (pod.spec?.nodeName ?? '') === '' && pod.metadata.deletionTimestamp === undefined,
        ),
  );
  return {
    remove: [...steps.flatMap((it) => it.remove), ...stranded],
    create: steps.flatMap((it) => it.create),
  };
};

/** The new and the old pod of a node; `undefined` when there are several of a sort. */
const pair = ({ set, hash }: DaemonState, pods: readonly Pod[]) => {
  const live = pods.filter((pod) => pod.metadata.deletionTimestamp === undefined);
  const fresh = live.filter((pod) => isUpdated(set, pod, hash));
  const old = live.filter((pod) => !isUpdated(set, pod, hash));
  if (fresh.length > 1 || old.length > 1) return undefined;
  return { fresh: fresh[0], old: old[0] };
};

/** Every node that wants a pod or has one, by name. */
const involved = ({ set, nodes, podsByNode }: DaemonState): readonly string[] => {
  const wanting = nodes.filter((node) => judgeNode(set, node).run).map((node) => node.metadata.name ?? '');
  return [...new Set([...podsByNode.keys(), ...wanting])].sort();
};

const replaceInPlace = (context: Context, state: DaemonState, limit: number): Steps => {
  const { set, podsByNode } = state;
  const available = (pod: Pod): boolean => isAvailable(pod, minReady(set), context.now);
  let unavailable = 0;
  const broken: Pod[] = [];
  const candidates: Pod[] = [];
  for (const name of involved(state)) {
    const pods = pair(state, podsByNode.get(name) ?? []);
    const bothOrNone = pods === undefined || (pods.old === undefined) === (pods.fresh === undefined);
    if (bothOrNone) unavailable += 1;
    else if (pods.fresh !== undefined) unavailable += available(pods.fresh) ? 0 : 1;
    else if (pods.old !== undefined) (available(pods.old) ? candidates : broken).push(pods.old);
  }
  return { remove: [...broken, ...candidates.slice(0, Math.max(0, limit - unavailable))], create: [] };
};

/** What surging finds on the nodes. */
interface Surge {
  surging: number;
  available: number;
  /** Old pods to delete: replaced ones, and broken ones where none should run any more. */
  readonly remove: Pod[];
  /** Old pods that still serve where none should run any more. */
  readonly sunset: Pod[];
  readonly broken: string[];
  readonly candidates: string[];
}

const surgeNode = (context: Context, state: DaemonState, name: string, found: Surge): void => {
  const { set, nodes, podsByNode } = state;
  const available = (pod: Pod): boolean => isAvailable(pod, minReady(set), context.now);
  const pods = pair(state, podsByNode.get(name) ?? []);
  if (pods === undefined) {
    found.surging += 1;
    return;
  }
  const { fresh, old } = pods;
  const counted = old ?? fresh;
  if (counted !== undefined && available(counted)) found.available += 1;
  if (old === undefined) return;
  if (fresh !== undefined) {
    if (available(fresh)) found.remove.push(old);
    else found.surging += 1;
    return;
  }
  const node = nodes.find(({ metadata }) => metadata.name === name);
  const wanted = node !== undefined && judgeNode(set, node).run;
  if (available(old)) {
    if (wanted) found.candidates.push(name);
    else found.sunset.push(old);
  } else if (wanted) found.broken.push(name);
  else found.remove.push(old);
};

const replaceWithSurge = (context: Context, state: DaemonState, limit: number, desired: number): Steps => {
  const found: Surge = { surging: 0, available: 0, remove: [], sunset: [], broken: [], candidates: [] };
  for (const name of involved(state)) surgeNode(context, state, name, found);
  const spare = Math.max(0, found.available - desired);
  const room = Math.max(0, limit - found.surging);
  return {
    remove: [...found.remove, ...found.sunset.slice(0, spare)],
    create: [...found.broken, ...found.candidates.slice(0, room)],
  };
};

/** The next steps of a rolling update. */
export const rollingUpdate = (context: Context, state: DaemonState): Steps => {
  if ((state.set.spec?.updateStrategy?.type ?? 'RollingUpdate') !== 'RollingUpdate') return NO_STEPS;
  const { desired, surge, unavailable } = limits(state);
  return surge === 0
    ? replaceInPlace(context, state, unavailable)
    : replaceWithSurge(context, state, surge, desired);
};
