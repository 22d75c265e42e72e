import type { Node, Pod } from '../../kinds/generated/types.ts';
import { type Cycle, MAX_NODE_SCORE, type Plugin } from '../contract.ts';
import { allocatableOf, podRequests, podRequestsForScore } from '../resources.ts';
import type { NodeState } from '../snapshot.ts';

/** Resources that spread load: one point for each, weighted equally. */
const SCORED = ['cpu', 'memory'] as const;

const amount = (amounts: ReadonlyMap<string, number>, name: string): number => amounts.get(name) ?? 0;

/** What does not fit, as upstream names it. */
const shortages = (
  pod: Pod,
  node: NodeState,
): readonly { readonly text: string; readonly resolvable: boolean }[] => {
  const short: { text: string; resolvable: boolean }[] = [];
  const maxPods = amount(node.allocatable, 'pods');
  if (node.pods.size + 1 > maxPods) short.push({ text: 'Too many pods', resolvable: true });
  for (const [name, needed] of podRequests(pod)) {
    if (needed === 0) continue;
    const available = amount(node.allocatable, name);
    if (needed > available - amount(node.requested, name)) {
      short.push({ text: `Insufficient ${name}`, resolvable: needed <= available });
    }
  }
  return short;
};

/** Enough cpu, memory, ephemeral storage, pods and extended resources; scores the least allocated node best. */
export const nodeResourcesFit: Plugin = {
  name: 'NodeResourcesFit',
  filter: ({ pod }, node) => {
    const short = shortages(pod, node);
    if (short.length === 0) return undefined;
    return {
      reasons: short.map(({ text }) => text),
      // Preemption cannot help where the node is too small even when empty.
      resolvable: short.every(({ resolvable }) => resolvable),
    };
  },
  preScore: () => true,
  score: ({ pod }, node) => {
    const wanted = podRequestsForScore(pod);
    let sum = 0;
    let weights = 0;
    for (const name of SCORED) {
      const capacity = amount(node.allocatable, name);
      if (capacity === 0) continue;
      const requested = amount(node.requestedForScore, name) + amount(wanted, name);
      sum += requested > capacity ? 0 : Math.floor(((capacity - requested) * MAX_NODE_SCORE) / capacity);
      weights += 1;
    }
    return weights === 0 ? 0 : Math.floor(sum / weights);
  },
  wakesOn: [
    {
      resource: 'pods',
      matters: ({ op, object, previous }) =>
        op === 'delete' || (previous !== undefined && needsLess(object as Pod, previous as Pod)),
    },
    {
      resource: 'nodes',
      matters: ({ op, object, previous }) =>
        op === 'create' || (previous !== undefined && offersMore(object as Node, previous as Node)),
      concerns: ({ object, previous }, pod) =>
        fitsEmpty(object as Node, pod) &&
        (previous === undefined || offersMore(object as Node, previous as Node, pod)),
    },
  ],
  refused: (message) => message.includes('Insufficient ') || message.includes('Too many pods'),
};

const needsLess = (pod: Pod, before: Pod): boolean => {
  // Requests stand in the spec, and most updates are of the status.
  if (pod.metadata.generation === before.metadata.generation) return false;
  const now = podRequests(pod);
  return [...podRequests(before)].some(([name, value]) => amount(now, name) < value);
};

/** Whether the node has more than before of anything, or of what the pod needs. */
const offersMore = (node: Node, before: Node, pod?: Pod): boolean => {
  if (node.status?.allocatable === before.status?.allocatable) return false;
  const was = allocatableOf(before);
  const needs = pod === undefined ? undefined : podRequests(pod);
  const matters = (name: string): boolean =>
    needs === undefined || name === 'pods' || amount(needs, name) > 0;
  return [...allocatableOf(node)].some(([name, value]) => matters(name) && value > amount(was, name));
};

/** Whether the pod would fit the node with nothing else on it. */
const fitsEmpty = (node: Node, pod: Pod): boolean => {
  const allocatable = allocatableOf(node);
  return (
    amount(allocatable, 'pods') >= 1 &&
    [...podRequests(pod)].every(([name, needed]) => needed <= amount(allocatable, name))
  );
};

/** How even cpu and memory use would be: 100 minus the standard deviation of their fractions. */
const balanceOf = (node: NodeState, more: ReadonlyMap<string, number> | undefined): number => {
  const fractions: number[] = [];
  for (const name of SCORED) {
    const capacity = amount(node.allocatable, name);
    if (capacity === 0) continue;
    const used = amount(node.requested, name) + (more === undefined ? 0 : amount(more, name));
    fractions.push(Math.min(1, used / capacity));
  }
  const [first = 0, second = first] = fractions;
  return 1 - Math.abs(first - second) / 2;
};

const isBestEffort = ({ pod }: Cycle): boolean =>
  SCORED.every((name) => amount(podRequests(pod), name) === 0);

/** Favours nodes that the pod would leave more balanced than they are (upstream 1.34 and later compare with before). */
export const nodeResourcesBalancedAllocation: Plugin = {
  name: 'NodeResourcesBalancedAllocation',
  preScore: (cycle) => (isBestEffort(cycle) ? undefined : true),
  score: ({ pod }, node) => {
    const after = balanceOf(node, podRequests(pod));
    const before = balanceOf(node, undefined);
    return Math.floor((0.5 + (after - before) / 2) * MAX_NODE_SCORE);
  },
  wakesOn: [],
  refused: () => false,
};
