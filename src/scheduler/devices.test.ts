import { describe, expect, test } from 'vitest';
import { cpuTimeOf } from '../../test/support/cpu-time.ts';
import { Harness } from '../../test/support/harness.ts';
import type { KubeObject } from '../machinery/object.ts';

const RESOURCE = '/apis/resource.k8s.io/v1';
const CLAIMS = `${RESOURCE}/namespaces/default/resourceclaims`;
const PODS = '/api/v1/namespaces/default/pods';

interface Claim extends KubeObject {
  readonly status?: {
    readonly allocation?: {
      readonly devices?: {
        readonly results?: readonly { readonly request: string; readonly device: string }[];
      };
    };
    readonly reservedFor?: readonly { readonly name: string }[];
  };
}

const device = (name: string, model: string, gigabytes: number, rest: object = {}) => ({
  name,
  attributes: { model: { string: model }, numa: { int: gigabytes % 2 } },
  capacity: { memory: { value: `${gigabytes}Gi` } },
  ...rest,
});

const devices = [
  device('g0', 'A', 40),
  device('g1', 'B', 80),
  device('g2', 'A', 81),
  device('g3', 'B', 41, { taints: [{ key: 'sick', value: 'yes', effect: 'NoSchedule' }] }),
];

const makeCluster = (list: readonly object[] = devices, slices = 1): Harness => {
  const cluster = new Harness();
  fill(cluster, list, slices);
  return cluster;
};

const fill = (cluster: Harness, list: readonly object[], slices = 1): void => {
  const kinds = { deviceclasses: 'DeviceClass', resourceslices: 'ResourceSlice' } as const;
  const post = (resource: keyof typeof kinds, name: string, spec: object) =>
    cluster.expect(201, 'POST', `${RESOURCE}/${resource}`, {
      body: { apiVersion: 'resource.k8s.io/v1', kind: kinds[resource], metadata: { name }, spec },
    });
  post('deviceclasses', 'gpu', {
    selectors: [{ cel: { expression: 'device.driver == "gpu.example.com"' } }],
  });
  post('resourceslices', 'node-1', {
    driver: 'gpu.example.com',
    nodeName: 'node-1',
    pool: { name: 'node-1', generation: 1, resourceSliceCount: slices },
    devices: list,
  });
};

const exactly = (rest: object = {}) => ({ exactly: { deviceClassName: 'gpu', ...rest } });
const cel = (expression: string) => ({ selectors: [{ cel: { expression } }] });

const claim = (cluster: Harness, name: string, spec: object): void => {
  const body = {
    apiVersion: 'resource.k8s.io/v1',
    kind: 'ResourceClaim',
    metadata: { name },
    spec: { devices: spec },
  };
  cluster.expect(201, 'POST', CLAIMS, { body });
};

const pod = (cluster: Harness, name: string, resourceClaimName: string): void => {
  const resourceClaims = [{ name: 'x', resourceClaimName }];
  const containers = [{ name: 'c', image: 'busybox', command: ['sleep', '3600'] }];
  const spec = { containers, resourceClaims, terminationGracePeriodSeconds: 1 };
  cluster.expect(201, 'POST', PODS, { body: { apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec } });
  cluster.advance(2_000);
};

const taken = (cluster: Harness, name: string): readonly string[] | undefined =>
  cluster
    .get<Claim>(`${CLAIMS}/${name}`)
    .status?.allocation?.devices?.results?.map((it) => `${it.request}=${it.device}`);

const tolerate = { tolerations: [{ key: 'sick', operator: 'Exists' }] };
const own = (attribute: string) => `gpu.example.com/${attribute}`;

describe('a claim gets', () => {
  test.each<readonly [string, object, readonly string[] | undefined]>([
    ['the first device', { requests: [{ name: 'r', ...exactly() }] }, ['r=g0']],
    [
      'one that an attribute selects',
      { requests: [{ name: 'r', ...exactly(cel('device.attributes["gpu.example.com"].model == "B"')) }] },
      ['r=g1'],
    ],
    [
      'one that a capacity selects',
      {
        requests: [
          {
            name: 'r',
            ...exactly(cel('device.capacity["gpu.example.com"].memory.compareTo(quantity("81Gi")) >= 0')),
          },
        ],
      },
      ['r=g2'],
    ],
    [
      'none when the expression asks for what no device has',
      { requests: [{ name: 'r', ...exactly(cel('device.attributes["gpu.example.com"].colour == "red"')) }] },
      undefined,
    ],
    [
      'as many as it counts',
      { requests: [{ name: 'r', ...exactly({ count: 3 }) }] },
      ['r=g0', 'r=g1', 'r=g2'],
    ],
    ['none when there are too few', { requests: [{ name: 'r', ...exactly({ count: 4 }) }] }, undefined],
    [
      'tainted ones that it tolerates',
      { requests: [{ name: 'r', ...exactly({ count: 4, ...tolerate }) }] },
      ['r=g0', 'r=g1', 'r=g2', 'r=g3'],
    ],
    [
      'all that there are',
      {
        requests: [
          {
            name: 'r',
            ...exactly({
              allocationMode: 'All',
              ...cel('device.attributes["gpu.example.com"].model == "A"'),
            }),
          },
        ],
      },
      ['r=g0', 'r=g2'],
    ],
    [
      'the first alternative that can be had',
      {
        requests: [
          {
            name: 'r',
            firstAvailable: [
              { name: 'many', deviceClassName: 'gpu', count: 9 },
              { name: 'two', deviceClassName: 'gpu', count: 2 },
            ],
          },
        ],
      },
      ['r/two=g0', 'r/two=g1'],
    ],
    [
      'devices that agree in an attribute',
      {
        requests: [{ name: 'r', ...exactly({ count: 2 }) }],
        constraints: [{ matchAttribute: own('model') }],
      },
      ['r=g0', 'r=g2'],
    ],
    [
      'devices that differ in an attribute',
      {
        requests: [
          { name: 'a', ...exactly() },
          { name: 'b', ...exactly() },
        ],
        constraints: [{ requests: ['a', 'b'], distinctAttribute: own('model') }],
      },
      ['a=g0', 'b=g1'],
    ],
  ])('%s', (_what, spec, wanted) => {
    const cluster = makeCluster();
    claim(cluster, 'c', spec);
    pod(cluster, 'p', 'c');
    expect(taken(cluster, 'c')).toEqual(wanted);
    const { spec: placed } = cluster.get<{ spec: { nodeName?: string } }>(`${PODS}/p`);
    expect(placed.nodeName).toBe(wanted === undefined ? undefined : 'node-1');
  });

  test('nothing of a pool that is not published whole', () => {
    const cluster = makeCluster(devices, 2);
    claim(cluster, 'c', { requests: [{ name: 'r', ...exactly() }] });
    pod(cluster, 'p', 'c');
    expect(taken(cluster, 'c')).toBeUndefined();
  });
});

test('a device is held by one claim until the pods of that claim are gone', () => {
  const cluster = makeCluster([device('g0', 'A', 40)]);
  for (const name of ['first', 'second']) claim(cluster, name, { requests: [{ name: 'r', ...exactly() }] });
  pod(cluster, 'a', 'first');
  pod(cluster, 'b', 'second');
  expect([taken(cluster, 'first'), taken(cluster, 'second')]).toEqual([['r=g0'], undefined]);
  cluster.expect(200, 'DELETE', `${PODS}/a`);
  cluster.advance(5_000);
  expect([taken(cluster, 'first'), taken(cluster, 'second')]).toEqual([undefined, ['r=g0']]);
  const freed = cluster.get<Claim>(`${CLAIMS}/first`);
  expect([freed.metadata.finalizers, freed.status?.reservedFor]).toEqual([undefined, undefined]);
});

test('a claim of a template lives and goes with its pod', () => {
  const cluster = makeCluster();
  const spec = { spec: { devices: { requests: [{ name: 'r', ...exactly() }] } } };
  cluster.expect(201, 'POST', `${RESOURCE}/namespaces/default/resourceclaimtemplates`, {
    body: { apiVersion: 'resource.k8s.io/v1', kind: 'ResourceClaimTemplate', metadata: { name: 't' }, spec },
  });
  cluster.expect(201, 'POST', PODS, {
    body: {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'p' },
      spec: {
        containers: [{ name: 'c', image: 'busybox', command: ['sleep', '5'] }],
        restartPolicy: 'Never',
        resourceClaims: [{ name: 'x', resourceClaimTemplateName: 't' }],
      },
    },
  });
  cluster.advance(1_000);
  const items = () => cluster.get<{ readonly items: readonly Claim[] }>(CLAIMS).items;
  expect(items()).toMatchObject([
    { metadata: { generateName: 'p-x-' }, status: { reservedFor: [{ resource: 'pods', name: 'p' }] } },
  ]);
  cluster.advance(10_000);
  expect(items()).toEqual([]);
});

test('a claim that does not exist keeps the pod out of the queue until it does', () => {
  const cluster = makeCluster();
  pod(cluster, 'p', 'late');
  expect(cluster.get<{ status: { conditions?: unknown } }>(`${PODS}/p`).status.conditions).toBeUndefined();
  claim(cluster, 'late', { requests: [{ name: 'r', ...exactly() }] });
  cluster.advance(1_000);
  expect(taken(cluster, 'late')).toEqual(['r=g0']);
});

test.each([[['a', 'any']], [['any', 'a']]])(
  'claims %j of one pod are allocated so that both get a device',
  (order) => {
    const cluster = new Harness({ settings: { latency: 'fast' } });
    fill(cluster, [device('g0', 'A', 40), device('g1', 'B', 80)]);
    claim(cluster, 'any', { requests: [{ name: 'r', ...exactly() }] });
    claim(cluster, 'a', {
      requests: [{ name: 'r', ...exactly(cel('device.attributes["gpu.example.com"].model == "A"')) }],
    });
    const containers = [{ name: 'c', image: 'busybox', command: ['sleep', '3600'] }];
    const resourceClaims = order.map((name) => ({ name, resourceClaimName: name }));
    const spec = { containers, resourceClaims };
    cluster.expect(201, 'POST', PODS, {
      body: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec },
    });
    cluster.advance(5_000);
    expect([taken(cluster, 'a'), taken(cluster, 'any')]).toEqual([['r=g0'], ['r=g1']]);
  },
);

test('pods that race for the last device: one gets it, the others wait, none runs without', () => {
  const cluster = new Harness({ settings: { latency: 'fast' } });
  fill(cluster, [device('g0', 'A', 40)]);
  const names = ['c0', 'c1', 'c2'];
  for (const name of names) claim(cluster, name, { requests: [{ name: 'r', ...exactly() }] });
  for (const name of names) {
    const resourceClaims = [{ name: 'x', resourceClaimName: name }];
    const spec = { containers: [{ name: 'c', image: 'nginx' }], resourceClaims };
    cluster.expect(201, 'POST', PODS, { body: { apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec } });
  }
  cluster.advance(5_000);
  const placed = names.filter(
    (name) => cluster.get<{ spec: { nodeName?: string } }>(`${PODS}/${name}`).spec.nodeName !== undefined,
  );
  const held = names.filter((name) => taken(cluster, name) !== undefined);
  expect(placed).toHaveLength(1);
  expect(held).toEqual(placed);
});

test('a claim with very many ways to fail is refused in time', () => {
  const many = Array.from({ length: 30 }, (_, index) => device(`d${index}`, `m${index}`, 40));
  const cluster = makeCluster(many);
  const alternatives = Array.from({ length: 8 }, (_, index) => ({
    name: `s${index}`,
    deviceClassName: 'gpu',
    count: 2,
  }));
  claim(cluster, 'c', {
    requests: Array.from({ length: 12 }, (_, index) => ({ name: `r${index}`, firstAvailable: alternatives })),
    constraints: [{ matchAttribute: own('model') }],
  });
  expect(cpuTimeOf(() => pod(cluster, 'p', 'c'))).toBeLessThan(5_000);
  expect(taken(cluster, 'c')).toBeUndefined();
});
