/** Node selectors and required node affinity (component-helpers scheduling/corev1/nodeaffinity). */

import type { Node, NodeSelectorTerm, Pod } from '../../kinds/generated/types.ts';
import { matchAll } from './labels.ts';

type Requirement = NonNullable<NodeSelectorTerm['matchExpressions']>[number];

const INTEGER = /^[-+]?[0-9]+$/;

const meets = (requirement: Requirement, value: string | undefined): boolean => {
  const values = requirement.values ?? [];
  switch (requirement.operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'Gt':
    case 'Lt': {
      const bound = values[0] ?? '';
      if (value === undefined || !INTEGER.test(value) || !INTEGER.test(bound)) return false;
      return requirement.operator === 'Gt' ? BigInt(value) > BigInt(bound) : BigInt(value) < BigInt(bound);
    }
    default:
      return false;
  }
};

/** Whether one term selects the node; a term without any requirement selects nothing. */
export const termSelects = (term: NodeSelectorTerm, node: Node): boolean => {
  const expressions = term.matchExpressions ?? [];
  const fields = term.matchFields ?? [];
  if (expressions.length + fields.length === 0) return false;
  return (
    expressions.every((it) => meets(it, node.metadata.labels?.[it.key])) &&
    fields.every((it) => it.key === 'metadata.name' && meets(it, node.metadata.name))
  );
};

/** Whether the pod's nodeSelector and required node affinity admit the node. */
export const admitsNode = (pod: Pod, node: Node): boolean => {
  const spec = pod.spec;
  if (spec?.nodeSelector !== undefined && !matchAll(spec.nodeSelector)(node.metadata.labels)) return false;
  const required = spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return required === undefined || (required.nodeSelectorTerms ?? []).some((term) => termSelects(term, node));
};
