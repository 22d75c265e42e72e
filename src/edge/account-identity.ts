import type { Identity } from '../auth/identity.ts';
import { resourceNotFound } from '../machinery/status.ts';
import { CLUSTER_ACTIONS } from '../platform/access.ts';
import { emailOf } from '../platform/accounts.ts';
import { relationTo } from '../platform/cluster-relation.ts';
import { findCluster } from '../platform/clusters.ts';
import { openPlatformDatabase } from '../platform/db/queries.ts';
import type { Owner } from '../platform/ownership.ts';
import { ownerIdentity } from './core-request.ts';
import type { Env } from './env.ts';
import type { Isolate } from './isolate.ts';

/** How long a change of owners, members and shares may go unnoticed by another isolate. */
const CACHE_MS = 10_000;

/** Whose a cluster is. Throws 404 when there is none. */
export const ownerOf = async (env: Env, isolate: Isolate, clusterId: string, now: number): Promise<Owner> => {
  const known = isolate.owners.get(clusterId, now);
  if (known !== undefined) return known;
  const found = await findCluster(openPlatformDatabase(env.PLATFORM_DB), clusterId, now);
  if (found === undefined) throw resourceNotFound();
  isolate.owners.put(clusterId, found, now + CACHE_MS);
  return found;
};

/** Who somebody is inside a cluster that was shared with them: themselves, in the groups of the share. */
export const sharedIdentity = (email: string, groups: readonly string[]): Identity => ({
  username: email,
  groups: [...groups, 'system:authenticated'],
});

/**
 * Who an account is inside a cluster: its administrator, or the person it was shared with. Throws 404 to everybody
 * else.
 */
export const identityOfAccount = async (
  env: Env,
  isolate: Isolate,
  accountId: string,
  clusterId: string,
  now: number,
): Promise<Identity> => {
  const owner = await ownerOf(env, isolate, clusterId, now);
  if (owner.organisationId === null && owner.accountId === accountId) return ownerIdentity;
  const key = `${accountId} ${clusterId}`;
  const known = isolate.guests.get(key, now);
  if (known !== undefined) return known;
  const db = openPlatformDatabase(env.PLATFORM_DB);
  const { relation, groups } = await relationTo(db, accountId, clusterId, owner);
  const allowed = CLUSTER_ACTIONS[relation];
  if (!allowed.includes('enter')) throw resourceNotFound();
  const identity = allowed.includes('administer')
    ? ownerIdentity
    : sharedIdentity(await emailOf(db, accountId), groups);
  isolate.guests.put(key, identity, now + CACHE_MS);
  return identity;
};
