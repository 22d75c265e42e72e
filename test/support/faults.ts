/** Failures at named points, for tests of what survives them. */

import type { SqlPort } from '../../src/ports.ts';

/** What an injected failure throws. */
export class InjectedFault extends Error {
  constructor(point: string) {
    super(`injected fault: ${point}`);
    this.name = 'InjectedFault';
  }
}

export interface FaultySql extends SqlPort {
  /** The nth statement from now throws instead of running; 1 is the next one. */
  failStatement(countdown: number): void;
  /** The next transaction that would end well (outermost or not) throws instead. */
  failCommit(): void;
  /** No more failures. True when the planned one has not struck. */
  disarm(): boolean;
}

/** A sql port that fails when told to, and else passes everything on. */
export const withFaults = (sql: SqlPort): FaultySql => {
  let countdown = 0;
  let commit = false;
  const step = (): void => {
    if (countdown === 0) return;
    countdown -= 1;
    if (countdown === 0) throw new InjectedFault('statement');
  };
  return {
    all: (statement, ...parameters) => {
      step();
      return sql.all(statement, ...parameters);
    },
    run: (statement, ...parameters) => {
      step();
      sql.run(statement, ...parameters);
    },
    transaction: (work) =>
      sql.transaction(() => {
        const result = work();
        if (commit) {
          commit = false;
          throw new InjectedFault('commit');
        }
        return result;
      }),
    size: () => sql.size(),
    failStatement: (statements) => {
      countdown = statements;
    },
    failCommit: () => {
      commit = true;
    },
    disarm: () => {
      const pending = countdown > 0 || commit;
      countdown = 0;
      commit = false;
      return pending;
    },
  };
};
