import { index, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core';

/**
 * Answers to POSTs with an idempotency key, for a day. Nothing is readable here: keys and requests are keyed digests,
 * answers are sealed, since some carry credentials that are shown once.
 */
export const idempotency = sqliteTable(
  'idempotency',
  {
    /** Account id, or what stands for one on public routes. */
    owner: text('owner').notNull(),
    keyDigest: text('key_digest').notNull(),
    requestDigest: text('request_digest').notNull(),
    /** Tells apart those who began: only the one who did may finish. */
    attempt: text('attempt').notNull(),
    /** Absent while the request is worked on. */
    answer: text('answer'),
    createdAt: integer('created_at').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.owner, table.keyDigest] }),
    index('idempotency_created').on(table.createdAt),
  ],
);
