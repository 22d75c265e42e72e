/**
 * Audit: what is recorded about requests, how it reads, and how it is asked for. Nothing here stores anything or
 * decides about requests. The policy follows staging/src/k8s.io/apiserver/pkg/audit/policy (checker.go, 1.36).
 */

import type { Identity } from '../auth/identity.ts';

/** How much is recorded, least first: the numbers are part of the stored format. */
export const LEVELS = ['None', 'Metadata', 'Request', 'RequestResponse'] as const;
export type Level = (typeof LEVELS)[number];

export const STAGES = ['RequestReceived', 'ResponseStarted', 'ResponseComplete', 'Panic'] as const;
export type Stage = (typeof STAGES)[number];

/** Resources of one group; `pods`, `pods/log`, `pods/*`, `*\/status`, `*`. */
export interface GroupResources {
  readonly group?: string;
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
}

/** One rule: parts that are absent or empty match everything. */
export interface PolicyRule {
  readonly level: Level;
  readonly users?: readonly string[];
  readonly userGroups?: readonly string[];
  readonly verbs?: readonly string[];
  readonly resources?: readonly GroupResources[];
  readonly namespaces?: readonly string[];
  readonly nonResourceURLs?: readonly string[];
  readonly omitStages?: readonly Stage[];
  readonly omitManagedFields?: boolean;
}

/** An audit.k8s.io/v1 Policy. */
export interface Policy {
  readonly rules: readonly PolicyRule[];
  readonly omitStages?: readonly Stage[];
  readonly omitManagedFields?: boolean;
}

/** What a policy looks at, beside who asks. `resource` is absent for paths that are no resources. */
export interface Subject {
  readonly verb: string;
  readonly path: string;
  readonly resource:
    | {
        readonly group: string;
        readonly resource: string;
        readonly subresource: string;
        readonly namespace: string;
        readonly name: string;
      }
    | undefined;
}

/** What a policy says about a request. */
export interface Verdict {
  readonly level: Level;
  readonly omitStages: readonly Stage[];
  readonly omitManagedFields: boolean;
}

/** An empty list matches everything. */
const holds = (set: readonly string[] | undefined, value: string): boolean =>
  set === undefined || set.length === 0 || set.includes(value);

const isGiven = (list: readonly unknown[] | undefined): boolean => list !== undefined && list.length > 0;

const pathMatches = (path: string, spec: string): boolean =>
  spec === '*' || spec === path || (spec.endsWith('*') && path.startsWith(spec.replace(/\*+$/, '')));

type Resource = NonNullable<Subject['resource']>;

const resourceMatches = (spec: string, { resource, subresource }: Resource): boolean => {
  if (spec === '*') return true;
  if (spec === (subresource === '' ? resource : `${resource}/${subresource}`)) return true;
  if (subresource !== '' && spec === `*/${subresource}`) return true;
  return spec.endsWith('/*') && spec.slice(0, -2) === resource;
};

const matchesResources = (rule: PolicyRule, about: Resource): boolean => {
  if (!holds(rule.namespaces, about.namespace)) return false;
  if (!isGiven(rule.resources)) return true;
  return (rule.resources ?? []).some(
    ({ group = '', resources = [], resourceNames }) =>
      group === about.group &&
      (resources.length === 0 ||
        (holds(resourceNames, about.name) && resources.some((spec) => resourceMatches(spec, about)))),
  );
};

/** Whether a rule is about the request. */
export const ruleMatches = (rule: PolicyRule, subject: Subject, user: Identity | undefined): boolean => {
  const { resource } = subject;
  if (isGiven(rule.users) && !(user !== undefined && holds(rule.users, user.username))) return false;
  if (isGiven(rule.userGroups) && !user?.groups.some((group) => rule.userGroups?.includes(group)))
    return false;
  if (!holds(rule.verbs, subject.verb)) return false;
  if (isGiven(rule.namespaces) || isGiven(rule.resources)) {
    return resource !== undefined && matchesResources(rule, resource);
  }
  if (isGiven(rule.nonResourceURLs)) {
    return (
      resource === undefined && (rule.nonResourceURLs ?? []).some((spec) => pathMatches(subject.path, spec))
    );
  }
  return true;
};

/** The first rule that matches decides; without one nothing is recorded. */
export const makeEvaluator = (
  policy: Policy,
): ((subject: Subject, user: Identity | undefined) => Verdict) => {
  const shared = policy.omitStages ?? [];
  const compiled = policy.rules.map((rule) => ({
    rule,
    verdict: {
      level: rule.level,
      omitStages: [...new Set([...(rule.omitStages ?? []), ...shared])],
      omitManagedFields: rule.omitManagedFields ?? policy.omitManagedFields ?? false,
    },
  }));
  const none: Verdict = {
    level: 'None',
    omitStages: shared,
    omitManagedFields: policy.omitManagedFields ?? false,
  };
  return (subject, user) => {
    for (const { rule, verdict } of compiled) if (ruleMatches(rule, subject, user)) return verdict;
    return none;
  };
};
