import type { CoreRequest, VerifiedToken } from '../api/contract.ts';
import { anonymous, type Identity } from '../auth/identity.ts';

/** Where a request goes inside its cluster. `query` has no `?`. */
export interface ClusterTarget {
  readonly clusterId: string;
  readonly path: string;
  readonly query: string;
}

/** Who it comes from: either an identity, or a verified token the cluster turns into one. */
export type Caller = { readonly identity: Identity } | { readonly token: VerifiedToken };

/** An account's owner inside their clusters: what `admin.conf` is to a kubeadm cluster. */
export const ownerIdentity: Identity = {
  username: 'kubernetes-admin',
  groups: ['system:masters', 'system:authenticated'],
};

/** Credentials stay at the edge. */
const WITHHELD = new Set(['authorization', 'cookie', 'proxy-authorization']);

/** Builds the request the core sees. */
export const makeCoreRequest = (
  request: Request,
  target: ClusterTarget,
  caller: Caller,
  body: Uint8Array,
): CoreRequest => {
  const headers: Record<string, string> = {};
  for (const [name, value] of request.headers) if (!WITHHELD.has(name)) headers[name] = value;
  // On the platform the front says who called; only the local server, which listens on this machine, does not.
  headers['cf-connecting-ip'] ??= '127.0.0.1';
  const base = { method: request.method, path: target.path, query: target.query, headers, body };
  return 'token' in caller
    ? { ...base, identity: anonymous, token: caller.token }
    : { ...base, identity: caller.identity };
};

const JWT = /[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{40,}/g;
const REVIEWED_TOKENS = 4;

/**
 * For a token review: tokens of this cluster in the body whose signature is good. The body may be JSON or protobuf; a
 * token is plain ASCII in both. `verify` gives `undefined` for tokens nobody vouches for.
 */
export const withVerifiedTokens = async (
  request: CoreRequest,
  verify: (token: string) => Promise<VerifiedToken | undefined>,
): Promise<CoreRequest> => {
  if (request.method !== 'POST' || !request.path.endsWith('/tokenreviews')) return request;
  const text = new TextDecoder('latin1').decode(request.body);
  const verified: VerifiedToken[] = [];
  for (const [token] of [...text.matchAll(JWT)].slice(0, REVIEWED_TOKENS)) {
    const found = await verify(token);
    if (found !== undefined) verified.push(found);
  }
  return { ...request, verified };
};
