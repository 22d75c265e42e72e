import { type Plugin, refuseForGood } from '../contract.ts';

const REASON = "node(s) didn't match the requested node name";

/** Only the node a pod names. */
export const nodeName: Plugin = {
  name: 'NodeName',
  filter: ({ pod }, node) =>
    !pod.spec?.nodeName || pod.spec.nodeName === node.name ? undefined : refuseForGood(REASON),
  wakesOn: [{ resource: 'nodes', matters: (change) => change.op === 'create' }],
  refused: (message) => message.includes(REASON),
};
