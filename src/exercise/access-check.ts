import type { Attributes } from '../auth/attributes.ts';
import { parseRule } from '../auth/default-policy.ts';
import { defaultClusterRoles } from '../auth/default-roles.ts';
import { findNearMisses } from '../auth/explain/near-misses.ts';
import { readBindings } from '../auth/explain/policy.ts';
import type { Identity } from '../auth/identity.ts';
import { SUPERUSERS } from '../auth/rbac.ts';
import { uncovered } from '../auth/rules.ts';
import type { PolicyRule } from '../kinds/generated/types.ts';
import type { Access, AuthzCheck, Finding, Localized } from './contract.ts';
import { say } from './evidence.ts';
import { errorFinding, failed, passed } from './finding.ts';
import type { World } from './world.ts';

/** Sentences of one kind shown at most. */
const SHOWN = 6;

/** What everybody who is authenticated may do in a fresh cluster: it never counts as more than needed. */
const EVERYBODY: readonly PolicyRule[] = defaultClusterRoles
  .filter(({ name }) =>
    [
      'system:basic-user',
      'system:discovery',
      'system:public-info-viewer',
      'system:service-account-issuer-discovery',
    ].includes(name),
  )
  .flatMap(({ rules }) => rules.map(parseRule));

interface ResourceParts {
  readonly group: string;
  readonly resource: string;
  readonly subresource: string;
}

/** Splits `deployments.apps/scale`. */
export const splitResource = (text: string): ResourceParts => {
  const slash = text.indexOf('/');
  const main = slash < 0 ? text : text.slice(0, slash);
  const dot = main.indexOf('.');
  return {
    group: dot < 0 ? '' : main.slice(dot + 1),
    resource: dot < 0 ? main : main.slice(0, dot),
    subresource: slash < 0 ? '' : text.slice(slash + 1),
  };
};

/** Every single request that rights are about. */
const requestsOf = (access: Access): Attributes[] => {
  const { verbs, resources = [], paths = [], names, namespace } = access;
  const onPaths = verbs.flatMap((verb) => paths.map((path): Attributes => ({ verb, path })));
  const onResources = verbs.flatMap((verb) =>
    resources.flatMap((text) =>
      (names ?? ['']).map((name): Attributes => {
        const { group, resource, subresource } = splitResource(text);
        return { verb, group, resource, subresource, name, namespace: namespace ?? '' };
      }),
    ),
  );
  return [...onPaths, ...onResources];
};

const printPlace = (namespace: string): string => (namespace === '' ? '' : ` in ${namespace}`);

const printRequest = (attributes: Attributes): string => {
  if (attributes.path !== undefined) return `${attributes.verb} ${attributes.path}`;
  const { verb, group, resource, subresource, name, namespace } = attributes;
  const named = group === '' ? resource : `${resource}.${group}`;
  const full = subresource ? `${named}/${subresource}` : named;
  return `${verb} ${full}${name ? ` "${name}"` : ''}${printPlace(namespace ?? '')}`;
};

/** Resources that expressions of rights may name without being served, because authorization is asked of them. */
const VIRTUAL: ReadonlySet<string> = new Set(['users', 'groups', 'userextras', 'uids', 'signers']);

const isServed = (world: World, text: string): boolean => {
  const { group, resource } = splitResource(text);
  if (resource === '*' || VIRTUAL.has(resource)) return true;
  return world.catalog.all().some((kind) => kind.group === group && kind.resource === resource);
};

/** What keeps a question from having a meaning: an unknown resource is an error, a lost namespace a failure. */
const obstacle = (world: World, accesses: readonly Access[]): Finding | undefined => {
  for (const { resources = [] } of accesses) {
    const unknown = resources.find((text) => !isServed(world, text));
    if (unknown !== undefined) return errorFinding(say.noResource(unknown));
  }
  for (const { namespace } of accesses) {
    if (namespace !== undefined && world.lookup.get('namespaces', '', namespace) === undefined)
      return failed(say.noNamespace(namespace));
  }
  return undefined;
};

/** How sentences call a subject: by its user, or by its first group. */
const nameOf = ({ username, groups }: Identity): string =>
  username || `the group ${groups[0] ?? 'of nobody'}`;

const isUnrestricted = (subject: Identity): boolean => subject.groups.includes(SUPERUSERS);

/** Sentences about rights a subject lacks or must not have. */
const judgeRequests = (world: World, subject: Identity, access: Access, wanted: boolean): Localized[] =>
  requestsOf(access).flatMap((attributes) => {
    const { allowed, reason } = world.authorizer.authorize(subject, attributes);
    if (allowed === wanted) return [];
    const what = printRequest(attributes);
    const why = reason.replace(/^RBAC: (allowed by )?/, '');
    return [
      wanted ? say.shouldCan(nameOf(subject), what, why) : say.shouldNotCan(nameOf(subject), what, why),
    ];
  });

/** What comes nearest to granting the first right that is missing: why it is denied. */
const explainFirst = (world: World, subject: Identity, can: readonly Access[]): Localized[] => {
  const denied = can
    .flatMap(requestsOf)
    .find((attributes) => !world.authorizer.authorize(subject, attributes).allowed);
  if (denied === undefined) return [];
  const [miss] = findNearMisses(world.lookup, readBindings(world.lookup), subject, denied, 1);
  return miss === undefined ? [] : [say.nearest(miss.sentence)];
};

const toRules = (access: Access): PolicyRule[] => {
  const verbs = [...access.verbs];
  const paths = access.paths ?? [];
  const onPaths = paths.length === 0 ? [] : [{ verbs, nonResourceURLs: [...paths] }];
  const onResources = (access.resources ?? []).map((text) => {
    const { group, resource, subresource } = splitResource(text);
    return {
      verbs,
      apiGroups: [group],
      resources: [subresource === '' ? resource : `${resource}/${subresource}`],
      ...(access.names === undefined ? {} : { resourceNames: [...access.names] }),
    };
  });
  return [...onPaths, ...onResources];
};

const printPart = (part: PolicyRule, namespace: string): string => {
  const [verb = ''] = part.verbs;
  const path = part.nonResourceURLs?.[0];
  if (path !== undefined) return `${verb} ${path}`;
  const [group = ''] = part.apiGroups ?? [];
  const [resource = ''] = part.resources ?? [];
  const [main = '', subresource] = resource.split('/');
  const full = `${group === '' ? main : `${main}.${group}`}${subresource === undefined ? '' : `/${subresource}`}`;
  const name = part.resourceNames?.[0];
  const where = namespace === '' ? ' across the cluster' : ` in ${namespace}`;
  return `${verb} ${full}${name === undefined ? '' : ` "${name}"`}${where}`;
};

/** Single rights of one rule that are still looked at one by one. */
const MOST_RIGHTS = 20_000;

const rightsIn = ({ verbs, apiGroups, resources, resourceNames, nonResourceURLs }: PolicyRule): number =>
  verbs.length *
  ((apiGroups?.length ?? 0) * (resources?.length ?? 0) * Math.max(1, resourceNames?.length ?? 0) +
    (nonResourceURLs?.length ?? 0));

/** Rights of a rule beyond the allowed ones, in words. A rule of very many rights is beyond any list as it is. */
const beyond = (allowed: readonly PolicyRule[], rule: PolicyRule, place: string): string[] => {
  const rights = rightsIn(rule);
  if (rights > MOST_RIGHTS) return [`${rights} rights in one rule`];
  return uncovered(allowed, [rule]).map((part) => printPart(part, place));
};

/** Sentences about every right the subject has beyond those listed. */
const judgeOnly = (world: World, subject: Identity, only: readonly Access[]): Localized[] => {
  const who = nameOf(subject);
  if (isUnrestricted(subject)) return [say.superuser(who)];
  const across = [...EVERYBODY, ...only.filter(({ namespace }) => !namespace).flatMap(toRules)];
  const places = ['', ...world.lookup.list('namespaces').map(({ metadata }) => metadata.name ?? '')];
  return places.flatMap((place) => {
    const granted = world.authorizer.grants(subject, place).filter(({ namespace }) => namespace === place);
    if (granted.length === 0) return [];
    const allowed = [...across, ...only.filter(({ namespace }) => namespace === place).flatMap(toRules)];
    return granted.flatMap(({ rules, source }) =>
      rules.flatMap((rule) => beyond(allowed, rule, place).map((what) => say.tooMuch(who, what, source))),
    );
  });
};

/** Judges what a subject can, cannot, and can beyond what is asked. */
export const judgeAccess = (world: World, check: AuthzCheck): Finding => {
  const { subject, can = [], cannot = [], only } = check;
  const blocked = obstacle(world, [...can, ...cannot, ...(only ?? [])]);
  if (blocked !== undefined) return blocked;
  const missing = can.flatMap((access) => judgeRequests(world, subject, access, true));
  const excess = cannot.flatMap((access) => judgeRequests(world, subject, access, false));
  const beyond = only === undefined ? [] : judgeOnly(world, subject, only);
  const wrong = [missing, excess, beyond].flatMap((sentences) => sentences.slice(0, SHOWN));
  if (wrong.length > 0) {
    return failed(...wrong, ...(missing.length > 0 ? explainFirst(world, subject, can) : []));
  }
  const sentences = [
    ...can.flatMap(requestsOf).map((each) => say.can(nameOf(subject), printRequest(each))),
    ...cannot.flatMap(requestsOf).map((each) => say.cannot(nameOf(subject), printRequest(each))),
  ].slice(0, SHOWN);
  return passed(...sentences, ...(only === undefined ? [] : [say.noMore(nameOf(subject))]));
};
