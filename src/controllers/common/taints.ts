/** Taints and tolerations as the node controllers read them. */

import type { Node, Pod, Taint, Toleration } from '../../kinds/generated/types.ts';

/** The same key and effect: what makes two taints the same one. */
export const sameTaint = (a: Taint, b: Taint): boolean => a.key === b.key && a.effect === b.effect;

/** Whether the toleration covers the taint (core/v1 Toleration.ToleratesTaint). */
export const tolerates = (toleration: Toleration, taint: Taint): boolean => {
  if ((toleration.effect ?? '') !== '' && toleration.effect !== taint.effect) return false;
  if ((toleration.key ?? '') !== '' && toleration.key !== taint.key) return false;
  switch (toleration.operator ?? 'Equal') {
    case 'Exists':
      return true;
    case 'Gt':
      return Number(taint.value) > Number(toleration.value);
    case 'Lt':
      return Number(taint.value) < Number(toleration.value);
    default:
      return (toleration.key ?? '') !== '' && (toleration.value ?? '') === (taint.value ?? '');
  }
};

/** The first toleration of the list that covers the taint. */
export const findToleration = (
  tolerations: readonly Toleration[] | undefined,
  taint: Taint,
): Toleration | undefined => tolerations?.find((toleration) => tolerates(toleration, taint));

/** The node's taints with one effect. */
export const taintsOf = (node: Node | undefined, effect: string): readonly Taint[] =>
  (node?.spec?.taints ?? []).filter((taint) => taint.effect === effect);

/** True when every NoExecute taint is tolerated without a limit of time. */
export const staysForever = (pod: Pod, taints: readonly Taint[]): boolean =>
  taints.every((taint) => {
    const toleration = findToleration(pod.spec?.tolerations, taint);
    return toleration !== undefined && toleration.tolerationSeconds === undefined;
  });
