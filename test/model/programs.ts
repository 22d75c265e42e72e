/** Random programs: what they may do, and to which keys. */

import fc from 'fast-check';
import type { Look } from './comparison.ts';

/** Few keys, so that programs meet them again; one resource has names whose order differs by encoding. */
export const KEYS = [
  '/pods/a/x',
  '/pods/a/y',
  '/pods/a/y0',
  '/pods/b/x',
  '/pods/b/z',
  '/podsets/a/x',
  'apps/deployments/a/x',
  'rbac/clusterroles//m',
  'rbac/clusterroles//\u{1f642}',
  'rbac/clusterroles//\uffee',
] as const;
/** Prefixes of resources and namespaces, and some that end in the middle of a name. */
export const PREFIXES = [
  '',
  '/pods/',
  '/pods/a/',
  '/pods/b/',
  '/pods',
  '/pods/a/y',
  'apps/deployments/',
  'rbac/clusterroles/',
  'none/none/',
] as const;
/** Index values. */
export const LABELS = ['red', 'rose', 'grün'] as const;
/** Actors of wake-ups; two of them have a place in the order. */
export const ACTORS = ['second', 'first', 'unlisted', 'another'] as const;
/** The order given to the store. */
export const ACTOR_ORDER = ['first', 'second'];

/** Which revision a write names: none, that there is none, the live one, a wrong one. */
export type Expect = 'none' | 'absent' | 'current' | 'stale';
/** Where a write fails: at its nth statement, or when its transaction would commit. */
export type Fault = { readonly kind: 'statement'; readonly countdown: number } | { readonly kind: 'commit' };

/** One thing a program does. */
export type Step =
  | {
      readonly do: 'put';
      readonly key: number;
      readonly content: string;
      readonly label: number;
      readonly expect: Expect;
      readonly fault?: Fault | undefined;
    }
  | {
      readonly do: 'remove';
      readonly key: number;
      readonly changed: boolean;
      readonly expect: Expect;
      readonly fault?: Fault | undefined;
    }
  | {
      readonly do: 'wake';
      readonly actor: number;
      readonly key: number;
      readonly dueAt: number;
      readonly attempts: number;
      readonly soonest: boolean;
    }
  | { readonly do: 'drop'; readonly actor: number; readonly key: number }
  | { readonly do: 'take'; readonly until: number; readonly limit: number | undefined }
  | { readonly do: 'meta'; readonly name: number; readonly value: string | undefined }
  | { readonly do: 'compact'; readonly budget: number; readonly fault?: Fault | undefined }
  | { readonly do: 'reopen' }
  | {
      readonly do: 'drain';
      readonly watcher: number;
      readonly limit: number | undefined;
      readonly maxBytes: number | undefined;
    }
  | { readonly do: 'look'; readonly look: Look }
  | {
      readonly do: 'transaction';
      readonly steps: readonly Step[];
      readonly fails: boolean;
      /** An attempt: without a savepoint. */
      readonly light?: boolean;
    };

const index = (list: readonly unknown[]): fc.Arbitrary<number> => fc.nat({ max: list.length - 1 });
const few = fc.option(fc.nat({ max: 3 }), { nil: undefined });
const expectation = fc.constantFrom<Expect>('none', 'none', 'absent', 'current', 'stale');
const fault: fc.Arbitrary<Fault | undefined> = fc.oneof(
  { weight: 9, arbitrary: fc.constant(undefined) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('statement' as const),
      countdown: fc.integer({ min: 1, max: 8 }),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'commit' as const }) },
);

const look: fc.Arbitrary<Look> = fc.record({
  what: fc.constantFrom('get', 'scan', 'scan', 'count', 'lookup', 'changes', 'agenda'),
  key: index(KEYS),
  prefix: index(PREFIXES),
  label: index(LABELS),
  after: fc.option(index(KEYS), { nil: undefined }),
  limit: few,
  back: fc.option(fc.nat({ max: 12 }), { nil: undefined }),
});

const put = fc.record({
  do: fc.constant('put' as const),
  key: index(KEYS),
  content: fc.string({ maxLength: 60 }),
  label: fc.nat({ max: LABELS.length }),
  expect: expectation,
  fault,
});
const leaf: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: put },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('remove' as const),
      key: index(KEYS),
      changed: fc.boolean(),
      expect: expectation,
      fault,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('wake' as const),
      actor: index(ACTORS),
      key: fc.nat({ max: 2 }),
      dueAt: fc.nat({ max: 20 }),
      attempts: fc.nat({ max: 2 }),
      soonest: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('drop' as const), actor: index(ACTORS), key: fc.nat({ max: 2 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('take' as const), until: fc.nat({ max: 20 }), limit: few }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('meta' as const),
      name: fc.nat({ max: 2 }),
      value: fc.option(fc.string({ maxLength: 3 }), { nil: undefined }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('compact' as const),
      budget: fc.constantFrom(0, 2, 6, 1000),
      fault,
    }),
  },
  { weight: 1, arbitrary: fc.constant({ do: 'reopen' as const }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('drain' as const),
      watcher: fc.nat({ max: 3 }),
      limit: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }),
      maxBytes: fc.option(fc.nat({ max: 300 }), { nil: undefined }),
    }),
  },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('look' as const), look }) },
);

/** Random programs: steps, and transactions of steps up to three deep. */
export const programs: fc.Arbitrary<Step[]> = fc.letrec<{ program: Step[]; step: Step; transaction: Step }>(
  (tie) => ({
    program: fc.array(tie('step'), { minLength: 5, maxLength: 60, size: 'max' }),
    step: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      { weight: 6, arbitrary: leaf },
      { weight: 1, arbitrary: tie('transaction') },
    ),
    transaction: fc.record({
      do: fc.constant('transaction' as const),
      steps: fc.array(tie('step'), { maxLength: 8, size: 'max' }),
      fails: fc.boolean(),
      light: fc.boolean(),
    }),
  }),
).program;
