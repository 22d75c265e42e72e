import type { Lookup } from '../../kinds/define.ts';
import type { PolicyRule } from '../../kinds/generated/types.ts';
import { type Attributes, describeRefusal, isPathRequest } from '../attributes.ts';
import type { Identity } from '../identity.ts';
import { nodeNameOf } from '../node-authorizer.ts';
import { type Authorizer, SUPERUSERS } from '../rbac.ts';
import { ruleAllows } from '../rules.ts';
import { type Fix, grantAnew } from './fixes.ts';
import { findNearMisses, type NearMiss } from './near-misses.ts';
import {
  type Bound,
  describe,
  nameBinding,
  nameSubject,
  type ObjectName,
  readBindings,
  type SubjectName,
  subjectIndex,
} from './policy.ts';

/** One rule that allows the request, with everything that leads to it. */
export interface ExplainedGrant {
  /** `superuser`: the group that is asked no questions; `node`: the node authorizer; else RBAC. */
  readonly by: 'superuser' | 'node' | 'rbac';
  readonly binding?: ObjectName;
  readonly role?: ObjectName;
  readonly ruleIndex?: number;
  readonly rule?: PolicyRule;
  readonly subject?: SubjectName;
  readonly sentence: string;
}

/** A decision with its reasons. */
export interface Explanation {
  readonly decision: 'allow' | 'deny';
  readonly allowed: boolean;
  /** Upstream's reason, as reviews and the audit log have it. */
  readonly reason: string;
  readonly user: string;
  readonly groups: readonly string[];
  readonly request: Attributes;
  readonly sentence: string;
  readonly grants: readonly ExplainedGrant[];
  /** Only when denied. */
  readonly nearestMisses: readonly NearMiss[];
  /** Only when denied: what would allow just this, whatever is there. */
  readonly grantAnew?: Fix;
}

export interface ExplainDeps {
  readonly lookup: Lookup;
  readonly authorizer: Authorizer;
}

const MISSES = 10;
/** More grants than anybody reads. */
const GRANTS = 50;

const grantsOf = (bound: Bound, identity: Identity, attributes: Attributes): ExplainedGrant[] => {
  const namespace = isPathRequest(attributes) ? '' : (attributes.namespace ?? '');
  if (bound.namespace !== '' && bound.namespace !== namespace) return [];
  const subject = bound.subjects[subjectIndex(bound, identity)];
  if (subject === undefined) return [];
  const name = nameSubject(subject, bound.namespace);
  return bound.rules.flatMap((rule, ruleIndex) =>
    ruleAllows(rule, attributes)
      ? [
          {
            by: 'rbac' as const,
            binding: nameBinding(bound),
            role: bound.roleName,
            ruleIndex,
            rule,
            subject: name,
            sentence: `${describe(nameBinding(bound))} gives ${describe(name)} ${describe(bound.roleName)}, whose rules[${ruleIndex}] allows this.`,
          },
        ]
      : [],
  );
};

const special = (identity: Identity, reason: string, hasRules: boolean): ExplainedGrant[] => {
  if (identity.groups.includes(SUPERUSERS)) {
    return [
      {
        by: 'superuser',
        subject: { kind: 'Group', name: SUPERUSERS },
        sentence: `The group ${SUPERUSERS} may do everything; no rule is asked.`,
      },
    ];
  }
  if (hasRules || nodeNameOf(identity) === undefined) return [];
  return [
    { by: 'node', sentence: `The node authorizer allows this to ${identity.username}. ${reason}`.trim() },
  ];
};

const summarise = (explanation: Omit<Explanation, 'sentence'>, identity: Identity): string => {
  const { allowed, grants, nearestMisses, request } = explanation;
  if (allowed) return grants[0]?.sentence ?? 'Allowed.';
  const refusal = `${describeRefusal(identity, request)}.`;
  const nearest = nearestMisses[0];
  return nearest === undefined ? `${refusal} No rule comes near.` : `${refusal} ${nearest.sentence}`;
};

/** Explains what the authorizer says about a request. */
export const explain = (deps: ExplainDeps, identity: Identity, attributes: Attributes): Explanation => {
  const { lookup, authorizer } = deps;
  const decision = authorizer.authorize(identity, attributes);
  const bindings = readBindings(lookup);
  const byRules = bindings.flatMap((bound) => grantsOf(bound, identity, attributes));
  const grants = decision.allowed
    ? [...special(identity, decision.reason, byRules.length > 0), ...byRules].slice(0, GRANTS)
    : [];
  const body = {
    decision: decision.allowed ? ('allow' as const) : ('deny' as const),
    allowed: decision.allowed,
    reason: decision.reason,
    user: identity.username,
    groups: identity.groups,
    request: attributes,
    grants,
    nearestMisses: decision.allowed ? [] : findNearMisses(lookup, bindings, identity, attributes, MISSES),
    ...(decision.allowed ? {} : { grantAnew: grantAnew(identity, attributes) }),
  };
  return { ...body, sentence: summarise(body, identity) };
};
