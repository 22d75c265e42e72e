/** The audit log: what was asked of the cluster, by whom, with what outcome. */

import type { SqlPort } from '../../src/ports.ts';

/** Adds the table of audit records. */
export const apply = (sql: SqlPort): void => {
  // A row is a batch: `count` records from number `seq` on, as a JSON array, oldest first. `start` is how many bytes
  // were ever written before this row, so that the size of the log is known from its first and last row alone. No
  // index: an entry would be one more billed row for every batch, and the log is only read from its end.
  sql.run(`CREATE TABLE audit (
    seq INTEGER PRIMARY KEY,
    count INTEGER NOT NULL,
    start INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    records TEXT NOT NULL
  ) STRICT`);
};
