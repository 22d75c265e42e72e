/**
 * Acting as somebody else through `Impersonate-*` headers: first the constrained modes (verbs
 * `impersonate:<mode>` and `impersonate-on:<mode>:<verb>`), then the old unconstrained verb
 * (apiserver endpoints/filters/impersonation, KEP-5284, 1.36).
 */

import { badRequest, type StatusError } from '../machinery/status.ts';
import { type Attributes, forbiddenRequest, isPathRequest, type ResourceAttributes } from './attributes.ts';
import { anonymous, type Identity } from './identity.ts';
import { NODE_USER_PREFIX } from './node-authorizer.ts';
import { type Authorizer, SUPERUSERS } from './rbac.ts';
import { printQuoted } from './rules.ts';
import { isSubdomain, serviceAccountGroups, splitServiceAccountUsername } from './service-account-names.ts';

const EXTRA_PREFIX = 'impersonate-extra-';
const AUTHENTICATED = 'system:authenticated';
const UNAUTHENTICATED = 'system:unauthenticated';
const NODES = 'system:nodes';
const NODE_NAME_EXTRA = 'authentication.kubernetes.io/node-name';
const AUTHENTICATION = 'authentication.k8s.io';
/** From this many checks on, one for everything is tried first. */
const MANY = 4;

/** Whom the headers ask for, as they stand. */
interface Wanted {
  readonly name: string;
  readonly uid: string;
  readonly groups: readonly string[];
  readonly extra: readonly (readonly [key: string, values: readonly string[]])[];
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

const readHeaders = (headers: Readonly<Record<string, string>>): Wanted => ({
  name: headers['impersonate-user'] ?? '',
  uid: headers['impersonate-uid'] ?? '',
  groups: valuesOf(headers['impersonate-group']),
  extra: Object.keys(headers)
    .filter((header) => header.startsWith(EXTRA_PREFIX))
    .sort()
    .map((header) => [decodeKey(header.slice(EXTRA_PREFIX.length)), valuesOf(headers[header])]),
});

const printList = (values: readonly string[]): string =>
  `[]string{${values.map((value) => JSON.stringify(value)).join(', ')}}`;

/** The wanted user as Go's `%#v` prints it: clients see it in the refusal. */
const printWanted = ({ name, uid, groups, extra }: Wanted): string => {
  const groupText = groups.length === 0 ? '[]string(nil)' : printList(groups);
  const pairs = extra.map(([key, values]) => `${JSON.stringify(key)}:${printList(values)}`).join(', ');
  const extraText = extra.length === 0 ? 'map[string][]string(nil)' : `map[string][]string{${pairs}}`;
  return `&user.DefaultInfo{Name:${JSON.stringify(name)}, UID:${JSON.stringify(uid)}, Groups:${groupText}, Extra:${extraText}}`;
};

/** A way of impersonating: who may be impersonated by it, and the verb that allows it. */
interface Mode {
  /** Absent for the old, unconstrained way. */
  readonly constraint?: string;
  readonly applies: (wanted: Wanted, caller: Identity) => boolean;
}

const nodeOf = (username: string): string | undefined => {
  const name = username.startsWith(NODE_USER_PREFIX) ? username.slice(NODE_USER_PREFIX.length) : '';
  return isSubdomain(name) ? name : undefined;
};

const onlyName = ({ uid, groups, extra }: Wanted): boolean =>
  uid === '' && groups.length === 0 && extra.length === 0;

const isAssociated = (wanted: Wanted, caller: Identity): boolean => {
  const node = nodeOf(wanted.name);
  const own = caller.extra?.[NODE_NAME_EXTRA] ?? [];
  return (
    node !== undefined &&
    splitServiceAccountUsername(caller.username) !== undefined &&
    own.length === 1 &&
    own[0] === node
  );
};

const modes: readonly Mode[] = [
  {
    constraint: 'associated-node',
    applies: (wanted, caller) => onlyName(wanted) && isAssociated(wanted, caller),
  },
  {
    constraint: 'arbitrary-node',
    applies: (wanted) => onlyName(wanted) && nodeOf(wanted.name) !== undefined,
  },
  {
    constraint: 'serviceaccount',
    applies: (wanted) => onlyName(wanted) && splitServiceAccountUsername(wanted.name) !== undefined,
  },
  {
    constraint: 'user-info',
    applies: ({ name }) => nodeOf(name) === undefined && splitServiceAccountUsername(name) === undefined,
  },
  { applies: () => true },
];

/** The checks of one mode. Each returns the refusal, or `undefined` when it passes. */
interface Checker {
  readonly constraint: string | undefined;
  readonly refuses: (attributes: Attributes) => StatusError | undefined;
  readonly caller: Identity;
}

const questionOf = (
  { constraint }: Checker,
  resource: string,
  name: string,
  more: Partial<ResourceAttributes> = {},
): ResourceAttributes => {
  const old = constraint === undefined;
  const core = old && ['users', 'groups', 'serviceaccounts'].includes(resource);
  return {
    verb: old ? 'impersonate' : `impersonate:${constraint}`,
    group: core ? '' : AUTHENTICATION,
    version: 'v1',
    resource,
    name,
    ...more,
  };
};

const checkName = (checker: Checker, { name }: Wanted): StatusError | undefined => {
  const account = splitServiceAccountUsername(name);
  if (account) {
    return checker.refuses(
      questionOf(checker, 'serviceaccounts', account.name, { namespace: account.namespace }),
    );
  }
  const node = checker.constraint === undefined ? undefined : nodeOf(name);
  if (node === undefined) return checker.refuses(questionOf(checker, 'users', name));
  return checker.refuses(questionOf(checker, 'nodes', checker.constraint === 'associated-node' ? '*' : node));
};

const firstRefusal = (checks: Iterable<() => StatusError | undefined>): StatusError | undefined => {
  for (const check of checks) {
    const refusal = check();
    if (refusal) return refusal;
  }
  return undefined;
};

const checkGroups = (checker: Checker, groups: readonly string[]): StatusError | undefined => {
  const ask = (name: string) => checker.refuses(questionOf(checker, 'groups', name));
  if (checker.constraint !== undefined && groups.length > 0) {
    const forbid = (name: string, reason: string) =>
      forbiddenRequest(checker.caller, questionOf(checker, 'groups', name), reason);
    if (groups.includes('')) return forbid('', 'impersonating the empty string group is not allowed');
    if (groups.includes(SUPERUSERS)) {
      return forbid(SUPERUSERS, 'impersonating the system:masters group is not allowed');
    }
    if (groups.length >= MANY && ask('*') === undefined) return undefined;
  }
  return firstRefusal(groups.map((group) => () => ask(group)));
};

/** Why extras may not be impersonated at all in a constrained mode (a subset of upstream's checks of keys). */
const explainBadExtra = (extra: Wanted['extra']): string | undefined => {
  for (const [key, values] of extra) {
    if (key === '') return 'impersonating the empty string key in extra is not allowed';
    if (key !== key.toLowerCase()) {
      return `impersonating a non-lowercase key in extra is not allowed: ${JSON.stringify(key)}`;
    }
    if (values.includes('')) return 'impersonating the empty string value in extra is not allowed';
  }
  return undefined;
};

const checkExtra = (checker: Checker, extra: Wanted['extra']): StatusError | undefined => {
  const ask = (key: string, value: string) =>
    checker.refuses(questionOf(checker, 'userextras', value, { subresource: key }));
  if (checker.constraint !== undefined && extra.length > 0) {
    const problem = explainBadExtra(extra);
    if (problem) return forbiddenRequest(checker.caller, questionOf(checker, 'userextras', ''), problem);
    const count = extra.reduce((sum, [, values]) => sum + values.length, 0);
    if ((extra.length >= MANY || count >= MANY) && ask('*', '*') === undefined) return undefined;
  }
  return firstRefusal(extra.flatMap(([key, values]) => values.map((value) => () => ask(key, value))));
};

/** Whether the caller may make this very request in this mode. */
const checkRequest = (checker: Checker, attributes: Attributes): StatusError | undefined => {
  if (checker.constraint === undefined) return undefined;
  const verb = `impersonate-on:${checker.constraint}:${attributes.verb}`;
  return checker.refuses(
    isPathRequest(attributes) ? { verb, path: attributes.path } : { ...attributes, verb },
  );
};

const checkMode = (checker: Checker, wanted: Wanted, attributes: Attributes): StatusError | undefined =>
  firstRefusal([
    () => checkRequest(checker, attributes),
    () => checkName(checker, wanted),
    () => (wanted.uid === '' ? undefined : checker.refuses(questionOf(checker, 'uids', wanted.uid))),
    () => checkGroups(checker, wanted.groups),
    () => checkExtra(checker, wanted.extra),
  ]);

/** Groups that follow from the name, and the one of the two that everybody is in. */
const groupsOf = ({ name, groups }: Wanted, constraint: string | undefined): readonly string[] => {
  const account = splitServiceAccountUsername(name);
  const isNode = constraint !== undefined && nodeOf(name) !== undefined;
  const own =
    groups.length > 0 ? groups : account ? serviceAccountGroups(account.namespace) : isNode ? [NODES] : [];
  const standard = name === anonymous.username ? UNAUTHENTICATED : AUTHENTICATED;
  return own.includes(standard) || own.includes(UNAUTHENTICATED) ? own : [...own, standard];
};

const assemble = (wanted: Wanted, constraint: string | undefined): Identity => ({
  username: wanted.name,
  groups: groupsOf(wanted, constraint),
  ...(wanted.uid === '' ? {} : { uid: wanted.uid }),
  ...(wanted.extra.length === 0 ? {} : { extra: Object.fromEntries(wanted.extra) }),
});

/**
 * The identity a request runs as. Without impersonation headers that is the caller. `attributes` are the
 * request's, for the constrained modes; without them only the old mode is tried. Header names are lower case.
 * Throws 400 for parts without a user, and the first refusal (403) when no mode allows it.
 */
export const impersonate = (
  authorizer: Authorizer,
  identity: Identity,
  headers: Readonly<Record<string, string>>,
  attributes?: Attributes,
): Identity => {
  const wanted = readHeaders(headers);
  if (wanted.name === '') {
    if (onlyName(wanted)) return identity;
    throw badRequest(`requested ${printWanted(wanted)} without impersonating a user name`);
  }
  let refusal: StatusError | undefined;
  for (const { constraint, applies } of modes) {
    if (!applies(wanted, identity) || (constraint !== undefined && attributes === undefined)) continue;
    const refuses = (question: Attributes): StatusError | undefined => {
      const decision = authorizer.authorize(identity, question);
      return decision.allowed ? undefined : forbiddenRequest(identity, question, decision.reason);
    };
    const found = checkMode(
      { constraint, refuses, caller: identity },
      wanted,
      attributes ?? { verb: '', path: '' },
    );
    if (found === undefined) return assemble(wanted, constraint);
    refusal ??= found;
  }
  throw refusal ?? badRequest(`impersonation of groups ${printQuoted(wanted.groups)} failed`);
};
