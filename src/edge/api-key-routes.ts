import { createApiKey, deleteApiKey, getApiKey, listApiKeys } from '../platform/keys.ts';
import { pageRequestOf } from '../platform/page.ts';
import { makeProblem } from '../platform/problem.ts';
import { mayGrant } from '../platform/scopes.ts';
import { bodies } from './bodies.ts';
import { created, defineRoute, noContent, ok, type Route } from './control/route.ts';
import { apiKeyView, newApiKey, pageOf, pageQuery } from './control/schemas.ts';
import { isolateOf } from './isolate.ts';

const exampleKey = {
  id: 'keyh2…',
  name: 'ci',
  prefix: 'kubicle_key_Zq3xTd',
  scopes: ['clusters:write'],
  createdAt: '2026-11-21T09:00:00Z',
  expiresAt: null,
  lastUsedAt: null,
};

const createApiKeyRoute = defineRoute({
  id: 'createApiKey',
  method: 'POST',
  path: '/api-keys',
  scope: 'account',
  tag: 'Accounts',
  summary: 'Make an API key',
  description:
    'The key itself is shown in this answer only. A key gets no more scopes than the credentials have that make it.',
  body: bodies.apiKey,
  answers: { 201: { description: 'The key', schema: newApiKey } },
  problems: ['quota-exceeded'],
  example: {
    body: { name: 'ci', scopes: ['clusters:write'] },
    answer: { ...exampleKey, key: 'kubicle_key_Zq3xTd…' },
  },
  handle: async ({ directory, caller, body, now }) => {
    if (!mayGrant(caller.scopes, body.scopes)) {
      throw makeProblem('missing-scope', 'a key cannot be given scopes that these credentials lack');
    }
    if (body.expiresAt !== undefined && body.expiresAt <= now) {
      throw makeProblem('invalid-request', 'expiresAt: is in the past', {
        errors: [{ path: 'expiresAt', message: 'is in the past' }],
      });
    }
    const limits = await directory.limitsOf(caller.accountId);
    const wanted = { ...body, expiresAt: body.expiresAt };
    return created(await createApiKey(directory.db, caller.accountId, wanted, limits, now));
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
    200: {
      description: 'Oldest first, without the keys themselves',
      schema: pageOf(apiKeyView, 'ApiKeyList'),
    },
  },
  handle: async ({ directory, caller, query }) =>
    ok(await listApiKeys(directory.db, caller.accountId, pageRequestOf(query))),
});

const getApiKeyRoute = defineRoute({
  id: 'getApiKey',
  method: 'GET',
  path: '/api-keys/{id}',
  scope: 'account',
  tag: 'Accounts',
  summary: 'Read an API key',
  answers: { 200: { description: 'The key, without its secret', schema: apiKeyView } },
  example: { answer: exampleKey },
  handle: async ({ directory, caller, params }) =>
    ok(await getApiKey(directory.db, caller.accountId, params.id)),
});

const deleteApiKeyRoute = defineRoute({
  id: 'deleteApiKey',
  method: 'DELETE',
  path: '/api-keys/{id}',
  scope: 'account',
  tag: 'Accounts',
  summary: 'Revoke an API key',
  description: 'The control API refuses it at once, the Kubernetes APIs within ten seconds.',
  answers: { 204: { description: 'Revoked' } },
  handle: async ({ env, directory, caller, params }) => {
    await deleteApiKey(directory.db, caller.accountId, params.id);
    (await isolateOf(env)).authenticator.forgetAccount(caller.accountId);
    return noContent();
  },
});

/** API keys. */
export const apiKeyRoutes: readonly Route[] = [
  createApiKeyRoute,
  listApiKeysRoute,
  getApiKeyRoute,
  deleteApiKeyRoute,
];
