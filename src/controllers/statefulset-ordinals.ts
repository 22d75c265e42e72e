import type { Pod, StatefulSet } from '../kinds/generated/types.ts';

/** The ordinal in a pod's name; -1 when the name is not of the set. */
export const ordinalOf = (set: StatefulSet, pod: Pod): number => {
  const match = /^(.*)-([0-9]+)$/.exec(pod.metadata.name ?? '');
  return match !== null && match[1] === set.metadata.name ? Number(match[2]) : -1;
};

/** First and last ordinal the set should have; last is first - 1 when it should have none. */
export const ordinals = (set: StatefulSet): { readonly first: number; readonly last: number } => {
  const first = set.spec?.ordinals?.start ?? 0;
  return { first, last: first + (set.spec?.replicas ?? 1) - 1 };
};

/** Whether the pod's ordinal is one the set should have. */
export const isWanted = (set: StatefulSet, pod: Pod): boolean => {
  const { first, last } = ordinals(set);
  const ordinal = ordinalOf(set, pod);
  return ordinal >= first && ordinal <= last;
};
