import { describe, expect, it } from 'vitest';
import { Harness } from '../../test/support/harness.ts';
import type { ClusterLimits } from '../machinery/cluster-limits.ts';

const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';
const PODS = '/api/v1/namespaces/default/pods';

const open = (limits: ClusterLimits): Harness => {
  const harness = new Harness();
  harness.settle();
  harness.cluster.setLimits(limits);
  return harness;
};

const configMap = (name: string, size = 10) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name },
  data: { text: 'x'.repeat(size) },
});

const pod = (name: string) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name },
  spec: { containers: [{ name: 'a', image: 'nginx' }] },
});

const deployment = (replicas: number) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'default' },
  spec: {
    replicas,
    selector: { matchLabels: { app: 'web' } },
    template: { metadata: { labels: { app: 'web' } }, spec: pod('x').spec },
  },
});

const events = (harness: Harness, reason: string) =>
  harness
    .list<{ reason: string; message: string }>('/api/v1/namespaces/default/events')
    .filter((event) => event.reason === reason);

describe('objects', () => {
  it('are created up to the limit and refused above it, as a quota refuses', () => {
    const harness = open({});
    const { objects } = harness.cluster.usage();
    harness.cluster.setLimits({ objects: objects + 2 });
    harness.expect(201, 'POST', CONFIG_MAPS, { body: configMap('a') });
    harness.expect(201, 'POST', CONFIG_MAPS, { body: configMap('b') });
    expect(harness.expect(403, 'POST', CONFIG_MAPS, { body: configMap('c') })).toMatchObject({
      kind: 'Status',
      reason: 'Forbidden',
      message: `configmaps "c" is forbidden: exceeded quota: kubicle-plan, requested: count/objects=1, used: count/objects=${objects + 2}, limited: count/objects=${objects + 2}`,
      details: { name: 'c', kind: 'configmaps' },
      code: 403,
    });
    harness.expect(403, 'POST', `${CONFIG_MAPS}?dryRun=All`, { body: configMap('c') });
    harness.expect(200, 'PUT', `${CONFIG_MAPS}/b`, { body: configMap('b', 100) });
    harness.expect(200, 'DELETE', `${CONFIG_MAPS}/a`);
    harness.expect(201, 'POST', CONFIG_MAPS, { body: configMap('c') });
  });

  it('are limited the same after an eviction', () => {
    const harness = open({});
    const { objects } = harness.cluster.usage();
    harness.cluster.setLimits({ objects });
    harness.evict();
    expect(harness.cluster.limits()).toEqual({ objects });
    harness.expect(403, 'POST', CONFIG_MAPS, { body: configMap('a') });
  });

  it('do not stop reviews, which store nothing', () => {
    const harness = open({ objects: 0 });
    const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };
    harness.expect(201, 'POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', { body });
  });
});

describe('pods', () => {
  it('are counted apart, for users and controllers alike; the ReplicaSet says why and goes on when there is room', () => {
    const harness = open({});
    const { pods } = harness.cluster.usage();
    harness.cluster.setLimits({ pods: pods + 3 });
    harness.expect(201, 'POST', PODS, { body: pod('single') });
    harness.expect(201, 'POST', '/apis/apps/v1/namespaces/default/deployments', { body: deployment(5) });
    harness.advance(30_000);
    expect(harness.cluster.usage().pods).toBe(pods + 3);
    const [failed] = events(harness, 'FailedCreate');
    expect(failed?.message).toMatch(
      /^Error creating: pods "web-.*" is forbidden: exceeded quota: kubicle-plan/,
    );
    harness.expect(403, 'POST', PODS, { body: pod('another') });
    harness.cluster.setLimits({ pods: pods + 10 });
    harness.advance(2 * 3600_000);
    expect(harness.list(`${PODS}?labelSelector=app%3Dweb`)).toHaveLength(5);
  });
});

describe('bytes', () => {
  const BIG = 1_000_000;

  it('hold users at the limit, who may still read, shrink and delete', () => {
    const harness = open({});
    const { bytes } = harness.cluster.usage();
    harness.cluster.setLimits({ bytes: bytes + 2 * BIG + 20_000 });
    harness.expect(201, 'POST', CONFIG_MAPS, { body: configMap('a', BIG) });
    harness.expect(201, 'POST', CONFIG_MAPS, { body: configMap('b', BIG) });
    const refused = harness.expect(403, 'POST', CONFIG_MAPS, { body: configMap('c', BIG) });
    expect((refused as { message: string }).message).toContain(
      'exceeded quota: kubicle-plan, requested: bytes=',
    );
    harness.expect(403, 'PUT', `${CONFIG_MAPS}/a`, { body: configMap('a', BIG + 40_000) });
    harness.expect(200, 'PUT', `${CONFIG_MAPS}/b`, { body: configMap('b', BIG / 2) });
    harness.expect(200, 'GET', `${CONFIG_MAPS}/a`);
    harness.expect(200, 'DELETE', `${CONFIG_MAPS}/a`);
    harness.expect(201, 'POST', CONFIG_MAPS, { body: configMap('c', BIG) });
    expect(harness.cluster.usage().bytes).toBeLessThanOrEqual(bytes + 2 * BIG + 20_000);
  });

  it('count nothing twice when history is long', () => {
    const harness = open({});
    const { bytes } = harness.cluster.usage();
    harness.cluster.setLimits({ bytes: bytes + 2.5 * BIG });
    harness.expect(201, 'POST', CONFIG_MAPS, { body: configMap('a', BIG) });
    for (let round = 0; round < 8; round += 1) {
      harness.expect(200, 'PUT', `${CONFIG_MAPS}/a`, { body: configMap('a', BIG - round) });
    }
    harness.expect(201, 'POST', CONFIG_MAPS, { body: configMap('b', BIG) });
  });

  it('let a deletion with finalizers finish in a full cluster', () => {
    const harness = open({});
    const body = { ...configMap('held'), metadata: { name: 'held', finalizers: ['example.com/wait'] } };
    harness.expect(201, 'POST', CONFIG_MAPS, { body });
    harness.cluster.setLimits({ bytes: 1, objects: 1 });
    harness.expect(200, 'DELETE', `${CONFIG_MAPS}/held`);
    harness.expect(200, 'PATCH', `${CONFIG_MAPS}/held`, {
      body: { metadata: { finalizers: null } },
      headers: { 'content-type': 'application/merge-patch+json' },
    });
    harness.expect(404, 'GET', `${CONFIG_MAPS}/held`);
  });

  it('fail controllers gracefully: no error is a bug, and what was asked for happens when there is room', () => {
    const harness = open({});
    harness.expect(201, 'POST', '/apis/apps/v1/namespaces/default/deployments', { body: deployment(0) });
    harness.advance(10_000);
    harness.cluster.setLimits({ bytes: 1, objects: 1 });
    const scale = { spec: { replicas: 2 } };
    const headers = { 'content-type': 'application/merge-patch+json' };
    const path = '/apis/apps/v1/namespaces/default/deployments/web';
    harness.expect(200, 'PATCH', path, { body: scale, headers });
    harness.advance(600_000);
    expect(harness.list(`${PODS}?labelSelector=app%3Dweb`)).toHaveLength(0);
    expect(harness.journal.lines.filter(({ level }) => level === 'error')).toEqual([]);
    harness.cluster.setLimits({});
    harness.advance(2 * 3600_000);
    expect(harness.list(`${PODS}?labelSelector=app%3Dweb`)).toHaveLength(2);
  });
});

it('history goes under pressure without touching what is live', () => {
  const harness = open({});
  harness.expect(201, 'POST', CONFIG_MAPS, { body: configMap('a') });
  for (let round = 0; round < 300; round += 1) {
    harness.expect(200, 'PUT', `${CONFIG_MAPS}/a`, { body: configMap('a', round + 1) });
  }
  const before = harness.cluster.usage();
  for (let more = true; more; ) more = harness.cluster.relieve(harness.now);
  const after = harness.cluster.usage();
  expect(after.oldestRevision).toBe(after.revision - 100);
  expect([after.objects, after.bytes]).toEqual([before.objects, before.bytes]);
});
