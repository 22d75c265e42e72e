/** Warnings about old node labels (upstream: pkg/api/node/util.go, 1.36). */

interface Requirement {
  readonly key: string;
}

interface SelectorTerm {
  readonly matchExpressions?: readonly Requirement[];
}

const instead = (since: string, label: string): string => `deprecated since ${since}; use "${label}" instead`;

const OLD_LABELS: Readonly<Record<string, string>> = {
  'beta.kubernetes.io/arch': instead('v1.14', 'kubernetes.io/arch'),
  'beta.kubernetes.io/os': instead('v1.14', 'kubernetes.io/os'),
  'failure-domain.beta.kubernetes.io/region': instead('v1.17', 'topology.kubernetes.io/region'),
  'failure-domain.beta.kubernetes.io/zone': instead('v1.17', 'topology.kubernetes.io/zone'),
  'beta.kubernetes.io/instance-type': instead('v1.17', 'node.kubernetes.io/instance-type'),
};

/** What to say about an old label; `undefined` for a current one. */
export const oldLabelMessage = (label: string): string | undefined =>
  Object.hasOwn(OLD_LABELS, label) ? OLD_LABELS[label] : undefined;

/** Warnings about old labels in a node selector term at `path`. */
export const selectorTermWarnings = (term: SelectorTerm, path: string): string[] =>
  (term.matchExpressions ?? []).flatMap(({ key }, index) => {
    const message = oldLabelMessage(key);
    return message ? [`${path}.matchExpressions[${index}].key: ${key} is ${message}`] : [];
  });
