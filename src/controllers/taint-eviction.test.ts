import { expect, test } from 'vitest';
import { Harness } from '../../test/support/harness.ts';
import type { Event } from '../kinds/generated/types.ts';

const PODS = '/api/v1/namespaces/default/pods';
const MERGE = { 'content-type': 'application/merge-patch+json' };

const make = () => {
  const cluster = new Harness({ settings: { latency: 'fast' } });
  const toleration = { key: 'k', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 60 };
  const pod = (name: string, tolerations: readonly object[]) =>
    cluster.expect(201, 'POST', PODS, {
      body: {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name },
        spec: { nodeName: 'node-1', tolerations, containers: [{ name: 'c', image: 'nginx' }] },
      },
    });
  const taint = (on: boolean) => {
    const taints = on ? [{ key: 'k', effect: 'NoExecute' }] : null;
    cluster.expect(200, 'PATCH', '/api/v1/nodes/node-1', { body: { spec: { taints } }, headers: MERGE });
    cluster.advance(100);
  };
  const events = () =>
    cluster
      .list<Event>('/api/v1/namespaces/default/events')
      .filter(({ reason }) => reason === 'TaintManagerEviction');
  pod('short', []);
  pod('long', [toleration]);
  cluster.advance(10_000);
  return { cluster, taint, events };
};

test('evictions by taints name pods without their uid, and count by name', () => {
  const { taint, events } = make();
  for (let turn = 0; turn < 3; turn += 1) {
    taint(true);
    taint(false);
  }
  const told = events().map(({ message, count, involvedObject: { kind, namespace, name, uid } }) => [
    message,
    count,
    [kind, namespace, name, uid],
  ]);
  expect(told.sort()).toEqual([
    ['Cancelling deletion of Pod default/long', 3, ['Pod', 'default', 'long', undefined]],
    ['Marking for deletion Pod default/short', 1, ['Pod', 'default', 'short', undefined]],
  ]);
});

test('time runs from when a pod is seen on the node, and other taints do not move it', () => {
  const { cluster, events } = make();
  const patch = (path: string, body: object) => cluster.expect(200, 'PATCH', path, { body, headers: MERGE });
  const taint = (key: string, timeAdded = '2020-01-01T00:00:00Z') => ({
    key,
    effect: 'NoExecute',
    timeAdded,
  });
  patch('/api/v1/nodes/node-1', { spec: { taints: [taint('k')] } });
  cluster.advance(50_000);
  patch('/api/v1/nodes/node-1', { spec: { taints: [taint('k'), { ...taint('k'), key: 'k2' }] } });
  cluster.advance(1_000);
  // What is not tolerated ends the wait: that is told as well.
  expect(
    events()
      .filter(({ involvedObject }) => involvedObject.name === 'long')
      .map(({ message }) => message),
  ).toEqual(['Cancelling deletion of Pod default/long', 'Marking for deletion Pod default/long']);
});

test('the first toleration that matches counts, whatever is added after it', () => {
  const { cluster, taint, events } = make();
  taint(true);
  cluster.advance(30_000);
  const tolerations = [
    { key: 'k', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 60 },
    { key: 'k', operator: 'Exists', effect: 'NoExecute' },
  ];
  const before = cluster.get<{ spec: { tolerations: object[] } }>(`${PODS}/long`).spec.tolerations;
  cluster.expect(200, 'PATCH', `${PODS}/long`, {
    body: { spec: { tolerations: [...before, ...tolerations.slice(1)] } },
    headers: MERGE,
  });
  cluster.advance(29_000);
  expect(events().map(({ message }) => message)).toEqual(['Marking for deletion Pod default/short']);
  cluster.advance(3_000);
  expect(events().map(({ message }) => message)).toContain('Marking for deletion Pod default/long');
});
