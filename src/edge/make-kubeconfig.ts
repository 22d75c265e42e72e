import type { ClusterView } from '../platform/clusters.ts';
import { printKubeconfig } from '../platform/kubeconfig.ts';
import { makeProblem } from '../platform/problem.ts';
import type { UserClaims } from '../platform/tokens.ts';
import type { KubeconfigRequest } from './bodies.ts';
import { ownerIdentity } from './core-request.ts';
import { clusterObject, type Env } from './env.ts';
import { requestServiceAccountToken } from './service-account-token.ts';
import { mintUserToken } from './user-tokens.ts';

const DEFAULT_TTL_SECONDS = 30 * 24 * 3600;

interface Subject {
  readonly userName: string;
  readonly token: string;
}

const userOf = ({ user, groups, uid, extra }: KubeconfigRequest): UserClaims => {
  const isOwner = [user, groups, uid, extra].every((part) => part === undefined);
  if (isOwner) return ownerIdentity;
  return {
    username: user ?? ownerIdentity.username,
    groups: groups ?? [],
    ...(uid === undefined ? {} : { uid }),
    ...(extra === undefined ? {} : { extra }),
  };
};

const subjectOf = async (
  env: Env,
  clusterId: string,
  wanted: KubeconfigRequest,
  now: number,
): Promise<Subject> => {
  const { serviceAccount, pod, name = 'kubeconfig', ttlSeconds = DEFAULT_TTL_SECONDS } = wanted;
  const object = clusterObject(env, clusterId);
  if (serviceAccount !== undefined) {
    const token = await requestServiceAccountToken(object, serviceAccount, ttlSeconds);
    return { userName: serviceAccount.name, token };
  }
  if (pod !== undefined) {
    const token = await object.podToken(pod.namespace, pod.name);
    if (token === undefined) {
      throw makeProblem('not-found', `pod ${pod.namespace}/${pod.name} or its service account not found`);
    }
    return { userName: `${pod.namespace}/${pod.name}`, token };
  }
  const subject = userOf(wanted);
  const { token } = await mintUserToken(env, clusterId, { name, subject, ttlSeconds }, now);
  return { userName: subject.username, token };
};

/**
 * Mints a kubeconfig: for the owner as cluster-admin; for any user; for a service account (its token comes from the
 * cluster, at least ten minutes long as upstream wants); or with the token that lies in a pod's volume. The default
 * lifetime of the first three is 30 days.
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
    namespace: wanted.namespace ?? wanted.pod?.namespace,
  });
};
