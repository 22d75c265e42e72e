import type { Node } from '../../kinds/generated/types.ts';
import { type AdmissionPlugin, readDraft } from '../chain.ts';

const TAINT = { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' };

/** A new node takes no pods until it reports ready (plugin/pkg/admission/nodetaint). */
export const taintNodesByCondition: AdmissionPlugin = {
  name: 'TaintNodesByCondition',
  operations: ['CREATE'],
  resources: ['nodes'],
  mutate: ({ object }) => {
    if (object === undefined) return;
    const spec = readDraft<Node>(object).spec;
    const taints = spec?.taints ?? [];
    if (taints.some((taint) => taint.key === TAINT.key && taint.effect === TAINT.effect)) return;
    object['spec'] = { ...spec, taints: [...taints, TAINT] };
  },
};
