import type { Cycle, Refusal } from './contract.ts';
import type { ProfileEntry } from './profile.ts';
import type { NodeState } from './snapshot.ts';

/** A node the pod may run on, with its weighted total score. */
export interface Candidate {
  readonly node: NodeState;
  readonly score: number;
}

/** Outcome of one attempt: nodes in order of preference, or why there are none. */
export type Attempt =
  | { readonly fits: true; readonly candidates: readonly Candidate[] }
  | {
      readonly fits: false;
      readonly message: string;
      /** By node; `undefined` when a pre-filter refused all nodes at once, so that nothing could help. */
      readonly refusals: ReadonlyMap<string, Refusal> | undefined;
      /** Device claims of the pod were looked at. */
      readonly hasClaims?: boolean;
    };

/** What the pre-filters say. */
interface Prepared {
  readonly refusal: Refusal | undefined;
  readonly isExplained?: boolean;
  readonly states: ReadonlyMap<string, unknown>;
  /** Nodes left by plugins that narrow them, with those plugins' names. */
  readonly pinned: ReadonlySet<string> | undefined;
  readonly pinnedBy: readonly string[];
}

/** `0/3 nodes are available: 1 x, 2 y.`: counted reasons sorted as text, counts included. */
export const summarize = (total: number, refusals: Iterable<Refusal>): string => {
  const counts = new Map<string, number>();
  for (const refusal of refusals) {
    for (const reason of refusal.reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  }
  const texts = [...counts].map(([reason, count]) => `${count} ${reason}`).sort();
  const head = `0/${total} nodes are available`;
  return texts.length === 0 ? `${head}:` : `${head}: ${texts.join(', ')}.`;
};

const prepare = (cycle: Cycle, profile: readonly ProfileEntry[]): Prepared => {
  const states = new Map<string, unknown>();
  const pinnedBy: string[] = [];
  let pinned: ReadonlySet<string> | undefined;
  for (const { plugin } of profile) {
    const result = plugin.preFilter?.(cycle);
    if (result === undefined) continue;
    const { refusal, isExplained = false } = result;
    if (refusal !== undefined) return { refusal, isExplained, states, pinned, pinnedBy };
    if (result.state !== undefined) states.set(plugin.name, result.state);
    const { nodeNames } = result;
    if (nodeNames === undefined) continue;
    pinned = pinned === undefined ? nodeNames : new Set([...pinned].filter((name) => nodeNames.has(name)));
    pinnedBy.push(plugin.name);
  }
  return { refusal: undefined, states, pinned, pinnedBy };
};

/** The first plugin that refuses a node decides its reasons, as upstream stops there. */
const refusalOf = (
  cycle: Cycle,
  node: NodeState,
  profile: readonly ProfileEntry[],
  { states, pinned, pinnedBy }: Prepared,
): Refusal | undefined => {
  if (pinned !== undefined && !pinned.has(node.name)) {
    return { reasons: [`node(s) didn't satisfy plugin(s) [${pinnedBy.join(' ')}]`], resolvable: false };
  }
  for (const { plugin } of profile) {
    const refusal = plugin.filter?.(cycle, node, states.get(plugin.name));
    if (refusal !== undefined) return refusal;
  }
  return undefined;
};

/**
 * Why one node refuses the pod, or `undefined` when it fits. `node` stands for the node of its name in the cycle, so
 * that preemption can ask about a node with some of its pods gone.
 */
export const tryNode = (
  cycle: Cycle,
  node: NodeState,
  profile: readonly ProfileEntry[],
): Refusal | undefined => {
  const nodes = cycle.nodes.map((other) => (other.name === node.name ? node : other));
  const changed = { ...cycle, nodes };
  const prepared = prepare(changed, profile);
  return prepared.refusal ?? refusalOf(changed, node, profile, prepared);
};

/** Runs a pod through the profile: pre-filters, filters, scores. Pure over the cycle. */
export const attempt = (cycle: Cycle, profile: readonly ProfileEntry[]): Attempt => {
  const total = cycle.nodes.length;
  if (total === 0) {
    return { fits: false, message: 'no nodes available to schedule pods', refusals: undefined };
  }
  const prepared = prepare(cycle, profile);
  if (prepared.refusal !== undefined) {
    const { refusal } = prepared;
    const text = `0/${total} nodes are available: ${refusal.reasons.join(', ')}.`;
    if (prepared.isExplained !== true)
      return { fits: false, message: `${text} not found`, refusals: undefined };
    const refusals = new Map(cycle.nodes.map(({ name }) => [name, refusal]));
    return { fits: false, message: text, refusals, hasClaims: false };
  }
  const refusals = new Map<string, Refusal>();
  const feasible: NodeState[] = [];
  for (const node of cycle.nodes) {
    const refusal = refusalOf(cycle, node, profile, prepared);
    if (refusal === undefined) feasible.push(node);
    else refusals.set(node.name, refusal);
  }
  if (feasible.length > 0) return { fits: true, candidates: rank(cycle, feasible, profile) };
  const hasClaims = prepared.states.has('DynamicResources');
  return { fits: false, message: summarize(total, refusals.values()), refusals, hasClaims };
};

const rank = (
  cycle: Cycle,
  feasible: readonly NodeState[],
  profile: readonly ProfileEntry[],
): readonly Candidate[] => {
  const totals = feasible.map(() => 0);
  if (feasible.length > 1) {
    for (const { plugin, weight } of profile) {
      if (plugin.score === undefined || weight === 0) continue;
      const state = plugin.preScore?.(cycle, feasible);
      if (plugin.preScore !== undefined && state === undefined) continue;
      const scores = feasible.map((node) => plugin.score?.(cycle, node, state) ?? 0);
      plugin.normalize?.(scores, cycle, feasible, state);
      for (const [index, score] of scores.entries()) totals[index] = (totals[index] ?? 0) + score * weight;
    }
  }
  return feasible
    .map((node, index) => ({ node, score: totals[index] ?? 0 }))
    .sort((a, b) => b.score - a.score || (a.node.name < b.node.name ? -1 : 1));
};
