import { and, eq, gt, isNull, or } from 'drizzle-orm';
import { accountPlans } from './db/limits.ts';
import type { PlatformDatabase } from './db/queries.ts';
import { accounts, clusters } from './db/schema.ts';
import { type Limits, limitsOfPlan, type PlanName, planNamed } from './limits.ts';

/** The plan of an account, with what it allows. */
export interface AccountPlan {
  readonly plan: PlanName;
  readonly limits: Limits;
}

/** The plan of accounts that were given none, unless the installation names another. */
export const DEFAULT_PLAN: PlanName = 'free';

/** The plan a setting names; the default one when it names none. */
export const planOrDefault = (name: string | undefined): PlanName => planNamed(name ?? '') ?? DEFAULT_PLAN;

/** The account's plan. `standard` is the installation's plan for accounts that were given none. */
export const planOf = async (
  db: PlatformDatabase,
  accountId: string,
  standard: PlanName,
): Promise<AccountPlan> => {
  const [row] = await db
    .select({ plan: accountPlans.plan })
    .from(accountPlans)
    .where(eq(accountPlans.accountId, accountId))
    .limit(1);
  // A plan that no longer exists is the default one: never no limit at all.
  const plan = planNamed(row?.plan ?? '') ?? standard;
  return { plan, limits: limitsOfPlan(plan) };
};

/** Gives an account a plan. Its clusters have to be told apart from this. */
export const setPlan = async (
  db: PlatformDatabase,
  accountId: string,
  plan: PlanName,
  now: number,
): Promise<void> => {
  await db
    .insert(accountPlans)
    .values({ accountId, plan, updatedAt: now })
    .onConflictDoUpdate({ target: accountPlans.accountId, set: { plan, updatedAt: now } });
};

/** The account with this id or address; `undefined` when there is none. */
export const findAccount = async (db: PlatformDatabase, idOrEmail: string): Promise<string | undefined> => {
  const [row] = await db
    .select({ id: accounts.id })
    .from(accounts)
    .where(or(eq(accounts.id, idOrEmail), eq(accounts.email, idOrEmail.toLowerCase())))
    .limit(1);
  return row?.id;
};

/** Ids of the clusters that count against an account's plan. */
export const liveClustersOf = async (
  db: PlatformDatabase,
  accountId: string,
  now: number,
): Promise<readonly string[]> => {
  const rows = await db
    .select({ id: clusters.id })
    .from(clusters)
    .where(
      and(eq(clusters.accountId, accountId), or(isNull(clusters.expiresAt), gt(clusters.expiresAt, now))),
    );
  return rows.map(({ id }) => id);
};
