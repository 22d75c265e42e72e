import { expect, test } from 'vitest';
import { type Rules, trackProbe } from './probe-track.ts';

const rules: Rules = {
  first: 1000,
  periodMs: 5000,
  successes: 1,
  failures: 3,
  initially: true,
  endsWith: false,
};
const always = (ok: boolean) => ({ at: () => ok, changes: [] });
const until = (change: number) => ({ at: (now: number) => now < change, changes: [change] });

test('a container that is always well is looked at once', () => {
  expect(trackProbe(rules, always(true), 1000)).toEqual({ finding: true, failsNow: false });
});

test.each([
  [1000, { finding: true, next: 6000, failsNow: true }],
  [5999, { finding: true, next: 6000, failsNow: false }],
  [6000, { finding: true, next: 11_000, failsNow: true }],
  [11_000, { finding: false, since: 11_000, failsNow: true }],
  [99_000, { finding: false, since: 11_000, failsNow: false }],
])('failing from the start: at %i', (now, track) =>
  expect(trackProbe(rules, always(false), now)).toEqual(track),
);

test('a change in the middle is found at the tries after it', () => {
  expect(trackProbe(rules, until(30_000), 2000)).toEqual({ finding: true, next: 31_000, failsNow: false });
  expect(trackProbe(rules, until(30_000), 41_000)).toEqual({ finding: false, since: 41_000, failsNow: true });
});

test('readiness follows back and forth', () => {
  const readiness: Rules = { first: 0, periodMs: 1000, successes: 2, failures: 1, initially: false };
  const outcome = { at: (now: number) => now >= 3000 && now < 8000, changes: [3000, 8000] };
  expect(trackProbe(readiness, outcome, 0)).toEqual({ finding: false, next: 3000, failsNow: true });
  expect(trackProbe(readiness, outcome, 4000)).toEqual({
    finding: true,
    since: 4000,
    next: 8000,
    failsNow: false,
  });
  expect(trackProbe(readiness, outcome, 9000)).toEqual({ finding: false, since: 8000, failsNow: false });
});

test('a million periods cost no more than one', () => {
  expect(trackProbe(rules, until(1e12), 1e11)).toEqual({
    finding: true,
    next: expect.any(Number),
    failsNow: false,
  });
});
