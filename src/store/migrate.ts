/** Brings a cluster's database to today's tables, or refuses it. */

import type { Migration } from '../../migrations/cluster/index.ts';
import type { SqlPort } from '../ports.ts';
import { NewerFormatError } from './failures.ts';

interface LedgerRow extends Record<string, string> {
  readonly id: string;
  readonly checksum: string;
}

const readLedger = (sql: SqlPort): readonly LedgerRow[] => {
  const tables = sql.all("SELECT name FROM sqlite_master WHERE type = 'table' AND name = 'ledger'");
  return tables.length === 0 ? [] : sql.all<LedgerRow>('SELECT id, checksum FROM ledger ORDER BY position');
};

/** Applied migrations must be a prefix of the known ones, in order and with equal checksums. */
const checkLedger = (applied: readonly LedgerRow[], known: readonly Migration[]): void => {
  for (const [position, row] of applied.entries()) {
    const migration = known[position];
    if (migration === undefined) throw new NewerFormatError(`migration ${row.id} is unknown`);
    if (migration.id !== row.id) {
      throw new NewerFormatError(`migration ${position + 1} is ${row.id}, expected ${migration.id}`);
    }
    if (migration.checksum !== row.checksum) {
      throw new NewerFormatError(`migration ${row.id} was applied with checksum ${row.checksum}`);
    }
  }
};

/**
 * Applies the migrations that the database has not seen, all in one transaction, and records each in the
 * ledger. Does nothing (two reads) when the database is up to date. Throws `NewerFormatError` before it
 * changes anything when the ledger is longer than `known` or differs from it.
 */
export const migrate = (sql: SqlPort, known: readonly Migration[]): void => {
  const applied = readLedger(sql);
  checkLedger(applied, known);
  if (applied.length === known.length) return;
  sql.transaction(() => {
    sql.run(
      'CREATE TABLE IF NOT EXISTS ledger (position INTEGER PRIMARY KEY, id TEXT NOT NULL, checksum TEXT NOT NULL) STRICT',
    );
    for (const [position, migration] of known.entries()) {
      if (position < applied.length) continue;
      migration.apply(sql);
      sql.run(
        'INSERT INTO ledger (position, id, checksum) VALUES (?, ?, ?)',
        position,
        migration.id,
        migration.checksum,
      );
    }
  });
};
