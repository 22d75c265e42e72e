/** Rules of mutating policies and their bindings (upstream: pkg/apis/admissionregistration/validation, 1.36). */

import { type FieldError, forbiddenField, notSupported, required } from '../../machinery/field-error.ts';
import type { KubeObject } from '../../machinery/object.ts';
import { checkEach, checkPresent, type Errors } from '../common/checks.ts';
import { sameValue } from '../common/draft.ts';
import type {
  MatchResources,
  MutatingAdmissionPolicy,
  MutatingAdmissionPolicyBinding,
  MutatingAdmissionPolicySpec,
  Mutation,
} from '../generated/types.ts';
import { checkExpression, checkMatchConditions, type ExpressionScope } from './expression-validation.ts';
import {
  checkConstraints,
  checkParamKind,
  checkParamRef,
  checkPolicyName,
  checkVariables,
} from './policy-parts-validation.ts';
import { checkChoice, checkMatchResources, FAILURE_POLICIES } from './rule-validation.ts';

/** What is deleted cannot be changed any more. */
const OPERATIONS = ['*', 'CONNECT', 'CREATE', 'UPDATE'];
const REINVOCATIONS = ['IfNeeded', 'Never'];
const PATCH_TYPES = ['ApplyConfiguration', 'JSONPatch'];

const checkOperations = (errors: Errors, constraints: MatchResources | undefined): void => {
  for (const { operations } of constraints?.resourceRules ?? []) {
    for (const operation of operations ?? []) {
      if (OPERATIONS.includes(operation)) continue;
      errors.push(notSupported('spec.matchConstraints.resourceRules.operations', operation, OPERATIONS));
    }
  }
};

const PARTS = {
  ApplyConfiguration: { field: 'applyConfiguration', other: 'jsonPatch', use: 'apply-configuration' },
  JSONPatch: { field: 'jsonPatch', other: 'applyConfiguration', use: 'json-patch' },
} as const;

const isPatchType = (type: string): type is keyof typeof PARTS => Object.hasOwn(PARTS, type);

const checkMutation =
  (scope: ExpressionScope) =>
  (errors: Errors, path: string, mutation: Mutation): void => {
    const { patchType = '' } = mutation;
    if (!checkPresent(errors, `${path}.patchType`, patchType)) return;
    if (!isPatchType(patchType)) {
      errors.push(notSupported(`${path}.patchType`, patchType, PATCH_TYPES));
      return;
    }
    const { field, other, use } = PARTS[patchType];
    const patch = mutation[field];
    const at = `${path}.${field}`;
    if (patch === undefined) errors.push(required(at, `must be specified when patchType is ${patchType}`));
    else if ((patch.expression ?? '').trim() === '') errors.push(required(`${at}.expression`));
    else checkExpression(errors, `${at}.expression`, patch.expression ?? '', use, scope);
    if (mutation[other] === undefined) return;
    errors.push(forbiddenField(`${path}.${other}`, `must not be specified when patchType is ${patchType}`));
  };

type Spec = Partial<MutatingAdmissionPolicySpec>;

const check = (object: KubeObject, stored: ReadonlySet<string>, matchConditions: boolean): FieldError[] => {
  const errors: FieldError[] = [];
  const spec: Spec = (object as MutatingAdmissionPolicy).spec ?? {};
  const scope: ExpressionScope = { hasParams: spec.paramKind !== undefined, variables: [], stored };
  if (spec.failurePolicy === undefined) errors.push(required('spec.failurePolicy'));
  checkChoice(errors, 'spec.failurePolicy', spec.failurePolicy, FAILURE_POLICIES);
  checkParamKind(errors, 'spec.paramKind', spec.paramKind);
  checkConstraints(errors, 'spec.matchConstraints', spec.matchConstraints);
  checkOperations(errors, spec.matchConstraints);
  if (matchConditions) checkMatchConditions(errors, 'spec.matchConditions', spec.matchConditions, scope);
  checkVariables(errors, 'spec.variables', spec.variables, scope);
  const mutations = spec.mutations ?? [];
  if (mutations.length === 0) {
    errors.push(required('spec.mutations', 'mutations must contain at least one item'));
  }
  checkEach(errors, 'spec.mutations', mutations, checkMutation(scope));
  const { reinvocationPolicy } = spec;
  if (checkPresent(errors, 'spec.reinvocationPolicy', reinvocationPolicy)) {
    checkChoice(errors, 'spec.reinvocationPolicy', reinvocationPolicy, REINVOCATIONS);
  }
  return errors;
};

/** Errors of a new policy. */
export const validateMutatingPolicy = (object: KubeObject): FieldError[] => check(object, new Set(), true);

const expressionsOf = (spec: Spec): ReadonlySet<string> =>
  new Set([
    ...(spec.matchConditions ?? []).map(({ expression }) => expression),
    ...(spec.mutations ?? []).flatMap(({ applyConfiguration, jsonPatch }) => [
      applyConfiguration?.expression ?? '',
      jsonPatch?.expression ?? '',
    ]),
  ]);

/** Errors of a changed policy. */
export const validateMutatingPolicyUpdate = (object: KubeObject, before: KubeObject): FieldError[] => {
  const spec: Spec = (object as MutatingAdmissionPolicy).spec ?? {};
  const old: Spec = (before as MutatingAdmissionPolicy).spec ?? {};
  const kept =
    sameValue(spec.paramKind, old.paramKind) && sameValue(spec.matchConditions, old.matchConditions);
  return check(object, expressionsOf(old), !kept);
};

/** Errors of a binding, new or changed. */
export const validateMutatingBinding = (object: KubeObject): FieldError[] => {
  const errors: FieldError[] = [];
  const { policyName, paramRef, matchResources } = (object as MutatingAdmissionPolicyBinding).spec ?? {};
  checkPolicyName(errors, 'spec.policyName', policyName);
  checkParamRef(errors, 'spec.paramRef', paramRef);
  checkMatchResources(errors, 'spec.matchResources', matchResources);
  return errors;
};
