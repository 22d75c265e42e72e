/** Rules of limit ranges (pkg/apis/core/validation, 1.36). */

import {
  duplicate,
  type FieldError,
  forbiddenField,
  invalidValue,
  required,
} from '../../machinery/field-error.ts';
import type { KubeObject } from '../../machinery/object.ts';
import {
  compareQuantity,
  type Quantity,
  quantityMilli,
  quantityOf,
  quantityValue,
} from '../../machinery/quantity.ts';
import { checkEach, checkQualifiedName, type Errors, type TextMap } from '../common/checks.ts';
import type { LimitRange, LimitRangeItem } from '../generated/types.ts';
import {
  checkContainerResourceName,
  checkResourceName,
  isOvercommittable,
  shownAmount,
} from './resource-names.ts';

const TYPES = ['Pod', 'Container', 'PersistentVolumeClaim'];

const checkType = (errors: Errors, path: string, type: string): void => {
  const before = errors.length;
  checkQualifiedName(errors, path, type);
  if (errors.length > before || type.includes('/') || TYPES.includes(type)) return;
  errors.push(invalidValue(path, type, 'must be a standard limit type or fully qualified'));
};

const checkName = (errors: Errors, path: string, type: string, name: string): void => {
  if (type === 'Pod' || type === 'Container') checkContainerResourceName(errors, path, name);
  else checkResourceName(errors, path, name);
};

interface Amount {
  readonly quantity: Quantity;
  /** As a refusal shows it. */
  readonly shown: string;
}

const amountIn = (list: TextMap | undefined, name: string): Amount | undefined => {
  const text = list?.[name];
  return text === undefined ? undefined : { quantity: quantityOf(text), shown: shownAmount(String(text)) };
};

const exceeds = (left: Amount | undefined, right: Amount | undefined): boolean =>
  left !== undefined && right !== undefined && compareQuantity(left.quantity, right.quantity) > 0;

/** Go's `%f`. */
const printFloat = (value: number): string => {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  return value.toFixed(6);
};

const MAX_MILLI_VALUE = 2 ** 63 / 1000;

/** Upstream divides thousandths, or whole units where those would not fit. */
const quotient = (
  most: Quantity,
  least: Quantity,
  ratio: Quantity,
): readonly [limit: number, ratio: number] => {
  const large = [most, least, ratio].some((quantity) => quantityValue(quantity) >= MAX_MILLI_VALUE);
  if (large) return [quantityValue(most) / quantityValue(least), quantityValue(ratio)];
  return [quantityMilli(most) / quantityMilli(least), quantityMilli(ratio) / 1000];
};

const checkRatio = (errors: Errors, path: string, name: string, item: LimitRangeItem): void => {
  const ratio = amountIn(item.maxLimitRequestRatio, name);
  if (ratio === undefined) return;
  const at = `${path}.maxLimitRequestRatio[${name}]`;
  if (ratio.quantity.nano < 1_000_000_000n) {
    errors.push(invalidValue(at, ratio.shown, `ratio ${ratio.shown} is less than 1`));
  }
  const [least, most] = [amountIn(item.min, name), amountIn(item.max, name)];
  if (least === undefined || most === undefined) return;
  const [limit, wanted] = quotient(most.quantity, least.quantity, ratio.quantity);
  if (wanted > limit) {
    const detail = `ratio ${ratio.shown} is greater than max/min = ${printFloat(limit)}`;
    errors.push(invalidValue(at, ratio.shown, detail));
  }
};

/** How the amounts of one resource relate. Which amount a refusal shows is as upstream has it. */
const checkAmounts = (errors: Errors, path: string, name: string, item: LimitRangeItem): void => {
  const isPod = item.type === 'Pod';
  const [least, most] = [amountIn(item.min, name), amountIn(item.max, name)];
  const limit = isPod ? undefined : amountIn(item.default, name);
  const request = isPod ? undefined : amountIn(item.defaultRequest, name);
  const refuse = (field: string, shown: Amount | undefined, detail: string): void => {
    errors.push(invalidValue(`${path}.${field}[${name}]`, shown?.shown, detail));
  };
  if (exceeds(least, most))
    refuse('min', least, `min value ${least?.shown} is greater than max value ${most?.shown}`);
  if (exceeds(least, request)) {
    refuse(
      'defaultRequest',
      request,
      `min value ${least?.shown} is greater than default request value ${request?.shown}`,
    );
  }
  if (exceeds(request, most)) {
    refuse(
      'defaultRequest',
      request,
      `default request value ${request?.shown} is greater than max value ${most?.shown}`,
    );
  }
  if (exceeds(request, limit)) {
    const detail = `default request value ${request?.shown} is greater than default limit value ${limit?.shown}`;
    refuse('defaultRequest', request, detail);
  }
  if (exceeds(least, limit)) {
    refuse('default', least, `min value ${least?.shown} is greater than default value ${limit?.shown}`);
  }
  if (exceeds(limit, most)) {
    refuse('default', most, `default value ${limit?.shown} is greater than max value ${most?.shown}`);
  }
  checkRatio(errors, path, name, item);
  if (isOvercommittable(name) || limit === undefined || request === undefined) return;
  if (compareQuantity(limit.quantity, request.quantity) === 0) return;
  refuse(
    'defaultRequest',
    request,
    `default value ${limit.shown} must equal to defaultRequest value ${request.shown} in ${name}`,
  );
};

const checkDefaults = (errors: Errors, path: string, item: LimitRangeItem): void => {
  for (const field of ['default', 'defaultRequest'] as const) {
    const list = item[field];
    const names = Object.keys(list ?? {}).sort();
    if (item.type !== 'Pod') {
      for (const name of names) checkName(errors, `${path}.${field}[${name}]`, item.type ?? '', name);
    } else if (names.length > 0) {
      errors.push(forbiddenField(`${path}.${field}`, "may not be specified when `type` is 'Pod'"));
    }
  }
};

const checkItem = (errors: Errors, path: string, item: LimitRangeItem): void => {
  const type = item.type ?? '';
  const names = new Set<string>();
  const collect = (list: TextMap | undefined): string[] => {
    const own = Object.keys(list ?? {}).sort();
    for (const name of own) names.add(name);
    return own;
  };
  for (const field of ['max', 'min'] as const) {
    for (const name of collect(item[field])) checkName(errors, `${path}.${field}[${name}]`, type, name);
  }
  checkDefaults(errors, path, item);
  if (type !== 'Pod') [item.default, item.defaultRequest].forEach(collect);
  if (type === 'PersistentVolumeClaim' && !item.min?.['storage'] && !item.max?.['storage']) {
    const detail = 'either minimum or maximum storage value is required, but neither was provided';
    errors.push(required(`${path}.limits`, detail));
  }
  for (const name of collect(item.maxLimitRequestRatio)) {
    checkName(errors, `${path}.maxLimitRequestRatio[${name}]`, type, name);
  }
  for (const name of [...names].sort()) checkAmounts(errors, path, name, item);
};

/** A new or a changed limit range. */
export const validateLimitRange = (object: KubeObject): readonly FieldError[] => {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  checkEach(errors, 'spec.limits', (object as Partial<LimitRange>).spec?.limits, (found, at, item) => {
    const type = item.type ?? '';
    checkType(found, `${at}.type`, type);
    if (seen.has(type)) found.push(duplicate(`${at}.type`, type));
    seen.add(type);
    checkItem(found, at, item);
  });
  return errors;
};
