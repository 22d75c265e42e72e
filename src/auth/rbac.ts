/**
 * Who may do what. Nothing here writes. Rules of an identity are found through an index by subject that is
 * rebuilt when an RBAC object changes (plugin/pkg/auth/authorizer/rbac, pkg/registry/rbac/validation; 1.36).
 */

import type { Lookup } from '../kinds/define.ts';
import type { ClusterRoleBinding, PolicyRule, RoleBinding, Subject } from '../kinds/generated/types.ts';
import { type Attributes, type Decision, isPathRequest } from './attributes.ts';
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
/** Characters of remembered questions: whoever asks a review chooses how long they are. */
const MEMO_TEXT = 4_000_000;

/**
 * A place in a tree of decisions. Each part of a question is a step of its own: texts put together could be taken for
 * those of another question, as whoever asks a review chooses them freely.
 */
interface Place {
  decision?: Decision;
  readonly next: Map<string, Place>;
}

/** What an identity may do in a namespace. */
interface Standing {
  /** In order. */
  readonly grants: readonly Grant[];
  /** Names that some rule mentions: only these make a difference. */
  readonly names: ReadonlySet<string>;
  readonly paths: Place;
  readonly resources: Place;
}

interface Snapshot {
  readonly revision: number;
  /** Subject key -> grants, each at most once a key. */
  readonly bySubject: ReadonlyMap<string, readonly Grant[]>;
  /** By identity and namespace. */
  readonly standings: Map<string, Standing>;
  /** The one asked about last: most often the next one. */
  last: { readonly identity: Identity; readonly namespace: string; readonly standing: Standing } | undefined;
  /** Standings and decisions that are remembered, and the characters of what was asked. */
  size: number;
  text: number;
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

const standingKey = ({ username, groups }: Identity, namespace: string): string =>
  JSON.stringify([namespace, username, groups]);

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

const makePlace = (): Place => ({ next: new Map() });

const makeStanding = (grants: readonly Grant[]): Standing => ({
  grants,
  names: new Set(grants.flatMap(({ rules }) => rules.flatMap(({ resourceNames }) => resourceNames ?? []))),
  paths: makePlace(),
  resources: makePlace(),
});

const step = (from: Place, part: string): Place => {
  const known = from.next.get(part);
  if (known !== undefined) return known;
  const made = makePlace();
  from.next.set(part, made);
  return made;
};

/** One place for all attributes that the rules of a standing cannot tell apart. */
const placeOf = ({ names, paths, resources }: Standing, attributes: Attributes): Place => {
  if (isPathRequest(attributes)) return step(step(paths, attributes.verb), attributes.path);
  const { verb, group, resource, subresource = '', name = '' } = attributes;
  const whole = step(step(step(resources, verb), group), resource);
  const place = subresource === '' ? whole : step(whole, `/${subresource}`);
  return names.has(name) ? step(place, `=${name}`) : place;
};

/** Characters of a question that its place keeps; names are kept only where rules mention them. */
const lengthOf = (attributes: Attributes): number =>
  isPathRequest(attributes)
    ? attributes.verb.length + attributes.path.length
    : attributes.verb.length +
      attributes.group.length +
      attributes.resource.length +
      (attributes.subresource ?? '').length;

/** Union of two opinions: reasons of those without one are joined, as upstream's union authorizer does. */
const joinReasons = (first: string, second: string): string => [first, second].filter(Boolean).join('\n');

/** The authorizers of a cluster in upstream's order: superusers, nodes, RBAC. */
export const makeAuthorizer = ({ lookup, rbacRevision }: AuthorizerDeps): Authorizer => {
  let cached: Snapshot | undefined;
  const snapshot = (): Snapshot => {
    const revision = rbacRevision();
    if (cached?.revision !== revision) {
      const bySubject = indexBindings(lookup);
      cached = { revision, bySubject, standings: new Map(), last: undefined, size: 0, text: 0 };
    }
    return cached;
  };

  /** Past the bound everything goes: it comes back as it is asked for. */
  const remembered = (current: Snapshot, characters: number): void => {
    current.size += 1;
    current.text += characters;
    if (current.size <= MEMO_LIMIT && current.text <= MEMO_TEXT) return;
    current.standings.clear();
    current.last = undefined;
    current.size = 0;
    current.text = 0;
  };

  const standingOf = (current: Snapshot, identity: Identity, namespace: string): Standing => {
    const { last } = current;
    if (last?.identity === identity && last.namespace === namespace) return last.standing;
    const key = standingKey(identity, namespace);
    let standing = current.standings.get(key);
    if (standing === undefined) {
      standing = makeStanding(collectGrants(current, identity, namespace));
      current.standings.set(key, standing);
      remembered(current, key.length);
    }
    current.last = { identity, namespace, standing };
    return standing;
  };

  const authorizeByRules = (identity: Identity, attributes: Attributes): Decision => {
    const current = snapshot();
    const namespace = isPathRequest(attributes) ? '' : (attributes.namespace ?? '');
    const standing = standingOf(current, identity, namespace);
    const place = placeOf(standing, attributes);
    if (place.decision !== undefined) return place.decision;
    place.decision = decide(standing.grants, attributes);
    remembered(current, lengthOf(attributes));
    return place.decision;
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
    grants: (identity, namespace) => standingOf(snapshot(), identity, namespace).grants,
    resolve: (roleRef, namespace) => resolveRules(lookup, roleRef, namespace),
  };
};
