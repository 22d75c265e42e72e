import { describe, expect, it } from 'vitest';
import { Harness } from '../../test/support/harness.ts';
import type { Pod } from '../kinds/generated/types.ts';

const PODS = '/api/v1/namespaces/default/pods';
const merge = { 'content-type': 'application/merge-patch+json' };

type Spec = Readonly<Record<string, unknown>>;

const makePod = (name: string, spec: Spec = {}, labels: Readonly<Record<string, string>> = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, labels },
  spec: { containers: [{ name: 'c', image: 'registry.k8s.io/pause:3.9' }], ...spec },
});

const requesting = (cpu: string, extra: Spec = {}): Spec => ({
  containers: [{ name: 'c', image: 'registry.k8s.io/pause:3.9', resources: { requests: { cpu } } }],
  ...extra,
});

/** A cluster with these workers and no control-plane node, so that messages count only them. */
const makeCluster = (
  ...nodes: readonly {
    name: string;
    cpu?: string;
    labels?: Readonly<Record<string, string>>;
    taint?: string;
  }[]
): Harness =>
  new Harness({
    settings: {
      controlPlaneNode: false,
      nodes: nodes.map(({ name, cpu = '4', labels = {}, taint }) => ({
        name,
        cpu,
        memory: '8Gi',
        labels,
        ...(taint === undefined ? {} : { taints: [{ key: taint, effect: 'NoSchedule' }] }),
      })),
    },
  });

const create = (cluster: Harness, ...pods: readonly ReturnType<typeof makePod>[]): void => {
  for (const pod of pods) {
    cluster.expect(201, 'POST', PODS, { body: pod });
    cluster.settle(2_000);
  }
};

const read = (cluster: Harness, name: string): Pod => cluster.get<Pod>(`${PODS}/${name}`);
const nodeOf = (cluster: Harness, name: string): string | undefined => read(cluster, name).spec.nodeName;
const refusalOf = (cluster: Harness, name: string): string | undefined =>
  read(cluster, name).status.conditions?.find(
    ({ type, status }) => type === 'PodScheduled' && status === 'False',
  )?.message;

const NO_HELP = (nodes: number): string =>
  ` no new claims to deallocate, preemption: 0/${nodes} nodes are available: ${nodes} Preemption is not helpful for scheduling.`;

describe('where a pod may run', () => {
  it('a node selector picks the node with the label', () => {
    const cluster = makeCluster({ name: 'a' }, { name: 'b', labels: { disk: 'ssd' } });
    create(cluster, makePod('p', { nodeSelector: { disk: 'ssd' } }));
    expect(nodeOf(cluster, 'p')).toBe('b');
  });

  it('a taint keeps pods away that do not tolerate it', () => {
    const cluster = makeCluster({ name: 'a', taint: 'special' });
    create(
      cluster,
      makePod('plain'),
      makePod('guest', { tolerations: [{ key: 'special', operator: 'Exists' }] }),
    );
    expect(refusalOf(cluster, 'plain')).toBe(
      `0/1 nodes are available: 1 node(s) had untolerated taint(s).${NO_HELP(1)}`,
    );
    expect(nodeOf(cluster, 'guest')).toBe('a');
  });

  it('a pod too large for every node says what is short', () => {
    const cluster = makeCluster({ name: 'a', cpu: '2' }, { name: 'b', cpu: '2' });
    create(cluster, makePod('p', requesting('3')));
    expect(refusalOf(cluster, 'p')).toBe(`0/2 nodes are available: 2 Insufficient cpu.${NO_HELP(2)}`);
  });

  it('reasons are counted and sorted as texts', () => {
    const cluster = makeCluster({ name: 'a', taint: 'x' }, { name: 'b', cpu: '1' }, { name: 'c', cpu: '1' });
    create(cluster, makePod('p', requesting('2')));
    expect(refusalOf(cluster, 'p')).toBe(
      `0/3 nodes are available: 1 node(s) had untolerated taint(s), 2 Insufficient cpu.${NO_HELP(3)}`,
    );
  });

  it('a pod of another scheduler is left alone', () => {
    const cluster = makeCluster({ name: 'a' });
    create(cluster, makePod('p', { schedulerName: 'other' }));
    expect(nodeOf(cluster, 'p')).toBeUndefined();
    expect(read(cluster, 'p').status.conditions ?? []).toEqual([]);
  });

  it('hard spreading keeps the skew', () => {
    const cluster = makeCluster({ name: 'a' }, { name: 'b' });
    const spread = {
      topologySpreadConstraints: [
        {
          maxSkew: 1,
          topologyKey: 'kubernetes.io/hostname',
          whenUnsatisfiable: 'DoNotSchedule',
          labelSelector: { matchLabels: { app: 'x' } },
        },
      ],
    };
    create(cluster, ...['1', '2', '3', '4'].map((name) => makePod(name, spread, { app: 'x' })));
    const nodes = ['1', '2', '3', '4'].map((name) => nodeOf(cluster, name)).sort();
    expect(nodes).toEqual(['a', 'a', 'b', 'b']);
  });

  it('anti-affinity holds in both directions', () => {
    const cluster = makeCluster({ name: 'a' });
    const lonely = {
      affinity: {
        podAntiAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: [
            { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: { app: 'x' } } },
          ],
        },
      },
    };
    create(cluster, makePod('first', lonely, { app: 'x' }), makePod('second', {}, { app: 'x' }));
    expect(refusalOf(cluster, 'second')).toContain(
      "1 node(s) didn't satisfy existing pods anti-affinity rules",
    );
  });
});

describe('what frees a parked pod', () => {
  it('a label on a node', () => {
    const cluster = makeCluster({ name: 'a' });
    create(cluster, makePod('p', { nodeSelector: { disk: 'ssd' } }));
    expect(nodeOf(cluster, 'p')).toBeUndefined();
    cluster.expect(200, 'PATCH', '/api/v1/nodes/a', {
      body: { metadata: { labels: { disk: 'ssd' } } },
      headers: merge,
    });
    cluster.settle(2_000);
    expect(nodeOf(cluster, 'p')).toBe('a');
  });

  it('the end of a pod that held the room', () => {
    const cluster = makeCluster({ name: 'a', cpu: '2' });
    create(cluster, makePod('big', requesting('2')), makePod('next', requesting('1')));
    expect(nodeOf(cluster, 'next')).toBeUndefined();
    cluster.expect(200, 'DELETE', `${PODS}/big?gracePeriodSeconds=0`);
    cluster.settle(2_000);
    expect(nodeOf(cluster, 'next')).toBe('a');
  });

  it('but not a change that cannot help', () => {
    const cluster = makeCluster({ name: 'a', cpu: '1' });
    create(cluster, makePod('p', requesting('2')));
    cluster.expect(200, 'PATCH', '/api/v1/nodes/a', {
      body: { metadata: { labels: { disk: 'ssd' } } },
      headers: merge,
    });
    cluster.settle(2_000);
    const failures = cluster
      .list<{ reason: string }>('/api/v1/namespaces/default/events')
      .filter(({ reason }) => reason === 'FailedScheduling');
    expect(failures).toHaveLength(1);
  });
});

describe('preemption', () => {
  const priority = (name: string, value: number) => ({
    apiVersion: 'scheduling.k8s.io/v1',
    kind: 'PriorityClass',
    metadata: { name },
    value,
  });

  it('removes the least important pods that make room, and binds to the nominated node', () => {
    const cluster = makeCluster({ name: 'a', cpu: '2' });
    for (const body of [priority('low', 10), priority('high', 100)]) {
      cluster.expect(201, 'POST', '/apis/scheduling.k8s.io/v1/priorityclasses', { body });
    }
    create(cluster, makePod('victim', requesting('2', { priorityClassName: 'low' })));
    cluster.expect(201, 'POST', PODS, {
      body: makePod('vip', requesting('1', { priorityClassName: 'high' })),
    });
    cluster.advance(5);
    expect(read(cluster, 'vip').status.nominatedNodeName).toBe('a');
    expect(read(cluster, 'victim').metadata.deletionTimestamp).toBeDefined();
    cluster.settle(60_000);
    expect(nodeOf(cluster, 'vip')).toBe('a');
    expect(cluster.request('GET', `${PODS}/victim`).status).toBe(404);
  });

  it('never happens for a pod whose policy forbids it', () => {
    const cluster = makeCluster({ name: 'a', cpu: '2' });
    for (const body of [priority('low', 10), { ...priority('meek', 100), preemptionPolicy: 'Never' }]) {
      cluster.expect(201, 'POST', '/apis/scheduling.k8s.io/v1/priorityclasses', { body });
    }
    create(
      cluster,
      makePod('holder', requesting('2', { priorityClassName: 'low' })),
      makePod('meek', requesting('1', { priorityClassName: 'meek' })),
    );
    expect(refusalOf(cluster, 'meek')).toMatch(/preemption: not eligible due to preemptionPolicy=Never\.$/);
    expect(nodeOf(cluster, 'holder')).toBe('a');
  });
});
