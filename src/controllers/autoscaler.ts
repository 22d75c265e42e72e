import type { Lookup } from '../kinds/define.ts';
import type { HorizontalPodAutoscaler, Pod } from '../kinds/generated/types.ts';
import { deepEqual } from '../machinery/deep.ts';
import type { KubeObject } from '../machinery/object.ts';
import { matchesLabels, printLabelSelector } from '../machinery/selector.ts';
import { StatusError } from '../machinery/status.ts';
import { printTime } from '../machinery/time.ts';
import { type Judged, judge, MetricFailure } from './autoscaler-judge.ts';
import { type History, limit, stabilize, windows } from './autoscaler-limits.ts';
import { AUTOSCALERS, HpaRun, type MetricStatus } from './autoscaler-run.ts';
import { type ScaleTarget, scaleTargetOf } from './autoscaler-target.ts';
import { podMatters } from './common/changes.ts';
import { findCondition } from './common/conditions.ts';
import { loadedNamespaces } from './common/usage.ts';
import {
  type Context,
  type Controller,
  keyOf,
  type ObjectChange,
  type Outcome,
  splitKey,
  watch,
} from './contract.ts';

const RESOURCE = AUTOSCALERS;
const PERIOD_MS = 15_000;

/** Autoscalers that select some of the pods, if there are several; one counts from its first look on. */
const rivals = (run: HpaRun, pods: readonly Pod[]): readonly string[] => {
  const { lookup } = run.context;
  const names = lookup
    .list(RESOURCE, run.hpa.metadata.namespace ?? '')
    .filter((other) => {
      if (other.metadata.uid === run.hpa.metadata.uid) return true;
      if (readHistory(run.context, keyOf(other)).recommendations.length === 0) return false;
      const target = scaleTargetOf(lookup, other);
      if (typeof target === 'string' || target.selector === undefined) return false;
      const { selector } = target;
      return pods.some((pod) => matchesLabels(selector, pod.metadata.labels));
    })
    .map(keyOf);
  return names.length > 1 ? [...names].sort() : [];
};

interface Computed {
  readonly replicas: number;
  readonly metric: string;
  readonly statuses: readonly MetricStatus[];
}

/** Says that the selector of the target will not do. */
const refuseSelector = (run: HpaRun, target: ScaleTarget, told: Refusal): undefined => {
  run.note('Warning', told.event, told.error);
  run.setCondition('ScalingActive', 'False', told.reason, told.condition ?? told.error);
  run.setCounts(target.replicas, run.status.desiredReplicas ?? 0, undefined);
  run.note('Warning', 'FailedComputeMetricsReplicas', told.error);
  return undefined;
};

interface Refusal {
  readonly event: string;
  readonly reason: string;
  readonly error: string;
  readonly condition?: string;
}

const NO_SELECTOR: Refusal = {
  event: 'SelectorRequired',
  reason: 'InvalidSelector',
  error: 'selector is required',
  condition: "the HPA target's scale is missing a selector",
};

/** The largest proposal of the metrics; `undefined` after it has said why there is none. */
const compute = (run: HpaRun, target: ScaleTarget): Computed | undefined => {
  const { hpa, context } = run;
  const { selector } = target;
  if (selector === undefined || selector.length === 0) return refuseSelector(run, target, NO_SELECTOR);
  const all = context.lookup.list('pods', hpa.metadata.namespace ?? '');
  const pods = all.filter((pod) => matchesLabels(selector, pod.metadata.labels));
  const others = rivals(run, pods);
  if (others.length > 0) {
    const error = `pods by selector ${printLabelSelector(selector)} are controlled by multiple HPAs: [${others.join(' ')}]`;
    return refuseSelector(run, target, { event: 'AmbiguousSelector', reason: 'AmbiguousSelector', error });
  }
  const metrics = hpa.spec?.metrics ?? [];
  let best: Judged | undefined;
  let first: MetricFailure | undefined;
  let failures = 0;
  const statuses = metrics.map((metric): MetricStatus => {
    try {
      const size = { current: target.replicas, reported: target.statusReplicas };
      const judged = judge(run, metric, pods, size);
      if (best === undefined || best.replicas === 0 || judged.replicas > best.replicas) best = judged;
      return judged.status;
    } catch (failure) {
      if (!(failure instanceof MetricFailure)) throw failure;
      run.note('Warning', failure.reason, failure.message);
      first ??= failure;
      failures += 1;
      return { type: '' } as MetricStatus;
    }
  });
  if (first !== undefined && (best === undefined || best.replicas < target.replicas)) {
    const text = `the HPA was unable to compute the replica count: ${first.message}`;
    run.setCondition('ScalingActive', 'False', first.reason, text);
    run.setCounts(target.replicas, run.status.desiredReplicas ?? 0, statuses);
    run.note(
      'Warning',
      'FailedComputeMetricsReplicas',
      `invalid metrics (${failures} invalid out of ${metrics.length}), first error is: ${first.wrapped}`,
    );
    return undefined;
  }
  if (best === undefined) return { replicas: target.replicas, metric: '', statuses };
  run.setCondition(
    'ScalingActive',
    'True',
    'ValidMetricFound',
    `the HPA was able to successfully calculate a replica count from ${best.name}`,
  );
  return { replicas: best.replicas, metric: best.name, statuses };
};

const remember = (run: HpaRun, replicas: number): void => {
  const { up, down } = windows(run.hpa.spec?.behavior);
  const cutoff = run.context.now - Math.max(up, down) * 1000;
  const kept = run.history.recommendations.filter(([at]) => at >= cutoff);
  run.history = { ...run.history, recommendations: [...kept, [run.context.now, replicas]] };
};

const normalize = (run: HpaRun, current: number, wish: number): number => {
  const { context, hpa } = run;
  const stable = stabilize(run.history, hpa.spec?.behavior, current, wish, context.now);
  remember(run, wish);
  run.setCondition(
    'AbleToScale',
    'True',
    stable.reason ?? 'ReadyForNewScale',
    stable.message ?? 'recommended size matches current size',
  );
  const limited = limit(hpa, run.history, current, stable.replicas, context.now);
  const changed = limited.replicas !== stable.replicas;
  run.setCondition('ScalingLimited', changed ? 'True' : 'False', limited.reason, limited.message);
  return limited.replicas;
};

const noteScale = (run: HpaRun, from: number, to: number): void => {
  if (run.hpa.spec?.behavior === undefined) return;
  const { now } = run.context;
  const recent = (events: History['ups']) => events.filter(([at]) => at > now - 1_800_000);
  const { ups, downs } = run.history;
  run.history =
    to > from
      ? { ...run.history, ups: [...recent(ups), [now, to - from]] }
      : { ...run.history, downs: [...recent(downs), [now, from - to]] };
};

/** Sets the size of the target; false when that was refused. */
const rescale = (run: HpaRun, target: ScaleTarget, replicas: number, reason: string): boolean => {
  try {
    run.context.client.updateObject(target.object, (current) => target.resized(current, replicas));
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    run.note('Warning', 'FailedRescale', `New size: ${replicas}; reason: ${reason}; error: ${error.message}`);
    const text = `the HPA controller was unable to update the target scale: ${error.message}`;
    run.setCondition('AbleToScale', 'False', 'FailedUpdateScale', text);
    return false;
  }
  const text = `the HPA controller was able to update the target scale to ${replicas}`;
  run.setCondition('AbleToScale', 'True', 'SucceededRescale', text);
  run.note('Normal', 'SuccessfulRescale', `New size: ${replicas}; reason: ${reason}`);
  noteScale(run, target.replicas, replicas);
  return true;
};

const sync = (run: HpaRun): void => {
  const { hpa, context } = run;
  const target = scaleTargetOf(context.lookup, hpa);
  if (typeof target === 'string') {
    run.note('Warning', 'FailedGetScale', target);
    const text = `the HPA controller was unable to get the target's current scale: ${target}`;
    run.setCondition('AbleToScale', 'False', 'FailedGetScale', text);
    return;
  }
  const able = "the HPA controller was able to get the target's current scale";
  run.setCondition('AbleToScale', 'True', 'SucceededGetScale', able);
  const current = target.replicas;
  if (run.history.recommendations.length === 0) remember(run, current);
  const least = hpa.spec?.minReplicas ?? 1;
  const most = hpa.spec?.maxReplicas ?? 1;
  let desired = current;
  let reason = '';
  let statuses: readonly MetricStatus[] | undefined;
  if (current === 0 && least !== 0) {
    const text = 'scaling is disabled since the replica count of the target is zero';
    run.setCondition('ScalingActive', 'False', 'ScalingDisabled', text);
    desired = 0;
  } else if (current > most) {
    [desired, reason] = [most, 'Current number of replicas above Spec.MaxReplicas'];
  } else if (current < least) {
    [desired, reason] = [least, 'Current number of replicas below Spec.MinReplicas'];
  } else {
    const computed = compute(run, target);
    if (computed === undefined) return;
    statuses = computed.statuses;
    if (computed.replicas > current) reason = `${computed.metric} above target`;
    if (computed.replicas < current) reason = 'All metrics below target';
    desired = normalize(run, current, computed.replicas);
  }
  if (desired !== current && !rescale(run, target, desired, reason)) {
    run.setCounts(current, run.status.desiredReplicas ?? 0, statuses);
    return;
  }
  run.setCounts(current, desired, statuses);
  if (desired !== current) run.status = { ...run.status, lastScaleTime: printTime(context.now) };
};

const readHistory = (context: Context, key: string): History => {
  const text = context.notes.get(key);
  return text === undefined
    ? { base: context.now, recommendations: [], ups: [], downs: [] }
    : (JSON.parse(text) as History);
};

const reconcile = (context: Context, key: string): Outcome => {
  const { namespace, name } = splitKey(key);
  const hpa = context.lookup.get(RESOURCE, namespace, name);
  if (hpa === undefined) {
    context.notes.set(key, undefined);
    return undefined;
  }
  const history = readHistory(context, key);
  const isNew = context.notes.get(key) === undefined;
  const onTime = (context.now - history.base) % PERIOD_MS === 0;
  if (isNew || !onTime) {
    context.notes.set(key, JSON.stringify(history));
    const steps = Math.floor((context.now - history.base) / PERIOD_MS) + 1;
    return { at: history.base + steps * PERIOD_MS };
  }
  const run = new HpaRun(context, hpa, caughtUp(history, context.now));
  sync(run);
  const changed = run.write();
  context.notes.set(key, JSON.stringify(run.history));
  return !changed && isQuiet(run) ? undefined : { at: context.now + PERIOD_MS };
};

/** The last recommendation held through the periods that were slept over. */
const caughtUp = (history: History, now: number): History => {
  const [at, replicas] = history.recommendations.at(-1) ?? [now, 0];
  if (now - at <= PERIOD_MS) return history;
  return { ...history, recommendations: [...history.recommendations, [now - PERIOD_MS, replicas]] };
};

/** Nothing can change by itself: metrics are fine, and every remembered recommendation is the present size. */
const isQuiet = (run: HpaRun): boolean =>
  findCondition(run.status.conditions, 'ScalingActive')?.status === 'True' &&
  run.history.recommendations.every(([, replicas]) => replicas === run.status.currentReplicas);

/** Autoscalers of the namespace that a change of its pods or targets may concern. */
const keysIn = (lookup: Lookup, namespace: string): readonly string[] =>
  lookup.list(RESOURCE, namespace).map(keyOf);

const ownAnnotations = (object: KubeObject | undefined) =>
  Object.entries(object?.metadata.annotations ?? {}).filter(([key]) => key.startsWith('kubicle.dev/'));

const podKeys = (change: ObjectChange<Pod>, lookup: Lookup): readonly string[] => {
  const { object, previous } = change;
  if (!podMatters(change) && deepEqual(ownAnnotations(object), ownAnnotations(previous))) return [];
  // What a pod asks of others in a loop is a load on them, wherever they are.
  const namespaces = new Set([object.metadata.namespace ?? '', ...loadedNamespaces(object)]);
  return [...namespaces].flatMap((namespace) => keysIn(lookup, namespace));
};

const sizeOf = (object: KubeObject | undefined): number | undefined =>
  (object as { readonly spec?: { readonly replicas?: number } } | undefined)?.spec?.replicas;

const targetKeys = ({ op, object, previous }: ObjectChange, lookup: Lookup): readonly string[] =>
  op === 'update' && sizeOf(object) === sizeOf(previous)
    ? []
    : keysIn(lookup, object.metadata.namespace ?? '');

/** Scales targets by their metrics, every 15 s (pkg/controller/podautoscaler, release 1.36). */
export const autoscalerController: Controller = {
  name: 'horizontal-pod-autoscaler',
  watches: [
    watch(RESOURCE, ({ op, object, previous }: ObjectChange<HorizontalPodAutoscaler>) =>
      op === 'update' && deepEqual(object.spec, previous?.spec) ? [] : [keyOf(object)],
    ),
    watch('pods', podKeys),
    watch('deployments.apps', targetKeys),
    watch('replicasets.apps', targetKeys),
    watch('statefulsets.apps', targetKeys),
    watch('replicationcontrollers', targetKeys),
    watch('namespaces', ({ object, previous }, lookup) =>
      deepEqual(ownAnnotations(object), ownAnnotations(previous))
        ? []
        : keysIn(lookup, object.metadata.name ?? ''),
    ),
  ],
  reconcile,
};
