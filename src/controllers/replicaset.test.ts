import { expect, test } from 'vitest';
import { Harness } from '../../test/support/harness.ts';
import type { Pod, ReplicaSet } from '../kinds/generated/types.ts';

const SETS = '/apis/apps/v1/namespaces/default/replicasets';
const PODS = '/api/v1/namespaces/default/pods';
const MERGE = { 'content-type': 'application/merge-patch+json' };

/** A set without nodes: its pods wait. */
const make = (replicas: number) => {
  const cluster = new Harness({ settings: { nodes: [], controlPlaneNode: false, latency: 'fast' } });
  const watch = cluster.watch(`${SETS}?watch=1`);
  cluster.expect(201, 'POST', SETS, {
    body: {
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: { name: 'rs' },
      spec: {
        replicas,
        selector: { matchLabels: { app: 'rs' } },
        template: { metadata: { labels: { app: 'rs' } }, spec: { containers: [{ name: 'c', image: 'a' }] } },
      },
    },
  });
  cluster.advance(5_000);
  /** What the set said of its size since the last call, without repeats. */
  const sizes = (): readonly number[] =>
    watch
      .drain()
      .map(({ object }) => (object as unknown as ReplicaSet).status?.replicas ?? 0)
      .filter((size, index, all) => size !== all[index - 1]);
  return {
    cluster,
    sizes,
    pods: () => cluster.list<Pod>(PODS).length,
    scale: (size: number) => {
      const body = { spec: { replicas: size } };
      cluster.expect(200, 'PATCH', `${SETS}/rs`, { body, headers: MERGE });
      cluster.advance(5_000);
    },
  };
};

test('many pods are made and removed in bursts, with a status after each', () => {
  const it = make(620);
  expect([it.sizes(), it.pods()]).toEqual([[0, 500, 620], 620]);
  it.scale(30);
  expect([it.sizes(), it.pods()]).toEqual([[620, 120, 30], 30]);
});

test('a scale-down is one step, however many pods go', () => {
  const it = make(60);
  it.sizes();
  it.scale(5);
  expect([it.sizes(), it.pods()]).toEqual([[60, 5], 5]);
});
