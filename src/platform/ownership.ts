import { and, eq, isNull, type SQL } from 'drizzle-orm';
import type { SQLiteColumn } from 'drizzle-orm/sqlite-core';
import { ORGANISATION_ACTIONS, type OrganisationAction, type Role } from './access.ts';
import { members } from './db/organisations.ts';
import type { PlatformDatabase } from './db/queries.ts';
import { forbiddenProblem, notFoundProblem } from './problem.ts';

/** Whose something is: an account's, or an organisation's (then the account is who made it, for quotas). */
export interface Owner {
  readonly accountId: string;
  readonly organisationId: string | null;
}

/** The account's role in an organisation; `undefined` for strangers and for organisations that are not there. */
export const roleIn = async (
  db: PlatformDatabase,
  organisationId: string,
  accountId: string,
): Promise<Role | undefined> => {
  const [row] = await db
    .select({ role: members.role })
    .from(members)
    .where(and(eq(members.organisationId, organisationId), eq(members.accountId, accountId)))
    .limit(1);
  return row?.role;
};

/**
 * Lets a member with this power pass and returns the role. Strangers get the same 404 as for an organisation that is
 * not there; members whose role does not suffice 403.
 */
export const requireRole = async (
  db: PlatformDatabase,
  organisationId: string,
  accountId: string,
  action: OrganisationAction,
): Promise<Role> => {
  const role = await roleIn(db, organisationId, accountId);
  if (role === undefined) throw notFoundProblem('organisation');
  if (!ORGANISATION_ACTIONS[role].includes(action)) {
    throw forbiddenProblem(`a ${role} of the organisation may not do this`);
  }
  return role;
};

/** The owner of something about to be made: the account itself, or an organisation in which it may work. */
export const resolveOwner = async (
  db: PlatformDatabase,
  accountId: string,
  organisationId: string | undefined,
): Promise<Owner> => {
  if (organisationId === undefined) return { accountId, organisationId: null };
  await requireRole(db, organisationId, accountId, 'work');
  return { accountId, organisationId };
};

/**
 * Whether the account has this power over something with this owner. For `work` and less; what only owners of
 * organisations may is asked with another action. One's own things: everything.
 */
export const mayOn = async (
  db: PlatformDatabase,
  accountId: string,
  owner: Owner,
  action: OrganisationAction = 'work',
): Promise<boolean> => {
  if (owner.organisationId === null) return owner.accountId === accountId;
  const role = await roleIn(db, owner.organisationId, accountId);
  return role !== undefined && ORGANISATION_ACTIONS[role].includes(action);
};

/** The rows of a table with owner columns that belong to exactly this owner. */
export const ownedBy = (
  table: { readonly accountId: SQLiteColumn; readonly organisationId: SQLiteColumn },
  { accountId, organisationId }: Owner,
): SQL | undefined =>
  organisationId === null
    ? and(eq(table.accountId, accountId), isNull(table.organisationId))
    : eq(table.organisationId, organisationId);
