import { CLUSTER_ACTIONS } from '../platform/access.ts';
import { emailOf } from '../platform/accounts.ts';
import { relationTo } from '../platform/cluster-relation.ts';
import { findCluster, getCluster } from '../platform/clusters.ts';
import { forbiddenProblem, notFoundProblem } from '../platform/problem.ts';
import type { KubeconfigRequest } from './bodies.ts';
import type { AnyCall } from './control/route.ts';
import { makeKubeconfig } from './make-kubeconfig.ts';

/** Fields that say who the holder is to be. Only who administers the cluster may choose that. */
const CHOICES = ['user', 'groups', 'uid', 'extra', 'serviceAccount', 'pod'] as const;

/**
 * The kubeconfig that was asked for. Whoever may only enter the cluster gets one for themselves, in the groups of
 * their share.
 */
export const kubeconfigFor = async (
  { env, directory, caller, now }: Pick<AnyCall, 'env' | 'directory' | 'caller' | 'now'>,
  clusterId: string,
  wanted: KubeconfigRequest,
): Promise<string> => {
  const { accountId } = caller;
  const cluster = await getCluster(directory, accountId, clusterId, now, 'enter');
  const owner = await findCluster(directory.db, clusterId, now);
  if (owner === undefined) throw notFoundProblem('cluster');
  const { relation, groups } = await relationTo(directory.db, accountId, clusterId, owner);
  if (CLUSTER_ACTIONS[relation].includes('administer')) return makeKubeconfig(env, cluster, wanted, now);
  if (CHOICES.some((field) => wanted[field] !== undefined)) {
    throw forbiddenProblem(
      'this cluster is shared with you as yourself: leave out who the kubeconfig is for',
    );
  }
  const user = await emailOf(directory.db, accountId);
  return makeKubeconfig(env, cluster, { ...wanted, user, groups: [...groups] }, now);
};
