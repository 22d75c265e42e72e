/**
 * What the model found, as the shrunk programs that show it. A change to the model must still find the old
 * ones, so each is replayed with every setup. To see one fail, check out the commit before its fix and run
 * `vitest run --config vitest.config.ts test/model -t 'bugs that were found before'`.
 */

import type { Step } from './programs.ts';

export interface FoundBug {
  readonly bug: string;
  /** What was wrong, and the search that found it. */
  readonly cause: string;
  readonly program: readonly Step[];
}

const put = (key: number, fault?: (Step & { do: 'put' })['fault']): Step => ({
  do: 'put',
  key,
  content: '',
  label: 0,
  expect: 'none',
  fault,
});

export const foundBugs: readonly FoundBug[] = [
  {
    bug: 'an inner rollback forgives a write that failed half-way further out',
    cause:
      'The mark of a broken transaction was one flag, cleared by the rollback of any savepoint inside it; the ' +
      'outer transaction then committed a log row without its head. MODEL_SEED=42, first draft of undo.ts.',
    program: [
      {
        do: 'transaction',
        fails: false,
        steps: [
          put(0, { kind: 'statement', countdown: 2 }),
          { do: 'compact', budget: 0, fault: { kind: 'commit' } },
        ],
      },
      put(0),
    ],
  },
  {
    bug: 'a write after a swallowed failure builds on half of a write',
    cause:
      'After a fault between log row and head, the same transaction went on: the next write of the key took a ' +
      'live head for granted. Such a transaction now takes no more writes. MODEL_SEED=42, second draft.',
    program: [
      {
        do: 'transaction',
        fails: false,
        steps: [put(4, { kind: 'statement', countdown: 4 }), put(4), { do: 'drop', actor: 0, key: 0 }],
      },
      put(4),
    ],
  },
];
