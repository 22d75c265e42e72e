import { expect, test } from 'vitest';
import { jsonDiff } from './line-diff.ts';

test('values that print alike have no difference', () => {
  expect(jsonDiff({ a: [1, 2] }, { a: [1, 2] })).toBe('');
});

test('a changed line stands between three lines of context', () => {
  const list = (changed: string): object => ({ list: ['a', 'b', 'c', 'd', changed, 'f', 'g', 'h', 'i'] });
  expect(jsonDiff(list('e'), list('<x>'))).toBe(
    [
      '@@ -4,7 +4,7 @@',
      '   "b",',
      '   "c",',
      '   "d",',
      '-  "e",',
      '+  "\\u003cx\\u003e",',
      '   "f",',
      '   "g",',
      '   "h",',
      '',
    ].join('\n'),
  );
});

test('changes far apart are hunks of their own', () => {
  const list = (first: string, last: string): object => ({
    list: [first, ...Array.from({ length: 12 }, (_, index) => String(index)), last],
  });
  expect(jsonDiff(list('a', 'b'), list('x', 'y')).match(/^@@ .* @@$/gm)).toEqual([
    '@@ -1,6 +1,6 @@',
    '@@ -13,6 +13,6 @@',
  ]);
});
