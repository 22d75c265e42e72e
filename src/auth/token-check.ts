/** Whether the claims of a service-account token still hold (pkg/serviceaccount/claims.go and jwt.go, 1.36). */

import type { Lookup } from '../kinds/define.ts';
import type { KubeObject } from '../machinery/object.ts';
import type { Instant } from '../machinery/time.ts';
import type { Identity } from './identity.ts';
import { serviceAccountGroups, serviceAccountUsername } from './service-account-names.ts';
import type { KubernetesClaims, ObjectClaim, TokenClaims } from './tokens.ts';

/** What claims are judged by. */
export interface CheckDeps {
  readonly lookup: Lookup;
  readonly now: Instant;
  readonly issuer: string;
}

/** What a token stands for, or why it is refused. */
export type ClaimsVerdict =
  | { readonly identity: Identity; readonly audiences: readonly string[] }
  | { readonly error: string };

const AUTHENTICATED = 'system:authenticated';
const INVALIDATED = 'service account token has been invalidated';
/** How far clocks may differ, and how long a token outlives its end and the deletion of its objects. */
const LEEWAY_SECONDS = 60;

const isDeleted = (object: KubeObject, now: Instant): boolean => {
  const deletion = object.metadata.deletionTimestamp;
  return deletion !== undefined && Date.parse(deletion) < now - LEEWAY_SECONDS * 1000;
};

const findWrongAccount = ({ lookup, now }: CheckDeps, claims: KubernetesClaims): string | undefined => {
  const { namespace, serviceaccount } = claims;
  const { name, uid } = serviceaccount;
  const account = lookup.get('serviceaccounts', namespace, name);
  if (account === undefined) return `serviceaccounts ${JSON.stringify(name)} not found`;
  if (isDeleted(account, now)) return `service account ${namespace}/${name} has been deleted`;
  if (account.metadata.uid === uid) return undefined;
  return `service account UID (${account.metadata.uid}) does not match claim (${uid})`;
};

const findWrongObject = (deps: CheckDeps, claims: KubernetesClaims): string | undefined => {
  const { lookup, now } = deps;
  const { namespace, pod, secret, node } = claims;
  const rows = [
    ['secret', secret, secret && lookup.get('secrets', namespace, secret.name)],
    ['pod', pod, pod && lookup.get('pods', namespace, pod.name)],
    // The node of a pod's token is told, not checked: the pod goes with it.
    ['node', pod ? undefined : node, node && lookup.get('nodes', '', node.name)],
  ] as const;
  for (const [what, claim, object] of rows) {
    if (claim === undefined) continue;
    if (object === undefined || isDeleted(object, now)) return INVALIDATED;
    if (object.metadata.uid === claim.uid) continue;
    return `${what} UID (${object.metadata.uid}) does not match service account ${what} ref claim (${claim.uid})`;
  }
  return undefined;
};

const extraOf = (claims: TokenClaims): Record<string, readonly string[]> => {
  const { pod, node } = claims['kubernetes.io'];
  const prefix = 'authentication.kubernetes.io';
  return {
    ...(claims.jti ? { [`${prefix}/credential-id`]: [`JTI=${claims.jti}`] } : {}),
    ...(node ? { [`${prefix}/node-name`]: [node.name], [`${prefix}/node-uid`]: [node.uid] } : {}),
    ...(pod ? { [`${prefix}/pod-name`]: [pod.name], [`${prefix}/pod-uid`]: [pod.uid] } : {}),
  };
};

const isName = (value: unknown): value is ObjectClaim => {
  const claim = value as Partial<ObjectClaim> | undefined;
  return typeof claim === 'object' && typeof claim.name === 'string' && typeof claim.uid === 'string';
};

/** Whether claims have the shape of ours: every time and name there, and of its type. */
const isOurs = (value: Readonly<Record<string, unknown>>): boolean => {
  const { exp, nbf, iat, aud, sub } = value;
  const own = value['kubernetes.io'] as Partial<KubernetesClaims> | undefined | null;
  if (typeof own !== 'object' || own === null || typeof own.namespace !== 'string') return false;
  const names = [own.serviceaccount, ...[own.pod, own.secret, own.node].filter((one) => one !== undefined)];
  return (
    [exp, nbf, iat].every((time) => typeof time === 'number' && Number.isFinite(time)) &&
    (typeof aud === 'string' || (Array.isArray(aud) && aud.every((one) => typeof one === 'string'))) &&
    names.every(isName) &&
    sub === serviceAccountUsername(own.namespace, own.serviceaccount?.name ?? '')
  );
};

const printAudiences = (list: readonly string[]): string =>
  `[${list.map((audience) => JSON.stringify(audience)).join(' ')}]`;

const findWrongTime = ({ now }: CheckDeps, { exp, nbf, iat }: TokenClaims): string | undefined => {
  const seconds = now / 1000;
  if (seconds + LEEWAY_SECONDS < nbf) return 'service account token is not valid yet';
  if (seconds - LEEWAY_SECONDS > exp) return 'service account token has expired';
  if (seconds + LEEWAY_SECONDS >= iat) return undefined;
  return 'service account token claims could not be validated due to unexpected validation error';
};

/**
 * The identity behind verified claims of a service-account token, for some audiences (default: the issuer). The error
 * is upstream's text for a token that expired, is for somebody else, or whose account, pod, secret or node is gone.
 * Times have a minute's leeway, as upstream's.
 */
export const checkClaims = (
  deps: CheckDeps,
  value: Readonly<Record<string, unknown>>,
  audiences: readonly string[] = [],
): ClaimsVerdict => {
  if (value['iss'] !== deps.issuer || !isOurs(value)) return { error: 'invalid bearer token' };
  const claims = value as unknown as TokenClaims;
  const wanted = audiences.length === 0 ? [deps.issuer] : audiences;
  const granted = typeof claims.aud === 'string' ? [claims.aud as string] : claims.aud;
  const shared = granted.filter((audience) => wanted.includes(audience));
  if (shared.length === 0) {
    return {
      error: `token audiences ${printAudiences(granted)} is invalid for the target audiences ${printAudiences(wanted)}`,
    };
  }
  const own = claims['kubernetes.io'];
  const wrong = findWrongTime(deps, claims) ?? findWrongAccount(deps, own) ?? findWrongObject(deps, own);
  if (wrong !== undefined) return { error: wrong };
  const { namespace, serviceaccount } = own;
  return {
    audiences: shared,
    identity: {
      username: serviceAccountUsername(namespace, serviceaccount.name),
      uid: serviceaccount.uid,
      groups: [...serviceAccountGroups(namespace), AUTHENTICATED],
      extra: extraOf(claims),
    },
  };
};
