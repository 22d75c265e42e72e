/** The list of users' tokens a cluster accepts, and the proofs it has seen. Beside the revision log: no object shows it. */

import type { Instant } from '../machinery/time.ts';
import type { SqlPort } from '../ports.ts';

/** Who a token is for. */
export interface UserTokenSubject {
  readonly username: string;
  readonly groups: readonly string[];
  readonly uid?: string;
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

/** A token on the list: everything but the token itself. Instants are wall milliseconds. */
export interface UserTokenRecord {
  readonly id: string;
  /** What people call it; '' when nobody named it. */
  readonly name: string;
  readonly subject: UserTokenSubject;
  readonly createdAt: Instant;
  readonly expiresAt: Instant;
}

/** How many live tokens a cluster keeps. */
export const MOST_USER_TOKENS = 10_000;

type Row = {
  readonly id: string;
  readonly created: number;
  readonly expires: number;
  readonly about: string;
};

const recordOf = ({ id, created, expires, about }: Row): UserTokenRecord => ({
  ...(JSON.parse(about) as Pick<UserTokenRecord, 'name' | 'subject'>),
  id,
  createdAt: created,
  expiresAt: expires,
});

/** Rows of both tables, and in memory which tokens were found on the list: they are looked for with every request. */
export class UserTokens {
  readonly #sql: SqlPort;
  readonly #found = new Set<string>();

  constructor(sql: SqlPort) {
    this.#sql = sql;
  }

  /** Puts a token on the list; false when the list is full. Those that ended leave it first. */
  add({ id, createdAt, expiresAt, name, subject }: UserTokenRecord): boolean {
    this.#sql.run('DELETE FROM user_token WHERE expires <= ?', createdAt);
    const [counted] = this.#sql.all<{ readonly n: number }>('SELECT COUNT(*) AS n FROM user_token');
    if ((counted?.n ?? 0) >= MOST_USER_TOKENS) return false;
    const about = JSON.stringify({ name, subject });
    this.#sql.run(
      'INSERT INTO user_token (id, created, expires, about) VALUES (?, ?, ?, ?)',
      id,
      createdAt,
      expiresAt,
      about,
    );
    return true;
  }

  /** Tokens that have not ended, oldest first, from the one after `after` on. */
  list(
    now: Instant,
    {
      limit,
      after,
    }: { readonly limit: number; readonly after?: { readonly createdAt: Instant; readonly id: string } },
  ): UserTokenRecord[] {
    const { createdAt = -1, id = '' } = after ?? {};
    return this.#sql
      .all<Row>(
        'SELECT * FROM user_token WHERE expires > ? AND (created > ? OR (created = ? AND id > ?)) ORDER BY created, id LIMIT ?',
        now,
        createdAt,
        createdAt,
        id,
        limit,
      )
      .map(recordOf);
  }

  /** Takes a token off the list; false when it is not on it. */
  revoke(id: string): boolean {
    if (!this.isListed(id)) return false;
    this.#found.delete(id);
    this.#sql.run('DELETE FROM user_token WHERE id = ?', id);
    return true;
  }

  /** Tokens that ended may still be on the list: whoever asks has looked at the end already. */
  isListed(id: string): boolean {
    if (this.#found.has(id)) return true;
    if (this.#sql.all('SELECT 1 AS found FROM user_token WHERE id = ?', id).length === 0) return false;
    if (this.#found.size >= MOST_USER_TOKENS) this.#found.clear();
    this.#found.add(id);
    return true;
  }

  /** Remembers a proof until it ends; false when it was used before. */
  use(proof: string, now: Instant, expiresAt: Instant): boolean {
    this.#sql.run('DELETE FROM used_proof WHERE expires <= ?', now);
    if (this.#sql.all('SELECT 1 AS found FROM used_proof WHERE id = ?', proof).length > 0) return false;
    this.#sql.run('INSERT INTO used_proof (id, expires) VALUES (?, ?)', proof, expiresAt);
    return true;
  }
}
