import type { Hono } from 'hono';
import { createCluster, deleteCluster, getCluster, listClusters } from '../platform/clusters.ts';
import { parsePageRequest } from '../platform/page.ts';
import { notImplementedProblem } from '../platform/problem.ts';
import { bodies, readJson } from './bodies.ts';
import { type Api, directoryOf, queryOf, requireAccount } from './caller.ts';
import { makeKubeconfig } from './make-kubeconfig.ts';

/** The cluster directory and kubeconfigs. */
export const addClusterRoutes = (api: Hono<Api>): void => {
  api.post('/clusters', async (context) => {
    const accountId = await requireAccount(context, 'clusters:write');
    const body = await readJson(context.req.raw, bodies.cluster);
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
    const body = await readJson(context.req.raw, bodies.kubeconfig);
    const directory = directoryOf(context);
    const cluster = await getCluster(directory, accountId, context.req.param('id'), Date.now());
    const kubeconfig = await makeKubeconfig(context.env, cluster, body, Date.now());
    return context.body(kubeconfig, 201, { 'content-type': 'application/yaml' });
  });
};
