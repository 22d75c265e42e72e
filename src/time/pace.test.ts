import { expect, it } from 'vitest';
import { clusterTime, jumpTo, realTime, repace, wallTime } from './pace.ts';

it('runs at wall speed from its anchor', () => {
  const pace = realTime(1000);
  expect(clusterTime(pace, 1000)).toBe(1000);
  expect(clusterTime(pace, 1750)).toBe(1750);
  expect(wallTime(pace, 1750)).toBe(1750);
});

it('does not go back with the wall clock', () => {
  expect(clusterTime(realTime(1000), 900)).toBe(1000);
});

it('stands still while paused and goes on from there', () => {
  const paused = repace(realTime(1000), 2000, { paused: true });
  expect(clusterTime(paused, 9000)).toBe(2000);
  expect(wallTime(paused, 2500)).toBeUndefined();
  const resumed = repace(paused, 9000, { paused: false });
  expect(clusterTime(resumed, 9500)).toBe(2500);
});

it('scales by the rate in both directions', () => {
  const fast = repace(realTime(0), 1000, { rate: 60 });
  expect(clusterTime(fast, 2000)).toBe(61_000);
  expect(wallTime(fast, 61_000)).toBe(2000);
});

it('jumps forward, never back', () => {
  const pace = jumpTo(realTime(0), 1000, 5000);
  expect(clusterTime(pace, 1000)).toBe(5000);
  expect(clusterTime(jumpTo(pace, 1000, 10), 1000)).toBe(5000);
});
