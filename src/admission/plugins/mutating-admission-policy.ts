/** MutatingAdmissionPolicies (apiserver pkg/admission/plugin/policy/mutating, 1.36). */

import type { Kind } from '../../kinds/define.ts';
import type {
  MutatingAdmissionPolicy,
  MutatingAdmissionPolicyBinding,
  Namespace,
} from '../../kinds/generated/types.ts';
import { CelError } from '../../machinery/cel/values.ts';
import { decodeValue } from '../../machinery/decode.ts';
import { cloneJson, deepEqual } from '../../machinery/deep.ts';
import type { Draft, KubeObject } from '../../machinery/object.ts';
import { pruneStructural } from '../../machinery/prune.ts';
import type { Schema } from '../../machinery/schema.ts';
import { makeStatus, StatusError } from '../../machinery/status.ts';
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
import { applyConfiguration, applyPatch, MutationError } from '../policies/mutate.ts';
import { ParamError, paramsOf } from '../policies/params.ts';
import type { AdmissionRequest } from '../request.ts';

type Policy = MutatingAdmissionPolicy;
type Binding = MutatingAdmissionPolicyBinding;

interface CompiledPolicy extends PolicyBase {
  readonly mutations: readonly { readonly isPatch: boolean; readonly expression: Expression }[];
}

const compiled = new WeakMap<Policy, CompiledPolicy>();

const compile = (policy: Policy): CompiledPolicy => {
  const known = compiled.get(policy);
  if (known !== undefined) return known;
  const { spec } = policy;
  const base = compileBase(spec.paramKind !== undefined, spec.matchConditions, spec.variables);
  const made: CompiledPolicy = {
    ...base,
    mutations: (spec.mutations ?? []).map(({ patchType, jsonPatch, applyConfiguration: apply }) => {
      const isPatch = patchType === 'JSONPatch';
      const source = (isPatch ? jsonPatch?.expression : apply?.expression) ?? '';
      const use = isPatch ? 'json-patch' : 'apply-configuration';
      return { isPatch, expression: compileExpression(source, use, base.scope) };
    }),
  };
  compiled.set(policy, made);
  return made;
};

const schemaOf = (kind: Kind): Schema =>
  kind.storageSchema?.() ??
  kind.served.find((served) => served.version === kind.storageVersion)?.schema ??
  kind.served[0]?.schema ?? { type: 'any' };

/** A changed object as its type reads it, with its defaults. */
const settle = (kind: Kind, object: Draft): Draft => {
  const { apiVersion, kind: name } = object;
  const decoded =
    kind.custom === true ? pruneStructural(object, schemaOf(kind)) : decodeValue(object, schemaOf(kind));
  if (!decoded.ok) throw new MutationError(decoded.error);
  const { draft } = decoded.value;
  draft['apiVersion'] = apiVersion;
  draft['kind'] = name;
  kind.defaults?.(draft);
  return draft;
};

/** Puts the fields of one draft into another that others hold on to. */
const replaceWith = (draft: Draft, next: Draft): void => {
  for (const name of Object.keys(draft)) if (!Object.hasOwn(next, name)) delete draft[name];
  Object.assign(draft, next);
};

const refusal = (request: AdmissionRequest, policy: Policy, binding: Binding, text: string): StatusError => {
  const { group, resource } = request.kind;
  const names = `'${policy.metadata.name ?? ''}' with binding '${binding.metadata.name ?? ''}'`;
  const message = `policy ${names} denied request: ${text}`;
  return new StatusError(
    makeStatus(403, 'Invalid', message, {
      name: nameOf(request),
      ...(group === '' ? {} : { group }),
      kind: resource,
      causes: [{ message }],
    }),
  );
};

interface Scene {
  readonly request: AdmissionRequest & { readonly object: Draft };
  readonly context: PluginContext;
  readonly policy: Policy;
  readonly binding: Binding;
  readonly namespace: Namespace | undefined;
}

/** One policy with one parameter: every mutation sees what those before it did. Throws the text of a failure. */
const mutateOnce = (
  { request, context, policy, namespace }: Scene,
  params: KubeObject | undefined,
): Draft => {
  const made = compile(policy);
  let current = cloneJson(request.object) as Draft;
  // What an expression gives is merged into the object as it is stored.
  const stored = { group: request.kind.group, version: request.kind.storageVersion };
  const activationOf = (): Activation =>
    new Activation(made, { ...request, object: current }, context, params, namespace, stored);
  const conditions = meetsConditions(made, activationOf());
  if (conditions.error !== undefined) throw new MutationError(conditions.error);
  if (!conditions.met) return current;
  for (const { isPatch, expression } of made.mutations) {
    let next: Draft;
    try {
      const value = activationOf().run(expression);
      next = isPatch
        ? applyPatch(current, value)
        : applyConfiguration(current, value, schemaOf(request.kind));
    } catch (error) {
      if (!(error instanceof CelError)) throw error;
      throw new MutationError(failureText(expression, error));
    }
    if (next !== current) current = settle(request.kind, next);
  }
  return current;
};

const runBinding = (scene: Scene): void => {
  const { request, context, policy, binding } = scene;
  try {
    const params = paramsOf(context.lookup, policy.spec.paramKind, binding.spec?.paramRef, request.namespace);
    for (const param of params) {
      const next = mutateOnce(scene, param);
      if (deepEqual(next, request.object)) continue;
      replaceWith(request.object, next);
      context.reinvoke?.();
    }
  } catch (error) {
    const isConfiguration = error instanceof ParamError;
    if (!isConfiguration && !(error instanceof MutationError)) throw error;
    if (policy.spec.failurePolicy === 'Ignore') return;
    const text = isConfiguration ? `failed to configure binding: ${error.message}` : error.message;
    throw refusal(request, policy, binding, text);
  }
};

const mutate = (request: AdmissionRequest, context: PluginContext): void => {
  const { lookup } = context;
  const { object } = request;
  if (object === undefined) return;
  const policies = lookup.list('mutatingadmissionpolicies.admissionregistration.k8s.io');
  if (policies.length === 0 || !isJudged(request)) return;
  const bindings = lookup.list('mutatingadmissionpolicybindings.admissionregistration.k8s.io');
  const namespace = request.namespace === '' ? undefined : lookup.get('namespaces', '', request.namespace);
  for (const policy of policies) {
    if (context.isSecond === true && policy.spec.reinvocationPolicy !== 'IfNeeded') continue;
    if (findResources(policy.spec.matchConstraints, request, lookup) === undefined) continue;
    for (const binding of bindings) {
      if (binding.spec?.policyName !== policy.metadata.name) continue;
      if (findResources(binding.spec?.matchResources, request, lookup) === undefined) continue;
      runBinding({ request: { ...request, object }, context, policy, binding, namespace });
    }
  }
};

/** Runs after the built-in mutators, which then see what it changed. */
export const mutatingAdmissionPolicy: AdmissionPlugin = {
  name: 'MutatingAdmissionPolicy',
  operations: ['CREATE', 'UPDATE', 'CONNECT'],
  resources: ['*'],
  mutate,
};
