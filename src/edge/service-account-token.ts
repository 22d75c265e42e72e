import type { CoreResponse } from '../api/contract.ts';
import { ProblemError } from '../platform/problem.ts';
import type { TokenSigner } from '../platform/tokens.ts';
import { ownerIdentity } from './core-request.ts';
import type { ClusterStub } from './env.ts';

/** The service account a token is asked for. */
export interface ServiceAccountName {
  readonly namespace: string;
  readonly name: string;
}

const messageOf = (answer: CoreResponse): string => {
  const { message } = JSON.parse(String(answer.body)) as { message?: unknown };
  return typeof message === 'string' ? message : 'no token was given';
};

/** Asks the cluster itself for a service account's token, as `kubectl create token` does. Refusals are problems. */
export const requestServiceAccountToken = async (
  object: ClusterStub,
  signer: TokenSigner,
  { namespace, name }: ServiceAccountName,
  ttlSeconds: number,
): Promise<string> => {
  const body = {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    spec: { audiences: [], expirationSeconds: Math.max(600, ttlSeconds) },
  };
  const answer = await object.serve({
    method: 'POST',
    path: `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`,
    query: '',
    headers: { accept: 'application/json', 'content-type': 'application/json' },
    body: new TextEncoder().encode(JSON.stringify(body)),
    identity: ownerIdentity,
  });
  if (answer.status >= 400 || answer.sign === undefined) {
    const status = answer.status >= 400 ? answer.status : 502;
    throw new ProblemError({ status, title: 'The cluster refused the token', detail: messageOf(answer) });
  }
  return signer.sign(answer.sign.claims);
};
