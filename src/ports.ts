/**
 * The outside as the core sees it. The Durable Object and the test harness implement these; nothing else
 * in `src/` below `edge/` knows a platform.
 */

import type { Instant } from './machinery/time.ts';

export type SqlValue = string | number | null | Uint8Array;
export type SqlRow = Readonly<Record<string, SqlValue>>;

/**
 * Synchronous SQLite. At most 100 bound parameters a statement and values below 2 MB: drivers enforce both.
 * A transaction inside a transaction is a savepoint; a throw rolls back its own level and is rethrown.
 */
export interface SqlPort {
  all<Row extends SqlRow = SqlRow>(statement: string, ...parameters: SqlValue[]): Row[];
  run(statement: string, ...parameters: SqlValue[]): void;
  transaction<Result>(work: () => Result): Result;
  /** Size of the database in bytes. */
  size(): number;
}

/** The platform's one alarm. `set(undefined)` clears it. Instants are wall time. */
export interface AlarmPort {
  set(at: Instant | undefined): void;
}

/** Structured log lines about things an operator must see (bugs, refused migrations, spent budgets). */
export interface JournalPort {
  write(level: 'info' | 'warn' | 'error', event: string, fields: Readonly<Record<string, unknown>>): void;
}
