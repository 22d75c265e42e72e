import { expect } from 'vitest';
import type { Harness } from '../../support/harness.ts';
import { type Act, all, change, type Day, describeDays, make, pathOf, remove } from './day.ts';

const HOLD = 'example.com/hold';
const NAME = 'widgets.example.com';

const definition = (metadata: object = {}, field = 'size') => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: NAME, ...metadata },
  spec: {
    group: 'example.com',
    scope: 'Namespaced',
    names: { plural: 'widgets', singular: 'widget', kind: 'Widget', listKind: 'WidgetList' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: { spec: { type: 'object', properties: { [field]: { type: 'integer' } } } },
          },
        },
      },
    ],
  },
});

const widget = (name: string, metadata: object = {}) => ({
  apiVersion: 'example.com/v1',
  kind: 'Widget',
  metadata: { name, ...metadata },
  spec: { size: 1 },
});

const held = (name: string) => widget(name, { finalizers: [HOLD] });

const release = (at: number, resource: string, name: string): Act =>
  change(at, resource, name, { metadata: { finalizers: null } });

/** A request that must be answered like this. */
const answers = (at: number, status: number, resource: string, body: object): Act => ({
  at,
  act: (cluster) => void cluster.expect(status, 'POST', pathOf(resource), { body }),
});

/** The definition is gone, and nothing of its kind is stored any more. */
const forgotten = (cluster: Harness): void => {
  expect(cluster.request('GET', pathOf('customresourcedefinitions', NAME)).status).toBe(404);
  expect(cluster.request('GET', pathOf('widgets')).status).toBe(404);
  expect(cluster.sql.all("SELECT key FROM head WHERE key LIKE 'example.com/%'")).toEqual([]);
};

const definitionIsGoing = (at: number): Act => ({
  at,
  act: (cluster) => {
    const { deletionTimestamp } = cluster.get(pathOf('customresourcedefinitions', NAME)).metadata;
    expect(deletionTimestamp).toBeDefined();
  },
});

const begun: readonly Act[] = [make(0, 'customresourcedefinitions', definition())];

const gone = remove(10_000, 'customresourcedefinitions', NAME);

const days: readonly Day[] = [
  {
    name: 'defined, used, deleted with what is left of it',
    acts: [
      ...begun,
      make(5_000, 'widgets', widget('a')),
      make(5_000, 'widgets', widget('b')),
      change(6_000, 'widgets', 'a', { spec: { size: 2 } }),
      remove(7_000, 'widgets', 'a'),
      gone,
    ],
    restMs: 60_000,
    holds: forgotten,
  },
  {
    name: 'one instance is held back for a minute, none can be made meanwhile',
    acts: [
      ...begun,
      make(5_000, 'widgets', held('a')),
      make(5_000, 'widgets', widget('b')),
      gone,
      answers(20_000, 405, 'widgets', widget('c')),
      answers(20_000, 409, 'customresourcedefinitions', definition()),
      definitionIsGoing(60_000),
      release(70_000, 'widgets', 'a'),
    ],
    restMs: 60_000,
    holds: forgotten,
  },
  {
    name: 'held back for a day, let go while nobody looks',
    acts: [...begun, make(5_000, 'widgets', held('a')), gone, release(86_400_000, 'widgets', 'a')],
    restMs: 60_000,
    holds: forgotten,
  },
  {
    name: 'many instances, some held back, let go one by one',
    acts: [
      ...begun,
      ...Array.from({ length: 25 }, (_, index) =>
        make(5_000, 'widgets', index % 5 === 0 ? held(`w-${index}`) : widget(`w-${index}`)),
      ),
      gone,
      {
        at: 11_000,
        act: (cluster) => {
          const held = all(cluster, 'widgets').filter(({ metadata }) => metadata.finalizers !== undefined);
          expect(held).toHaveLength(5);
          expect(all(cluster, 'widgets')).toEqual(held);
        },
      },
      ...Array.from({ length: 5 }, (_, step) => release(12_000 + step * 3_000, 'widgets', `w-${step * 5}`)),
    ],
    restMs: 60_000,
    holds: forgotten,
  },
  {
    name: 'deleted, and defined again with another schema as soon as it has gone',
    acts: [
      ...begun,
      make(5_000, 'widgets', held('a')),
      gone,
      release(20_000, 'widgets', 'a'),
      make(40_000, 'customresourcedefinitions', definition({}, 'colour')),
      make(45_000, 'widgets', widget('a')),
    ],
    restMs: 60_000,
    holds: (cluster) => {
      const [only, ...others] = all(cluster, 'widgets');
      expect(others).toEqual([]);
      expect(only?.metadata.finalizers).toBeUndefined();
      expect(only?.spec).toEqual({});
    },
  },
  {
    name: 'the definition itself is held back after its instances have gone',
    acts: [
      make(0, 'customresourcedefinitions', definition({ finalizers: [HOLD] })),
      make(5_000, 'widgets', widget('a')),
      gone,
      definitionIsGoing(60_000),
      answers(60_000, 405, 'widgets', widget('b')),
      release(61_000, 'customresourcedefinitions', NAME),
    ],
    restMs: 60_000,
    holds: forgotten,
  },
  {
    name: 'deleted at the moment it is made',
    acts: [...begun, remove(0, 'customresourcedefinitions', NAME)],
    restMs: 60_000,
    holds: forgotten,
  },
  {
    name: 'what belongs to instances goes with them, in the foreground too',
    acts: [
      ...begun,
      make(40_000, 'widgets', widget('a')),
      make(40_000, 'widgets', held('b')),
      ...['a', 'b'].map(
        (name): Act => ({
          at: 41_000,
          act: (cluster) => {
            const { uid = '' } = cluster.get(pathOf('widgets', name)).metadata;
            const ref = { apiVersion: 'example.com/v1', kind: 'Widget', name, uid, blockOwnerDeletion: true };
            const metadata = { name: `of-${name}`, ownerReferences: [ref] };
            make(41_000, 'configmaps', { apiVersion: 'v1', kind: 'ConfigMap', metadata }).act(cluster);
          },
        }),
      ),
      remove(50_000, 'widgets', 'b', { propagationPolicy: 'Foreground' }),
      remove(60_000, 'customresourcedefinitions', NAME),
      release(80_000, 'widgets', 'b'),
    ],
    restMs: 120_000,
    holds: (cluster) => {
      forgotten(cluster);
      expect(all(cluster, 'configmaps').map(({ metadata }) => metadata.name)).toEqual(['kube-root-ca.crt']);
    },
  },
  {
    name: 'a namespace with held instances is deleted, then the definition',
    acts: [
      ...begun,
      make(1_000, 'namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'side' } }),
      {
        at: 5_000,
        act: (cluster) => {
          const path = '/apis/example.com/v1/namespaces/side/widgets';
          cluster.expect(201, 'POST', path, { body: held('a') });
          cluster.expect(201, 'POST', path, { body: widget('b') });
        },
      },
      remove(6_000, 'namespaces', 'side'),
      gone,
      {
        at: 60_000,
        act: (cluster) => {
          const path = '/apis/example.com/v1/namespaces/side/widgets/a';
          const headers = { 'content-type': 'application/merge-patch+json' };
          cluster.expect(200, 'PATCH', path, { body: { metadata: { finalizers: null } }, headers });
        },
      },
    ],
    restMs: 120_000,
    holds: (cluster) => {
      forgotten(cluster);
      expect(cluster.request('GET', pathOf('namespaces', 'side')).status).toBe(404);
    },
  },
];

describeDays('definitions', days);
