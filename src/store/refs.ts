/** The secondary index: which live keys have an entry that their kind declares. */

import type { SqlPort } from '../ports.ts';
import { isOrdinal, lowerBound } from './key-range.ts';
import type { ObjectCodec } from './reader.ts';
import type { UndoLog } from './undo.ts';

/** An index entry of one object: name and value. */
export type Ref = readonly [string, string];

type KeyRow = { readonly key: string };
type ListRow = { readonly value: string; readonly key: string };

const NONE: readonly string[] = [];

/** So many lists of an index are read one by one before it is read whole. */
export const MISSES = 8;

const INSERT = 'INSERT INTO ref (name, value, key) VALUES (?, ?, ?)';
const DELETE = 'DELETE FROM ref WHERE name = ? AND value = ? AND key = ?';

const listName = (name: string, value: string): string => `${name}\0${value}`;
const itself = (key: string): string => key;

const missingFrom = (refs: readonly Ref[], others: readonly Ref[]): readonly Ref[] =>
  refs.filter(([name, value]) => !others.some((other) => other[0] === name && other[1] === value));

/** The same entry twice is one entry. */
const distinct = (refs: readonly Ref[]): readonly Ref[] =>
  refs.length < 2
    ? refs
    : refs.filter(
        ([name, value], at) => !refs.slice(0, at).some((other) => other[0] === name && other[1] === value),
      );

/** The `ref` table; the lists that were asked for stay in memory, in key order. */
export class RefTable {
  readonly #sql: SqlPort;
  readonly #undo: UndoLog;
  readonly #capacity: number;
  readonly #lists = new Map<string, readonly string[]>();
  /** Indexes all of whose lists are in memory, by name: what is not there has no keys. */
  readonly #complete = new Set<string>();
  readonly #misses = new Map<string, number>();
  #held = 0;

  /** `capacity` bounds the keys held in memory; 0 keeps none. */
  constructor(sql: SqlPort, undo: UndoLog, capacity: number) {
    this.#sql = sql;
    this.#undo = undo;
    this.#capacity = capacity;
  }

  /** Live keys with this entry, in key order. */
  keys(name: string, value: string): readonly string[] {
    const list = listName(name, value);
    const known = this.#lists.get(list);
    if (known !== undefined) return known;
    if (this.#isComplete(name)) return this.#lists.get(list) ?? NONE;
    const rows = this.#sql.all<KeyRow>(
      'SELECT key FROM ref WHERE name = ? AND value = ? ORDER BY key',
      name,
      value,
    );
    const keys = rows.map((row) => row.key);
    if (keys.length < this.#capacity && keys.every(isOrdinal)) {
      this.#makeRoom(keys.length + 1);
      this.#lists.set(list, keys);
    }
    return keys;
  }

  /** True when every list of the index is in memory: from some misses on it is read whole, if there is room. */
  #isComplete(name: string): boolean {
    if (this.#capacity === 0) return false;
    const misses = this.#misses.get(name) ?? 0;
    if (misses > MISSES) return this.#complete.has(name);
    this.#misses.set(name, misses + 1);
    if (misses < MISSES) return false;
    const most = Math.floor(this.#capacity / 4);
    const rows = this.#sql.all<ListRow>(
      'SELECT value, key FROM ref WHERE name = ? ORDER BY value, key LIMIT ?',
      name,
      most + 1,
    );
    if (rows.length > most || !rows.every(({ key }) => isOrdinal(key))) return false;
    const lists = new Map<string, string[]>();
    for (const { value, key } of rows) {
      const list = listName(name, value);
      const keys = lists.get(list);
      if (keys === undefined) lists.set(list, [key]);
      else keys.push(key);
    }
    this.#makeRoom(rows.length);
    for (const [list, keys] of lists) this.#lists.set(list, keys);
    this.#complete.add(name);
    return true;
  }

  /** The entries of a key go from one set to another; only the difference is written. */
  change(key: string, before: readonly Ref[], after: readonly Ref[]): void {
    if (before.length === 0 && after.length === 0) return;
    for (const [name, value] of missingFrom(distinct(before), after)) {
      this.#sql.run(DELETE, name, value, key);
      this.#forget(name, value, key);
      this.#undo.add(
        () => this.#remember(name, value, key),
        () => this.#sql.run(INSERT, name, value, key),
      );
    }
    for (const [name, value] of missingFrom(distinct(after), before)) {
      this.#sql.run(INSERT, name, value, key);
      this.#remember(name, value, key);
      this.#undo.add(
        () => this.#forget(name, value, key),
        () => this.#sql.run(DELETE, name, value, key),
      );
    }
  }

  #remember(name: string, value: string, key: string): void {
    const list = listName(name, value);
    const isComplete = this.#complete.has(name);
    const keys = this.#lists.get(list) ?? (isComplete ? NONE : undefined);
    if (keys === undefined) return;
    if (!isOrdinal(key)) {
      this.#lists.delete(list);
      this.#complete.delete(name);
      return;
    }
    const at = lowerBound(keys, key, itself);
    if (keys[at] === key) return;
    // Copied, not changed: a caller may be walking the list it was given.
    this.#lists.set(list, [...keys.slice(0, at), key, ...keys.slice(at)]);
    this.#makeRoom(1);
  }

  #forget(name: string, value: string, key: string): void {
    const list = listName(name, value);
    const keys = this.#lists.get(list);
    if (keys === undefined) return;
    const at = lowerBound(keys, key, itself);
    if (keys[at] !== key) return;
    if (keys.length === 1 && this.#complete.has(name)) this.#lists.delete(list);
    else this.#lists.set(list, [...keys.slice(0, at), ...keys.slice(at + 1)]);
    this.#held -= 1;
  }

  #makeRoom(keys: number): void {
    this.#held += keys;
    if (this.#held <= this.#capacity) return;
    this.#lists.clear();
    this.#complete.clear();
    this.#misses.clear();
    this.#held = keys;
  }
}

/** Writes all entries anew, from every live object. For when the declarations have changed. */
export const rebuildRefs = (sql: SqlPort, codec: ObjectCodec): void => {
  type Row = { readonly key: string; readonly value: string };
  sql.run('DELETE FROM ref');
  let after = '';
  for (;;) {
    const rows = sql.all<Row>(
      `SELECT head.key, revision.value FROM head JOIN revision ON revision.rev = head.rev
       WHERE head.key > ? ORDER BY head.key LIMIT 200`,
      after,
    );
    const last = rows.at(-1);
    if (last === undefined) return;
    for (const row of rows) {
      for (const [name, value] of distinct(codec.indexes(row.key, codec.decode(row.key, row.value)))) {
        sql.run(INSERT, name, value, row.key);
      }
    }
    after = last.key;
  }
};
