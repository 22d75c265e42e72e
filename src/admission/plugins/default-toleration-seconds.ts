import type { Pod, Toleration } from '../../kinds/generated/types.ts';
import { type AdmissionPlugin, readDraft } from '../chain.ts';

const TOLERATION_SECONDS = 300;
const TAINTS = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'];

const covers = (toleration: Toleration, taint: string): boolean =>
  (!toleration.key || toleration.key === taint) && (!toleration.effect || toleration.effect === 'NoExecute');

/** Lets pods stay five minutes on a node that is not ready or unreachable (plugin/pkg/admission/defaulttolerationseconds). */
export const defaultTolerationSeconds: AdmissionPlugin = {
  name: 'DefaultTolerationSeconds',
  operations: ['CREATE', 'UPDATE'],
  resources: ['pods'],
  mutate: ({ object }) => {
    const spec = readDraft<Pod>(object).spec;
    if (object === undefined || spec === undefined) return;
    const present = spec.tolerations ?? [];
    const missing = TAINTS.filter((taint) => !present.some((toleration) => covers(toleration, taint)));
    if (missing.length === 0) return;
    object['spec'] = {
      ...spec,
      tolerations: [
        ...present,
        ...missing.map((key) => ({
          key,
          operator: 'Exists',
          effect: 'NoExecute',
          tolerationSeconds: TOLERATION_SECONDS,
        })),
      ],
    };
  },
};
