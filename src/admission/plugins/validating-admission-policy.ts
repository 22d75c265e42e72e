/** ValidatingAdmissionPolicies (apiserver pkg/admission/plugin/policy/validating, 1.36). */

import type {
  Namespace,
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
} from '../../kinds/generated/types.ts';
import { CelError } from '../../machinery/cel/values.ts';
import type { KubeObject } from '../../machinery/object.ts';
import { makeStatus, printResource, StatusError } from '../../machinery/status.ts';
import { type AdmissionPlugin, nameOf, type PluginContext } from '../chain.ts';
import {
  Activation,
  compileBase,
  compileExpression,
  type Expression,
  failureText,
  meetsConditions,
  type PolicyBase,
} from '../policies/expressions.ts';
import { findResources, isJudged } from '../policies/match.ts';
import { ParamError, paramKindProblem, paramsOf } from '../policies/params.ts';
import type { AdmissionRequest } from '../request.ts';
import type { MatchedVersion } from '../rule-matching.ts';

type Policy = ValidatingAdmissionPolicy;
type Binding = ValidatingAdmissionPolicyBinding;
type Spec = NonNullable<Policy['spec']>;
type Validation = NonNullable<Spec['validations']>[number];

interface CompiledPolicy extends PolicyBase {
  readonly validations: readonly {
    readonly stated: Validation;
    readonly expression: Expression;
    readonly message?: Expression;
  }[];
  readonly annotations: readonly { readonly key: string; readonly expression: Expression }[];
}

/** A judgement against the request. */
interface Denial {
  readonly message: string;
  readonly reason?: string;
}

const compiled = new WeakMap<Policy, CompiledPolicy>();

const compile = (policy: Policy): CompiledPolicy => {
  const known = compiled.get(policy);
  if (known !== undefined) return known;
  const { spec } = policy;
  const base = compileBase(spec?.paramKind !== undefined, spec?.matchConditions, spec?.variables);
  const made: CompiledPolicy = {
    ...base,
    validations: (spec?.validations ?? []).map((stated) => ({
      stated,
      expression: compileExpression(stated.expression, 'validation', base.scope),
      ...(stated.messageExpression
        ? { message: compileExpression(stated.messageExpression, 'message', base.scope) }
        : {}),
    })),
    annotations: (spec?.auditAnnotations ?? []).map(({ key, valueExpression }) => ({
      key,
      expression: compileExpression(valueExpression, 'audit-annotation', base.scope),
    })),
  };
  compiled.set(policy, made);
  return made;
};

const MAX_MESSAGE = 5 * 1024;

/** What a message expression says, when it is fit to be shown. */
const messageFrom = (activation: Activation, expression: Expression | undefined): string => {
  if (expression === undefined) return '';
  try {
    const value = activation.run(expression);
    const text = typeof value === 'string' ? value.trim() : '';
    return text.length > MAX_MESSAGE || text.includes('\n') ? '' : text;
  } catch (error) {
    if (!(error instanceof CelError)) throw error;
    return '';
  }
};

const failsClosed = (policy: Policy): boolean => policy.spec?.failurePolicy !== 'Ignore';

/** Judges with all validations, keeping their places: what was not refused is undefined. */
const judge = (
  policy: Policy,
  made: CompiledPolicy,
  activation: Activation,
): readonly (Denial | undefined)[] =>
  made.validations.map(({ stated, expression, message }) => {
    try {
      if (activation.run(expression) === true) return undefined;
      const text = messageFrom(activation, message) || stated.message?.trim();
      return {
        message: text || `failed expression: ${stated.expression.trim()}`,
        ...(stated.reason === undefined ? {} : { reason: stated.reason }),
      };
    } catch (error) {
      if (!(error instanceof CelError)) throw error;
      return failsClosed(policy) ? { message: failureText(expression, error) } : undefined;
    }
  });

const LONGEST_ANNOTATION = 10 * 1024;

/** Annotations of one policy; bindings and parameters add distinct values. */
type Annotations = Map<string, Set<string>>;

const annotate = (
  policy: Policy,
  made: CompiledPolicy,
  activation: Activation,
  annotations: Annotations,
): readonly Denial[] => {
  const denials: Denial[] = [];
  for (const { key, expression } of made.annotations) {
    try {
      const value = activation.run(expression);
      const text = typeof value === 'string' ? value.trim() : '';
      if (text === '') continue;
      const values = annotations.get(key) ?? new Set();
      annotations.set(key, values.add(text.slice(0, LONGEST_ANNOTATION)));
    } catch (error) {
      if (!(error instanceof CelError)) throw error;
      if (failsClosed(policy)) denials.push({ message: failureText(expression, error) });
    }
  }
  return denials;
};

const CODES: Readonly<Record<string, number>> = {
  Forbidden: 403,
  Unauthorized: 401,
  RequestEntityTooLarge: 413,
  Invalid: 422,
};

const refusal = (
  request: AdmissionRequest,
  policy: Policy,
  binding: Binding | undefined,
  denial: Denial,
): StatusError => {
  const { group, resource } = request.kind;
  const by = binding === undefined ? '' : ` with binding '${binding.metadata.name ?? ''}'`;
  const message = `ValidatingAdmissionPolicy '${policy.metadata.name ?? ''}'${by} denied request: ${denial.message}`;
  const name = nameOf(request);
  const reason = denial.reason ?? 'Invalid';
  return new StatusError(
    makeStatus(
      CODES[reason] ?? 422,
      reason,
      `${printResource({ group, resource })} ${JSON.stringify(name)} is forbidden: ${message}`,
      { name, ...(group === '' ? {} : { group }), kind: resource, causes: [{ message }] },
    ),
  );
};

const publish = (
  policy: Policy,
  binding: Binding,
  index: number,
  denial: Denial,
  context: PluginContext,
): void =>
  context.audit?.(
    'validation.policy.admission.k8s.io/validation_failure',
    JSON.stringify([
      {
        message: denial.message,
        policy: policy.metadata.name,
        binding: binding.metadata.name,
        expressionIndex: index,
        validationActions: binding.spec?.validationActions,
      },
    ]),
  );

/** One policy on one request; what it refuses is kept with what other policies refuse. */
interface Scene {
  readonly request: AdmissionRequest;
  readonly context: PluginContext;
  readonly policy: Policy;
  readonly namespace: Namespace | undefined;
  readonly version: MatchedVersion;
  readonly annotations: Annotations;
  refuse(denial: Denial, binding?: Binding): void;
}

/** Carries out what a binding wants to be done about a validation that failed. */
const act = ({ context, policy, refuse }: Scene, binding: Binding, index: number, denial: Denial): void => {
  for (const action of binding.spec?.validationActions ?? []) {
    if (action === 'Deny') refuse(denial, binding);
    else if (action === 'Audit') publish(policy, binding, index, denial, context);
    else if (action === 'Warn') {
      const names = `'${policy.metadata.name ?? ''}' with binding '${binding.metadata.name ?? ''}'`;
      context.warn(`Validation failed for ValidatingAdmissionPolicy ${names}: ${denial.message}`);
    }
  }
};

const runOnce = (scene: Scene, binding: Binding, param: KubeObject | undefined): void => {
  const { request, context, policy, namespace, version, annotations, refuse } = scene;
  const made = compile(policy);
  const activation = new Activation(made, request, context, param, namespace, version);
  const { met, error } = meetsConditions(made, activation);
  if (error !== undefined && failsClosed(policy)) act(scene, binding, 0, { message: error });
  if (!met) return;
  for (const [index, denial] of judge(policy, made, activation).entries())
    if (denial !== undefined) act(scene, binding, index, denial);
  // An annotation that cannot be made refuses, whatever the binding's actions are.
  for (const denial of annotate(policy, made, activation, annotations)) refuse(denial, binding);
};

const runBinding = (scene: Scene, binding: Binding): void => {
  const { request, context, policy, refuse } = scene;
  let params: readonly (KubeObject | undefined)[];
  try {
    params = paramsOf(context.lookup, policy.spec?.paramKind, binding.spec?.paramRef, request.namespace);
  } catch (error) {
    if (!(error instanceof ParamError)) throw error;
    if (failsClosed(policy)) refuse({ message: `failed to configure binding: ${error.message}` }, binding);
    return;
  }
  for (const param of params) runOnce(scene, binding, param);
};

const runPolicy = (scene: Scene, bindings: readonly Binding[]): void => {
  const { request, context, policy, refuse } = scene;
  const bound = bindings.filter((binding) => binding.spec?.policyName === policy.metadata.name);
  if (bound.length === 0) return;
  const problem = paramKindProblem(context.lookup, policy.spec?.paramKind);
  if (problem !== undefined) {
    if (failsClosed(policy)) refuse({ message: `failed to configure policy: ${problem}` });
    return;
  }
  for (const binding of bound)
    if (findResources(binding.spec?.matchResources, request, context.lookup) !== undefined)
      runBinding(scene, binding);
  for (const [key, values] of scene.annotations)
    context.audit?.(`${policy.metadata.name ?? ''}/${key}`, [...values].join(', '));
};

const validate = (request: AdmissionRequest, context: PluginContext): void => {
  const { lookup } = context;
  const policies = lookup.list('validatingadmissionpolicies.admissionregistration.k8s.io');
  if (policies.length === 0 || !isJudged(request)) return;
  const bindings = lookup.list('validatingadmissionpolicybindings.admissionregistration.k8s.io');
  if (bindings.length === 0) return;
  const namespace = request.namespace === '' ? undefined : lookup.get('namespaces', '', request.namespace);
  let refused: StatusError | undefined;
  for (const policy of policies) {
    const version = findResources(policy.spec?.matchConstraints, request, lookup);
    if (version === undefined) continue;
    const refuse: Scene['refuse'] = (denial, binding) => {
      refused ??= refusal(request, policy, binding, denial);
    };
    runPolicy({ request, context, policy, namespace, version, annotations: new Map(), refuse }, bindings);
  }
  // Every policy has its say, for its warnings and annotations; the first that refuses is the one that is told.
  if (refused !== undefined) throw refused;
};

/** Runs last among the validating plugins of upstream's list that judge objects. */
export const validatingAdmissionPolicy: AdmissionPlugin = {
  name: 'ValidatingAdmissionPolicy',
  operations: ['CREATE', 'UPDATE', 'DELETE', 'CONNECT'],
  resources: ['*'],
  validate,
};
