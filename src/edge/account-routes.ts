import { z } from 'zod';
import { changePassword, createAccount, getAccount } from '../platform/accounts.ts';
import { deleteAccount } from '../platform/leaving.ts';
import { listOrganisations } from '../platform/organisations.ts';
import { pageRequestOf } from '../platform/page.ts';
import { createSession, endOtherSessions, endSession, listSessions } from '../platform/sessions.ts';
import { bodies } from './bodies.ts';
import { created, defineRoute, noContent, ok, type Route } from './control/route.ts';
import { meView, newAccount, pageOf, pageQuery, sessionToken, sessionView } from './control/schemas.ts';
import type { Env } from './env.ts';
import { isolateOf } from './isolate.ts';
import { throttleOf } from './throttle.ts';

const roundsOf = ({ PASSWORD_ROUNDS }: Env): number | undefined =>
  PASSWORD_ROUNDS === undefined ? undefined : Math.max(1, Number(PASSWORD_ROUNDS) || 0);

/** Isolates remember credentials for some seconds; this one forgets at once. */
const forget = async (env: Env, accountId: string): Promise<void> =>
  (await isolateOf(env)).authenticator.forgetAccount(accountId);

const exampleCredentials = { email: 'ada@example.com', password: 'correct horse battery' };

const createAccountRoute = defineRoute({
  id: 'createAccount',
  method: 'POST',
  path: '/accounts',
  scope: 'public',
  tag: 'Accounts',
  summary: 'Sign up',
  body: bodies.credentials,
  answers: { 201: { description: 'The account', schema: newAccount } },
  problems: ['conflict'],
  example: { body: exampleCredentials, answer: { id: 'acckq3…', email: 'ada@example.com' } },
  handle: async ({ env, request, directory, body, now }) => {
    throttleOf(env).requireStranger(request.headers.get('cf-connecting-ip'), now);
    return created(await createAccount(directory.db, body, now, roundsOf(env)));
  },
});

const readMe = defineRoute({
  id: 'readMe',
  method: 'GET',
  path: '/me',
  scope: 'any',
  tag: 'Accounts',
  summary: 'Who these credentials belong to',
  answers: { 200: { description: 'Account, credentials, organisations', schema: meView } },
  handle: async ({ directory, caller }) => {
    const { accountId, scopes, credential } = caller;
    const page = { limit: 100, after: undefined };
    const [account, { items: organisations }] = await Promise.all([
      getAccount(directory.db, accountId),
      listOrganisations(directory.db, accountId, page),
    ]);
    return ok({ account, credential: { ...credential, scopes }, organisations });
  },
});

const changePasswordRoute = defineRoute({
  id: 'changePassword',
  method: 'PUT',
  path: '/account/password',
  scope: 'account',
  tag: 'Accounts',
  summary: 'Change the password',
  description: 'Ends every other session of the account. API keys stay.',
  body: z.strictObject({ current: z.string().min(1).max(256), next: z.string().min(8).max(256) }),
  answers: { 204: { description: 'Changed' } },
  problems: ['forbidden'],
  example: { body: { current: 'correct horse battery', next: 'staple of another kind' } },
  handle: async ({ env, directory, caller, body }) => {
    await changePassword(directory.db, caller.accountId, body, roundsOf(env));
    const { kind, id } = caller.credential;
    await endOtherSessions(directory.db, caller.accountId, kind === 'session' ? id : undefined);
    await forget(env, caller.accountId);
    return noContent();
  },
});

const deleteAccountRoute = defineRoute({
  id: 'deleteAccount',
  method: 'DELETE',
  path: '/account',
  scope: 'account',
  tag: 'Accounts',
  summary: 'Delete the account and everything it owns',
  description:
    'Clusters with all their data, templates and environments, API keys, sessions, webhooks, memberships, and organisations that have no other owner. What was made in other organisations stays theirs. There is no way back.',
  answers: { 204: { description: 'Everything is gone' } },
  handle: async ({ env, directory, caller, now }) => {
    await deleteAccount(directory, caller.accountId, now);
    await forget(env, caller.accountId);
    return noContent();
  },
});

const createSessionRoute = defineRoute({
  id: 'createSession',
  method: 'POST',
  path: '/sessions',
  scope: 'public',
  tag: 'Accounts',
  summary: 'Sign in',
  description:
    'A session may do everything the account may, for 30 days. Programs better use an API key. Of more than fifty sessions the oldest end.',
  body: bodies.signIn,
  answers: { 201: { description: 'A session token', schema: sessionToken } },
  problems: ['unauthorized'],
  example: {
    body: exampleCredentials,
    answer: { id: 'ses_6f1e…', token: 'kubicle_session_…', expiresAt: '2026-12-21T09:00:00Z' },
  },
  handle: async ({ env, request, directory, body, now }) => {
    const throttle = throttleOf(env);
    throttle.requireStranger(request.headers.get('cf-connecting-ip'), now);
    throttle.requireGuess(body.email, now);
    try {
      return created(await createSession(directory.db, body, now, roundsOf(env)));
    } catch (error) {
      throttle.missedGuess(body.email, now);
      throw error;
    }
  },
});

const listSessionsRoute = defineRoute({
  id: 'listSessions',
  method: 'GET',
  path: '/sessions',
  scope: 'account',
  tag: 'Accounts',
  summary: 'List sessions',
  query: pageQuery,
  answers: {
    200: { description: 'Live sessions, oldest first', schema: pageOf(sessionView, 'SessionList') },
  },
  handle: async ({ directory, caller, query, now }) => {
    const { kind, id } = caller.credential;
    const current = kind === 'session' ? id : undefined;
    return ok(await listSessions(directory.db, caller.accountId, current, pageRequestOf(query), now));
  },
});

const deleteSessionRoute = defineRoute({
  id: 'deleteSession',
  method: 'DELETE',
  path: '/sessions/{id}',
  scope: 'account',
  tag: 'Accounts',
  summary: 'Sign out, here or elsewhere',
  description: '`current` stands for the session that asks.',
  answers: { 204: { description: 'Ended' } },
  handle: async ({ env, directory, caller, params }) => {
    const { kind, id } = caller.credential;
    const ended = params.id === 'current' && kind === 'session' ? id : params.id;
    await endSession(directory.db, caller.accountId, ended);
    await forget(env, caller.accountId);
    return noContent();
  },
});

/** Accounts and sessions. */
export const accountRoutes: readonly Route[] = [
  createAccountRoute,
  readMe,
  changePasswordRoute,
  deleteAccountRoute,
  createSessionRoute,
  listSessionsRoute,
  deleteSessionRoute,
];
