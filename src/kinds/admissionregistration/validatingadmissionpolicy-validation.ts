/** Rules of validating policies and their bindings (upstream: pkg/apis/admissionregistration/validation, 1.36). */

import { utf8Length } from '../../machinery/deep.ts';
import {
  duplicate,
  type FieldError,
  invalidValue,
  notSupported,
  required,
} from '../../machinery/field-error.ts';
import type { KubeObject } from '../../machinery/object.ts';
import { checkEach, checkPresent, checkQualifiedName, type Errors } from '../common/checks.ts';
import { sameValue } from '../common/draft.ts';
import type {
  AuditAnnotation,
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
  ValidatingAdmissionPolicySpec,
  Validation,
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

const REASONS = ['Forbidden', 'Invalid', 'RequestEntityTooLarge'];
const ACTIONS = ['Audit', 'Deny', 'Warn'];
const MAX_ANNOTATIONS = 20;
const MAX_ANNOTATION_BYTES = 5 * 1024;
const NOTHING_TO_DO = 'validations or auditAnnotations must contain at least one item';

const checkMessage = (errors: Errors, path: string, message: string): void => {
  const text = message.trim();
  if (message !== '' && text === '') {
    errors.push(invalidValue(path, message, 'message must be non-empty if specified'));
  } else if (/[\r\n]/.test(text)) errors.push(invalidValue(path, message, 'must not contain line breaks'));
};

const checkValidation =
  (scope: ExpressionScope) =>
  (errors: Errors, path: string, validation: Validation): void => {
    const { expression = '', messageExpression = '', message = '', reason } = validation;
    if (expression.trim() === '') {
      errors.push(required(`${path}.expression`, 'expression is not specified'));
    } else checkExpression(errors, `${path}.expression`, expression, 'validation', scope);
    const field = `${path}.messageExpression`;
    if (messageExpression.trim() !== '') checkExpression(errors, field, messageExpression, 'message', scope);
    else if (messageExpression !== '') {
      errors.push(invalidValue(field, messageExpression, 'must be non-empty if specified'));
    }
    checkMessage(errors, `${path}.message`, message);
    checkChoice(errors, `${path}.reason`, reason, REASONS);
  };

const checkAnnotation = (
  errors: Errors,
  path: string,
  { key = '', valueExpression: value = '' }: AuditAnnotation,
  policy: string,
  scope: ExpressionScope,
): void => {
  if (policy !== '') checkQualifiedName(errors, `${path}.key`, `${policy}/${key}`);
  else errors.push(invalidValue(`${path}.key`, key, 'requires metadata.name be non-empty'));
  const field = `${path}.valueExpression`;
  if (value.trim() === '') errors.push(required(field, 'valueExpression is not specified'));
  else if (utf8Length(value) > MAX_ANNOTATION_BYTES) {
    errors.push(required(field, `must not exceed ${MAX_ANNOTATION_BYTES} bytes in length`));
  } else checkExpression(errors, field, value, 'audit-annotation', scope);
};

const checkAnnotations = (
  errors: Errors,
  annotations: readonly AuditAnnotation[] | undefined,
  policy: string,
  scope: ExpressionScope,
): void => {
  const field = 'spec.auditAnnotations';
  if (annotations && annotations.length > MAX_ANNOTATIONS) {
    errors.push(
      invalidValue(field, annotations, `must not have more than ${MAX_ANNOTATIONS} auditAnnotations`),
    );
  }
  const keys = new Set<string>();
  checkEach(errors, field, annotations, (found, path, annotation) => {
    checkAnnotation(found, path, annotation, policy, scope);
    const { key = '' } = annotation;
    if (keys.has(key)) found.push(duplicate(`${path}.key`, key));
    keys.add(key);
  });
};

type Spec = Partial<ValidatingAdmissionPolicySpec>;

const check = (object: KubeObject, stored: ReadonlySet<string>, matchConditions: boolean): FieldError[] => {
  const errors: FieldError[] = [];
  const spec: Spec = (object as ValidatingAdmissionPolicy).spec ?? {};
  const scope: ExpressionScope = { hasParams: spec.paramKind !== undefined, variables: [], stored };
  if (spec.failurePolicy === undefined) errors.push(required('spec.failurePolicy'));
  checkChoice(errors, 'spec.failurePolicy', spec.failurePolicy, FAILURE_POLICIES);
  checkParamKind(errors, 'spec.paramKind', spec.paramKind);
  checkConstraints(errors, 'spec.matchConstraints', spec.matchConstraints);
  if (matchConditions) checkMatchConditions(errors, 'spec.matchConditions', spec.matchConditions, scope);
  checkVariables(errors, 'spec.variables', spec.variables, scope);
  if ((spec.validations ?? []).length + (spec.auditAnnotations ?? []).length === 0) {
    errors.push(
      required('spec.validations', NOTHING_TO_DO),
      required('spec.auditAnnotations', NOTHING_TO_DO),
    );
    return errors;
  }
  checkEach(errors, 'spec.validations', spec.validations, checkValidation(scope));
  checkAnnotations(errors, spec.auditAnnotations, object.metadata.name ?? '', scope);
  return errors;
};

/** Errors of a new policy. */
export const validateValidatingPolicy = (object: KubeObject): FieldError[] => check(object, new Set(), true);

const expressionsOf = (spec: Spec): ReadonlySet<string> =>
  new Set([
    ...(spec.matchConditions ?? []).map(({ expression }) => expression),
    ...(spec.validations ?? []).flatMap((one) => [one.expression, one.messageExpression ?? '']),
    ...(spec.auditAnnotations ?? []).map(({ valueExpression }) => valueExpression),
  ]);

/** Errors of a changed policy. */
export const validateValidatingPolicyUpdate = (object: KubeObject, before: KubeObject): FieldError[] => {
  const spec: Spec = (object as ValidatingAdmissionPolicy).spec ?? {};
  const old: Spec = (before as ValidatingAdmissionPolicy).spec ?? {};
  const kept =
    sameValue(spec.paramKind, old.paramKind) && sameValue(spec.matchConditions, old.matchConditions);
  return check(object, expressionsOf(old), !kept);
};

/** Errors of a changed status. */
export const validateValidatingPolicyStatus = (object: KubeObject): FieldError[] => {
  const errors: FieldError[] = [];
  const { status } = object as ValidatingAdmissionPolicy;
  const warnings = status?.typeChecking?.expressionWarnings;
  checkEach(
    errors,
    'status.typeChecking.expressionWarnings',
    warnings,
    (found, path, { fieldRef, warning }) => {
      checkPresent(found, `${path}.fieldRef`, fieldRef);
      checkPresent(found, `${path}.warning`, warning);
    },
  );
  return errors;
};

const checkActions = (errors: Errors, path: string, actions: readonly string[]): void => {
  const seen = new Set<string>();
  checkEach(errors, path, actions, (found, at, action) => {
    if (!ACTIONS.includes(action)) found.push(notSupported(at, action, ACTIONS));
    if (seen.has(action)) found.push(duplicate(at, action));
    seen.add(action);
  });
  if (seen.has('Deny') && seen.has('Warn')) {
    const detail =
      'must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)';
    errors.push(invalidValue(path, actions, detail));
  }
  if (seen.size === 0) errors.push(required(path, 'at least one validation action is required'));
};

/** Errors of a binding, new or changed. */
export const validateValidatingBinding = (object: KubeObject): FieldError[] => {
  const errors: FieldError[] = [];
  const { policyName, paramRef, matchResources, validationActions } =
    (object as ValidatingAdmissionPolicyBinding).spec ?? {};
  checkPolicyName(errors, 'spec.policyName', policyName);
  checkParamRef(errors, 'spec.paramRef', paramRef);
  checkMatchResources(errors, 'spec.matchResources', matchResources);
  checkActions(errors, 'spec.validationActions', validationActions ?? []);
  return errors;
};
