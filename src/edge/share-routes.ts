import { z } from 'zod';
import { getCluster } from '../platform/clusters.ts';
import { pageRequestOf } from '../platform/page.ts';
import { endShare, listShares, shareCluster } from '../platform/shares.ts';
import { type AnyCall, created, defineRoute, noContent, ok, type Route } from './control/route.ts';
import { pageOf, pageQuery, shareView } from './control/schemas.ts';
import { isolateOf } from './isolate.ts';

const share = z
  .strictObject({
    email: z.email().max(254),
    role: z.enum(['admin', 'user']).default('user'),
    groups: z
      .array(
        z
          .string()
          .min(1)
          .max(256)
          .refine((group) => !group.startsWith('system:'), 'may not be one of the system'),
      )
      .max(20)
      .default([]),
  })
  .refine(({ role, groups }) => role === 'user' || groups.length === 0, 'groups are for users');

/** The cluster, of a caller who may share it. */
const requireManaged = (
  { directory, caller, now }: Pick<AnyCall, 'directory' | 'caller' | 'now'>,
  id: string,
) => getCluster(directory, caller.accountId, id, now, 'manage');

const forgetGuest = async (env: AnyCall['env'], accountId: string, clusterId: string): Promise<void> =>
  (await isolateOf(env)).guests.drop(`${accountId} ${clusterId}`);

const createShare = defineRoute({
  id: 'createShare',
  method: 'POST',
  path: '/clusters/{id}/shares',
  scope: 'clusters:write',
  tag: 'Clusters',
  summary: 'Share a cluster with another account',
  description:
    "An `admin` is cluster-admin and may make kubeconfigs. A `user` goes in as themselves: their address is the user name, `groups` are theirs in the cluster, and the cluster's RBAC decides the rest.",
  body: share,
  answers: { 201: { description: 'The share', schema: shareView } },
  problems: ['forbidden'],
  example: { body: { email: 'bob@example.com', role: 'user', groups: ['developers'] } },
  handle: async (call) => {
    const { id } = await requireManaged(call, call.params.id);
    const { accountId, ...made } = await shareCluster(call.directory.db, id, call.body, call.now);
    await forgetGuest(call.env, accountId, id);
    return created(made);
  },
});

const listSharesRoute = defineRoute({
  id: 'listShares',
  method: 'GET',
  path: '/clusters/{id}/shares',
  scope: 'clusters:read',
  tag: 'Clusters',
  summary: 'List whom a cluster is shared with',
  query: pageQuery,
  answers: { 200: { description: 'Oldest first', schema: pageOf(shareView, 'ShareList') } },
  problems: ['forbidden'],
  handle: async (call) => {
    const { id } = await requireManaged(call, call.params.id);
    return ok(await listShares(call.directory.db, id, pageRequestOf(call.query)));
  },
});

const deleteShare = defineRoute({
  id: 'deleteShare',
  method: 'DELETE',
  path: '/clusters/{id}/shares/{share}',
  scope: 'clusters:write',
  tag: 'Clusters',
  summary: 'End a share',
  description: 'Kubeconfigs it was used to make live until they expire; their tokens can be revoked.',
  answers: { 204: { description: 'Ended' } },
  problems: ['forbidden'],
  handle: async (call) => {
    const { id } = await requireManaged(call, call.params.id);
    await forgetGuest(call.env, await endShare(call.directory.db, id, call.params.share), id);
    return noContent();
  },
});

/** Sharing a cluster. */
export const shareRoutes: readonly Route[] = [createShare, listSharesRoute, deleteShare];
