/** Reviews: questions about access and identity, answered without storing anything (pkg/registry/authorization, authentication). */

import type { StrategyContext } from '../kinds/define.ts';
import type {
  PolicyRule,
  SelfSubjectRulesReview,
  SubjectAccessReview,
  SubjectAccessReviewSpec,
  TokenReview,
} from '../kinds/generated/types.ts';
import type { Draft } from '../machinery/object.ts';
import { badRequest } from '../machinery/status.ts';
import type { Attributes, Decision } from './attributes.ts';
import type { Identity } from './identity.ts';
import { nodeNameOf } from './node-authorizer.ts';
import { type Authorizer, missingRoleErrors, printAggregate } from './rbac.ts';
import { checkReview } from './review-rules.ts';

/** What a token stands for, or why it is not good. */
export type TokenVerdict =
  | { readonly identity: Identity; readonly audiences: readonly string[] }
  | { readonly error: string };

export interface ReviewDeps {
  readonly authorizer: Authorizer;
  /**
   * Judges a token against the audiences asked for (empty: the cluster's own). Signatures were verified outside;
   * `undefined` is a token nobody vouches for.
   */
  readonly authenticateToken: (token: string, audiences: readonly string[]) => TokenVerdict | undefined;
}

/** The context of a virtual kind's handler. */
export type ReviewContext = StrategyContext & { readonly namespace: string; readonly name?: string };
export type ReviewHandler = (draft: Draft, context: ReviewContext) => Draft;

type ResourceQuestion = NonNullable<SubjectAccessReviewSpec['resourceAttributes']>;
type PathQuestion = NonNullable<SubjectAccessReviewSpec['nonResourceAttributes']>;

interface Questions {
  readonly resourceAttributes?: ResourceQuestion;
  readonly nonResourceAttributes?: PathQuestion;
}

/** The field selector as text: what the node authorizer looks for are single values of `In`. */
const fieldSelectorOf = (question: ResourceQuestion): string | undefined => {
  const selector = question.fieldSelector;
  if (!selector) return undefined;
  if (selector.rawSelector) return selector.rawSelector;
  return (selector.requirements ?? [])
    .flatMap(({ key, operator, values }) =>
      operator === 'In' && values?.length === 1 ? [`${key}=${values[0]}`] : [],
    )
    .join(',');
};

const attributesOf = ({ resourceAttributes, nonResourceAttributes }: Questions): Attributes => {
  if (!resourceAttributes) {
    return { verb: nonResourceAttributes?.verb ?? '', path: nonResourceAttributes?.path ?? '' };
  }
  const fieldSelector = fieldSelectorOf(resourceAttributes);
  return {
    verb: resourceAttributes.verb ?? '',
    group: resourceAttributes.group ?? '',
    version: resourceAttributes.version ?? '',
    resource: resourceAttributes.resource ?? '',
    subresource: resourceAttributes.subresource ?? '',
    name: resourceAttributes.name ?? '',
    namespace: resourceAttributes.namespace ?? '',
    ...(fieldSelector === undefined ? {} : { fieldSelector }),
  };
};

const printDecision = (decision: Decision): Draft => ({
  allowed: decision.allowed,
  ...(decision.denied ? { denied: true } : {}),
  ...(decision.reason === '' ? {} : { reason: decision.reason }),
  ...(decision.evaluationError ? { evaluationError: decision.evaluationError } : {}),
});

const subjectOf = (spec: SubjectAccessReviewSpec): Identity => ({
  username: spec.user ?? '',
  groups: spec.groups ?? [],
  ...(spec.uid === undefined ? {} : { uid: spec.uid }),
  ...(spec.extra === undefined ? {} : { extra: spec.extra }),
});

const specOf = <Review extends { readonly spec: unknown }>(draft: Draft): Review['spec'] =>
  (draft as unknown as Review).spec;

const reviewAccess = (authorizer: Authorizer, draft: Draft, identity: Identity): Draft => ({
  ...draft,
  status: printDecision(authorizer.authorize(identity, attributesOf(specOf<SubjectAccessReview>(draft)))),
});

const printResourceRule = (rule: PolicyRule): Draft => ({
  verbs: rule.verbs,
  ...(rule.apiGroups === undefined ? {} : { apiGroups: rule.apiGroups }),
  ...(rule.resources === undefined ? {} : { resources: rule.resources }),
  ...(rule.resourceNames === undefined ? {} : { resourceNames: rule.resourceNames }),
});

const reviewRules = (authorizer: Authorizer, draft: Draft, identity: Identity): Draft => {
  const namespace = specOf<SelfSubjectRulesReview>(draft)?.namespace ?? '';
  if (namespace === '') throw badRequest('no namespace on request');
  const grants = authorizer.grants(identity, namespace);
  const rules = grants.flatMap((grant) => grant.rules);
  const isNode = nodeNameOf(identity) !== undefined;
  const errors = [
    ...(isNode ? ['node authorizer does not support user rule resolution'] : []),
    ...missingRoleErrors(grants),
  ];
  // Upstream answers with the status alone: the question is not repeated.
  return {
    ...draft,
    spec: {},
    status: {
      resourceRules: rules.filter((rule) => rule.resources?.length).map(printResourceRule),
      nonResourceRules: rules
        .filter((rule) => rule.nonResourceURLs?.length)
        .map((rule) => ({ verbs: rule.verbs, nonResourceURLs: rule.nonResourceURLs })),
      incomplete: isNode,
      ...(errors.length === 0 ? {} : { evaluationError: printAggregate(errors) }),
    },
  };
};

/** A user as reviews print it; empty parts are left out. */
const printUser = (identity: Identity): Draft => ({
  ...(identity.username === '' ? {} : { username: identity.username }),
  ...(identity.uid ? { uid: identity.uid } : {}),
  ...(identity.groups.length === 0 ? {} : { groups: identity.groups }),
  ...(identity.extra && Object.keys(identity.extra).length > 0 ? { extra: identity.extra } : {}),
});

const reviewToken = (deps: ReviewDeps, draft: Draft): Draft => {
  const { token = '', audiences = [] } = specOf<TokenReview>(draft) ?? {};
  if (token === '') throw badRequest('token is required for TokenReview in authentication');
  const verdict = deps.authenticateToken(token, audiences ?? []);
  if (verdict === undefined) return { ...draft, status: { user: {}, error: 'invalid bearer token' } };
  if ('error' in verdict) {
    return { ...draft, status: { user: {}, error: `[invalid bearer token, ${verdict.error}]` } };
  }
  return {
    ...draft,
    status: { authenticated: true, user: printUser(verdict.identity), audiences: verdict.audiences },
  };
};

/** Handlers of the review kinds, keyed by `group/resource`. They throw 400 for questions that make no sense. */
export const makeReviewHandlers = (deps: ReviewDeps): Readonly<Record<string, ReviewHandler>> => {
  const { authorizer } = deps;
  return {
    'authorization.k8s.io/subjectaccessreviews': (draft) => {
      checkReview(draft);
      return reviewAccess(authorizer, draft, subjectOf(specOf<SubjectAccessReview>(draft)));
    },
    'authorization.k8s.io/localsubjectaccessreviews': (draft, { namespace }) => {
      checkReview(draft, { local: { namespace } });
      return reviewAccess(authorizer, draft, subjectOf(specOf<SubjectAccessReview>(draft)));
    },
    'authorization.k8s.io/selfsubjectaccessreviews': (draft, { identity }) => {
      checkReview(draft, { self: true });
      return reviewAccess(authorizer, draft, identity);
    },
    'authorization.k8s.io/selfsubjectrulesreviews': (draft, { identity }) =>
      reviewRules(authorizer, draft, identity),
    'authentication.k8s.io/selfsubjectreviews': (draft, { identity }) => ({
      ...draft,
      status: { userInfo: printUser(identity) },
    }),
    'authentication.k8s.io/tokenreviews': (draft) => reviewToken(deps, draft),
  };
};
