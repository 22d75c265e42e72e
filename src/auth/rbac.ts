/**
 * Who may do what. Nothing here writes. Rules of an identity are found through an index by subject that is
 * rebuilt when an RBAC object changes (plugin/pkg/auth/authorizer/rbac, pkg/registry/rbac/validation; 1.36).
 */

import type { Lookup } from '../kinds/define.ts';
import type { ClusterRoleBinding, PolicyRule, RoleBinding, Subject } from '../kinds/generated/types.ts';
import { type Attributes, combinedResource, type Decision, isPathRequest } from './attributes.ts';
import type { Identity } from './identity.ts';
import { authorizeNode, nodeNameOf } from './node-authorizer.ts';
import { ruleAllows } from './rules.ts';

/** A role reference resolved: its rules, or why it cannot be. */
export interface ResolvedRules {
  readonly rules: readonly PolicyRule[];
  /** Resource (singular and plural) and name of a role that does not exist. */
  readonly missing?: { readonly singular: string; readonly name: string };
}

/** One binding that applies to an identity. */
export interface Grant extends ResolvedRules {
  /** Position among all bindings: cluster role bindings first, each kind in key order. */
  readonly order: number;
  /** '' for cluster role bindings. */
  readonly namespace: string;
  /** `ClusterRoleBinding "x" of ClusterRole "y" to User "u"`. */
  readonly source: string;
}

export interface Authorizer {
  /** Decides about one request. Never throws. */
  authorize(identity: Identity, attributes: Attributes): Decision;
  /** Bindings that apply to the identity in a namespace ('' is cluster scope only), in order. */
  grants(identity: Identity, namespace: string): readonly Grant[];
  /** Rules of a role reference as a binding in `namespace` sees it. */
  resolve(roleRef: { readonly kind: string; readonly name: string }, namespace: string): ResolvedRules;
}

export interface AuthorizerDeps {
  readonly lookup: Lookup;
  /** The newest revision among roles, cluster roles and their bindings: the key of what is cached. */
  readonly rbacRevision: () => number;
}

/** The group that is allowed everything before any rule is looked at. */
export const SUPERUSERS = 'system:masters';

const ALLOW: Decision = { allowed: true, reason: '' };
const MEMO_LIMIT = 20_000;

interface Snapshot {
  readonly revision: number;
  /** Subject key -> grants, each at most once a key. */
  readonly bySubject: ReadonlyMap<string, readonly Grant[]>;
  /** Identity and namespace -> grants in order. */
  readonly grants: Map<string, readonly Grant[]>;
  readonly decisions: Map<string, Decision>;
}

/** The key a subject of a binding is found by; `undefined` for one that can be nobody. */
export const subjectKey = (subject: Subject, bindingNamespace: string): string | undefined => {
  if (subject.kind === 'User') return `u/${subject.name}`;
  if (subject.kind === 'Group') return `g/${subject.name}`;
  if (subject.kind !== 'ServiceAccount') return undefined;
  const namespace = subject.namespace || bindingNamespace;
  return namespace === '' ? undefined : `u/system:serviceaccount:${namespace}:${subject.name}`;
};

const describeSubject = (subject: Subject, bindingNamespace: string): string => {
  if (subject.kind !== 'ServiceAccount') return `${subject.kind} ${JSON.stringify(subject.name)}`;
  return `ServiceAccount ${JSON.stringify(`${subject.name}/${subject.namespace || bindingNamespace}`)}`;
};

const resolveRules = (
  lookup: Lookup,
  roleRef: { readonly kind: string; readonly name: string },
  namespace: string,
): ResolvedRules => {
  const cluster = roleRef.kind === 'ClusterRole';
  const role = cluster
    ? lookup.get('clusterroles.rbac.authorization.k8s.io', '', roleRef.name)
    : lookup.get('roles.rbac.authorization.k8s.io', namespace, roleRef.name);
  if (role) return { rules: role.rules ?? [] };
  return { rules: [], missing: { singular: cluster ? 'clusterrole' : 'role', name: roleRef.name } };
};

const describeBinding = (binding: RoleBinding | ClusterRoleBinding, subject: Subject): string => {
  const namespace = binding.metadata.namespace ?? '';
  const name = binding.metadata.name ?? '';
  const shown = namespace === '' ? name : `${name}/${namespace}`;
  const kind = namespace === '' ? 'ClusterRoleBinding' : 'RoleBinding';
  const role = `${binding.roleRef.kind} ${JSON.stringify(binding.roleRef.name)}`;
  return `${kind} ${JSON.stringify(shown)} of ${role} to ${describeSubject(subject, namespace)}`;
};

/** Indexes every binding by its subjects. */
const indexBindings = (lookup: Lookup): Map<string, Grant[]> => {
  const bySubject = new Map<string, Grant[]>();
  const bindings = [
    ...lookup.list('clusterrolebindings.rbac.authorization.k8s.io'),
    ...lookup.list('rolebindings.rbac.authorization.k8s.io'),
  ];
  bindings.forEach((binding, order) => {
    const namespace = binding.metadata.namespace ?? '';
    const resolved = resolveRules(lookup, binding.roleRef, namespace);
    const keys = new Set<string>();
    for (const subject of binding.subjects ?? []) {
      const key = subjectKey(subject, namespace);
      if (key === undefined || keys.has(key)) continue;
      keys.add(key);
      const grants = bySubject.get(key) ?? [];
      grants.push({ ...resolved, order, namespace, source: describeBinding(binding, subject) });
      bySubject.set(key, grants);
    }
  });
  return bySubject;
};

const identityKey = (identity: Identity): string => `${identity.username}\n${identity.groups.join('\n')}`;

/** The bindings that name the identity or one of its groups; the subject listed first names the source. */
const collectGrants = (snapshot: Snapshot, identity: Identity, namespace: string): Grant[] => {
  const byOrder = new Map<number, Grant>();
  const keys = [`u/${identity.username}`, ...identity.groups.map((group) => `g/${group}`)];
  for (const key of keys) {
    for (const grant of snapshot.bySubject.get(key) ?? []) {
      if (grant.namespace !== '' && grant.namespace !== namespace) continue;
      if (!byOrder.has(grant.order)) byOrder.set(grant.order, grant);
    }
  }
  return [...byOrder.values()].sort((one, other) => one.order - other.order);
};

/** Several errors as Go's aggregate prints them: one bare, more in brackets, repeats once. */
export const printAggregate = (errors: readonly string[]): string => {
  const distinct = [...new Set(errors)];
  return distinct.length === 1 ? (distinct[0] ?? '') : `[${distinct.join(', ')}]`;
};

/** Texts for the roles that bindings name but that do not exist. */
export const missingRoleErrors = (
  grants: readonly Grant[],
  nameResource: (singular: string) => string = (singular) => singular,
): string[] =>
  grants.flatMap(({ missing }) =>
    missing
      ? [`${nameResource(missing.singular)}.rbac.authorization.k8s.io "${missing.name}" not found`]
      : [],
  );

const decide = (grants: readonly Grant[], attributes: Attributes): Decision => {
  for (const grant of grants) {
    if (grant.rules.some((rule) => ruleAllows(rule, attributes))) {
      return { allowed: true, reason: `RBAC: allowed by ${grant.source}` };
    }
  }
  const errors = missingRoleErrors(grants);
  return { allowed: false, reason: errors.length === 0 ? '' : `RBAC: ${printAggregate(errors)}` };
};

const memoKey = (identity: string, attributes: Attributes): string =>
  isPathRequest(attributes)
    ? `${identity}\n\n${attributes.verb}\n${attributes.path}`
    : `${identity}\n\n${attributes.verb}\n${attributes.group}\n${combinedResource(attributes)}\n${attributes.namespace ?? ''}\n${attributes.name ?? ''}`;

/** Union of two opinions: reasons of those without one are joined, as upstream's union authorizer does. */
const joinReasons = (first: string, second: string): string => [first, second].filter(Boolean).join('\n');

/** The authorizers of a cluster in upstream's order: superusers, nodes, RBAC. */
export const makeAuthorizer = ({ lookup, rbacRevision }: AuthorizerDeps): Authorizer => {
  let cached: Snapshot | undefined;
  const snapshot = (): Snapshot => {
    const revision = rbacRevision();
    if (cached?.revision !== revision) {
      cached = { revision, bySubject: indexBindings(lookup), grants: new Map(), decisions: new Map() };
    }
    return cached;
  };

  const grantsOf = (
    current: Snapshot,
    identity: Identity,
    key: string,
    namespace: string,
  ): readonly Grant[] => {
    const cacheKey = `${namespace}\n${key}`;
    const known = current.grants.get(cacheKey);
    if (known) return known;
    const grants = collectGrants(current, identity, namespace);
    if (current.grants.size > MEMO_LIMIT) current.grants.clear();
    current.grants.set(cacheKey, grants);
    return grants;
  };

  const authorizeByRules = (identity: Identity, attributes: Attributes): Decision => {
    const current = snapshot();
    const key = identityKey(identity);
    const memo = memoKey(key, attributes);
    const known = current.decisions.get(memo);
    if (known) return known;
    const namespace = isPathRequest(attributes) ? '' : (attributes.namespace ?? '');
    const decision = decide(grantsOf(current, identity, key, namespace), attributes);
    if (current.decisions.size > MEMO_LIMIT) current.decisions.clear();
    current.decisions.set(memo, decision);
    return decision;
  };

  return {
    authorize: (identity, attributes) => {
      if (identity.groups.includes(SUPERUSERS)) return ALLOW;
      const node = nodeNameOf(identity);
      if (node === undefined) return authorizeByRules(identity, attributes);
      const opinion = authorizeNode(lookup, node, attributes);
      if (opinion.allowed || opinion.denied) return opinion;
      const decision = authorizeByRules(identity, attributes);
      if (decision.allowed) return decision;
      return { ...decision, reason: joinReasons(opinion.reason, decision.reason) };
    },
    grants: (identity, namespace) => grantsOf(snapshot(), identity, identityKey(identity), namespace),
    resolve: (roleRef, namespace) => resolveRules(lookup, roleRef, namespace),
  };
};
