/** The resource metrics API: usage as metrics-server shows it, computed when somebody asks. */

import { makeUsage, type UsageOf } from '../controllers/common/usage.ts';
import type { Lookup } from '../kinds/define.ts';
import type { Node, NodeMetrics, Pod, PodMetrics } from '../kinds/generated/types.ts';
import { quantityMilli, quantityOf, quantityValue } from '../machinery/quantity.ts';
import { deriveUnit } from '../machinery/random.ts';
import { type Instant, printTime } from '../machinery/time.ts';
import type { VirtualReaders } from '../registry/dependencies.ts';

export interface UsageOptions {
  readonly lookup: Lookup;
  readonly seed: string;
  readonly now: () => Instant;
}

const API = 'metrics.k8s.io/v1beta1';
/** metrics-server asks the kubelets so often; a sample stands for that long. */
const SAMPLE_MS = 15_000;
const WINDOW = '15s';
const MIB = 1024 * 1024;

interface Amount {
  readonly cpuMilli: number;
  readonly memoryBytes: number;
}

const printUsage = ({ cpuMilli, memoryBytes }: Amount) => ({
  cpu: `${Math.round(cpuMilli * 1_000_000)}n`,
  memory: `${Math.round(memoryBytes / 1024)}Ki`,
});

/** Real samples differ a little from one to the next. */
const noisy = (seed: string, at: Instant, amount: Amount, ...parts: readonly string[]): Amount => {
  const draw = (of: string) => deriveUnit(seed, 'usage', of, at, ...parts) - 0.5;
  return {
    cpuMilli: Math.max(0, amount.cpuMilli * (1 + 0.08 * draw('cpu'))),
    memoryBytes: amount.memoryBytes * (1 + 0.02 * draw('memory')),
  };
};

const sampledAt = (now: Instant): Instant => now - (now % SAMPLE_MS);

const amountsOf = (
  options: UsageOptions,
  pod: Pod,
  usageOf: UsageOf,
): readonly (Amount & { name: string })[] =>
  (usageOf(pod) ?? []).map((usage) => {
    const { name, isGiven } = usage;
    if (isGiven) return usage;
    return { name, ...noisy(options.seed, sampledAt(options.now()), usage, pod.metadata.uid ?? '', name) };
  });

const podMetricsOf = (options: UsageOptions, pod: Pod, usageOf: UsageOf): readonly PodMetrics[] => {
  const amounts = amountsOf(options, pod, usageOf);
  if (amounts.length === 0) return [];
  const { name, namespace, labels } = pod.metadata;
  return [
    {
      apiVersion: API,
      kind: 'PodMetrics',
      metadata: {
        name,
        namespace,
        ...(labels === undefined ? {} : { labels }),
        creationTimestamp: printTime(options.now()),
      },
      timestamp: printTime(sampledAt(options.now())),
      window: WINDOW,
      containers: amounts.map((amount) => ({ name: amount.name, usage: printUsage(amount) })),
    } as PodMetrics,
  ];
};

const isReady = (node: Node): boolean =>
  node.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true;

/** What a node uses for itself: kubelet, runtime, and the control plane where it runs. */
const overhead = (node: Node): Amount =>
  node.metadata.labels?.['node-role.kubernetes.io/control-plane'] === undefined
    ? { cpuMilli: 38, memoryBytes: 420 * MIB }
    : { cpuMilli: 145, memoryBytes: 1150 * MIB };

const nodeMetricsOf = (options: UsageOptions, node: Node, usageOf: UsageOf): NodeMetrics => {
  const { lookup, seed, now } = options;
  const { name = '', labels } = node.metadata;
  const own = noisy(seed, sampledAt(now()), overhead(node), name);
  const pods = lookup.byIndex('pods', 'pods/node', name).flatMap((pod) => amountsOf(options, pod, usageOf));
  const total = (of: (amount: Amount) => number): number => pods.reduce((sum, it) => sum + of(it), of(own));
  const { cpu = '1', memory = '1Gi' } = node.status?.capacity ?? {};
  const usage = {
    cpuMilli: Math.min(
      total((it) => it.cpuMilli),
      quantityMilli(quantityOf(cpu)),
    ),
    memoryBytes: Math.min(
      total((it) => it.memoryBytes),
      quantityValue(quantityOf(memory)),
    ),
  };
  return {
    apiVersion: API,
    kind: 'NodeMetrics',
    metadata: { name, ...(labels === undefined ? {} : { labels }), creationTimestamp: printTime(now()) },
    timestamp: printTime(sampledAt(now())),
    window: WINDOW,
    usage: printUsage(usage),
  } as NodeMetrics;
};

/** Readers of both kinds. Nodes that are not ready and pods that do not run have no metrics. */
export const makeUsageReaders = (options: UsageOptions): VirtualReaders => ({
  'metrics.k8s.io/pods': (namespace) => {
    const usageOf = makeUsage(options.lookup);
    const pods = options.lookup.list('pods', ...(namespace === '' ? [] : [namespace]));
    return pods.flatMap((pod) => podMetricsOf(options, pod, usageOf));
  },
  'metrics.k8s.io/nodes': () => {
    const usageOf = makeUsage(options.lookup);
    const nodes = options.lookup.list('nodes').filter(isReady);
    return nodes.map((node) => nodeMetricsOf(options, node, usageOf));
  },
});
