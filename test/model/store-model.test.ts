import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { StoreOptions } from '../../src/store/store.ts';
import { programs } from './programs.ts';
import { runProgram } from './store-model.ts';

const retention = { keepMs: 3, keepWrites: 4, compactStep: 1 };

const setups: readonly (readonly [string, StoreOptions])[] = [
  ['with caches', retention],
  ['with caches off', { ...retention, cacheBytes: 0 }],
  ['with caches so small that they are always full', { ...retention, cacheBytes: 4000 }],
  ['with no history kept', { keepMs: 0, keepWrites: 0, compactStep: 1 }],
  ['with a floor that moves in larger steps', { keepMs: 0, keepWrites: 2, compactStep: 5, cacheBytes: 0 }],
];

const seed = Number(process.env['MODEL_SEED'] ?? 42);
const numRuns = Number(process.env['MODEL_RUNS'] ?? 150);

describe('random programs', () => {
  test.each(setups)('%s do what the reference does', (_name, options) => {
    fc.assert(
      fc.property(programs, (program) => runProgram(program, { options })),
      { seed, numRuns, ...(process.env['MODEL_PATH'] ? { path: process.env['MODEL_PATH'] } : {}) },
    );
    expect.assertions(0);
  });
});
