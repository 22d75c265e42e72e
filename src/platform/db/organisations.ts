import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core';

/** Groups of people who work on the same things. */
export const organisations = sqliteTable('organisations', {
  id: text('id').primaryKey(),
  name: text('name').notNull(),
  /** Who made it. The quota it counts against; says nothing about who may do what. */
  createdBy: text('created_by').notNull(),
  createdAt: integer('created_at').notNull(),
});

/** Who belongs to which organisation, as what. */
export const members = sqliteTable(
  'members',
  {
    organisationId: text('organisation_id').notNull(),
    accountId: text('account_id').notNull(),
    role: text('role', { enum: ['owner', 'instructor', 'learner'] }).notNull(),
    createdAt: integer('created_at').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.organisationId, table.accountId] }),
    index('members_account').on(table.accountId, table.createdAt, table.organisationId),
  ],
);

/** Open invitations. Only the token's SHA-256 is kept. */
export const invitations = sqliteTable(
  'invitations',
  {
    id: text('id').primaryKey(),
    organisationId: text('organisation_id').notNull(),
    /** Whom it is for; absent: whoever has the token. */
    email: text('email'),
    role: text('role', { enum: ['owner', 'instructor', 'learner'] }).notNull(),
    tokenHash: text('token_hash').notNull(),
    /** How many more may accept it. */
    usesLeft: integer('uses_left').notNull(),
    invitedBy: text('invited_by').notNull(),
    createdAt: integer('created_at').notNull(),
    expiresAt: integer('expires_at').notNull(),
  },
  (table) => [
    uniqueIndex('invitations_token').on(table.tokenHash),
    index('invitations_organisation').on(table.organisationId, table.createdAt, table.id),
  ],
);

/** Clusters that others than their owners may use. */
export const clusterShares = sqliteTable(
  'cluster_shares',
  {
    id: text('id').primaryKey(),
    clusterId: text('cluster_id').notNull(),
    accountId: text('account_id').notNull(),
    role: text('role', { enum: ['admin', 'user'] }).notNull(),
    /** Groups a user has inside the cluster; its RBAC decides what they may do. */
    groups: text('groups', { mode: 'json' }).$type<readonly string[]>().notNull(),
    createdAt: integer('created_at').notNull(),
  },
  (table) => [
    uniqueIndex('cluster_shares_pair').on(table.clusterId, table.accountId),
    index('cluster_shares_account').on(table.accountId),
  ],
);
