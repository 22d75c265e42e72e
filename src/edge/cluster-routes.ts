import { z } from 'zod';
import { dns1123Label } from '../machinery/name-rules.ts';
import {
  changeCluster,
  createCluster,
  deleteCluster,
  getCluster,
  listClusters,
} from '../platform/clusters.ts';
import { contentOfTemplate } from '../platform/environments.ts';
import { resolveOwner } from '../platform/ownership.ts';
import { pageRequestOf } from '../platform/page.ts';
import { bodies } from './bodies.ts';
import { created, defineRoute, noContent, ok, type Route, textAnswer } from './control/route.ts';
import { clusterView, pageOf, pageShape } from './control/schemas.ts';
import { kubeconfigFor } from './kubeconfig-for.ts';

const exampleCluster = {
  id: 'ch3k…',
  name: 'shop',
  server: 'https://127.0.0.1:8443/clusters/ch3k…',
  phase: 'Running',
  createdAt: '2026-11-21T09:00:00Z',
  expiresAt: '2026-11-21T10:00:00Z',
};

const createClusterRoute = defineRoute({
  id: 'createCluster',
  method: 'POST',
  path: '/clusters',
  scope: 'clusters:write',
  tag: 'Clusters',
  summary: 'Make a cluster',
  description:
    'All fields are optional. The cluster serves its Kubernetes API when the answer comes. With `template` it begins in the first state of that exercise, with its nodes. With `organisationId` it belongs to that organisation: owners and instructors may do everything with it.',
  body: bodies.cluster,
  answers: { 201: { description: 'The cluster', schema: clusterView } },
  problems: ['quota-exceeded'],
  example: { body: { name: 'shop', nodes: 3, ttlSeconds: 3600 }, answer: exampleCluster },
  handle: async ({ directory, caller, body, now }) => {
    const { template, organisationId, ...asked } = body;
    const owner = await resolveOwner(directory.db, caller.accountId, organisationId);
    const { name, seed, ttlSeconds } = body;
    const options =
      template === undefined
        ? { ...asked, name, seed, ttlSeconds }
        : { name, ttlSeconds, ...(await contentOfTemplate(directory.db, owner, { template, seed }, now)) };
    const cluster = await createCluster(directory, owner, options, now);
    return created(cluster, `/v1/clusters/${cluster.id}`);
  },
});

const listClustersRoute = defineRoute({
  id: 'listClusters',
  method: 'GET',
  path: '/clusters',
  scope: 'clusters:read',
  tag: 'Clusters',
  summary: 'List clusters',
  description:
    "One's own; those of an organisation in which one is owner or instructor; or those that others share with one.",
  query: z.object({
    ...pageShape,
    organisation: z
      .string()
      .max(64)
      .optional()
      .meta({ description: 'Id of the organisation they belong to' }),
    shared: z
      .enum(['true', 'false'])
      .default('false')
      .meta({ description: 'Those that are shared with the account; excludes `organisation`' }),
    name: z.string().max(253).optional().meta({ description: 'The exact name' }),
    namePrefix: z.string().max(253).optional().meta({ description: 'The beginning of the name' }),
    phase: clusterView.shape.phase.optional(),
  }),
  answers: { 200: { description: 'Oldest first', schema: pageOf(clusterView, 'ClusterList') } },
  problems: ['forbidden'],
  handle: async ({ directory, caller, query, now }) => {
    const { accountId } = caller;
    const whose =
      query.shared === 'true'
        ? { sharedWith: accountId }
        : await resolveOwner(directory.db, accountId, query.organisation);
    return ok(await listClusters(directory, whose, query, pageRequestOf(query), now));
  },
});

const getClusterRoute = defineRoute({
  id: 'getCluster',
  method: 'GET',
  path: '/clusters/{id}',
  scope: 'clusters:read',
  tag: 'Clusters',
  summary: 'Read a cluster',
  answers: { 200: { description: 'The cluster', schema: clusterView } },
  example: { answer: exampleCluster },
  handle: async ({ directory, caller, params, now }) =>
    ok(await getCluster(directory, caller.accountId, params.id, now, 'see')),
});

const changeClusterRoute = defineRoute({
  id: 'changeCluster',
  method: 'PATCH',
  path: '/clusters/{id}',
  scope: 'clusters:write',
  tag: 'Clusters',
  summary: 'Rename a cluster, or move its end',
  description: '`ttlSeconds` counts from now; `null` lets it live until it is deleted.',
  body: z.strictObject({
    name: z
      .string()
      .refine((text) => dns1123Label(text).length === 0, 'must be a DNS label')
      .optional(),
    ttlSeconds: z
      .number()
      .int()
      .min(1)
      .max(365 * 24 * 3600)
      .nullable()
      .optional(),
  }),
  answers: { 200: { description: 'The cluster', schema: clusterView } },
  problems: ['forbidden', 'conflict', 'quota-exceeded'],
  example: { body: { ttlSeconds: 7200 }, answer: exampleCluster },
  handle: async ({ directory, caller, params, body, now }) =>
    ok(await changeCluster(directory, caller.accountId, params.id, body, now)),
});

const deleteClusterRoute = defineRoute({
  id: 'deleteCluster',
  method: 'DELETE',
  path: '/clusters/{id}',
  scope: 'clusters:write',
  tag: 'Clusters',
  summary: 'Delete a cluster with all its data',
  answers: { 204: { description: 'All its data is gone' } },
  problems: ['forbidden', 'conflict'],
  handle: async ({ directory, caller, params, now }) => {
    await deleteCluster(directory, caller.accountId, params.id, now);
    return noContent();
  },
});

const createKubeconfigRoute = defineRoute({
  id: 'createKubeconfig',
  method: 'POST',
  path: '/clusters/{id}/kubeconfigs',
  scope: 'clusters:write',
  tag: 'Clusters',
  summary: 'Make a kubeconfig',
  description:
    "For the owner as cluster-admin, for any `user` and `groups`, or for a service account. The cluster's RBAC decides what they may do. Whoever a cluster was shared with as `user` gets one for themselves. Its token is good for 30 days unless `ttlSeconds` says otherwise.",
  body: bodies.kubeconfig,
  answers: { 201: { description: 'A kubeconfig', contentType: 'application/yaml' } },
  example: { body: { user: 'jane', groups: ['developers'], namespace: 'shop', ttlSeconds: 3600 } },
  problems: ['forbidden'],
  handle: async (call) =>
    textAnswer(201, await kubeconfigFor(call, call.params.id, call.body), 'application/yaml'),
});

/** The cluster directory and kubeconfigs. */
export const clusterRoutes: readonly Route[] = [
  createClusterRoute,
  listClustersRoute,
  getClusterRoute,
  changeClusterRoute,
  deleteClusterRoute,
  createKubeconfigRoute,
];
