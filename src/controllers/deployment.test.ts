import { expect, test } from 'vitest';
import { Harness } from '../../test/support/harness.ts';
import type { Deployment, Event, Pod, ReplicaSet } from '../kinds/generated/types.ts';

const APPS = '/apis/apps/v1/namespaces/default';
const PODS = '/api/v1/namespaces/default/pods';
const MERGE = { 'content-type': 'application/merge-patch+json' };

const deployment = (replicas: number, rest: object = {}) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web' },
  spec: {
    replicas,
    selector: { matchLabels: { app: 'web' } },
    template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'c', image: 'a' }] } },
    ...rest,
  },
});

/** A Deployment whose kubelets are played by the test. */
const make = (replicas: number, rest: object = {}) => {
  const cluster = new Harness({ settings: { nodes: [], controlPlaneNode: false, latency: 'fast' } });
  const annotations = { 'kubicle.dev/kubelet': 'external' };
  const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n', annotations } };
  cluster.expect(201, 'POST', '/api/v1/nodes', { body: node });
  const resources = { cpu: '64', memory: '64Gi', pods: '110' };
  const status = {
    capacity: resources,
    allocatable: resources,
    conditions: [{ type: 'Ready', status: 'True' }],
  };
  cluster.expect(200, 'PATCH', '/api/v1/nodes/n/status', { body: { status }, headers: MERGE });
  const patch = (path: string, body: object) => cluster.expect(200, 'PATCH', path, { body, headers: MERGE });
  cluster.expect(201, 'POST', `${APPS}/deployments`, { body: deployment(replicas, rest) });
  cluster.advance(300);
  return {
    cluster,
    change: (spec: object) => patch(`${APPS}/deployments/web`, { spec }),
    image: (image: string) =>
      patch(`${APPS}/deployments/web`, {
        spec: { template: { spec: { containers: [{ name: 'c', image }] } } },
      }),
    ready: () => {
      for (const { metadata, status: now } of cluster.list<Pod>(PODS)) {
        if (now?.phase !== 'Pending') continue;
        const conditions = [{ type: 'Ready', status: 'True' }];
        patch(`${PODS}/${metadata.name}/status`, { status: { phase: 'Running', conditions } });
      }
      cluster.advance(300);
    },
    sets: () =>
      cluster
        .list<ReplicaSet>(`${APPS}/replicasets`)
        .map(({ metadata, spec }) => [
          Number(metadata.annotations?.['deployment.kubernetes.io/revision']),
          spec?.replicas,
        ])
        .sort(([a = 0], [b = 0]) => a - b),
    status: () => cluster.get<Deployment>(`${APPS}/deployments/web`).status,
    notes: () => cluster.list<Event>('/api/v1/namespaces/default/events').map(({ message = '' }) => message),
  };
};

const strategy = { type: 'RollingUpdate', rollingUpdate: { maxSurge: 3, maxUnavailable: 2 } };

test('scaled down in the middle of a rollout, no more pods go than may be missing', () => {
  const it = make(10, { strategy });
  it.ready();
  it.image('b');
  it.cluster.advance(1_000);
  expect(it.sets()).toEqual([
    [1, 8],
    [2, 5],
  ]);
  it.change({ replicas: 15 });
  it.cluster.advance(500);
  expect(it.sets()).toEqual([
    [1, 11],
    [2, 7],
  ]);
  it.change({ replicas: 5 });
  it.cluster.advance(1_000);
  // Three of five must stay available, and none of the new ones is.
  expect(it.sets()).toEqual([
    [1, 3],
    [2, 5],
  ]);
  expect(it.status()?.availableReplicas).toBe(3);
});

test('what is outdated goes as soon as a rollout is complete', () => {
  const it = make(1, { revisionHistoryLimit: 0 });
  it.ready();
  it.image('b');
  it.cluster.advance(300);
  it.ready();
  // The old pod is still on its way.
  expect(it.status()?.terminatingReplicas).toBe(0);
  expect(it.sets()).toEqual([[2, 1]]);
  expect(it.cluster.list<Pod>(PODS).length).toBeGreaterThan(0);
});

test('without replicas the history is kept short as well', () => {
  const it = make(0, { revisionHistoryLimit: 1 });
  for (const image of ['b', 'c', 'd']) {
    it.image(image);
    it.cluster.advance(300);
  }
  expect(it.sets()).toEqual([
    [3, 0],
    [4, 0],
  ]);
});

test('the deprecated request for a rollback is served once the present revision is there', () => {
  const it = make(1);
  it.image('b');
  it.cluster.advance(300);
  it.cluster.expect(200, 'PATCH', `${APPS}/deployments/web`, {
    body: { metadata: { annotations: { 'deprecated.deployment.rollback.to': '0' } } },
    headers: MERGE,
  });
  it.cluster.advance(300);
  expect(it.notes()).toContain('Rolled back deployment "web" to revision 1');
  expect(it.sets().map(([revision]) => revision)).toEqual([2, 3]);
});
