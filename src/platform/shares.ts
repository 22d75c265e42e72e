import { and, asc, eq, gt, or } from 'drizzle-orm';
import { printTime } from '../machinery/time.ts';
import { clusterShares } from './db/organisations.ts';
import type { PlatformDatabase } from './db/queries.ts';
import { accounts } from './db/schema.ts';
import { makePage, type Page, type PageRequest } from './page.ts';
import { notFoundProblem } from './problem.ts';
import { makeId } from './secrets.ts';

/** Somebody who may use a cluster that is not theirs. */
export interface ShareView {
  readonly id: string;
  readonly email: string;
  readonly role: 'admin' | 'user';
  readonly groups: readonly string[];
  readonly createdAt: string;
}

/** Whom a cluster is to be shared with, and as what. `groups` count for users only. */
export interface ShareRequest {
  readonly email: string;
  readonly role: 'admin' | 'user';
  readonly groups: readonly string[];
}

/** Shares a cluster; a second time changes role and groups. 404 when there is no account with this address. */
export const shareCluster = async (
  db: PlatformDatabase,
  clusterId: string,
  { email, role, groups }: ShareRequest,
  now: number,
): Promise<ShareView & { readonly accountId: string }> => {
  const [account] = await db
    .select({ id: accounts.id, email: accounts.email })
    .from(accounts)
    .where(eq(accounts.email, email.toLowerCase()))
    .limit(1);
  if (account === undefined) throw notFoundProblem('account with this email');
  const [row] = await db
    .insert(clusterShares)
    .values({ id: makeId('shr'), clusterId, accountId: account.id, role, groups, createdAt: now })
    .onConflictDoUpdate({
      target: [clusterShares.clusterId, clusterShares.accountId],
      set: { role, groups },
    })
    .returning();
  if (row === undefined) throw new Error('a share was not stored');
  const createdAt = printTime(row.createdAt);
  return { id: row.id, accountId: account.id, email: account.email, role, groups, createdAt };
};

/** Whom a cluster is shared with, oldest first. */
export const listShares = async (
  db: PlatformDatabase,
  clusterId: string,
  { limit, after }: PageRequest,
): Promise<Page<ShareView>> => {
  const later = after
    ? or(
        gt(clusterShares.createdAt, after.createdAt),
        and(eq(clusterShares.createdAt, after.createdAt), gt(clusterShares.id, after.id)),
      )
    : undefined;
  const rows = await db
    .select({
      id: clusterShares.id,
      email: accounts.email,
      role: clusterShares.role,
      groups: clusterShares.groups,
      createdAt: clusterShares.createdAt,
    })
    .from(clusterShares)
    .innerJoin(accounts, eq(accounts.id, clusterShares.accountId))
    .where(and(eq(clusterShares.clusterId, clusterId), later))
    .orderBy(asc(clusterShares.createdAt), asc(clusterShares.id))
    .limit(limit + 1);
  return makePage(rows, limit, (row) => ({ ...row, createdAt: printTime(row.createdAt) }));
};

/** Ends a share; whose it was. Tokens it was used to make live on until they expire or are revoked. */
export const endShare = async (db: PlatformDatabase, clusterId: string, id: string): Promise<string> => {
  const [gone] = await db
    .delete(clusterShares)
    .where(and(eq(clusterShares.id, id), eq(clusterShares.clusterId, clusterId)))
    .returning({ accountId: clusterShares.accountId });
  if (gone === undefined) throw notFoundProblem('share');
  return gone.accountId;
};
