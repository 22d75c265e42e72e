import { z } from 'zod';
import { requireLearner } from '../platform/environment-access.ts';
import {
  createEnvironment,
  deleteEnvironment,
  extendEnvironment,
  getEnvironment,
  listEnvironments,
  openEnvironment,
  pauseEnvironment,
  resetEnvironment,
} from '../platform/environments.ts';
import { resolveOwner } from '../platform/ownership.ts';
import { pageRequestOf } from '../platform/page.ts';
import { emit } from '../platform/webhooks/emit.ts';
import { type AnyCall, created, defineRoute, noContent, ok, type Route } from './control/route.ts';
import { opaqueId, pageOf, pageShape } from './control/schemas.ts';
import { environmentLine, environmentView, lifetime } from './environment-schemas.ts';
import { lineView, openView } from './environment-views.ts';
import { languageFor, languageShape } from './template-schemas.ts';

/** Environments: made from templates, begun again, extended, paused, deleted. */

const seed = z.union([z.string().min(1).max(256), z.number()]).transform(String);

const createBody = z.strictObject({
  template: z.string().min(1).max(63).meta({ description: 'Name of the template' }),
  version: z.string().max(32).optional().meta({ description: 'Absent: the newest' }),
  seed: seed
    .optional()
    .meta({ description: 'The same seed gives the same environment; absent: a random one' }),
  learnerRef: z.string().min(1).max(256).optional().meta({ description: 'Your own name for the learner' }),
  learnerAccountId: opaqueId
    .max(64)
    .optional()
    .meta({ description: 'Account of a member of the organisation, who may then practise in it' }),
  organisationId: opaqueId.max(64).optional().meta({ description: 'Whose it is; absent: yours' }),
  ttlSeconds: lifetime.optional().meta({ description: 'Absent: a day, if the plan allows that long' }),
});

const createRoute = defineRoute({
  id: 'createEnvironment',
  method: 'POST',
  path: '/environments',
  scope: 'environments:write',
  tag: 'Environments',
  summary: 'Make an environment',
  description:
    'A cluster of its own in the first state of an exercise, which is there when the answer comes. Send an `Idempotency-Key` to be safe against losing the answer.',
  query: z.object(languageShape),
  body: createBody,
  answers: { 201: { description: 'The environment', schema: environmentView } },
  problems: ['not-found', 'quota-exceeded', 'cluster-failed'],
  handle: async (call) => {
    const { directory, caller, body, query, request, now } = call;
    const owner = await resolveOwner(directory.db, caller.accountId, body.organisationId);
    if (body.learnerAccountId !== undefined) await requireLearner(directory.db, owner, body.learnerAccountId);
    const open = await createEnvironment(directory, { ...body, owner }, now);
    const view = openView(directory.publicUrl, open, languageFor(request, query.lang), now);
    await emit(directory, owner, 'environment.created', lineView(open.environment, now));
    return created(view, `/v1/environments/${view.id}`);
  },
});

const listRoute = defineRoute({
  id: 'listEnvironments',
  method: 'GET',
  path: '/environments',
  scope: 'environments:read',
  tag: 'Environments',
  summary: 'List environments',
  description:
    'Your own; with `organisation` those of an organisation in which you work; with `mine=true` those that were made for you as a learner. What has expired stays in the list with its last grade.',
  query: z.object({
    ...pageShape,
    organisation: z.string().max(64).optional(),
    mine: z.stringbool().optional(),
    learnerRef: z.string().max(256).optional(),
    template: z.string().max(63).optional(),
    status: z.enum(['Ready', 'Expired']).optional(),
    passed: z.stringbool().optional(),
  }),
  answers: { 200: { description: 'Oldest first', schema: pageOf(environmentLine, 'EnvironmentList') } },
  handle: async ({ directory, caller, query, now }) => {
    const whose = query.mine
      ? { learnerAccountId: caller.accountId }
      : await resolveOwner(directory.db, caller.accountId, query.organisation);
    const { items, ...rest } = await listEnvironments(directory.db, whose, query, pageRequestOf(query), now);
    return ok({ items: items.map((each) => lineView(each, now)), ...rest });
  },
});

const getRoute = defineRoute({
  id: 'getEnvironment',
  method: 'GET',
  path: '/environments/{id}',
  scope: 'environments:read',
  tag: 'Environments',
  summary: 'Read an environment',
  query: z.object(languageShape),
  answers: { 200: { description: 'The environment', schema: environmentView } },
  handle: async ({ directory, caller, params, query, request, now }) => {
    const environment = await getEnvironment(directory.db, caller.accountId, params.id, 'see', now);
    const open = await openEnvironment(directory.db, environment);
    return ok(openView(directory.publicUrl, open, languageFor(request, query.lang), now));
  },
});

const deleteRoute = defineRoute({
  id: 'deleteEnvironment',
  method: 'DELETE',
  path: '/environments/{id}',
  scope: 'environments:write',
  tag: 'Environments',
  summary: 'Delete an environment with its cluster',
  answers: { 204: { description: 'All its data is gone' } },
  handle: async ({ directory, caller, params, now }) => {
    const environment = await getEnvironment(directory.db, caller.accountId, params.id, 'remove', now);
    await deleteEnvironment(directory, environment);
    await emit(directory, environment, 'environment.deleted', lineView(environment, now));
    return noContent();
  },
});

type ChangeCall = AnyCall & { readonly params: { readonly id: string } };

const answers = { 200: { description: 'The environment', schema: environmentLine } } as const;

const resetRoute = defineRoute({
  id: 'resetEnvironment',
  method: 'POST',
  path: '/environments/{id}/reset',
  scope: 'environments:write',
  tag: 'Environments',
  summary: 'Begin again',
  description:
    'Everything in the cluster is made anew, with the same seed, or nothing happens. Its id stays, and kubeconfigs of users go on working; those of service accounts have to be fetched again. Grade and hints are forgotten.',
  answers,
  problems: ['gone'],
  handle: async ({ directory, caller, params, now }) => {
    const environment = await getEnvironment(directory.db, caller.accountId, params.id, 'practise', now);
    const open = await openEnvironment(directory.db, environment);
    const view = lineView(await resetEnvironment(directory, open), now);
    await emit(directory, environment, 'environment.reset', view);
    return ok(view);
  },
});

const extendRoute = defineRoute({
  id: 'extendEnvironment',
  method: 'POST',
  path: '/environments/{id}/extend',
  scope: 'environments:write',
  tag: 'Environments',
  summary: 'Move the end',
  body: z.strictObject({ ttlSeconds: lifetime.meta({ description: 'Counted from now' }) }),
  answers,
  problems: ['gone', 'quota-exceeded'],
  handle: async ({ directory, caller, params, body, now }) => {
    const environment = await getEnvironment(directory.db, caller.accountId, params.id, 'manage', now);
    return ok(lineView(await extendEnvironment(directory, environment, body.ttlSeconds, now), now));
  },
});

const setPaused = async ({ directory, caller, params, now }: ChangeCall, paused: boolean) => {
  const environment = await getEnvironment(directory.db, caller.accountId, params.id, 'manage', now);
  return ok(lineView(await pauseEnvironment(directory, environment, paused), now));
};

const pauseRoute = defineRoute({
  id: 'pauseEnvironment',
  method: 'POST',
  path: '/environments/{id}/pause',
  scope: 'environments:write',
  tag: 'Environments',
  summary: 'Stop the clock',
  description: 'The API goes on serving; time in the cluster stands still.',
  answers,
  problems: ['gone'],
  handle: (call) => setPaused(call as ChangeCall, true),
});

const resumeRoute = defineRoute({
  id: 'resumeEnvironment',
  method: 'POST',
  path: '/environments/{id}/resume',
  scope: 'environments:write',
  tag: 'Environments',
  summary: 'Let the clock go on',
  answers,
  problems: ['gone'],
  handle: (call) => setPaused(call as ChangeCall, false),
});

/** Environments and their lives. */
export const environmentRoutes: readonly Route[] = [
  createRoute,
  listRoute,
  getRoute,
  deleteRoute,
  resetRoute,
  extendRoute,
  pauseRoute,
  resumeRoute,
];
