/** The newest rows of the log in memory, without their values. */

import type { Instant } from '../machinery/time.ts';
import type { ChangeOp, Revision } from './reader.ts';

/** One write, without its value. */
export interface LogRow {
  readonly revision: Revision;
  readonly key: string;
  readonly op: ChangeOp;
  readonly at: Instant;
  /** The revision this write replaced; absent for a create. */
  readonly previous: Revision | undefined;
}

/** How many rows are kept at least; up to twice as many, so that dropping old ones is rare. */
const KEPT = 2048;

/** Revisions have no gaps, so a row's place is its revision less the first one's. */
export class LogTail {
  readonly #rows: LogRow[] = [];
  #first: Revision;

  /** Starts empty, after the newest revision. */
  constructor(newest: Revision) {
    this.#first = newest + 1;
  }

  /** Adds the next write. */
  push(row: LogRow): void {
    this.#rows.push(row);
    if (this.#rows.length < 2 * KEPT) return;
    this.#rows.splice(0, KEPT);
    this.#first += KEPT;
  }

  /** Forgets the writes after a revision: they were rolled back. */
  truncate(newest: Revision): void {
    if (newest < this.#first) {
      this.#rows.length = 0;
      this.#first = newest + 1;
    } else {
      this.#rows.length = newest - this.#first + 1;
    }
  }

  /** The writes after a revision under a prefix, at most `limit`; `undefined` when they go further back. */
  after(revision: Revision, prefix: string, limit: number | undefined): LogRow[] | undefined {
    if (revision + 1 < this.#first) return undefined;
    const found: LogRow[] = [];
    const most = limit ?? Number.POSITIVE_INFINITY;
    for (let at = revision + 1 - this.#first; at < this.#rows.length && found.length < most; at += 1) {
      const row = this.#rows[at];
      if (row?.key.startsWith(prefix)) found.push(row);
    }
    return found;
  }
}
