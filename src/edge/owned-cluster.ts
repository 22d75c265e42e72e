import type { ClusterAction } from '../platform/access.ts';
import { getCluster } from '../platform/clusters.ts';
import type { AnyCall } from './control/route.ts';
import { type ClusterStub, clusterObject } from './env.ts';

/** The object of a cluster that the caller may do something with; throws a 404 problem for any other. */
export const ownedCluster = async (
  { env, directory, caller, now }: Pick<AnyCall, 'env' | 'directory' | 'caller' | 'now'>,
  clusterId: string,
  action: ClusterAction = 'administer',
): Promise<ClusterStub> => {
  const { id } = await getCluster(directory, caller.accountId, clusterId, now, action);
  return clusterObject(env, id);
};
