import { expect, it } from 'vitest';
import { ExpiringCache } from './expiring-cache.ts';

it('forgets at the instant given', () => {
  const cache = new ExpiringCache<string>(2);
  cache.put('a', 'value', 100);
  expect(cache.get('a', 99)).toBe('value');
  expect(cache.get('a', 100)).toBeUndefined();
  expect(cache.get('a', 0)).toBeUndefined();
});

it('pushes the oldest out when it is full', () => {
  const cache = new ExpiringCache<number>(2);
  cache.put('a', 1, 100);
  cache.put('b', 2, 100);
  cache.put('a', 3, 100);
  cache.put('c', 4, 100);
  expect([cache.get('a', 0), cache.get('b', 0), cache.get('c', 0)]).toEqual([3, undefined, 4]);
});
