import { describe, expect, it } from 'vitest';
import { Harness } from '../../test/support/harness.ts';
import type { HorizontalPodAutoscaler } from '../kinds/generated/types.ts';

const NAMESPACE = '/api/v1/namespaces/default';
const HPA = '/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers/web';

const WORLD = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - {name: main, image: nginx, resources: {requests: {cpu: 100m, memory: 100Mi}}}
      - {name: side, image: redis, resources: {requests: {cpu: 100m, memory: 100Mi}}}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80}]}
`;

const hpaYaml = (metrics: string, behavior = '') => `
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  minReplicas: 1
  maxReplicas: 10
  metrics: [${metrics}]
  ${behavior}
`;

const annotate = (harness: Harness, annotations: Readonly<Record<string, string | null>>): void => {
  harness.expect(200, 'PATCH', NAMESPACE, {
    body: { metadata: { annotations } },
    headers: { 'content-type': 'application/merge-patch+json' },
  });
};

const replicas = (harness: Harness): number =>
  (harness.get('/apis/apps/v1/namespaces/default/deployments/web') as never as { spec: { replicas: number } })
    .spec.replicas;

const status = (harness: Harness) => harness.get<HorizontalPodAutoscaler>(HPA).status;

const made = (metrics: string, annotations: Readonly<Record<string, string>>, behavior = ''): Harness => {
  const harness = new Harness({ settings: { latency: 'fast' } });
  annotate(harness, annotations);
  harness.create(WORLD);
  harness.advance(20_000);
  harness.create(hpaYaml(metrics, behavior));
  harness.advance(60_000);
  return harness;
};

describe('an autoscaler grows its target by', () => {
  it.each([
    [
      'the share of a resource',
      '{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 50}}}',
      // Said of every pod, however many there are: it grows as far as it may.
      { 'kubicle.dev/cpu': '100m' },
      10,
    ],
    [
      'the average of a resource',
      '{type: Resource, resource: {name: memory, target: {type: AverageValue, averageValue: 50Mi}}}',
      { 'kubicle.dev/memory': '75Mi' },
      10,
    ],
    [
      'the share of a resource in one container',
      '{type: ContainerResource, containerResource: {name: cpu, container: side, target: {type: Utilization, averageUtilization: 50}}}',
      { 'kubicle.dev/cpu.side': '75m', 'kubicle.dev/cpu.main': '0' },
      10,
    ],
    [
      'a metric of its pods',
      '{type: Pods, pods: {metric: {name: qps}, target: {type: AverageValue, averageValue: "10"}}}',
      { 'kubicle.dev/metric.qps': '20' },
      10,
    ],
    [
      'a metric of an object',
      '{type: Object, object: {metric: {name: hits}, describedObject: {apiVersion: v1, kind: Service, name: web}, target: {type: AverageValue, averageValue: "100"}}}',
      { 'kubicle.dev/metric.hits': '450' },
      5,
    ],
    [
      'a metric from elsewhere',
      '{type: External, external: {metric: {name: queue}, target: {type: AverageValue, averageValue: "30"}}}',
      { 'kubicle.dev/metric.queue': '180' },
      6,
    ],
  ])('%s', (_name, metric, annotations, expected) => {
    const harness = made(metric, annotations as never);
    harness.advance(60_000);
    expect(replicas(harness)).toBe(expected);
    expect(status(harness)?.conditions?.find(({ type }) => type === 'ScalingActive')).toMatchObject({
      status: 'True',
      reason: 'ValidMetricFound',
    });
  });
});

const CPU = '{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 50}}}';

describe('an autoscaler', () => {
  it('shrinks when the load has gone, five minutes later', () => {
    const harness = made(CPU, { 'kubicle.dev/cpu': '100m' });
    expect(replicas(harness)).toBeGreaterThan(2);
    annotate(harness, { 'kubicle.dev/cpu': '10m' });
    harness.advance(240_000);
    expect(replicas(harness)).toBeGreaterThan(2);
    harness.advance(120_000);
    // 10 % of 50 % of what ten pods are allowed; then the same again.
    expect(replicas(harness)).toBe(2);
    harness.advance(360_000);
    expect(replicas(harness)).toBe(1);
  });

  it('keeps to the rate and the window of its behaviour', () => {
    const behavior =
      'behavior: {scaleUp: {policies: [{type: Pods, value: 1, periodSeconds: 60}]}, scaleDown: {stabilizationWindowSeconds: 0}}';
    const harness = made(CPU, { 'kubicle.dev/cpu': '200m' }, behavior);
    expect(replicas(harness)).toBe(3);
    harness.advance(60_000);
    expect(replicas(harness)).toBe(4);
    annotate(harness, { 'kubicle.dev/cpu': '1m' });
    harness.advance(30_000);
    expect(replicas(harness)).toBe(1);
  });

  it('says why it cannot tell, and leaves its target alone', () => {
    const harness = made(CPU, { 'kubicle.dev/cpu': 'none' });
    expect(replicas(harness)).toBe(2);
    expect(status(harness)?.conditions?.find(({ type }) => type === 'ScalingActive')).toMatchObject({
      status: 'False',
      reason: 'FailedGetResourceMetric',
    });
  });

  it('feels the requests of a pod in another namespace, as long as it runs', () => {
    const harness = made(CPU, { 'kubicle.dev/cpu.side': '0' });
    harness.expect(201, 'POST', '/api/v1/namespaces', {
      body: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'load' } },
    });
    harness.advance(1000);
    harness.create(`
apiVersion: v1
kind: Pod
metadata: {name: generator, namespace: load}
spec: {terminationGracePeriodSeconds: 1, containers: [{name: c, image: busybox, command: [hey, -c, "200", "http://web.default"]}]}
`);
    harness.advance(90_000);
    const grown = replicas(harness);
    expect(grown).toBeGreaterThan(2);
    harness.expect(200, 'DELETE', '/api/v1/namespaces/load/pods/generator');
    harness.advance(600_000);
    expect(replicas(harness)).toBe(1);
  });

  it('rests when nothing can change', () => {
    const harness = made(CPU, { 'kubicle.dev/cpu': '50m' });
    harness.advance(900_000);
    const { revision } = harness.end();
    harness.advance(1_800_000);
    expect(harness.end().revision).toBe(revision);
  });
});
