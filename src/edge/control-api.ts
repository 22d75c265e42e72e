import { type Context, Hono } from 'hono';
import { createAccount, createSession } from '../platform/accounts.ts';
import {
  type ClusterDirectory,
  createCluster,
  deleteCluster,
  getCluster,
  listClusters,
} from '../platform/clusters.ts';
import { createApiKey, deleteApiKey, listApiKeys } from '../platform/keys.ts';
import { parsePageRequest } from '../platform/page.ts';
import {
  forbiddenProblem,
  notFoundProblem,
  notImplementedProblem,
  ProblemError,
  unauthorizedProblem,
} from '../platform/problem.ts';
import { allows, type Scope } from '../platform/scopes.ts';
import { bearerToken } from './authenticate.ts';
import { bodies, readJson } from './bodies.ts';
import { type Env, openDirectory } from './env.ts';
import { isolateOf } from './isolate.ts';
import { makeKubeconfig } from './make-kubeconfig.ts';

/** The control API, `/v1/…`: accounts, keys and the cluster directory. Errors are problem details. */

type Variables = { directory: ClusterDirectory; accountId: string };
type Api = { Bindings: Env; Variables: Variables };

/** The request's account; throws 401 and 403 problems. */
const requireAccount = async (context: Context<Api>, scope: Scope): Promise<string> => {
  const isolate = await isolateOf(context.env);
  const { db } = openDirectory(context.env, context.req.url);
  const token = bearerToken(context.req.raw.headers);
  const principal = await isolate.authenticator.authenticate(token, db, Date.now());
  if (principal.kind !== 'account') throw unauthorizedProblem();
  if (!allows(principal.scopes, scope)) throw forbiddenProblem(`this API key lacks the scope ${scope}`);
  return principal.accountId;
};

const directoryOf = (context: Context<Api>): ClusterDirectory => openDirectory(context.env, context.req.url);

const queryOf = (context: Context<Api>): URLSearchParams => new URL(context.req.url).searchParams;

/** Parts of the published interface that are announced but not built. */
const LATER = [
  '/clusters/import',
  '/clusters/:id/clock',
  '/clusters/:id/clock/advance',
  '/clusters/:id/checkpoints',
  '/clusters/:id/checkpoints/:checkpoint/restore',
  '/clusters/:id/fork',
  '/clusters/:id/export',
  '/clusters/:id/faults',
  '/clusters/:id/faults/:fault',
  '/clusters/:id/authz/:what',
  '/clusters/:id/audit',
  '/templates',
  '/templates/*',
  '/environments',
  '/environments/*',
  '/webhooks',
  '/openapi.json',
];

const printProblem = (error: unknown): Response => {
  if (error instanceof ProblemError) {
    const { retryAfterSeconds, ...problem } = error.problem;
    return new Response(JSON.stringify({ type: 'about:blank', ...problem }), {
      status: problem.status,
      headers: {
        'content-type': 'application/problem+json',
        ...(problem.status === 401 ? { 'www-authenticate': 'Bearer' } : {}),
        ...(retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) }),
      },
    });
  }
  console.error(
    JSON.stringify({ event: 'control-api-error', error: String(error), stack: (error as Error).stack }),
  );
  return printProblem(new ProblemError({ status: 500, title: 'Internal Server Error' }));
};

const addAccountRoutes = (api: Hono<Api>): void => {
  api.post('/accounts', async (context) => {
    const body = await readJson(context.req, bodies.credentials);
    return context.json(await createAccount(directoryOf(context).db, body, Date.now()), 201);
  });
  api.post('/sessions', async (context) => {
    const body = await readJson(context.req, bodies.credentials);
    return context.json(await createSession(directoryOf(context).db, body, Date.now()), 201);
  });
  api.post('/api-keys', async (context) => {
    const accountId = await requireAccount(context, 'account');
    const body = await readJson(context.req, bodies.apiKey);
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

const addClusterRoutes = (api: Hono<Api>): void => {
  api.post('/clusters', async (context) => {
    const accountId = await requireAccount(context, 'clusters:write');
    const body = await readJson(context.req, bodies.cluster);
    if (body.template !== undefined) throw notImplementedProblem('template');
    const options = { ...body, name: body.name, seed: body.seed, ttlSeconds: body.ttlSeconds };
    return context.json(await createCluster(directoryOf(context), accountId, options, Date.now()), 201);
  });
  api.get('/clusters', async (context) => {
    const accountId = await requireAccount(context, 'clusters:read');
    const page = parsePageRequest(queryOf(context));
    return context.json(await listClusters(directoryOf(context), accountId, page, Date.now()));
  });
  api.get('/clusters/:id', async (context) => {
    const accountId = await requireAccount(context, 'clusters:read');
    const id = context.req.param('id');
    return context.json(await getCluster(directoryOf(context), accountId, id, Date.now()));
  });
  api.delete('/clusters/:id', async (context) => {
    const accountId = await requireAccount(context, 'clusters:write');
    await deleteCluster(directoryOf(context), accountId, context.req.param('id'), Date.now());
    return context.body(null, 204);
  });
  api.post('/clusters/:id/kubeconfigs', async (context) => {
    const accountId = await requireAccount(context, 'clusters:write');
    const body = await readJson(context.req, bodies.kubeconfig);
    const directory = directoryOf(context);
    const cluster = await getCluster(directory, accountId, context.req.param('id'), Date.now());
    const kubeconfig = await makeKubeconfig(context.env, cluster, body, Date.now());
    return context.body(kubeconfig, 201, { 'content-type': 'application/yaml' });
  });
};

/** Builds the routes; one an isolate. */
export const makeControlApi = (): Hono<Api> => {
  const api = new Hono<Api>().basePath('/v1');
  api.onError(printProblem);
  api.notFound((context) => printProblem(notFoundProblem(context.req.path)));
  addAccountRoutes(api);
  addClusterRoutes(api);
  for (const path of LATER) {
    api.all(path, async (context) => {
      await requireAccount(context, 'clusters:read');
      return printProblem(notImplementedProblem(new URL(context.req.url).pathname));
    });
  }
  return api;
};
