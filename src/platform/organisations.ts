import { and, asc, count, eq, gt, or } from 'drizzle-orm';
import { printTime } from '../machinery/time.ts';
import type { Role } from './access.ts';
import { invitations, members, organisations } from './db/organisations.ts';
import type { PlatformDatabase } from './db/queries.ts';
import { type Limits, requireWithin } from './limits.ts';
import { requireRole } from './ownership.ts';
import { makePage, type Page, type PageRequest } from './page.ts';
import { notFoundProblem } from './problem.ts';
import { makeId } from './secrets.ts';

/** An organisation as one of its members sees it. */
export interface OrganisationView {
  readonly id: string;
  readonly name: string;
  /** The caller's own. */
  readonly role: Role;
  readonly createdAt: string;
}

/** Makes an organisation with its maker as owner. Throws a quota-exceeded problem for one too many. */
export const createOrganisation = async (
  db: PlatformDatabase,
  accountId: string,
  name: string,
  limits: Limits,
  now: number,
): Promise<OrganisationView> => {
  const id = makeId('org');
  const [, , [counted]] = await db.batch([
    db.insert(organisations).values({ id, name, createdBy: accountId, createdAt: now }),
    db.insert(members).values({ organisationId: id, accountId, role: 'owner', createdAt: now }),
    db.select({ made: count() }).from(organisations).where(eq(organisations.createdBy, accountId)),
  ]);
  try {
    requireWithin(limits, 'organisations', counted?.made ?? 0);
  } catch (error) {
    await removeOrganisation(db, id);
    throw error;
  }
  return { id, name, role: 'owner', createdAt: printTime(now) };
};

const columns = {
  id: organisations.id,
  name: organisations.name,
  role: members.role,
  createdAt: organisations.createdAt,
};

const view = ({ createdAt, ...row }: { createdAt: number; id: string; name: string; role: Role }) => ({
  ...row,
  createdAt: printTime(createdAt),
});

/** The organisations the account belongs to, oldest first. */
export const listOrganisations = async (
  db: PlatformDatabase,
  accountId: string,
  { limit, after }: PageRequest,
): Promise<Page<OrganisationView>> => {
  const later = after
    ? or(
        gt(organisations.createdAt, after.createdAt),
        and(eq(organisations.createdAt, after.createdAt), gt(organisations.id, after.id)),
      )
    : undefined;
  const rows = await db
    .select(columns)
    .from(members)
    .innerJoin(organisations, eq(organisations.id, members.organisationId))
    .where(and(eq(members.accountId, accountId), later))
    .orderBy(asc(organisations.createdAt), asc(organisations.id))
    .limit(limit + 1);
  return makePage(rows, limit, view);
};

/** One organisation; 404 for strangers. */
export const getOrganisation = async (
  db: PlatformDatabase,
  accountId: string,
  id: string,
): Promise<OrganisationView> => {
  const [row] = await db
    .select(columns)
    .from(members)
    .innerJoin(organisations, eq(organisations.id, members.organisationId))
    .where(and(eq(members.accountId, accountId), eq(organisations.id, id)))
    .limit(1);
  if (row === undefined) throw notFoundProblem('organisation');
  return view(row);
};

/** Gives it another name. */
export const renameOrganisation = async (
  db: PlatformDatabase,
  accountId: string,
  id: string,
  name: string,
): Promise<OrganisationView> => {
  await requireRole(db, id, accountId, 'govern');
  await db.update(organisations).set({ name }).where(eq(organisations.id, id));
  return getOrganisation(db, accountId, id);
};

/** Removes the organisation's own rows. What it owns has to be gone before. */
export const removeOrganisation = async (db: PlatformDatabase, id: string): Promise<void> => {
  await db.batch([
    db.delete(invitations).where(eq(invitations.organisationId, id)),
    db.delete(members).where(eq(members.organisationId, id)),
    db.delete(organisations).where(eq(organisations.id, id)),
  ]);
};

/** The account whose plan an organisation counts against; empty when there is no such organisation. */
export const makerOf = async (db: PlatformDatabase, id: string): Promise<string> => {
  const [row] = await db
    .select({ createdBy: organisations.createdBy })
    .from(organisations)
    .where(eq(organisations.id, id))
    .limit(1);
  return row?.createdBy ?? '';
};
