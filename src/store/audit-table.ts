/** The audit log as rows: batches of records, appended, dropped from the front when there are too many bytes. */

import { utf8Length } from '../machinery/deep.ts';
import type { SqlPort } from '../ports.ts';
import type { UndoLog } from './undo.ts';

/** Bytes of records that are kept, unless the cluster says otherwise. */
export const DEFAULT_AUDIT_BYTES = 4 * 1024 * 1024;

/** Records in memory that make a flush worth a row. */
const PENDING_BYTES = 64 * 1024;
/** What must be over the limit before rows are dropped: they go in batches, not one for one. */
const SLACK = 16;
/** Rows fetched by one statement when the log is read backwards. */
const PAGE_ROWS = 32;
/**
 * Most bytes of one record; its maker stores a larger one without what made it large. A row holds what waits and one
 * more, which stays far below the 2 MB the platform takes.
 */
export const MAX_RECORD_BYTES = 256 * 1024;

/** Records that were written together, oldest first; `seq` is the number of the first one, counted from 1. */
export interface Batch {
  readonly seq: number;
  readonly records: readonly unknown[];
}

export interface AuditLog {
  /** The number the next record gets. */
  next(): number;
  /**
   * Adds a record; `bytes` is about its size as JSON. It is readable at once and a row after the next `flush`.
   * Returns its number.
   */
  add(record: object, bytes: number): number;
  /** Number of the first record of the batch that the next one joins. */
  readonly batch: number;
  /** Whether records wait for a flush; `isLarge` when so many that they should not wait longer. */
  readonly pending: boolean;
  readonly isLarge: boolean;
  /** Writes what waits as rows, and drops the oldest rows beyond the limit. Does nothing when nothing waits. */
  flush(maxBytes: number): void;
  /** Number of the oldest record that is kept; `next()` when there is none. */
  oldest(): number;
  /** Bytes of records in rows. */
  bytes(): number;
  /** Batches that hold records with a smaller number, newest first; what waits for a flush is one of them. */
  before(seq: number): Iterable<Batch>;
  /** Batches that hold records from a number on, oldest first. */
  from(seq: number): Iterable<Batch>;
}

type BatchRow = { readonly seq: number; readonly records: string };
type EdgeRow = {
  readonly seq: number;
  readonly count: number;
  readonly start: number;
  readonly bytes: number;
};

/** First and last row; the sizes follow from them. */
interface Edges {
  readonly first: EdgeRow;
  readonly last: EdgeRow;
}

const SELECT_EDGE = 'SELECT seq, count, start, bytes FROM audit ORDER BY seq';

const encoder = new TextEncoder();
/** From here on the platform's own encoder is quicker than counting. */
const LONG_TEXT = 2000;

const bytesOf = (text: string): number =>
  text.length < LONG_TEXT ? utf8Length(text) : encoder.encode(text).length;

/** The `audit` table and the records that wait for the next flush. */
export class AuditTable implements AuditLog {
  readonly #sql: SqlPort;
  readonly #undo: UndoLog;
  readonly #keep: boolean;
  #waiting: object[] = [];
  #waitingBytes = 0;
  /** What `next` tells, once it was asked: a flush does not change it. */
  #next: number | undefined;
  /** `undefined` until it is looked up, `null` while the table is empty. */
  #edges: Edges | null | undefined;

  /** `keep` allows remembering first and last row. */
  constructor(sql: SqlPort, undo: UndoLog, keep: boolean) {
    this.#sql = sql;
    this.#undo = undo;
    this.#keep = keep;
  }

  next(): number {
    if (this.#next !== undefined) return this.#next;
    const next = this.#stored() + this.#waiting.length + 1;
    if (this.#keep) this.#next = next;
    return next;
  }

  add(record: object, bytes: number): number {
    const seq = this.next();
    if (this.#keep) this.#next = seq + 1;
    this.#waiting.push(record);
    this.#waitingBytes += bytes;
    return seq;
  }

  get batch(): number {
    return this.next() - this.#waiting.length;
  }

  get pending(): boolean {
    return this.#waiting.length > 0;
  }

  get isLarge(): boolean {
    return this.#waitingBytes >= PENDING_BYTES;
  }

  flush(maxBytes: number): void {
    if (this.#waiting.length === 0) return;
    const [waiting, bytes, edges] = [this.#waiting, this.#waitingBytes, this.#edges];
    this.#undo.whole(() => {
      this.#append(waiting);
      this.#drop(maxBytes);
    });
    this.#waiting = [];
    this.#waitingBytes = 0;
    const takeBack = () => {
      // What was added since belongs behind what waited before: nothing can be, in the turn that failed.
      this.#waiting = waiting;
      this.#waitingBytes = bytes;
      this.#edges = edges;
    };
    this.#undo.add(takeBack, () => {
      throw new Error('an attempt cannot take audit records back');
    });
  }

  oldest(): number {
    return this.#look()?.first.seq ?? 1;
  }

  bytes(): number {
    const edges = this.#look();
    return edges === null ? 0 : edges.last.start + edges.last.bytes - edges.first.start;
  }

  *before(seq: number): Iterable<Batch> {
    const first = this.#stored() + 1;
    if (first < seq && this.#waiting.length > 0) yield { seq: first, records: this.#waiting };
    let bound = Math.min(seq, first);
    for (;;) {
      const rows = this.#sql.all<BatchRow>(
        'SELECT seq, records FROM audit WHERE seq < ? ORDER BY seq DESC LIMIT ?',
        bound,
        PAGE_ROWS,
      );
      for (const row of rows) {
        yield { seq: row.seq, records: JSON.parse(row.records) };
        bound = row.seq;
      }
      if (rows.length < PAGE_ROWS) return;
    }
  }

  *from(seq: number): Iterable<Batch> {
    let bound = this.#batchOf(seq);
    for (;;) {
      const rows = this.#sql.all<BatchRow>(
        'SELECT seq, records FROM audit WHERE seq >= ? ORDER BY seq LIMIT ?',
        bound,
        PAGE_ROWS,
      );
      for (const row of rows) {
        const batch: Batch = { seq: row.seq, records: JSON.parse(row.records) };
        yield batch;
        bound = row.seq + batch.records.length;
      }
      if (rows.length < PAGE_ROWS) break;
    }
    if (this.#waiting.length > 0) yield { seq: this.#stored() + 1, records: this.#waiting };
  }

  /** First number of the row that holds a record. */
  #batchOf(seq: number): number {
    const rows = this.#sql.all<{ readonly seq: number | null }>(
      'SELECT max(seq) AS seq FROM audit WHERE seq <= ?',
      seq,
    );
    return rows[0]?.seq ?? 0;
  }

  /** Number of the last record in a row; 0 when there was none ever. */
  #stored(): number {
    const edges = this.#look();
    return edges === null ? 0 : edges.last.seq + edges.last.count - 1;
  }

  #look(): Edges | null {
    if (this.#edges !== undefined) return this.#edges;
    const first = this.#sql.all<EdgeRow>(`${SELECT_EDGE} LIMIT 1`)[0];
    const last = this.#sql.all<EdgeRow>(`${SELECT_EDGE} DESC LIMIT 1`)[0];
    const edges = first === undefined || last === undefined ? null : { first, last };
    if (this.#keep) this.#edges = edges;
    return edges;
  }

  #append(records: readonly object[]): void {
    const text = JSON.stringify(records);
    const edges = this.#look();
    const start = edges === null ? 0 : edges.last.start + edges.last.bytes;
    const row = { seq: this.#stored() + 1, count: records.length, start, bytes: bytesOf(text) };
    this.#sql.run(
      'INSERT INTO audit (seq, count, start, bytes, records) VALUES (?, ?, ?, ?, ?)',
      row.seq,
      row.count,
      row.start,
      row.bytes,
      text,
    );
    if (this.#keep) this.#edges = { first: edges?.first ?? row, last: row };
  }

  /** Drops rows from the front once the log is a sixteenth over its limit; the newest row always stays. */
  #drop(maxBytes: number): void {
    const edges = this.#look();
    if (edges === null || this.bytes() <= maxBytes + maxBytes / SLACK) return;
    const floor = edges.last.start + edges.last.bytes - maxBytes;
    this.#sql.run('DELETE FROM audit WHERE start < ? AND seq < ?', floor, edges.last.seq);
    this.#edges = undefined;
  }
}
