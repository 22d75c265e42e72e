/** How service accounts appear as users and groups (apiserver authentication/serviceaccount). */

const PREFIX = 'system:serviceaccount:';
const LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

/** Whether a text is a DNS-1123 subdomain: the form of account and node names. */
export const isSubdomain = (text: string): boolean => SUBDOMAIN.test(text) && text.length <= 253;

/** `system:serviceaccount:<namespace>:<name>` */
export const serviceAccountUsername = (namespace: string, name: string): string =>
  `${PREFIX}${namespace}:${name}`;

/** The groups of every account of a namespace; `system:authenticated` is added by authentication. */
export const serviceAccountGroups = (namespace: string): string[] => [
  'system:serviceaccounts',
  `system:serviceaccounts:${namespace}`,
];

/** The account a user name stands for, or `undefined` when it is not well formed. */
export const splitServiceAccountUsername = (
  username: string,
): { readonly namespace: string; readonly name: string } | undefined => {
  if (!username.startsWith(PREFIX)) return undefined;
  const [namespace = '', name = '', more] = username.slice(PREFIX.length).split(':');
  if (more !== undefined || !LABEL.test(namespace) || namespace.length > 63) return undefined;
  if (!isSubdomain(name)) return undefined;
  return { namespace, name };
};
