/** What happens to pods on their way into the store (upstream: pkg/registry/core/pod/strategy.go, 1.36). */

import type { Draft, KubeObject } from '../../machinery/object.ts';
import { printTime } from '../../machinery/time.ts';
import { child, descend, ensure, fieldsOf, items, sizeOf, text } from '../common/draft.ts';
import { keepMetadata, withStatus } from '../common/strategy.ts';
import type { StrategyContext } from '../define.ts';
import type { Pod } from '../generated/types.ts';
import { copyArmor } from './pod-armor.ts';
import { qosClassOf } from './pod-qos.ts';

const GATED = {
  type: 'PodScheduled',
  status: 'False',
  reason: 'SchedulingGated',
  message: 'Scheduling is blocked due to non-empty scheduling gates',
};

const stringsOf = (draft: Draft, field: string): string[] => {
  const value = draft[field];
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];
};

/** Turns label keys of the term into requirements on the pod's own values of these labels. */
const mergeKeys = (term: Draft, labels: Draft, field: string, operator: 'In' | 'NotIn'): void => {
  const selector = child(term, 'labelSelector');
  if (!selector) return;
  for (const key of stringsOf(term, field)) {
    if (typeof labels[key] !== 'string') continue;
    const expressions = items(selector, 'matchExpressions');
    selector['matchExpressions'] = [...expressions, { key, operator, values: [labels[key]] }];
  }
};

const affinityTerms = (spec: Draft): Draft[] =>
  ['podAffinity', 'podAntiAffinity'].flatMap((field) => {
    const affinity = descend(spec, 'affinity', field);
    const preferred = items(affinity, 'preferredDuringSchedulingIgnoredDuringExecution');
    return [
      ...items(affinity, 'requiredDuringSchedulingIgnoredDuringExecution'),
      ...preferred.map((weighted) => child(weighted, 'podAffinityTerm')).filter((term) => term !== undefined),
    ];
  });

const mergeLabelKeys = (draft: Draft): void => {
  const spec = ensure(draft, 'spec');
  const labels = descend(draft, 'metadata', 'labels') ?? {};
  for (const term of affinityTerms(spec)) {
    mergeKeys(term, labels, 'matchLabelKeys', 'In');
    mergeKeys(term, labels, 'mismatchLabelKeys', 'NotIn');
  }
  for (const constraint of items(spec, 'topologySpreadConstraints')) {
    mergeKeys(constraint, labels, 'matchLabelKeys', 'In');
  }
};

const initialStatus = (draft: Draft, context: StrategyContext): Draft => {
  const spec = ensure(draft, 'spec');
  const status: Draft = { phase: 'Pending', qosClass: qosClassOf(spec) };
  if (sizeOf(spec['schedulingGates']) > 0)
    status['conditions'] = [{ ...GATED, lastTransitionTime: printTime(context.now) }];
  return status;
};

/** Generations that a status write leaves out stay; conditions of one type are paired in their order. */
const keepGenerations = (status: Draft, old: Pod): void => {
  const before = old.status?.observedGeneration;
  if (before && !status['observedGeneration']) status['observedGeneration'] = before;
  const left = [...(old.status?.conditions ?? [])];
  const conditions = items(status, 'conditions');
  const isComplete = conditions.every(({ observedGeneration }) => observedGeneration);
  if (isComplete || !left.some(({ observedGeneration }) => observedGeneration)) return;
  status['conditions'] = conditions.map((condition) => {
    const place = left.findIndex(({ type }) => type === condition['type']);
    const [found] = place < 0 ? [] : left.splice(place, 1);
    if (!found?.observedGeneration || condition['observedGeneration']) return condition;
    return { ...condition, observedGeneration: found.observedGeneration };
  });
};

/** A status write keeps what is decided once: owners, deletion, quality of service, observed generations. */
const keepDecided = (draft: Draft, old: KubeObject): void => {
  keepMetadata(draft, old, ['ownerReferences', 'deletionTimestamp']);
  const status = ensure(draft, 'status');
  const before = text(descend(fieldsOf(old), 'status'), 'qosClass');
  if (before !== '' && text(status, 'qosClass') === '') status['qosClass'] = before;
  keepGenerations(status, old as Pod);
};

/** A negative grace stands for one second. */
const raiseGrace = (draft: Draft): void => {
  const spec = ensure(draft, 'spec');
  if (Number(spec['terminationGracePeriodSeconds'] ?? 0) < 0) spec['terminationGracePeriodSeconds'] = 1;
};

export const podStrategy = withStatus({
  initial: initialStatus,
  create: (draft, context) => {
    raiseGrace(draft);
    mergeLabelKeys(draft);
    for (const warning of copyArmor(draft)) context.warn?.(warning);
  },
  status: keepDecided,
});

/**
 * The grace a deleted pod gets: what was asked for, else its own; none before it is bound to a node and after it
 * has ended; never negative.
 */
export const podGraceSeconds = (object: KubeObject, requested: number | undefined): number => {
  const { spec, status } = object as Pod;
  const ended = status?.phase === 'Failed' || status?.phase === 'Succeeded';
  if (!spec?.nodeName || ended) return 0;
  const seconds = requested ?? spec.terminationGracePeriodSeconds ?? 0;
  return seconds < 0 ? 1 : seconds;
};
