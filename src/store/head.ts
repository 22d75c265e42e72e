/** Which revision each live key is at. */

import type { SqlPort } from '../ports.ts';
import { isOrdinal, prefixEnd, resourcePrefix, startAfter } from './key-range.ts';
import type { Revision } from './reader.ts';
import { SortedSlots } from './sorted-slots.ts';
import type { UndoLog } from './undo.ts';

/** A key and the revision it is at. Those held in memory change with the store: use them at once. */
export interface Slot {
  readonly key: string;
  revision: Revision;
}

/** A slot in memory; `created` is the revision its key came to life at, where it was seen. */
interface Held extends Slot {
  readonly created: Revision | undefined;
}

type SlotRow = { readonly key: string; readonly rev: number };

const INSERT = 'INSERT INTO head (key, rev, create_rev) VALUES (?, ?, ?)';
const UPDATE = 'UPDATE head SET rev = ? WHERE key = ?';
const DELETE = 'DELETE FROM head WHERE key = ?';

/** SQLite's spelling of "no limit". */
const ALL = -1;

/**
 * The `head` table with a mirror in memory. Point reads fill single slots; the first scan of a resource
 * loads all its slots in order, and from then on neither a hit nor a miss of that resource needs SQL.
 */
export class HeadTable {
  readonly #sql: SqlPort;
  readonly #undo: UndoLog;
  readonly #capacity: number;
  readonly #slots = new Map<string, Held>();
  /** Resources whose live keys are all known, in key order, by `group/resource/`. */
  readonly #complete = new Map<string, SortedSlots<Held>>();
  /** What was looked for last and is not there: who creates it looks twice. */
  #missing: string | undefined;

  /** `capacity` bounds the slots in memory; 0 keeps none. */
  constructor(sql: SqlPort, undo: UndoLog, capacity: number) {
    this.#sql = sql;
    this.#undo = undo;
    this.#capacity = capacity;
  }

  /** The revision of a live key, 0 when there is none. */
  find(key: string): Revision {
    const known = this.#slots.get(key);
    if (known !== undefined) return known.revision;
    if (key === this.#missing) return 0;
    const resource = resourcePrefix(key);
    if (resource !== undefined && this.#complete.has(resource)) return 0;
    // A lone surrogate would be stored as another character, and answer for a key it is not.
    if (!key.isWellFormed()) return 0;
    const row = this.#sql.all<SlotRow>('SELECT key, rev FROM head WHERE key = ?', key)[0];
    if (row === undefined) {
      if (this.#capacity > 0) this.#missing = key;
      return 0;
    }
    this.#remember(key, row.rev);
    return row.rev;
  }

  /** Live keys with the prefix, greater than `after`, in order, at most `limit`. */
  range(prefix: string, after: string | undefined, limit: number | undefined): readonly Slot[] {
    const slots = this.#ordered(prefix);
    if (slots === undefined) return this.#rangeFromSql(prefix, after, limit);
    return slots.range(prefix, after, limit);
  }

  /** How many live keys have the prefix and are greater than `after`. */
  count(prefix: string, after: string | undefined): number {
    const slots = this.#ordered(prefix);
    if (slots !== undefined) return slots.count(prefix, after);
    const from = startAfter(prefix, after);
    const rows = this.#sql.all<{ readonly n: number }>(
      `SELECT count(*) AS n FROM head WHERE key ${from === undefined ? '>=' : '>'} ? AND key < ?`,
      from ?? prefix,
      prefixEnd(prefix),
    );
    return rows[0]?.n ?? 0;
  }

  /** A key comes to life at a revision. It must not be live. */
  insert(key: string, revision: Revision): void {
    this.#sql.run(INSERT, key, revision, revision);
    this.#remember(key, revision, revision);
    this.#undo.add(
      () => this.#forget(key),
      () => this.#sql.run(DELETE, key),
    );
  }

  /** A live key moves on from one revision to another. */
  update(key: string, from: Revision, to: Revision): void {
    this.#sql.run(UPDATE, to, key);
    this.#remember(key, to);
    this.#undo.add(
      () => this.#remember(key, from),
      () => this.#sql.run(UPDATE, from, key),
    );
  }

  /** A live key ceases to be. */
  remove(key: string, from: Revision): void {
    const created = this.#delete(key) ?? from;
    this.#forget(key);
    this.#undo.add(
      () => this.#remember(key, from, created),
      () => this.#sql.run(INSERT, key, from, created),
    );
  }

  /** Deletes a key's row; the revision it came to life at. */
  #delete(key: string): Revision | undefined {
    const created = this.#slots.get(key)?.created;
    if (created === undefined) {
      return this.#sql.all<{ readonly create_rev: Revision }>(`${DELETE} RETURNING create_rev`, key)[0]
        ?.create_rev;
    }
    this.#sql.run(DELETE, key);
    return created;
  }

  /** All live keys of the prefix's resource in order; `undefined` when memory may not hold them. */
  #ordered(prefix: string): SortedSlots<Held> | undefined {
    const resource = resourcePrefix(prefix);
    if (resource === undefined || this.#capacity === 0) return undefined;
    const known = this.#complete.get(resource);
    if (known !== undefined) return known;
    const rows = this.#rangeFromSql(resource, undefined, this.#capacity);
    if (rows.length * 2 > this.#capacity) return undefined;
    if (!rows.every((row) => isOrdinal(row.key))) return undefined;
    this.#makeRoom(rows.length);
    const held = rows.map((row) => this.#slots.get(row.key) ?? { ...row, created: undefined });
    for (const slot of held) this.#slots.set(slot.key, slot);
    const slots = new SortedSlots(held);
    this.#complete.set(resource, slots);
    return slots;
  }

  #rangeFromSql(prefix: string, after: string | undefined, limit: number | undefined): Slot[] {
    const from = startAfter(prefix, after);
    const rows = this.#sql.all<SlotRow>(
      `SELECT key, rev FROM head WHERE key ${from === undefined ? '>=' : '>'} ? AND key < ? ORDER BY key LIMIT ?`,
      from ?? prefix,
      prefixEnd(prefix),
      limit ?? ALL,
    );
    return rows.map((row) => ({ key: row.key, revision: row.rev }));
  }

  #remember(key: string, revision: Revision, created?: Revision): void {
    if (key === this.#missing) this.#missing = undefined;
    const known = this.#slots.get(key);
    if (known !== undefined) {
      known.revision = revision;
      return;
    }
    if (this.#capacity === 0) return;
    this.#makeRoom(1);
    const slot: Held = { key, revision, created };
    this.#slots.set(key, slot);
    const resource = resourcePrefix(key);
    const ordered = resource === undefined ? undefined : this.#complete.get(resource);
    if (resource === undefined || ordered === undefined) return;
    if (isOrdinal(key)) ordered.insert(slot);
    else this.#complete.delete(resource);
  }

  #forget(key: string): void {
    if (!this.#slots.delete(key)) return;
    const resource = resourcePrefix(key);
    if (resource !== undefined) this.#complete.get(resource)?.remove(key);
  }

  /** Past the bound everything goes: it refills on use, and few clusters ever come here. */
  #makeRoom(slots: number): void {
    if (this.#slots.size + slots <= this.#capacity) return;
    this.#slots.clear();
    this.#complete.clear();
  }
}
