import { createAccount, createSession } from '../platform/accounts.ts';
import { createApiKey, deleteApiKey, listApiKeys } from '../platform/keys.ts';
import { pageRequestOf } from '../platform/page.ts';
import { makeProblem } from '../platform/problem.ts';
import { mayGrant } from '../platform/scopes.ts';
import { bodies } from './bodies.ts';
import { created, defineRoute, noContent, ok, type Route } from './control/route.ts';
import { accountView, apiKeyView, newApiKey, pageOf, pageQuery, sessionToken } from './control/schemas.ts';
import { isolateOf } from './isolate.ts';

const createAccountRoute = defineRoute({
  id: 'createAccount',
  method: 'POST',
  path: '/accounts',
  scope: 'public',
  tag: 'Accounts',
  summary: 'Sign up',
  body: bodies.credentials,
  answers: { 201: { description: 'The account', schema: accountView } },
  problems: ['conflict'],
  example: {
    body: { email: 'ada@example.com', password: 'correct horse battery' },
    answer: { id: 'acckq3…', email: 'ada@example.com' },
  },
  handle: async ({ directory, body, now }) => created(await createAccount(directory.db, body, now)),
});

const createSessionRoute = defineRoute({
  id: 'createSession',
  method: 'POST',
  path: '/sessions',
  scope: 'public',
  tag: 'Accounts',
  summary: 'Sign in',
  description: 'A session may do everything the account may, for 30 days. Programs better use an API key.',
  body: bodies.credentials,
  answers: { 201: { description: 'A session token', schema: sessionToken } },
  problems: ['unauthorized'],
  example: {
    body: { email: 'ada@example.com', password: 'correct horse battery' },
    answer: { token: 'kubicle_session_…', expiresAt: '2026-12-21T09:00:00Z' },
  },
  handle: async ({ directory, body, now }) => created(await createSession(directory.db, body, now)),
});

const createApiKeyRoute = defineRoute({
  id: 'createApiKey',
  method: 'POST',
  path: '/api-keys',
  scope: 'account',
  tag: 'Accounts',
  summary: 'Make an API key',
  description:
    'The key itself is shown in this answer only. A key can be made with no more scopes than the credentials that make it.',
  body: bodies.apiKey,
  answers: { 201: { description: 'The key', schema: newApiKey } },
  example: {
    body: { name: 'ci', scopes: ['clusters:write'] },
    answer: {
      id: 'keyh2…',
      name: 'ci',
      scopes: ['clusters:write'],
      createdAt: '2026-11-21T09:00:00Z',
      expiresAt: null,
      key: 'kubicle_key_…',
    },
  },
  handle: async ({ directory, caller, body, now }) => {
    if (!mayGrant(caller.scopes, body.scopes)) {
      throw makeProblem('missing-scope', 'a key cannot be given scopes that these credentials lack');
    }
    const wanted = { ...body, expiresAt: body.expiresAt };
    return created(await createApiKey(directory.db, caller.accountId, wanted, now));
  },
});

const listApiKeysRoute = defineRoute({
  id: 'listApiKeys',
  method: 'GET',
  path: '/api-keys',
  scope: 'account',
  tag: 'Accounts',
  summary: 'List API keys',
  query: pageQuery,
  answers: {
    200: { description: 'The keys, without their secrets', schema: pageOf(apiKeyView, 'ApiKeyList') },
  },
  handle: async ({ directory, caller, query }) =>
    ok(await listApiKeys(directory.db, caller.accountId, pageRequestOf(query))),
});

const deleteApiKeyRoute = defineRoute({
  id: 'deleteApiKey',
  method: 'DELETE',
  path: '/api-keys/{id}',
  scope: 'account',
  tag: 'Accounts',
  summary: 'Revoke an API key',
  description: 'The control API refuses it at once, the Kubernetes APIs within half a minute.',
  answers: { 204: { description: 'Revoked' } },
  handle: async ({ env, directory, caller, params }) => {
    await deleteApiKey(directory.db, caller.accountId, params.id);
    (await isolateOf(env)).authenticator.forgetAccount(caller.accountId);
    return noContent();
  },
});

/** Accounts, sessions and API keys. */
export const accountRoutes: readonly Route[] = [
  createAccountRoute,
  createSessionRoute,
  createApiKeyRoute,
  listApiKeysRoute,
  deleteApiKeyRoute,
];
