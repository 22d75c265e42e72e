/** Transactions, and how memory follows them when they roll back. */

import type { SqlPort } from '../ports.ts';

const halfWay = (): Error => new Error('a write failed half-way, so its transaction cannot commit');

/**
 * Every change of a cache adds the step that takes it back. Steps are absolute ("this key is at revision 7
 * again"), run newest first, and are right even when the cache was dropped or refilled in between.
 */
export class UndoLog {
  readonly #sql: SqlPort;
  readonly #steps: (() => void)[] = [];
  #depth = 0;
  /** Depth of the transaction in which a write failed half-way; 0 when all is well. */
  #brokenAt = 0;

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
   * transaction around it takes no more writes and cannot commit, even if somebody catches the error.
   */
  whole<Result>(statements: () => Result): Result {
    if (this.#brokenAt !== 0) throw halfWay();
    try {
      return statements();
    } catch (error) {
      if (this.#brokenAt === 0) this.#brokenAt = this.#depth;
      throw error;
    }
  }

  /** Runs the work in a transaction (a savepoint inside another). A throw takes back rows and memory alike. */
  transaction<Result>(work: () => Result): Result {
    const mark = this.#steps.length;
    const depth = ++this.#depth;
    try {
      return this.#sql.transaction(() => {
        const result = work();
        if (this.#brokenAt === depth) throw halfWay();
        return result;
      });
    } catch (error) {
      while (this.#steps.length > mark) this.#steps.pop()?.();
      // A transaction further out that is broken stays so: only its own rollback mends it.
      if (this.#brokenAt >= depth) this.#brokenAt = 0;
      throw error;
    } finally {
      this.#depth -= 1;
      if (this.#depth === 0) this.#steps.length = 0;
    }
  }
}
