/**
 * Rules of single fields that many kinds share (upstream: apimachinery api/validation, pkg/apis/core/validation, 1.36).
 * Each returns field errors in upstream's order; empty when the value is fine.
 */

import {
  duplicate,
  type FieldError,
  forbiddenField,
  invalidValue,
  notSupported,
  required,
} from '../../machinery/field-error.ts';
import { parseCidr, printCidr, strictCidr, strictIp } from '../../machinery/ip.ts';
import { labelValue, portName, portNumber, qualifiedName } from '../../machinery/name-rules.ts';
import { sameValue } from './draft.ts';

/** One `Invalid value` per message. */
export const invalids = (field: string, value: unknown, messages: readonly string[]): FieldError[] =>
  messages.map((message) => invalidValue(field, value, message));

/** Labels or a plain selector: keys and values in key order, every error at the map's own path. */
export const labelErrors = (
  labels: Readonly<Record<string, string>> | undefined,
  field: string,
): FieldError[] => {
  if (!labels) return [];
  const errors: FieldError[] = [];
  for (const key of Object.keys(labels).sort()) {
    const value = labels[key] ?? '';
    errors.push(...invalids(field, key, qualifiedName(key)), ...invalids(field, value, labelValue(value)));
  }
  return errors;
};

/** `must be greater than or equal to 0` for a negative number; absent is fine. */
export const nonNegative = (value: number | undefined, field: string): FieldError[] =>
  (value ?? 0) < 0 ? [invalidValue(field, value, 'must be greater than or equal to 0')] : [];

/** `field is immutable` when the values differ (absent and empty are the same). */
export const immutableField = (value: unknown, old: unknown, field: string): FieldError[] =>
  sameValue(value, old) ? [] : [invalidValue(field, value, 'field is immutable')];

/** A port number, or the name of one. */
export const portOrName = (value: number | string | undefined, field: string): FieldError[] =>
  typeof value === 'string'
    ? invalids(field, value, portName(value))
    : invalids(field, value ?? 0, portNumber(value ?? 0));

/** A text out of a list: required when empty, else one of `supported` (listed in the given order). */
export const oneOf = (
  value: string | undefined,
  supported: readonly string[],
  field: string,
  requiredDetail = '',
): FieldError[] => {
  if (!value) return [required(field, requiredDetail)];
  return supported.includes(value) ? [] : [notSupported(field, value, supported)];
};

/** Like `oneOf`, for a field that may be absent; the empty text is refused as unsupported. */
export const optionalOneOf = (
  value: string | undefined,
  supported: readonly string[],
  field: string,
): FieldError[] =>
  value === undefined || supported.includes(value) ? [] : [notSupported(field, value, supported)];

/** An address; one that was already stored is not judged again. */
export const ipErrors = (value: string, field: string, kept: readonly string[] = []): FieldError[] =>
  kept.includes(value) ? [] : invalids(field, value, strictIp(value));

/** A prefix; one that was already stored is not judged again. */
export const cidrErrors = (value: string, field: string, kept: readonly string[] = []): FieldError[] =>
  kept.includes(value) ? [] : invalids(field, value, strictCidr(value));

/** `Duplicate value` for each text that was seen before, at its index. */
export const duplicateTexts = (values: readonly string[], field: string): FieldError[] => {
  const seen = new Set<string>();
  const errors: FieldError[] = [];
  values.forEach((value, index) => {
    if (seen.has(value)) errors.push(duplicate(`${field}[${index}]`, value));
    seen.add(value);
  });
  return errors;
};

/** `Forbidden: <detail>` when something is there. */
export const forbiddenWhen = (present: boolean, field: string, detail: string): FieldError[] =>
  present ? [forbiddenField(field, detail)] : [];

/** A prefix of a newer field: canonical text too. */
export const canonicalCidrErrors = (value: string, field: string): FieldError[] => {
  const errors = strictCidr(value);
  const prefix = errors.length === 0 ? parseCidr(value) : undefined;
  return prefix && printCidr(prefix) !== value
    ? [invalidValue(field, value, `must be in canonical form (${JSON.stringify(printCidr(prefix))})`)]
    : invalids(field, value, errors);
};
