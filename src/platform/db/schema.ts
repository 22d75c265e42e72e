/**
 * Tables of the platform database (D1): who has an account, which keys open it, which clusters it owns.
 * Nothing of a cluster's content is here; that lives in the cluster's own object. Instants are wall-clock
 * milliseconds since the epoch.
 */

import { index, integer, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core';

/** People and machines that own clusters. */
export const accounts = sqliteTable(
  'accounts',
  {
    id: text('id').primaryKey(),
    email: text('email').notNull(),
    /** `pbkdf2-sha256$iterations$salt$hash`, salt and hash in base64url. */
    passwordHash: text('password_hash').notNull(),
    createdAt: integer('created_at').notNull(),
  },
  (table) => [uniqueIndex('accounts_email').on(table.email)],
);

/** Sign-ins. Only the token's SHA-256 is kept. */
export const sessions = sqliteTable(
  'sessions',
  {
    tokenHash: text('token_hash').primaryKey(),
    accountId: text('account_id').notNull(),
    createdAt: integer('created_at').notNull(),
    expiresAt: integer('expires_at').notNull(),
    lastUsedAt: integer('last_used_at'),
  },
  (table) => [index('sessions_account').on(table.accountId)],
);

/** Long-lived credentials of programs. Only the key's SHA-256 is kept. */
export const apiKeys = sqliteTable(
  'api_keys',
  {
    id: text('id').primaryKey(),
    accountId: text('account_id').notNull(),
    name: text('name').notNull(),
    keyHash: text('key_hash').notNull(),
    scopes: text('scopes', { mode: 'json' }).$type<readonly string[]>().notNull(),
    createdAt: integer('created_at').notNull(),
    expiresAt: integer('expires_at'),
    /** The key's first characters, to recognise it by. */
    prefix: text('prefix'),
    lastUsedAt: integer('last_used_at'),
  },
  (table) => [
    uniqueIndex('api_keys_hash').on(table.keyHash),
    index('api_keys_account').on(table.accountId, table.id),
  ],
);

/** The directory of clusters. `options` repeats what the cluster was asked to be, for display only. */
export const clusters = sqliteTable(
  'clusters',
  {
    id: text('id').primaryKey(),
    /** Who made it. */
    accountId: text('account_id').notNull(),
    /** Whose it is, when it is not theirs alone. */
    organisationId: text('organisation_id'),
    /** The environment it belongs to: then it is listed and counted there. */
    environmentId: text('environment_id'),
    name: text('name').notNull(),
    phase: text('phase', { enum: ['Creating', 'Running', 'Deleting'] }).notNull(),
    options: text('options', { mode: 'json' }).$type<Readonly<Record<string, unknown>>>().notNull(),
    createdAt: integer('created_at').notNull(),
    expiresAt: integer('expires_at'),
  },
  (table) => [
    index('clusters_account').on(table.accountId, table.createdAt, table.id),
    index('clusters_organisation').on(table.organisationId, table.createdAt, table.id),
    index('clusters_expiry').on(table.expiresAt),
  ],
);

export * from './exercises.ts';
export * from './idempotency.ts';
export * from './limits.ts';
export * from './organisations.ts';
