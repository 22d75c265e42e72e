/** What a kubelet refuses of pods that came to its node past the scheduler (pkg/kubelet/lifecycle/predicate.go, 1.36). */

import { admitsNode } from '../controllers/common/node-affinity.ts';
import { findToleration, taintsOf } from '../controllers/common/taints.ts';
import type { Node, Pod } from '../kinds/generated/types.ts';
import { sumPodRequests } from '../machinery/pod-resources.ts';
import {
  addQuantity,
  compareQuantity,
  type Quantity,
  quantityMilli,
  quantityOf,
  quantityValue,
  wholeQuantity,
} from '../machinery/quantity.ts';

export interface Refusal {
  readonly reason: string;
  readonly message: string;
}

/** Whether the pod's place was chosen by the scheduler: then its node was found fit. */
const wasScheduled = (pod: Pod): boolean =>
  pod.status?.conditions?.some(({ type, status }) => type === 'PodScheduled' && status === 'True') === true;

const isOver = (pod: Pod): boolean => pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';

const NONE = wholeQuantity(0);

const amount = (name: string, quantity: Quantity): number =>
  name === 'cpu' ? quantityMilli(quantity) : quantityValue(quantity);

const insufficient = (
  name: string,
  requested: Quantity,
  used: Quantity,
  capacity: Quantity,
): Refusal | undefined => {
  if (compareQuantity(addQuantity(used, requested), capacity) <= 0) return undefined;
  const [asked, taken, all] = [requested, used, capacity].map((quantity) => amount(name, quantity));
  return {
    reason: `OutOf${name}`,
    message: `Node didn't have enough resource: ${name}, requested: ${asked}, used: ${taken}, capacity: ${all}`,
  };
};

const resourceRefusal = (pod: Pod, node: Node, others: readonly Pod[]): Refusal | undefined => {
  const allocatable = node.status?.allocatable ?? {};
  const capacity = (name: string): Quantity => quantityOf(allocatable[name] ?? '0');
  const pods = insufficient('pods', wholeQuantity(1), wholeQuantity(others.length), capacity('pods'));
  if (pods !== undefined) return pods;
  const used = new Map<string, Quantity>();
  for (const other of others) {
    if (other.spec === undefined) continue;
    for (const [name, quantity] of sumPodRequests(other.spec)) {
      used.set(name, addQuantity(used.get(name) ?? NONE, quantity));
    }
  }
  for (const [name, quantity] of pod.spec === undefined ? [] : sumPodRequests(pod.spec)) {
    // Resources the node knows nothing of are not looked at by kubelets.
    if (quantity.nano === 0n || (allocatable[name] === undefined && name !== 'cpu' && name !== 'memory'))
      continue;
    const refusal = insufficient(name, quantity, used.get(name) ?? NONE, capacity(name));
    if (refusal !== undefined) return refusal;
  }
  return undefined;
};

const predicate = (name: string, text: string): Refusal => ({
  reason: name,
  message: `Predicate ${name} failed: ${text}`,
});

/** Why the node's kubelet does not take the pod; `undefined` when it does. `others` are the pods of the node. */
export const refuse = (pod: Pod, node: Node, others: () => readonly Pod[]): Refusal | undefined => {
  if (wasScheduled(pod)) return undefined;
  const active = others().filter((other) => other.metadata.uid !== pod.metadata.uid && !isOver(other));
  const resources = resourceRefusal(pod, node, active);
  if (resources !== undefined) return resources;
  if (!admitsNode(pod, node)) {
    return predicate('NodeAffinity', "node(s) didn't match Pod's node affinity/selector");
  }
  const untolerated = taintsOf(node, 'NoExecute').some(
    (taint) => findToleration(pod.spec?.tolerations, taint) === undefined,
  );
  if (untolerated) return predicate('TaintToleration', "node(s) had taints that the pod didn't tolerate");
  return undefined;
};
