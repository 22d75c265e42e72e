import { type SQL, sql } from 'drizzle-orm';
import type { PlatformDatabase } from './db/queries.ts';
import type { Quota } from './limits.ts';

/** How things are counted against an account's plan: one number each, in one statement. */
const COUNTS: Readonly<Partial<Record<Quota, (accountId: string, now: number) => SQL>>> = {
  clusters: (accountId, now) =>
    sql`SELECT count(*) FROM clusters WHERE account_id = ${accountId} AND (expires_at IS NULL OR expires_at > ${now})`,
  apiKeys: (accountId, now) =>
    sql`SELECT count(*) FROM api_keys WHERE account_id = ${accountId} AND (expires_at IS NULL OR expires_at > ${now})`,
  sessions: (accountId, now) =>
    sql`SELECT count(*) FROM sessions WHERE account_id = ${accountId} AND expires_at > ${now}`,
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
