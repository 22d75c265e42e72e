import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { StoreOptions } from '../../src/store/store.ts';
import { foundBugs } from './found-bugs.ts';
import { programs } from './programs.ts';
import { sabotages } from './sabotage.ts';
import { runProgram, type Setup } from './store-model.ts';

const retention = { keepMs: 3, keepWrites: 4, compactStep: 1 };

const setups: readonly (readonly [string, StoreOptions])[] = [
  ['with caches', retention],
  ['with caches off', { ...retention, cacheBytes: 0 }],
  ['with caches so small that they are always full', { ...retention, cacheBytes: 4000 }],
  ['with no history kept', { keepMs: 0, keepWrites: 0, compactStep: 1 }],
  ['with a floor that moves in larger steps', { keepMs: 0, keepWrites: 2, compactStep: 5, cacheBytes: 0 }],
];

/**
 * A longer search: MODEL_RUNS=5000 MODEL_SEED=$RANDOM vitest run --config vitest.config.ts test/model
 * A failure prints its seed, its path (MODEL_PATH) and the shrunk program: put that into found-bugs.ts.
 */
const seed = Number(process.env['MODEL_SEED'] ?? 42);
const numRuns = Number(process.env['MODEL_RUNS'] ?? 60);
const path = process.env['MODEL_PATH'];

const search = (setup: Setup, runs = numRuns): void =>
  fc.assert(
    fc.property(programs, (program) => runProgram(program, setup)),
    { seed, numRuns: runs, ...(path === undefined ? {} : { path }) },
  );

describe('random programs', () => {
  test.each(setups)('%s do what the reference does', (_name, options) => {
    expect(() => search({ options })).not.toThrow();
    expect(() => search({ options, warm: true })).not.toThrow();
  });
});

describe('bugs that were found before', () => {
  test.each(foundBugs)('$bug', ({ program }) => {
    for (const [, options] of setups) expect(() => runProgram(program, { options })).not.toThrow();
  });
});

describe('a store that is broken on purpose is found out', () => {
  test.each(Object.entries(sabotages))('%s', (_name, { begin, wrap }) => {
    const mend = begin?.();
    try {
      const setup = { options: retention, ...(wrap === undefined ? {} : { wrap }) };
      expect(() =>
        fc.assert(
          fc.property(programs, (program) => runProgram(program, setup)),
          { seed, numRuns: 500, endOnFailure: true },
        ),
      ).toThrow();
    } finally {
      mend?.();
    }
  });
});
