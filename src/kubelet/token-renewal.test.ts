import { expect, test } from 'vitest';
import { renewedAt } from './token-renewal.ts';

const START = 1_000_000;
const HOUR_MS = 3_600_000;

test.each([
  ['at the start', 3600, 0, 0],
  ['before four fifths of its life', 3600, 0.8 * HOUR_MS - 1, 0],
  ['at four fifths', 3600, 0.8 * HOUR_MS, 0.8 * HOUR_MS],
  ['again and again', 3600, 8 * HOUR_MS, 8 * HOUR_MS],
  ['once a day when it lasts long', 30 * 24 * 3600, 25 * HOUR_MS, 24 * HOUR_MS],
  ['not before the pod started', 3600, -5000, 0],
])('a token is renewed %s', (_title, seconds, after, renewed) => {
  expect(renewedAt(START, seconds, START + after)).toBe(START + renewed);
});
