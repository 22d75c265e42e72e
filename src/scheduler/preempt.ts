import type { Pod, PodDisruptionBudget } from '../kinds/generated/types.ts';
import { matchesSelector } from '../machinery/selector.ts';
import { parseTime } from '../machinery/time.ts';
import { summarize, tryNode } from './attempt.ts';
import type { Cycle, Refusal } from './contract.ts';
import { withoutPods, withPods } from './node-variants.ts';
import type { ProfileEntry } from './profile.ts';
import type { NodeState } from './snapshot.ts';

/** Pods to remove from a node so that another fits. */
export interface Victims {
  readonly node: string;
  /** Most important first. */
  readonly pods: readonly Pod[];
  readonly budgetViolations: number;
}

/** What preemption can do: a choice, or the text that explains why nothing helps. */
export type Preemption =
  | { readonly victims: Victims }
  /** `isHopeless`: nothing could be preempted, so that no earlier promise holds. */
  | { readonly message: string; readonly isHopeless: boolean };

const NO_VICTIMS: Refusal = { reasons: ['No preemption victims found for incoming pod'], resolvable: false };
const NOT_HELPFUL: Refusal = { reasons: ['Preemption is not helpful for scheduling'], resolvable: false };

const priorityOf = (pod: Pod): number => pod.spec?.priority ?? 0;
const startOf = (pod: Pod): number => parseTime(pod.status?.startTime ?? '') ?? Number.MAX_SAFE_INTEGER;

/** More important pods first: higher priority, then started earlier. */
const byImportance = (a: Pod, b: Pod): number => priorityOf(b) - priorityOf(a) || startOf(a) - startOf(b);

const revisionOf = (pod: Pod): number => Number(pod.metadata.resourceVersion ?? 0);

const byAge = (a: Pod, b: Pod): number => {
  const [left, right] = [a, b].map(({ metadata }) => `${metadata.creationTimestamp} ${metadata.name}`);
  return left === right ? 0 : (left ?? '') < (right ?? '') ? -1 : 1;
};

/**
 * Pods of a node in the order in which upstream's cache would hold them, which settles who goes among equals: an update
 * moves the last pod to the place of the updated one, and that one to the end.
 */
const cacheOrder = (pods: readonly Pod[]): readonly Pod[] => {
  const order = [...pods].sort(byAge);
  for (const pod of [...pods].sort((a, b) => revisionOf(a) - revisionOf(b))) {
    const last = order.pop();
    if (last === undefined) break;
    if (last !== pod) order[order.indexOf(pod)] = last;
    order.push(pod);
  }
  return order;
};

/** Whether removing each pod, in this order, would break a disruption budget. */
const splitByBudget = (
  pods: readonly Pod[],
  budgets: readonly PodDisruptionBudget[],
): { readonly violating: readonly Pod[]; readonly others: readonly Pod[] } => {
  const left = budgets.map((budget) => budget.status?.disruptionsAllowed ?? 0);
  const violating: Pod[] = [];
  const others: Pod[] = [];
  for (const pod of pods) {
    let isViolating = false;
    for (const [index, budget] of budgets.entries()) {
      if (budget.metadata.namespace !== pod.metadata.namespace || pod.metadata.labels === undefined) continue;
      if (!matchesSelector(budget.spec?.selector, pod.metadata.labels)) continue;
      if (budget.status?.disruptedPods?.[pod.metadata.name ?? ''] !== undefined) continue;
      left[index] = (left[index] ?? 0) - 1;
      if ((left[index] ?? 0) < 0) isViolating = true;
    }
    (isViolating ? violating : others).push(pod);
  }
  return { violating, others };
};

/**
 * The fewest, least important pods whose removal makes room: all lower pods are taken away, then given back one by
 * one while the pod still fits, those protected by budgets first.
 */
const selectVictims = (
  cycle: Cycle,
  node: NodeState,
  profile: readonly ProfileEntry[],
  budgets: readonly PodDisruptionBudget[],
): Victims | Refusal => {
  const lower = [...node.pods.values()].filter((pod) => priorityOf(pod) < priorityOf(cycle.pod));
  if (lower.length === 0) return NO_VICTIMS;
  let remaining = withoutPods(node, lower);
  const refusal = tryNode(cycle, remaining, profile);
  if (refusal !== undefined) return refusal;
  const { violating, others } = splitByBudget([...cacheOrder(lower)].sort(byImportance), budgets);
  const victims: Pod[] = [];
  let budgetViolations = 0;
  const reprieve = (pod: Pod): boolean => {
    const back = withPods(remaining, [pod]);
    if (tryNode(cycle, back, profile) !== undefined) {
      victims.push(pod);
      return false;
    }
    remaining = back;
    return true;
  };
  for (const pod of violating) if (!reprieve(pod)) budgetViolations += 1;
  for (const pod of others) reprieve(pod);
  return { node: node.name, pods: victims.sort(byImportance), budgetViolations };
};

/** Earliest start among the most important victims of a choice. */
const earliestStart = ({ pods }: Victims): number => {
  const top = Math.max(...pods.map(priorityOf));
  return Math.min(...pods.filter((pod) => priorityOf(pod) === top).map(startOf));
};

const OFFSET = 2_147_483_648;

/** Upstream's order of preference between choices; smaller is better at each step, the last step is the name. */
const preferences: readonly ((victims: Victims) => number)[] = [
  ({ budgetViolations }) => budgetViolations,
  ({ pods }) => Math.max(...pods.map(priorityOf)),
  ({ pods }) => pods.reduce((sum, pod) => sum + priorityOf(pod) + OFFSET, 0),
  ({ pods }) => pods.length,
  (victims) => -earliestStart(victims),
];

const better = (a: Victims, b: Victims): number => {
  for (const preference of preferences) {
    const difference = preference(a) - preference(b);
    if (difference !== 0) return difference;
  }
  return a.node < b.node ? -1 : 1;
};

/** On its way because of a preemption. */
const isBeingPreempted = ({ metadata, status }: Pod): boolean => {
  const target = status?.conditions?.find(({ type }) => type === 'DisruptionTarget');
  const isTarget = target?.status === 'True' && target.reason === 'PreemptionByScheduler';
  return metadata.deletionTimestamp !== undefined && isTarget;
};

/** Why the pod may not preempt at all, if so. */
const ineligibility = ({ pod, nodes }: Cycle, refusals: ReadonlyMap<string, Refusal>): string | undefined => {
  if (pod.spec?.preemptionPolicy === 'Never') return 'not eligible due to preemptionPolicy=Never.';
  const nominated = pod.status?.nominatedNodeName;
  if (!nominated || refusals.get(nominated)?.resolvable === false) return undefined;
  const node = nodes.find(({ name }) => name === nominated);
  const isWaiting = [...(node?.pods.values() ?? [])].some(
    (other) => isBeingPreempted(other) && priorityOf(other) < priorityOf(pod),
  );
  return isWaiting ? 'not eligible due to a terminating pod on the nominated node.' : undefined;
};

/** Finds whom to preempt for a pod that fits nowhere (plugin DefaultPreemption, 1.36). */
export const preempt = (
  cycle: Cycle,
  profile: readonly ProfileEntry[],
  refusals: ReadonlyMap<string, Refusal>,
): Preemption => {
  const reason = ineligibility(cycle, refusals);
  if (reason !== undefined) return { message: reason, isHopeless: false };
  const budgets = cycle.lookup.list('poddisruptionbudgets.policy');
  const choices: Victims[] = [];
  const verdicts: Refusal[] = [];
  for (const node of cycle.nodes) {
    if (refusals.get(node.name)?.resolvable !== true) {
      verdicts.push(NOT_HELPFUL);
      continue;
    }
    const found = selectVictims(cycle, node, profile, budgets);
    if ('pods' in found) choices.push(found);
    else verdicts.push(found);
  }
  const best = choices.sort(better)[0];
  return best === undefined
    ? { message: summarize(cycle.nodes.length, verdicts), isHopeless: true }
    : { victims: best };
};
