import { describe, expect, test } from 'vitest';
import type { Draft } from '../../machinery/object.ts';
import { hpaFromV2, hpaToV2 } from './hpa-conversion.ts';

const CPU = {
  type: 'Resource',
  resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 60 } },
};
const MEMORY = {
  type: 'Resource',
  resource: { name: 'memory', target: { type: 'AverageValue', averageValue: '1Gi' } },
};
const PODS = {
  type: 'Pods',
  pods: {
    metric: { name: 'x', selector: { matchLabels: { a: 'b' } } },
    target: { type: 'AverageValue', averageValue: '1k' },
  },
};
const OBJECT = {
  type: 'Object',
  object: {
    describedObject: { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', name: 'i' },
    metric: { name: 'rps' },
    target: { type: 'Value', value: '10k' },
  },
};
const EXTERNAL = {
  type: 'External',
  external: { metric: { name: 'q' }, target: { type: 'AverageValue', averageValue: '30' } },
};
const CONTAINER = {
  type: 'ContainerResource',
  containerResource: {
    name: 'memory',
    container: 'main',
    target: { type: 'AverageValue', averageValue: '100Mi' },
  },
};

const v2 = (): Draft => ({
  apiVersion: 'autoscaling/v2',
  kind: 'HorizontalPodAutoscaler',
  metadata: { name: 'h', annotations: { own: 'kept' } },
  spec: {
    maxReplicas: 3,
    metrics: [CPU, MEMORY, PODS, OBJECT, EXTERNAL, CONTAINER],
    behavior: { scaleDown: { selectPolicy: 'Min' } },
  },
  status: {
    desiredReplicas: 1,
    currentMetrics: [
      { type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: 7, averageValue: '7m' } } },
    ],
    conditions: [{ type: 'AbleToScale', status: 'True' }],
  },
});

describe('an autoscaler as autoscaling/v1', () => {
  const draft = v2();
  hpaFromV2(draft);

  test('shows the CPU share in fields and the rest in annotations', () => {
    expect(draft).toMatchObject({
      apiVersion: 'autoscaling/v1',
      spec: { maxReplicas: 3, targetCPUUtilizationPercentage: 60 },
      status: { currentCPUUtilizationPercentage: 7 },
    });
    expect(draft['spec']).not.toHaveProperty('metrics');
    const { annotations } = draft['metadata'] as { annotations: Record<string, string> };
    expect(JSON.parse(annotations['autoscaling.alpha.kubernetes.io/metrics'] ?? '[]')[0]).toEqual({
      type: 'Resource',
      resource: { name: 'memory', targetAverageValue: '1Gi' },
    });
    expect(annotations['own']).toBe('kept');
  });

  test('comes back as it was', () => {
    const back = structuredClone(draft);
    hpaToV2(back);
    const expected = v2();
    // v1 has no room for the amount beside the share.
    (expected['status'] as Draft)['currentMetrics'] = [
      { type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: 7 } } },
    ];
    expect(back).toEqual(expected);
  });
});

test('a plain v1 autoscaler has one metric in v2 and no annotations', () => {
  const draft: Draft = {
    apiVersion: 'autoscaling/v1',
    metadata: { name: 'h' },
    spec: { targetCPUUtilizationPercentage: 50 },
  };
  hpaToV2(draft);
  expect(draft).toEqual({
    apiVersion: 'autoscaling/v2',
    metadata: { name: 'h' },
    spec: {
      metrics: [
        {
          type: 'Resource',
          resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } },
        },
      ],
    },
  });
});

test('an annotation that is no JSON is dropped', () => {
  const draft: Draft = {
    metadata: { annotations: { 'autoscaling.alpha.kubernetes.io/metrics': '{' } },
    spec: {},
  };
  hpaToV2(draft);
  expect(draft).toEqual({ apiVersion: 'autoscaling/v2', metadata: {}, spec: {} });
});
