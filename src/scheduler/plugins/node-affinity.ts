import { admitsNode, termSelects } from '../../controllers/common/node-affinity.ts';
import type { Node, Pod } from '../../kinds/generated/types.ts';
import { deepEqual } from '../../machinery/deep.ts';
import { MAX_NODE_SCORE, type Plugin, refuseForGood } from '../contract.ts';

const REASON = "node(s) didn't match Pod's node affinity/selector";
const CONFLICT = 'pod affinity terms conflict';

/** Names the required terms pin the pod to through metadata.name, when every term does. */
const pinnedNames = (pod: Pod): ReadonlySet<string> | undefined => {
  const terms =
    pod.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  if (terms === undefined || terms.length === 0) return undefined;
  const names = new Set<string>();
  for (const term of terms) {
    const pins = (term.matchFields ?? []).filter(
      (field) => field.key === 'metadata.name' && field.operator === 'In',
    );
    const [first, ...others] = pins.map(({ values }) => values ?? []);
    if (first === undefined) return undefined;
    for (const name of first) if (others.every((values) => values.includes(name))) names.add(name);
  }
  return names;
};

/** nodeSelector and node affinity, required and preferred. */
export const nodeAffinity: Plugin = {
  name: 'NodeAffinity',
  preFilter: ({ pod }) => {
    const names = pinnedNames(pod);
    if (names === undefined) return undefined;
    return names.size === 0 ? { refusal: refuseForGood(CONFLICT) } : { nodeNames: names };
  },
  filter: ({ pod }, { node }) => (admitsNode(pod, node) ? undefined : refuseForGood(REASON)),
  preScore: ({ pod }) => {
    const preferred = pod.spec?.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution;
    return preferred === undefined || preferred.length === 0 ? undefined : preferred;
  },
  score: ({ pod }, { node }) =>
    (pod.spec?.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).reduce(
      (sum, { weight, preference }) => sum + (termSelects(preference, node) ? weight : 0),
      0,
    ),
  normalize: (scores) => {
    const largest = Math.max(0, ...scores);
    if (largest === 0) return;
    for (const [index, score] of scores.entries()) {
      scores[index] = Math.floor((MAX_NODE_SCORE * score) / largest);
    }
  },
  wakesOn: [
    {
      resource: 'nodes',
      matters: ({ op, object, previous }) =>
        op !== 'delete' &&
        (previous === undefined || !deepEqual(object.metadata.labels, previous.metadata.labels)),
      concerns: ({ object, previous }, pod) =>
        admitsNode(pod, object as Node) && (previous === undefined || !admitsNode(pod, previous as Node)),
    },
  ],
  refused: (message) => message.includes(REASON) || message.includes('[NodeAffinity]'),
};
