import { expect } from 'vitest';
import type { Harness } from '../../support/harness.ts';
import { type Act, all, change, type Day, describeDays, make, pathOf, remove } from './day.ts';
import { deployment, template } from './templates.ts';

const HOLD = 'example.com/hold';

/** A ConfigMap; its owners are ConfigMaps of the same name or elsewhere, by the uids they have when it is made. */
const map = (name: string, metadata: object = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, ...metadata },
});

const uidOf = (cluster: Harness, resource: string, name: string): string =>
  cluster.get(pathOf(resource, name)).metadata.uid ?? '';

/** A ConfigMap that belongs to others: those that are there when it is made. */
const belonging = (at: number, name: string, owners: readonly string[], metadata: object = {}): Act => ({
  at,
  act: (cluster) => {
    const ownerReferences = owners.map((owner) => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      name: owner,
      uid: uidOf(cluster, 'configmaps', owner),
      blockOwnerDeletion: true,
    }));
    make(at, 'configmaps', map(name, { ...metadata, ownerReferences })).act(cluster);
  },
});

const release = (at: number, resource: string, name: string): Act =>
  change(at, resource, name, { metadata: { finalizers: null } });

/** Only these ConfigMaps are left, and no reference to an owner that is not there. */
const left =
  (...names: readonly string[]) =>
  (cluster: Harness): void => {
    const maps = all(cluster, 'configmaps').filter(({ metadata }) => metadata.name !== 'kube-root-ca.crt');
    expect(maps.map(({ metadata }) => metadata.name)).toEqual(names);
    const uids = maps.map(({ metadata }) => metadata.uid);
    const refs = maps.flatMap(({ metadata }) => metadata.ownerReferences ?? []);
    for (const { uid } of refs) expect(uids).toContain(uid);
  };

const replicaSet = (replicas: number, metadata: object = {}) => {
  const { metadata: labels, spec } = template('nginx:1.25');
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: { name: 'set' },
    spec: {
      replicas,
      selector: { matchLabels: { app: 'web' } },
      template: { metadata: { ...labels, ...metadata }, spec },
    },
  };
};

/** Makes an object that names an owner by a uid of its own choosing. */
const claiming = (at: number, name: string, owner: string, uid: string): Act =>
  make(
    at,
    'configmaps',
    map(name, { ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name: owner, uid }] }),
  );

const foreground = { propagationPolicy: 'Foreground' };
const orphan = { propagationPolicy: 'Orphan' };

const days: readonly Day[] = [
  {
    name: 'three generations go with the first',
    acts: [
      make(0, 'configmaps', map('a')),
      belonging(100, 'b', ['a']),
      belonging(200, 'c', ['b']),
      make(200, 'configmaps', map('other')),
      belonging(300, 'd', ['a', 'other']),
      remove(5_000, 'configmaps', 'a'),
    ],
    restMs: 20_000,
    holds: left('d', 'other'),
  },
  {
    name: 'owners deleted while what belongs to them is being made',
    acts: [
      make(0, 'deployments', deployment(20, 'nginx:1.25')),
      remove(15, 'deployments', 'web'),
      make(20, 'deployments', deployment(20, 'nginx:1.26')),
      remove(45, 'deployments', 'web', foreground),
      make(10_000, 'deployments', deployment(20, 'nginx:1.27')),
      remove(10_001, 'deployments', 'web'),
    ],
    restMs: 60_000,
    holds: (cluster) => {
      expect(all(cluster, 'pods')).toEqual([]);
      expect(all(cluster, 'replicasets')).toEqual([]);
    },
  },
  {
    name: 'in the foreground, a dependent that is held back, and its own',
    acts: [
      make(0, 'configmaps', map('a')),
      belonging(100, 'b', ['a'], { finalizers: [HOLD] }),
      belonging(200, 'c', ['b']),
      belonging(200, 'free', ['a']),
      remove(5_000, 'configmaps', 'a', foreground),
      belonging(6_000, 'late', ['a']),
      release(60_000, 'configmaps', 'b'),
    ],
    restMs: 20_000,
    holds: left(),
  },
  {
    name: 'a ReplicaSet in the foreground, its pods held back and let go one by one',
    acts: [
      make(0, 'replicasets', replicaSet(3, { finalizers: [HOLD] })),
      remove(5_000, 'replicasets', 'set', foreground),
      ...[20_000, 30_000, 40_000].map(
        (at): Act => ({
          at,
          act: (cluster) => {
            expect(all(cluster, 'replicasets')).toHaveLength(1);
            const [pod] = all(cluster, 'pods').filter(({ metadata }) => metadata.finalizers !== undefined);
            release(at, 'pods', pod?.metadata.name ?? '').act(cluster);
          },
        }),
      ),
    ],
    restMs: 20_000,
    holds: (cluster) => {
      expect(all(cluster, 'pods')).toEqual([]);
      expect(all(cluster, 'replicasets')).toEqual([]);
    },
  },
  {
    name: 'orphaned in the middle of being made, adopted by the next of the name',
    acts: [
      make(0, 'replicasets', replicaSet(4)),
      remove(700, 'replicasets', 'set', orphan),
      make(5_000, 'replicasets', replicaSet(3)),
    ],
    restMs: 60_000,
    holds: (cluster) => {
      const uid = uidOf(cluster, 'replicasets', 'set');
      const owners = all(cluster, 'pods').map(({ metadata }) => metadata.ownerReferences?.[0]?.uid);
      expect(owners).toEqual([uid, uid, uid]);
    },
  },
  {
    name: 'a Deployment orphaned down to its pods',
    acts: [
      make(0, 'deployments', deployment(2, 'nginx:1.25')),
      remove(5_000, 'deployments', 'web', orphan),
      {
        at: 8_000,
        act: (cluster) => {
          const [set] = all(cluster, 'replicasets');
          expect(set?.metadata.ownerReferences).toBeUndefined();
          remove(8_000, 'replicasets', set?.metadata.name ?? '', orphan).act(cluster);
        },
      },
    ],
    restMs: 20_000,
    holds: (cluster) => {
      const pods = all(cluster, 'pods');
      expect(pods.map(({ metadata }) => metadata.ownerReferences)).toEqual([undefined, undefined]);
    },
  },
  {
    name: 'foreground asked for first, orphaning after, while one is held back',
    acts: [
      make(0, 'configmaps', map('a', { finalizers: [HOLD] })),
      belonging(100, 'b', ['a'], { finalizers: [HOLD] }),
      remove(5_000, 'configmaps', 'a', orphan),
      remove(15_000, 'configmaps', 'a', foreground),
      release(20_000, 'configmaps', 'b'),
      release(40_000, 'configmaps', 'a'),
    ],
    restMs: 20_000,
    holds: left('b'),
  },
  {
    name: 'the owner made again with another uid in one moment',
    acts: [
      make(0, 'configmaps', map('a')),
      belonging(100, 'b', ['a']),
      remove(5_000, 'configmaps', 'a'),
      make(5_000, 'configmaps', map('a')),
      belonging(5_000, 'c', ['a']),
      claiming(20_000, 'd', 'a', '00000000-0000-4000-8000-000000000000'),
    ],
    restMs: 20_000,
    holds: left('a', 'c'),
  },
  {
    name: 'an owner in another namespace is none',
    acts: [
      {
        at: 0,
        act: (cluster) => {
          const path = '/api/v1/namespaces/kube-public/configmaps';
          cluster.expect(201, 'POST', path, { body: map('far') });
          const { uid = '' } = cluster.get(`${path}/far`).metadata;
          claiming(0, 'near', 'far', uid).act(cluster);
        },
      },
      make(1_000, 'configmaps', map('a')),
      belonging(1_100, 'kept', ['a']),
    ],
    restMs: 60_000,
    holds: left('a', 'kept'),
  },
  {
    name: 'two that own each other, deleted in the foreground',
    acts: [
      make(0, 'configmaps', map('a')),
      belonging(100, 'b', ['a']),
      {
        at: 200,
        act: (cluster) => {
          const uid = uidOf(cluster, 'configmaps', 'b');
          const ref = { apiVersion: 'v1', kind: 'ConfigMap', name: 'b', uid, blockOwnerDeletion: true };
          change(200, 'configmaps', 'a', { metadata: { ownerReferences: [ref] } }).act(cluster);
        },
      },
      remove(5_000, 'configmaps', 'a', foreground),
    ],
    restMs: 20_000,
    holds: left(),
  },
];

describeDays('collector', days);
