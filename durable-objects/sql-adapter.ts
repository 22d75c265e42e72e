/** The sql port over a Durable Object's SQLite storage. */

import type { SqlPort, SqlRow, SqlValue } from '../src/ports.ts';
import { checkLimits } from './sql-limits.ts';

/** What the adapter uses of `ctx.storage`; `DurableObjectStorage` is one. */
export type SqlStorageHost = Pick<DurableObjectStorage, 'sql' | 'transactionSync'>;

/** The platform answers blobs as ArrayBuffer; the port promises Uint8Array. Changes the rows in place. */
const withBytes = (rows: Record<string, SqlStorageValue>[]): void => {
  for (const row of rows) {
    for (const name in row) {
      const value = row[name];
      if (value instanceof ArrayBuffer) (row as Record<string, unknown>)[name] = new Uint8Array(value);
    }
  }
};

/**
 * Wraps an object's storage. Statements are prepared once per text by the platform itself; nested
 * transactions are its savepoints; its limits are checked here, because
 * local runtimes are laxer than production.
 */
export const makeSqlPort = (storage: SqlStorageHost): SqlPort => ({
  all: <Row extends SqlRow = SqlRow>(statement: string, ...parameters: SqlValue[]): Row[] => {
    checkLimits(parameters);
    const rows = storage.sql.exec(statement, ...parameters).toArray();
    withBytes(rows);
    return rows as unknown as Row[];
  },
  run: (statement, ...parameters) => {
    checkLimits(parameters);
    storage.sql.exec(statement, ...parameters);
  },
  transaction: (work) => storage.transactionSync(work),
  size: () => storage.sql.databaseSize,
});
