/** Lists of status conditions, as every workload kind carries them. */

/** The fields all condition types share. */
export interface ConditionLike {
  readonly type?: string;
  readonly status?: string;
  readonly reason?: string;
  readonly message?: string;
  readonly lastTransitionTime?: string;
}

/** The condition of this type, if any. */
export const findCondition = <C extends ConditionLike>(
  conditions: readonly C[] | undefined,
  type: string,
): C | undefined => conditions?.find((condition) => condition.type === type);

/** True when the condition exists with status True. */
export const hasCondition = (conditions: readonly ConditionLike[] | undefined, type: string): boolean =>
  findCondition(conditions, type)?.status === 'True';

/** The list without the type. */
export const withoutCondition = <C extends ConditionLike>(
  conditions: readonly C[] | undefined,
  type: string,
): readonly C[] => (conditions ?? []).filter((condition) => condition.type !== type);

/**
 * Adds or replaces a condition the way upstream's SetCondition helpers of ReplicaSets and Deployments do: one
 * with the same status and reason stays untouched, the same status keeps its transition time when
 * `keepTransition` says so, and a replaced condition moves to the end.
 */
export const setCondition = <C extends ConditionLike>(
  conditions: readonly C[] | undefined,
  condition: C,
  keepTransition = true,
): readonly C[] => {
  const current = findCondition(conditions, condition.type ?? '');
  if (current?.status === condition.status && current?.reason === condition.reason) return conditions ?? [];
  const stamped =
    keepTransition && current !== undefined && current.status === condition.status
      ? { ...condition, lastTransitionTime: current.lastTransitionTime }
      : condition;
  return [...withoutCondition(conditions, condition.type ?? ''), stamped];
};
