import { expect, test } from 'vitest';
import { Harness } from '../../test/support/harness.ts';
import type { Node } from '../kinds/generated/types.ts';

const MERGE = { 'content-type': 'application/merge-patch+json' };

/** Nodes by zone, whose kubelets are played by the test. */
const make = (zones: Readonly<Record<string, readonly string[]>>) => {
  const cluster = new Harness({ settings: { nodes: [], controlPlaneNode: false, latency: 'fast' } });
  const path = (name: string): string => `/api/v1/nodes/${name}`;
  const say = (name: string, ready: boolean): void => {
    const at = new Date(cluster.now).toISOString().replace(/\.\d+Z$/, 'Z');
    const conditions = [{ type: 'Ready', status: ready ? 'True' : 'False', lastTransitionTime: at }];
    cluster.expect(200, 'PATCH', `${path(name)}/status`, {
      body: { status: { conditions } },
      headers: MERGE,
    });
  };
  for (const [zone, names] of Object.entries(zones)) {
    for (const name of names) {
      const labels = zone === '' ? {} : { 'topology.kubernetes.io/zone': zone };
      const annotations = {
        'kubicle.dev/kubelet': 'external',
        'kubicle.dev/node-monitor-grace-seconds': '100000',
      };
      const node = { apiVersion: 'v1', kind: 'Node', metadata: { name, labels, annotations } };
      cluster.expect(201, 'POST', '/api/v1/nodes', { body: node });
      say(name, true);
    }
  }
  cluster.advance(3_000);
  const isEvicting = (node: Node): boolean =>
    node.spec?.taints?.some(({ effect }) => effect === 'NoExecute') === true;
  return {
    cluster,
    say,
    evicting: () =>
      cluster
        .list<Node>('/api/v1/nodes')
        .filter(isEvicting)
        .map(({ metadata }) => metadata.name),
  };
};

test('of several lost nodes one after the other is evicted from', () => {
  const it = make({ '': ['a', 'b', 'c', 'd', 'e'] });
  for (const name of ['a', 'b']) it.say(name, false);
  it.cluster.advance(500);
  expect(it.evicting()).toEqual(['a']);
  it.cluster.advance(8_000);
  expect(it.evicting()).toEqual(['a']);
  it.cluster.advance(2_500);
  expect(it.evicting()).toEqual(['a', 'b']);
});

test('where most nodes of a small zone are lost nobody is evicted, until fewer are', () => {
  const it = make({ '': ['a', 'b', 'c', 'd', 'e'] });
  for (const name of ['a', 'b', 'c']) it.say(name, false);
  it.cluster.advance(30_000);
  expect(it.evicting()).toEqual([]);
  it.say('c', true);
  it.cluster.advance(30_000);
  expect(it.evicting()).toEqual(['a', 'b']);
});

test('a zone that is lost as a whole is evicted from while another stands', () => {
  const it = make({ east: ['a', 'b', 'c'], west: ['d'] });
  for (const name of ['a', 'b', 'c']) it.say(name, false);
  it.cluster.advance(25_000);
  expect(it.evicting()).toEqual(['a', 'b', 'c']);
});

test('when the last node is lost all evictions end', () => {
  const it = make({ east: ['a'], west: ['b'] });
  it.say('a', false);
  it.cluster.advance(1_000);
  expect(it.evicting()).toEqual(['a']);
  it.say('b', false);
  it.cluster.advance(1_000);
  expect(it.evicting()).toEqual([]);
  it.say('b', true);
  it.cluster.advance(1_000);
  expect(it.evicting()).toEqual(['a']);
});
