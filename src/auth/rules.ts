/** Policy rules: what one allows, and whether some rules cover others (pkg/apis/rbac, component-helpers/auth/rbac). */

import type { PolicyRule } from '../kinds/generated/types.ts';
import { type Attributes, combinedResource, isPathRequest } from './attributes.ts';

const holds = (set: readonly string[] | undefined, value: string): boolean =>
  set !== undefined && (set.includes('*') || set.includes(value));

const stripStars = (path: string): string => path.replace(/\*+$/, '');

/** A path rule covers a path when equal, or by its prefix when it ends in `*`. */
const pathCovers = (rulePath: string, path: string): boolean =>
  rulePath === path || (rulePath.endsWith('*') && path.startsWith(stripStars(rulePath)));

const resourceMatches = (rule: PolicyRule, combined: string, subresource: string | undefined): boolean =>
  (rule.resources ?? []).some(
    (resource) =>
      resource === '*' || resource === combined || (Boolean(subresource) && resource === `*/${subresource}`),
  );

const nameMatches = (rule: PolicyRule, name: string): boolean =>
  rule.resourceNames === undefined || rule.resourceNames.length === 0 || rule.resourceNames.includes(name);

/** Whether this one rule allows the request. */
export const ruleAllows = (rule: PolicyRule, attributes: Attributes): boolean => {
  if (!holds(rule.verbs ?? undefined, attributes.verb)) return false;
  if (isPathRequest(attributes)) {
    return (rule.nonResourceURLs ?? []).some((path) => pathCovers(path, attributes.path));
  }
  return (
    holds(rule.apiGroups, attributes.group) &&
    resourceMatches(rule, combinedResource(attributes), attributes.subresource) &&
    nameMatches(rule, attributes.name ?? '')
  );
};

/** Every single permission a rule grants, as rules of one group, resource, verb and name each. */
const breakDown = (rule: PolicyRule): PolicyRule[] => {
  const parts: PolicyRule[] = [];
  for (const group of rule.apiGroups ?? []) {
    for (const resource of rule.resources ?? []) {
      for (const verb of rule.verbs ?? []) {
        const part = { apiGroups: [group], resources: [resource], verbs: [verb] };
        const names = rule.resourceNames ?? [];
        if (names.length === 0) parts.push(part);
        for (const name of names) parts.push({ ...part, resourceNames: [name] });
      }
    }
  }
  for (const path of rule.nonResourceURLs ?? []) {
    for (const verb of rule.verbs ?? []) parts.push({ nonResourceURLs: [path], verbs: [verb] });
  }
  return parts;
};

const resourceCovered = (owned: readonly string[], wanted: string): boolean => {
  if (owned.includes('*') || owned.includes(wanted)) return true;
  const slash = wanted.indexOf('/');
  return slash >= 0 && owned.includes(`*/${wanted.slice(slash + 1)}`);
};

const covers = (owner: PolicyRule, part: PolicyRule): boolean => {
  if (!part.verbs.every((verb) => holds(owner.verbs, verb))) return false;
  if (!(part.apiGroups ?? []).every((group) => holds(owner.apiGroups, group))) return false;
  if (!(part.resources ?? []).every((wanted) => resourceCovered(owner.resources ?? [], wanted))) return false;
  const paths = owner.nonResourceURLs ?? [];
  if (!(part.nonResourceURLs ?? []).every((path) => paths.some((owned) => pathCovers(owned, path))))
    return false;
  const ownerNames = owner.resourceNames ?? [];
  const names = part.resourceNames ?? [];
  if (names.length === 0) return ownerNames.length === 0;
  return ownerNames.length === 0 || names.every((name) => ownerNames.includes(name));
};

/** The single permissions in `wanted` that no rule in `owned` covers; empty means covered. */
export const uncovered = (owned: readonly PolicyRule[], wanted: readonly PolicyRule[]): PolicyRule[] =>
  wanted.flatMap(breakDown).filter((part) => !owned.some((owner) => covers(owner, part)));

const simpleKey = (rule: PolicyRule): string | undefined =>
  (rule.resourceNames ?? []).length > 1 ||
  (rule.nonResourceURLs ?? []).length > 0 ||
  rule.apiGroups?.length !== 1 ||
  rule.resources?.length !== 1
    ? undefined
    : JSON.stringify([rule.apiGroups, rule.resources, rule.resourceNames ?? []]);

/** Joins the verbs of rules that are about one resource (and one name). */
export const compactRules = (rules: readonly PolicyRule[]): PolicyRule[] => {
  const others: PolicyRule[] = [];
  const simple = new Map<string, PolicyRule>();
  for (const rule of rules) {
    const key = simpleKey(rule);
    if (key === undefined) {
      others.push(rule);
      continue;
    }
    const existing = simple.get(key);
    simple.set(key, existing ? { ...existing, verbs: [...existing.verbs, ...rule.verbs] } : rule);
  }
  return [...others, ...simple.values()];
};

/** A list of strings as Go's `%q` prints it: `["a" "b"]`. */
export const printQuoted = (values: readonly string[]): string =>
  `[${values.map((value) => JSON.stringify(value)).join(' ')}]`;

/** `{APIGroups:["apps"], Resources:["deployments"], Verbs:["get"]}`; empty parts are left out. */
export const printRule = (rule: PolicyRule): string => {
  const parts: [string, readonly string[] | undefined][] = [
    ['APIGroups', rule.apiGroups],
    ['Resources', rule.resources],
    ['NonResourceURLs', rule.nonResourceURLs],
    ['ResourceNames', rule.resourceNames],
    ['Verbs', rule.verbs],
  ];
  const shown = parts.flatMap(([label, values]) =>
    values !== undefined && values.length > 0 ? [`${label}:${printQuoted(values)}`] : [],
  );
  return `{${shown.join(', ')}}`;
};
