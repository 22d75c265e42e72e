/**
 * Tokens of a cluster's users. The platform signs them, but each cluster keeps the list of those it accepts: what is
 * taken off the list is refused with the next request.
 */

import type { Instant } from '../machinery/time.ts';
import type { Identity } from './identity.ts';

/** Issuer of the tokens in kubeconfigs; fixed, so that they outlive a change of address. */
export const USER_ISSUER = 'kubicle';

type Claims = Readonly<Record<string, unknown>>;

const AUTHENTICATED = 'system:authenticated';
const NOT_OURS = 'invalid bearer token';
/** Clocks of isolates differ by less. */
const SKEW_MS = 60_000;

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';

const textList = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];

const extraOf = (value: unknown): Readonly<Record<string, readonly string[]>> | undefined => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  return Object.fromEntries(Object.entries(value).map(([key, list]) => [key, textList(list)]));
};

/** What the claims of a user's token are judged by. */
export interface UserTokenDeps {
  readonly clusterId: string;
  /** These tokens live by the wall clock: a cluster's clock may be set forward by a year. */
  readonly wallNow: Instant;
  /** Whether the cluster has the token with this id on its list. */
  readonly isListed: (id: string) => boolean;
}

/** The identity in verified claims, or why they are refused. */
export const checkUserClaims = (
  { clusterId, wallNow, isListed }: UserTokenDeps,
  claims: Claims,
): { readonly identity: Identity } | { readonly error: string } => {
  const { iss, aud, sub, exp, nbf, jti, uid } = claims;
  const audiences = textList(aud);
  if (iss !== USER_ISSUER || audiences.length !== 1 || audiences[0] !== clusterId) return { error: NOT_OURS };
  if (!isText(sub) || typeof exp !== 'number') return { error: NOT_OURS };
  if (exp * 1000 <= wallNow) return { error: 'token has expired' };
  if (typeof nbf === 'number' && nbf * 1000 > wallNow + SKEW_MS) return { error: 'token is not valid yet' };
  if (jti !== undefined && !(isText(jti) && isListed(jti))) return { error: 'token has been revoked' };
  const groups = textList(claims['groups']).filter((group) => group !== AUTHENTICATED);
  const extra = extraOf(claims['extra']);
  return {
    identity: {
      username: sub,
      ...(isText(uid) ? { uid } : {}),
      groups: [...groups, AUTHENTICATED],
      ...(extra === undefined ? {} : { extra }),
    },
  };
};
