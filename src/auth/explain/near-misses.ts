import type { Lookup } from '../../kinds/define.ts';
import type { PolicyRule } from '../../kinds/generated/types.ts';
import { type Attributes, combinedResource, isPathRequest } from '../attributes.ts';
import type { Identity } from '../identity.ts';
import { ruleAllows } from '../rules.ts';
import { type Fix, fixOf } from './fixes.ts';
import {
  type Bound,
  describe,
  isDefault,
  nameBinding,
  named,
  nameSubject,
  type ObjectName,
  subjectIndex,
} from './policy.ts';
import { looksLike, type RuleDifference, ruleDifferences } from './rule-differences.ts';
import { type SubjectDifference, subjectDifference } from './subject-differences.ts';

/** What kind of mistake a miss is. */
export type MissKind =
  | 'verb'
  | 'apiGroup'
  | 'resource'
  | 'subresource'
  | 'resourceName'
  | 'nonResourceURL'
  | 'namespace'
  | 'subject'
  | 'roleRef';

/** A grant that would be one if a single field were different. */
export interface NearMiss {
  readonly kind: MissKind;
  /** The object whose field differs. */
  readonly object: ObjectName;
  /** Its place in that object, e.g. `rules[0].verbs`. */
  readonly field: string;
  readonly found: string | readonly string[];
  readonly needed: string;
  readonly binding: ObjectName;
  readonly role: ObjectName;
  /** Index of the rule that would allow the request; absent when the role does not exist. */
  readonly ruleIndex?: number;
  readonly sentence: string;
  readonly fix: Fix;
}

/** A miss under construction; the smaller the weight the nearer. */
export interface Candidate extends Omit<NearMiss, 'sentence' | 'fix'> {
  readonly weight: number;
  readonly bound: Bound;
  readonly rule?: PolicyRule;
  readonly subject?: SubjectDifference;
}

/**
 * How near a miss is: what looks like a slip of the pen first, then a rule of the subject's own that lacks something,
 * then the right rule in the wrong place, then rights of others.
 */
const WEIGHTS = {
  roleRef: 10,
  subjectLooksMeant: 12,
  noSubject: 16,
  nearResource: 20,
  apiGroup: 22,
  verb: 24,
  resourceName: 26,
  namespace: 30,
  clusterScope: 35,
  missingRole: 45,
  otherSubject: 50,
  otherResource: 60,
} as const;

const quoteAll = (values: readonly string[]): string =>
  values.length === 0 ? 'nothing' : values.map((value) => JSON.stringify(value)).join(', ');

const RULE_KINDS: Readonly<Record<RuleDifference['field'], MissKind>> = {
  verbs: 'verb',
  apiGroups: 'apiGroup',
  resources: 'resource',
  resourceNames: 'resourceName',
  nonResourceURLs: 'nonResourceURL',
};

const weightOf = ({ field, isNear }: RuleDifference): number => {
  if (field === 'verbs') return WEIGHTS.verb;
  if (field === 'apiGroups') return WEIGHTS.apiGroup;
  if (field === 'resourceNames') return WEIGHTS.resourceName;
  return isNear ? WEIGHTS.nearResource : WEIGHTS.otherResource;
};

const isSubresource = ({ field, found, needed }: RuleDifference): boolean =>
  field === 'resources' &&
  found.some((item) => item.split('/')[0] === needed.split('/')[0] && item !== needed);

const baseOf = (bound: Bound) => ({ bound, binding: nameBinding(bound), role: bound.roleName });

const ofRule = (bound: Bound, index: number, rule: PolicyRule, difference: RuleDifference): Candidate => ({
  ...baseOf(bound),
  weight: weightOf(difference),
  kind: isSubresource(difference) ? 'subresource' : RULE_KINDS[difference.field],
  object: bound.roleName,
  field: `rules[${index}].${difference.field}`,
  found: difference.found,
  needed: difference.needed,
  ruleIndex: index,
  rule,
});

const ofNamespace = (bound: Bound, index: number, rule: PolicyRule, attributes: Attributes): Candidate => {
  const namespace = isPathRequest(attributes) ? '' : (attributes.namespace ?? '');
  return {
    ...baseOf(bound),
    weight: namespace === '' ? WEIGHTS.clusterScope : WEIGHTS.namespace,
    kind: 'namespace',
    object: nameBinding(bound),
    field: namespace === '' ? 'kind' : 'metadata.namespace',
    found: namespace === '' ? 'RoleBinding' : bound.namespace,
    needed: namespace === '' ? 'ClusterRoleBinding' : namespace,
    ruleIndex: index,
    rule,
  };
};

const ofSubject = (
  bound: Bound,
  index: number,
  rule: PolicyRule,
  identity: Identity,
): Candidate | undefined => {
  const meant = subjectDifference(bound, identity);
  const base = {
    ...baseOf(bound),
    kind: 'subject' as const,
    object: nameBinding(bound),
    ruleIndex: index,
    rule,
  };
  if (meant !== undefined) {
    const { found, needed, field } = meant;
    return {
      ...base,
      weight: WEIGHTS.subjectLooksMeant,
      field: `subjects[${meant.index}].${field}`,
      found,
      needed,
      subject: meant,
    };
  }
  // What every cluster has is meant for others.
  if (isDefault(bound.binding)) return undefined;
  const found = bound.subjects.map((subject) => describe(nameSubject(subject, bound.namespace)));
  const weight = found.length === 0 ? WEIGHTS.noSubject : WEIGHTS.otherSubject;
  return { ...base, weight, field: 'subjects', found, needed: identity.username };
};

/** A role of nearly that name, or of the other kind, that would allow the request. */
const meantRole = (lookup: Lookup, bound: Bound, attributes: Attributes): ObjectName | undefined => {
  const { kind, name } = bound.roleName;
  const allows = (rules: readonly PolicyRule[] | null): boolean =>
    (rules ?? []).some((rule) => ruleAllows(rule, attributes));
  const roles = bound.namespace === '' ? [] : lookup.list('roles.rbac.authorization.k8s.io', bound.namespace);
  const clusterRoles = lookup.list('clusterroles.rbac.authorization.k8s.io');
  const all = [
    ...roles.map((role) => ({ name: named('Role', role.metadata.name ?? '', bound.namespace), role })),
    ...clusterRoles.map((role) => ({ name: named('ClusterRole', role.metadata.name ?? ''), role })),
  ].filter(({ role }) => allows(role.rules));
  const found =
    all.find((other) => other.name.name === name && other.name.kind !== kind) ??
    all.find((other) => other.name.kind === kind && looksLike(other.name.name, name)) ??
    all.find((other) => looksLike(other.name.name, name));
  return found?.name;
};

const ofMissingRole = (lookup: Lookup, bound: Bound, attributes: Attributes): Candidate => {
  const meant = meantRole(lookup, bound, attributes);
  const isOtherKind = meant !== undefined && meant.name === bound.roleName.name;
  return {
    ...baseOf(bound),
    weight: meant === undefined ? WEIGHTS.missingRole : WEIGHTS.roleRef,
    kind: 'roleRef',
    object: nameBinding(bound),
    field: isOtherKind ? 'roleRef.kind' : 'roleRef.name',
    found: isOtherKind ? bound.roleName.kind : bound.roleName.name,
    needed: meant === undefined ? 'a role that exists' : isOtherKind ? meant.kind : meant.name,
  };
};

/** The one thing that keeps a binding's rules from allowing the request, rule by rule. */
const candidatesOf = (
  lookup: Lookup,
  bound: Bound,
  identity: Identity,
  attributes: Attributes,
): Candidate[] => {
  const isBound = subjectIndex(bound, identity) >= 0;
  const wanted = isPathRequest(attributes) ? '' : (attributes.namespace ?? '');
  const isThere = bound.namespace === '' || bound.namespace === wanted;
  if (bound.role === undefined) return isBound && isThere ? [ofMissingRole(lookup, bound, attributes)] : [];
  const found: Candidate[] = [];
  for (const [index, rule] of bound.rules.entries()) {
    const differences = ruleDifferences(rule, attributes);
    if (differences === undefined) continue;
    if (differences.length + (isBound ? 0 : 1) + (isThere ? 0 : 1) !== 1) continue;
    const [first] = differences;
    const miss =
      first !== undefined
        ? ofRule(bound, index, rule, first)
        : isThere
          ? ofSubject(bound, index, rule, identity)
          : ofNamespace(bound, index, rule, attributes);
    if (miss !== undefined) found.push(miss);
  }
  return found;
};

const whatIsAsked = (attributes: Attributes): string =>
  isPathRequest(attributes)
    ? `${attributes.verb} ${attributes.path}`
    : `${attributes.verb} ${combinedResource(attributes)}${attributes.group === '' ? '' : `.${attributes.group}`}`;

const listed = (found: Candidate['found']): string =>
  typeof found === 'string' ? JSON.stringify(found) : quoteAll(found);

const sentenceOf = (miss: Candidate, attributes: Attributes): string => {
  const { kind, object, field, found, needed, binding, role } = miss;
  const asked = whatIsAsked(attributes);
  const by = `bound by ${describe(binding)}`;
  switch (kind) {
    case 'namespace':
      return needed === 'ClusterRoleBinding'
        ? `${describe(binding)} allows ${asked} inside that namespace only; the request is not for one namespace, so it needs a ClusterRoleBinding.`
        : `${describe(binding)} allows ${asked}, but in namespace ${listed(found)}; the request is for ${JSON.stringify(needed)}.`;
    case 'subject':
      return field === 'subjects'
        ? `${describe(binding)} allows ${asked} to others: ${typeof found === 'string' ? found : found.join(', ') || 'it has no subjects'}.`
        : `${describe(binding)} would allow ${asked} if ${field} were ${JSON.stringify(needed)}: it is ${listed(found)}.`;
    case 'roleRef':
      return `${describe(binding)} refers to ${describe(role)}, which does not exist${field === 'roleRef.kind' ? `; there is a ${needed} of that name` : needed === 'a role that exists' ? '' : `; ${JSON.stringify(needed)} does`}.`;
    case 'resourceName':
      return needed === ''
        ? `${describe(object)}, ${by}, allows ${asked} only for the names ${listed(found)}, and this request names no object.`
        : `${describe(object)}, ${by}, allows ${asked} only for the names ${listed(found)}, not for ${JSON.stringify(needed)}.`;
    case 'subresource':
      return `${describe(object)}, ${by}, has ${listed(found)} in ${field}; a subresource is a resource of its own, so ${JSON.stringify(needed)} has to be listed.`;
    case 'apiGroup':
      return `${describe(object)}, ${by}, would allow ${asked} if ${field} had ${JSON.stringify(needed)}: it has ${listed(found)}.`;
    default:
      return `${describe(object)}, ${by}, would allow this if ${field} had ${JSON.stringify(needed)}: it has ${listed(found)}.`;
  }
};

const keyOf = ({ object, field, kind }: Candidate): string =>
  `${object.kind}/${object.namespace ?? ''}/${object.name}/${field}/${kind}`;

/**
 * What almost allowed a request that is denied, nearest first, at most `limit`: grants from which exactly one field
 * differs.
 */
export const findNearMisses = (
  lookup: Lookup,
  bindings: readonly Bound[],
  identity: Identity,
  attributes: Attributes,
  limit: number,
): readonly NearMiss[] => {
  const seen = new Set<string>();
  return bindings
    .flatMap((bound) => candidatesOf(lookup, bound, identity, attributes))
    .map((candidate, order) => ({ candidate, order }))
    .sort((one, other) => one.candidate.weight - other.candidate.weight || one.order - other.order)
    .map(({ candidate }) => candidate)
    .filter((candidate) => {
      const key = keyOf(candidate);
      if (seen.has(key)) return false;
      seen.add(key);
      return true;
    })
    .slice(0, limit)
    .map((candidate) => {
      const { weight: _weight, bound: _bound, rule: _rule, subject: _subject, ...miss } = candidate;
      return {
        ...miss,
        sentence: sentenceOf(candidate, attributes),
        fix: fixOf(candidate, identity, attributes),
      };
    });
};
