import { tolerates } from '../../controllers/common/taints.ts';
import type { Node, Pod, Taint } from '../../kinds/generated/types.ts';
import { deepEqual } from '../../machinery/deep.ts';
import { MAX_NODE_SCORE, type Plugin, refuseForGood } from '../contract.ts';

const UNSCHEDULABLE = 'node(s) were unschedulable';
const UNTOLERATED = 'node(s) had untolerated taint(s)';
const UNSCHEDULABLE_TAINT: Taint = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' };

const isTolerated = (pod: Pod, taint: Taint): boolean =>
  (pod.spec?.tolerations ?? []).some((toleration) => tolerates(toleration, taint));

/** True when no NoSchedule or NoExecute taint of the node refuses the pod. */
export const toleratesNode = (pod: Pod, node: Node): boolean =>
  (node.spec?.taints ?? []).every((taint) => taint.effect === 'PreferNoSchedule' || isTolerated(pod, taint));

const nodeOf = (object: unknown): Node => object as Node;

/** Cordoned nodes, unless the pod tolerates the matching taint. */
export const nodeUnschedulable: Plugin = {
  name: 'NodeUnschedulable',
  filter: ({ pod }, { node }) =>
    node.spec?.unschedulable === true && !isTolerated(pod, UNSCHEDULABLE_TAINT)
      ? refuseForGood(UNSCHEDULABLE)
      : undefined,
  wakesOn: [
    {
      resource: 'nodes',
      matters: ({ object, previous }) =>
        nodeOf(object).spec?.unschedulable !== true &&
        (previous === undefined || nodeOf(previous).spec?.unschedulable === true),
    },
  ],
  refused: (message) => message.includes(UNSCHEDULABLE),
};

/** NoSchedule and NoExecute taints refuse; PreferNoSchedule taints cost score. */
export const taintToleration: Plugin = {
  name: 'TaintToleration',
  filter: ({ pod }, { node }) => (toleratesNode(pod, node) ? undefined : refuseForGood(UNTOLERATED)),
  preScore: () => true,
  score: ({ pod }, { node }) =>
    (node.spec?.taints ?? []).filter(
      (taint) => taint.effect === 'PreferNoSchedule' && !isTolerated(pod, taint),
    ).length,
  normalize: (scores) => reverseToMax(scores),
  wakesOn: [
    {
      resource: 'nodes',
      matters: ({ op, object, previous }) =>
        op === 'create' ||
        (previous !== undefined && !deepEqual(nodeOf(object).spec?.taints, nodeOf(previous).spec?.taints)),
      concerns: ({ object, previous }, pod) =>
        toleratesNode(pod, nodeOf(object)) &&
        (previous === undefined || !toleratesNode(pod, nodeOf(previous))),
    },
  ],
  refused: (message) => message.includes(UNTOLERATED),
};

/** Scales so that the largest raw score becomes 0 and zero becomes the maximum. */
const reverseToMax = (scores: number[]): void => {
  const largest = Math.max(0, ...scores);
  for (const [index, score] of scores.entries()) {
    scores[index] =
      largest === 0 ? MAX_NODE_SCORE : MAX_NODE_SCORE - Math.floor((MAX_NODE_SCORE * score) / largest);
  }
};
