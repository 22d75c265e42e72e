import type { CoreRequest } from '../api/contract.ts';
import { anonymous, type Identity } from '../auth/identity.ts';
import type { Claims, TokenSigner } from '../platform/tokens.ts';

/** Where a request goes inside its cluster. `query` has no `?`. */
export interface ClusterTarget {
  readonly clusterId: string;
  readonly path: string;
  readonly query: string;
}

/** Who it comes from, verified: either an identity, or claims the cluster turns into one. */
export type Caller = { readonly identity: Identity } | { readonly claims: Claims };

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
  const base = { method: request.method, path: target.path, query: target.query, headers, body };
  return 'claims' in caller
    ? { ...base, identity: anonymous, claims: caller.claims }
    : { ...base, identity: caller.identity };
};

const JWT = /[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{40,}/g;
const REVIEWED_TOKENS = 4;

/**
 * For a token review: tokens in the body that bear our signature, with their claims. The body may be JSON or
 * protobuf; a token is plain ASCII in both.
 */
export const withVerifiedTokens = async (request: CoreRequest, signer: TokenSigner): Promise<CoreRequest> => {
  if (request.method !== 'POST' || !request.path.endsWith('/tokenreviews')) return request;
  const text = new TextDecoder('latin1').decode(request.body);
  const verified: Record<string, Claims> = {};
  for (const [token] of [...text.matchAll(JWT)].slice(0, REVIEWED_TOKENS)) {
    const claims = await signer.verify(token);
    if (claims !== undefined) verified[token] = claims;
  }
  return { ...request, verified };
};

/** Puts a value into JSON text at a path of object keys. */
export const setInJson = (text: string, path: readonly string[], value: unknown): string => {
  const root = JSON.parse(text) as Record<string, unknown>;
  let at: Record<string, unknown> = root;
  for (const key of path.slice(0, -1)) {
    const next = at[key];
    if (typeof next !== 'object' || next === null) throw new Error(`no object at ${path.join('.')}`);
    at = next as Record<string, unknown>;
  }
  const last = path.at(-1);
  if (last !== undefined) at[last] = value;
  return JSON.stringify(root);
};
