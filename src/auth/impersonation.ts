/** Acting as somebody else through `Impersonate-*` headers (apiserver endpoints/filters/impersonation, 1.36). */

import { badRequest } from '../machinery/status.ts';
import { forbiddenRequest, type ResourceAttributes } from './attributes.ts';
import { anonymous, type Identity } from './identity.ts';
import type { Authorizer } from './rbac.ts';
import { serviceAccountGroups, splitServiceAccountUsername } from './service-account-names.ts';

const EXTRA_PREFIX = 'impersonate-extra-';
const AUTHENTICATED = 'system:authenticated';
const UNAUTHENTICATED = 'system:unauthenticated';

/** One thing the caller wants to be, in the order upstream checks them. */
interface Claim {
  readonly kind: 'ServiceAccount' | 'User' | 'Group' | 'UserExtra' | 'UID';
  readonly namespace?: string;
  readonly name: string;
  readonly extraKey?: string;
}

/** Values of a header that may be repeated; the platform joins repeats with commas. */
const valuesOf = (value: string | undefined): string[] =>
  value === undefined ? [] : value.split(',').map((item) => item.trim());

const decodeKey = (key: string): string => {
  try {
    return decodeURIComponent(key);
  } catch {
    // Malformed escapes are kept as they are: the key is still recorded and checked.
    return key;
  }
};

const claimsOf = (headers: Readonly<Record<string, string>>): Claim[] => {
  const claims: Claim[] = [];
  const user = headers['impersonate-user'] ?? '';
  if (user !== '') {
    const account = splitServiceAccountUsername(user);
    claims.push(account ? { kind: 'ServiceAccount', ...account } : { kind: 'User', name: user });
  }
  for (const name of valuesOf(headers['impersonate-group'])) claims.push({ kind: 'Group', name });
  for (const header of Object.keys(headers).sort()) {
    if (!header.startsWith(EXTRA_PREFIX)) continue;
    const extraKey = decodeKey(header.slice(EXTRA_PREFIX.length));
    for (const name of valuesOf(headers[header])) claims.push({ kind: 'UserExtra', name, extraKey });
  }
  const uid = headers['impersonate-uid'] ?? '';
  if (uid !== '') claims.push({ kind: 'UID', name: uid });
  return claims;
};

const RESOURCES = {
  ServiceAccount: 'serviceaccounts',
  User: 'users',
  Group: 'groups',
  UserExtra: 'userextras',
  UID: 'uids',
} as const;

const attributesOf = (claim: Claim): ResourceAttributes => {
  const authentication = claim.kind === 'UserExtra' || claim.kind === 'UID';
  return {
    verb: 'impersonate',
    group: authentication ? 'authentication.k8s.io' : '',
    version: authentication ? 'v1' : '',
    resource: RESOURCES[claim.kind],
    ...(claim.extraKey === undefined ? {} : { subresource: claim.extraKey }),
    ...(claim.namespace === undefined ? {} : { namespace: claim.namespace }),
    name: claim.name,
  };
};

const printClaim = (claim: Claim): string =>
  `{${[claim.kind, claim.namespace ?? '', claim.name, '', claim.kind === 'UserExtra' || claim.kind === 'UID' ? 'authentication.k8s.io/v1' : '', '', claim.extraKey ?? ''].join(' ')}}`;

/** Which of the two groups that everybody is in must be added. */
const withStandardGroup = (username: string, groups: readonly string[]): readonly string[] => {
  if (username === anonymous.username) {
    return groups.includes(UNAUTHENTICATED) ? groups : [...groups, UNAUTHENTICATED];
  }
  if (groups.includes(AUTHENTICATED) || groups.includes(UNAUTHENTICATED)) return groups;
  return [...groups, AUTHENTICATED];
};

const assemble = (claims: readonly Claim[]): Identity => {
  let username = '';
  let uid: string | undefined;
  let groups: string[] = claims.filter((claim) => claim.kind === 'Group').map((claim) => claim.name);
  const extra: Record<string, string[]> = {};
  for (const claim of claims) {
    if (claim.kind === 'User') username = claim.name;
    if (claim.kind === 'UID') uid = claim.name;
    if (claim.kind === 'UserExtra')
      extra[claim.extraKey ?? ''] = [...(extra[claim.extraKey ?? ''] ?? []), claim.name];
    if (claim.kind === 'ServiceAccount') {
      username = `system:serviceaccount:${claim.namespace}:${claim.name}`;
      if (groups.length === 0) groups = serviceAccountGroups(claim.namespace ?? '');
    }
  }
  return {
    username,
    groups: withStandardGroup(username, groups),
    ...(uid === undefined ? {} : { uid }),
    ...(Object.keys(extra).length === 0 ? {} : { extra }),
  };
};

/**
 * The identity a request runs as. Without impersonation headers that is the caller; otherwise every part is
 * checked with verb `impersonate`. Throws 403 for the first part refused, 400 for parts without a user.
 * Header names are lower case.
 */
export const impersonate = (
  authorizer: Authorizer,
  identity: Identity,
  headers: Readonly<Record<string, string>>,
): Identity => {
  const claims = claimsOf(headers);
  if (claims.length === 0) return identity;
  if (!headers['impersonate-user']) {
    throw badRequest(`requested [${claims.map(printClaim).join(' ')}] without impersonating a user`);
  }
  for (const claim of claims) {
    const attributes = attributesOf(claim);
    const decision = authorizer.authorize(identity, attributes);
    if (!decision.allowed) throw forbiddenRequest(identity, attributes, decision.reason);
  }
  return assemble(claims);
};
