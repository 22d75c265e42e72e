/** How much of a shared device's capacity may be asked for (upstream: pkg/apis/resource/validation, 1.36). */

import { duplicate, forbiddenField, invalidValue, required, tooMany } from '../../machinery/field-error.ts';
import {
  addQuantity,
  compareQuantity,
  echoQuantity,
  printQuantity,
  type Quantity,
  quantityOf,
  quantityValue,
} from '../../machinery/quantity.ts';
import { checkEach, type Errors } from '../common/checks.ts';
import type { CapacityRequestPolicy, CapacityRequestPolicyRange } from '../generated/types.ts';

const MAX_OPTIONS = 10;

const isLess = (left: Quantity, right: Quantity): boolean => compareQuantity(left, right) < 0;

const checkValues = (
  errors: Errors,
  path: string,
  values: readonly string[],
  capacity: Quantity,
  preset: Quantity,
): void => {
  const options = values.map(quantityOf);
  options.forEach((option, index) => {
    const before = options[index - 1];
    if (before === undefined || !isLess(option, before)) return;
    errors.push(
      invalidValue(`${path}[${index}]`, echoQuantity(option), 'values must be sorted in ascending order'),
    );
  });
  if (options.length > MAX_OPTIONS) errors.push(tooMany(path, options.length, MAX_OPTIONS));
  else {
    checkEach(errors, path, options, (found, at, option) => {
      if (!isLess(capacity, option)) return;
      const detail = `option is larger than capacity value: ${echoQuantity(capacity)}`;
      found.push(invalidValue(at, echoQuantity(option), detail));
    });
    const seen = new Set<number>();
    checkEach(errors, path, options, (found, at, option) => {
      const value = quantityValue(option);
      if (seen.has(value)) found.push(duplicate(at, String(value)));
      seen.add(value);
    });
  }
  if (options.some((option) => compareQuantity(option, preset) === 0)) return;
  const detail = 'default value is not valid according to the requestPolicy';
  errors.push(invalidValue(path, echoQuantity(preset), detail));
};

const checkMultiple = (
  errors: Errors,
  path: string,
  value: Quantity,
  min: Quantity,
  step: Quantity,
): void => {
  const size = quantityValue(step);
  if (size !== 0 && (quantityValue(value) - quantityValue(min)) % size === 0) return;
  const detail = `value is not a multiple of a given step (${echoQuantity(step)}) from (${echoQuantity(min)})`;
  errors.push(invalidValue(path, echoQuantity(value), detail));
};

const checkMax = (
  errors: Errors,
  path: string,
  max: Quantity,
  min: Quantity,
  capacity: Quantity,
  preset: Quantity,
): void => {
  const text = echoQuantity(max);
  if (isLess(max, min)) errors.push(invalidValue(path, echoQuantity(min), `min is larger than max: ${text}`));
  if (isLess(capacity, max)) {
    errors.push(invalidValue(path, text, `max is larger than capacity value: ${echoQuantity(capacity)}`));
  }
  if (isLess(max, preset))
    errors.push(invalidValue(path, echoQuantity(preset), `default is more than max: ${text}`));
};

const checkRange = (
  errors: Errors,
  path: string,
  range: CapacityRequestPolicyRange,
  capacity: Quantity,
  preset: Quantity,
): void => {
  if (!range.min) {
    errors.push(required(`${path}.min`, 'required when validRange is defined'));
    return;
  }
  const min = quantityOf(range.min);
  if (isLess(capacity, min)) {
    const detail = `min is larger than capacity value: ${echoQuantity(capacity)}`;
    errors.push(invalidValue(`${path}.min`, echoQuantity(min), detail));
  }
  if (isLess(preset, min)) {
    errors.push(
      invalidValue(`${path}.min`, echoQuantity(preset), `default is less than min: ${echoQuantity(min)}`),
    );
  }
  const max = range.max === undefined ? undefined : quantityOf(range.max);
  if (max) checkMax(errors, `${path}.max`, max, min, capacity, preset);
  if (range.step === undefined) return;
  const step = quantityOf(range.step);
  const first = addQuantity(min, step);
  if (isLess(capacity, first)) {
    const detail = `one step ${printQuantity(first)} is larger than capacity value: ${echoQuantity(capacity)}`;
    errors.push(invalidValue(`${path}.step`, echoQuantity(step), detail));
  }
  checkMultiple(errors, `${path}.step`, preset, min, step);
  if (max) checkMultiple(errors, `${path}.step`, max, min, step);
};

/** A policy of listed values or of a range, with a default among them. */
export const checkRequestPolicy = (
  errors: Errors,
  path: string,
  value: string | undefined,
  policy: CapacityRequestPolicy,
): void => {
  const values = policy.validValues ?? [];
  const { validRange: range } = policy;
  if (values.length > 0 && range !== undefined) {
    const detail =
      'exactly one policy can be specified, cannot specify "validValues" and "validRange" at the same time';
    errors.push(forbiddenField(path, detail));
    return;
  }
  if (values.length === 0 && range === undefined) return;
  const kind = range === undefined ? 'validValues' : 'validRange';
  if (typeof policy.default !== 'string') {
    errors.push(required(`${path}.default`, `required when ${kind} is defined`));
    return;
  }
  const [capacity, preset] = [quantityOf(value), quantityOf(policy.default)];
  if (range === undefined) checkValues(errors, `${path}.validValues`, values, capacity, preset);
  else checkRange(errors, `${path}.validRange`, range, capacity, preset);
};
