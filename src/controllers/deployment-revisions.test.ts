import { expect, test } from 'vitest';
import type { Deployment, ReplicaSet } from '../kinds/generated/types.ts';
import { findNewSet, newSetAnnotations, newSetSize, sameTemplate } from './deployment-revisions.ts';

const deployment = (spec: object, annotations: Record<string, string> = {}): Deployment =>
  ({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web', annotations }, spec }) as never;

const set = (name: string, replicas: number, template: object = {}): ReplicaSet =>
  ({
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: { name, creationTimestamp: name },
    spec: { replicas, template },
  }) as never;

const REVISION = 'deployment.kubernetes.io/revision';
const HISTORY = 'deployment.kubernetes.io/revision-history';

test('the hash label does not tell templates apart', () => {
  const bare = { metadata: { labels: { a: 'b' } }, spec: { containers: [] } };
  const hashed = { metadata: { labels: { a: 'b', 'pod-template-hash': 'x' } }, spec: { containers: [] } };
  expect(sameTemplate(bare as never, hashed as never)).toBe(true);
  expect(sameTemplate(bare as never, { ...bare, spec: { containers: [], hostname: 'h' } } as never)).toBe(
    false,
  );
});

test('the oldest set with the template is the new one', () => {
  const template = { spec: { containers: [] } };
  const sets = [set('b', 1, template), set('a', 1, template), set('0', 1, { spec: { containers: [{}] } })];
  expect(findNewSet(deployment({ template }), sets)?.metadata.name).toBe('a');
});

test('a new set takes the annotations of the Deployment, but not kubectl its own', () => {
  const from = deployment(
    {},
    { a: '1', 'kubectl.kubernetes.io/last-applied-configuration': '{}', [REVISION]: '7' },
  );
  expect(newSetAnnotations(from, undefined, '1')).toEqual({ a: '1', [REVISION]: '1' });
});

test('a set that becomes current again remembers its earlier revisions', () => {
  const once = newSetAnnotations(deployment({}), { [REVISION]: '1' }, '3');
  expect(once).toEqual({ [REVISION]: '3', [HISTORY]: '1' });
  expect(newSetAnnotations(deployment({}), once, '5')).toEqual({ [REVISION]: '5', [HISTORY]: '1,3' });
  expect(newSetAnnotations(deployment({}), once, '2')).toEqual(once);
});

test.each([
  ['fills the surge', '25%', 10, [10], 0, 3],
  ['stops at the surge', '25%', 10, [8, 5], 5, 5],
  ['never passes the goal', '100%', 4, [0, 3], 3, 4],
])('the new set %s', (_, maxSurge, replicas, sizes, current, expected) => {
  const strategy = { type: 'RollingUpdate', rollingUpdate: { maxSurge, maxUnavailable: 0 } };
  const sets = sizes.map((size, index) => set(`s${index}`, size));
  expect(newSetSize(deployment({ replicas, strategy }), sets, current)).toBe(expected);
});
