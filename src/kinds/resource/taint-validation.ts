/** Taints of devices and their tolerations (upstream: pkg/apis/resource/validation, 1.36). */

import { duplicate, invalidValue, notSupported, required } from '../../machinery/field-error.ts';
import { labelValue } from '../../machinery/name-rules.ts';
import { checkEach, checkQualifiedName, checkRule, type Errors } from '../common/checks.ts';
import type { DeviceTaint, DeviceToleration } from '../generated/types.ts';
import { checkList } from './list-checks.ts';

const EFFECTS = ['NoExecute', 'NoSchedule', 'None'];
const OPERATORS = ['Equal', 'Exists'];
const MAX_CONDITIONS = 4;

/** One taint. */
export const checkDeviceTaint = (errors: Errors, path: string, taint: DeviceTaint): void => {
  const { key = '', value = '', effect = '' } = taint;
  checkQualifiedName(errors, `${path}.key`, key);
  if (value !== '') checkRule(errors, `${path}.value`, value, labelValue(value));
  if (effect === '') errors.push(required(`${path}.effect`));
  else if (!EFFECTS.includes(effect)) errors.push(notSupported(`${path}.effect`, effect, EFFECTS));
};

const checkOperator = (errors: Errors, path: string, operator: string, value: string): void => {
  const field = `${path}.value`;
  if (operator === 'Exists') {
    if (value !== '') errors.push(invalidValue(field, value, 'must be empty for operator `Exists`'));
  } else if (operator === 'Equal') checkRule(errors, field, value, labelValue(value));
  else if (operator === '') errors.push(required(`${path}.operator`));
  else errors.push(notSupported(`${path}.operator`, operator, OPERATORS));
};

/** Tolerations of a request. */
export const checkDeviceTolerations = (
  errors: Errors,
  path: string,
  tolerations: readonly DeviceToleration[] | undefined,
): void =>
  checkEach(errors, path, tolerations, (found, at, { key = '', operator = '', value = '', effect = '' }) => {
    if (key !== '') checkQualifiedName(found, `${at}.key`, key);
    checkOperator(found, at, operator, value);
    if (effect !== '' && !EFFECTS.includes(effect)) found.push(notSupported(`${at}.effect`, effect, EFFECTS));
  });

const checkUnique = (
  errors: Errors,
  path: string,
  names: readonly string[],
  others: readonly string[],
): void => {
  const seen = new Set<string>();
  checkEach(errors, path, names, (found, at, name) => {
    if (seen.has(name)) found.push(duplicate(at, name));
    seen.add(name);
    if (!others.includes(name)) return;
    const detail = 'bindingFailureConditions must not overlap with bindingConditions';
    found.push(invalidValue(at, name, detail));
  });
};

interface BindingParameters {
  readonly bindingConditions?: readonly string[];
  readonly bindingFailureConditions?: readonly string[];
}

/** Conditions a device waits for before a pod is bound, and those that make it give up: both or none. */
export const checkBindingParameters = (errors: Errors, path: string, parameters: BindingParameters): void => {
  const conditions = parameters.bindingConditions ?? [];
  const failures = parameters.bindingFailureConditions ?? [];
  const field = `${path}.bindingConditions`;
  const failureField = `${path}.bindingFailureConditions`;
  checkList(errors, field, conditions, MAX_CONDITIONS, checkQualifiedName);
  checkList(errors, failureField, failures, MAX_CONDITIONS, checkQualifiedName);
  checkUnique(errors, field, conditions, []);
  checkUnique(errors, failureField, failures, conditions);
  if (conditions.length === 0 && failures.length > 0) {
    const detail = 'bindingConditions are required to use bindingFailureConditions';
    errors.push(invalidValue(field, parameters.bindingConditions, detail));
  }
  if (failures.length === 0 && conditions.length > 0) {
    const detail = 'bindingFailureConditions are required to use bindingConditions';
    errors.push(invalidValue(failureField, parameters.bindingFailureConditions, detail));
  }
};
