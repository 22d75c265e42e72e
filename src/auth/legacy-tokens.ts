/**
 * Tokens that lie in Secrets of type `kubernetes.io/service-account-token`: they have no end, and are good as long
 * as their Secret holds them (pkg/serviceaccount/legacy.go, 1.36).
 */

import type { Lookup } from '../kinds/define.ts';
import type { Secret, ServiceAccount } from '../kinds/generated/types.ts';
import { bytesOfBase64 } from '../machinery/base64.ts';
import type { Identity } from './identity.ts';
import { serviceAccountGroups, serviceAccountUsername } from './service-account-names.ts';

/** `iss` of these tokens in every cluster. */
export const LEGACY_ISSUER = 'kubernetes/serviceaccount';

/** On a Secret: the date it was last used to authenticate. */
export const LAST_USED_LABEL = 'kubernetes.io/legacy-token-last-used';
/** On a Secret: since when the cleaner holds its token for invalid. */
export const INVALID_SINCE_LABEL = 'kubernetes.io/legacy-token-invalid-since';

const PREFIX = 'kubernetes.io/serviceaccount/';

/** The claims of the token a Secret is to hold. */
export const legacyClaims = (account: ServiceAccount, secret: Secret): Readonly<Record<string, unknown>> => {
  const namespace = secret.metadata.namespace ?? '';
  const name = account.metadata.name ?? '';
  return {
    iss: LEGACY_ISSUER,
    [`${PREFIX}namespace`]: namespace,
    [`${PREFIX}secret.name`]: secret.metadata.name ?? '',
    [`${PREFIX}service-account.name`]: name,
    [`${PREFIX}service-account.uid`]: account.metadata.uid ?? '',
    sub: serviceAccountUsername(namespace, name),
  };
};

interface Claimed {
  readonly namespace: string;
  readonly secret: string;
  readonly name: string;
  readonly uid: string;
}

const readClaims = (claims: Readonly<Record<string, unknown>>): Claimed | string => {
  const text = (name: string): string => {
    const value = claims[name];
    return typeof value === 'string' ? value : '';
  };
  const claimed = {
    namespace: text(`${PREFIX}namespace`),
    secret: text(`${PREFIX}secret.name`),
    name: text(`${PREFIX}service-account.name`),
    uid: text(`${PREFIX}service-account.uid`),
  };
  if (text('sub') === '') return 'sub claim is missing';
  if (claimed.namespace === '') return 'namespace claim is missing';
  if (claimed.secret === '') return 'secretName claim is missing';
  if (claimed.name === '') return 'serviceAccountName claim is missing';
  if (claimed.uid === '') return 'serviceAccountUID claim is missing';
  const isItsOwn = text('sub') === serviceAccountUsername(claimed.namespace, claimed.name);
  return isItsOwn ? claimed : 'sub claim is invalid';
};

/** What a legacy token stands for: its account and the Secret it lies in; or why it is refused. */
export type LegacyVerdict =
  | { readonly identity: Identity; readonly secret: Secret }
  | { readonly error: string };

/**
 * Judges verified claims. `token` is the token itself: it must be the one in the Secret.
 */
export const checkLegacyClaims = (
  lookup: Lookup,
  claims: Readonly<Record<string, unknown>>,
  token: string,
): LegacyVerdict => {
  const claimed = readClaims(claims);
  if (typeof claimed === 'string') return { error: claimed };
  const { namespace, name, uid } = claimed;
  const secret = lookup.get('secrets', namespace, claimed.secret);
  if (secret === undefined || secret.metadata.deletionTimestamp !== undefined)
    return { error: 'service account token has been invalidated' };
  const stored = new TextDecoder().decode(bytesOfBase64(secret.data?.['token'] ?? ''));
  if (stored !== token) return { error: "service account token does not match server's copy" };
  const account = lookup.get('serviceaccounts', namespace, name);
  if (account === undefined) return { error: `serviceaccounts ${JSON.stringify(name)} not found` };
  if (account.metadata.deletionTimestamp !== undefined)
    return { error: `service account ${namespace}/${name} has been deleted` };
  if (account.metadata.uid !== uid)
    return { error: `service account UID (${account.metadata.uid}) does not match claim (${uid})` };
  if (secret.metadata.labels?.[INVALID_SINCE_LABEL]) {
    return {
      error: `the token in secret ${namespace}/${claimed.secret} for service account ${namespace}/${name} has been marked invalid. Use tokens from the TokenRequest API or manually created secret-based tokens, or remove the '${INVALID_SINCE_LABEL}' label from the secret to temporarily allow use of this token`,
    };
  }
  const groups = [...serviceAccountGroups(namespace), 'system:authenticated'];
  return {
    identity: { username: serviceAccountUsername(namespace, name), uid, groups },
    secret,
  };
};
