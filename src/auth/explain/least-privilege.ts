import type { PolicyRule } from '../../kinds/generated/types.ts';
import type { Identity } from '../identity.ts';
import type { Authorizer } from '../rbac.ts';
import { compactRules, uncovered } from '../rules.ts';
import { type Manifest, makeBinding, makeRole, nameFor, subjectFor } from './fixes.ts';

/** One thing somebody did, or was refused. */
export interface Deed {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  readonly allowed: boolean;
}

/** Rules of one namespace, or of the cluster (''). */
export interface RulesOfScope {
  readonly namespace: string;
  readonly rules: readonly PolicyRule[];
}

export interface LeastPrivilege {
  readonly user: string;
  /** How many requests the roles are made of, and how many were refused. */
  readonly requests: number;
  readonly refusals: number;
  /** Roles and bindings that allow what was done and nothing else, ready to apply. */
  readonly manifests: readonly Manifest[];
  /** What the subject may and did not use, scope by scope; what everybody may is left out. */
  readonly unused: readonly RulesOfScope[];
  /** What it did that its present rights no longer allow. */
  readonly missing: readonly RulesOfScope[];
  /** What it was refused: not in the roles. */
  readonly refused: readonly RulesOfScope[];
}

export interface LeastPrivilegeOptions {
  /** Limit rules to the names that were used, where a request names an object. */
  readonly byName: boolean;
  /** Base name of roles and bindings; absent: `<user>-observed`. */
  readonly name?: string;
}

/** Requests whose object has no name before they are made, or that are about many. */
const NAMELESS = new Set(['create', 'list', 'watch', 'deletecollection']);

const compare = (one: string, other: string): number => (one === other ? 0 : one < other ? -1 : 1);

/** Verbs in the order people read them in. */
const ORDER = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete', 'deletecollection'];

const byVerb = (one: string, other: string): number => {
  const [first, second] = [ORDER.indexOf(one), ORDER.indexOf(other)];
  return (first < 0 ? 99 : first) - (second < 0 ? 99 : second) || compare(one, other);
};

interface Need {
  readonly group: string;
  readonly resource: string;
  readonly names: readonly string[];
  readonly verbs: readonly string[];
}

/** What was done, by resource; with `byName` also by name, where every verb could be limited to it. */
const needsOf = (deeds: readonly Deed[], byName: boolean): Need[] => {
  const found = new Map<string, { group: string; resource: string; name: string; verbs: Set<string> }>();
  for (const { verb, group, resource, subresource, name } of deeds) {
    const whole = subresource === '' ? resource : `${resource}/${subresource}`;
    const limit = byName && !(NAMELESS.has(verb) && subresource === '') ? name : '';
    const key = `${group}\n${whole}\n${limit}`;
    const need = found.get(key) ?? { group, resource: whole, name: limit, verbs: new Set() };
    need.verbs.add(verb);
    found.set(key, need);
  }
  return [...found.entries()]
    .sort(([one], [other]) => compare(one, other))
    .map(([, { group, resource, name, verbs }]) => ({
      group,
      resource,
      names: name === '' ? [] : [name],
      verbs: [...verbs].sort(byVerb),
    }));
};

/** Joins needs that differ in one part only: names first, then resources. */
const join = (needs: readonly Need[]): PolicyRule[] => {
  const byNames = new Map<string, Need>();
  for (const need of needs) {
    const key = `${need.group}\n${need.resource}\n${need.verbs.join(',')}\n${need.names.length === 0}`;
    const known = byNames.get(key);
    byNames.set(key, known ? { ...known, names: [...known.names, ...need.names] } : need);
  }
  const rules = new Map<
    string,
    { group: string; resources: string[]; names: readonly string[]; verbs: readonly string[] }
  >();
  for (const { group, resource, names, verbs } of byNames.values()) {
    const key = names.length > 0 ? `${group}\n${resource}\n${verbs}\nnames` : `${group}\n${verbs}`;
    const known = rules.get(key);
    if (known) known.resources.push(resource);
    else rules.set(key, { group, resources: [resource], names, verbs });
  }
  return [...rules.values()].map(({ group, resources, names, verbs }) => ({
    apiGroups: [group],
    resources,
    ...(names.length === 0 ? {} : { resourceNames: names }),
    verbs,
  }));
};

const scopesOf = (deeds: readonly Deed[]): Map<string, Deed[]> => {
  const scopes = new Map<string, Deed[]>();
  for (const deed of deeds) scopes.set(deed.namespace, [...(scopes.get(deed.namespace) ?? []), deed]);
  return new Map([...scopes].sort(([one], [other]) => compare(one, other)));
};

/** Groups whose rights nobody has to be given. */
const EVERYBODY: Identity = { username: '', groups: ['system:authenticated'] };

const rulesOf = (authorizer: Authorizer, identity: Identity, namespace: string): PolicyRule[] =>
  authorizer
    .grants(identity, namespace)
    .filter((grant) => namespace === '' || grant.namespace === namespace)
    .flatMap((grant) => grant.rules);

const allRulesOf = (authorizer: Authorizer, identity: Identity, namespace: string): PolicyRule[] =>
  authorizer.grants(identity, namespace).flatMap((grant) => grant.rules);

const manifestsOf = (
  identity: Identity,
  scopes: readonly RulesOfScope[],
  name: string,
): readonly Manifest[] =>
  scopes.flatMap(({ namespace, rules }) => [
    makeRole(name, namespace, rules),
    makeBinding(name, namespace, { kind: namespace === '' ? 'ClusterRole' : 'Role', name }, [
      subjectFor(identity),
    ]),
  ]);

const notEmpty = ({ rules }: RulesOfScope): boolean => rules.length > 0;

/**
 * Roles that allow what an identity did and nothing else, one for each namespace, and how its present rights compare.
 * `namespaces` are those it has bindings of its own in. What every authenticated user may needs no role.
 */
export const leastPrivilege = (
  authorizer: Authorizer,
  identity: Identity,
  deeds: readonly Deed[],
  namespaces: readonly string[],
  options: LeastPrivilegeOptions,
): LeastPrivilege => {
  const common = allRulesOf(authorizer, EVERYBODY, '');
  const rulesFor = (of: readonly Deed[]): RulesOfScope[] =>
    [...scopesOf(of)]
      .map(([namespace, there]) => ({
        namespace,
        rules: join(
          needsOf(there, options.byName).filter(
            ({ group, resource, verbs }) =>
              uncovered(common, [{ apiGroups: [group], resources: [resource], verbs: [...verbs] }]).length >
              0,
          ),
        ),
      }))
      .filter(notEmpty);
  const done = deeds.filter(({ allowed }) => allowed);
  const used = rulesFor(done);
  const usedIn = (namespace: string): readonly PolicyRule[] =>
    used.filter((scope) => namespace === '' || scope.namespace === namespace).flatMap(({ rules }) => rules);
  const unused = ['', ...namespaces]
    .map((namespace) => ({
      namespace,
      rules: compactRules(
        uncovered([...common, ...usedIn(namespace)], rulesOf(authorizer, identity, namespace)),
      ),
    }))
    .filter(notEmpty);
  const missing = used
    .map(({ namespace, rules }) => ({
      namespace,
      rules: compactRules(uncovered(allRulesOf(authorizer, identity, namespace), rules)),
    }))
    .filter(notEmpty);
  return {
    user: identity.username,
    requests: done.length,
    refusals: deeds.length - done.length,
    manifests: manifestsOf(identity, used, options.name ?? `${nameFor(identity)}-observed`),
    unused,
    missing,
    refused: rulesFor(deeds.filter(({ allowed }) => !allowed)),
  };
};
