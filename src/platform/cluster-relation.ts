import { and, eq } from 'drizzle-orm';
import { type ClusterRelation, RELATION_OF_ROLE } from './access.ts';
import { clusterShares } from './db/organisations.ts';
import type { PlatformDatabase } from './db/queries.ts';
import { type Owner, roleIn } from './ownership.ts';

/** What an account is to a cluster; `groups` are those a share gives it inside. */
export interface Relation {
  readonly relation: ClusterRelation;
  readonly groups: readonly string[];
}

const ownRelation = async (
  db: PlatformDatabase,
  accountId: string,
  owner: Owner,
): Promise<ClusterRelation> => {
  if (owner.organisationId === null) return owner.accountId === accountId ? 'owner' : 'stranger';
  const role = await roleIn(db, owner.organisationId, accountId);
  return role === undefined ? 'stranger' : RELATION_OF_ROLE[role];
};

/** What this account is to a cluster with this owner. Ownership goes before shares. */
export const relationTo = async (
  db: PlatformDatabase,
  accountId: string,
  clusterId: string,
  owner: Owner,
): Promise<Relation> => {
  const own = await ownRelation(db, accountId, owner);
  if (own !== 'stranger' && own !== 'learner') return { relation: own, groups: [] };
  const [share] = await db
    .select({ role: clusterShares.role, groups: clusterShares.groups })
    .from(clusterShares)
    .where(and(eq(clusterShares.clusterId, clusterId), eq(clusterShares.accountId, accountId)))
    .limit(1);
  if (share === undefined) return { relation: own, groups: [] };
  return { relation: share.role === 'admin' ? 'sharedAdmin' : 'sharedUser', groups: share.groups };
};
