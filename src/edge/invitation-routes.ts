import { z } from 'zod';
import {
  acceptInvitation,
  createInvitation,
  deleteInvitation,
  listInvitations,
} from '../platform/invitations.ts';
import { pageRequestOf } from '../platform/page.ts';
import { created, defineRoute, noContent, ok, type Route } from './control/route.ts';
import {
  invitationView,
  newInvitation,
  organisationView,
  pageOf,
  pageQuery,
  role,
} from './control/schemas.ts';

const WEEK_SECONDS = 7 * 24 * 3600;

const invitation = z
  .strictObject({
    email: z.email().max(254).optional(),
    role: role.default('learner'),
    uses: z.number().int().min(1).max(1000).default(1),
    ttlSeconds: z
      .number()
      .int()
      .min(60)
      .max(90 * 24 * 3600)
      .default(WEEK_SECONDS),
  })
  .refine(({ email, uses }) => email === undefined || uses === 1, 'an invitation by email is for one person')
  .refine(
    ({ email, role: as }) => email !== undefined || as === 'learner',
    'only learners join without an email',
  );

const createInvitationRoute = defineRoute({
  id: 'createInvitation',
  method: 'POST',
  path: '/organisations/{id}/invitations',
  scope: 'organisations:write',
  tag: 'Organisations',
  summary: 'Invite somebody',
  description:
    'The answer holds the token, this once; hand it to whom it is for. With `email` only that account may use it; without, `uses` learners may. Instructors invite learners only.',
  body: invitation,
  answers: { 201: { description: 'The invitation', schema: newInvitation } },
  problems: ['forbidden'],
  example: {
    body: { role: 'learner', uses: 30 },
    answer: {
      id: 'invc7…',
      email: null,
      role: 'learner',
      usesLeft: 30,
      createdAt: '2026-11-21T09:00:00Z',
      expiresAt: '2026-11-28T09:00:00Z',
      token: 'kubicle_invitation_…',
    },
  },
  handle: async ({ directory, caller, params, body, now }) => {
    const wanted = { ...body, email: body.email };
    return created(await createInvitation(directory.db, caller.accountId, params.id, wanted, now));
  },
});

const listInvitationsRoute = defineRoute({
  id: 'listInvitations',
  method: 'GET',
  path: '/organisations/{id}/invitations',
  scope: 'organisations:read',
  tag: 'Organisations',
  summary: 'List open invitations',
  query: pageQuery,
  answers: { 200: { description: 'Oldest first', schema: pageOf(invitationView, 'InvitationList') } },
  problems: ['forbidden'],
  handle: async ({ directory, caller, params, query, now }) =>
    ok(await listInvitations(directory.db, caller.accountId, params.id, pageRequestOf(query), now)),
});

const deleteInvitationRoute = defineRoute({
  id: 'deleteInvitation',
  method: 'DELETE',
  path: '/organisations/{id}/invitations/{invitation}',
  scope: 'organisations:write',
  tag: 'Organisations',
  summary: 'Take an invitation back',
  answers: { 204: { description: 'Nobody can use it any more' } },
  problems: ['forbidden'],
  handle: async ({ directory, caller, params }) => {
    await deleteInvitation(directory.db, caller.accountId, params.id, params.invitation);
    return noContent();
  },
});

const acceptInvitationRoute = defineRoute({
  id: 'acceptInvitation',
  method: 'POST',
  path: '/invitations/accept',
  scope: 'organisations:write',
  tag: 'Organisations',
  summary: 'Join an organisation',
  body: z.strictObject({ token: z.string().min(1).max(200) }),
  answers: { 200: { description: 'The organisation', schema: organisationView } },
  problems: ['not-found', 'conflict', 'quota-exceeded'],
  example: { body: { token: 'kubicle_invitation_…' } },
  handle: async ({ directory, caller, body, now }) =>
    ok(await acceptInvitation(directory.db, caller.accountId, body.token, directory.limitsOf, now)),
});

/** Ways into an organisation. */
export const invitationRoutes: readonly Route[] = [
  createInvitationRoute,
  listInvitationsRoute,
  deleteInvitationRoute,
  acceptInvitationRoute,
];
