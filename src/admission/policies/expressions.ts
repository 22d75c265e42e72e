/** A policy's expressions compiled, and the values a request gives them. */

import type { Attributes } from '../../auth/attributes.ts';
import type { Identity } from '../../auth/identity.ts';
import type { MatchCondition, Namespace, Variable } from '../../kinds/generated/types.ts';
import type { Program } from '../../machinery/cel/cel.ts';
import { toCel } from '../../machinery/cel/convert.ts';
import type { Budget } from '../../machinery/cel/evaluate.ts';
import {
  type AuthorizationCheck,
  type Authorize,
  makeAuthorizerValue,
  makeResourceCheck,
} from '../../machinery/cel/functions/policy.ts';
import {
  compilePolicyExpression,
  constructObject,
  LazyVariables,
  namespaceValue,
  type PolicyScope,
  type PolicyUse,
  requestValue,
} from '../../machinery/cel/policy.ts';
import { type CelType, DYN } from '../../machinery/cel/types.ts';
import { CelError, type CelValue } from '../../machinery/cel/values.ts';
import type { Draft, KubeObject } from '../../machinery/object.ts';
import type { PluginContext } from '../chain.ts';
import type { AdmissionRequest } from '../request.ts';
import { type MatchedVersion, requestVersion } from '../rule-matching.ts';
import { atVersion } from '../versioned.ts';

/** An expression of a policy, or why it does not compile (it did when the policy was written). */
export interface Expression {
  readonly source: string;
  readonly program?: Program;
  readonly error?: string;
}

/** The parts that policies of both kinds have. */
export interface PolicyBase {
  readonly conditions: readonly Expression[];
  readonly variables: ReadonlyMap<string, Expression>;
  readonly types: ReadonlyMap<string, CelType>;
  readonly scope: PolicyScope;
}

/** Compiles one expression. */
export const compileExpression = (source: string, use: PolicyUse, scope: PolicyScope): Expression => {
  const text = source.trim();
  const made = compilePolicyExpression(text, use, scope);
  return made.ok ? { source: text, program: made.program } : { source: text, error: made.error };
};

/** Compiles conditions and variables; each variable sees those before it. */
export const compileBase = (
  hasParams: boolean,
  conditions: readonly MatchCondition[] | undefined,
  variables: readonly Variable[] | undefined,
): PolicyBase => {
  const types = new Map<string, CelType>();
  const compiled = new Map<string, Expression>();
  const scope: PolicyScope = {
    hasParams,
    variables: variables === undefined || variables.length === 0 ? undefined : types,
  };
  for (const { name = '', expression = '' } of variables ?? []) {
    const made = compileExpression(expression, 'variable', { ...scope, variables: new Map(types) });
    compiled.set(name, made);
    types.set(name, made.program?.type ?? DYN);
  }
  return {
    conditions: (conditions ?? []).map(({ expression = '' }) =>
      compileExpression(expression, 'match-condition', { hasParams, variables: undefined }),
    ),
    variables: compiled,
    types,
    scope,
  };
};

/** Cost all expressions of one policy may use on one request. */
export const POLICY_BUDGET = 10_000_000;

/** The request without its objects, as an AdmissionReview states it; `seenAt` is the version it is shown at. */
export const describeRequest = (
  request: AdmissionRequest,
  seenAt: MatchedVersion,
): Readonly<Record<string, unknown>> => {
  const { kind, operation, subresource, namespace, name, identity, dryRun, options, bodyKind } = request;
  const gv = { group: seenAt.group, version: seenAt.version };
  const asked = requestVersion(request);
  const below =
    subresource === undefined ? {} : { subResource: subresource, requestSubResource: subresource };
  return {
    kind: bodyKind ?? { ...gv, kind: kind.kind },
    resource: { ...gv, resource: kind.resource },
    requestKind: bodyKind ?? { ...asked, kind: kind.kind },
    requestResource: { ...asked, resource: kind.resource },
    ...below,
    ...(name === '' ? {} : { name }),
    ...(namespace === '' ? {} : { namespace }),
    operation,
    userInfo: {
      username: identity.username,
      ...(identity.uid ? { uid: identity.uid } : {}),
      groups: identity.groups,
      ...(identity.extra === undefined ? {} : { extra: identity.extra }),
    },
    dryRun,
    ...(options === undefined ? {} : { options }),
  };
};

const identityFor = (identity: Identity, account: string | undefined): Identity => {
  if (account === undefined) return identity;
  const [namespace = '', name = ''] = account.split('/');
  return {
    username: `system:serviceaccount:${namespace}:${name}`,
    groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
  };
};

const attributesOf = (check: AuthorizationCheck): Attributes => {
  const { verb, path, group, resource, subresource, namespace, name } = check;
  if (path !== undefined) return { verb, path };
  return { verb, group, resource, subresource, namespace, name };
};

const makeAuthorize =
  (request: AdmissionRequest, context: PluginContext): Authorize =>
  (check) => {
    const identity = identityFor(request.identity, check.serviceAccount);
    const decision = context.authorizer.authorize(identity, attributesOf(check));
    const { allowed, reason, evaluationError } = decision;
    return { allowed, reason, ...(evaluationError === undefined ? {} : { error: evaluationError }) };
  };

/** What one request and one parameter give to a policy's expressions. */
export class Activation {
  readonly budget: Budget = { left: POLICY_BUDGET };
  readonly #base: PolicyBase;
  readonly #request: AdmissionRequest;
  readonly #context: PluginContext;
  readonly #params: KubeObject | undefined;
  readonly #namespace: Namespace | undefined;
  readonly #version: MatchedVersion;
  readonly #values = new Map<string, CelValue>();
  readonly #variables: LazyVariables;

  constructor(
    base: PolicyBase,
    request: AdmissionRequest,
    context: PluginContext,
    params: KubeObject | undefined,
    namespace: Namespace | undefined,
    version: MatchedVersion = requestVersion(request),
  ) {
    this.#base = base;
    this.#version = version;
    this.#request = request;
    this.#context = context;
    this.#params = params;
    this.#namespace = namespace;
    this.#variables = new LazyVariables(base.types, (name) => this.#variable(name));
  }

  /** The value of an expression. Throws CelError, also for one that does not compile. */
  run(expression: Expression): CelValue {
    if (expression.program === undefined) throw new CelError(`compilation error: ${expression.error ?? ''}`);
    return expression.program.run((name) => this.#value(name), this.budget, constructObject);
  }

  #value(name: string): CelValue | undefined {
    const known = this.#values.get(name);
    if (known !== undefined) return known;
    const made = this.#make(name);
    if (made !== undefined) this.#values.set(name, made);
    return made;
  }

  #make(name: string): CelValue | undefined {
    const request = this.#request;
    switch (name) {
      case 'object':
        return toCel(this.#seen(request.object));
      case 'oldObject':
        return toCel(this.#seen(request.old));
      case 'request':
        return requestValue(describeRequest(request, this.#version));
      case 'params':
        return toCel(this.#params ?? null);
      case 'namespaceObject':
        return namespaceValue(this.#namespace);
      case 'variables':
        return this.#base.scope.variables === undefined ? undefined : this.#variables;
      case 'authorizer':
        return makeAuthorizerValue(makeAuthorize(request, this.#context));
      case 'authorizer.requestResource':
        return makeResourceCheck(makeAuthorize(request, this.#context), {
          group: request.kind.group,
          resource: request.kind.resource,
          subresource: request.subresource ?? '',
          namespace: request.namespace,
          name: request.name,
        });
      default:
        return undefined;
    }
  }

  #seen(object: Draft | KubeObject | undefined): unknown {
    if (object === undefined || this.#request.bodyKind !== undefined) return object ?? null;
    return atVersion(object, this.#request.kind, this.#version);
  }

  #variable(name: string): CelValue | undefined {
    const key = `variables.${name}`;
    const known = this.#values.get(key);
    if (known !== undefined) return known;
    const expression = this.#base.variables.get(name);
    if (expression === undefined) return undefined;
    try {
      const value = this.run(expression);
      this.#values.set(key, value);
      return value;
    } catch (error) {
      if (!(error instanceof CelError)) throw error;
      throw new CelError(`composited variable ${JSON.stringify(name)} fails to evaluate: ${error.message}`);
    }
  }
}

/** Whether the conditions hold. The first that is false decides; a failure only counts when none is false. */
export const meetsConditions = (
  base: PolicyBase,
  activation: Activation,
): { readonly met: boolean; readonly error?: string } => {
  const errors: string[] = [];
  for (const condition of base.conditions) {
    try {
      if (activation.run(condition) !== true) return { met: false };
    } catch (error) {
      if (!(error instanceof CelError)) throw error;
      errors.push(failureText(condition, error));
    }
  }
  if (errors.length === 0) return { met: true };
  return { met: false, error: errors.length === 1 ? (errors[0] ?? '') : `[${errors.join(', ')}]` };
};

/** How a failed evaluation reads in a refusal. */
export const failureText = (expression: Expression, error: CelError): string =>
  `expression '${expression.source}' resulted in error: ${error.message}`;
