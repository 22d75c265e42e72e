/**
 * The sql port over `node:sqlite`, for tests, benches and tools. It refuses what the platform refuses, so
 * that a test fails where production would.
 */

import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { SqlPort, SqlRow, SqlValue } from '../../src/ports.ts';

/** The platform's limits (durable objects, SQLite storage). */
const MAX_PARAMETERS = 100;
const MAX_VALUE_BYTES = 2 * 1024 * 1024;

export interface NodeSql extends SqlPort {
  /** Closes the database; a file keeps its content. */
  close(): void;
}

const check = (parameters: readonly SqlValue[]): void => {
  if (parameters.length > MAX_PARAMETERS) {
    throw new Error(`too many SQL variables: ${parameters.length}, the limit is ${MAX_PARAMETERS}`);
  }
  for (const value of parameters) {
    // A text shorter than a third of the limit cannot reach it in UTF-8, so most are never measured.
    const tooBig =
      typeof value === 'string'
        ? value.length > MAX_VALUE_BYTES / 3 && Buffer.byteLength(value) >= MAX_VALUE_BYTES
        : value instanceof Uint8Array && value.byteLength >= MAX_VALUE_BYTES;
    if (tooBig) throw new Error('string or blob too big');
  }
};

/**
 * Opens a database: in memory without a path, else in a file (created when missing). Statements are prepared
 * once per text. Throws what SQLite throws.
 */
export const openNodeSql = (path = ':memory:'): NodeSql => {
  const database = new DatabaseSync(path);
  if (path !== ':memory:') database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL');
  const prepared = new Map<string, StatementSync>();
  let depth = 0;

  const prepare = (statement: string): StatementSync => {
    let found = prepared.get(statement);
    if (found === undefined) {
      found = database.prepare(statement);
      prepared.set(statement, found);
    }
    return found;
  };

  const transaction = <Result>(work: () => Result): Result => {
    const level = depth;
    database.exec(level === 0 ? 'BEGIN IMMEDIATE' : `SAVEPOINT level${level}`);
    depth = level + 1;
    try {
      const result = work();
      database.exec(level === 0 ? 'COMMIT' : `RELEASE level${level}`);
      return result;
    } catch (error) {
      if (level > 0) database.exec(`ROLLBACK TO level${level}; RELEASE level${level}`);
      else if (database.isTransaction) database.exec('ROLLBACK');
      throw error;
    } finally {
      depth = level;
    }
  };

  return {
    all: <Row extends SqlRow = SqlRow>(statement: string, ...parameters: SqlValue[]): Row[] => {
      check(parameters);
      return prepare(statement).all(...parameters) as Row[];
    },
    run: (statement, ...parameters) => {
      check(parameters);
      prepare(statement).run(...parameters);
    },
    transaction,
    size: () => {
      const pages = database.prepare('PRAGMA page_count').get() as { page_count: number };
      const bytes = database.prepare('PRAGMA page_size').get() as { page_size: number };
      return pages.page_count * bytes.page_size;
    },
    close: () => database.close(),
  };
};
