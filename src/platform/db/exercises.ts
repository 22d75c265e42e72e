import { index, integer, real, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core';

/** Published templates: one row a version, never changed. Built-in ones are part of the program. */
export const templateVersions = sqliteTable(
  'template_versions',
  {
    id: text('id').primaryKey(),
    /** Who published it. */
    accountId: text('account_id').notNull(),
    /** Whose it is, when it is not theirs alone. */
    organisationId: text('organisation_id'),
    /** The organisation's id, or the account's: names are unique within it. */
    ownerKey: text('owner_key').notNull(),
    name: text('name').notNull(),
    version: text('version').notNull(),
    /** SHA-256 of the text, in hex. */
    digest: text('digest').notNull(),
    /** What lists show, as JSON. */
    summary: text('summary', { mode: 'json' }).$type<Readonly<Record<string, unknown>>>().notNull(),
    /** The template as it was published. */
    source: text('source').notNull(),
    createdAt: integer('created_at').notNull(),
  },
  (table) => [
    uniqueIndex('template_versions_name').on(table.ownerKey, table.name, table.version),
    index('template_versions_list').on(table.ownerKey, table.createdAt, table.id),
  ],
);

/** Exercises in use. The cluster's own object holds the state; this is who has it and how far they got. */
export const environments = sqliteTable(
  'environments',
  {
    id: text('id').primaryKey(),
    accountId: text('account_id').notNull(),
    organisationId: text('organisation_id'),
    clusterId: text('cluster_id').notNull(),
    template: text('template').notNull(),
    version: text('version').notNull(),
    /** Row of `template_versions`; null for built-in ones. */
    templateVersionId: text('template_version_id'),
    seed: text('seed').notNull(),
    /** The platform's own name for the learner. */
    learnerRef: text('learner_ref'),
    /** The learner's account, when they have one and may look at their environment themselves. */
    learnerAccountId: text('learner_account_id'),
    status: text('status', { enum: ['Creating', 'Ready', 'Expired', 'Deleting'] }).notNull(),
    paused: integer('paused', { mode: 'boolean' }).notNull(),
    resets: integer('resets').notNull(),
    /** How many hints of each task were asked for, as JSON by task id. */
    hints: text('hints', { mode: 'json' }).$type<Readonly<Record<string, number>>>().notNull(),
    /** The last grade; null before the first. */
    score: real('score'),
    maximum: real('maximum').notNull(),
    passed: integer('passed', { mode: 'boolean' }).notNull(),
    gradedAt: integer('graded_at'),
    /** When every check had passed for the first time since the beginning. */
    passedAt: integer('passed_at'),
    createdAt: integer('created_at').notNull(),
    expiresAt: integer('expires_at'),
  },
  (table) => [
    uniqueIndex('environments_cluster').on(table.clusterId),
    index('environments_account').on(table.accountId, table.createdAt, table.id),
    index('environments_organisation').on(table.organisationId, table.createdAt, table.id),
    index('environments_learner').on(table.learnerAccountId, table.createdAt, table.id),
    index('environments_learner_ref').on(table.accountId, table.learnerRef),
    index('environments_version').on(table.templateVersionId),
  ],
);
