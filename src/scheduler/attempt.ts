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
  | { readonly fits: false; readonly message: string; readonly refusals: ReadonlyMap<string, Refusal> };

/** `0/3 nodes are available: 1 x, 2 y.`: counted reasons sorted as text, counts included. */
export const summarize = (total: number, refusals: Iterable<Refusal>, suffix = ''): string => {
  const counts = new Map<string, number>();
  for (const refusal of refusals) {
    for (const reason of refusal.reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  }
  const texts = [...counts].map(([reason, count]) => `${count} ${reason}`).sort();
  const head = `0/${total} nodes are available`;
  return texts.length === 0 ? `${head}:${suffix}` : `${head}: ${texts.join(', ')}.${suffix}`;
};

/** Runs a pod through the profile: pre-filters, filters, scores. Pure over the cycle. */
export const attempt = (cycle: Cycle, profile: readonly ProfileEntry[]): Attempt => {
  const total = cycle.nodes.length;
  if (total === 0)
    return { fits: false, message: 'no nodes available to schedule pods', refusals: new Map() };
  const states = new Map<string, unknown>();
  let pinned: ReadonlySet<string> | undefined;
  const pinnedBy: string[] = [];
  for (const { plugin } of profile) {
    const result = plugin.preFilter?.(cycle);
    if (result?.refusal !== undefined) {
      const { reasons } = result.refusal;
      const message = `0/${total} nodes are available: ${reasons.join(', ')}. not found`;
      return { fits: false, message, refusals: new Map() };
    }
    if (result?.state !== undefined) states.set(plugin.name, result.state);
    if (result?.nodeNames !== undefined) {
      const narrowed = result.nodeNames;
      pinned = pinned === undefined ? narrowed : new Set([...pinned].filter((name) => narrowed.has(name)));
      pinnedBy.push(plugin.name);
    }
  }

  const refusals = new Map<string, Refusal>();
  const feasible: NodeState[] = [];
  for (const node of cycle.nodes) {
    const refusal =
      pinned !== undefined && !pinned.has(node.name)
        ? { reasons: [`node(s) didn't satisfy plugin(s) [${pinnedBy.join(' ')}]`], resolvable: false }
        : firstRefusal(cycle, node, profile, states);
    if (refusal === undefined) feasible.push(node);
    else refusals.set(node.name, refusal);
  }
  if (feasible.length === 0) {
    return { fits: false, message: summarize(total, refusals.values()), refusals };
  }
  return { fits: true, candidates: rank(cycle, feasible, profile) };
};

/** The first plugin that refuses a node decides its reasons, as upstream stops there. */
export const firstRefusal = (
  cycle: Cycle,
  node: NodeState,
  profile: readonly ProfileEntry[],
  states: ReadonlyMap<string, unknown>,
): Refusal | undefined => {
  for (const { plugin } of profile) {
    const refusal = plugin.filter?.(cycle, node, states.get(plugin.name));
    if (refusal !== undefined) return refusal;
  }
  return undefined;
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
