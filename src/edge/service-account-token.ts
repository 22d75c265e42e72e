import type { CoreResponse } from '../api/contract.ts';
import { ProblemError } from '../platform/problem.ts';
import { ownerIdentity } from './core-request.ts';
import type { ClusterStub } from './env.ts';

/** The service account a token is asked for, and what it is to be bound to. */
export interface ServiceAccountOrder {
  readonly namespace: string;
  readonly name: string;
  readonly audiences?: readonly string[] | undefined;
}

const LEAST_SECONDS = 600;

const parse = (answer: CoreResponse): { readonly message?: unknown; readonly status?: unknown } =>
  JSON.parse(String(answer.body)) as { readonly message?: unknown; readonly status?: unknown };

const tokenIn = (status: unknown): string | undefined => {
  const { token } = (status ?? {}) as { readonly token?: unknown };
  return typeof token === 'string' ? token : undefined;
};

/** Asks the cluster itself for a service account's token, as `kubectl create token` does. Refusals are problems. */
export const requestServiceAccountToken = async (
  object: ClusterStub,
  { namespace, name, audiences = [] }: ServiceAccountOrder,
  ttlSeconds: number,
): Promise<string> => {
  const body = {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    spec: { audiences, expirationSeconds: Math.max(LEAST_SECONDS, ttlSeconds) },
  };
  const answer = await object.serve({
    method: 'POST',
    path: `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`,
    query: '',
    headers: { accept: 'application/json', 'content-type': 'application/json' },
    body: new TextEncoder().encode(JSON.stringify(body)),
    identity: ownerIdentity,
  });
  const { message, status } = parse(answer);
  const token = answer.status < 400 ? tokenIn(status) : undefined;
  if (token !== undefined) return token;
  throw new ProblemError({
    status: answer.status >= 400 ? answer.status : 502,
    title: 'The cluster refused the token',
    detail: typeof message === 'string' ? message : 'no token was given',
  });
};
