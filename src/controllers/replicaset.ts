/**
 * ReplicaSets and ReplicationControllers: one engine, two kinds (pkg/controller/replicaset). Controllers live
 * in this folder, one a file; they read through `Lookup`, write through `Client`, and know nothing else.
 */

import type { Pod, PodTemplateSpec, ReplicaSet, ReplicationController } from '../kinds/generated/types.ts';
import { deepEqual } from '../machinery/deep.ts';
import { controllerOf } from '../machinery/object.ts';
import { printTime } from '../machinery/time.ts';
import { adopted, refersTo, released, sortClaims } from './common/adopt.ts';
import { ownReferenceKeys, podMatters } from './common/changes.ts';
import { findCondition, setCondition, withoutCondition } from './common/conditions.ts';
import { type Matcher, matchAll, matchSelector } from './common/labels.ts';
import { createPod, deletePod, type Failure } from './common/pod-control.ts';
import {
  availableAt,
  isActive,
  isReady,
  isTerminating,
  pickVictims,
  podFromTemplate,
} from './common/pods.ts';
import { type Context, type Controller, keyOf, type Outcome, splitKey, watch } from './contract.ts';

type Replicating = ReplicaSet | ReplicationController;

interface Flavour {
  readonly name: string;
  readonly resource: 'replicasets.apps' | 'replicationcontrollers';
  readonly group: string;
  readonly kind: string;
  readonly matcher: (object: Replicating) => Matcher;
  /** Only ReplicaSets report terminating replicas. */
  readonly reportsTerminating: boolean;
}

const replicaSets: Flavour = {
  name: 'replicaset-controller',
  resource: 'replicasets.apps',
  group: 'apps',
  kind: 'ReplicaSet',
  matcher: (object) => matchSelector((object as ReplicaSet).spec?.selector),
  reportsTerminating: true,
};

const replicationControllers: Flavour = {
  name: 'replication-controller',
  resource: 'replicationcontrollers',
  group: '',
  kind: 'ReplicationController',
  matcher: (object) => {
    const selector = (object as ReplicationController).spec?.selector ?? {};
    return Object.keys(selector).length === 0 ? () => false : matchAll(selector);
  },
  reportsTerminating: false,
};

/** Pods made or deleted in one call; each may also write an Event. */
const BATCH = 20;
/** Pods made or deleted before the status is written again (upstream's burstReplicas). */
const BURST = 500;

interface Managed {
  readonly failure?: Failure;
  /** More pods to make or delete in the next call. */
  readonly more: boolean;
}

const templateOf = (object: Replicating): PodTemplateSpec | undefined => object.spec?.template;

/** Creates `size` pods; a namespace that is going ends it without a failure. */
const createBatch = (
  context: Context,
  owner: Replicating,
  size: number,
): { readonly failure?: Failure; readonly terminating?: true } => {
  let failure: Failure | undefined;
  for (let i = 0; i < size; i += 1) {
    const made = createPod(context, owner, podFromTemplate(templateOf(owner), owner));
    if (made.failure?.namespaceTerminating) return { terminating: true };
    failure ??= made.failure;
  }
  return failure === undefined ? {} : { failure };
};

/** Creates in batches of 1, 2, 4, ... and stops after a batch with a failure (upstream's slowStartBatch). */
const scaleUp = (context: Context, owner: Replicating, missing: number): Managed => {
  let left = Math.min(missing, BATCH);
  for (let size = 1; left > 0; size *= 2) {
    const batch = Math.min(size, left);
    const { failure, terminating } = createBatch(context, owner, batch);
    if (terminating) return { more: false };
    if (failure !== undefined) return { failure, more: false };
    left -= batch;
  }
  return { more: missing > BATCH };
};

/** Pods of every ReplicaSet with the same controller: they decide which nodes are crowded. */
const relatedPods = (
  context: Context,
  flavour: Flavour,
  owner: Replicating,
  own: readonly Pod[],
): readonly Pod[] => {
  const controller = controllerOf(owner);
  if (flavour.resource !== 'replicasets.apps' || controller === undefined) return own;
  const siblings = context.lookup.byIndex('replicasets.apps', 'replicasets/controller', controller.uid);
  if (siblings.length <= 1) return own;
  return siblings.flatMap((sibling) =>
    context.lookup.byIndex('pods', 'pods/controller', sibling.metadata.uid ?? ''),
  );
};

const scaleDown = (
  context: Context,
  flavour: Flavour,
  owner: Replicating,
  active: readonly Pod[],
  surplus: number,
): Managed => {
  const count = Math.min(surplus, BATCH);
  const victims = pickVictims(active, relatedPods(context, flavour, owner, active), count, context.now);
  let failure: Failure | undefined;
  for (const pod of victims) {
    const outcome = deletePod(context, owner, pod);
    if (outcome !== undefined) failure ??= outcome;
  }
  return { ...(failure === undefined ? {} : { failure }), more: failure === undefined && surplus > BATCH };
};

/** Counts of the active pods, in one pass. */
const count = (owner: Replicating, active: readonly Pod[], now: number) => {
  const template = matchAll(templateOf(owner)?.metadata?.labels);
  const minReady = owner.spec?.minReadySeconds ?? 0;
  let labeled = 0;
  let ready = 0;
  let available = 0;
  let next: number | undefined;
  for (const pod of active) {
    if (template(pod.metadata.labels)) labeled += 1;
    if (!isReady(pod)) continue;
    ready += 1;
    const at = availableAt(pod, minReady) ?? now;
    if (minReady === 0 || at <= now) available += 1;
    else next = Math.min(next ?? at, at);
  }
  return { labeled, ready, available, next };
};

type Status = NonNullable<ReplicaSet['status']>;

const positive = (field: string, value: number): object => (value > 0 ? { [field]: value } : {});

/** The status without what a failure says: it is known before pods are made or deleted. */
const countedStatus = (
  flavour: Flavour,
  owner: Replicating,
  active: readonly Pod[],
  terminating: number,
  counts: ReturnType<typeof count>,
): Status =>
  ({
    replicas: active.length,
    ...positive('fullyLabeledReplicas', counts.labeled),
    ...positive('readyReplicas', counts.ready),
    ...positive('availableReplicas', counts.available),
    ...(flavour.reportsTerminating ? { terminatingReplicas: terminating } : {}),
    ...positive('observedGeneration', owner.metadata.generation ?? 0),
  }) as Status;

const withFailure = (
  owner: Replicating,
  status: Status,
  failure: Failure | undefined,
  now: number,
): Status => {
  const old = owner.status?.conditions as Status['conditions'];
  const existing = findCondition(old, 'ReplicaFailure');
  let conditions = old;
  if (failure !== undefined && existing === undefined) {
    const short = status.replicas - (owner.spec?.replicas ?? 1) < 0;
    conditions = setCondition(conditions, {
      type: 'ReplicaFailure',
      status: 'True',
      lastTransitionTime: printTime(now),
      reason: short ? 'FailedCreate' : 'FailedDelete',
      message: failure.message,
    });
  } else if (failure === undefined && existing !== undefined) {
    conditions = withoutCondition(conditions, 'ReplicaFailure');
  }
  return { ...status, ...(conditions !== undefined && conditions.length > 0 ? { conditions } : {}) };
};

const claimPods = (
  context: Context,
  flavour: Flavour,
  owner: Replicating,
): { active: Pod[]; terminating: number; more: boolean } => {
  const matches = flavour.matcher(owner);
  const uid = owner.metadata.uid ?? '';
  const { lookup, client } = context;
  const owned = lookup.byIndex('pods', 'pods/controller', uid);
  const orphans = lookup.byIndex('pods', 'pods/controller', `orphan/${owner.metadata.namespace ?? ''}`);
  const live = owned.filter(isActive);
  const { claimed, adopt, release } = sortClaims(owner, matches, [...live, ...orphans.filter(isActive)]);
  const active = [...claimed];
  let writes = 0;
  for (const pod of release.slice(0, BATCH)) {
    client.update('pods', pod.metadata.namespace ?? '', pod.metadata.name ?? '', (it) => released(it, uid));
    writes += 1;
  }
  for (const pod of adopt.slice(0, BATCH - writes)) {
    const done = client.update('pods', pod.metadata.namespace ?? '', pod.metadata.name ?? '', (it) =>
      adopted(it, owner),
    );
    if (done !== undefined) active.push(done);
    writes += 1;
  }
  const terminating = owned.filter((pod) => isTerminating(pod) && matches(pod.metadata.labels)).length;
  return { active, terminating, more: writes < adopt.length + release.length };
};

/** A scale-up in progress: its batches take time, and its status is what was seen when it began. */
interface Growth {
  readonly uid: string;
  readonly left: number;
  readonly batch: number;
  readonly status: Status;
}

const writeStatus = (context: Context, flavour: Flavour, owner: Replicating, status: Status): void => {
  if (deepEqual(owner.status, status)) return;
  const { namespace = '', name = '' } = owner.metadata;
  context.client.updateStatus(
    flavour.resource,
    namespace,
    name,
    (current) => ({ ...current, status }) as never,
  );
};

const finish = (
  context: Context,
  flavour: Flavour,
  owner: Replicating,
  status: Status,
  failure: Failure | undefined,
  next: number | undefined,
): Outcome => {
  writeStatus(context, flavour, owner, withFailure(owner, status, failure, context.now));
  if (failure !== undefined) return { at: context.now, retry: true };
  return next === undefined ? undefined : { at: Math.max(next, context.now) };
};

/** The next batch of a scale-up; after the last, or a failure, the status is written and it is over. */
const grow = (context: Context, flavour: Flavour, owner: Replicating, growth: Growth): Outcome => {
  const key = keyOf(owner);
  const size = Math.min(growth.batch, growth.left);
  const { failure, terminating } = createBatch(context, owner, size);
  if (size > 0 && failure === undefined && !terminating) {
    const further: Growth = { ...growth, left: growth.left - size, batch: Math.min(growth.batch * 2, BATCH) };
    context.notes.set(key, JSON.stringify(further));
    return { at: context.now };
  }
  context.notes.set(key, undefined);
  const outcome = finish(context, flavour, owner, growth.status, failure, undefined);
  // The pods that were made ask for another look.
  return outcome ?? (terminating ? undefined : { at: context.now });
};

/** A scale-down in progress: whom it takes, and the status as it was when it began. */
interface Shrinkage {
  readonly uid: string;
  readonly victims: readonly string[];
  readonly status: Status;
}

/** The next victims of a scale-down; after the last, or a failure, the status is written and it is over. */
const shrink = (context: Context, flavour: Flavour, owner: Replicating, shrinkage: Shrinkage): Outcome => {
  const key = keyOf(owner);
  const { victims, status } = shrinkage;
  let failure: Failure | undefined;
  for (const name of victims.slice(0, BATCH)) {
    const pod = context.lookup.get('pods', owner.metadata.namespace ?? '', name);
    if (pod !== undefined && controllerOf(pod)?.uid === shrinkage.uid)
      failure ??= deletePod(context, owner, pod);
  }
  const rest = victims.slice(BATCH);
  if (rest.length > 0 && failure === undefined) {
    context.notes.set(key, JSON.stringify({ ...shrinkage, victims: rest } satisfies Shrinkage));
    return { at: context.now };
  }
  context.notes.set(key, undefined);
  return finish(context, flavour, owner, status, failure, undefined) ?? { at: context.now };
};

/** A scale-up or a scale-down that is not over yet. */
const pendingOf = (
  context: Context,
  key: string,
  owner: Replicating | undefined,
): Growth | Shrinkage | undefined => {
  if (context.latency === 'instant') return undefined;
  const note = context.notes.get(key);
  if (note === undefined) return undefined;
  const pending = JSON.parse(note) as Growth | Shrinkage;
  if (pending.uid === owner?.metadata.uid) return pending;
  context.notes.set(key, undefined);
  return undefined;
};

const reconcile =
  (flavour: Flavour) =>
  (context: Context, key: string): Outcome => {
    const { namespace, name } = splitKey(key);
    const owner = context.lookup.get(flavour.resource, namespace, name) as Replicating | undefined;
    const pending = pendingOf(context, key, owner);
    if (owner === undefined) return undefined;
    if (pending !== undefined) {
      return 'victims' in pending
        ? shrink(context, flavour, owner, pending)
        : grow(context, flavour, owner, pending);
    }
    const { active, terminating, more } = claimPods(context, flavour, owner);
    if (more) return { at: context.now };
    const counts = count(owner, active, context.now);
    const status = countedStatus(flavour, owner, active, terminating, counts);
    let managed: Managed = { more: false };
    const difference = active.length - (owner.spec?.replicas ?? 1);
    if (owner.metadata.deletionTimestamp === undefined) {
      if (difference < 0 && context.latency !== 'instant') {
        const begun = { uid: owner.metadata.uid ?? '', left: Math.min(BURST, -difference), batch: 1, status };
        return grow(context, flavour, owner, begun);
      }
      if (difference > BATCH && context.latency !== 'instant') {
        const related = relatedPods(context, flavour, owner, active);
        const victims = pickVictims(active, related, Math.min(BURST, difference), context.now);
        const names = victims.map(({ metadata }) => metadata.name ?? '');
        const uid = owner.metadata.uid ?? '';
        return shrink(context, flavour, owner, { uid, victims: names, status });
      }
      if (difference < 0) managed = scaleUp(context, owner, -difference);
      else if (difference > 0) managed = scaleDown(context, flavour, owner, active, difference);
    }
    if (managed.more) return { at: context.now };
    return finish(context, flavour, owner, status, managed.failure, counts.next);
  };

const makeController = (flavour: Flavour): Controller => ({
  name: flavour.name,
  watches: [
    watch(flavour.resource, (change) => ownReferenceKeys(change)),
    watch('pods', (change, lookup) => {
      if (!podMatters(change)) return [];
      const keys = new Set<string>();
      for (const pod of [change.object, change.previous]) {
        const owner = pod === undefined ? undefined : controllerOf(pod);
        if (owner !== undefined && refersTo(owner, flavour.group, flavour.kind)) {
          keys.add(`${change.object.metadata.namespace ?? ''}/${owner.name}`);
        }
      }
      if (change.op === 'delete' || controllerOf(change.object) !== undefined) return [...keys];
      for (const candidate of lookup.list(flavour.resource, change.object.metadata.namespace ?? '')) {
        if (flavour.matcher(candidate as Replicating)(change.object.metadata.labels))
          keys.add(keyOf(candidate));
      }
      return [...keys];
    }),
  ],
  reconcile: reconcile(flavour),
});

/** Keeps `spec.replicas` pods of each ReplicaSet (pkg/controller/replicaset/replica_set.go, release 1.36). */
export const replicaSetController: Controller = makeController(replicaSets);

/** The same for ReplicationControllers (pkg/controller/replication). */
export const replicationController: Controller = makeController(replicationControllers);
