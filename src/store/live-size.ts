/** How much is live: counted once when somebody asks, and kept up from then on. */

import { utf8Length } from '../machinery/deep.ts';
import type { SqlPort } from '../ports.ts';
import type { ChangeOp } from './reader.ts';
import type { UndoLog } from './undo.ts';

/** Bytes of UTF-8 a character of a JavaScript text can take. */
const WIDEST = 3;

/**
 * Live objects and the bytes of their stored texts. What the two are follows from the rows alone; nothing is stored,
 * and a cluster far from its limits never counts bytes: `mostBytes` is an upper bound that costs an addition a write.
 */
export class LiveSize {
  readonly #sql: SqlPort;
  readonly #undo: UndoLog;
  #objects: number | undefined;
  #bytes: number | undefined;
  #most: number | undefined;

  constructor(sql: SqlPort, undo: UndoLog) {
    this.#sql = sql;
    this.#undo = undo;
  }

  /** Live objects of every kind. */
  objects(): number {
    if (this.#objects === undefined) {
      this.#objects = this.#sql.all<{ readonly n: number }>('SELECT count(*) AS n FROM head')[0]?.n ?? 0;
      this.#forgetWithTransaction();
    }
    return this.#objects;
  }

  /** Bytes of the live objects' texts in UTF-8. */
  bytes(): number {
    if (this.#bytes === undefined) {
      // Of a text whose length in bytes is asked for, SQLite reads the header only.
      this.#bytes =
        this.#sql.all<{ readonly n: number | null }>(
          'SELECT sum(octet_length(value)) AS n FROM head JOIN revision USING (rev)',
        )[0]?.n ?? 0;
      this.#forgetWithTransaction();
    }
    return this.#bytes;
  }

  /** True when the live bytes are certainly not above the limit. May be false although they are not. */
  isBelow(limit: number): boolean {
    if (this.#bytes !== undefined) return this.#bytes <= limit;
    if (this.#most === undefined || this.#most > limit) {
      this.#most = this.#sql.size();
      this.#forgetWithTransaction();
    }
    return this.#most <= limit;
  }

  /** Tells of a write inside a transaction: the texts before (none for a create) and after. */
  changed(op: ChangeOp, before: string | undefined, after: string): void {
    const objects = this.#objects;
    const bytes = this.#bytes;
    if (this.#most !== undefined) this.#most += after.length * WIDEST;
    if (objects === undefined && bytes === undefined) return;
    if (objects !== undefined && op !== 'update') this.#objects = objects + (op === 'create' ? 1 : -1);
    if (bytes !== undefined) {
      const gone = before === undefined ? 0 : utf8Length(before);
      this.#bytes = bytes - gone + (op === 'delete' ? 0 : utf8Length(after));
    }
    this.#undo.add(() => {
      this.#objects = objects;
      this.#bytes = bytes;
    });
  }

  /** What was counted inside a transaction is wrong when that is rolled back. */
  #forgetWithTransaction(): void {
    this.#undo.add(() => {
      this.#objects = undefined;
      this.#bytes = undefined;
      this.#most = undefined;
    });
  }
}
