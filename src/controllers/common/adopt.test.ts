import { expect, test } from 'vitest';
import { adopted, refersTo, released, sortClaims } from './adopt.ts';
import { matchAll } from './labels.ts';

const owner = {
  apiVersion: 'apps/v1',
  kind: 'ReplicaSet',
  metadata: { name: 'web', namespace: 'n', uid: 'mine' },
};
const matches = matchAll({ app: 'x' });

const object = (name: string, app: string, controller?: string, extra: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name,
    labels: { app },
    ...(controller === undefined
      ? {}
      : {
          ownerReferences: [
            { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'o', uid: controller, controller: true },
          ],
        }),
    ...extra,
  },
});

const candidates = [
  object('kept', 'x', 'mine'),
  object('lost', 'y', 'mine'),
  object('free', 'x'),
  object('foreign', 'x', 'other'),
  object('unrelated', 'y'),
  object('going', 'x', undefined, { deletionTimestamp: 't' }),
];

const names = (list: readonly { readonly metadata: { readonly name?: string } }[]) =>
  list.map((it) => it.metadata.name);

test('owned objects that match are kept, others released, orphans that match adopted', () => {
  const { claimed, adopt, release } = sortClaims(owner, matches, candidates);
  expect([names(claimed), names(release), names(adopt)]).toEqual([['kept'], ['lost'], ['free']]);
});

test('an owner that is being deleted neither adopts nor releases', () => {
  const going = { ...owner, metadata: { ...owner.metadata, deletionTimestamp: 't' } };
  const { claimed, adopt, release } = sortClaims(going, matches, candidates);
  expect([names(claimed), names(release), names(adopt)]).toEqual([['kept'], [], []]);
});

test('adopting adds the reference and releasing takes it away again', () => {
  const free = object('free', 'x');
  const owned = adopted(free, owner);
  expect(owned.metadata).toHaveProperty('ownerReferences[0].uid', 'mine');
  expect(released(owned, 'mine')).toEqual(free);
});

test('a reference is judged by group and kind, at any version', () => {
  const ref = { apiVersion: 'apps/v1beta1', kind: 'ReplicaSet', name: 'a', uid: 'u' };
  expect(refersTo(ref, 'apps', 'ReplicaSet')).toBe(true);
  expect(refersTo(ref, '', 'ReplicaSet')).toBe(false);
  expect(refersTo(undefined, 'apps', 'ReplicaSet')).toBe(false);
});
