/** What each metric of an autoscaler proposes (pkg/controller/podautoscaler/horizontal.go, 1.36). */

import type { HorizontalPodAutoscaler, Pod } from '../kinds/generated/types.ts';
import { milliQuantity, printQuantity, quantityMilli, quantityOf } from '../machinery/quantity.ts';
import { namedMetric } from '../machinery/usage.ts';
import {
  byAverage,
  byPodMetric,
  byTotal,
  byUtilization,
  isWithin,
  MetricError,
  type Proposal,
  type Tolerances,
} from './autoscaler-metrics.ts';
import type { HpaRun, MetricStatus } from './autoscaler-run.ts';

const TOLERANCE = 0.1;

type Metric = NonNullable<NonNullable<HorizontalPodAutoscaler['spec']>['metrics']>[number];

/** A failed metric: the reason its condition and Event carry. */
export class MetricFailure extends Error {
  readonly reason: string;
  /** The error as the whole sync reports it. */
  readonly wrapped: string;

  constructor(reason: string, message: string, wrapped: string) {
    super(message);
    this.reason = reason;
    this.wrapped = wrapped;
  }
}

/** A metric's proposal, its name in texts, and its line in the status. */
export interface Judged {
  readonly replicas: number;
  readonly name: string;
  readonly status: MetricStatus;
}

const amount = (milli: number): string => printQuantity(milliQuantity(milli));
const milliOf = (text: string | undefined): number => quantityMilli(quantityOf(text ?? '0'));

const tolerancesOf = (hpa: HorizontalPodAutoscaler): Tolerances => {
  const own = (value: string | undefined): number =>
    value === undefined ? TOLERANCE : milliOf(value) / 1000;
  const { scaleUp, scaleDown } = hpa.spec?.behavior ?? {};
  return { up: own(scaleUp?.tolerance), down: own(scaleDown?.tolerance) };
};

const currentOf = (proposal: Proposal) => ({
  averageValue: amount(proposal.averageMilli),
  ...(proposal.utilization === undefined ? {} : { averageUtilization: proposal.utilization }),
});

const judgeResource = (run: HpaRun, metric: Metric, pods: readonly Pod[], current: number): Judged => {
  const source = metric.resource ?? metric.containerResource;
  const container = metric.containerResource?.container;
  const resource = source?.name ?? '';
  const label = container === undefined ? 'Resource' : 'ContainerResource';
  const { averageUtilization, averageValue } = source?.target ?? {};
  const tolerances = tolerancesOf(run.hpa);
  const byShare = averageUtilization !== undefined;
  try {
    const proposal = byShare
      ? byUtilization(run.sampler, pods, resource, container, averageUtilization, current, tolerances)
      : byAverage(run.sampler, pods, resource, container, milliOf(averageValue), current, tolerances);
    const status = {
      name: resource,
      ...(container === undefined ? {} : { container }),
      current: currentOf(proposal),
    };
    const what = container === undefined ? '' : 'container ';
    return {
      replicas: proposal.replicas,
      name: byShare
        ? `${resource} ${what}resource utilization (percentage of request)`
        : `${resource} resource`,
      status: { type: label, [container === undefined ? 'resource' : 'containerResource']: status } as never,
    };
  } catch (error) {
    if (!(error instanceof MetricError)) throw error;
    const message = `failed to get ${resource} ${byShare ? 'utilization' : 'usage'}: ${error.message}`;
    const what = container === undefined ? `${resource} resource` : `${container} container`;
    throw new MetricFailure(
      `FailedGet${label}Metric`,
      message,
      `failed to get ${what} metric value: ${message}`,
    );
  }
};

type Selector = NonNullable<NonNullable<Metric['external']>['metric']['selector']>;

/** A selector as Go prints it with its field names. */
const printSelector = (selector: Selector | undefined): string => {
  if (selector === undefined) return 'nil';
  const labels = Object.entries(selector.matchLabels ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  const terms = (selector.matchExpressions ?? []).map(
    ({ key, operator, values }) =>
      `LabelSelectorRequirement{Key:${key},Operator:${operator},Values:[${(values ?? []).join(' ')}],},`,
  );
  const map = labels.map(([key, value]) => `${key}: ${value},`).join('');
  return `&LabelSelector{MatchLabels:map[string]string{${map}},MatchExpressions:[]LabelSelectorRequirement{${terms.join('')}},}`;
};

const NO_CUSTOM_API =
  'unable to fetch metrics from custom metrics API: no custom metrics API (custom.metrics.k8s.io) registered';

/** Where a named metric comes from, and what is said when there is none. */
interface Source {
  readonly name: string;
  readonly average: boolean;
  /** Why there is no value. */
  readonly absent: string;
  /** The reason of a failure, and its text as the whole sync reports it. */
  readonly reason: string;
  readonly wrap: (message: string) => string;
}

const sourceOf = (run: HpaRun, metric: Metric): Source => {
  const namespace = run.hpa.metadata.namespace ?? '';
  const { pods, object, external } = metric;
  const source = pods ?? object ?? external;
  const name = source?.metric.name ?? '';
  const average = source?.target.averageValue !== undefined;
  if (external !== undefined) {
    const what = average ? `${name} external metric` : `external metric ${name}`;
    return {
      name,
      average,
      absent: `unable to get external metric ${namespace}/${name}/${printSelector(external.metric.selector)}: unable to fetch metrics from external metrics API: no such metric`,
      reason: 'FailedGetExternalMetric',
      wrap: (message) => `failed to get ${name} external metric value: failed to get ${what}: ${message}`,
    };
  }
  if (object !== undefined) {
    const { kind, name: of } = object.describedObject;
    const what = average ? `failed to get ${name} object metric: ` : '';
    return {
      name,
      average,
      // The order of the words is upstream's.
      absent: `unable to get metric ${name}: ${kind} on ${namespace} ${of}/${NO_CUSTOM_API}`,
      reason: 'FailedGetObjectMetric',
      wrap: (message) => `failed to get object metric value: ${what}${message}`,
    };
  }
  return {
    name,
    average,
    absent: `unable to get metric ${name}: ${NO_CUSTOM_API}`,
    reason: 'FailedGetPodsMetric',
    wrap: (message) => `failed to get pods metric value: ${message}`,
  };
};

/** Replicas so that the total divides into the target each. */
const perPod = (run: HpaRun, value: number, target: number, statusReplicas: number): number => {
  const ratio = value / (target * statusReplicas);
  return isWithin(ratio, tolerancesOf(run.hpa)) ? statusReplicas : Math.ceil(value / target);
};

/** Pods, Object and External metrics come from annotations `kubicle.dev/metric.<name>`. */
const judgeNamed = (run: HpaRun, metric: Metric, pods: readonly Pod[], size: Size): Judged => {
  const home = run.context.lookup.get('namespaces', '', run.hpa.metadata.namespace ?? '');
  const source = sourceOf(run, metric);
  try {
    const value = namedMetric(home, source.name);
    if (value === undefined) throw new MetricError(source.absent);
    return metric.pods === undefined
      ? judgeWhole(run, metric, source, value, pods, size)
      : judgePods(run, metric.pods, value, pods, size.current);
  } catch (error) {
    if (!(error instanceof MetricError)) throw error;
    throw new MetricFailure(source.reason, error.message, source.wrap(error.message));
  }
};

const identifierOf = ({ metric }: NonNullable<Metric['pods']>) => ({
  name: metric.name,
  ...(metric.selector === undefined ? {} : { selector: metric.selector }),
});

const judgePods = (
  run: HpaRun,
  source: NonNullable<Metric['pods']>,
  value: number,
  pods: readonly Pod[],
  current: number,
): Judged => {
  const goal = milliOf(source.target.averageValue);
  const proposal = byPodMetric(pods, value, goal, current, tolerancesOf(run.hpa));
  const reading = { averageValue: amount(proposal.averageMilli) };
  return {
    replicas: proposal.replicas,
    name: `pods metric ${source.metric.name}`,
    status: { type: 'Pods', pods: { metric: identifierOf(source), current: reading } } as never,
  };
};

/** A metric that is one value for all: of an object, or from elsewhere. */
const judgeWhole = (
  run: HpaRun,
  metric: Metric,
  { name, average }: Source,
  value: number,
  pods: readonly Pod[],
  { current, reported }: Size,
): Judged => {
  const source = (metric.object ?? metric.external) as NonNullable<Metric['external']>;
  const { averageValue, value: whole } = source.target;
  const replicas = average
    ? perPod(run, value, milliOf(averageValue), reported)
    : byTotal(pods, value / milliOf(whole), current, tolerancesOf(run.hpa));
  const reading = average
    ? { averageValue: amount(reported === 0 ? 0 : Math.ceil(value / reported)) }
    : { value: amount(value) };
  const shown = { metric: identifierOf(source), current: reading };
  const external = `external metric ${name}(${printSelector(source.metric.selector)})`;
  if (metric.object === undefined) {
    return { replicas, name: external, status: { type: 'External', external: shown } as never };
  }
  // Upstream calls an average of an object external, and does not say what it is of.
  const described = average ? { kind: '', name: '' } : metric.object.describedObject;
  return {
    replicas,
    name: average ? external : `${described.kind} metric ${name}`,
    status: { type: 'Object', object: { ...shown, describedObject: described } } as never,
  };
};

/** How many replicas the target asks for, and how many it reports. */
export interface Size {
  readonly current: number;
  readonly reported: number;
}

/** The proposal of one metric. Throws MetricFailure when it has none. */
export const judge = (run: HpaRun, metric: Metric, pods: readonly Pod[], size: Size): Judged =>
  metric.type === 'Resource' || metric.type === 'ContainerResource'
    ? judgeResource(run, metric, pods, size.current)
    : judgeNamed(run, metric, pods, size);
