/**
 * The store: the only state of a cluster, as rows, and the only opener of transactions. Here live the log,
 * heads, index entries, wake-ups and small facts, and caches of them that can be dropped at any time. No
 * kind, no HTTP, no clock: objects come through a codec, instants as arguments.
 */

import { migrations } from '../../migrations/cluster/index.ts';
import { deepFreeze, utf8Length } from '../machinery/deep.ts';
import type { KubeObject, ObjectMeta } from '../machinery/object.ts';
import type { Instant } from '../machinery/time.ts';
import type { SqlPort } from '../ports.ts';
import { type AuditLog, AuditTable } from './audit-table.ts';
import { type Compacted, compactionDueAt, compactLog, newestUntil, type Retention } from './compact.ts';
import {
  CompactedError,
  ExistsError,
  FutureError,
  MissingError,
  StaleError,
  TooLargeError,
} from './failures.ts';
import { HeadTable, type Slot } from './head.ts';
import { startAfter } from './key-range.ts';
import { LiveSize } from './live-size.ts';
import { type Meta, MetaTable } from './meta.ts';
import { migrate } from './migrate.ts';
import { ObjectCache } from './object-cache.ts';
import type {
  Change,
  ChangeOp,
  ChangesOptions,
  ObjectCodec,
  Reader,
  Revision,
  ScanOptions,
  Stored,
} from './reader.ts';
import { RefTable, rebuildRefs } from './refs.ts';
import { RevisionLog } from './revision-log.ts';
import { UndoLog } from './undo.ts';
import { type Wakeups, WakeupTable } from './wakeups.ts';

/** Largest stored text in bytes of UTF-8, as etcd's request limit; the platform takes values below 2 MB. */
export const MAX_OBJECT_BYTES = 1.5 * 1024 * 1024;

const DEFAULT_CACHE_BYTES = 32 * 1024 * 1024;
/** Cache bytes for each key whose revision (or index entry) may be held in memory. */
const CACHE_BYTES_PER_KEY = 512;
const DEFAULT_RETENTION: Retention = { keepMs: 5 * 60_000, keepWrites: 1000, minStep: 100 };

const PRESSED_RETENTION: Retention = { keepMs: 0, keepWrites: 100, minStep: 1 };

/** How the texts of built-in objects begin. */
const METADATA = '{"metadata":{';

const FLOOR = 'store.floor';
const INDEX_VERSION = 'store.indexVersion';

export interface StoreOptions {
  /** Memory for objects, about 32 MB if absent. 0 turns every cache off; nothing but speed may change. */
  readonly cacheBytes?: number;
  /** Actors of wake-ups in the order in which they run at one instant; others follow by name. */
  readonly actorOrder?: readonly string[];
  /** Changes whenever the codec's index declarations do: index entries are then written anew. */
  readonly indexVersion?: string;
  /** How much history stays: at least 5 minutes of cluster time and 1000 writes if absent. */
  readonly keepMs?: number;
  readonly keepWrites?: number;
  /** Least number of revisions worth moving the floor for; 100 if absent. */
  readonly compactStep?: number;
}

export interface Store extends Reader {
  readonly wakeups: Wakeups;
  readonly meta: Meta;
  readonly audit: AuditLog;
  /** Runs the work as one transaction, or as a savepoint of the one around it. A throw undoes all of it. */
  transaction<Result>(work: () => Result): Result;
  /**
   * Runs work that should write nothing, without the cost of a transaction. Its result, or `undefined` when it tried
   * to write after all: then nothing was done, and it is to be done again in a transaction. Errors of unknown kinds
   * that the work catches may be the interruption (`machinery/interruption.ts`): it must let them pass.
   */
  reading<Result>(work: () => Result): { readonly result: Result } | undefined;
  /**
   * As `transaction`, for work that writes through this store alone and does not compact: inside a transaction it is
   * cheap to begin and to end, and its writes are taken back one by one when it throws.
   */
  attempt<Result>(work: () => Result): Result;
  /**
   * Writes an object as the next revision, with `metadata.resourceVersion` set to it. Keeps (and deeply
   * freezes) the parts of the object it is given. `expected` names the live revision, or 'absent'; without
   * it the object is created or replaced. Throws ExistsError, MissingError, StaleError, TooLargeError.
   */
  put(key: string, object: KubeObject, at: Instant, expected?: Revision | 'absent'): Stored;
  /**
   * Ends an object with a tombstone that keeps its last state (the current one when `lastState` is
   * `undefined`), stamped with the delete's revision. Throws MissingError, StaleError, TooLargeError.
   */
  remove(key: string, lastState: KubeObject | undefined, at: Instant, expected?: Revision): Stored;
  /**
   * Ends the live objects under a prefix that nobody has written after the instant, as a lease that runs out does; at
   * most so many. True when there are more.
   */
  expire(prefix: string, until: Instant, limit: number, at: Instant): boolean;
  /**
   * Removes old history, at most so many rows. Call it in turns that write anyway. `isPressed` keeps only the newest
   * hundred writes, however young the others are: for a database that is running full.
   */
  compact(
    now: Instant,
    budgetRows: number,
    isPressed?: boolean,
  ): { readonly floor: Revision; readonly removed: number; readonly more: boolean };
  /** Size of the database. */
  bytes(): number;
  /** What is live now. */
  readonly size: LiveSize;
  /** Objects read since the store was opened, and written, each of which counts as fifty: a measure of its work. */
  work(): number;
}

/** Bytes of a text in UTF-8, measured only where it could matter. */
const textBytes = (text: string): number =>
  text.length * 3 <= MAX_OBJECT_BYTES ? text.length : utf8Length(text);

/** The object with its revision as resource version. Shares all parts with the given one, and is frozen. */
const stamp = (object: KubeObject, revision: Revision): KubeObject =>
  deepFreeze({ ...object, metadata: stampMetadata(object.metadata, String(revision)) });

/** In its place among the fields of metadata, which is the order upstream prints them in. */
const stampMetadata = (metadata: ObjectMeta, resourceVersion: string): ObjectMeta => {
  if (metadata.resourceVersion !== undefined) return { ...metadata, resourceVersion };
  const { name, generateName, namespace, selfLink, uid, ...rest } = metadata;
  return {
    ...(name === undefined ? {} : { name }),
    ...(generateName === undefined ? {} : { generateName }),
    ...(namespace === undefined ? {} : { namespace }),
    ...(selfLink === undefined ? {} : { selfLink }),
    ...(uid === undefined ? {} : { uid }),
    resourceVersion,
    ...rest,
  };
};

/**
 * The text of an object at another revision; `undefined` when the place of its resource version is not certain: it must
 * be the first such field of a text that starts with metadata.
 */
const restamp = (text: string, from: Revision, to: Revision): string | undefined => {
  const field = `"resourceVersion":"${from}"`;
  const at = text.startsWith(METADATA) ? text.indexOf(field) : -1;
  // Nothing nested may stand before it: the field would be somebody else's.
  if (at < 0 || text.lastIndexOf('{', at) !== METADATA.length - 1) return undefined;
  return `${text.slice(0, at)}"resourceVersion":"${to}"${text.slice(at + field.length)}`;
};

class SqlStore implements Store {
  readonly wakeups: Wakeups;
  readonly meta: Meta;
  readonly audit: AuditLog;
  readonly size: LiveSize;
  readonly #sql: SqlPort;
  readonly #codec: ObjectCodec;
  readonly #retention: Retention;
  readonly #undo: UndoLog;
  readonly #cache: ObjectCache;
  readonly #log: RevisionLog;
  readonly #heads: HeadTable;
  readonly #refs: RefTable;
  readonly #keep: boolean;
  #floor: Revision;
  /** When the floor may move next, once that is known. */
  #dueAt: Instant | undefined;

  constructor(port: SqlPort, codec: ObjectCodec, options: StoreOptions) {
    const cacheBytes = options.cacheBytes ?? DEFAULT_CACHE_BYTES;
    const keep = cacheBytes > 0;
    const keys = Math.floor(cacheBytes / CACHE_BYTES_PER_KEY);
    this.#undo = new UndoLog(port);
    const { sql } = this.#undo;
    this.#sql = sql;
    this.#keep = keep;
    this.#codec = codec;
    this.#retention = {
      keepMs: options.keepMs ?? DEFAULT_RETENTION.keepMs,
      keepWrites: options.keepWrites ?? DEFAULT_RETENTION.keepWrites,
      minStep: options.compactStep ?? DEFAULT_RETENTION.minStep,
    };
    this.#cache = new ObjectCache(codec, cacheBytes);
    this.meta = new MetaTable(sql, this.#undo, keep);
    this.wakeups = new WakeupTable(sql, this.#undo, options.actorOrder ?? [], keep);
    this.audit = new AuditTable(sql, this.#undo, keep);
    this.#floor = Number(this.meta.get(FLOOR) ?? 0);
    this.#log = new RevisionLog(sql, this.#undo, this.#cache, this.#floor, keep);
    this.#heads = new HeadTable(sql, this.#undo, keys);
    this.#refs = new RefTable(sql, this.#undo, keys);
    this.size = new LiveSize(sql, this.#undo);
    if (options.indexVersion !== undefined) this.#checkIndex(options.indexVersion);
  }

  revision(): Revision {
    return this.#log.newest;
  }

  floor(): Revision {
    return this.#floor;
  }

  get(key: string, at?: Revision): Stored | undefined {
    const past = this.#isPast(at);
    const head = this.#heads.find(key);
    const revision = past && (head === 0 || head > at) ? this.#log.revisionAt(key, at) : head;
    return revision === 0 ? undefined : this.#log.loadOne(key, revision);
  }

  scan(prefix: string, options: ScanOptions = {}): Stored[] {
    return this.#log.load(this.#range(prefix, options));
  }

  count(prefix: string, options: ScanOptions = {}): number {
    const after = startAfter(prefix, options.after);
    return this.#isPast(options.at)
      ? this.#log.countAt(prefix, options.at, after)
      : this.#heads.count(prefix, after);
  }

  lookup(index: string, value: string): Stored[] {
    const slots = this.#refs.keys(index, value).map((key) => ({ key, revision: this.#heads.find(key) }));
    return this.#log.load(slots);
  }

  changes(after: Revision, options: ChangesOptions = {}): Change[] {
    if (after < this.#floor) throw new CompactedError(after, this.#floor);
    return this.#log.changes(after, options);
  }

  transaction<Result>(work: () => Result): Result {
    return this.#undo.transaction(work);
  }

  reading<Result>(work: () => Result): { readonly result: Result } | undefined {
    return this.#undo.reading(work);
  }

  attempt<Result>(work: () => Result): Result {
    return this.#undo.attempt(work);
  }

  put(key: string, object: KubeObject, at: Instant, expected?: Revision | 'absent'): Stored {
    const current = this.#heads.find(key);
    if (expected === 'absent') {
      if (current !== 0) throw new ExistsError(key);
    } else {
      this.#expect(key, current, expected);
    }
    return this.#write(key, current === 0 ? 'create' : 'update', object, at, current);
  }

  remove(key: string, lastState: KubeObject | undefined, at: Instant, expected?: Revision): Stored {
    const current = this.#heads.find(key);
    if (current === 0) throw new MissingError(key);
    this.#expect(key, current, expected);
    return this.#write(key, 'delete', lastState, at, current);
  }

  expire(prefix: string, until: Instant, limit: number, at: Instant): boolean {
    const last = newestUntil(this.#sql, this.#floor, this.#log.newest, until);
    const expired = this.#heads
      .range(prefix, undefined, undefined)
      .filter((slot) => slot.revision <= last)
      .map(({ key, revision }) => ({ key, revision }));
    for (const { key, revision } of expired.slice(0, limit))
      this.#write(key, 'delete', undefined, at, revision);
    return expired.length > limit;
  }

  compact(
    now: Instant,
    budgetRows: number,
    isPressed = false,
  ): { floor: Revision; removed: number; more: boolean } {
    if (this.#undo.isAttempt) throw new Error('an attempt cannot take compaction back');
    const keep = isPressed ? PRESSED_RETENTION : this.#retention;
    if (!isPressed && now < this.#compactionDueAt()) return { floor: this.#floor, removed: 0, more: false };
    const { floor, removed, more } = this.transaction(() => this.#compact(now, budgetRows, keep));
    return { floor, removed: removed.length, more };
  }

  bytes(): number {
    return this.#sql.size();
  }

  work(): number {
    return this.#log.work;
  }

  /** True for a revision before the newest one. Throws when it is out of what can be read. */
  #isPast(at: Revision | undefined): at is Revision {
    if (at === undefined || at === this.#log.newest) return false;
    if (at < this.#floor) throw new CompactedError(at, this.#floor);
    if (at > this.#log.newest) throw new FutureError(at, this.#log.newest);
    return true;
  }

  #range(prefix: string, { after, limit, at }: ScanOptions): readonly Slot[] {
    const from = startAfter(prefix, after);
    return this.#isPast(at)
      ? this.#log.rangeAt(prefix, at, from, limit)
      : this.#heads.range(prefix, from, limit);
  }

  #expect(key: string, current: Revision, expected: Revision | undefined): void {
    if (expected === undefined || expected === current) return;
    if (current === 0) throw new MissingError(key);
    throw new StaleError(key, expected, current);
  }

  /** `object` is absent when the last state is what it was. */
  #write(key: string, op: ChangeOp, object: KubeObject | undefined, at: Instant, current: Revision): Stored {
    if (!this.#undo.open) return this.transaction(() => this.#write(key, op, object, at, current));
    if (!key.isWellFormed()) throw new Error('a key is not well-formed Unicode');
    const revision = this.#log.newest + 1;
    const replaced = current === 0 ? undefined : this.#log.loadOne(key, current);
    const state = object ?? replaced?.object;
    if (state === undefined) throw new MissingError(key);
    const stamped = stamp(state, revision);
    const same = object === undefined && replaced !== undefined;
    const text =
      (same ? restamp(replaced.text, current, revision) : undefined) ?? this.#codec.encode(key, stamped);
    const bytes = textBytes(text);
    if (bytes > MAX_OBJECT_BYTES) throw new TooLargeError(bytes, MAX_OBJECT_BYTES);
    const before = replaced === undefined ? [] : this.#codec.indexes(key, replaced.object);
    const after = op === 'delete' ? [] : this.#codec.indexes(key, stamped);
    const previous = current === 0 ? undefined : current;
    return this.#undo.whole(() => {
      const stored = this.#log.append({ revision, key, op, at, previous }, text, stamped);
      if (op === 'create') this.#heads.insert(key, revision);
      else if (op === 'update') this.#heads.update(key, current, revision);
      else this.#heads.remove(key, current);
      this.#refs.change(key, before, after);
      this.size.changed(op, replaced?.text, text);
      return stored;
    });
  }

  /** Asked after every write: what was found out holds until the floor moves. */
  #compactionDueAt(): Instant {
    if (this.#dueAt !== undefined) return this.#dueAt;
    const dueAt = compactionDueAt(this.#sql, this.#floor, this.#log.newest, this.#retention);
    if (dueAt !== undefined && this.#keep) {
      this.#dueAt = dueAt;
      this.#undo.add(() => {
        this.#dueAt = undefined;
      });
    }
    return dueAt ?? Number.POSITIVE_INFINITY;
  }

  #compact(now: Instant, budgetRows: number, keep: Retention): Compacted {
    const before = this.#floor;
    const outcome = this.#undo.whole(() => {
      const done = compactLog(this.#sql, before, this.#log.newest, now, budgetRows, keep);
      if (done.floor > before) this.meta.set(FLOOR, String(done.floor));
      return done;
    });
    for (const revision of outcome.removed) this.#cache.forget(revision);
    this.#floor = outcome.floor;
    this.#dueAt = undefined;
    this.#undo.add(() => {
      this.#floor = before;
      this.#dueAt = undefined;
    });
    return outcome;
  }

  #checkIndex(version: string): void {
    if (this.meta.get(INDEX_VERSION) === version) return;
    this.transaction(() => {
      if (this.#log.newest > 0) rebuildRefs(this.#sql, this.#codec);
      this.meta.set(INDEX_VERSION, version);
    });
  }
}

/**
 * Opens the store in a database: migrates it if it is behind, reads a few facts, loads nothing else. Throws
 * `NewerFormatError` when the database was written by code that knows more migrations, or other ones.
 */
export const openStore = (sql: SqlPort, codec: ObjectCodec, options: StoreOptions = {}): Store => {
  migrate(sql, migrations);
  return new SqlStore(sql, codec, options);
};
