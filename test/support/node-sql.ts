/**
 * The sql port over `node:sqlite`, for tests, benches and tools. It refuses what the platform refuses, so
 * that a test fails where production would.
 */

import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { checkLimits } from '../../durable-objects/sql-limits.ts';
import type { SqlPort, SqlRow, SqlValue } from '../../src/ports.ts';

export interface NodeSql extends SqlPort {
  /** Closes the database; a file keeps its content. */
  close(): void;
}

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
      checkLimits(parameters);
      return prepare(statement).all(...parameters) as Row[];
    },
    run: (statement, ...parameters) => {
      checkLimits(parameters);
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
