import { describe, expect, it } from 'vitest';
import { namedMetric, podUsage } from './usage.ts';

const pod = (
  annotations: Readonly<Record<string, string>> = {},
  limits?: Readonly<Record<string, string>>,
) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'p', annotations },
  spec: {
    containers: [
      { name: 'web', image: 'docker.io/library/nginx:1.27', ...(limits ? { resources: { limits } } : {}) },
      { name: 'side', image: 'busybox' },
    ],
  },
  status: { phase: 'Running' },
});

const amounts = (...args: Parameters<typeof podUsage>) =>
  podUsage(...args)?.map(({ name, cpuMilli, memoryBytes }) => [name, cpuMilli, memoryBytes / 1024 / 1024]);

describe('usage', () => {
  it('comes from the image', () => {
    expect(amounts(pod())).toEqual([
      ['web', 1, 8],
      ['side', 0, 1],
    ]);
  });

  it('is what an annotation of the pod says, before one of the namespace, for all or one container', () => {
    const namespace = {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { annotations: { 'kubicle.dev/cpu': '9m' } },
    };
    expect(amounts(pod(), namespace)).toEqual([
      ['web', 9, 8],
      ['side', 9, 1],
    ]);
    const own = pod({ 'kubicle.dev/cpu.web': '250m', 'kubicle.dev/memory': '64Mi' });
    expect(amounts(own, namespace)).toEqual([
      ['web', 250, 64],
      ['side', 9, 64],
    ]);
  });

  it('is unknown where an annotation says none, and of a pod that does not run', () => {
    expect(podUsage(pod({ 'kubicle.dev/cpu': 'none' }))).toBeUndefined();
    expect(podUsage({ ...pod(), status: { phase: 'Pending' } })).toBeUndefined();
  });

  it('is that of the containers that run', () => {
    const crashing = (names: readonly string[]) => ({
      ...pod(),
      status: {
        phase: 'Running',
        containerStatuses: ['web', 'side'].map((name) => ({
          name,
          state: names.includes(name) ? { waiting: { reason: 'CrashLoopBackOff' } } : { running: {} },
        })),
      },
    });
    expect(amounts(crashing(['web']))).toEqual([['side', 0, 1]]);
    expect(amounts(crashing(['web', 'side']))).toBeUndefined();
  });

  it('of requests is borne by the first container, up to its limit', () => {
    expect(amounts(pod(), undefined, 300)?.[0]).toEqual(['web', 301, 8]);
    expect(amounts(pod({}, { cpu: '200m' }), undefined, 300)?.[0]).toEqual(['web', 196, 8]);
  });

  it('ignores an annotation that is no quantity', () => {
    expect(amounts(pod({ 'kubicle.dev/cpu': 'plenty', 'kubicle.dev/memory': 'much' }))?.[0]).toEqual([
      'web',
      1,
      8,
    ]);
    expect(namedMetric(pod({ 'kubicle.dev/metric.qps': 'x' }), 'qps')).toBeUndefined();
    expect(namedMetric(pod({ 'kubicle.dev/metric.qps': '1500m' }), 'qps')).toBe(1500);
  });
});
