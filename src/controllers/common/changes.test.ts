import { expect, test } from 'vitest';
import type { Pod } from '../../kinds/generated/types.ts';
import type { ObjectChange } from '../contract.ts';
import { ownReferenceKeys, podMatters } from './changes.ts';

const base = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'a', namespace: 'n', uid: 'u', generation: 1, labels: { app: 'x' } },
  spec: { containers: [] },
  status: {
    phase: 'Running',
    conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: '2026-01-01T00:00:00Z' }],
  },
} as unknown as Pod;

const update = (object: object): ObjectChange<Pod> => ({
  op: 'update',
  at: 0,
  object: { ...base, ...object } as Pod,
  previous: base,
});

test.each<[string, object, boolean]>([
  ['nothing', {}, false],
  ['a node', { spec: { containers: [], nodeName: 'n1' } }, false],
  ['an address', { status: { ...base.status, podIP: '10.0.0.1' } }, false],
  ['a phase', { status: { ...base.status, phase: 'Failed' } }, true],
  ['readiness', { status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'False' }] } }, true],
  ['a label', { metadata: { ...base.metadata, labels: { app: 'y' } } }, true],
  ['a deletion', { metadata: { ...base.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } }, true],
  ['an owner', { metadata: { ...base.metadata, ownerReferences: [{ uid: 'o' }] } }, true],
])('a pod that got %s matters: %s', (_, object, expected) => {
  expect(podMatters(update(object))).toBe(expected);
});

test('a status write wakes nobody', () => {
  expect(ownReferenceKeys(update({ status: { phase: 'Failed' } }))).toEqual([]);
});

test('a spec, a label or a finalizer wakes the object itself', () => {
  for (const metadata of [{ generation: 2 }, { labels: {} }, { finalizers: ['a/b'] }]) {
    expect(ownReferenceKeys(update({ metadata: { ...base.metadata, ...metadata } }))).toEqual(['n/a']);
  }
});
