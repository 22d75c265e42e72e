/** Who wants to run when: the agenda from which the timeline takes what is due. */

import type { Instant } from '../machinery/time.ts';
import type { SqlPort } from '../ports.ts';
import type { UndoLog } from './undo.ts';

export interface Wakeup {
  readonly actor: string;
  readonly key: string;
  readonly dueAt: Instant;
  /** How often it failed in a row; the caller's to interpret. */
  readonly attempts: number;
}

export interface Wakeups {
  /** Makes the actor's key due at an instant, in place of an earlier wish. An equal one writes nothing. */
  put(actor: string, key: string, dueAt: Instant, attempts?: number): void;
  /** Makes it due at an instant unless it is due earlier already; an existing one keeps its attempts. */
  putSoonest(actor: string, key: string, dueAt: Instant): void;
  get(actor: string, key: string): Wakeup | undefined;
  /** Takes a wish back; false when there is none. */
  drop(actor: string, key: string): boolean;
  /** The earliest, which stays. */
  peek(): Wakeup | undefined;
  /** What is due at or before an instant, in order; it stays. */
  due(until: Instant, limit?: number): readonly Wakeup[];
  /** The same, removed. */
  takeDue(until: Instant, limit?: number): readonly Wakeup[];
  /** When the earliest is due. */
  next(): Instant | undefined;
  count(): number;
}

type WakeupRow = {
  readonly actor: string;
  readonly key: string;
  readonly due_at: number;
  readonly attempts: number;
};

/** The table in order, and by actor and key. */
interface Agenda {
  readonly ordered: Wakeup[];
  readonly byName: Map<string, Wakeup>;
}

const SELECT = 'SELECT actor, key, due_at, attempts FROM wakeup';

const UPSERT = `INSERT INTO wakeup (actor, key, due_at, attempts) VALUES (?, ?, ?, ?)
  ON CONFLICT (actor, key) DO UPDATE SET due_at = excluded.due_at, attempts = excluded.attempts`;
const DELETE = 'DELETE FROM wakeup WHERE actor = ? AND key = ?';

const wakeupOf = ({ actor, key, due_at, attempts }: WakeupRow): Wakeup => ({
  actor,
  key,
  dueAt: due_at,
  attempts,
});

const nameOf = (actor: string, key: string): string => `${actor}\0${key}`;

const compareText = (one: string, other: string): number => (one === other ? 0 : one < other ? -1 : 1);

/** The `wakeup` table, mirrored in order from its first use on. Order: due instant, actor, key. */
export class WakeupTable implements Wakeups {
  readonly #sql: SqlPort;
  readonly #undo: UndoLog;
  readonly #ranks: ReadonlyMap<string, number>;
  readonly #keep: boolean;
  #agenda: Agenda | undefined;

  /** Actors in `actorOrder` come in that order, others after them by name. `keep` allows the mirror. */
  constructor(sql: SqlPort, undo: UndoLog, actorOrder: readonly string[], keep: boolean) {
    this.#sql = sql;
    this.#undo = undo;
    this.#ranks = new Map(actorOrder.map((actor, rank) => [actor, rank]));
    this.#keep = keep;
  }

  put(actor: string, key: string, dueAt: Instant, attempts = 0): void {
    const before = this.get(actor, key);
    if (before?.dueAt === dueAt && before.attempts === attempts) return;
    this.#sql.run(UPSERT, actor, key, dueAt, attempts);
    this.#set(actor, key, { actor, key, dueAt, attempts });
    this.#addUndo(actor, key, before);
  }

  putSoonest(actor: string, key: string, dueAt: Instant): void {
    const before = this.get(actor, key);
    if (before !== undefined && before.dueAt <= dueAt) return;
    this.put(actor, key, dueAt, before?.attempts);
  }

  get(actor: string, key: string): Wakeup | undefined {
    if (this.#keep) return this.#open().byName.get(nameOf(actor, key));
    const rows = this.#sql.all<WakeupRow>(`${SELECT} WHERE actor = ? AND key = ?`, actor, key);
    return rows.map(wakeupOf)[0];
  }

  drop(actor: string, key: string): boolean {
    const before = this.get(actor, key);
    if (before === undefined) return false;
    this.#sql.run(DELETE, actor, key);
    this.#set(actor, key, undefined);
    this.#addUndo(actor, key, before);
    return true;
  }

  peek(): Wakeup | undefined {
    return this.#open().ordered[0];
  }

  due(until: Instant, limit?: number): readonly Wakeup[] {
    const { ordered } = this.#open();
    let end = 0;
    const most = Math.min(ordered.length, limit ?? ordered.length);
    while (end < most && (ordered[end]?.dueAt ?? Number.POSITIVE_INFINITY) <= until) end += 1;
    return ordered.slice(0, end);
  }

  takeDue(until: Instant, limit?: number): readonly Wakeup[] {
    const taken = this.due(until, limit);
    for (const { actor, key } of taken) this.drop(actor, key);
    return taken;
  }

  next(): Instant | undefined {
    if (this.#keep) return this.peek()?.dueAt;
    const rows = this.#sql.all<{ readonly due: number | null }>('SELECT min(due_at) AS due FROM wakeup');
    return rows[0]?.due ?? undefined;
  }

  count(): number {
    return this.#open().ordered.length;
  }

  #addUndo(actor: string, key: string, before: Wakeup | undefined): void {
    this.#undo.add(
      () => this.#set(actor, key, before),
      () =>
        before === undefined
          ? this.#sql.run(DELETE, actor, key)
          : this.#sql.run(UPSERT, actor, key, before.dueAt, before.attempts),
    );
  }

  #open(): Agenda {
    if (this.#agenda !== undefined) return this.#agenda;
    const ordered = this.#sql.all<WakeupRow>(SELECT).map(wakeupOf);
    ordered.sort((one, other) => this.#compare(one, other));
    const agenda = {
      ordered,
      byName: new Map(ordered.map((wakeup) => [nameOf(wakeup.actor, wakeup.key), wakeup])),
    };
    if (this.#keep) this.#agenda = agenda;
    return agenda;
  }

  /** Puts a wake-up in the mirror, in the place of the one that is there; `undefined` for none. */
  #set(actor: string, key: string, wakeup: Wakeup | undefined): void {
    const agenda = this.#agenda;
    if (agenda === undefined) return;
    const name = nameOf(actor, key);
    const before = agenda.byName.get(name);
    if (before !== undefined) {
      agenda.byName.delete(name);
      agenda.ordered.splice(this.#place(agenda.ordered, before), 1);
    }
    if (wakeup === undefined) return;
    agenda.byName.set(name, wakeup);
    agenda.ordered.splice(this.#place(agenda.ordered, wakeup), 0, wakeup);
  }

  #place(ordered: readonly Wakeup[], wakeup: Wakeup): number {
    let low = 0;
    let high = ordered.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const there = ordered[middle];
      if (there !== undefined && this.#compare(there, wakeup) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #compare(one: Wakeup, other: Wakeup): number {
    if (one.dueAt !== other.dueAt) return one.dueAt - other.dueAt;
    if (one.actor !== other.actor) {
      return this.#rank(one.actor) - this.#rank(other.actor) || compareText(one.actor, other.actor);
    }
    return compareText(one.key, other.key);
  }

  #rank(actor: string): number {
    return this.#ranks.get(actor) ?? this.#ranks.size;
  }
}
