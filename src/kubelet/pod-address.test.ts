import { expect, test } from 'vitest';
import { freeAddress } from './pod-address.ts';

const none = new Set<string>();

test.each([
  ['10.244.1.0/24', 0, '10.244.1.2'],
  ['10.244.1.0/24', 0.999, '10.244.1.254'],
  ['10.1.2.64/26', 0, '10.1.2.66'],
  ['10.0.0.0/16', 0.5, '10.0.128.0'],
])('of %s at %f: %s', (range, unit, address) => expect(freeAddress(range, none, unit)).toBe(address));

test('taken addresses are passed over, round the end', () => {
  expect(freeAddress('10.244.1.0/24', new Set(['10.244.1.254']), 0.999)).toBe('10.244.1.2');
});

test.each([undefined, '', 'fd00::/64', 'x'])('there is none in %s', (range) =>
  expect(freeAddress(range, none, 0)).toBeUndefined(),
);

test('a full range has none', () => {
  expect(freeAddress('10.0.0.0/30', new Set(['10.0.0.2']), 0)).toBeUndefined();
});
