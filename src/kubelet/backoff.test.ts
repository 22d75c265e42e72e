import { expect, test } from 'vitest';
import { backoffMs, pullPhase } from './backoff.ts';

test.each([
  [0, 0],
  [1, 10_000],
  [2, 20_000],
  [5, 160_000],
  [6, 300_000],
  [40, 300_000],
])('wait %i of a row takes %i ms', (waits, ms) => expect(backoffMs(waits)).toBe(ms));

test.each([
  [0, { attempts: 1, isWaiting: false, nextMs: 400 }],
  [400, { attempts: 1, isWaiting: true, nextMs: 10_000 }],
  [10_000, { attempts: 2, isWaiting: false, nextMs: 10_400 }],
  [29_999, { attempts: 2, isWaiting: true, nextMs: 30_000 }],
  [30_000, { attempts: 3, isWaiting: false, nextMs: 30_400 }],
  [310_000, { attempts: 6, isWaiting: false, nextMs: 310_400 }],
  [610_000, { attempts: 7, isWaiting: false, nextMs: 610_400 }],
  [1_215_000, { attempts: 9, isWaiting: true, nextMs: 1_510_000 }],
])('a pull failing for %i ms is in phase %o', (since, phase) => expect(pullPhase(since, 400)).toEqual(phase));
