import type { Lookup } from '../kinds/define.ts';
import type { ControllerRevision, DaemonSet, Node, Pod } from '../kinds/generated/types.ts';
import { deepEqual, templateHash } from '../machinery/deep.ts';
import { controllerOf } from '../machinery/object.ts';
import { hasReason } from '../machinery/status.ts';
import { adopted, refersTo, released, sortClaims } from './common/adopt.ts';
import { ownReferenceKeys, podMatters } from './common/changes.ts';
import { matchSelector, selectsEverything } from './common/labels.ts';
import { createPod, deletePod } from './common/pod-control.ts';
import { availableAt, controllerRef, isFinished, isReady } from './common/pods.ts';
import { listRevisions, POD_REVISION_LABEL, REVISIONS, revisionData } from './common/revisions.ts';
import {
  type Context,
  type Controller,
  keyOf,
  type ObjectChange,
  type Outcome,
  splitKey,
  watch,
} from './contract.ts';
import { FailedPods } from './daemonset-backoff.ts';
import { isUpdated, judgeNode, makeDaemonPod, targetNode } from './daemonset-nodes.ts';
import { byAge, type DaemonState, rollingUpdate, type Steps, upkeep } from './daemonset-update.ts';

const RESOURCE = 'daemonsets.apps';
/** Pods made or deleted in one call. */
const BATCH = 12;

type Status = NonNullable<DaemonSet['status']>;

const claimPods = (context: Context, set: DaemonSet): readonly Pod[] => {
  const { lookup, client } = context;
  const uid = set.metadata.uid ?? '';
  const namespace = set.metadata.namespace ?? '';
  const candidates = [
    ...lookup.byIndex('pods', 'pods/controller', uid),
    ...lookup.byIndex('pods', 'pods/controller', `orphan/${namespace}`),
  ];
  const { claimed, adopt, release } = sortClaims(set, matchSelector(set.spec?.selector), candidates);
  for (const pod of release)
    client.update('pods', namespace, pod.metadata.name ?? '', (it) => released(it, uid));
  const fresh = adopt.flatMap((pod) => {
    const done = client.update('pods', namespace, pod.metadata.name ?? '', (it) => adopted(it, set));
    return done === undefined ? [] : [done];
  });
  return [...claimed, ...fresh];
};

/** Pods by the node they are on or meant for; finished pods that are going do not count. */
const groupByNode = (pods: readonly Pod[]): ReadonlyMap<string, readonly Pod[]> => {
  const groups = new Map<string, Pod[]>();
  for (const pod of pods) {
    if (isFinished(pod) && pod.metadata.deletionTimestamp !== undefined) continue;
    const node = targetNode(pod);
    if (node === '') continue;
    const group = groups.get(node);
    if (group === undefined) groups.set(node, [pod]);
    else group.push(pod);
  }
  return groups;
};

const createRevision = (context: Context, set: DaemonSet, number: number): ControllerRevision | undefined => {
  const hash = templateHash(set.spec?.template, set.status?.collisionCount);
  const { namespace = '', annotations } = set.metadata;
  const name = `${(set.metadata.name ?? '').slice(0, 223)}-${hash}`;
  const data = revisionData(set.spec?.template);
  try {
    return context.client.create(REVISIONS, {
      apiVersion: 'apps/v1',
      kind: 'ControllerRevision',
      metadata: {
        name,
        namespace,
        labels: { ...set.spec?.template?.metadata?.labels, [POD_REVISION_LABEL]: hash },
        ...(annotations === undefined ? {} : { annotations }),
        ownerReferences: [controllerRef(set)],
      },
      data,
      revision: number,
    } as unknown as ControllerRevision);
  } catch (error) {
    if (!hasReason(error, 'AlreadyExists')) throw error;
    const existing = context.lookup.get(REVISIONS, namespace, name);
    if (existing !== undefined && deepEqual(existing.data, data)) return existing;
    context.client.updateStatus(RESOURCE, namespace, set.metadata.name ?? '', (it) => ({
      ...it,
      status: { ...it.status, collisionCount: (it.status?.collisionCount ?? 0) + 1 } as Status,
    }));
    return undefined;
  }
};

/** The revision of the present template: found (and renumbered when older ones came after it) or made. */
const syncHistory = (
  context: Context,
  set: DaemonSet,
  revisions: readonly ControllerRevision[],
): ControllerRevision | undefined => {
  const data = revisionData(set.spec?.template);
  const current = revisions.filter((revision) => deepEqual(revision.data, data)).at(-1);
  const others = revisions.filter((revision) => revision !== current);
  const number = others.reduce((max, revision) => Math.max(max, revision.revision), 0) + 1;
  if (current === undefined) return createRevision(context, set, number);
  if (current.revision >= number) return current;
  const { namespace = '', name = '' } = current.metadata;
  return context.client.update(REVISIONS, namespace, name, (it) => ({ ...it, revision: number })) ?? current;
};

interface Done {
  readonly failed: boolean;
  readonly more: boolean;
}

/** Makes pods in batches of 1, 2, 4, ...; a batch with a failure is the last (upstream's syncNodes). */
const createPods = (context: Context, { set, hash }: DaemonState, nodes: readonly string[]): boolean => {
  let isBroken = false;
  for (let from = 0, size = 1; from < nodes.length && !isBroken; from += size, size *= 2) {
    for (const node of nodes.slice(from, from + size)) {
      const { failure } = createPod(context, set, makeDaemonPod(set, node, hash));
      if (failure?.namespaceTerminating) return false;
      if (failure !== undefined) isBroken = true;
    }
  }
  return isBroken;
};

const carryOut = (context: Context, state: DaemonState, { create, remove }: Steps): Done => {
  const isRefused = createPods(context, state, create.slice(0, BATCH));
  const left = Math.max(0, BATCH - create.length);
  const isStuck = remove
    .slice(0, left)
    .map((pod) => deletePod(context, state.set, pod))
    .some((failure) => failure !== undefined);
  const failed = isRefused || isStuck;
  return { failed, more: !failed && create.length + remove.length > BATCH };
};

const positive = (field: string, value: number): object => (value > 0 ? { [field]: value } : {});

const countStatus = (
  context: Context,
  state: DaemonState,
): { readonly status: Status; readonly next?: number } => {
  const { set, nodes, podsByNode, hash } = state;
  const minReady = set.spec?.minReadySeconds ?? 0;
  let [desired, current, misscheduled, ready, available, updated] = [0, 0, 0, 0, 0, 0];
  let next: number | undefined;
  for (const node of nodes) {
    const pods = [...(podsByNode.get(node.metadata.name ?? '') ?? [])].sort(byAge);
    const [pod] = pods;
    if (!judgeNode(set, node).run) {
      if (pod !== undefined) misscheduled += 1;
      continue;
    }
    desired += 1;
    if (pod === undefined) continue;
    current += 1;
    if (isUpdated(set, pod, hash)) updated += 1;
    if (!isReady(pod)) continue;
    ready += 1;
    const at = availableAt(pod, minReady) ?? 0;
    if (minReady === 0 || at <= context.now) available += 1;
    else next = Math.min(next ?? at, at);
  }
  const collisions = set.status?.collisionCount;
  const status = {
    currentNumberScheduled: current,
    numberMisscheduled: misscheduled,
    desiredNumberScheduled: desired,
    numberReady: ready,
    ...positive('observedGeneration', set.metadata.generation ?? 0),
    ...positive('updatedNumberScheduled', updated),
    ...positive('numberAvailable', available),
    ...positive('numberUnavailable', desired - available),
    ...(collisions === undefined ? {} : { collisionCount: collisions }),
    ...(set.status?.conditions === undefined ? {} : { conditions: set.status.conditions }),
  } as Status;
  return next === undefined ? { status } : { status, next };
};

const writeStatus = (context: Context, state: DaemonState): Outcome => {
  const { set } = state;
  const { status, next } = countStatus(context, state);
  if (!deepEqual(status, set.status)) {
    context.client.updateStatus(RESOURCE, set.metadata.namespace ?? '', set.metadata.name ?? '', (it) => ({
      ...it,
      status,
    }));
  }
  return next === undefined ? undefined : { at: next };
};

/** Deletes the oldest revisions beyond the limit; those of pods count, but stay. */
const cleanHistory = (
  context: Context,
  set: DaemonSet,
  revisions: readonly ControllerRevision[],
  current: ControllerRevision,
): void => {
  const old = revisions.filter(({ metadata }) => metadata.name !== current.metadata.name);
  const surplus = old.length - (set.spec?.revisionHistoryLimit ?? 10);
  if (surplus <= 0) return;
  const used = new Set(claimPods(context, set).map((pod) => pod.metadata.labels?.[POD_REVISION_LABEL]));
  const unused = old.filter(({ metadata }) => !used.has(metadata.labels?.[POD_REVISION_LABEL]));
  for (const { metadata } of unused.slice(0, surplus)) {
    context.client.delete(REVISIONS, metadata.namespace ?? '', metadata.name ?? '');
  }
};

const hasSteps = ({ create, remove }: Steps): boolean => create.length + remove.length > 0;

const earlier = (outcome: Outcome, at: number | undefined): Outcome => {
  if (at === undefined) return outcome;
  return { at: Math.min(outcome?.at ?? at, at) };
};

const sync = (context: Context, set: DaemonSet): Outcome => {
  const revisions = listRevisions(context, set);
  const revision = syncHistory(context, set, revisions);
  if (revision === undefined) return { at: context.now, retry: true };
  const nodes = context.lookup.list('nodes');
  const hash = revision.metadata.labels?.[POD_REVISION_LABEL] ?? '';
  const read = (): DaemonState => ({ set, nodes, hash, podsByNode: groupByNode(claimPods(context, set)) });
  const state = read();
  const failedPods = new FailedPods(context, set);
  const kept = upkeep(context, state, failedPods);
  // While the pods of one step are on their way the update waits.
  const steps = hasSteps(kept) ? kept : rollingUpdate(context, state);
  const { failed, more } = carryOut(context, state, steps);
  if (more) return { at: context.now };
  if (!failed) cleanHistory(context, set, revisions, revision);
  const outcome = writeStatus(context, hasSteps(steps) ? read() : state);
  return failed ? { at: context.now, retry: true } : earlier(outcome, failedPods.next);
};

const reconcile = (context: Context, key: string): Outcome => {
  const { namespace, name } = splitKey(key);
  const set = context.lookup.get(RESOURCE, namespace, name);
  if (set === undefined) {
    if (context.notes.get(key) !== undefined) context.notes.set(key, undefined);
    return undefined;
  }
  if (selectsEverything(set.spec?.selector)) {
    const message = 'This daemon set is selecting all pods. A non-empty selector is required.';
    context.client.event(set, { type: 'Warning', reason: 'SelectingAll', message });
    return undefined;
  }
  // Its history may be gone already, so nothing can be said of a set that is being deleted.
  return set.metadata.deletionTimestamp === undefined ? sync(context, set) : undefined;
};

const podKeys = (change: ObjectChange<Pod>, lookup: Lookup): readonly string[] => {
  const { op, object, previous } = change;
  const bound = previous !== undefined && previous.spec?.nodeName !== object.spec?.nodeName;
  if (!bound && !podMatters(change)) return [];
  const namespace = object.metadata.namespace ?? '';
  const keys = new Set<string>();
  for (const owner of [controllerOf(object), previous && controllerOf(previous)]) {
    if (owner !== undefined && refersTo(owner, 'apps', 'DaemonSet')) keys.add(`${namespace}/${owner.name}`);
  }
  if (op !== 'delete' && controllerOf(object) === undefined) {
    for (const set of lookup.list(RESOURCE, namespace)) {
      if (matchSelector(set.spec?.selector)(object.metadata.labels)) keys.add(keyOf(set));
    }
  }
  return [...keys];
};

/**
 * Nodes that come or change wake the sets that miss a pod there, or have one that may not stay. One that goes is only
 * noticed with the next change, as upstream.
 */
const nodeKeys = ({ op, object, previous }: ObjectChange<Node>, lookup: Lookup): readonly string[] => {
  if (op === 'delete') return [];
  if (
    previous !== undefined &&
    deepEqual(object.metadata.labels, previous.metadata.labels) &&
    deepEqual(object.spec?.taints, previous.spec?.taints)
  ) {
    return [];
  }
  const name = object.metadata.name ?? '';
  return lookup
    .list(RESOURCE)
    .filter((set) => {
      const { run, stay } = judgeNode(set, object);
      const isThere = lookup
        .byIndex('pods', 'pods/controller', set.metadata.uid ?? '')
        .some((pod) => targetNode(pod) === name);
      return isThere ? !stay || (set.status?.numberMisscheduled ?? 0) > 0 : run;
    })
    .map(keyOf);
};

/** Keeps one pod of each DaemonSet on every node it fits (pkg/controller/daemon, release 1.36). */
export const daemonSetController: Controller = {
  name: 'daemonset-controller',
  watches: [
    watch(RESOURCE, (change) => ownReferenceKeys(change)),
    watch('pods', podKeys),
    watch('nodes', nodeKeys),
  ],
  reconcile,
};
