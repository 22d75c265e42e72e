import { and, asc, count, eq, gt, or, sql } from 'drizzle-orm';
import { printTime } from '../machinery/time.ts';
import { ORGANISATION_ACTIONS, type Role } from './access.ts';
import { members } from './db/organisations.ts';
import type { PlatformDatabase } from './db/queries.ts';
import { accounts } from './db/schema.ts';
import { requireRole, roleIn } from './ownership.ts';
import { makePage, type Page, type PageRequest } from './page.ts';
import { conflictProblem, forbiddenProblem, notFoundProblem } from './problem.ts';

/** Somebody who belongs to an organisation. */
export interface MemberView {
  readonly accountId: string;
  readonly email: string;
  readonly role: Role;
  readonly createdAt: string;
}

const columns = {
  id: members.accountId,
  email: accounts.email,
  role: members.role,
  createdAt: members.createdAt,
};

type Row = { id: string; email: string; role: Role; createdAt: number };

const view = ({ id, createdAt, ...row }: Row): MemberView => ({
  accountId: id,
  ...row,
  createdAt: printTime(createdAt),
});

/** The members, oldest first, of one role if given. Owners and instructors may ask. */
export const listMembers = async (
  db: PlatformDatabase,
  accountId: string,
  organisationId: string,
  role: Role | undefined,
  { limit, after }: PageRequest,
): Promise<Page<MemberView>> => {
  await requireRole(db, organisationId, accountId, 'seeMembers');
  const later = after
    ? or(
        gt(members.createdAt, after.createdAt),
        and(eq(members.createdAt, after.createdAt), gt(members.accountId, after.id)),
      )
    : undefined;
  const ofRole = role === undefined ? undefined : eq(members.role, role);
  const rows = await db
    .select(columns)
    .from(members)
    .innerJoin(accounts, eq(accounts.id, members.accountId))
    .where(and(eq(members.organisationId, organisationId), ofRole, later))
    .orderBy(asc(members.createdAt), asc(members.accountId))
    .limit(limit + 1);
  return makePage(rows, limit, view);
};

const membership = (organisationId: string, accountId: string) =>
  and(eq(members.organisationId, organisationId), eq(members.accountId, accountId));

const getMember = async (
  db: PlatformDatabase,
  organisationId: string,
  memberId: string,
): Promise<MemberView> => {
  const [row] = await db
    .select(columns)
    .from(members)
    .innerJoin(accounts, eq(accounts.id, members.accountId))
    .where(membership(organisationId, memberId))
    .limit(1);
  if (row === undefined) throw notFoundProblem('member');
  return view(row);
};

/** True for a member who is not the only owner: checked in the same statement that changes the row. */
const notLastOwner = (organisationId: string, memberId: string) =>
  sql`(${members.role} <> 'owner' or exists (select 1 from ${members} as other where other.organisation_id = ${organisationId} and other.role = 'owner' and other.account_id <> ${memberId}))`;

const lastOwnerProblem = () =>
  conflictProblem('an organisation keeps at least one owner: make another one first, or delete it');

/** Makes a member something else. Only owners may; the last owner stays one. */
export const changeRole = async (
  db: PlatformDatabase,
  accountId: string,
  organisationId: string,
  memberId: string,
  role: Role,
): Promise<MemberView> => {
  await requireRole(db, organisationId, accountId, 'govern');
  const member = await getMember(db, organisationId, memberId);
  const guard = role === 'owner' ? undefined : notLastOwner(organisationId, memberId);
  const changed = await db
    .update(members)
    .set({ role })
    .where(and(membership(organisationId, memberId), guard))
    .returning({ role: members.role });
  if (changed.length === 0) throw lastOwnerProblem();
  return { ...member, role };
};

/**
 * Takes somebody out. Everybody may leave; instructors may remove learners, owners anybody; the last owner stays.
 */
export const removeMember = async (
  db: PlatformDatabase,
  accountId: string,
  organisationId: string,
  memberId: string,
): Promise<void> => {
  const role = await requireRole(db, organisationId, accountId, 'see');
  if (memberId !== accountId) {
    const powers = ORGANISATION_ACTIONS[role];
    if (!powers.includes('manageLearners')) throw forbiddenProblem(`a ${role} may not remove others`);
    const other = await roleIn(db, organisationId, memberId);
    if (other === undefined) throw notFoundProblem('member');
    if (other !== 'learner' && !powers.includes('govern')) {
      throw forbiddenProblem(`a ${role} may remove learners only`);
    }
  }
  const gone = await db
    .delete(members)
    .where(and(membership(organisationId, memberId), notLastOwner(organisationId, memberId)))
    .returning({ role: members.role });
  if (gone.length === 0) throw lastOwnerProblem();
};

/** How many belong to it. */
export const countMembers = async (db: PlatformDatabase, organisationId: string): Promise<number> => {
  const [row] = await db
    .select({ number: count() })
    .from(members)
    .where(eq(members.organisationId, organisationId));
  return row?.number ?? 0;
};
