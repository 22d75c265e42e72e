/**
 * First format of a cluster's database. A migration is frozen history: it imports nothing that can change,
 * and once released its text is never edited (see ../checksums.json).
 */

import type { SqlPort } from '../../src/ports.ts';

/** Creates the tables of the store in an empty database. */
export const apply = (sql: SqlPort): void => {
  // One row a write: the log, and through it every retained value. `op` is 0 create, 1 update, 2 delete.
  // `value` stands last so that reading the other columns never touches its overflow pages.
  sql.run(`CREATE TABLE revision (
    rev INTEGER PRIMARY KEY,
    key TEXT NOT NULL,
    op INTEGER NOT NULL,
    prev_rev INTEGER,
    at INTEGER NOT NULL,
    value TEXT NOT NULL
  ) STRICT`);
  // `op` rides along so that a scan at a past revision is answered by the index alone.
  sql.run('CREATE INDEX revision_by_key ON revision (key, rev, op)');
  sql.run(`CREATE TABLE head (
    key TEXT PRIMARY KEY,
    rev INTEGER NOT NULL,
    create_rev INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID`);
  sql.run(`CREATE TABLE ref (
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    key TEXT NOT NULL,
    PRIMARY KEY (name, value, key)
  ) STRICT, WITHOUT ROWID`);
  // No index on `due_at`: the table is small and mirrored in order in memory, and an index entry would be
  // one more billed row for every put.
  sql.run(`CREATE TABLE wakeup (
    actor TEXT NOT NULL,
    key TEXT NOT NULL,
    due_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    PRIMARY KEY (actor, key)
  ) STRICT, WITHOUT ROWID`);
  sql.run('CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID');
};
