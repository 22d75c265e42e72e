import { expect, it } from 'vitest';
import { deriveInteger, deriveUnit } from './random.ts';

it('is a function of seed, purpose and parts', () => {
  expect(deriveUnit('s', 'uid', 1)).toBe(deriveUnit('s', 'uid', 1));
  expect(deriveUnit('s', 'uid', 1)).not.toBe(deriveUnit('s', 'uid', 2));
  expect(deriveUnit('s', 'uid', 1)).not.toBe(deriveUnit('t', 'uid', 1));
  expect(deriveUnit('s', 'a', 'b')).not.toBe(deriveUnit('s', 'ab', ''));
});

it('spreads evenly over its range', () => {
  const buckets = new Array<number>(16).fill(0);
  for (let index = 0; index < 16_000; index += 1) {
    const bucket = deriveInteger('seed', 16, 'spread', index);
    buckets[bucket] = (buckets[bucket] ?? 0) + 1;
  }
  for (const count of buckets) {
    expect(count).toBeGreaterThan(850);
    expect(count).toBeLessThan(1150);
  }
});
