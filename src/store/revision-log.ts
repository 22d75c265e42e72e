/** The log of writes: append one; read what came after, or what was at, a revision. */

import type { KubeObject } from '../machinery/object.ts';
import type { Instant } from '../machinery/time.ts';
import type { SqlPort } from '../ports.ts';
import type { Slot } from './head.ts';
import { prefixEnd } from './key-range.ts';
import { type LogRow, LogTail } from './log-tail.ts';
import type { ObjectCache } from './object-cache.ts';
import type { Change, ChangeOp, ChangesOptions, Revision, Stored } from './reader.ts';
import type { UndoLog } from './undo.ts';

/** Operations as the `op` column numbers them; the order is part of the stored format. */
const OPS: readonly ChangeOp[] = ['create', 'update', 'delete'];
const DELETE = OPS.indexOf('delete');

/** Above this many missing texts one statement fetches them all; below, single reads are quicker. */
const FEW = 4;
/** Texts fetched by one statement: bounds the parameter's length and what is in flight. */
const BATCH = 2000;
/** Rows whose texts are fetched at once when a reader bounds the bytes it wants. */
const STEP = 32;
const READS_PER_WRITE = 50;

type TextRow = { readonly rev: number; readonly value: string };
type MetaRow = {
  readonly rev: number;
  readonly key: string;
  readonly op: number;
  readonly at: number;
  readonly prev_rev: number | null;
};
type AtRow = { readonly key: string; readonly rev: number };

type Load = (key: string, revision: Revision) => Stored;

/** A write; what was not read with it is read when somebody asks for it. */
class LoggedChange implements Change {
  readonly revision: Revision;
  readonly key: string;
  readonly op: ChangeOp;
  readonly at: Instant;
  readonly #replaced: Revision | undefined;
  readonly #load: Load;
  #stored: Stored | undefined;
  #previous: Stored | undefined;

  constructor(row: LogRow, load: Load, stored?: Stored, previous?: Stored) {
    this.revision = row.revision;
    this.key = row.key;
    this.op = row.op;
    this.at = row.at;
    this.#replaced = row.previous;
    this.#load = load;
    this.#stored = stored;
    this.#previous = previous;
  }

  get object(): KubeObject {
    return this.#current().object;
  }

  get text(): string {
    return this.#current().text;
  }

  get previous(): KubeObject | undefined {
    if (this.#replaced === undefined) return undefined;
    this.#previous ??= this.#load(this.key, this.#replaced);
    return this.#previous.object;
  }

  #current(): Stored {
    this.#stored ??= this.#load(this.key, this.revision);
    return this.#stored;
  }
}

/** The `revision` table. Knows nothing of heads: the caller says what a write replaces. */
export class RevisionLog {
  readonly #sql: SqlPort;
  readonly #undo: UndoLog;
  readonly #cache: ObjectCache;
  readonly #tail: LogTail | undefined;
  readonly #load: Load = (key, revision) => this.loadOne(key, revision);
  #newest: Revision;
  #work = 0;

  /** `remember` keeps the newest rows in memory. `floor` counts as reached even if no row is left of it. */
  constructor(sql: SqlPort, undo: UndoLog, cache: ObjectCache, floor: Revision, remember: boolean) {
    this.#sql = sql;
    this.#undo = undo;
    this.#cache = cache;
    const row = sql.all<{ readonly newest: number | null }>('SELECT max(rev) AS newest FROM revision')[0];
    this.#newest = Math.max(row?.newest ?? 0, floor);
    this.#tail = remember ? new LogTail(this.#newest) : undefined;
  }

  /** The newest revision; 0 before the first write. */
  get newest(): Revision {
    return this.#newest;
  }

  /** Objects read and written since the log was opened; a write counts as fifty reads, which is about what it costs. */
  get work(): number {
    return this.#work;
  }

  /** Appends the next write. `object` is the deeply frozen state that `text` encodes. */
  append(row: LogRow, text: string, object: KubeObject): Stored {
    const { revision, key } = row;
    this.#work += READS_PER_WRITE;
    this.#sql.run(
      'INSERT INTO revision (rev, key, op, prev_rev, at, value) VALUES (?, ?, ?, ?, ?, ?)',
      revision,
      key,
      OPS.indexOf(row.op),
      row.previous ?? null,
      row.at,
      text,
    );
    this.#newest = revision;
    this.#tail?.push(row);
    this.#undo.add(
      () => {
        this.#newest = revision - 1;
        this.#tail?.truncate(revision - 1);
        this.#cache.forget(revision);
      },
      () => this.#sql.run('DELETE FROM revision WHERE rev = ?', revision),
    );
    const stored = this.#cache.add(key, revision, text, object);
    if (row.previous !== undefined) this.#cache.supersede(revision, row.previous);
    if (row.op === 'delete') this.#cache.fade(revision);
    return stored;
  }

  /** The objects at these revisions of these keys, in the order given. All must be retained. */
  load(slots: readonly Slot[]): Stored[] {
    this.#work += slots.length;
    const found: Stored[] = new Array(slots.length);
    const missing: number[] = [];
    for (let at = 0; at < slots.length; at += 1) {
      const slot = slots[at] as Slot;
      const stored = this.#cache.find(slot.revision);
      if (stored === undefined) missing.push(at);
      else found[at] = stored;
    }
    for (let start = 0; start < missing.length; start += BATCH) {
      const places = missing.slice(start, start + BATCH);
      const texts = this.#texts(places.map((at) => (slots[at] as Slot).revision));
      for (const at of places) {
        const { key, revision } = slots[at] as Slot;
        const text = texts.get(revision);
        if (text === undefined) throw new Error(`revision ${revision} of ${key} is not in the log`);
        // The same revision may be asked for twice: once as a write, once as what the next one replaced.
        found[at] = this.#cache.find(revision) ?? this.#cache.add(key, revision, text);
      }
    }
    return found;
  }

  /** The object at a revision of a key, which must be retained. */
  loadOne(key: string, revision: Revision): Stored {
    const known = this.#cache.find(revision);
    if (known !== undefined) return known;
    const text = this.#texts([revision]).get(revision);
    if (text === undefined) throw new Error(`revision ${revision} of ${key} is not in the log`);
    return this.#cache.add(key, revision, text);
  }

  /** Writes after a revision, oldest first. */
  changes(after: Revision, options: ChangesOptions): Change[] {
    if (after >= this.#newest) return [];
    const prefix = options.prefix ?? '';
    const rows =
      this.#tail?.after(after, prefix, options.limit) ?? this.#rowsAfter(after, prefix, options.limit);
    const { maxBytes } = options;
    if (options.isLazy === true) return rows.map((row) => new LoggedChange(row, this.#load));
    if (maxBytes === undefined) return this.#withTexts(rows);
    const found: Change[] = [];
    let bytes = 0;
    for (let start = 0; start < rows.length; start += STEP) {
      for (const change of this.#withTexts(rows.slice(start, start + STEP))) {
        if (found.length > 0 && bytes >= maxBytes) return found;
        found.push(change);
        bytes += change.text.length;
      }
    }
    return found;
  }

  /** The revision a key was at when `at` was the newest; 0 when it was not live. */
  revisionAt(key: string, at: Revision): Revision {
    const row = this.#sql.all<{ readonly rev: number; readonly op: number }>(
      'SELECT rev, op FROM revision WHERE key = ? AND rev <= ? ORDER BY rev DESC LIMIT 1',
      key,
      at,
    )[0];
    return row === undefined || row.op === DELETE ? 0 : row.rev;
  }

  /** The live keys under a prefix when `at` was the newest revision, in key order. */
  rangeAt(
    prefix: string,
    at: Revision,
    after: string | undefined,
    limit: number | undefined,
  ): readonly Slot[] {
    const rows = this.#sql.all<AtRow>(
      `SELECT key, rev FROM (${liveAt(after)}) WHERE op <> ${DELETE} ORDER BY key LIMIT ?`,
      ...rangeParameters(prefix, after),
      at,
      limit ?? -1,
    );
    return rows.map((row) => ({ key: row.key, revision: row.rev }));
  }

  /** How many keys `rangeAt` would give without a limit. */
  countAt(prefix: string, at: Revision, after: string | undefined): number {
    const rows = this.#sql.all<{ readonly n: number }>(
      `SELECT count(*) AS n FROM (${liveAt(after)}) WHERE op <> ${DELETE}`,
      ...rangeParameters(prefix, after),
      at,
    );
    return rows[0]?.n ?? 0;
  }

  #rowsAfter(after: Revision, prefix: string, limit: number | undefined): LogRow[] {
    // The plus signs keep the key index out of it: rows must come in revision order without a sort.
    const rows = this.#sql.all<MetaRow>(
      `SELECT rev, key, op, at, prev_rev FROM revision
       WHERE rev > ? AND +key >= ? AND +key < ? ORDER BY rev LIMIT ?`,
      after,
      prefix,
      prefixEnd(prefix),
      limit ?? -1,
    );
    return rows.map((row) => ({
      revision: row.rev,
      key: row.key,
      op: OPS[row.op] ?? 'update',
      at: row.at,
      previous: row.prev_rev ?? undefined,
    }));
  }

  #withTexts(rows: readonly LogRow[]): Change[] {
    const slots: Slot[] = [];
    for (const { key, revision, previous } of rows) {
      slots.push({ key, revision });
      if (previous !== undefined) slots.push({ key, revision: previous });
    }
    const stored = this.load(slots);
    let at = 0;
    return rows.map((row) => {
      const current = stored[at++] as Stored;
      return new LoggedChange(
        row,
        this.#load,
        current,
        row.previous === undefined ? undefined : stored[at++],
      );
    });
  }

  #texts(revisions: readonly Revision[]): Map<Revision, string> {
    const texts = new Map<Revision, string>();
    if (revisions.length <= FEW) {
      for (const revision of revisions) {
        const row = this.#sql.all<TextRow>('SELECT rev, value FROM revision WHERE rev = ?', revision)[0];
        if (row !== undefined) texts.set(revision, row.value);
      }
      return texts;
    }
    const rows = this.#sql.all<TextRow>(
      'SELECT rev, value FROM revision WHERE rev IN (SELECT value FROM json_each(?))',
      JSON.stringify(revisions),
    );
    for (const row of rows) texts.set(row.rev, row.value);
    return texts;
  }
}

/**
 * The newest row of each key in a range at or below a revision. `op` is a bare column beside `max`, which
 * SQLite takes from the row with the maximum; the index on (key, rev, op) answers it alone.
 */
const liveAt = (after: string | undefined): string =>
  `SELECT key, max(rev) AS rev, op FROM revision
   WHERE key ${after === undefined ? '>=' : '>'} ? AND key < ? AND rev <= ? GROUP BY key`;

const rangeParameters = (prefix: string, after: string | undefined): readonly [string, string] => [
  after ?? prefix,
  prefixEnd(prefix),
];
