import { expect, test } from 'vitest';
import type { Pod } from '../../kinds/generated/types.ts';
import { printTime } from '../../machinery/time.ts';
import { deletionCost, isActive, isAvailable, pickVictims, podFromTemplate } from './pods.ts';

const NOW = Date.UTC(2026, 0, 1, 12);

interface Shape {
  readonly name: string;
  readonly node?: string;
  readonly phase?: string;
  /** Seconds since it became ready; absent: not ready. */
  readonly readyFor?: number;
  readonly age?: number;
  readonly restarts?: number;
  readonly cost?: string;
  readonly deleted?: boolean;
}

const make = ({
  name,
  node = 'n',
  phase = 'Running',
  readyFor,
  age = 100,
  restarts = 0,
  cost,
  deleted,
}: Shape): Pod =>
  ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      uid: name,
      creationTimestamp: printTime(NOW - age * 1000),
      ...(deleted ? { deletionTimestamp: printTime(NOW) } : {}),
      ...(cost === undefined ? {} : { annotations: { 'controller.kubernetes.io/pod-deletion-cost': cost } }),
    },
    spec: { ...(node === '' ? {} : { nodeName: node }), containers: [] },
    status: {
      phase,
      containerStatuses: [{ name: 'c', restartCount: restarts }],
      conditions:
        readyFor === undefined
          ? [{ type: 'Ready', status: 'False' }]
          : [{ type: 'Ready', status: 'True', lastTransitionTime: printTime(NOW - readyFor * 1000) }],
    },
  }) as unknown as Pod;

test.each<[string, Shape, Shape]>([
  ['an unassigned pod goes before an assigned one', { name: 'z', node: '' }, { name: 'a', readyFor: 5 }],
  ['a pending pod goes before a running one', { name: 'z', phase: 'Pending' }, { name: 'a' }],
  ['an unready pod goes before a ready one', { name: 'z' }, { name: 'a', readyFor: 5 }],
  ['a cheap pod goes before a dear one', { name: 'z', readyFor: 5, cost: '-1' }, { name: 'a', readyFor: 5 }],
  [
    'a pod that is ready for a shorter time goes first',
    { name: 'z', readyFor: 2 },
    { name: 'a', readyFor: 90 },
  ],
  ['more restarts go first', { name: 'z', restarts: 3, readyFor: 5 }, { name: 'a', readyFor: 5 }],
  [
    'a younger pod goes before an older one',
    { name: 'z', age: 5, readyFor: 5 },
    { name: 'a', age: 90, readyFor: 5 },
  ],
])('%s', (_, victim, survivor) => {
  const pods = [make(survivor), make(victim)];
  expect(pickVictims(pods, [], 1, NOW).map((pod) => pod.metadata.name)).toEqual([victim.name]);
});

test('of pods that are equal otherwise the one on the crowded node goes first', () => {
  const lonely = make({ name: 'a', node: 'empty', readyFor: 5 });
  const crowded = make({ name: 'z', node: 'full', readyFor: 5 });
  const related = [lonely, crowded, make({ name: 'other', node: 'full', readyFor: 5 })];
  expect(pickVictims([lonely, crowded], related, 1, NOW)).toEqual([crowded]);
});

test.each([
  ['5', 5],
  ['-7', -7],
  ['007', 0],
  ['x', 0],
  ['9999999999', 0],
])('deletion cost %s reads as %d', (cost, value) => {
  expect(deletionCost(make({ name: 'a', cost }))).toBe(value);
});

test('finished and terminating pods are not active', () => {
  expect(isActive(make({ name: 'a' }))).toBe(true);
  expect(isActive(make({ name: 'a', phase: 'Failed' }))).toBe(false);
  expect(isActive(make({ name: 'a', deleted: true }))).toBe(false);
});

test('a pod is available once it was ready for long enough', () => {
  expect(isAvailable(make({ name: 'a', readyFor: 0 }), 0, NOW)).toBe(true);
  expect(isAvailable(make({ name: 'a', readyFor: 9 }), 10, NOW)).toBe(false);
  expect(isAvailable(make({ name: 'a', readyFor: 10 }), 10, NOW)).toBe(true);
  expect(isAvailable(make({ name: 'a' }), 0, NOW)).toBe(false);
});

test('a pod of a template carries its labels and its owner', () => {
  const owner = {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: { name: 'web', namespace: 'n', uid: 'u' },
  };
  const pod = podFromTemplate(
    { metadata: { labels: { app: 'x' } }, spec: { containers: [] } } as never,
    owner,
  );
  expect(pod.metadata).toEqual({
    generateName: 'web-',
    namespace: 'n',
    labels: { app: 'x' },
    ownerReferences: [
      {
        apiVersion: 'apps/v1',
        kind: 'ReplicaSet',
        name: 'web',
        uid: 'u',
        controller: true,
        blockOwnerDeletion: true,
      },
    ],
  });
});
