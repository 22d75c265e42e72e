import type { AuditReader } from '../../audit/query.ts';
import { anonymous, type Identity } from '../../auth/identity.ts';
import { NODE_USER_PREFIX } from '../../auth/node-authorizer.ts';
import { serviceAccountGroups, splitServiceAccountUsername } from '../../auth/service-account-names.ts';
import type { AskedSubject } from './questions.ts';

const AUTHENTICATED = 'system:authenticated';

const withAuthenticated = (groups: readonly string[]): readonly string[] =>
  groups.includes(AUTHENTICATED) ? groups : [...groups, AUTHENTICATED];

const impliedGroups = (user: string): readonly string[] => {
  const account = splitServiceAccountUsername(user);
  if (account !== undefined) return serviceAccountGroups(account.namespace);
  return user.startsWith(NODE_USER_PREFIX) ? ['system:nodes'] : [];
};

/** Groups of the user's last request; `undefined` when it made none that is kept. */
const lastGroups = (audit: AuditReader, user: string): readonly string[] | undefined => {
  for (const record of audit.records({ user })) {
    for (const identity of [record.m, record.w]) if (identity?.username === user) return identity.groups;
  }
  return undefined;
};

/**
 * Whom a question is about. Groups come from the question, else from the name, else from the user's last request;
 * `groupsFrom` says which, since an answer for other groups may be another one.
 */
export const identityFor = (
  audit: AuditReader,
  { user, groups }: AskedSubject,
): { readonly identity: Identity; readonly groupsFrom: 'question' | 'name' | 'audit' | 'nothing' } => {
  if (user === anonymous.username) return { identity: anonymous, groupsFrom: 'name' };
  const implied = impliedGroups(user);
  const make = (own: readonly string[]): Identity => ({
    username: user,
    groups: withAuthenticated([...new Set([...implied, ...own])]),
  });
  if (groups !== undefined) return { identity: make(groups), groupsFrom: 'question' };
  if (implied.length > 0) return { identity: make([]), groupsFrom: 'name' };
  const last = lastGroups(audit, user);
  return last === undefined
    ? { identity: make([]), groupsFrom: 'nothing' }
    : { identity: make(last), groupsFrom: 'audit' };
};
