import type { Pod } from '../kinds/generated/types.ts';
import { type Amounts, podRequests, podRequestsForScore } from './resources.ts';
import { isAttached, type NodeState } from './snapshot.ts';

const podKey = (pod: Pod): string => `${pod.metadata.namespace}/${pod.metadata.name}`;

const shifted = (
  total: Amounts,
  pods: readonly Pod[],
  requests: (pod: Pod) => Amounts,
  sign: 1 | -1,
): Amounts => {
  const next = new Map(total);
  for (const pod of pods) {
    for (const [name, amount] of requests(pod)) next.set(name, (next.get(name) ?? 0) + sign * amount);
  }
  return next;
};

const change = (
  node: NodeState,
  pods: ReadonlyMap<string, Pod>,
  moved: readonly Pod[],
  sign: 1 | -1,
): NodeState => ({
  ...node,
  pods,
  attached: new Map([...pods].filter(([, pod]) => isAttached(pod))),
  requested: shifted(node.requested, moved, podRequests, sign),
  requestedForScore: shifted(node.requestedForScore, moved, podRequestsForScore, sign),
  answers: new Map(),
});

/** The node as it would be with these pods gone. */
export const withoutPods = (node: NodeState, gone: readonly Pod[]): NodeState => {
  const pods = new Map(node.pods);
  for (const pod of gone) pods.delete(podKey(pod));
  return change(node, pods, gone, -1);
};

/** The node as it would be with these pods on it. */
export const withPods = (node: NodeState, more: readonly Pod[]): NodeState => {
  const pods = new Map(node.pods);
  for (const pod of more) pods.set(podKey(pod), pod);
  return change(node, pods, more, 1);
};
