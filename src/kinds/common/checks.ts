/**
 * Small checks that rules of many kinds are made of. Each adds what it finds to `errors`, so that a valid object
 * costs no lists (upstream: apimachinery api/validation, pkg/apis/core/validation).
 */

import { semanticEqual, utf8Length } from '../../machinery/deep.ts';
import {
  atIndex,
  type FieldError,
  invalidValue,
  notSupported,
  required,
  tooLong,
} from '../../machinery/field-error.ts';
import {
  dns1123Label,
  dns1123Subdomain,
  labelValue,
  maskTrailingDash,
  pathSegmentName,
  percentText,
  portName,
  portNumber,
  qualifiedName,
} from '../../machinery/name-rules.ts';

export type Errors = FieldError[];

export type TextMap = Readonly<Record<string, string>>;

export const MUST_BE_NON_NEGATIVE = 'must be greater than or equal to 0';
export const MUST_BE_POSITIVE = 'must be greater than zero';
export const FIELD_IS_IMMUTABLE = 'field is immutable';

/** One `Invalid value` per message of a name rule. */
export const checkRule = (errors: Errors, path: string, value: string, messages: readonly string[]): void => {
  for (const message of messages) errors.push(invalidValue(path, value, message));
};

/** A DNS-1123 label. */
export const checkLabelName = (errors: Errors, path: string, value: string): void =>
  checkRule(errors, path, value, dns1123Label(value));

/** A DNS-1123 subdomain. */
export const checkSubdomain = (errors: Errors, path: string, value: string): void =>
  checkRule(errors, path, value, dns1123Subdomain(value));

/** A DNS-1123 subdomain that may end in a dash, because more will be added to it. */
export const checkSubdomainPrefix = (errors: Errors, path: string, value: string): void =>
  checkRule(errors, path, value, dns1123Subdomain(maskTrailingDash(value)));

/** `[prefix/]name`, as label keys are. */
export const checkQualifiedName = (errors: Errors, path: string, value: string): void =>
  checkRule(errors, path, value, qualifiedName(value));

/** A segment of a URL path. */
export const checkPathSegment = (errors: Errors, path: string, value: string): void =>
  checkRule(errors, path, value, pathSegmentName(value));

/** Refuses an absent or empty text; tells whether there is one. */
export const checkPresent = (
  errors: Errors,
  path: string,
  value: string | undefined,
  detail = '',
): value is string => {
  if (value) return true;
  errors.push(required(path, detail));
  return false;
};

/** Refuses a negative number; absent is fine. */
export const checkNonNegative = (errors: Errors, path: string, value: number | undefined): void => {
  if (value !== undefined && value < 0) errors.push(invalidValue(path, value, MUST_BE_NON_NEGATIVE));
};

/** Refuses zero and below; absent is fine. */
export const checkPositive = (errors: Errors, path: string, value: number | undefined): void => {
  if (value !== undefined && value <= 0) errors.push(invalidValue(path, value, MUST_BE_POSITIVE));
};

/** Refuses what is not among `supported`; absent counts as ''. */
export const checkOneOf = (
  errors: Errors,
  path: string,
  value: string | undefined,
  supported: readonly string[],
): void => {
  if (!supported.includes(value ?? '')) errors.push(notSupported(path, value ?? '', supported));
};

/** Refuses absence as `Required` and other values than `supported`. */
export const checkRequiredOneOf = (
  errors: Errors,
  path: string,
  value: string | undefined,
  supported: readonly string[],
): void => {
  if (!value) errors.push(required(path));
  else if (!supported.includes(value)) errors.push(notSupported(path, value, supported));
};

/** Refuses more than `limit` bytes. */
export const checkLength = (errors: Errors, path: string, value: string, limit: number): void => {
  if (value.length * 3 > limit && utf8Length(value) > limit) errors.push(tooLong(path, limit));
};

/** Keys and values of a map of labels; all are told at the map's own path. */
export const checkLabels = (errors: Errors, path: string, labels: TextMap | undefined): void => {
  if (labels === undefined) return;
  for (const key of Object.keys(labels).sort()) {
    const value = labels[key] ?? '';
    checkQualifiedName(errors, path, key);
    checkRule(errors, path, value, labelValue(value));
  }
};

const MAX_ANNOTATION_BYTES = 256 * 1024;

/** Keys and total size of a map of annotations. */
export const checkAnnotations = (errors: Errors, path: string, annotations: TextMap | undefined): void => {
  if (annotations === undefined) return;
  let bytes = 0;
  for (const key of Object.keys(annotations).sort()) {
    checkRule(errors, path, key, qualifiedName(key.toLowerCase()));
    bytes += utf8Length(key) + utf8Length(annotations[key] ?? '');
  }
  if (bytes > MAX_ANNOTATION_BYTES) errors.push(tooLong(path, MAX_ANNOTATION_BYTES));
};

/** A port by number or by name. */
export const checkPort = (errors: Errors, path: string, port: number | string | undefined): void => {
  if (typeof port === 'string') checkRule(errors, path, port, portName(port));
  else for (const message of portNumber(port ?? 0)) errors.push(invalidValue(path, port ?? 0, message));
};

/** A count that is not negative, or a percentage. */
export const checkIntOrPercent = (errors: Errors, path: string, value: number | string): void => {
  if (typeof value === 'string') checkRule(errors, path, value, percentText(value));
  else checkNonNegative(errors, path, value);
};

/** Refuses percentages above 100. */
export const checkAtMostWhole = (errors: Errors, path: string, value: number | string): void => {
  if (typeof value !== 'string' || percentText(value).length > 0) return;
  if (Number(value.slice(0, -1)) > 100)
    errors.push(invalidValue(path, value, 'must not be greater than 100%'));
};

const isEmptyValue = (value: unknown): boolean =>
  value === undefined ||
  value === null ||
  (typeof value === 'object' && (Array.isArray(value) ? value.length : Object.keys(value).length) === 0);

/** Go's semantic equality at the top: an absent and an empty value are the same. */
export const isSame = (left: unknown, right: unknown): boolean =>
  semanticEqual(left, right) || (isEmptyValue(left) && isEmptyValue(right));

/** Refuses a change; `shown` is what the refusal prints (the new value unless given). */
export const checkImmutable = (
  errors: Errors,
  path: string,
  next: unknown,
  old: unknown,
  shown: unknown = next,
): void => {
  if (!isSame(next, old)) errors.push(invalidValue(path, shown, FIELD_IS_IMMUTABLE));
};

/** Calls `check` for each item with its path. */
export const checkEach = <Item>(
  errors: Errors,
  path: string,
  items: readonly Item[] | null | undefined,
  check: (errors: Errors, path: string, item: Item, index: number) => void,
): void => {
  if (!items) return;
  for (let index = 0; index < items.length; index += 1) {
    check(errors, atIndex(path, index), items[index] as Item, index);
  }
};

/** Refuses a change of a pointer-like field: an absent value is not an empty one. */
export const checkImmutablePointer = (
  errors: Errors,
  path: string,
  next: unknown,
  old: unknown,
  shown: unknown = next,
): void => {
  if (!semanticEqual(next ?? undefined, old ?? undefined))
    errors.push(invalidValue(path, shown, FIELD_IS_IMMUTABLE));
};
