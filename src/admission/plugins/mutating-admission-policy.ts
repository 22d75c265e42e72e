/** MutatingAdmissionPolicies (apiserver pkg/admission/plugin/policy/mutating, 1.36). */

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
import { internalError, makeStatus, StatusError } from '../../machinery/status.ts';
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
import { ParamError, paramKindProblem, paramsOf } from '../policies/params.ts';
import type { AdmissionRequest } from '../request.ts';
import type { MatchedVersion } from '../rule-matching.ts';
import { atVersion, replaceWith, schemaAt, toStored } from '../versioned.ts';

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

/** One policy, one binding, one parameter, for the version the policy matches. */
interface Invocation {
  readonly policy: Policy;
  readonly binding: Binding;
  readonly version: MatchedVersion;
  readonly params: KubeObject | undefined;
}

/** What kept a policy from being carried out. */
interface Failure {
  readonly policy: Policy;
  readonly text: string;
  readonly reason: 'Forbidden' | 'Invalid';
}

const failure = (
  policy: Policy,
  binding: Binding | undefined,
  reason: Failure['reason'],
  text: string,
): Failure => {
  const name = policy.metadata.name ?? '';
  const by =
    binding === undefined ? JSON.stringify(name) : `'${name}' with binding '${binding.metadata.name ?? ''}'`;
  return { policy, text: `policy ${by} denied request: ${text}`, reason };
};

/** Every failure that counts is a cause; the first gives the message. */
const refusal = (request: AdmissionRequest, failures: readonly [Failure, ...Failure[]]): StatusError => {
  const { group, resource } = request.kind;
  const [{ text, reason }] = failures;
  return new StatusError(
    makeStatus(403, reason, text, {
      name: nameOf(request),
      ...(group === '' ? {} : { group }),
      kind: resource,
      causes: failures.map((failed) => ({ message: failed.text })),
    }),
  );
};

/** A request on its way through the policies. */
interface Scene {
  readonly request: AdmissionRequest;
  readonly context: PluginContext;
  readonly namespace: Namespace | undefined;
  readonly failures: Failure[];
}

const typeAt = (request: AdmissionRequest, version: MatchedVersion): Schema => {
  const schema = schemaAt(request, version);
  if (schema !== undefined) return schema;
  const { kind } = request.bodyKind ?? request.kind;
  const text = `${version.group}/${version.version}, Kind=${kind}`;
  throw new StatusError(
    makeStatus(
      503,
      'ServiceUnavailable',
      `Resource kind ${text} not found. There can be a delay between when CustomResourceDefinitions are created and when they are available.`,
    ),
  );
};

/** A changed object as its type reads it, with its defaults, as it is stored. Throws 500 for what no object can be. */
const settle = (request: AdmissionRequest, version: MatchedVersion, next: Draft): Draft => {
  const { kind, bodyKind } = request;
  const schema = typeAt(request, version);
  const decoded = kind.custom === true ? pruneStructural(next, schema) : decodeValue(next, schema);
  if (!decoded.ok) throw internalError(decoded.error);
  const { draft, unknown } = decoded.value;
  if (kind.custom !== true && unknown.length > 0) {
    const problems = unknown.map((path) => `unknown field "${path}"`);
    throw internalError(`strict decoding error: ${problems.join(', ')}`);
  }
  draft['apiVersion'] = next['apiVersion'];
  draft['kind'] = next['kind'];
  if (bodyKind !== undefined) return draft;
  const stored = toStored(draft, kind, version);
  kind.defaults?.(stored);
  return stored;
};

/** One mutation of an object as it is stored. Throws MutationError with the text of a failure. */
const mutateOnce = (
  { request, context, namespace }: Scene,
  { policy, params, version }: Invocation,
  { isPatch, expression }: CompiledPolicy['mutations'][number],
  current: Draft,
): Draft => {
  const { kind, bodyKind } = request;
  const shown = cloneJson(bodyKind === undefined ? atVersion(current, kind, version) : current) as Draft;
  const seen = { ...request, object: current };
  try {
    const value = new Activation(compile(policy), seen, context, params, namespace, version).run(expression);
    const next = isPatch
      ? applyPatch(shown, value)
      : applyConfiguration(shown, value, typeAt(request, version));
    return next === shown ? current : settle(request, version, next);
  } catch (error) {
    if (!(error instanceof CelError)) throw error;
    throw new MutationError(failureText(expression, error));
  }
};

/** All mutations of one invocation, in order; one that fails is left out. */
const mutateAll = (scene: Scene, invocation: Invocation, object: Draft): Draft => {
  let current = object;
  for (const mutation of compile(invocation.policy).mutations) {
    try {
      current = mutateOnce(scene, invocation, mutation, current);
    } catch (error) {
      if (!(error instanceof MutationError)) throw error;
      scene.failures.push(failure(invocation.policy, invocation.binding, 'Invalid', error.message));
    }
  }
  return current;
};

/** Invocations of policies that want to see the object again, of each request. */
const reinvocable = new WeakMap<AdmissionRequest, Set<string>>();

const keyOf = ({ policy, binding, params }: Invocation): string =>
  [policy.metadata.name, binding.metadata.name, params?.metadata.namespace, params?.metadata.name].join('/');

const invokeAll = (scene: Scene, invocations: readonly Invocation[], object: Draft): Draft => {
  const { request, context, namespace, failures } = scene;
  const again = reinvocable.get(request) ?? new Set<string>();
  reinvocable.set(request, again);
  let current = object;
  for (const invocation of invocations) {
    const { policy, binding, params, version } = invocation;
    const made = compile(policy);
    const seen = { ...request, object: current };
    const { met, error } = meetsConditions(
      made,
      new Activation(made, seen, context, params, namespace, version),
    );
    if (error !== undefined) failures.push(failure(policy, binding, 'Invalid', error));
    if (!met || (context.isSecond === true && !again.has(keyOf(invocation)))) continue;
    current = mutateAll(scene, invocation, current);
    if (policy.spec.reinvocationPolicy === 'IfNeeded') again.add(keyOf(invocation));
  }
  return current;
};

const invocationsOf = (
  { request, context, failures }: Scene,
  policy: Policy,
  bindings: readonly Binding[],
): readonly Invocation[] => {
  const { lookup } = context;
  const version = findResources(policy.spec.matchConstraints, request, lookup);
  const bound = bindings.filter((binding) => binding.spec?.policyName === policy.metadata.name);
  if (version === undefined || bound.length === 0) return [];
  const { paramKind } = policy.spec;
  const problem = paramKindProblem(lookup, paramKind);
  if (problem !== undefined) {
    failures.push(failure(policy, undefined, 'Forbidden', `failed to configure policy: ${problem}`));
    return [];
  }
  return bound.flatMap((binding) => {
    if (findResources(binding.spec?.matchResources, request, lookup) === undefined) return [];
    try {
      return paramsOf(lookup, paramKind, binding.spec?.paramRef, request.namespace).map((params) => ({
        policy,
        binding,
        version,
        params,
      }));
    } catch (error) {
      if (!(error instanceof ParamError)) throw error;
      failures.push(failure(policy, binding, 'Forbidden', `failed to configure binding: ${error.message}`));
      return [];
    }
  });
};

const mutate = (request: AdmissionRequest, context: PluginContext): void => {
  const { lookup } = context;
  const { object } = request;
  if (object === undefined) return;
  const policies = lookup.list('mutatingadmissionpolicies.admissionregistration.k8s.io');
  if (policies.length === 0 || !isJudged(request)) return;
  const bindings = lookup.list('mutatingadmissionpolicybindings.admissionregistration.k8s.io');
  const namespace = request.namespace === '' ? undefined : lookup.get('namespaces', '', request.namespace);
  const scene: Scene = { request, context, namespace, failures: [] };
  // Who is concerned is decided before anything is changed.
  const invocations = policies.flatMap((policy) => invocationsOf(scene, policy, bindings));
  const next = invokeAll(scene, invocations, object);
  const [first, ...others] = scene.failures.filter(({ policy }) => policy.spec.failurePolicy !== 'Ignore');
  if (first !== undefined) throw refusal(request, [first, ...others]);
  if (deepEqual(next, object)) return;
  replaceWith(object, next);
  context.reinvoke?.();
};

/** Runs after the built-in mutators, which then see what it changed. */
export const mutatingAdmissionPolicy: AdmissionPlugin = {
  name: 'MutatingAdmissionPolicy',
  operations: ['CREATE', 'UPDATE', 'CONNECT'],
  resources: ['*'],
  mutate,
};
