import { describe, expect, it } from 'vitest';
import { Harness } from '../support/harness.ts';
import { everyAlarm, historyOf, type Input, onlyInputs, play, restless, type Schedule } from './history.ts';

const PODS = '/api/v1/namespaces/default/pods';
const merge = { 'content-type': 'application/merge-patch+json' };

const post = (at: number, name: string, spec: object): Input => ({
  at,
  method: 'POST',
  url: PODS,
  options: { body: { apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec } },
});

const create = (at: number, plural: string, kind: string, name: string, rest: object = {}): Input => ({
  at,
  method: 'POST',
  url: `/api/v1/namespaces/default/${plural}`,
  options: { body: { apiVersion: 'v1', kind, metadata: { name }, ...rest } },
});

const annotate = (at: number, value: string | null): Input => ({
  at,
  method: 'PATCH',
  url: '/api/v1/nodes/node-1',
  options: { headers: merge, body: { metadata: { annotations: { 'kubicle.dev/last-heartbeat': value } } } },
});

const shell = (script: string, rest: object = {}) => ({
  name: 'c',
  image: 'busybox:1.36',
  command: ['sh', '-c', script],
  ...rest,
});

const nginx = (rest: object = {}) => ({ name: 'c', image: 'nginx:1.27', ...rest });

const histories: Readonly<Record<string, readonly Input[]>> = {
  'probes that pass, fail and kill': [
    post(0, 'live', {
      terminationGracePeriodSeconds: 3,
      containers: [
        shell('touch /ok; sleep 9; rm /ok; sleep 99', {
          livenessProbe: { exec: { command: ['cat', '/ok'] }, periodSeconds: 2, failureThreshold: 2 },
        }),
      ],
    }),
    post(130, 'ready', {
      containers: [nginx({ readinessProbe: { httpGet: { path: '/', port: 80 }, initialDelaySeconds: 4 } })],
    }),
    post(777, 'never', {
      containers: [nginx({ readinessProbe: { tcpSocket: { port: 81 }, periodSeconds: 3 } })],
    }),
    post(900, 'slow', {
      containers: [
        shell('sleep 5; touch /up; sleep 50', {
          startupProbe: { exec: { command: ['cat', '/up'] }, periodSeconds: 1, failureThreshold: 9 },
        }),
      ],
    }),
    { at: 21_500, method: 'DELETE', url: `${PODS}/live` },
  ],
  'init containers, sidecars and hooks': [
    post(0, 'a', {
      initContainers: [
        { name: 's', image: 'redis:7', restartPolicy: 'Always' },
        { ...shell('until nslookup db; do sleep 2; done'), name: 'i' },
      ],
      containers: [
        nginx({
          lifecycle: {
            postStart: { exec: { command: ['sh', '-c', 'sleep 1'] } },
            preStop: { sleep: { seconds: 2 } },
          },
        }),
      ],
    }),
    create(7300, 'services', 'Service', 'db', { spec: { ports: [{ port: 1 }] } }),
    { at: 19_001, method: 'DELETE', url: `${PODS}/a` },
  ],
  'what is missing comes late': [
    post(0, 'env', { containers: [nginx({ envFrom: [{ configMapRef: { name: 'cm' } }] })] }),
    post(250, 'mount', {
      volumes: [{ name: 'v', secret: { secretName: 's' } }],
      containers: [nginx({ volumeMounts: [{ name: 'v', mountPath: '/v' }] })],
    }),
    post(300, 'pull', { containers: [{ name: 'c', image: 'nginx:nope' }] }),
    create(9001, 'configmaps', 'ConfigMap', 'cm'),
    create(9999, 'secrets', 'Secret', 's'),
    {
      at: 17_000,
      method: 'PATCH',
      url: `${PODS}/pull`,
      options: { headers: merge, body: { spec: { containers: [{ name: 'c', image: 'nginx:1.27' }] } } },
    },
    { at: 23_000, method: 'DELETE', url: `${PODS}/pull` },
  ],
  'a node that is cut off and comes back': [
    post(0, 'a', { nodeName: 'node-1', containers: [shell('sleep 30; exit 1')] }),
    post(10, 'b', { nodeName: 'node-1', containers: [nginx()] }),
    annotate(5000, '2026-01-01T00:00:05Z'),
    { at: 20_000, method: 'DELETE', url: `${PODS}/b` },
    annotate(80_000, null),
  ],
};

const record = (inputs: readonly Input[], schedule: Schedule, cacheBytes?: number) => {
  const cluster = new Harness({
    settings: { latency: 'fast' },
    ...(cacheBytes === undefined ? {} : { cacheBytes }),
  });
  play(cluster, inputs, schedule, 30_000);
  expect(cluster.journal.lines.filter((line) => line.level === 'error')).toEqual([]);
  return historyOf(cluster);
};

describe.each(Object.entries(histories))('%s: one history', (_name, inputs) => {
  const expected = record(inputs, everyAlarm);

  it('without alarms', () => {
    expect(record(inputs, onlyInputs)).toEqual(expected);
  });

  it.each([4, 5])('with small turns and evictions, seed %i', (seed) => {
    expect(record(inputs, restless(seed))).toEqual(expected);
  });

  it('with every cache off', () => {
    expect(record(inputs, everyAlarm, 0)).toEqual(expected);
  });
});
