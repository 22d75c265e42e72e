/**
 * Due work of one turn. This folder moves a cluster through time by discrete events; it may not know any
 * controller, only the contract.
 *
 * The agenda is the wake-up table merged with a scratch set: work that is caused and consumed inside one turn
 * never touches the table. Only what is still pending when the turn ends is written.
 */

import type { Instant } from '../machinery/time.ts';

/** A row of the wake-up table. */
export interface WakeupRow {
  readonly actor: string;
  readonly key: string;
  readonly dueAt: Instant;
  /** How often it failed in a row; `atWork` of that when the key may not run before `dueAt`, whatever happens. */
  readonly attempts: number;
}

/** Attempts of a key whose last run is still at work until it is due: changes do not move it earlier. */
const atWork = (failures: number): number => -1 - failures;

const isAtWork = (attempts: number): boolean => attempts < 0;

/** The longest a run is at work. */
export const LONGEST_WORK_MS = 1000;

/** What the agenda needs of the store. */
export interface WakeupTable {
  /** Rows due at or before the instant, in any order. */
  due(until: Instant): readonly WakeupRow[];
  /** Inserts or replaces the row of (actor, key). */
  put(actor: string, key: string, dueAt: Instant, attempts: number): void;
  /** Inserts, or moves an existing row earlier; never later. Keeps the attempts of an existing row. */
  putSoonest(actor: string, key: string, dueAt: Instant): void;
  drop(actor: string, key: string): void;
  /** The earliest due instant in the table. */
  next(): Instant | undefined;
}

/** One piece of work handed out; `actor` is the controller's position in `order.ts`. */
export interface Work {
  readonly actor: number;
  readonly key: string;
  readonly dueAt: Instant;
  readonly attempts: number;
}

interface Entry {
  readonly actor: number;
  readonly key: string;
  dueAt: Instant;
  attempts: number;
  pending: boolean;
  /** True once it ran in this turn: the table's row, whatever it says, is superseded. */
  settled: boolean;
  /** The row as loaded, to skip writing what did not change. */
  storedDueAt: Instant | undefined;
  storedAttempts: number;
}

interface Slot {
  readonly dueAt: Instant;
  readonly entry: Entry;
}

const before = (a: Slot, b: Slot): boolean => {
  if (a.dueAt !== b.dueAt) return a.dueAt < b.dueAt;
  if (a.entry.actor !== b.entry.actor) return a.entry.actor < b.entry.actor;
  return a.entry.key < b.entry.key;
};

/**
 * The turn's pending work in order of (due instant, controller order, key). That order does not depend on how
 * time is cut into turns, which is what makes histories reproducible.
 */
export class Agenda {
  readonly #table: WakeupTable;
  readonly #actors: readonly string[];
  readonly #order: ReadonlyMap<string, number>;
  readonly #entries: Map<string, Entry>[];
  #heap: Slot[] = [];

  constructor(table: WakeupTable, actors: readonly string[]) {
    this.#table = table;
    this.#actors = actors;
    this.#order = new Map(actors.map((actor, index) => [actor, index]));
    this.#entries = actors.map(() => new Map());
  }

  /** Loads what the table has due. Rows of actors that no longer exist are dropped. */
  open(until: Instant): void {
    for (const row of this.#table.due(until + LONGEST_WORK_MS)) {
      if (row.dueAt > until && !isAtWork(row.attempts)) continue;
      const actor = this.#order.get(row.actor);
      if (actor === undefined) {
        this.#table.drop(row.actor, row.key);
        continue;
      }
      const entry = this.#entry(actor, row.key);
      entry.storedDueAt = row.dueAt;
      entry.storedAttempts = row.attempts;
      entry.attempts = row.attempts;
      this.#schedule(entry, row.dueAt);
    }
  }

  /** Something changed: the key is due at the instant, or earlier if it already was. */
  soonest(actor: number, key: string, dueAt: Instant): void {
    const entry = this.#entry(actor, key);
    if (!entry.pending || (dueAt < entry.dueAt && !isAtWork(entry.attempts))) this.#schedule(entry, dueAt);
  }

  /** The key's run is at work until the instant: what is due for it waits for that, and stays there. */
  hold(actor: number, key: string, until: Instant): void {
    const entry = this.#entry(actor, key);
    if (!entry.pending || entry.dueAt > until) return;
    if (!isAtWork(entry.attempts)) entry.attempts = atWork(entry.attempts);
    if (entry.dueAt < until) this.#schedule(entry, until);
  }

  /** The outcome of work: replaces whatever was due for the key before. */
  replace(actor: number, key: string, dueAt: Instant, attempts: number): void {
    const entry = this.#entry(actor, key);
    entry.attempts = attempts;
    this.#schedule(entry, dueAt);
  }

  /** Hands out the first work due at or before the instant. */
  take(until: Instant): Work | undefined {
    for (let top = this.#heap[0]; top !== undefined; top = this.#heap[0]) {
      const entry = top.entry;
      if (!entry.pending || entry.dueAt !== top.dueAt) {
        this.#pop();
        continue;
      }
      if (top.dueAt > until) return undefined;
      this.#pop();
      const attempts = isAtWork(entry.attempts) ? atWork(entry.attempts) : entry.attempts;
      entry.pending = false;
      entry.settled = true;
      entry.attempts = 0;
      return { actor: entry.actor, key: entry.key, dueAt: top.dueAt, attempts };
    }
    return undefined;
  }

  /** Writes what is still pending to the table and forgets everything. */
  close(): void {
    for (const [actor, entries] of this.#entries.entries()) {
      const name = this.#actors[actor] ?? '';
      for (const entry of entries.values()) this.#write(name, entry);
      entries.clear();
    }
    this.#heap = [];
  }

  /** Forgets everything without writing: the turn was rolled back. */
  abandon(): void {
    for (const entries of this.#entries) entries.clear();
    this.#heap = [];
  }

  #write(actor: string, entry: Entry): void {
    if (!entry.pending) {
      if (entry.settled) this.#table.drop(actor, entry.key);
      return;
    }
    if (entry.settled || entry.storedDueAt !== undefined) {
      if (entry.dueAt === entry.storedDueAt && entry.attempts === entry.storedAttempts) return;
      this.#table.put(actor, entry.key, entry.dueAt, entry.attempts);
      return;
    }
    this.#table.putSoonest(actor, entry.key, entry.dueAt);
  }

  #entry(actor: number, key: string): Entry {
    const entries = this.#entries[actor];
    if (entries === undefined) throw new Error(`no actor ${actor}`);
    const known = entries.get(key);
    if (known !== undefined) return known;
    const entry: Entry = {
      actor,
      key,
      dueAt: 0,
      attempts: 0,
      pending: false,
      settled: false,
      storedDueAt: undefined,
      storedAttempts: 0,
    };
    entries.set(key, entry);
    return entry;
  }

  #schedule(entry: Entry, dueAt: Instant): void {
    entry.dueAt = dueAt;
    entry.pending = true;
    this.#push({ dueAt, entry });
  }

  #push(slot: Slot): void {
    const heap = this.#heap;
    let index = heap.length;
    heap.push(slot);
    while (index > 0) {
      const parentIndex = (index - 1) >> 1;
      const parent = heap[parentIndex];
      if (parent === undefined || !before(slot, parent)) break;
      heap[index] = parent;
      index = parentIndex;
    }
    heap[index] = slot;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let index = 0;
    for (;;) {
      const leftIndex = index * 2 + 1;
      const left = heap[leftIndex];
      if (left === undefined) break;
      const right = heap[leftIndex + 1];
      const useRight = right !== undefined && before(right, left);
      const child = useRight ? right : left;
      if (!before(child, last)) break;
      heap[index] = child;
      index = useRight ? leftIndex + 1 : leftIndex;
    }
    heap[index] = last;
  }
}
