/**
 * The edge: everything between a client's socket and a cluster object. It authenticates, finds the object,
 * forwards and bridges streams; it decides nothing that happens inside a cluster.
 */

import type { Identity } from '../auth/identity.ts';
import { findSession, SESSION_PREFIX } from '../platform/accounts.ts';
import type { PlatformDatabase } from '../platform/db/queries.ts';
import { API_KEY_PREFIX, findApiKey } from '../platform/keys.ts';
import { type Claims, PLATFORM_ISSUER, type TokenSigner } from '../platform/tokens.ts';
import { ExpiringCache } from './expiring-cache.ts';

/** What an account came with: the API key's id, or the session's. */
export interface Credential {
  readonly kind: 'apiKey' | 'session';
  readonly id: string;
}

/** Who sent a request, as far as the edge can tell. */
export type Principal =
  /** No credentials at all. */
  | { readonly kind: 'anonymous' }
  /** Credentials that are wrong, expired, revoked or not ours. */
  | { readonly kind: 'refused' }
  /** The owner of an account, by API key or session. No scopes: everything. */
  | {
      readonly kind: 'account';
      readonly accountId: string;
      readonly scopes: readonly string[];
      readonly credential: Credential;
    }
  /** A user of one cluster, by a token we signed. */
  | { readonly kind: 'user'; readonly clusterId: string; readonly identity: Identity }
  /** A service account of one cluster; the cluster judges times and liveness. */
  | { readonly kind: 'serviceAccount'; readonly clusterId: string; readonly claims: Claims };

const REFUSED: Principal = { kind: 'refused' };
const ANONYMOUS: Principal = { kind: 'anonymous' };

/** How long a key or session that was revoked elsewhere may still be accepted here. */
const ACCOUNT_CACHE_MS = 30_000;
const TOKEN_CACHE_MS = 600_000;
const CACHE_ENTRIES = 4096;
const LONGEST_TOKEN = 16_384;
/** Prefix of the subprotocol that carries a bearer token, in base64url without padding. */
export const WEBSOCKET_BEARER = 'base64url.bearer.authorization.k8s.io.';

/** The bearer token of a request: from the header, or the subprotocol browsers' sockets carry it in. */
export const bearerToken = (headers: Headers): string | undefined => {
  const authorization = headers.get('authorization');
  if (authorization !== null) {
    const match = /^bearer +(\S+) *$/i.exec(authorization);
    return match?.[1] ?? '';
  }
  for (const protocol of headers.get('sec-websocket-protocol')?.split(',') ?? []) {
    const name = protocol.trim();
    if (!name.startsWith(WEBSOCKET_BEARER)) continue;
    try {
      return atob(name.slice(WEBSOCKET_BEARER.length).replaceAll('-', '+').replaceAll('_', '/'));
    } catch {
      return '';
    }
  }
  return undefined;
};

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';

const textList = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];

const extraOf = (value: unknown): Readonly<Record<string, readonly string[]>> | undefined => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  return Object.fromEntries(Object.entries(value).map(([key, list]) => [key, textList(list)]));
};

const AUTHENTICATED = 'system:authenticated';

/** The identity in verified platform claims; `undefined` when they have expired or name nobody. */
export const identityOfUserClaims = (claims: Claims, now: number): Identity | undefined => {
  const { sub, exp, uid } = claims;
  if (!isText(sub) || typeof exp !== 'number' || exp * 1000 <= now) return undefined;
  const groups = textList(claims['groups']).filter((group) => group !== AUTHENTICATED);
  const extra = extraOf(claims['extra']);
  return {
    username: sub,
    ...(isText(uid) ? { uid } : {}),
    groups: [...groups, AUTHENTICATED],
    ...(extra === undefined ? {} : { extra }),
  };
};

const principalOfClaims = (claims: Claims, now: number): Principal => {
  if (claims['iss'] === PLATFORM_ISSUER) {
    const [clusterId] = textList(claims['aud']);
    const identity = identityOfUserClaims(claims, now);
    return clusterId === undefined || identity === undefined
      ? REFUSED
      : { kind: 'user', clusterId, identity };
  }
  const issuer = /\/clusters\/([a-z0-9]+)$/.exec(String(claims['iss']));
  return issuer?.[1] === undefined ? REFUSED : { kind: 'serviceAccount', clusterId: issuer[1], claims };
};

/** Turns bearer tokens into principals, remembering what it has verified. One an isolate. */
export class Authenticator {
  readonly #signer: TokenSigner;
  readonly #known = new ExpiringCache<Principal>(CACHE_ENTRIES);

  constructor(signer: TokenSigner) {
    this.#signer = signer;
  }

  /** Never throws for what a client sends. `token` is `undefined` when there were no credentials. */
  async authenticate(token: string | undefined, db: PlatformDatabase, now: number): Promise<Principal> {
    if (token === undefined) return ANONYMOUS;
    if (token === '' || token.length > LONGEST_TOKEN) return REFUSED;
    const known = this.#known.get(token, now);
    if (known !== undefined) return known;
    return this.#look(token, db, now);
  }

  /** The same, but keys and sessions are looked up even when they were seen a moment ago. */
  authenticateAfresh(token: string | undefined, db: PlatformDatabase, now: number): Promise<Principal> {
    if (token !== undefined) this.#known.drop(token);
    return this.authenticate(token, db, now);
  }

  /** Forgets what was seen of an account's keys and sessions: one of them was revoked. */
  forgetAccount(accountId: string): void {
    this.#known.dropWhere((principal) => principal.kind === 'account' && principal.accountId === accountId);
  }

  async #look(token: string, db: PlatformDatabase, now: number): Promise<Principal> {
    if (token.startsWith(API_KEY_PREFIX)) {
      const key = await findApiKey(db, token, now);
      if (key === undefined) return REFUSED;
      const credential: Credential = { kind: 'apiKey', id: key.id };
      const principal = {
        kind: 'account',
        accountId: key.accountId,
        scopes: key.scopes,
        credential,
      } as const;
      return this.#keep(token, principal, key.expiresAt ?? Infinity, now);
    }
    if (token.startsWith(SESSION_PREFIX)) {
      const session = await findSession(db, token, now);
      if (session === undefined) return REFUSED;
      const credential: Credential = { kind: 'session', id: session.id };
      const principal = { kind: 'account', accountId: session.accountId, scopes: [], credential } as const;
      return this.#keep(token, principal, session.expiresAt, now);
    }
    const claims = await this.#signer.verify(token);
    if (claims === undefined) return REFUSED;
    const principal = principalOfClaims(claims, now);
    if (principal.kind === 'refused') return principal;
    // A user token dies with its `exp`; a service account's is judged by its cluster each time.
    const ends = principal.kind === 'user' ? Number(claims['exp']) * 1000 : Infinity;
    this.#known.put(token, principal, Math.min(ends, now + TOKEN_CACHE_MS));
    return principal;
  }

  #keep(token: string, principal: Principal, expiresAt: number, now: number): Principal {
    this.#known.put(token, principal, Math.min(expiresAt, now + ACCOUNT_CACHE_MS));
    return principal;
  }
}
