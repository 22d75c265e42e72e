import { describe, expect, it } from 'vitest';
import { makeCodec } from '../../src/cluster/codec.ts';
import { brokenInvariants } from '../../src/cluster/invariants.ts';
import { builtinKinds, makeCatalog } from '../../src/kinds/catalog.ts';
import { Harness } from '../support/harness.ts';
import { everyAlarm, historyOf, type Input, onlyInputs, play, restless, type Schedule } from './history.ts';

const DEPLOYMENTS = '/apis/apps/v1/namespaces/default/deployments';
const merge = { 'content-type': 'application/merge-patch+json' };

const template = (image: string, extra: object = {}) => ({
  metadata: { labels: { app: 'web' } },
  spec: { containers: [{ name: 'c', image, ...extra }] },
});

const deployment = (replicas: number, image: string) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web' },
  spec: { replicas, selector: { matchLabels: { app: 'web' } }, template: template(image) },
});

const probe = { httpGet: { path: '/', port: 80 }, initialDelaySeconds: 1, periodSeconds: 1 };

const pod = (name: string, command: readonly string[], restartPolicy = 'Always') => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name },
  spec: { restartPolicy, containers: [{ name: 'c', image: 'busybox', command }] },
});

const PODS = '/api/v1/namespaces/default/pods';

const histories: Readonly<Record<string, readonly Input[]>> = {
  'a rollout with a change of image in the middle': [
    { at: 0, method: 'POST', url: DEPLOYMENTS, options: { body: deployment(5, 'nginx:1.25') } },
    {
      at: 900,
      method: 'PATCH',
      url: `${DEPLOYMENTS}/web`,
      options: {
        body: { spec: { template: template('nginx:1.26', { readinessProbe: probe }) } },
        headers: merge,
      },
    },
    {
      at: 3300,
      method: 'PATCH',
      url: `${DEPLOYMENTS}/web`,
      options: { body: { spec: { replicas: 2 } }, headers: merge },
    },
    { at: 9000, method: 'DELETE', url: `${DEPLOYMENTS}/web` },
  ],
  'containers that crash, finish and are deleted': [
    { at: 0, method: 'POST', url: PODS, options: { body: pod('crash', ['sh', '-c', 'sleep 2; exit 3']) } },
    { at: 10, method: 'POST', url: PODS, options: { body: pod('done', ['sleep', '4'], 'Never') } },
    { at: 20, method: 'POST', url: PODS, options: { body: pod('long', ['sleep', '3600']) } },
    { at: 60_000, method: 'DELETE', url: `${PODS}/long` },
    { at: 61_000, method: 'DELETE', url: `${PODS}/crash` },
  ],
  'a namespace filled and deleted': [
    {
      at: 0,
      method: 'POST',
      url: '/api/v1/namespaces',
      options: { body: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'team' } } },
    },
    {
      at: 40,
      method: 'POST',
      url: '/apis/apps/v1/namespaces/team/deployments',
      options: { body: deployment(3, 'nginx') },
    },
    { at: 2500, method: 'DELETE', url: '/api/v1/namespaces/team' },
  ],
};

const codec = makeCodec(makeCatalog(builtinKinds));

const record = (inputs: readonly Input[], schedule: Schedule, cacheBytes?: number) => {
  const cluster = new Harness({
    settings: { latency: 'fast' },
    ...(cacheBytes === undefined ? {} : { cacheBytes }),
  });
  play(cluster, inputs, schedule, 40_000);
  const bugs = cluster.journal.lines.filter((line) => line.level === 'error');
  expect(bugs).toEqual([]);
  expect(brokenInvariants(cluster.sql, codec)).toEqual([]);
  return historyOf(cluster);
};

describe.each(Object.entries(histories))('%s has one history', (_name, inputs) => {
  const expected = record(inputs, everyAlarm);

  it('without alarms', () => {
    expect(record(inputs, onlyInputs)).toEqual(expected);
  });

  it.each([1, 2, 3])('with small turns and evictions, seed %i', (seed) => {
    expect(record(inputs, restless(seed))).toEqual(expected);
  });

  it('with every cache off', () => {
    expect(record(inputs, everyAlarm, 0)).toEqual(expected);
  });
});
