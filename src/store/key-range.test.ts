import { expect, test } from 'vitest';
import { isOrdinal, lowerBound, prefixEnd, resourcePrefix, startAfter } from './key-range.ts';

test.each([
  ['/pods/default/x', '/pods/'],
  ['apps/deployments/a/x', 'apps/deployments/'],
  ['rbac.authorization.k8s.io/clusterroles//admin', 'rbac.authorization.k8s.io/clusterroles/'],
  ['/pods/', '/pods/'],
  ['/pods', undefined],
  ['/', undefined],
  ['apps', undefined],
  ['', undefined],
])('the resource of %j is %j', (key, expected) => {
  expect(resourcePrefix(key)).toBe(expected);
});

test.each(['/pods/', '/pods/a', '', 'é', 'x\u{1f642}', '\x7f'])(
  'the range of prefix %j holds what starts with it',
  (prefix) => {
    const end = Buffer.from(prefixEnd(prefix));
    for (const rest of ['', '/', 'a', 'zzz', '\uffff', '\u{1f642}x']) {
      expect(Buffer.compare(Buffer.from(prefix + rest), end)).toBeLessThan(0);
    }
    expect(Buffer.compare(Buffer.from('\u{10ffff}\u{10ffff}'), end)).toBeGreaterThanOrEqual(0);
  },
);

test.each([
  ['plain', true],
  ['grün 語', true],
  ['\u{1f642}', false],
  ['\ufffd', false],
])('%j is ordered alike in memory and on disk: %j', (key, expected) => {
  expect(isOrdinal(key)).toBe(expected);
});

test('the lower bound is where a key is or would be', () => {
  const keys = ['b', 'd', 'f'];
  const itself = (key: string): string => key;
  expect(['a', 'b', 'c', 'd', 'f', 'g'].map((key) => lowerBound(keys, key, itself))).toEqual([
    0, 0, 1, 1, 2, 3,
  ]);
});

test('a start outside the prefix does not narrow it', () => {
  expect(startAfter('/pods/', '/nodes/x')).toBeUndefined();
  expect(startAfter('/pods/', '/pods/x')).toBe('/pods/x');
});
