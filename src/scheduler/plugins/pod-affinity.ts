import type { ObjectChange } from '../../controllers/contract.ts';
import type { Lookup } from '../../kinds/define.ts';
import type { LabelSelector, Pod, PodAffinityTerm } from '../../kinds/generated/types.ts';
import type { KubeObject } from '../../machinery/object.ts';
import {
  fromLabelMap,
  fromLabelSelector,
  type LabelSelectorTerms,
  matchesLabels,
  matchesSelector,
} from '../../machinery/selector.ts';
import { type Cycle, MAX_NODE_SCORE, type Plugin, refuse, refuseForGood } from '../contract.ts';
import { labelsDiffer } from '../label-change.ts';
import type { NodeState } from '../snapshot.ts';

const AFFINITY = "node(s) didn't match pod affinity rules";
const ANTI_AFFINITY = "node(s) didn't match pod anti-affinity rules";
const EXISTING = "node(s) didn't satisfy existing pods anti-affinity rules";

/** A term with its selector compiled for the pod that owns it. */
interface Term {
  readonly key: string;
  readonly selector: LabelSelectorTerms;
  readonly namespaces: ReadonlySet<string>;
  readonly namespaceSelector: LabelSelector | undefined;
}

/** Counts by `topology key` and value. */
type Counts = Map<string, number>;

interface State {
  readonly affinity: readonly Term[];
  readonly antiAffinity: readonly Term[];
  readonly existing: Counts;
  readonly wanted: Counts;
  readonly unwanted: Counts;
}

const pair = (key: string, value: string): string => `${key}\u0000${value}`;

const compile = (owner: Pod, term: PodAffinityTerm): Term => {
  const parsed = term.labelSelector === undefined ? undefined : fromLabelSelector(term.labelSelector);
  const base: LabelSelectorTerms = parsed?.ok ? parsed.value : 'nothing';
  const labels = owner.metadata.labels ?? {};
  const pick = (keys: readonly string[] | undefined) =>
    Object.fromEntries(
      (keys ?? []).flatMap((key) => (labels[key] === undefined ? [] : [[key, labels[key]]])),
    );
  const equal = fromLabelMap(pick(term.matchLabelKeys));
  const unequal = fromLabelMap(pick(term.mismatchLabelKeys));
  const selector =
    base === 'nothing' || equal === 'nothing' || unequal === 'nothing'
      ? base
      : [...base, ...equal, ...unequal.map((item) => ({ ...item, operator: 'notin' as const }))];
  const named = term.namespaces ?? [];
  const isDefault = named.length === 0 && term.namespaceSelector === undefined;
  return {
    key: term.topologyKey,
    selector,
    namespaces: new Set(isDefault ? [owner.metadata.namespace ?? ''] : named),
    namespaceSelector: term.namespaceSelector,
  };
};

const memoTerms = (read: (pod: Pod) => readonly PodAffinityTerm[] | undefined) => {
  const known = new WeakMap<Pod, readonly Term[]>();
  return (pod: Pod): readonly Term[] => {
    const found = known.get(pod);
    if (found !== undefined) return found;
    const terms = (read(pod) ?? []).map((term) => compile(pod, term));
    known.set(pod, terms);
    return terms;
  };
};

const requiredTerms = memoTerms(
  (pod) => pod.spec?.affinity?.podAffinity?.requiredDuringSchedulingIgnoredDuringExecution,
);
const requiredAntiTerms = memoTerms(
  (pod) => pod.spec?.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution,
);

const matches = (term: Term, pod: Pod, lookup: Lookup): boolean => {
  const namespace = pod.metadata.namespace ?? '';
  if (!term.namespaces.has(namespace)) {
    if (term.namespaceSelector === undefined) return false;
    const labels = lookup.get('namespaces', '', namespace)?.metadata.labels;
    if (!matchesSelector(term.namespaceSelector, labels)) return false;
  }
  return matchesLabels(term.selector, pod.metadata.labels);
};

const bump = (counts: Counts, node: NodeState, key: string, by = 1): void => {
  const value = node.node.metadata.labels?.[key];
  if (value !== undefined) counts.set(pair(key, value), (counts.get(pair(key, value)) ?? 0) + by);
};

const count = (counts: Counts, node: NodeState, key: string): number => {
  const value = node.node.metadata.labels?.[key];
  return value === undefined ? 0 : (counts.get(pair(key, value)) ?? 0);
};

const prepare = ({ pod, lookup, nodes }: Cycle): State | undefined => {
  const affinity = requiredTerms(pod);
  const antiAffinity = requiredAntiTerms(pod);
  const existing: Counts = new Map();
  const wanted: Counts = new Map();
  const unwanted: Counts = new Map();
  const isSearching = affinity.length + antiAffinity.length > 0;
  for (const node of nodes) {
    for (const other of node.attached.values()) {
      for (const term of requiredAntiTerms(other)) {
        if (matches(term, pod, lookup)) bump(existing, node, term.key);
      }
    }
    if (!isSearching) continue;
    for (const other of node.pods.values()) {
      if (affinity.length > 0 && affinity.every((term) => matches(term, other, lookup))) {
        for (const term of affinity) bump(wanted, node, term.key);
      }
      for (const term of antiAffinity) if (matches(term, other, lookup)) bump(unwanted, node, term.key);
    }
  }
  if (affinity.length + antiAffinity.length + existing.size === 0) return undefined;
  return { affinity, antiAffinity, existing, wanted, unwanted };
};

const satisfiesAffinity = ({ pod, lookup }: Cycle, node: NodeState, state: State): boolean => {
  const labels = node.node.metadata.labels ?? {};
  if (!state.affinity.every((term) => labels[term.key] !== undefined)) return false;
  if (state.affinity.every((term) => count(state.wanted, node, term.key) > 0)) return true;
  // The first pod of a group that wants its own kind may go anywhere.
  return state.wanted.size === 0 && state.affinity.every((term) => matches(term, pod, lookup));
};

interface Weighted {
  readonly weight: number;
  readonly term: Term;
}

const compilePreferred = (pod: Pod): readonly Weighted[] => {
  const affinity = pod.spec?.affinity;
  const wanted = affinity?.podAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  const avoided = affinity?.podAntiAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  return [
    ...wanted.map(({ weight, podAffinityTerm }) => ({ weight, term: compile(pod, podAffinityTerm) })),
    ...avoided.map(({ weight, podAffinityTerm }) => ({
      weight: -weight,
      term: compile(pod, podAffinityTerm),
    })),
  ];
};

/** What a pod's terms say of the pods they match; a required affinity of a pod that is there counts 1. */
const memoPreferred = () => {
  const known = new WeakMap<Pod, readonly Weighted[]>();
  return (pod: Pod): readonly Weighted[] => {
    const found = known.get(pod);
    if (found !== undefined) return found;
    const terms = compilePreferred(pod);
    known.set(pod, terms);
    return terms;
  };
};

const preferredTerms = memoPreferred();

/** How much each preferred term is worth where. */
const prepareScore = ({ pod, lookup, nodes }: Cycle): Counts | undefined => {
  const scores: Counts = new Map();
  const own = preferredTerms(pod);
  for (const node of nodes) {
    for (const other of node.attached.values()) {
      for (const { weight, term } of preferredTerms(other)) {
        if (matches(term, pod, lookup)) bump(scores, node, term.key, weight);
      }
      for (const term of requiredTerms(other))
        if (matches(term, pod, lookup)) bump(scores, node, term.key, 1);
    }
    if (own.length === 0) continue;
    for (const other of node.pods.values()) {
      for (const { weight, term } of own)
        if (matches(term, other, lookup)) bump(scores, node, term.key, weight);
    }
  }
  return scores.size === 0 ? undefined : scores;
};

/** A pod that came may be what is wanted, one that went may be what was avoided, or have avoided this one. */
const mayHelp = ({ op, object, previous }: ObjectChange, pod: Pod, lookup: Lookup): boolean => {
  const meets = (terms: readonly Term[], other: KubeObject | undefined): boolean =>
    terms.length > 0 && terms.every((term) => matches(term, other as Pod, lookup));
  const wanted = requiredTerms(pod);
  const avoided = requiredAntiTerms(pod);
  if (op === 'create') return meets(wanted, object);
  if (op === 'delete') {
    const avoids = requiredAntiTerms(object as Pod).some((term) => matches(term, pod, lookup));
    return meets(avoided, object) || avoids;
  }
  if (previous === undefined) return false;
  return (
    (!meets(wanted, previous) && meets(wanted, object)) ||
    (meets(avoided, previous) && !meets(avoided, object))
  );
};

/** Required and preferred attraction and repulsion between pods, of the new pod and of those already there. */
export const interPodAffinity: Plugin<State> = {
  name: 'InterPodAffinity',
  preFilter: (cycle) => {
    const state = prepare(cycle);
    return state === undefined ? undefined : { state };
  },
  filter: (cycle, node, state) => {
    if (state === undefined) return undefined;
    if (state.affinity.length > 0 && !satisfiesAffinity(cycle, node, state)) return refuseForGood(AFFINITY);
    if (state.antiAffinity.some((term) => count(state.unwanted, node, term.key) > 0))
      return refuse(ANTI_AFFINITY);
    const labels = Object.entries(node.node.metadata.labels ?? {});
    if (labels.some(([key, value]) => (state.existing.get(pair(key, value)) ?? 0) > 0))
      return refuse(EXISTING);
    return undefined;
  },
  preScore: prepareScore,
  score: (_cycle, { node }, state) =>
    Object.entries(node.metadata.labels ?? {}).reduce(
      (sum, [key, value]) => sum + ((state as Counts).get(pair(key, value)) ?? 0),
      0,
    ),
  normalize: (scores) => {
    const largest = Math.max(...scores);
    const smallest = Math.min(...scores);
    for (const [index, score] of scores.entries()) {
      scores[index] =
        largest === smallest ? 0 : Math.floor((MAX_NODE_SCORE * (score - smallest)) / (largest - smallest));
    }
  },
  wakesOn: [
    {
      resource: 'pods',
      matters: ({ op, object, previous }) => op !== 'update' || labelsDiffer(object, previous),
      concerns: mayHelp,
    },
    {
      resource: 'nodes',
      matters: ({ op, object, previous }) => op !== 'update' || labelsDiffer(object, previous),
    },
  ],
  refused: (message) =>
    message.includes(AFFINITY) || message.includes(ANTI_AFFINITY) || message.includes(EXISTING),
};
