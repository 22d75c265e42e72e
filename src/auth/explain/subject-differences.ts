import type { Identity } from '../identity.ts';
import { splitServiceAccountUsername } from '../service-account-names.ts';
import type { Bound } from './policy.ts';
import { looksLike } from './rule-differences.ts';

/** A subject that is not the identity, and the one field that makes it another. */
export interface SubjectDifference {
  readonly index: number;
  readonly field: 'kind' | 'name' | 'namespace';
  readonly found: string;
  readonly needed: string;
}

type Subject = Bound['subjects'][number];

const ofAccount = (
  subject: Subject,
  account: { readonly namespace: string; readonly name: string },
  bindingNamespace: string,
): Omit<SubjectDifference, 'index'> | undefined => {
  const { kind, name } = subject;
  if (kind === 'ServiceAccount') {
    const namespace = subject.namespace || bindingNamespace;
    if (name === account.name) return { field: 'namespace', found: namespace, needed: account.namespace };
    if (namespace === account.namespace && looksLike(name, account.name)) {
      return { field: 'name', found: name, needed: account.name };
    }
    return undefined;
  }
  const { namespace: where, name: own } = account;
  if (name === own || name === `${where}:${own}` || name === `${where}/${own}`) {
    return { field: 'kind', found: kind, needed: 'ServiceAccount' };
  }
  const wanted = `system:serviceaccounts:${where}`;
  if (kind === 'Group' && name.startsWith('system:serviceaccounts:') && name !== wanted) {
    return { field: 'name', found: name, needed: wanted };
  }
  return undefined;
};

const ofUser = (subject: Subject, identity: Identity): Omit<SubjectDifference, 'index'> | undefined => {
  const { kind, name } = subject;
  const { username, groups } = identity;
  if (kind !== 'User' && name === username) return { field: 'kind', found: kind, needed: 'User' };
  if (kind === 'User' && groups.includes(name)) return { field: 'kind', found: kind, needed: 'Group' };
  if (kind === 'User' && looksLike(name, username)) return { field: 'name', found: name, needed: username };
  if (kind !== 'Group') return undefined;
  const near = groups.find((group) => !group.startsWith('system:') && looksLike(name, group));
  return near === undefined ? undefined : { field: 'name', found: name, needed: near };
};

/** The first subject of a binding that looks as if the identity was meant. */
export const subjectDifference = (bound: Bound, identity: Identity): SubjectDifference | undefined => {
  const account = splitServiceAccountUsername(identity.username);
  for (const [index, subject] of bound.subjects.entries()) {
    const found = account ? ofAccount(subject, account, bound.namespace) : ofUser(subject, identity);
    if (found !== undefined) return { index, ...found };
  }
  return undefined;
};
