import type { ClusterView } from '../platform/clusters.ts';
import { printKubeconfig } from '../platform/kubeconfig.ts';
import { makeUserClaims } from '../platform/tokens.ts';
import type { KubeconfigRequest } from './bodies.ts';
import { ownerIdentity } from './core-request.ts';
import { clusterObject, type Env } from './env.ts';
import { isolateOf } from './isolate.ts';
import { requestServiceAccountToken } from './service-account-token.ts';

const DEFAULT_TTL_SECONDS = 30 * 24 * 3600;

interface Subject {
  readonly userName: string;
  readonly token: string;
}

const subjectOf = async (
  env: Env,
  clusterId: string,
  wanted: KubeconfigRequest,
  now: number,
): Promise<Subject> => {
  const { signer } = await isolateOf(env);
  const ttlSeconds = wanted.ttlSeconds ?? DEFAULT_TTL_SECONDS;
  if (wanted.serviceAccount !== undefined) {
    const object = clusterObject(env, clusterId);
    const token = await requestServiceAccountToken(object, signer, wanted.serviceAccount, ttlSeconds);
    return { userName: wanted.serviceAccount.name, token };
  }
  const isOwner = wanted.user === undefined && wanted.groups === undefined;
  const user = isOwner
    ? ownerIdentity
    : { username: wanted.user ?? ownerIdentity.username, groups: wanted.groups ?? [] };
  const token = await signer.sign(makeUserClaims(clusterId, user, ttlSeconds, now));
  return { userName: user.username, token };
};

/**
 * Mints a kubeconfig: for the owner as cluster-admin, for any user and groups, or for a service account (its token
 * comes from the cluster, at least ten minutes long as upstream wants). The default lifetime is 30 days.
 */
export const makeKubeconfig = async (
  env: Env,
  cluster: ClusterView,
  wanted: KubeconfigRequest,
  now: number,
): Promise<string> => {
  const { userName, token } = await subjectOf(env, cluster.id, wanted, now);
  return printKubeconfig({
    clusterName: cluster.name,
    server: cluster.server,
    caCertificate: env.CA_CERTIFICATE ?? '',
    userName,
    token,
    namespace: wanted.namespace,
  });
};
