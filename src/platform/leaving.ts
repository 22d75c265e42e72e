import { and, asc, eq, ne } from 'drizzle-orm';
import type { ClusterDirectory } from './clusters.ts';
import { idempotency } from './db/idempotency.ts';
import { accountPlans } from './db/limits.ts';
import { clusterShares, invitations, members, organisations } from './db/organisations.ts';
import type { PlatformDatabase } from './db/queries.ts';
import { accounts, apiKeys, sessions } from './db/schema.ts';
import { removeOrganisation } from './organisations.ts';
import { OWNED_THINGS } from './owned-things.ts';
import type { Owner } from './ownership.ts';
import { requireRole } from './ownership.ts';

const removeThings = async (directory: ClusterDirectory, owner: Owner, now: number): Promise<void> => {
  for (const { removeAll } of OWNED_THINGS) await removeAll(directory, owner, now);
};

/** Deletes an organisation with everything it owns. Its owners may. */
export const deleteOrganisation = async (
  directory: ClusterDirectory,
  accountId: string,
  organisationId: string,
  now: number,
): Promise<void> => {
  await requireRole(directory.db, organisationId, accountId, 'govern');
  await removeThings(directory, { accountId, organisationId }, now);
  await removeOrganisation(directory.db, organisationId);
};

const otherOwner = async (
  db: PlatformDatabase,
  organisationId: string,
  accountId: string,
): Promise<string | undefined> => {
  const [row] = await db
    .select({ accountId: members.accountId })
    .from(members)
    .where(
      and(
        eq(members.organisationId, organisationId),
        eq(members.role, 'owner'),
        ne(members.accountId, accountId),
      ),
    )
    .orderBy(asc(members.createdAt), asc(members.accountId))
    .limit(1);
  return row?.accountId;
};

/** Leaves an organisation for good: what was made in it stays with another owner; without one it all goes. */
const leave = async (
  directory: ClusterDirectory,
  accountId: string,
  organisationId: string,
  now: number,
): Promise<void> => {
  const { db } = directory;
  const heir = await otherOwner(db, organisationId, accountId);
  if (heir === undefined) return deleteOrganisation(directory, accountId, organisationId, now);
  for (const { handOver } of OWNED_THINGS) await handOver(db, organisationId, accountId, heir);
  await db
    .update(organisations)
    .set({ createdBy: heir })
    .where(and(eq(organisations.id, organisationId), eq(organisations.createdBy, accountId)));
};

/**
 * Deletes an account and everything it owns: clusters with their data, organisations without another owner, keys,
 * sessions, memberships, shares. The account itself goes last, so that what a crash left can be deleted again.
 */
export const deleteAccount = async (
  directory: ClusterDirectory,
  accountId: string,
  now: number,
): Promise<void> => {
  const { db } = directory;
  const memberships = await db
    .select({ organisationId: members.organisationId })
    .from(members)
    .where(eq(members.accountId, accountId));
  for (const { organisationId } of memberships) await leave(directory, accountId, organisationId, now);
  await removeThings(directory, { accountId, organisationId: null }, now);
  await db.batch([
    db.delete(members).where(eq(members.accountId, accountId)),
    db.delete(invitations).where(eq(invitations.invitedBy, accountId)),
    db.delete(clusterShares).where(eq(clusterShares.accountId, accountId)),
    db.delete(idempotency).where(eq(idempotency.owner, accountId)),
    db.delete(accountPlans).where(eq(accountPlans.accountId, accountId)),
    db.delete(apiKeys).where(eq(apiKeys.accountId, accountId)),
    db.delete(sessions).where(eq(sessions.accountId, accountId)),
    db.delete(accounts).where(eq(accounts.id, accountId)),
  ]);
};
