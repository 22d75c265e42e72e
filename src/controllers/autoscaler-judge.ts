/** What each metric of an autoscaler proposes (pkg/controller/podautoscaler/horizontal.go, 1.36). */

import type { HorizontalPodAutoscaler, Pod } from '../kinds/generated/types.ts';
import { milliQuantity, printQuantity, quantityMilli, quantityOf } from '../machinery/quantity.ts';
import { namedMetric } from '../machinery/usage.ts';
import {
  byAverage,
  byPodMetric,
  byUtilization,
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

const currentOf = (proposal: Proposal, resource: string) => ({
  averageValue:
    resource === 'cpu' ? amount(proposal.averageMilli) : String(Math.floor(proposal.averageMilli / 1000)),
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
      current: currentOf(proposal, resource),
    };
    return {
      replicas: proposal.replicas,
      name: byShare ? `${resource} resource utilization (percentage of request)` : `${resource} resource`,
      status: { type: label, [container === undefined ? 'resource' : 'containerResource']: status } as never,
    };
  } catch (error) {
    if (!(error instanceof MetricError)) throw error;
    const message = `failed to get ${resource} ${byShare ? 'utilization' : 'usage'}: ${error.message}`;
    const what = container === undefined ? 'resource' : 'container';
    throw new MetricFailure(
      `FailedGet${label}Metric`,
      message,
      `failed to get ${resource} ${what} ${container === undefined ? '' : 'resource '}metric value: ${message}`,
    );
  }
};

const simpleRatio = (run: HpaRun, value: number, target: number, current: number): number => {
  const ratio = value / target;
  const { up, down } = tolerancesOf(run.hpa);
  if (1 - down <= ratio && ratio <= 1 + up) return current;
  return Math.ceil(ratio * current - 1e-9);
};

/** Pods, Object and External metrics come from annotations `kubicle.dev/metric.<name>`. */
const judgeNamed = (run: HpaRun, metric: Metric, pods: readonly Pod[], current: number): Judged => {
  const namespace = run.hpa.metadata.namespace ?? '';
  const home = run.context.lookup.get('namespaces', '', namespace);
  const source = metric.pods ?? metric.object ?? metric.external;
  const name = source?.metric.name ?? '';
  const selector = source?.metric.selector === undefined ? 'nil' : JSON.stringify(source.metric.selector);
  const value = namedMetric(home, name);
  const { averageValue, value: whole } = source?.target ?? {};
  if (value === undefined) {
    if (metric.external !== undefined) {
      const message = `unable to get external metric ${namespace}/${name}/${selector}: unable to fetch metrics from external metrics API: no such metric`;
      throw new MetricFailure(
        'FailedGetExternalMetric',
        message,
        `failed to get ${name} external metric value: failed to get ${name} external metric: ${message}`,
      );
    }
    const kind = metric.pods === undefined ? 'object' : 'pods';
    const message = `unable to get metric ${name}: unable to fetch metrics from custom metrics API: the server could not find the metric ${name} for pods`;
    const reason = metric.pods === undefined ? 'FailedGetObjectMetric' : 'FailedGetPodsMetric';
    throw new MetricFailure(reason, message, `failed to get ${kind} metric value: ${message}`);
  }
  const shown = {
    name,
    ...(source?.metric.selector === undefined ? {} : { selector: source.metric.selector }),
  };
  if (metric.pods !== undefined) {
    const proposal = byPodMetric(pods, value, milliOf(averageValue), current, tolerancesOf(run.hpa));
    return {
      replicas: proposal.replicas,
      name: `pods metric ${name}`,
      status: {
        type: 'Pods',
        pods: { metric: shown, current: { averageValue: amount(proposal.averageMilli) } },
      } as never,
    };
  }
  const average = averageValue !== undefined;
  const goal = milliOf(average ? averageValue : whole);
  const replicas = average ? perPod(run, value, goal, current) : simpleRatio(run, value, goal, current);
  const reading = average
    ? { averageValue: amount(Math.ceil(value / Math.max(1, current))) }
    : { value: amount(value) };
  if (metric.external !== undefined) {
    return {
      replicas,
      name: `external metric ${name}(${selector === 'nil' ? 'nil' : `&${selector}`})`,
      status: { type: 'External', external: { metric: shown, current: reading } } as never,
    };
  }
  const described = metric.object?.describedObject;
  return {
    replicas,
    name: `${described?.kind ?? ''} metric ${name}`,
    status: {
      type: 'Object',
      object: { metric: shown, describedObject: described, current: reading },
    } as never,
  };
};

/** Replicas so that the total divides into the target each. */
const perPod = (run: HpaRun, value: number, target: number, current: number): number => {
  const ratio = value / (target * Math.max(1, current));
  const { up, down } = tolerancesOf(run.hpa);
  if (1 - down <= ratio && ratio <= 1 + up) return current;
  return Math.ceil(value / target - 1e-9);
};

/** The proposal of one metric. Throws MetricFailure (or MetricError) when it has none. */
export const judge = (run: HpaRun, metric: Metric, pods: readonly Pod[], current: number): Judged =>
  metric.type === 'Resource' || metric.type === 'ContainerResource'
    ? judgeResource(run, metric, pods, current)
    : judgeNamed(run, metric, pods, current);
