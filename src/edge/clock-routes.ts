import type { Context, Hono } from 'hono';
import type { ClockState } from '../../durable-objects/rpc.ts';
import { printTime } from '../machinery/time.ts';
import { getCluster } from '../platform/clusters.ts';
import type { Scope } from '../platform/scopes.ts';
import { bodies, readJson } from './bodies.ts';
import { type Api, directoryOf, requireAccount } from './caller.ts';
import { type ClusterStub, clusterObject } from './env.ts';

const requireCluster = async (context: Context<Api, string>, scope: Scope): Promise<ClusterStub> => {
  const accountId = await requireAccount(context, scope);
  const { id } = await getCluster(directoryOf(context), accountId, context.req.param('id') ?? '', Date.now());
  return clusterObject(context.env, id);
};

const print = ({ now, paused, rate }: ClockState) => ({ now: printTime(now), paused, rate });

/** A cluster's own time: read, paused, run faster or slower, and moved forward. */
export const addClockRoutes = (api: Hono<Api>): void => {
  api.get('/clusters/:id/clock', async (context) => {
    const cluster = await requireCluster(context, 'clusters:read');
    return context.json(print(await cluster.clock()));
  });
  api.patch('/clusters/:id/clock', async (context) => {
    const cluster = await requireCluster(context, 'clusters:write');
    return context.json(print(await cluster.repace(await readJson(context.req.raw, bodies.pace))));
  });
  api.post('/clusters/:id/clock/advance', async (context) => {
    const cluster = await requireCluster(context, 'clusters:write');
    const body = await readJson(context.req.raw, bodies.advance);
    const { now } = await cluster.clock();
    const until = 'until' in body ? body.until : now + Math.round(body.seconds * 1000);
    return context.json({ now: printTime((await cluster.advance(until)).now) });
  });
};
