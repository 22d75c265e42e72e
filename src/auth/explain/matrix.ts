import type { PolicyRule } from '../../kinds/generated/types.ts';
import type { Identity } from '../identity.ts';
import { type Authorizer, SUPERUSERS } from '../rbac.ts';

/** A resource or subresource that can be asked about. */
export interface AskedResource {
  readonly group: string;
  /** `pods`, `pods/log`. */
  readonly resource: string;
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
}

/** What a subject may do with one resource. */
export interface MatrixCell {
  readonly group: string;
  readonly resource: string;
  /** Verbs for every object. */
  readonly verbs: readonly string[];
  /** Verbs for single objects only. */
  readonly named?: readonly { readonly name: string; readonly verbs: readonly string[] }[];
}

/** One scope of a matrix: a namespace, or '' for cluster-scoped resources and requests over all namespaces. */
export interface MatrixScope {
  readonly namespace: string;
  readonly resources: readonly MatrixCell[];
}

export interface AccessMatrix {
  readonly user: string;
  readonly groups: readonly string[];
  /** True for superusers: everything is allowed, also what is not listed. */
  readonly superuser: boolean;
  readonly scopes: readonly MatrixScope[];
  readonly nonResourceURLs: readonly { readonly path: string; readonly verbs: readonly string[] }[];
}

const splitResource = (combined: string): { resource: string; subresource?: string } => {
  const slash = combined.indexOf('/');
  return slash < 0
    ? { resource: combined }
    : { resource: combined.slice(0, slash), subresource: combined.slice(slash + 1) };
};

const cellOf = (
  authorizer: Authorizer,
  identity: Identity,
  namespace: string,
  asked: AskedResource,
  names: readonly string[],
): MatrixCell | undefined => {
  const { group, resource } = asked;
  const may = (verb: string, name = ''): boolean =>
    authorizer.authorize(identity, { verb, group, namespace, name, ...splitResource(resource) }).allowed;
  const verbs = asked.verbs.filter((verb) => may(verb));
  const more = asked.verbs.filter((verb) => !verbs.includes(verb));
  const named = names
    .map((name) => ({ name, verbs: more.filter((verb) => may(verb, name)) }))
    .filter((entry) => entry.verbs.length > 0);
  if (verbs.length === 0 && named.length === 0) return undefined;
  return { group, resource, verbs, ...(named.length === 0 ? {} : { named }) };
};

const distinct = (values: readonly string[]): readonly string[] => [...new Set(values)].sort();

const pathsOf = (rules: readonly PolicyRule[]): AccessMatrix['nonResourceURLs'] => {
  const byPath = new Map<string, Set<string>>();
  for (const { nonResourceURLs = [], verbs } of rules) {
    for (const path of nonResourceURLs) {
      const known = byPath.get(path) ?? new Set();
      for (const verb of verbs) known.add(verb);
      byPath.set(path, known);
    }
  }
  return [...byPath]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([path, verbs]) => ({ path, verbs: [...verbs].sort() }));
};

/**
 * What a subject may do, as the authorizer says for each verb of each resource: cluster-wide, then in each namespace.
 * A namespace where it may only what it may everywhere is left out unless it is the only one asked for.
 */
export const accessMatrix = (
  authorizer: Authorizer,
  identity: Identity,
  resources: readonly AskedResource[],
  namespaces: readonly string[],
): AccessMatrix => {
  const scopeOf = (namespace: string): MatrixScope => {
    const rules = authorizer.grants(identity, namespace).flatMap((grant) => grant.rules);
    const names = distinct(rules.flatMap((rule) => rule.resourceNames ?? []));
    const cells = resources
      .filter(({ namespaced }) => namespace === '' || namespaced)
      .map((asked) => cellOf(authorizer, identity, namespace, asked, names));
    return { namespace, resources: cells.filter((cell) => cell !== undefined) };
  };
  const everywhere = scopeOf('');
  const isOwn = ({ namespace }: MatrixScope): boolean =>
    namespaces.length === 1 ||
    authorizer.grants(identity, namespace).some((grant) => grant.namespace === namespace);
  const superuser = identity.groups.includes(SUPERUSERS);
  return {
    user: identity.username,
    groups: identity.groups,
    superuser,
    scopes: [everywhere, ...namespaces.map(scopeOf).filter(isOwn)],
    nonResourceURLs: superuser
      ? [{ path: '*', verbs: ['*'] }]
      : pathsOf(authorizer.grants(identity, '').flatMap((grant) => grant.rules)),
  };
};
