import { z } from 'zod';
import { getCluster } from '../platform/clusters.ts';
import { QUOTAS } from '../platform/limits.ts';
import { usageOf } from '../platform/usage.ts';
import { defineRoute, ok, type Route } from './control/route.ts';
import { accountPlan, clusterObject } from './env.ts';

/** A number of things beside the number the plan allows; null is no limit. */
const used = z.object({
  used: z.number().int(),
  limit: z.number().int().nullable().meta({ description: 'null: no limit' }),
});

const counts = z
  .partialRecord(z.enum(QUOTAS), used)
  .meta({ description: 'What the account has a number of, by name: clusters, apiKeys, …' });

const clusterLimits = z
  .object({
    objects: z.number().optional(),
    pods: z.number().optional(),
    nodes: z.number().optional(),
    bytes: z.number().optional().meta({ description: 'Of all live objects as they are stored' }),
    storageBytes: z
      .number()
      .optional()
      .meta({ description: 'Of the database with history, audit and indexes' }),
    auditBytes: z.number().optional(),
    watches: z.number().optional(),
    requestsPerSecond: z.number().optional(),
    requestBurst: z.number().optional(),
    workPerMinute: z.number().optional(),
  })
  .meta({ id: 'ClusterLimits', description: 'What one cluster may use; what is absent is not limited' });

const accountUsage = z
  .object({
    plan: z.string(),
    counts,
    clusterTtlSeconds: z
      .object({ default: z.number().nullable(), maximum: z.number().nullable() })
      .meta({ description: 'Lifetime of a cluster that asks for none, and the longest; null: no end' }),
    requestsPerSecond: z.number().nullable(),
    requestBurst: z.number().nullable(),
    cluster: clusterLimits,
  })
  .meta({ id: 'AccountUsage' });

const clusterUsage = z
  .object({
    objects: z.number().int(),
    pods: z.number().int(),
    nodes: z.number().int(),
    bytes: z.number().int(),
    storageBytes: z.number().int(),
    watches: z.number().int(),
    revision: z.number().int(),
    oldestRevision: z.number().int().meta({ description: 'The oldest that can still be read' }),
    requests: z.number().int().meta({ description: 'Served since the cluster came into memory' }),
    refusedRequests: z.number().int().meta({ description: 'Answered with 429 since then' }),
    limits: clusterLimits,
  })
  .meta({ id: 'ClusterUsage' });

/** JSON has no infinity. */
const orNull = (limit: number): number | null => (limit === Infinity ? null : limit);

const exampleLimits = { objects: 5000, pods: 500, nodes: 20, bytes: 33_554_432, watches: 100 };

const readUsage = defineRoute({
  id: 'readUsage',
  method: 'GET',
  path: '/usage',
  scope: 'clusters:read',
  tag: 'Accounts',
  summary: 'Read the plan and how much of it is used',
  answers: { 200: { description: 'The plan, its limits and what is used', schema: accountUsage } },
  handle: async ({ env, directory, caller, now }) => {
    const { plan, limits } = await accountPlan(env, caller.accountId);
    const numbers = await usageOf(directory.db, caller.accountId, now);
    const { clusterTtlSeconds, requestsPerSecond, requestBurst, cluster } = limits;
    return ok({
      plan,
      counts: Object.fromEntries(
        QUOTAS.filter((quota) => numbers[quota] !== undefined).map((quota) => [
          quota,
          { used: numbers[quota], limit: orNull(limits.counts[quota]) },
        ]),
      ),
      clusterTtlSeconds: {
        default: orNull(clusterTtlSeconds.default),
        maximum: orNull(clusterTtlSeconds.maximum),
      },
      requestsPerSecond: orNull(requestsPerSecond),
      requestBurst: orNull(requestBurst),
      cluster,
    });
  },
});

const readClusterUsage = defineRoute({
  id: 'readClusterUsage',
  method: 'GET',
  path: '/clusters/{id}/usage',
  scope: 'clusters:read',
  tag: 'Clusters',
  summary: 'Read what a cluster holds and may hold',
  answers: { 200: { description: 'Numbers of now, and the limits in force', schema: clusterUsage } },
  example: {
    answer: {
      objects: 212,
      pods: 14,
      nodes: 4,
      bytes: 310_500,
      storageBytes: 1_400_832,
      watches: 3,
      revision: 640,
      oldestRevision: 0,
      requests: 128,
      refusedRequests: 0,
      limits: exampleLimits,
    },
  },
  handle: async ({ env, directory, caller, params, now }) => {
    const { id } = await getCluster(directory, caller.accountId, params.id, now);
    return ok(await clusterObject(env, id).usage());
  },
});

/** What plans allow and what is used of them. */
export const usageRoutes: readonly Route[] = [readUsage, readClusterUsage];
