/** Credentials the cluster accepts or has seen: its users' tokens, and proofs that must not be used twice. */

import type { SqlPort } from '../../src/ports.ts';

/** Adds the list of users' tokens and the list of used proofs. */
export const apply = (sql: SqlPort): void => {
  // `about` is JSON: who the token is for, as lists show it. Never the token itself. Times are wall milliseconds.
  sql.run(`CREATE TABLE user_token (
    id TEXT PRIMARY KEY,
    created INTEGER NOT NULL,
    expires INTEGER NOT NULL,
    about TEXT NOT NULL
  ) STRICT, WITHOUT ROWID`);
  sql.run(`CREATE TABLE used_proof (
    id TEXT PRIMARY KEY,
    expires INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID`);
};
