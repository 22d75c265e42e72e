/**
 * The edge: everything between a client's socket and a cluster object. It authenticates, finds the object,
 * forwards and bridges streams; it decides nothing that happens inside a cluster.
 */

import type { VerifiedToken } from '../api/contract.ts';
import type { PlatformDatabase } from '../platform/db/queries.ts';
import { API_KEY_PREFIX, findApiKey } from '../platform/keys.ts';
import { findSession, SESSION_PREFIX } from '../platform/sessions.ts';
import { keyIdOf, PLATFORM_ISSUER, type TokenSigner, verifyClaims } from '../platform/tokens.ts';
import { type ClusterKeyRing, clusterOfKey } from './cluster-key-ring.ts';
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
  /** Whoever a token of one cluster speaks for. Its signature is good; all else is for the cluster to judge. */
  | { readonly kind: 'token'; readonly clusterId: string; readonly token: VerifiedToken };

const REFUSED: Principal = { kind: 'refused' };
const ANONYMOUS: Principal = { kind: 'anonymous' };

/** How long a key or session that was revoked in another isolate may still be accepted here. */
const ACCOUNT_CACHE_MS = 10_000;
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

/** The cluster a user's token is for; such a token names exactly one. */
const audienceOf = (audiences: unknown): string | undefined =>
  Array.isArray(audiences) && audiences.length === 1 && typeof audiences[0] === 'string'
    ? audiences[0]
    : undefined;

/** Turns bearer tokens into principals, remembering what it has verified. One an isolate. */
export class Authenticator {
  readonly #signer: TokenSigner;
  readonly #ring: ClusterKeyRing;
  readonly #known = new ExpiringCache<Principal>(CACHE_ENTRIES);

  constructor(signer: TokenSigner, ring: ClusterKeyRing) {
    this.#signer = signer;
    this.#ring = ring;
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
    const principal = await this.#verify(token, now);
    // The cluster judges times and liveness each time, so that a good signature may be remembered.
    if (principal.kind === 'token') this.#known.put(token, principal, now + TOKEN_CACHE_MS);
    return principal;
  }

  /** Checks a signature: the header says whose it claims to be, the key says whether it is. */
  async #verify(text: string, now: number): Promise<Principal> {
    const keyId = keyIdOf(text);
    if (keyId === undefined) return REFUSED;
    const clusterId = clusterOfKey(keyId);
    if (clusterId !== undefined) {
      const key = await this.#ring.find(clusterId, keyId, now);
      const claims = key && (await verifyClaims(text, key));
      return claims === undefined ? REFUSED : { kind: 'token', clusterId, token: { text, claims, keyId } };
    }
    const claims = await this.#signer.verify(text);
    const audience = claims?.['iss'] === PLATFORM_ISSUER ? audienceOf(claims['aud']) : undefined;
    if (claims === undefined || audience === undefined) return REFUSED;
    return { kind: 'token', clusterId: audience, token: { text, claims } };
  }

  #keep(token: string, principal: Principal, expiresAt: number, now: number): Principal {
    this.#known.put(token, principal, Math.min(expiresAt, now + ACCOUNT_CACHE_MS));
    return principal;
  }
}
