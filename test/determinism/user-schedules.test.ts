import { describe, expect, it } from 'vitest';
import { Harness } from '../support/harness.ts';
import { everyAlarm, historyOf, type Input, onlyInputs, play, restless, type Schedule } from './history.ts';

const CORE = '/api/v1/namespaces/default';
const APPS = '/apis/apps/v1/namespaces/default';
const merge = { 'content-type': 'application/merge-patch+json' };

const post = (at: number, url: string, body: object): Input => ({
  at,
  method: 'POST',
  url,
  options: { body },
});
const patch = (at: number, url: string, body: object): Input => ({
  at,
  method: 'PATCH',
  url,
  options: { body, headers: merge },
});

const meta = (name: string) => ({ metadata: { name } });
const labels = { app: 'web' };

const statefulSet = {
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  ...meta('web'),
  spec: {
    serviceName: 'web',
    replicas: 2,
    selector: { matchLabels: labels },
    template: {
      metadata: { labels },
      spec: { containers: [{ name: 'c', image: 'redis:7', volumeMounts: [{ name: 'd', mountPath: '/d' }] }] },
    },
    volumeClaimTemplates: [
      {
        ...meta('d'),
        spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
      },
    ],
  },
};

const php = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  ...meta('php'),
  spec: {
    selector: { matchLabels: labels },
    template: {
      metadata: { labels },
      spec: {
        containers: [
          { name: 'c', image: 'registry.k8s.io/hpa-example', resources: { requests: { cpu: '200m' } } },
        ],
      },
    },
  },
};

const hpa = {
  apiVersion: 'autoscaling/v2',
  kind: 'HorizontalPodAutoscaler',
  ...meta('php'),
  spec: {
    scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'php' },
    maxReplicas: 5,
    behavior: { scaleDown: { stabilizationWindowSeconds: 30 } },
  },
};

const load = {
  apiVersion: 'v1',
  kind: 'Pod',
  ...meta('load'),
  spec: {
    terminationGracePeriodSeconds: 1,
    containers: [
      { name: 'c', image: 'busybox', command: ['sh', '-c', 'while sleep 0.01; do wget -qO- php; done'] },
    ],
  },
};

const histories: Readonly<Record<string, readonly Input[]>> = {
  'volumes that are made, grow and go': [
    post(0, `${APPS}/statefulsets`, statefulSet),
    patch(7000, `${CORE}/persistentvolumeclaims/d-web-0`, {
      spec: { resources: { requests: { storage: '2Gi' } } },
    }),
    patch(7100, `${APPS}/statefulsets/web`, { spec: { replicas: 1 } }),
    { at: 12_000, method: 'DELETE', url: `${CORE}/persistentvolumeclaims/d-web-1` },
    { at: 15_000, method: 'DELETE', url: `${APPS}/statefulsets/web` },
    { at: 15_050, method: 'DELETE', url: `${CORE}/persistentvolumeclaims/d-web-0` },
  ],
  'an autoscaler under load': [
    post(0, `${APPS}/deployments`, php),
    post(10, `${CORE}/services`, {
      apiVersion: 'v1',
      kind: 'Service',
      ...meta('php'),
      spec: { selector: labels, ports: [{ port: 80 }] },
    }),
    post(20, '/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers', hpa),
    post(20_000, `${CORE}/pods`, load),
    { at: 90_000, method: 'DELETE', url: `${CORE}/pods/load` },
  ],
};

const record = (inputs: readonly Input[], schedule: Schedule, cacheBytes?: number) => {
  const cluster = new Harness({
    settings: { latency: 'fast', addons: ['default-storageclass', 'metrics-server'] },
    ...(cacheBytes === undefined ? {} : { cacheBytes }),
  });
  play(cluster, inputs, schedule, 120_000);
  expect(cluster.journal.lines.filter((line) => line.level === 'error')).toEqual([]);
  return historyOf(cluster);
};

describe.each(Object.entries(histories))('%s: one history', (name, inputs) => {
  const expected = record(inputs, everyAlarm);

  it('in which something happens', () => {
    const reasons = name.startsWith('volumes')
      ? ['ProvisioningSucceeded', 'FileSystemResizeSuccessful']
      : ['New size: 4', 'All metrics below target'];
    for (const reason of reasons)
      expect(
        expected.some((line) => line.includes(reason)),
        reason,
      ).toBe(true);
  });

  it('without alarms', () => {
    expect(record(inputs, onlyInputs)).toEqual(expected);
  });

  it.each([6, 7])('with small turns and evictions, seed %i', (seed) => {
    expect(record(inputs, restless(seed))).toEqual(expected);
  });

  it('with every cache off', () => {
    expect(record(inputs, everyAlarm, 0)).toEqual(expected);
  });
});
