/** Arithmetic of rollouts: int-or-percent, surge and unavailability, sums over ReplicaSets. */

import type { Deployment, ReplicaSet } from '../../kinds/generated/types.ts';
import { scaledOr } from '../../machinery/int-or-percent.ts';
import type { KubeObject } from '../../machinery/object.ts';

/** Whether the strategy is RollingUpdate. */
export const isRolling = (deployment: Deployment): boolean =>
  (deployment.spec?.strategy?.type ?? 'RollingUpdate') === 'RollingUpdate';

/** `spec.replicas` with its default. */
export const wanted = (object: Deployment | ReplicaSet): number => object.spec?.replicas ?? 1;

/** Surge rounded up and unavailability rounded down; when both are 0, one pod may be unavailable. */
export const fenceposts = (
  deployment: Deployment,
): { readonly surge: number; readonly unavailable: number } => {
  const rolling = deployment.spec?.strategy?.rollingUpdate;
  const replicas = wanted(deployment);
  const surge = scaledOr(rolling?.maxSurge, 0, replicas, 'up');
  const unavailable = scaledOr(rolling?.maxUnavailable, 0, replicas, 'down');
  return surge === 0 && unavailable === 0 ? { surge, unavailable: 1 } : { surge, unavailable };
};

/** How many pods a rolling Deployment may miss; 0 for Recreate or no replicas, never above the replicas. */
export const maxUnavailable = (deployment: Deployment): number =>
  isRolling(deployment) && wanted(deployment) > 0
    ? Math.min(fenceposts(deployment).unavailable, wanted(deployment))
    : 0;

/** How many pods a rolling Deployment may have too many. */
export const maxSurge = (deployment: Deployment): number =>
  isRolling(deployment) ? fenceposts(deployment).surge : 0;

/** Sum of `spec.replicas`. */
export const wantedTotal = (sets: readonly ReplicaSet[]): number =>
  sets.reduce((sum, set) => sum + wanted(set), 0);

/** Sum of one status count. */
export const statusTotal = (
  sets: readonly ReplicaSet[],
  field: 'replicas' | 'readyReplicas' | 'availableReplicas',
): number => sets.reduce((sum, set) => sum + (set.status?.[field] ?? 0), 0);

/** Older first, then by name. */
export const byCreation = (a: KubeObject, b: KubeObject): number => {
  const timeA = a.metadata.creationTimestamp ?? '';
  const timeB = b.metadata.creationTimestamp ?? '';
  if (timeA !== timeB) return timeA < timeB ? -1 : 1;
  return (a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1;
};

/** Those with `spec.replicas` above 0. */
export const activeSets = (sets: readonly ReplicaSet[]): readonly ReplicaSet[] =>
  sets.filter((set) => wanted(set) > 0);
