/** What validating and mutating policies share (upstream: pkg/apis/admissionregistration/validation, 1.36). */

import { forbiddenField, invalidValue, notSupported, required } from '../../machinery/field-error.ts';
import { dns1035Label, dns1123Subdomain } from '../../machinery/name-rules.ts';
import { checkEach, checkPathSegment, checkPresent, checkSubdomain, type Errors } from '../common/checks.ts';
import { checkLabelSelector } from '../common/label-selector-validation.ts';
import type { MatchResources, ParamKind, ParamRef, Variable } from '../generated/types.ts';
import { checkExpression, type ExpressionScope } from './expression-validation.ts';
import { checkMatchResources } from './rule-validation.ts';

const checkGroupVersion = (errors: Errors, path: string, text: string): void => {
  const parts = text === '/' ? ['', ''] : text.split('/');
  if (parts.length > 2) {
    errors.push(invalidValue(path, text, `unexpected GroupVersion string: ${text}`));
    return;
  }
  const [group = '', version = ''] = parts.length === 2 ? parts : ['', parts[0] ?? ''];
  const groupErrors = group === '' ? [] : dns1123Subdomain(group);
  if (groupErrors.length > 0) errors.push(invalidValue(path, group, groupErrors.join(',')));
  if (version === '') {
    errors.push(invalidValue(path, text, 'version must be specified'));
    return;
  }
  const versionErrors = dns1035Label(version);
  if (versionErrors.length > 0) errors.push(invalidValue(path, version, versionErrors.join(',')));
};

/** The kind of a policy's parameters; absent is fine. */
export const checkParamKind = (errors: Errors, path: string, paramKind: ParamKind | undefined): void => {
  if (paramKind === undefined) return;
  const { apiVersion = '', kind = '' } = paramKind;
  if (checkPresent(errors, `${path}.apiVersion`, apiVersion)) {
    checkGroupVersion(errors, `${path}.apiVersion`, apiVersion);
  }
  if (!checkPresent(errors, `${path}.kind`, kind)) return;
  const messages = dns1035Label(kind.toLowerCase());
  if (messages.length === 0) return;
  const detail = `may have mixed case, but should otherwise match: ${messages.join(',')}`;
  errors.push(invalidValue(`${path}.kind`, kind, detail));
};

/** What a policy is about: rules there must be, because they say of which types the expressions speak. */
export const checkConstraints = (
  errors: Errors,
  path: string,
  constraints: MatchResources | undefined,
): void => {
  if (constraints === undefined) {
    errors.push(required(path));
    return;
  }
  checkMatchResources(errors, path, constraints);
  if ((constraints.resourceRules ?? []).length === 0) errors.push(required(`${path}.resourceRules`));
};

const IDENTIFIER = /^[_a-zA-Z][_a-zA-Z0-9]*$/;
const RESERVED = new Set([
  'in',
  'as',
  'break',
  'const',
  'continue',
  'else',
  'for',
  'function',
  'if',
  'import',
  'let',
  'loop',
  'package',
  'namespace',
  'return',
  'var',
  'void',
  'while',
  'true',
  'false',
  'null',
]);

/** Variables, each of which may use those before it. */
export const checkVariables = (
  errors: Errors,
  path: string,
  variables: readonly Variable[] | undefined,
  scope: ExpressionScope,
): void => {
  if ((variables?.length ?? 0) > 0) scope.declares = true;
  checkEach(errors, path, variables, (found, at, { name = '', expression = '' }) => {
    const before = found.length;
    if (name.trim() === '') found.push(required(`${at}.name`, 'name is not specified'));
    else if (!IDENTIFIER.test(name) || RESERVED.has(name)) {
      found.push(invalidValue(`${at}.name`, name, 'must be a valid CEL identifier'));
    }
    if (expression.trim() === '') {
      found.push(required(`${at}.expression`, 'expression is not specified'));
      return;
    }
    // A variable whose text does not compile is declared all the same.
    const isNamed = found.length === before;
    checkExpression(found, `${at}.expression`, expression, 'variable', scope);
    if (isNamed) scope.variables.push({ name, expression });
  });
};

const EXCLUSIVE = 'name and selector are mutually exclusive';

/** The parameters a binding gives its policy; absent is fine. */
export const checkParamRef = (errors: Errors, path: string, ref: ParamRef | undefined): void => {
  if (ref === undefined) return;
  const { name = '', selector, parameterNotFoundAction: action = '' } = ref;
  if (name !== '') {
    checkPathSegment(errors, `${path}.name`, name);
    if (selector) errors.push(forbiddenField(`${path}.name`, EXCLUSIVE));
  }
  if (selector) {
    checkLabelSelector(errors, `${path}.selector`, selector);
    if (name !== '') errors.push(forbiddenField(`${path}.selector`, EXCLUSIVE));
  }
  if (name === '' && !selector) errors.push(required(path, 'one of name or selector must be specified'));
  if (!checkPresent(errors, `${path}.parameterNotFoundAction`, action)) return;
  const actions = ['Deny', 'Allow'];
  if (!actions.includes(action)) {
    errors.push(notSupported(`${path}.parameterNotFoundAction`, action, actions));
  }
};

/** The policy a binding is of. */
export const checkPolicyName = (errors: Errors, path: string, name: string | undefined): void => {
  if (checkPresent(errors, path, name)) checkSubdomain(errors, path, name);
};
