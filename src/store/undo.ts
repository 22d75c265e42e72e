/** Transactions, and how memory follows them when they roll back. */

import type { SqlPort } from '../ports.ts';

/**
 * Every change of a cache adds the step that takes it back. Steps are absolute ("this key is at revision 7
 * again"), run newest first, and are right even when the cache was dropped or refilled in between.
 */
export class UndoLog {
  readonly #sql: SqlPort;
  readonly #steps: (() => void)[] = [];
  #depth = 0;
  #broken = false;

  constructor(sql: SqlPort) {
    this.#sql = sql;
  }

  /** True inside a transaction. */
  get open(): boolean {
    return this.#depth > 0;
  }

  /** Adds the step that takes a change of memory back. Outside a transaction there is nothing to take back. */
  add(step: () => void): void {
    if (this.#depth > 0) this.#steps.push(step);
  }

  /**
   * Runs several statements that only make sense together, inside a transaction. When one fails, the
   * transaction around it can no longer commit, even if somebody catches the error on the way.
   */
  whole<Result>(statements: () => Result): Result {
    try {
      return statements();
    } catch (error) {
      this.#broken = true;
      throw error;
    }
  }

  /** Runs the work in a transaction (a savepoint inside another). A throw takes back rows and memory alike. */
  transaction<Result>(work: () => Result): Result {
    const mark = this.#steps.length;
    this.#depth += 1;
    try {
      return this.#sql.transaction(() => {
        const result = work();
        if (this.#broken) throw new Error('a write failed half-way, so its transaction cannot commit');
        return result;
      });
    } catch (error) {
      while (this.#steps.length > mark) this.#steps.pop()?.();
      this.#broken = false;
      throw error;
    } finally {
      this.#depth -= 1;
      if (this.#depth === 0) this.#steps.length = 0;
    }
  }
}
