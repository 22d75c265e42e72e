import { admitsNode } from '../../controllers/common/node-affinity.ts';
import type { Lookup } from '../../kinds/define.ts';
import type { LabelSelector, Pod, TopologySpreadConstraint } from '../../kinds/generated/types.ts';
import { deepEqual } from '../../machinery/deep.ts';
import { controllerOf, type KubeObject } from '../../machinery/object.ts';
import {
  fromLabelMap,
  fromLabelSelector,
  type LabelSelectorTerms,
  matchesLabels,
} from '../../machinery/selector.ts';
import { type Cycle, MAX_NODE_SCORE, type Plugin, refuse, refuseForGood } from '../contract.ts';
import { labelsDiffer } from '../label-change.ts';
import type { NodeState } from '../snapshot.ts';
import { toleratesNode } from './taints.ts';

const HOSTNAME = 'kubernetes.io/hostname';
const ZONE = 'topology.kubernetes.io/zone';
const MISMATCH = "node(s) didn't match pod topology spread constraints";
const MISSING = `${MISMATCH} (missing required label)`;

interface Constraint {
  readonly key: string;
  readonly maxSkew: number;
  readonly minDomains: number;
  readonly selector: LabelSelectorTerms;
  /** Names the question "how many pods of this namespace match the selector". */
  readonly question: string;
  readonly honorsAffinity: boolean;
  readonly honorsTaints: boolean;
}

/** Domains of one constraint with the number of matching pods in each. */
interface Domains {
  readonly constraint: Constraint;
  readonly counts: ReadonlyMap<string, number>;
  readonly smallest: number;
}

const termsOf = (selector: LabelSelector | undefined): LabelSelectorTerms => {
  if (selector === undefined) return 'nothing';
  const parsed = fromLabelSelector(selector);
  return parsed.ok ? parsed.value : 'nothing';
};

const compile = (pod: Pod, spread: TopologySpreadConstraint): Constraint => {
  const labels = pod.metadata.labels ?? {};
  const extra = (spread.matchLabelKeys ?? []).flatMap((key) => {
    const value = labels[key];
    return value === undefined ? [] : [[key, value] as const];
  });
  const own = termsOf(spread.labelSelector);
  const selector =
    own === 'nothing' || extra.length === 0
      ? own
      : [...own, ...(fromLabelMap(Object.fromEntries(extra)) as typeof own)];
  return {
    key: spread.topologyKey,
    maxSkew: spread.maxSkew,
    minDomains: spread.minDomains ?? 1,
    selector,
    question: questionOf(pod, selector),
    honorsAffinity: spread.nodeAffinityPolicy !== 'Ignore',
    honorsTaints: spread.nodeTaintsPolicy === 'Honor',
  };
};

const constraintsOf = (pod: Pod, when: string): readonly Constraint[] =>
  (pod.spec?.topologySpreadConstraints ?? [])
    .filter((spread) => spread.whenUnsatisfiable === when)
    .map((spread) => compile(pod, spread));

const labelOf = (node: NodeState, key: string): string | undefined => node.node.metadata.labels?.[key];

const hasAllKeys = (node: NodeState, constraints: readonly Constraint[]): boolean =>
  constraints.every(({ key }) => labelOf(node, key) !== undefined);

const isCounted = (pod: Pod, node: NodeState, constraint: Constraint): boolean =>
  (!constraint.honorsAffinity || admitsNode(pod, node.node)) &&
  (!constraint.honorsTaints || toleratesNode(pod, node.node));

const questionOf = (pod: Pod, selector: LabelSelectorTerms): string =>
  `${pod.metadata.namespace} ${JSON.stringify(selector)}`;

/** Each node remembers the count until its pods change, so an attempt costs the nodes, not their pods. */
const countMatching = (
  node: NodeState,
  namespace: string | undefined,
  { selector, question }: Constraint,
): number => {
  const known = node.answers.get(question);
  if (known !== undefined) return known;
  let count = 0;
  for (const other of node.pods.values()) {
    if (other.metadata.namespace !== namespace || other.metadata.deletionTimestamp !== undefined) continue;
    if (matchesLabels(selector, other.metadata.labels)) count += 1;
  }
  node.answers.set(question, count);
  return count;
};

const countDomains = ({ pod, nodes }: Cycle, constraints: readonly Constraint[]): readonly Domains[] => {
  const eligible = nodes.filter((node) => hasAllKeys(node, constraints));
  return constraints.map((constraint) => {
    const counts = new Map<string, number>();
    for (const node of eligible) {
      if (!isCounted(pod, node, constraint)) continue;
      const value = labelOf(node, constraint.key) ?? '';
      const more = countMatching(node, pod.metadata.namespace, constraint);
      counts.set(value, (counts.get(value) ?? 0) + more);
    }
    const smallest =
      counts.size === 0 || counts.size < constraint.minDomains ? 0 : Math.min(...counts.values());
    return { constraint, counts, smallest };
  });
};

/** Selector of whatever made the pod: services that select it and its controller, for the built-in constraints. */
const defaultSelector = (pod: Pod, lookup: Lookup): LabelSelectorTerms => {
  const namespace = pod.metadata.namespace ?? '';
  const labels = pod.metadata.labels;
  const services = lookup
    .list('services', namespace)
    .filter(({ spec }) => spec?.selector !== undefined && Object.keys(spec.selector).length > 0)
    .map(({ spec }) => fromLabelMap(spec?.selector))
    .filter((terms) => matchesLabels(terms, labels));
  const owner = controllerOf(pod);
  const parent =
    owner === undefined ? undefined : lookup.getByKind(owner.apiVersion, owner.kind, namespace, owner.name);
  const owned = (parent as { readonly spec?: { readonly selector?: LabelSelector } } | undefined)?.spec
    ?.selector;
  const all = [
    ...services,
    ...(owner !== undefined && SPREAD_OWNERS.has(owner.kind) ? [ownerTerms(owner.kind, owned)] : []),
  ];
  if (all.length === 0 || all.includes('nothing')) return 'nothing';
  return all.flatMap((terms) => (terms === 'nothing' ? [] : terms));
};

const SPREAD_OWNERS: ReadonlySet<string> = new Set(['ReplicationController', 'ReplicaSet', 'StatefulSet']);

const ownerTerms = (kind: string, selector: unknown): LabelSelectorTerms =>
  kind === 'ReplicationController'
    ? fromLabelMap(selector as Readonly<Record<string, string>>)
    : termsOf(selector as LabelSelector | undefined);

/** Constraints of pods that name none: soft spreading over hosts and zones (the scheduler's system defaults). */
const systemDefaults = (pod: Pod, lookup: Lookup): readonly Constraint[] => {
  const selector = defaultSelector(pod, lookup);
  if (selector === 'nothing') return [];
  const question = questionOf(pod, selector);
  const base = { selector, question, minDomains: 1, honorsAffinity: true, honorsTaints: false };
  return [
    { ...base, key: HOSTNAME, maxSkew: 3 },
    { ...base, key: ZONE, maxSkew: 5 },
  ];
};

interface ScoreState {
  readonly ignored: ReadonlySet<string>;
  readonly parts: readonly {
    readonly constraint: Constraint;
    readonly weight: number;
    readonly counts: ReadonlyMap<string, number>;
  }[];
}

const prepareScore = (cycle: Cycle, feasible: readonly NodeState[]): ScoreState | undefined => {
  const { pod } = cycle;
  const own = (pod.spec?.topologySpreadConstraints ?? []).length > 0;
  const constraints = own ? constraintsOf(pod, 'ScheduleAnyway') : systemDefaults(pod, cycle.lookup);
  if (constraints.length === 0) return undefined;
  const ignored = new Set<string>();
  if (own) for (const node of feasible) if (!hasAllKeys(node, constraints)) ignored.add(node.name);
  const counted = feasible.filter((node) => !ignored.has(node.name));
  const parts = constraints.map((constraint) => {
    if (constraint.key === HOSTNAME) {
      return { constraint, weight: Math.log(counted.length + 2), counts: new Map<string, number>() };
    }
    const counts = new Map<string, number>();
    for (const node of counted) {
      const value = labelOf(node, constraint.key);
      if (value !== undefined) counts.set(value, 0);
    }
    for (const node of cycle.nodes) {
      const value = labelOf(node, constraint.key);
      if (value === undefined || !counts.has(value)) continue;
      if (own && !(hasAllKeys(node, constraints) && isCounted(pod, node, constraint))) continue;
      const more = countMatching(node, pod.metadata.namespace, constraint);
      counts.set(value, (counts.get(value) ?? 0) + more);
    }
    return { constraint, weight: Math.log(counts.size + 2), counts };
  });
  return { ignored, parts };
};

/** Spreads pods over domains: a filter for DoNotSchedule, a score for ScheduleAnyway and for the system defaults. */
export const podTopologySpread: Plugin<readonly Domains[]> = {
  name: 'PodTopologySpread',
  preFilter: (cycle) => {
    const constraints = constraintsOf(cycle.pod, 'DoNotSchedule');
    return constraints.length === 0 ? undefined : { state: countDomains(cycle, constraints) };
  },
  filter: ({ pod }, node, state = []) => {
    for (const { constraint, counts, smallest } of state) {
      const value = labelOf(node, constraint.key);
      if (value === undefined) return refuseForGood(MISSING);
      const self = matchesLabels(constraint.selector, pod.metadata.labels) ? 1 : 0;
      if ((counts.get(value) ?? 0) + self - smallest > constraint.maxSkew) return refuse(MISMATCH);
    }
    return undefined;
  },
  preScore: prepareScore,
  score: ({ pod }, node, state) => {
    const { ignored, parts } = state as ScoreState;
    if (ignored.has(node.name)) return 0;
    let score = 0;
    for (const { constraint, weight, counts } of parts) {
      const value = labelOf(node, constraint.key);
      if (value === undefined) continue;
      const count =
        constraint.key === HOSTNAME
          ? countMatching(node, pod.metadata.namespace, constraint)
          : (counts.get(value) ?? 0);
      score += count * weight + (constraint.maxSkew - 1);
    }
    return Math.round(score);
  },
  normalize: (scores, _cycle, feasible, state) => {
    const { ignored } = state as ScoreState;
    const isIgnored = (index: number): boolean => ignored.has(feasible[index]?.name ?? '');
    const counted = scores.filter((_score, index) => !isIgnored(index));
    const largest = Math.max(0, ...counted);
    const smallest = Math.min(...counted);
    for (const [index, score] of scores.entries()) {
      if (isIgnored(index)) scores[index] = 0;
      else if (largest === 0) scores[index] = MAX_NODE_SCORE;
      else scores[index] = Math.floor((MAX_NODE_SCORE * (largest + smallest - score)) / largest);
    }
  },
  wakesOn: [
    {
      resource: 'pods',
      matters: ({ op, object, previous }) => op !== 'update' || labelsDiffer(object, previous),
      concerns: ({ object, previous }, pod) => {
        if (object.metadata.namespace !== pod.metadata.namespace) return false;
        const counts = ({ selector }: Constraint, other: KubeObject): boolean =>
          matchesLabels(selector, other.metadata.labels);
        return constraintsOf(pod, 'DoNotSchedule').some((constraint) =>
          previous === undefined
            ? counts(constraint, object)
            : counts(constraint, object) !== counts(constraint, previous),
        );
      },
    },
    {
      resource: 'nodes',
      matters: ({ op, object, previous }) => op !== 'update' || labelsDiffer(object, previous),
      concerns: ({ object, previous }, pod) => {
        const constraints = constraintsOf(pod, 'DoNotSchedule');
        const domains = (node: KubeObject | undefined) =>
          constraints.map(({ key }) => node?.metadata.labels?.[key]);
        const [now, was] = [domains(object), domains(previous)];
        const counts = (values: readonly unknown[]): boolean => values.every((value) => value !== undefined);
        return (counts(now) || counts(was)) && !deepEqual(now, was);
      },
    },
  ],
  refused: (message) => message.includes(MISMATCH),
};
