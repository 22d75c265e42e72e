import { type SQL, sql } from 'drizzle-orm';
import type { PlatformDatabase } from './db/queries.ts';
import type { Quota } from './limits.ts';

/** How things are counted against an account's plan: one number each, in one statement. */
const COUNTS: Readonly<Partial<Record<Quota, (accountId: string, now: number) => SQL>>> = {
  clusters: (accountId, now) =>
    sql`SELECT count(*) FROM clusters WHERE account_id = ${accountId} AND environment_id IS NULL AND (expires_at IS NULL OR expires_at > ${now})`,
  apiKeys: (accountId, now) =>
    sql`SELECT count(*) FROM api_keys WHERE account_id = ${accountId} AND (expires_at IS NULL OR expires_at > ${now})`,
  environments: (accountId) =>
    sql`SELECT count(*) FROM environments WHERE account_id = ${accountId} AND status <> 'Expired'`,
  templates: (accountId) =>
    sql`SELECT count(DISTINCT name) FROM template_versions WHERE account_id = ${accountId}`,
  organisations: (accountId) => sql`SELECT count(*) FROM organisations WHERE created_by = ${accountId}`,
  // The largest: the limit is for each organisation.
  members: (accountId) =>
    sql`SELECT coalesce(max(n), 0) FROM (SELECT count(*) AS n FROM members WHERE organisation_id IN (SELECT id FROM organisations WHERE created_by = ${accountId}) GROUP BY organisation_id)`,
};

/** How much of each quota an account uses; what is not counted is left out. */
export const usageOf = async (
  db: PlatformDatabase,
  accountId: string,
  now: number,
): Promise<Partial<Record<Quota, number>>> => {
  const columns = Object.entries(COUNTS).map(
    ([quota, count]) => sql`(${count(accountId, now)}) AS ${sql.identifier(quota)}`,
  );
  return (await db.get<Partial<Record<Quota, number>>>(sql`SELECT ${sql.join(columns, sql`, `)}`)) ?? {};
};
