/** Replica counts from metrics (pkg/controller/podautoscaler/replica_calculator.go, 1.36). */

import type { Pod } from '../kinds/generated/types.ts';
import { quantityMilli, quantityOf, quantityValue } from '../machinery/quantity.ts';
import { type Instant, parseTime } from '../machinery/time.ts';
import { findCondition } from './common/conditions.ts';
import type { UsageOf } from './common/usage.ts';

const CPU_INITIALIZATION_MS = 300_000;
const READINESS_DELAY_MS = 30_000;
/** Length of the window a sample stands for. */
const WINDOW_MS = 10_000;

/** Where samples come from, and the instant they are of. */
export interface Sampler {
  readonly now: Instant;
  readonly usageOf: UsageOf;
  /** The cluster has the metrics API. */
  readonly isServed: boolean;
}

/** How far from the target a ratio may be without scaling. */
export interface Tolerances {
  readonly up: number;
  readonly down: number;
}

/** A proposal: replicas, and what the status says of the metric (thousandths, and percent of the request). */
export interface Proposal {
  readonly replicas: number;
  readonly averageMilli: number;
  readonly utilization?: number;
}

/** Thrown inside the calculation; the text is upstream's error. */
export class MetricError extends Error {}

interface Grouped {
  readonly ready: number;
  readonly values: Map<string, number>;
  readonly unready: readonly string[];
  readonly missing: readonly string[];
}

const sampleOf = (
  sampler: Sampler,
  pod: Pod,
  resource: string,
  container: string | undefined,
): number | undefined => {
  const usage = sampler.usageOf(pod);
  if (usage === undefined) return undefined;
  const picked = container === undefined ? usage : usage.filter((it) => it.name === container);
  return picked.reduce((sum, it) => sum + (resource === 'cpu' ? it.cpuMilli : it.memoryBytes * 1000), 0);
};

/** A pod's CPU does not count while it starts up, or when it was never ready. */
const isUnready = (pod: Pod, now: Instant): boolean => {
  const condition = findCondition(pod.status?.conditions, 'Ready');
  const started = parseTime(pod.status?.startTime ?? '');
  if (condition === undefined || started === undefined) return true;
  const changed = parseTime(condition.lastTransitionTime ?? '') ?? 0;
  if (started + CPU_INITIALIZATION_MS > now) return condition.status === 'False' || now < changed + WINDOW_MS;
  return condition.status === 'False' && started + READINESS_DELAY_MS > changed;
};

const group = (
  sampler: Sampler,
  pods: readonly Pod[],
  resource: string,
  container: string | undefined,
): Grouped => {
  const values = new Map<string, number>();
  const unready: string[] = [];
  const missing: string[] = [];
  let ready = 0;
  for (const pod of pods) {
    if (pod.metadata.deletionTimestamp !== undefined || pod.status?.phase === 'Failed') continue;
    const name = pod.metadata.name ?? '';
    const value = sampleOf(sampler, pod, resource, container);
    if (pod.status?.phase === 'Pending') unready.push(name);
    else if (value === undefined) missing.push(name);
    else if (resource === 'cpu' && isUnready(pod, sampler.now)) unready.push(name);
    else {
      ready += 1;
      values.set(name, value);
    }
  }
  return { ready, values, unready, missing };
};

const milliOf = (resource: string, amount: string): number =>
  resource === 'cpu' ? quantityMilli(quantityOf(amount)) : quantityValue(quantityOf(amount)) * 1000;

/** What the pods ask for: as a whole where they say so, or else their containers and sidecars together. */
const requestsOf = (
  pods: readonly Pod[],
  resource: string,
  container: string | undefined,
): Map<string, number> => {
  const result = new Map<string, number>();
  for (const pod of pods) {
    const name = pod.metadata.name ?? '';
    const whole = pod.spec?.resources?.requests?.[resource];
    if (whole !== undefined && container === undefined) {
      result.set(name, milliOf(resource, whole));
      continue;
    }
    let sum = 0;
    const sidecars = (pod.spec?.initContainers ?? []).filter((it) => it.restartPolicy === 'Always');
    for (const it of [...(pod.spec?.containers ?? []), ...sidecars]) {
      if (container !== undefined && it.name !== container) continue;
      const request = it.resources?.requests?.[resource];
      if (request === undefined) {
        throw new MetricError(`missing request for ${resource} in container ${it.name} of Pod ${name}`);
      }
      sum += milliOf(resource, request);
    }
    result.set(name, sum);
  }
  return result;
};

const total = (values: ReadonlyMap<string, number>): number =>
  [...values.values()].reduce((a, b) => a + b, 0);

const NO_PODS = 'no pods returned by selector while calculating replica count';

/** Whether a ratio of use to target is too close to 1 to scale. */
export const isWithin = (ratio: number, { up, down }: Tolerances): boolean =>
  1 - down <= ratio && ratio <= 1 + up;

interface Calculation {
  readonly current: number;
  readonly tolerances: Tolerances;
  /** Ratio of use to target for a set of samples. */
  readonly ratio: (values: ReadonlyMap<string, number>) => number;
  /** What a pod without sample is taken to use when scaling down. */
  readonly fallback: (pod: string) => number;
}

/** The shared end of both calculations: unready and missing pods dampen the change. */
const replicasFor = ({ ready, values, unready, missing }: Grouped, it: Calculation): number => {
  const ratio = it.ratio(values);
  const upWithUnready = unready.length > 0 && ratio > 1;
  if (!upWithUnready && missing.length === 0) {
    return isWithin(ratio, it.tolerances) ? it.current : Math.ceil(ratio * ready);
  }
  const filled = new Map(values);
  if (ratio !== 1) for (const pod of missing) filled.set(pod, ratio < 1 ? it.fallback(pod) : 0);
  if (upWithUnready) for (const pod of unready) filled.set(pod, 0);
  const again = it.ratio(filled);
  if (isWithin(again, it.tolerances) || (ratio < 1 && again > 1) || (ratio > 1 && again < 1))
    return it.current;
  const replicas = Math.ceil(again * filled.size);
  if ((again < 1 && replicas > it.current) || (again > 1 && replicas < it.current)) return it.current;
  return replicas;
};

const NO_METRICS_API =
  'unable to fetch metrics from resource metrics API: the server could not find the requested resource (get pods.metrics.k8s.io)';

/** What the metrics API would answer when it has nothing on these pods; `undefined` when it has. */
const unanswered = (
  sampler: Sampler,
  pods: readonly Pod[],
  container: string | undefined,
): string | undefined => {
  const sampled = pods.filter((pod) => sampler.usageOf(pod) !== undefined);
  if (sampled.length === 0) {
    return sampler.isServed ? 'no metrics returned from resource metrics API' : NO_METRICS_API;
  }
  if (container === undefined) return undefined;
  const without = sampled.find((pod) => !sampler.usageOf(pod)?.some(({ name }) => name === container));
  if (without === undefined) return undefined;
  const { namespace = '', name = '' } = without.metadata;
  return `failed to get container metrics: container ${container} not present in metrics for pod ${namespace}/${name}`;
};

const grouped = (
  sampler: Sampler,
  pods: readonly Pod[],
  resource: string,
  container: string | undefined,
): Grouped => {
  const problem = unanswered(sampler, pods, container);
  if (problem !== undefined)
    throw new MetricError(`unable to get metrics for resource ${resource}: ${problem}`);
  const result = group(sampler, pods, resource, container);
  if (result.values.size === 0) {
    throw new MetricError('did not receive metrics for targeted pods (pods might be unready)');
  }
  return result;
};

/** Replicas for a target share (percent) of the requests. */
export const byUtilization = (
  sampler: Sampler,
  pods: readonly Pod[],
  resource: string,
  container: string | undefined,
  target: number,
  current: number,
  tolerances: Tolerances,
): Proposal => {
  const samples = grouped(sampler, pods, resource, container);
  const requests = requestsOf(pods, resource, container);
  const utilization = (values: ReadonlyMap<string, number>): number => {
    const asked = [...values.keys()].reduce((sum, name) => sum + (requests.get(name) ?? 0), 0);
    if (asked === 0) throw new MetricError('no metrics returned matched known pods');
    return Math.floor((total(values) * 100) / asked);
  };
  const replicas = replicasFor(samples, {
    current,
    tolerances,
    ratio: (values) => utilization(values) / target,
    fallback: (pod) => ((requests.get(pod) ?? 0) * Math.max(100, target)) / 100,
  });
  return {
    replicas,
    averageMilli: Math.floor(total(samples.values) / samples.values.size),
    utilization: utilization(samples.values),
  };
};

/** Replicas for a target average per pod (thousandths). */
export const byAverage = (
  sampler: Sampler,
  pods: readonly Pod[],
  resource: string,
  container: string | undefined,
  targetMilli: number,
  current: number,
  tolerances: Tolerances,
): Proposal => {
  const samples = grouped(sampler, pods, resource, container);
  return averageProposal(samples, targetMilli, current, tolerances);
};

const averageProposal = (
  samples: Grouped,
  targetMilli: number,
  current: number,
  tolerances: Tolerances,
): Proposal => ({
  replicas: replicasFor(samples, {
    current,
    tolerances,
    ratio: (values) => Math.floor(total(values) / values.size) / targetMilli,
    fallback: () => targetMilli,
  }),
  averageMilli: Math.floor(total(samples.values) / samples.values.size),
});

/** Replicas for a custom metric of each pod, the same value for all. */
export const byPodMetric = (
  pods: readonly Pod[],
  valueMilli: number,
  targetMilli: number,
  current: number,
  tolerances: Tolerances,
): Proposal => {
  if (pods.length === 0) throw new MetricError(NO_PODS);
  const counted = pods.filter(
    (pod) => pod.metadata.deletionTimestamp === undefined && pod.status?.phase !== 'Failed',
  );
  const running = counted.filter((pod) => pod.status?.phase !== 'Pending');
  const values = new Map(running.map((pod) => [pod.metadata.name ?? '', valueMilli]));
  const unready = counted
    .filter((pod) => pod.status?.phase === 'Pending')
    .map((pod) => pod.metadata.name ?? '');
  if (values.size === 0)
    throw new MetricError('did not receive metrics for targeted pods (pods might be unready)');
  return averageProposal(
    { ready: values.size, values, unready, missing: [] },
    targetMilli,
    current,
    tolerances,
  );
};

/** Replicas for a value of the whole that is to stay below a target, over the ready pods (none: from nothing). */
export const byTotal = (
  pods: readonly Pod[],
  ratio: number,
  current: number,
  tolerances: Tolerances,
): number => {
  if (current === 0) return Math.ceil(ratio);
  if (isWithin(ratio, tolerances)) return current;
  if (pods.length === 0) throw new MetricError(`unable to calculate ready pods: ${NO_PODS}`);
  const ready = pods.filter(
    (pod) =>
      pod.status?.phase === 'Running' && findCondition(pod.status.conditions, 'Ready')?.status === 'True',
  );
  return Math.ceil(ratio * ready.length);
};
