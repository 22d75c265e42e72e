import type { Hono } from 'hono';
import { createAccount, createSession } from '../platform/accounts.ts';
import { createApiKey, deleteApiKey, listApiKeys } from '../platform/keys.ts';
import { parsePageRequest } from '../platform/page.ts';
import { bodies, readJson } from './bodies.ts';
import { type Api, directoryOf, queryOf, requireAccount } from './caller.ts';

/** Accounts, sessions and API keys. */
export const addAccountRoutes = (api: Hono<Api>): void => {
  api.post('/accounts', async (context) => {
    const body = await readJson(context.req.raw, bodies.credentials);
    return context.json(await createAccount(directoryOf(context).db, body, Date.now()), 201);
  });
  api.post('/sessions', async (context) => {
    const body = await readJson(context.req.raw, bodies.credentials);
    return context.json(await createSession(directoryOf(context).db, body, Date.now()), 201);
  });
  api.post('/api-keys', async (context) => {
    const accountId = await requireAccount(context, 'account');
    const body = await readJson(context.req.raw, bodies.apiKey);
    const wanted = { ...body, expiresAt: body.expiresAt };
    return context.json(await createApiKey(directoryOf(context).db, accountId, wanted, Date.now()), 201);
  });
  api.get('/api-keys', async (context) => {
    const accountId = await requireAccount(context, 'account');
    return context.json(
      await listApiKeys(directoryOf(context).db, accountId, parsePageRequest(queryOf(context))),
    );
  });
  api.delete('/api-keys/:id', async (context) => {
    const accountId = await requireAccount(context, 'account');
    await deleteApiKey(directoryOf(context).db, accountId, context.req.param('id'));
    return context.body(null, 204);
  });
};
