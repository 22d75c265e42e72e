/** Scaling ReplicaSets for a Deployment: rollouts step by step, and in proportion when the size changes. */

import type { ReplicaSet } from '../kinds/generated/types.ts';
import {
  activeSets,
  byCreation,
  isRolling,
  maxSurge,
  maxUnavailable,
  statusTotal,
  wanted,
  wantedTotal,
} from './common/rollout.ts';
import {
  desiredReplicasOf,
  maxReplicasOf,
  newSetSize,
  type Revisions,
  revisionOf,
  sizeAnnotations,
} from './deployment-revisions.ts';
import type { DeploymentRun } from './deployment-run.ts';

/** Sets the size (and the size annotations) of a ReplicaSet, with its Event; returns the set as it is then. */
export const scaleSet = (run: DeploymentRun, set: ReplicaSet, size: number): ReplicaSet => {
  const { deployment, context } = run;
  const annotations = sizeAnnotations(deployment);
  const before = wanted(set);
  const same = Object.entries(annotations).every(([key, value]) => set.metadata.annotations?.[key] === value);
  if (before === size && same) return set;
  const { namespace = '', name = '' } = set.metadata;
  const updated = context.client.update('replicasets.apps', namespace, name, (current) => ({
    ...current,
    metadata: { ...current.metadata, annotations: { ...current.metadata.annotations, ...annotations } },
    spec: { ...current.spec, replicas: size } as typeof current.spec,
  }));
  if (before !== size) {
    context.client.event(deployment, {
      type: 'Normal',
      reason: 'ScalingReplicaSet',
      message: `Scaled ${before < size ? 'up' : 'down'} replica set ${name} from ${before} to ${size}`,
    });
  }
  return updated ?? set;
};

const scaleIfNeeded = (run: DeploymentRun, set: ReplicaSet, size: number): boolean => {
  if (wanted(set) === size) return false;
  scaleSet(run, set, size);
  return true;
};

/** Grows (or, above the goal, shrinks) the new ReplicaSet as far as surge allows; true when it scaled. */
export const growNew = (run: DeploymentRun, { newSet, all }: Revisions): boolean => {
  const goal = wanted(run.deployment);
  if (newSet === undefined || wanted(newSet) === goal) return false;
  if (wanted(newSet) > goal) return scaleIfNeeded(run, newSet, goal);
  return scaleIfNeeded(run, newSet, newSetSize(run.deployment, all, wanted(newSet)));
};

/**
 * Takes pods that are not available from old sets first: they cost nothing. `undefined` when a set still counts more
 * available pods than it should have: nothing more is to be done before its count is true again.
 */
const dropUnhealthy = (run: DeploymentRun, sets: readonly ReplicaSet[], limit: number) => {
  let dropped = 0;
  const result: ReplicaSet[] = [];
  for (const set of [...sets].sort(byCreation)) {
    const size = wanted(set);
    const unhealthy = size - (set.status?.availableReplicas ?? 0);
    const share = dropped >= limit || size === 0 ? 0 : Math.min(limit - dropped, unhealthy);
    if (share < 0) return undefined;
    dropped += share;
    result.push(share === 0 ? set : scaleSet(run, set, size - share));
  }
  return { sets: result, dropped };
};

const dropAvailable = (
  run: DeploymentRun,
  oldSets: readonly ReplicaSet[],
  newSet: ReplicaSet | undefined,
): number => {
  const { deployment } = run;
  const all = newSet === undefined ? oldSets : [...oldSets, newSet];
  const budget = statusTotal(all, 'availableReplicas') - (wanted(deployment) - maxUnavailable(deployment));
  let dropped = 0;
  for (const set of [...oldSets].sort(byCreation)) {
    if (dropped >= budget) break;
    const size = wanted(set);
    if (size === 0) continue;
    const share = Math.min(size, budget - dropped);
    scaleSet(run, set, size - share);
    dropped += share;
  }
  return dropped;
};

/** Shrinks old ReplicaSets as far as availability allows; true when it scaled. */
export const shrinkOld = (run: DeploymentRun, { newSet, oldSets, all }: Revisions): boolean => {
  const { deployment } = run;
  const old = activeSets(oldSets);
  if (wantedTotal(old) === 0) return false;
  const newUnavailable = newSet === undefined ? 0 : wanted(newSet) - (newSet.status?.availableReplicas ?? 0);
  const limit = wantedTotal(all) - (wanted(deployment) - maxUnavailable(deployment)) - newUnavailable;
  if (limit <= 0) return false;
  const unhealthy = dropUnhealthy(run, old, limit);
  if (unhealthy === undefined) return false;
  return unhealthy.dropped + dropAvailable(run, unhealthy.sets, newSet) > 0;
};

/** Shrinks every old ReplicaSet to nothing; true when it scaled. */
export const emptyOld = (run: DeploymentRun, oldSets: readonly ReplicaSet[]): boolean => {
  let scaled = false;
  for (const set of activeSets(oldSets)) scaled = scaleIfNeeded(run, set, 0) || scaled;
  return scaled;
};

const roundHalfAway = (value: number): number =>
  value < 0 ? Math.ceil(value - 0.5) : Math.floor(value + 0.5);

const fractionOf = (run: DeploymentRun, set: ReplicaSet): number => {
  const { deployment } = run;
  const size = wanted(set);
  if (wanted(deployment) === 0) return -size;
  let before = maxReplicasOf(set) ?? 0;
  if (before === 0) before = deployment.status?.replicas ?? 0;
  if (before === 0) return 0;
  return roundHalfAway((size * (wanted(deployment) + maxSurge(deployment))) / before) - size;
};

const proportion = (run: DeploymentRun, set: ReplicaSet, toAdd: number, added: number): number => {
  if (wanted(set) === 0 || toAdd === 0 || toAdd === added) return 0;
  const fraction = fractionOf(run, set);
  return toAdd > 0 ? Math.min(fraction, toAdd - added) : Math.max(fraction, toAdd - added);
};

const scaleProportionally = (run: DeploymentRun, all: readonly ReplicaSet[]): void => {
  const { deployment } = run;
  const allowed = wanted(deployment) > 0 ? wanted(deployment) + maxSurge(deployment) : 0;
  const toAdd = allowed - wantedTotal(all);
  const sets = [...activeSets(all)];
  const age = (a: ReplicaSet, b: ReplicaSet): number => (toAdd > 0 ? byCreation(b, a) : byCreation(a, b));
  if (toAdd !== 0) sets.sort((a, b) => wanted(b) - wanted(a) || age(a, b));
  let added = 0;
  const sizes = sets.map((set) => {
    const share = toAdd === 0 ? 0 : proportion(run, set, toAdd, added);
    added += share;
    return wanted(set) + share;
  });
  for (const [index, set] of sets.entries()) {
    const leftover = index === 0 && toAdd !== 0 ? toAdd - added : 0;
    scaleSet(run, set, Math.max(0, (sizes[index] ?? 0) + leftover));
  }
};

const isSaturated = (run: DeploymentRun, set: ReplicaSet | undefined): boolean => {
  if (set === undefined) return false;
  const goal = wanted(run.deployment);
  return (
    desiredReplicasOf(set) === goal && wanted(set) === goal && (set.status?.availableReplicas ?? 0) === goal
  );
};

const activeOrLatest = ({ newSet, oldSets, all }: Revisions): ReplicaSet | undefined => {
  const active = activeSets(all);
  if (active.length === 1) return active[0];
  if (active.length > 1) return undefined;
  return newSet ?? [...oldSets].sort(byCreation).at(-1);
};

/** Reacts to a change of `spec.replicas`, or scales a paused Deployment (upstream's scale). */
export const scaleDeployment = (run: DeploymentRun, revisions: Revisions): void => {
  const only = activeOrLatest(revisions);
  if (only !== undefined) {
    if (wanted(only) !== wanted(run.deployment)) scaleSet(run, only, wanted(run.deployment));
    return;
  }
  if (isSaturated(run, revisions.newSet)) {
    for (const set of activeSets(revisions.oldSets)) scaleSet(run, set, 0);
    return;
  }
  if (isRolling(run.deployment)) scaleProportionally(run, activeSets(revisions.all));
};

/** True when an active ReplicaSet was last scaled for another size of the Deployment. */
export const isScalingEvent = (run: DeploymentRun, { all }: Revisions): boolean =>
  activeSets(all).some((set) => {
    const desired = desiredReplicasOf(set);
    return desired !== undefined && desired !== wanted(run.deployment);
  });

const isEmpty = ({ metadata, spec, status }: ReplicaSet): boolean =>
  (status?.replicas ?? 0) === 0 &&
  (spec?.replicas ?? 1) === 0 &&
  (metadata.generation ?? 0) <= (status?.observedGeneration ?? 0);

/** The empty ones among the oldest ReplicaSets beyond `revisionHistoryLimit`. */
export const outdated = (run: DeploymentRun, oldSets: readonly ReplicaSet[]): readonly ReplicaSet[] => {
  const limit = run.deployment.spec?.revisionHistoryLimit;
  if (limit === undefined || limit === 2147483647) return [];
  const alive = oldSets.filter((set) => set.metadata.deletionTimestamp === undefined);
  const surplus = alive.length - limit;
  if (surplus <= 0) return [];
  return [...alive]
    .sort((a, b) => revisionOf(a) - revisionOf(b) || byCreation(a, b))
    .slice(0, surplus)
    .filter(isEmpty);
};

/** Deletes what is outdated. */
export const cleanUp = (run: DeploymentRun, oldSets: readonly ReplicaSet[]): void => {
  for (const { metadata } of outdated(run, oldSets)) {
    run.context.client.delete('replicasets.apps', metadata.namespace ?? '', metadata.name ?? '');
  }
};
