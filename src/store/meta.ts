/** Small facts about the cluster itself: seed, clock anchor, settings, the floor. */

import type { SqlPort } from '../ports.ts';
import type { UndoLog } from './undo.ts';

export interface Meta {
  get(name: string): string | undefined;
  /** Writes nothing when the value is already so. */
  set(name: string, value: string): void;
  delete(name: string): void;
  /** Everything, by name. */
  all(): Readonly<Record<string, string>>;
}

type MetaRow = { readonly name: string; readonly value: string };

const UPSERT =
  'INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value';
const DELETE = 'DELETE FROM meta WHERE name = ?';

/** The `meta` table; a dozen rows, mirrored as a whole from the first use on. */
export class MetaTable implements Meta {
  readonly #sql: SqlPort;
  readonly #undo: UndoLog;
  readonly #keep: boolean;
  #values: Map<string, string> | undefined;

  /** `keep` allows the mirror. */
  constructor(sql: SqlPort, undo: UndoLog, keep: boolean) {
    this.#sql = sql;
    this.#undo = undo;
    this.#keep = keep;
  }

  get(name: string): string | undefined {
    return this.#open().get(name);
  }

  set(name: string, value: string): void {
    const values = this.#open();
    const before = values.get(name);
    if (before === value) return;
    this.#sql.run(UPSERT, name, value);
    values.set(name, value);
    this.#undo.add(
      () => this.#restore(name, before),
      () => this.#restoreRow(name, before),
    );
  }

  delete(name: string): void {
    const values = this.#open();
    const before = values.get(name);
    if (before === undefined) return;
    this.#sql.run(DELETE, name);
    values.delete(name);
    this.#undo.add(
      () => this.#restore(name, before),
      () => this.#restoreRow(name, before),
    );
  }

  all(): Readonly<Record<string, string>> {
    const names = [...this.#open()].sort(([one], [other]) => (one < other ? -1 : 1));
    return Object.fromEntries(names);
  }

  #open(): Map<string, string> {
    if (this.#values !== undefined) return this.#values;
    const rows = this.#sql.all<MetaRow>('SELECT name, value FROM meta');
    const values = new Map(rows.map(({ name, value }) => [name, value]));
    if (this.#keep) this.#values = values;
    return values;
  }

  #restoreRow(name: string, before: string | undefined): void {
    if (before === undefined) this.#sql.run(DELETE, name);
    else this.#sql.run(UPSERT, name, before);
  }

  #restore(name: string, before: string | undefined): void {
    if (before === undefined) this.#values?.delete(name);
    else this.#values?.set(name, before);
  }
}
