import { describe, expect, it } from 'vitest';
import { Harness } from '../../test/support/harness.ts';
import type { Event, HorizontalPodAutoscaler } from '../kinds/generated/types.ts';

const HPAS = '/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers';
const CPU = '{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 50}}}';

const workload = (requests: string) => `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: main, image: nginx, resources: {requests: {${requests}}}}]}
`;

const hpaYaml = (
  metrics: string,
  target = '{apiVersion: apps/v1, kind: Deployment, name: web}',
  name = 'web',
) => `
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: ${name}}
spec: {scaleTargetRef: ${target}, minReplicas: 1, maxReplicas: 10, metrics: [${metrics}]}
`;

const made = (annotations: object, requests = 'cpu: 100m, memory: 100Mi', served = true): Harness => {
  const addons = served ? (['metrics-server'] as const) : [];
  const harness = new Harness({ settings: { latency: 'fast', addons } });
  harness.expect(200, 'PATCH', '/api/v1/namespaces/default', {
    body: { metadata: { annotations } },
    headers: { 'content-type': 'application/merge-patch+json' },
  });
  harness.create(workload(requests));
  harness.advance(20_000);
  return harness;
};

const status = (harness: Harness, name = 'web') =>
  harness.get<HorizontalPodAutoscaler>(`${HPAS}/${name}`).status;

const condition = (harness: Harness, type: string, name = 'web') =>
  status(harness, name)?.conditions?.find((it) => it.type === type);

const told = (harness: Harness): readonly string[] =>
  harness
    .get<{ items: Event[] }>('/api/v1/namespaces/default/events')
    .items.filter(({ involvedObject }) => involvedObject.kind === 'HorizontalPodAutoscaler')
    .map(({ reason, message }) => `${reason}: ${message}`);

const why = 'the HPA was unable to compute the replica count: ';

describe('an autoscaler says of its target', () => {
  it.each([
    ['{apiVersion: apps/v1, kind: Deployment, name: nope}', 'deployments.apps "nope" not found'],
    ['{apiVersion: apps/v1, kind: StatefulSet, name: nope}', 'statefulsets.apps "nope" not found'],
    ['{apiVersion: v1, kind: ReplicationController, name: nope}', 'replicationcontrollers "nope" not found'],
    ['{apiVersion: apps/v1, kind: Rocket, name: web}', 'no matches for kind "Rocket" in group "apps"'],
    ['{apiVersion: apps/v1, kind: DaemonSet, name: web}', 'the server could not find the requested resource'],
  ])('%s', (target, text) => {
    const harness = made({});
    harness.create(hpaYaml(CPU, target));
    harness.advance(16_000);
    expect(condition(harness, 'AbleToScale')).toMatchObject({
      status: 'False',
      reason: 'FailedGetScale',
      message: `the HPA controller was unable to get the target's current scale: ${text}`,
    });
    expect(told(harness)).toEqual([`FailedGetScale: ${text}`]);
  });

  it('that another version of its group will do', () => {
    const harness = made({ 'kubicle.dev/cpu': '50m' });
    harness.create(hpaYaml(CPU, '{apiVersion: apps/v1beta2, kind: Deployment, name: web}'));
    harness.advance(16_000);
    expect(condition(harness, 'ScalingActive')).toMatchObject({ reason: 'ValidMetricFound' });
  });
});

describe('an autoscaler says of its metrics', () => {
  const rows: readonly [string, string, string, string, string, object?, boolean?][] = [
    [
      'that nobody serves a metric from elsewhere',
      '{type: External, external: {metric: {name: queue, selector: {matchLabels: {q: a, b: c}}}, target: {type: AverageValue, averageValue: "30"}}}',
      'FailedGetExternalMetric',
      'unable to get external metric default/queue/&LabelSelector{MatchLabels:map[string]string{b: c,q: a,},MatchExpressions:[]LabelSelectorRequirement{},}: unable to fetch metrics from external metrics API: no such metric',
      'failed to get queue external metric value: failed to get queue external metric: ',
    ],
    [
      'that nobody serves a metric of pods',
      '{type: Pods, pods: {metric: {name: qps}, target: {type: AverageValue, averageValue: "10"}}}',
      'FailedGetPodsMetric',
      'unable to get metric qps: unable to fetch metrics from custom metrics API: no custom metrics API (custom.metrics.k8s.io) registered',
      'failed to get pods metric value: ',
    ],
    [
      'that nobody serves a metric of an object',
      '{type: Object, object: {metric: {name: hits}, describedObject: {apiVersion: v1, kind: Service, name: front}, target: {type: Value, value: "100"}}}',
      'FailedGetObjectMetric',
      'unable to get metric hits: Service on default front/unable to fetch metrics from custom metrics API: no custom metrics API (custom.metrics.k8s.io) registered',
      'failed to get object metric value: ',
    ],
    [
      'that the metrics API has nothing yet',
      CPU,
      'FailedGetResourceMetric',
      'failed to get cpu utilization: unable to get metrics for resource cpu: no metrics returned from resource metrics API',
      'failed to get cpu resource metric value: ',
      { 'kubicle.dev/cpu': 'none' },
    ],
    [
      'that there is no metrics API',
      '{type: Resource, resource: {name: memory, target: {type: AverageValue, averageValue: 50Mi}}}',
      'FailedGetResourceMetric',
      'failed to get memory usage: unable to get metrics for resource memory: unable to fetch metrics from resource metrics API: the server could not find the requested resource (get pods.metrics.k8s.io)',
      'failed to get memory resource metric value: ',
      { 'kubicle.dev/cpu': 'none' },
      false,
    ],
    [
      'that a container is not there',
      '{type: ContainerResource, containerResource: {name: cpu, container: side, target: {type: Utilization, averageUtilization: 50}}}',
      'FailedGetContainerResourceMetric',
      'failed to get cpu utilization: unable to get metrics for resource cpu: failed to get container metrics: container side not present in metrics for pod default/',
      'failed to get side container metric value: ',
    ],
  ];
  it.each(rows)('%s', (_, metric, reason, message, wrapped, annotations = {}, served = true) => {
    const harness = made(annotations, undefined, served);
    harness.create(hpaYaml(metric));
    harness.advance(16_000);
    const found = condition(harness, 'ScalingActive');
    expect(found).toMatchObject({ status: 'False', reason });
    expect(found?.message).toContain(`${why}${message}`);
    const [first, second, ...others] = told(harness);
    expect(first).toContain(`${reason}: ${message}`);
    expect(second).toContain(
      `FailedComputeMetricsReplicas: invalid metrics (1 invalid out of 1), first error is: ${wrapped}${message}`,
    );
    expect(others).toEqual([]);
    expect(status(harness)?.currentMetrics).toEqual([{ type: '' }]);
  });

  it('which request is missing', () => {
    const harness = made({ 'kubicle.dev/cpu': '50m' }, 'memory: 1Mi');
    harness.create(hpaYaml(CPU));
    harness.advance(16_000);
    expect(condition(harness, 'ScalingActive')?.message).toMatch(
      /failed to get cpu utilization: missing request for cpu in container main of Pod web-/,
    );
  });

  it('how much memory is used, as a plain quantity', () => {
    const harness = made({ 'kubicle.dev/memory': '100M' });
    harness.create(
      hpaYaml('{type: Resource, resource: {name: memory, target: {type: AverageValue, averageValue: 100M}}}'),
    );
    harness.advance(16_000);
    expect(status(harness)?.currentMetrics).toEqual([
      { type: 'Resource', resource: { name: 'memory', current: { averageValue: '100M' } } },
    ]);
  });

  it('that one fails, and grows by the other all the same', () => {
    const harness = made({ 'kubicle.dev/cpu': '100m' });
    const failing =
      '{type: Pods, pods: {metric: {name: qps}, target: {type: AverageValue, averageValue: "10"}}}';
    harness.create(hpaYaml(`${failing}, ${CPU}`));
    harness.advance(16_000);
    expect(condition(harness, 'ScalingActive')).toMatchObject({ status: 'True', reason: 'ValidMetricFound' });
    expect(status(harness)?.currentMetrics?.[0]).toEqual({ type: '' });
    expect(told(harness).map((text) => text.split(':')[0])).toEqual([
      'FailedGetPodsMetric',
      'SuccessfulRescale',
    ]);
  });
});

describe('two autoscalers of the same pods', () => {
  it('stand in each other’s way from the second look of the first on', () => {
    const harness = made({ 'kubicle.dev/cpu': '50m' });
    harness.create(hpaYaml(CPU));
    harness.advance(5_000);
    harness.create(hpaYaml(CPU, undefined, 'also'));
    harness.advance(11_000);
    expect(condition(harness, 'ScalingActive')).toMatchObject({ reason: 'ValidMetricFound' });
    harness.advance(5_000);
    const text = 'pods by selector app=web are controlled by multiple HPAs: [default/also default/web]';
    expect(condition(harness, 'ScalingActive', 'also')).toMatchObject({
      reason: 'AmbiguousSelector',
      message: text,
    });
    harness.advance(15_000);
    expect(condition(harness, 'ScalingActive')).toMatchObject({ reason: 'AmbiguousSelector', message: text });
    expect(told(harness)).toContain(`AmbiguousSelector: ${text}`);
  });
});
