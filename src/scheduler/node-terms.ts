import type {
  Node,
  NodeSelector,
  NodeSelectorRequirement,
  NodeSelectorTerm,
} from '../kinds/generated/types.ts';

const matchesRequirement = (value: string | undefined, requirement: NodeSelectorRequirement): boolean => {
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
      return value !== undefined && /^-?\d+$/.test(value) && Number(value) > Number(values[0]);
    case 'Lt':
      return value !== undefined && /^-?\d+$/.test(value) && Number(value) < Number(values[0]);
    default:
      return false;
  }
};

/** A term with nothing in it matches no node. */
export const matchesTerm = (node: Node, term: NodeSelectorTerm): boolean => {
  const expressions = term.matchExpressions ?? [];
  const fields = term.matchFields ?? [];
  if (expressions.length + fields.length === 0) return false;
  return (
    expressions.every((requirement) =>
      matchesRequirement(node.metadata.labels?.[requirement.key], requirement),
    ) &&
    fields.every((requirement) =>
      matchesRequirement(requirement.key === 'metadata.name' ? node.metadata.name : undefined, requirement),
    )
  );
};

/** Terms are alternatives (component-helpers scheduling/corev1/nodeaffinity). */
export const matchesNodeSelector = (node: Node, selector: NodeSelector): boolean =>
  selector.nodeSelectorTerms.some((term) => matchesTerm(node, term));
