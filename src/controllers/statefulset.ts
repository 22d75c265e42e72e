import type { Lookup } from '../kinds/define.ts';
import type {
  ControllerRevision,
  PersistentVolumeClaim,
  Pod,
  StatefulSet,
} from '../kinds/generated/types.ts';
import { deepEqual } from '../machinery/deep.ts';
import { controllerOf } from '../machinery/object.ts';
import { adopted, refersTo, released, sortClaims } from './common/adopt.ts';
import { ownReferenceKeys, podMatters } from './common/changes.ts';
import { matchSelector } from './common/labels.ts';
import { availableAt, isReady } from './common/pods.ts';
import {
  listRevisions,
  orphanRevisions,
  POD_REVISION_LABEL,
  syncRevision,
  templateOfRevision,
  truncateHistory,
} from './common/revisions.ts';
import {
  type Context,
  type Controller,
  keyOf,
  type ObjectChange,
  type Outcome,
  splitKey,
  watch,
} from './contract.ts';
import { hasStaleClaim, syncClaimOwners } from './statefulset-claims.ts';
import { ordinalOf, ordinals } from './statefulset-ordinals.ts';
import {
  createMissingClaims,
  createStatefulPod,
  deleteStatefulPod,
  makePod,
  repairPod,
} from './statefulset-pods.ts';

const RESOURCE = 'statefulsets.apps';
/** Pods made or deleted in one call. */
const BATCH = 10;

type Status = NonNullable<StatefulSet['status']>;

/** One pod the set should have (it may not exist yet) or should not. */
interface Slot {
  readonly pod: Pod;
  readonly exists: boolean;
}

const isDeleted = ({ metadata }: Pod | StatefulSet): boolean => metadata.deletionTimestamp !== undefined;
const isTerminating = (pod: Pod): boolean => isDeleted(pod);
const isRunningAndReady = (pod: Pod): boolean => pod.status?.phase === 'Running' && isReady(pod);
const revisionOf = (pod: Pod): string => pod.metadata.labels?.[POD_REVISION_LABEL] ?? '';

/** One reconcile: what is known of the set, and what must happen after. */
class SetRun {
  readonly context: Context;
  readonly set: StatefulSet;
  readonly current: ControllerRevision;
  readonly update: ControllerRevision;
  replicas: Slot[] = [];
  condemned: Slot[] = [];
  /** Deletions of the rolling update, which upstream takes off the count of current replicas at once. */
  updatesDeleted = 0;
  failed = false;
  more = false;
  next: number | undefined;
  #budget = BATCH;

  constructor(context: Context, set: StatefulSet, current: ControllerRevision, update: ControllerRevision) {
    this.context = context;
    this.set = set;
    this.current = current;
    this.update = update;
  }

  get minReady(): number {
    return this.set.spec?.minReadySeconds ?? 0;
  }

  /** True when another pod may be made or deleted in this call. */
  spend(): boolean {
    if (this.#budget === 0) {
      this.more = true;
      return false;
    }
    this.#budget -= 1;
    return true;
  }

  /** Notes how a write went; true when it failed. */
  note(isDone: boolean): boolean {
    if (!isDone) this.failed = true;
    return !isDone;
  }

  isAvailable(pod: Pod): boolean {
    if (!isRunningAndReady(pod)) return false;
    const at = availableAt(pod, this.minReady) ?? 0;
    if (this.minReady === 0 || at <= this.context.now) return true;
    this.next = Math.min(this.next ?? at, at);
    return false;
  }

  isUnavailable(slot: Slot): boolean {
    return !slot.exists || !this.isAvailable(slot.pod) || isTerminating(slot.pod);
  }
}

const claimPods = (context: Context, set: StatefulSet): readonly Pod[] => {
  const { lookup, client } = context;
  const uid = set.metadata.uid ?? '';
  const namespace = set.metadata.namespace ?? '';
  const selects = matchSelector(set.spec?.selector);
  const candidates = [
    ...lookup.byIndex('pods', 'pods/controller', uid),
    ...lookup
      .byIndex('pods', 'pods/controller', `orphan/${namespace}`)
      .filter((pod) => ordinalOf(set, pod) >= 0),
  ];
  const { claimed, adopt, release } = sortClaims(set, selects, candidates);
  for (const pod of release)
    client.update('pods', namespace, pod.metadata.name ?? '', (it) => released(it, uid));
  const fresh = adopt.flatMap((pod) => {
    const done = client.update('pods', namespace, pod.metadata.name ?? '', (it) => adopted(it, set));
    return done === undefined ? [] : [done];
  });
  return [...claimed, ...fresh];
};

/** Whether a missing ordinal is made at the current revision rather than the update's. */
const staysCurrent = (set: StatefulSet, ordinal: number): boolean => {
  const strategy = set.spec?.updateStrategy;
  if ((strategy?.type ?? 'RollingUpdate') !== 'RollingUpdate') return false;
  const { first } = ordinals(set);
  const rolling = strategy?.rollingUpdate;
  return (
    ordinal < first + (rolling === undefined ? (set.status?.currentReplicas ?? 0) : (rolling.partition ?? 0))
  );
};

const sortPods = (run: SetRun, pods: readonly Pod[]): void => {
  const { set } = run;
  const { first, last } = ordinals(set);
  const byOrdinal = new Map(pods.map((pod) => [ordinalOf(set, pod), pod]));
  for (let ordinal = first; ordinal <= last; ordinal += 1) {
    const pod = byOrdinal.get(ordinal);
    const revision = staysCurrent(set, ordinal) ? run.current : run.update;
    run.replicas.push(
      pod !== undefined
        ? { pod, exists: true }
        : {
            pod: makePod(set, templateOfRevision(revision), revision.metadata.name ?? '', ordinal),
            exists: false,
          },
    );
  }
  run.condemned = [...byOrdinal]
    .filter(([ordinal]) => ordinal >= 0 && (ordinal < first || ordinal > last))
    .sort(([a], [b]) => b - a)
    .map(([, pod]) => ({ pod, exists: true }));
};

const isMonotonic = (set: StatefulSet): boolean => set.spec?.podManagementPolicy !== 'Parallel';

/** Brings one wanted pod on its way; true when nothing more may be done in this round. */
const processReplica = (run: SetRun, slot: Slot): boolean => {
  const { context, set } = run;
  const { pod, exists } = slot;
  const monotonic = isMonotonic(set);
  if (pod.status?.phase === 'Failed' || pod.status?.phase === 'Succeeded') {
    if (!isTerminating(pod) && run.spend()) run.note(deleteStatefulPod(context, set, pod));
    return true;
  }
  if (!exists) {
    if (hasStaleClaim(context, set, pod) || !run.spend()) return true;
    return run.note(createStatefulPod(context, set, pod)) || monotonic;
  }
  if (pod.status?.phase === 'Pending' && run.note(createMissingClaims(context, set, pod))) return true;
  if (monotonic && (isTerminating(pod) || !run.isAvailable(pod))) return true;
  return run.note(repairPod(context, set, pod));
};

/** In parallel they are taken in batches of 1, 2, 4, ...; a batch with a failure is the last. */
const processReplicas = (run: SetRun): boolean => {
  const { replicas } = run;
  if (isMonotonic(run.set)) return replicas.some((slot) => processReplica(run, slot)) || run.more;
  for (let from = 0, size = 1; from < replicas.length; from += size, size *= 2) {
    for (const slot of replicas.slice(from, from + size)) processReplica(run, slot);
    if (run.failed || run.more) return true;
  }
  return false;
};

const processCondemned = (run: SetRun, firstUnhealthy: Slot | undefined): boolean => {
  const { context, set } = run;
  const monotonic = isMonotonic(set);
  for (const { pod } of run.condemned) syncClaimOwners(context, set, pod);
  for (const slot of run.condemned) {
    if (isTerminating(slot.pod)) {
      if (monotonic) return true;
      continue;
    }
    if (monotonic && !run.isAvailable(slot.pod) && slot !== firstUnhealthy) return true;
    if (!run.spend()) return true;
    if (run.note(deleteStatefulPod(context, set, slot.pod)) || monotonic) return true;
  }
  return false;
};

/**
 * Replaces the pod of an old revision with the highest ordinal, whatever its state, once those above it are available.
 * The pods below it do not matter: in parallel one of them may be broken.
 */
const rollUpdate = (run: SetRun): void => {
  const { context, set, replicas } = run;
  if (set.spec?.updateStrategy?.type === 'OnDelete') return;
  const wanted = run.update.metadata.name ?? '';
  const first = set.spec?.updateStrategy?.rollingUpdate?.partition ?? 0;
  for (const slot of replicas.slice(first).reverse()) {
    if (revisionOf(slot.pod) !== wanted && !isTerminating(slot.pod)) {
      if (run.spend() && !run.note(deleteStatefulPod(context, set, slot.pod))) run.updatesDeleted += 1;
      return;
    }
    if (run.isUnavailable(slot)) return;
  }
};

const countStatus = (run: SetRun, pods: readonly Pod[], collisions: number): Status => {
  const { set } = run;
  const current = run.current.metadata.name ?? '';
  const update = run.update.metadata.name ?? '';
  const live = pods.filter((pod) => !isTerminating(pod));
  const ready = pods.filter(isRunningAndReady);
  const status = {
    observedGeneration: set.metadata.generation ?? 0,
    replicas: pods.length,
    readyReplicas: ready.length,
    availableReplicas: ready.filter((pod) => run.isAvailable(pod)).length,
    // Pods of a revision in between are deleted too: upstream's count goes below 0 for one refused write.
    currentReplicas: Math.max(
      0,
      live.filter((pod) => revisionOf(pod) === current).length - run.updatesDeleted,
    ),
    updatedReplicas: live.filter((pod) => revisionOf(pod) === update).length,
    currentRevision: current,
    updateRevision: update,
    collisionCount: collisions,
  };
  const goal = set.spec?.replicas ?? 1;
  const rolling = (set.spec?.updateStrategy?.type ?? 'RollingUpdate') === 'RollingUpdate';
  const complete =
    status.updatedReplicas === goal && status.readyReplicas === goal && status.replicas === goal;
  if (rolling && complete) {
    status.currentReplicas = status.updatedReplicas;
    status.currentRevision = update;
  }
  return status;
};

/** Leaves out the counts that upstream leaves out when they are 0. */
const trimmed = (status: Status): Status =>
  Object.fromEntries(
    Object.entries(status).filter(
      ([field, value]) => value !== 0 || ['replicas', 'availableReplicas', 'collisionCount'].includes(field),
    ),
  ) as unknown as Status;

const work = (run: SetRun): void => {
  const firstUnhealthy =
    run.replicas.find((slot) => run.isUnavailable(slot)) ??
    [...run.condemned].reverse().find((slot) => run.isUnavailable(slot));
  if (isDeleted(run.set)) return;
  if (processReplicas(run) || processCondemned(run, firstUnhealthy)) return;
  rollUpdate(run);
};

const reconcile = (context: Context, key: string): Outcome => {
  const { namespace, name } = splitKey(key);
  const set = context.lookup.get(RESOURCE, namespace, name);
  // One that is being deleted cannot adopt the history it has let go of, and makes no other.
  if (set === undefined || (isDeleted(set) && orphanRevisions(context, set).length > 0)) return undefined;
  const revisions = listRevisions(context, set);
  const pods = claimPods(context, set).filter((pod) => ordinalOf(set, pod) >= 0);
  const { revision: update, collisions } = syncRevision(
    context,
    set,
    revisions,
    set.status?.collisionCount ?? 0,
  );
  const current = revisions.find((it) => it.metadata.name === set.status?.currentRevision) ?? update;
  const run = new SetRun(context, set, current, update);
  sortPods(run, pods);
  work(run);
  if (run.more) return { at: context.now };
  const status = trimmed(countStatus(run, pods, collisions));
  if (!deepEqual(status, set.status)) {
    context.client.updateStatus(RESOURCE, namespace, name, (it) => ({ ...it, status }));
  }
  const live = new Set([current.metadata.name ?? '', update.metadata.name ?? '', ...pods.map(revisionOf)]);
  truncateHistory(context, revisions, live, set.spec?.revisionHistoryLimit ?? 10);
  if (run.failed) return { at: context.now, retry: true };
  return run.next === undefined ? undefined : { at: run.next };
};

const podKeys = (change: ObjectChange<Pod>, lookup: Lookup): readonly string[] => {
  const { op, object, previous } = change;
  if (!podMatters(change) && object.status?.phase === previous?.status?.phase) return [];
  const namespace = object.metadata.namespace ?? '';
  const keys = new Set<string>();
  for (const owner of [controllerOf(object), previous && controllerOf(previous)]) {
    if (owner !== undefined && refersTo(owner, 'apps', 'StatefulSet')) keys.add(`${namespace}/${owner.name}`);
  }
  if (op !== 'delete' && controllerOf(object) === undefined) {
    for (const set of lookup.list(RESOURCE, namespace)) {
      if (ordinalOf(set, object) >= 0 && matchSelector(set.spec?.selector)(object.metadata.labels))
        keys.add(keyOf(set));
    }
  }
  return [...keys];
};

/** A claim that went may be what a pod waits for. */
const claimKeys = (
  { op, object }: ObjectChange<PersistentVolumeClaim>,
  lookup: Lookup,
): readonly string[] => {
  if (op !== 'delete') return [];
  const name = object.metadata.name ?? '';
  return lookup
    .list(RESOURCE, object.metadata.namespace ?? '')
    .filter((set) =>
      (set.spec?.volumeClaimTemplates ?? []).some((it) =>
        name.startsWith(`${it.metadata.name ?? ''}-${set.metadata.name ?? ''}-`),
      ),
    )
    .map(keyOf);
};

/** Keeps ordered pods with stable names and storage (pkg/controller/statefulset, release 1.36). */
export const statefulSetController: Controller = {
  name: 'statefulset-controller',
  watches: [
    watch(RESOURCE, (change) => ownReferenceKeys(change)),
    watch('pods', podKeys),
    watch('persistentvolumeclaims', claimKeys),
  ],
  reconcile,
};
