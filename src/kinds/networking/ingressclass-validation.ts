/** Rules of ingress classes (upstream: pkg/apis/networking/validation, 1.36). */

import { utf8Length } from '../../machinery/deep.ts';
import {
  type FieldError,
  forbiddenField,
  notSupported,
  required,
  tooLong,
} from '../../machinery/field-error.ts';
import { dns1123Label, domainPrefixedPath } from '../../machinery/name-rules.ts';
import type { KubeObject } from '../../machinery/object.ts';
import {
  checkImmutable,
  checkPathSegment,
  checkPresent,
  checkRule,
  checkSubdomain,
  type Errors,
} from '../common/checks.ts';
import type { IngressClass, IngressClassParametersReference } from '../generated/types.ts';

const MAX_CONTROLLER_BYTES = 250;
const SCOPES = ['Cluster', 'Namespace'];

const checkNamespace = (errors: Errors, parameters: IngressClassParametersReference): void => {
  const field = 'spec.parameters.namespace';
  const { scope, namespace } = parameters;
  if (scope === 'Cluster') {
    if (typeof namespace === 'string')
      errors.push(forbiddenField(field, "`parameters.scope` is set to 'Cluster'"));
  } else if (typeof namespace !== 'string') {
    errors.push(required(field, "`parameters.scope` is set to 'Namespace'"));
  } else checkRule(errors, field, namespace, dns1123Label(namespace));
};

const checkParameters = (errors: Errors, parameters: IngressClassParametersReference): void => {
  const field = 'spec.parameters';
  const { apiGroup, kind, name, scope } = parameters;
  if (typeof apiGroup === 'string') checkSubdomain(errors, `${field}.apiGroup`, apiGroup);
  if (checkPresent(errors, `${field}.kind`, kind)) checkPathSegment(errors, `${field}.kind`, kind);
  const target = name ?? '';
  if (checkPresent(errors, `${field}.name`, target)) checkPathSegment(errors, `${field}.name`, target);
  if (typeof scope !== 'string') errors.push(required(`${field}.scope`));
  else if (!SCOPES.includes(scope)) errors.push(notSupported(`${field}.scope`, scope, SCOPES));
  else checkNamespace(errors, parameters);
};

/** Errors of a new ingress class. */
export const validateIngressClass = (object: KubeObject): FieldError[] => {
  const errors: FieldError[] = [];
  const { controller = '', parameters } = (object as IngressClass).spec ?? {};
  const field = 'spec.controller';
  if (checkPresent(errors, field, controller)) {
    if (utf8Length(controller) > MAX_CONTROLLER_BYTES) errors.push(tooLong(field, MAX_CONTROLLER_BYTES));
    checkRule(errors, field, controller, domainPrefixedPath(controller));
  }
  if (parameters) checkParameters(errors, parameters);
  return errors;
};

/** Errors of a changed ingress class: its controller stays. */
export const validateIngressClassUpdate = (object: KubeObject, old: KubeObject): FieldError[] => {
  const errors: FieldError[] = [];
  const controller = (object as IngressClass).spec?.controller ?? '';
  checkImmutable(errors, 'spec.controller', controller, (old as IngressClass).spec?.controller ?? '');
  return [...errors, ...validateIngressClass(object)];
};
