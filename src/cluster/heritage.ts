import type { SqlPort } from '../ports.ts';
import type { MetaTable } from './settings.ts';

/** Entries of `meta` that outlive a cluster's content: keys of its tokens, and what its owner decided about it. */
const KEPT = ['cluster.authority', 'audit.policy', 'cluster.limits'] as const;

type TokenRow = {
  readonly id: string;
  readonly created: number;
  readonly expires: number;
  readonly about: string;
};
type ProofRow = { readonly id: string; readonly expires: number };

/** What a cluster that is made anew under the same name takes over, so that its users' credentials go on. */
export interface Heritage {
  readonly meta: readonly (readonly [name: string, value: string])[];
  readonly tokens: readonly TokenRow[];
  readonly proofs: readonly ProofRow[];
}

/** Reads the heritage of the cluster in the database. */
export const takeHeritage = (sql: SqlPort): Heritage => ({
  meta: KEPT.flatMap((name) => {
    const [row] = sql.all<{ readonly value: string }>('SELECT value FROM meta WHERE name = ?', name);
    return row === undefined ? [] : [[name, row.value] as const];
  }),
  tokens: sql.all<TokenRow>('SELECT id, created, expires, about FROM user_token'),
  proofs: sql.all<ProofRow>('SELECT id, expires FROM used_proof'),
});

/** Gives it to a cluster that is about to be made in an empty database whose tables are there. */
export const giveHeritage = (sql: SqlPort, meta: MetaTable, heritage: Heritage): void => {
  for (const [name, value] of heritage.meta) meta.set(name, value);
  for (const { id, created, expires, about } of heritage.tokens) {
    sql.run(
      'INSERT INTO user_token (id, created, expires, about) VALUES (?, ?, ?, ?)',
      id,
      created,
      expires,
      about,
    );
  }
  for (const { id, expires } of heritage.proofs) {
    sql.run('INSERT INTO used_proof (id, expires) VALUES (?, ?)', id, expires);
  }
};
