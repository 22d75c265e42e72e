import { and, asc, eq, gt, isNull, lte, or, sql } from 'drizzle-orm';
import { printTime } from '../machinery/time.ts';
import { ORGANISATION_ACTIONS, type Role } from './access.ts';
import { invitations, members } from './db/organisations.ts';
import type { PlatformDatabase } from './db/queries.ts';
import { accounts } from './db/schema.ts';
import { type Limits, requireWithin } from './limits.ts';
import { countMembers } from './members.ts';
import { getOrganisation, makerOf, type OrganisationView } from './organisations.ts';
import { requireRole, roleIn } from './ownership.ts';
import { makePage, type Page, type PageRequest } from './page.ts';
import { conflictProblem, forbiddenProblem, notFoundProblem } from './problem.ts';
import { hashSecret, makeId, makeSecret } from './secrets.ts';

/** Invitation tokens start with this. */
const PREFIX = 'kubicle_invitation_';

/** An open invitation. */
export interface InvitationView {
  readonly id: string;
  readonly email: string | null;
  readonly role: Role;
  readonly usesLeft: number;
  readonly createdAt: string;
  readonly expiresAt: string;
}

/** What an invitation is asked to be. */
export interface InvitationRequest {
  /** Whom it is for; absent: whoever has the token. */
  readonly email: string | undefined;
  readonly role: Role;
  /** How many may accept it. */
  readonly uses: number;
  readonly ttlSeconds: number;
}

type Row = typeof invitations.$inferSelect;

const view = (row: Row): InvitationView => ({
  id: row.id,
  email: row.email,
  role: row.role,
  usesLeft: row.usesLeft,
  createdAt: printTime(row.createdAt),
  expiresAt: printTime(row.expiresAt),
});

/** Invites: the token is shown this once, and handed on by whoever asked. Instructors invite learners only. */
export const createInvitation = async (
  db: PlatformDatabase,
  accountId: string,
  organisationId: string,
  { email, role, uses, ttlSeconds }: InvitationRequest,
  now: number,
): Promise<InvitationView & { token: string }> => {
  const mine = await requireRole(db, organisationId, accountId, 'manageLearners');
  if (role !== 'learner' && !ORGANISATION_ACTIONS[mine].includes('govern')) {
    throw forbiddenProblem(`a ${mine} may invite learners only`);
  }
  const token = makeSecret(PREFIX);
  const row: Row = {
    id: makeId('inv'),
    organisationId,
    email: email?.toLowerCase() ?? null,
    role,
    tokenHash: await hashSecret(token),
    usesLeft: uses,
    invitedBy: accountId,
    createdAt: now,
    expiresAt: now + ttlSeconds * 1000,
  };
  await db.batch([
    db.delete(invitations).where(lte(invitations.expiresAt, now)),
    db.insert(invitations).values(row),
  ]);
  return { ...view(row), token };
};

/** Invitations that can still be accepted, oldest first. */
export const listInvitations = async (
  db: PlatformDatabase,
  accountId: string,
  organisationId: string,
  { limit, after }: PageRequest,
  now: number,
): Promise<Page<InvitationView>> => {
  await requireRole(db, organisationId, accountId, 'manageLearners');
  const later = after
    ? or(
        gt(invitations.createdAt, after.createdAt),
        and(eq(invitations.createdAt, after.createdAt), gt(invitations.id, after.id)),
      )
    : undefined;
  const rows = await db
    .select()
    .from(invitations)
    .where(and(eq(invitations.organisationId, organisationId), gt(invitations.expiresAt, now), later))
    .orderBy(asc(invitations.createdAt), asc(invitations.id))
    .limit(limit + 1);
  return makePage(rows, limit, view);
};

/** Takes an invitation back. Instructors may for learners' only. */
export const deleteInvitation = async (
  db: PlatformDatabase,
  accountId: string,
  organisationId: string,
  id: string,
): Promise<void> => {
  const mine = await requireRole(db, organisationId, accountId, 'manageLearners');
  const only = ORGANISATION_ACTIONS[mine].includes('govern') ? undefined : eq(invitations.role, 'learner');
  const gone = await db
    .delete(invitations)
    .where(and(eq(invitations.id, id), eq(invitations.organisationId, organisationId), only))
    .returning({ id: invitations.id });
  if (gone.length === 0) throw notFoundProblem('invitation');
};

/**
 * Joins by an invitation. One that is used up, expired, taken back or for another address is the same 404. Who belongs
 * already keeps their role: 409.
 */
export const acceptInvitation = async (
  db: PlatformDatabase,
  accountId: string,
  token: string,
  limitsOf: (accountId: string) => Promise<Limits>,
  now: number,
): Promise<OrganisationView> => {
  const [account] = await db
    .select({ email: accounts.email })
    .from(accounts)
    .where(eq(accounts.id, accountId));
  const tokenHash = await hashSecret(token);
  const open = and(
    eq(invitations.tokenHash, tokenHash),
    gt(invitations.expiresAt, now),
    gt(invitations.usesLeft, 0),
    or(isNull(invitations.email), eq(invitations.email, account?.email ?? '')),
  );
  const [invitation] = await db.select().from(invitations).where(open).limit(1);
  if (invitation === undefined) throw notFoundProblem('invitation');
  const { organisationId, role } = invitation;
  if ((await roleIn(db, organisationId, accountId)) !== undefined) {
    throw conflictProblem('this account belongs to the organisation already');
  }
  // Whoever invited must still be allowed to: an instructor's invitations end with their membership.
  const inviter = await roleIn(db, organisationId, invitation.invitedBy);
  const powers = inviter === undefined ? [] : ORGANISATION_ACTIONS[inviter];
  if (!powers.includes(role === 'learner' ? 'manageLearners' : 'govern')) throw notFoundProblem('invitation');
  const limits = await limitsOf(await makerOf(db, organisationId));
  requireWithin(limits, 'members', (await countMembers(db, organisationId)) + 1);
  const used = await db
    .update(invitations)
    .set({ usesLeft: sql`${invitations.usesLeft} - 1` })
    .where(open)
    .returning({ id: invitations.id });
  if (used.length === 0) throw notFoundProblem('invitation');
  await db.insert(members).values({ organisationId, accountId, role, createdAt: now }).onConflictDoNothing();
  return getOrganisation(db, accountId, organisationId);
};
