import { expect, test } from 'vitest';
import { TokenBucket } from './token-bucket.ts';

test('a burst passes, the next one waits for the rate', () => {
  const bucket = new TokenBucket(10, 3, 1000);
  expect([0, 1, 2].map(() => bucket.take(1000))).toEqual([0, 0, 0]);
  expect(bucket.take(1000)).toBe(100);
  expect(bucket.take(1099)).toBeCloseTo(1);
  expect(bucket.take(1100)).toBe(0);
});

test('it never holds more than its capacity', () => {
  const bucket = new TokenBucket(10, 3, 0);
  for (let count = 0; count < 3; count += 1) bucket.take(0);
  expect([0, 1, 2, 3].map(() => bucket.take(1_000_000) > 0)).toEqual([false, false, false, true]);
});

test('debt is paid before anything passes, and is bounded', () => {
  const bucket = new TokenBucket(1000, 100, 0);
  bucket.spend(150, 0);
  expect(bucket.rest(0)).toBe(50);
  expect(bucket.rest(50)).toBe(0);
  bucket.spend(1_000_000, 50);
  expect(bucket.rest(50)).toBe(100);
});

test('a clock that steps back neither gives nor takes', () => {
  const bucket = new TokenBucket(10, 1, 1000);
  expect(bucket.take(1000)).toBe(0);
  expect(bucket.take(0)).toBe(100);
  expect(bucket.take(1100)).toBe(0);
});
