import { createCluster, deleteCluster, getCluster, listClusters } from '../platform/clusters.ts';
import { pageRequestOf } from '../platform/page.ts';
import { notImplementedProblem } from '../platform/problem.ts';
import { bodies } from './bodies.ts';
import { created, defineRoute, noContent, ok, type Route, textAnswer } from './control/route.ts';
import { clusterView, pageOf, pageQuery } from './control/schemas.ts';
import { makeKubeconfig } from './make-kubeconfig.ts';

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
  description: 'All fields are optional. The cluster serves its Kubernetes API when the answer comes.',
  body: bodies.cluster,
  answers: { 201: { description: 'The cluster', schema: clusterView } },
  problems: ['quota-exceeded'],
  example: { body: { name: 'shop', nodes: 3, ttlSeconds: 3600 }, answer: exampleCluster },
  handle: async ({ directory, caller, body, now }) => {
    if (body.template !== undefined) throw notImplementedProblem('template');
    const options = { ...body, name: body.name, seed: body.seed, ttlSeconds: body.ttlSeconds };
    const cluster = await createCluster(directory, caller.accountId, options, now);
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
  query: pageQuery,
  answers: { 200: { description: 'Oldest first', schema: pageOf(clusterView, 'ClusterList') } },
  handle: async ({ directory, caller, query, now }) =>
    ok(await listClusters(directory, caller.accountId, pageRequestOf(query), now)),
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
    ok(await getCluster(directory, caller.accountId, params.id, now)),
});

const deleteClusterRoute = defineRoute({
  id: 'deleteCluster',
  method: 'DELETE',
  path: '/clusters/{id}',
  scope: 'clusters:write',
  tag: 'Clusters',
  summary: 'Delete a cluster with all its data',
  answers: { 204: { description: 'All its data is gone' } },
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
    "For the owner as cluster-admin, for any `user` and `groups`, or for a service account. The cluster's RBAC decides what they may do. Its token is good for 30 days unless `ttlSeconds` says otherwise.",
  body: bodies.kubeconfig,
  answers: { 201: { description: 'A kubeconfig', contentType: 'application/yaml' } },
  example: { body: { user: 'jane', groups: ['developers'], namespace: 'shop', ttlSeconds: 3600 } },
  handle: async ({ env, directory, caller, params, body, now }) => {
    const cluster = await getCluster(directory, caller.accountId, params.id, now);
    return textAnswer(201, await makeKubeconfig(env, cluster, body, now), 'application/yaml');
  },
});

/** The cluster directory and kubeconfigs. */
export const clusterRoutes: readonly Route[] = [
  createClusterRoute,
  listClustersRoute,
  getClusterRoute,
  deleteClusterRoute,
  createKubeconfigRoute,
];
