import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';

/** Which plan an account has. No row: the installation's default plan. */
export const accountPlans = sqliteTable('account_plans', {
  accountId: text('account_id').primaryKey(),
  plan: text('plan').notNull(),
  updatedAt: integer('updated_at').notNull(),
});
