import { expect, test } from 'vitest';
import { Harness } from '../../test/support/harness.ts';
import type { Pod } from '../kinds/generated/types.ts';

const PODS = '/api/v1/namespaces/default/pods';
const MERGE = { 'content-type': 'application/merge-patch+json' };
const KEPT = { finalizers: ['example.com/kept'] };

const make = () => {
  const cluster = new Harness({ settings: { nodes: [], controlPlaneNode: false, latency: 'fast' } });
  const annotations = { 'kubicle.dev/kubelet': 'external' };
  const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'a', annotations } };
  cluster.expect(201, 'POST', '/api/v1/nodes', { body: node });
  return {
    cluster,
    pod: (spec: object, metadata: object = {}) =>
      cluster.expect(201, 'POST', PODS, {
        body: {
          apiVersion: 'v1',
          kind: 'Pod',
          metadata: { name: 'p', ...metadata },
          spec: { containers: [{ name: 'c', image: 'i' }], ...spec },
        },
      }),
    remove: () => cluster.expect(200, 'DELETE', `${PODS}/p`),
    read: () => cluster.request('GET', `${PODS}/p`),
    status: () => cluster.get<Pod>(`${PODS}/p`).status,
  };
};

test('a pod without a node that is kept from going becomes Failed, without a word why', () => {
  const it = make();
  it.pod({ nodeSelector: { no: 'where' } }, KEPT);
  it.cluster.advance(1_000);
  it.remove();
  expect(it.status()?.phase).toBe('Pending');
  it.cluster.advance(20_000);
  expect(it.status()?.phase).toBe('Failed');
  expect(it.status()?.conditions?.some(({ type }) => type === 'DisruptionTarget')).toBe(false);
});

test('pods that are going from a node out of service are removed', () => {
  const it = make();
  it.pod({ nodeName: 'a' });
  it.remove();
  it.cluster.advance(60_000);
  expect(it.read().status).toBe(200);
  const taints = [{ key: 'node.kubernetes.io/out-of-service', effect: 'NoExecute' }];
  it.cluster.expect(200, 'PATCH', '/api/v1/nodes/a', { body: { spec: { taints } }, headers: MERGE });
  it.cluster.advance(20_000);
  expect(it.read().status).toBe(404);
});

test('pods of a node that is gone are marked and removed after their quarantine', () => {
  const it = make();
  it.pod({ nodeName: 'a' }, KEPT);
  it.cluster.expect(200, 'DELETE', '/api/v1/nodes/a');
  it.cluster.advance(39_000);
  expect(it.status()?.phase).toBe('Pending');
  it.cluster.advance(10_000);
  expect(it.status()).toMatchObject({ phase: 'Failed' });
  expect(it.status()?.conditions).toContainEqual(
    expect.objectContaining({ type: 'DisruptionTarget', reason: 'DeletionByPodGC' }),
  );
});
