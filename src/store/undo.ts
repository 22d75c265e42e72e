/** Transactions, and how memory follows them when they roll back. */

import { WriteNeeded } from '../machinery/interruption.ts';
import type { SqlPort } from '../ports.ts';

const halfWay = (): Error => new Error('a write failed half-way, so its transaction cannot commit');

/** How one change is taken back: in memory always, in the rows where no savepoint does it. */
interface Step {
  readonly memory: () => void;
  readonly rows: (() => void) | undefined;
}

/**
 * Every change of a cache adds the step that takes it back. Steps are absolute ("this key is at revision 7
 * again"), run newest first, and are right even when the cache was dropped or refilled in between. Writes add the
 * statement that takes their rows back as well: so an attempt inside a transaction needs no savepoint, which costs a
 * copy of every page that is written in it.
 */
export class UndoLog {
  readonly #sql: SqlPort;
  readonly #steps: Step[] = [];
  #depth = 0;
  #attempts = 0;
  /** Depth of the innermost transaction that the database knows of. */
  #known = 0;
  /** Depth of the transaction in which a write failed half-way; 0 when all is well. */
  #brokenAt = 0;
  #isReading = false;
  #wantsWrite = false;
  /** The database; it takes no writes while something only reads. */
  readonly sql: SqlPort;

  constructor(sql: SqlPort) {
    this.#sql = sql;
    this.sql = {
      ...sql,
      run: (statement, ...parameters) => {
        this.#requireWriting();
        sql.run(statement, ...parameters);
      },
    };
  }

  /** True inside a transaction. */
  get open(): boolean {
    return this.#depth > 0;
  }

  /** True inside an attempt: what adds no step for its rows may not be done here. */
  get isAttempt(): boolean {
    return this.#attempts > 0;
  }

  /**
   * Adds the step that takes a change of memory back, and the one for the rows that belong to it: right after each
   * statement, before the next. Outside a transaction there is nothing to take back.
   */
  add(memory: () => void, rows?: () => void): void {
    if (this.#depth > 0) this.#steps.push({ memory, rows });
  }

  /**
   * Runs several statements that only make sense together, inside a transaction. When one fails, the
   * transaction around it takes no more writes and cannot commit, even if somebody catches the error.
   */
  whole<Result>(statements: () => Result): Result {
    this.#requireWriting();
    if (this.#brokenAt !== 0) throw halfWay();
    try {
      return statements();
    } catch (error) {
      if (this.#brokenAt === 0) this.#brokenAt = this.#depth;
      throw error;
    }
  }

  /**
   * Runs work that should write nothing, without a transaction: one costs as much as a read. The result, or `undefined`
   * when it tried to write: then nothing was done, and the work is to be done again in a transaction.
   */
  reading<Result>(work: () => Result): { readonly result: Result } | undefined {
    if (this.#depth > 0) return { result: work() };
    this.#isReading = true;
    this.#wantsWrite = false;
    try {
      const result = work();
      return this.#wantsWrite ? undefined : { result };
    } catch (error) {
      if (this.#wantsWrite) return undefined;
      throw error;
    } finally {
      this.#isReading = false;
    }
  }

  /** Runs the work in a transaction (a savepoint inside another). A throw takes back rows and memory alike. */
  transaction<Result>(work: () => Result): Result {
    if (this.#isReading) return this.#unwritten(work);
    const outer = this.#known;
    this.#known = this.#depth + 1;
    try {
      return this.#level(
        () => this.#sql.transaction(() => this.#finished(work)),
        (mark) => this.#forgetSince(mark),
      );
    } finally {
      this.#known = outer;
    }
  }

  /**
   * The same without a savepoint, for work that only writes what adds its steps: a throw takes its writes back one by
   * one. Should that fail, the transaction around cannot commit. Outside a transaction it is one.
   */
  attempt<Result>(work: () => Result): Result {
    if (this.#isReading) return this.#unwritten(work);
    if (this.#depth === 0) return this.transaction(work);
    this.#attempts += 1;
    try {
      return this.#level(
        () => this.#finished(work),
        (mark) => this.#takeBackSince(mark),
      );
    } finally {
      this.#attempts -= 1;
    }
  }

  /** Where nothing can be written there is nothing to take back. */
  #unwritten<Result>(work: () => Result): Result {
    this.#depth += 1;
    try {
      return work();
    } finally {
      this.#depth -= 1;
    }
  }

  #level<Result>(run: () => Result, takeBack: (mark: number) => void): Result {
    const mark = this.#steps.length;
    const depth = ++this.#depth;
    try {
      return run();
    } catch (error) {
      // A transaction further out that is broken stays so: only its own rollback mends it.
      if (this.#brokenAt >= depth) this.#brokenAt = 0;
      takeBack(mark);
      throw error;
    } finally {
      this.#depth -= 1;
      if (this.#depth === 0) this.#steps.length = 0;
    }
  }

  #requireWriting(): void {
    if (!this.#isReading) return;
    this.#wantsWrite = true;
    throw new WriteNeeded();
  }

  /** The outcome of work that may be kept. */
  #finished<Result>(work: () => Result): Result {
    const depth = this.#depth;
    const result = work();
    if (this.#brokenAt === depth) throw halfWay();
    return result;
  }

  #forgetSince(mark: number): void {
    while (this.#steps.length > mark) this.#steps.pop()?.memory();
  }

  #takeBackSince(mark: number): void {
    while (this.#steps.length > mark) {
      const step = this.#steps.pop();
      try {
        step?.rows?.();
      } catch {
        // The rows are now wrong: what the database can still roll back, it must.
        this.#brokenAt = this.#known;
      }
      step?.memory();
    }
  }
}
