import { z } from 'zod';
import { deleteOrganisation } from '../platform/leaving.ts';
import { changeRole, listMembers, removeMember } from '../platform/members.ts';
import {
  createOrganisation,
  getOrganisation,
  listOrganisations,
  renameOrganisation,
} from '../platform/organisations.ts';
import { pageRequestOf } from '../platform/page.ts';
import { created, defineRoute, noContent, ok, type Route } from './control/route.ts';
import { memberView, organisationView, pageOf, pageQuery, pageShape, role } from './control/schemas.ts';

const naming = z.strictObject({ name: z.string().trim().min(1).max(100) });

const exampleOrganisation = {
  id: 'orgm5…',
  name: 'Harbour Training',
  role: 'owner',
  createdAt: '2026-11-21T09:00:00Z',
};

const createOrganisationRoute = defineRoute({
  id: 'createOrganisation',
  method: 'POST',
  path: '/organisations',
  scope: 'organisations:write',
  tag: 'Organisations',
  summary: 'Make an organisation',
  description:
    'Whoever makes it is its first owner, and what it owns counts against the plan of who makes it.',
  body: naming,
  answers: { 201: { description: 'The organisation', schema: organisationView } },
  problems: ['quota-exceeded'],
  example: { body: { name: 'Harbour Training' }, answer: exampleOrganisation },
  handle: async ({ directory, caller, body, now }) => {
    const limits = await directory.limitsOf(caller.accountId);
    const made = await createOrganisation(directory.db, caller.accountId, body.name, limits, now);
    return created(made, `/v1/organisations/${made.id}`);
  },
});

const listOrganisationsRoute = defineRoute({
  id: 'listOrganisations',
  method: 'GET',
  path: '/organisations',
  scope: 'organisations:read',
  tag: 'Organisations',
  summary: 'List the organisations one belongs to',
  query: pageQuery,
  answers: { 200: { description: 'Oldest first', schema: pageOf(organisationView, 'OrganisationList') } },
  handle: async ({ directory, caller, query }) =>
    ok(await listOrganisations(directory.db, caller.accountId, pageRequestOf(query))),
});

const getOrganisationRoute = defineRoute({
  id: 'getOrganisation',
  method: 'GET',
  path: '/organisations/{id}',
  scope: 'organisations:read',
  tag: 'Organisations',
  summary: 'Read an organisation',
  answers: { 200: { description: 'The organisation', schema: organisationView } },
  example: { answer: exampleOrganisation },
  handle: async ({ directory, caller, params }) =>
    ok(await getOrganisation(directory.db, caller.accountId, params.id)),
});

const renameOrganisationRoute = defineRoute({
  id: 'renameOrganisation',
  method: 'PATCH',
  path: '/organisations/{id}',
  scope: 'organisations:write',
  tag: 'Organisations',
  summary: 'Rename an organisation',
  description: 'Owners may.',
  body: naming,
  answers: { 200: { description: 'The organisation', schema: organisationView } },
  problems: ['forbidden'],
  handle: async ({ directory, caller, params, body }) =>
    ok(await renameOrganisation(directory.db, caller.accountId, params.id, body.name)),
});

const deleteOrganisationRoute = defineRoute({
  id: 'deleteOrganisation',
  method: 'DELETE',
  path: '/organisations/{id}',
  scope: 'organisations:write',
  tag: 'Organisations',
  summary: 'Delete an organisation and everything it owns',
  description: 'Owners may. Its clusters, environments, templates and webhooks go with it.',
  answers: { 204: { description: 'Everything is gone' } },
  problems: ['forbidden'],
  handle: async ({ directory, caller, params, now }) => {
    await deleteOrganisation(directory, caller.accountId, params.id, now);
    return noContent();
  },
});

const listMembersRoute = defineRoute({
  id: 'listMembers',
  method: 'GET',
  path: '/organisations/{id}/members',
  scope: 'organisations:read',
  tag: 'Organisations',
  summary: 'List members',
  description: 'Owners and instructors may.',
  query: z.object({ ...pageShape, role: role.optional() }),
  answers: { 200: { description: 'Oldest first', schema: pageOf(memberView, 'MemberList') } },
  problems: ['forbidden'],
  handle: async ({ directory, caller, params, query }) =>
    ok(await listMembers(directory.db, caller.accountId, params.id, query.role, pageRequestOf(query))),
});

const changeRoleRoute = defineRoute({
  id: 'changeRole',
  method: 'PATCH',
  path: '/organisations/{id}/members/{account}',
  scope: 'organisations:write',
  tag: 'Organisations',
  summary: "Change a member's role",
  description: 'Owners may. An organisation keeps at least one owner.',
  body: z.strictObject({ role }),
  answers: { 200: { description: 'The member', schema: memberView } },
  problems: ['forbidden', 'conflict'],
  example: { body: { role: 'instructor' } },
  handle: async ({ directory, caller, params, body }) =>
    ok(await changeRole(directory.db, caller.accountId, params.id, params.account, body.role)),
});

const removeMemberRoute = defineRoute({
  id: 'removeMember',
  method: 'DELETE',
  path: '/organisations/{id}/members/{account}',
  scope: 'organisations:write',
  tag: 'Organisations',
  summary: 'Remove a member, or leave',
  description: 'Owners may remove anybody, instructors learners, everybody themselves; the last owner stays.',
  answers: { 204: { description: 'Removed' } },
  problems: ['forbidden', 'conflict'],
  handle: async ({ directory, caller, params }) => {
    await removeMember(directory.db, caller.accountId, params.id, params.account);
    return noContent();
  },
});

/** Organisations and who belongs to them. */
export const organisationRoutes: readonly Route[] = [
  createOrganisationRoute,
  listOrganisationsRoute,
  getOrganisationRoute,
  renameOrganisationRoute,
  deleteOrganisationRoute,
  listMembersRoute,
  changeRoleRoute,
  removeMemberRoute,
];
