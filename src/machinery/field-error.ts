/** Validation errors of single fields, with upstream's types and wording (apimachinery util/validation/field). */

import { quoteGo } from './go-print.ts';

export type FieldErrorType =
  | 'FieldValueNotFound'
  | 'FieldValueRequired'
  | 'FieldValueDuplicate'
  | 'FieldValueInvalid'
  | 'FieldValueNotSupported'
  | 'FieldValueForbidden'
  | 'FieldValueTooLong'
  | 'FieldValueTooMany'
  | 'InternalError'
  | 'FieldValueTypeInvalid';

export interface FieldError {
  readonly type: FieldErrorType;
  /** Path in upstream's notation: `spec.containers[0].name`, `metadata.labels[a/b]`... */
  readonly field: string;
  /** The whole text after the path, e.g. `Invalid value: "x": must be y`. */
  readonly text: string;
}

/** The message of the error without its path, as it stands in a cause. */
export const printFieldError = (error: FieldError): string => error.text;

/** Errors as one text: each once, in brackets when there are several. */
export const printFieldErrors = (errors: readonly FieldError[]): string => {
  const texts = [...new Set(errors.map((error) => `${error.field}: ${error.text}`))];
  return texts.length === 1 ? (texts[0] ?? '') : `[${texts.join(', ')}]`;
};

const escapeForHtml = (char: string): string => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** JSON as Go's encoder writes it: `<`, `>`, `&` and the two line separators are escaped. */
export const printGoJson = (value: unknown): string =>
  (JSON.stringify(value) ?? 'null').replace(/[<>&\u2028\u2029]/g, escapeForHtml);

/** A number as Go prints it: whole ones are int64, others floats with an exponent from a million on. */
const printGoNumber = (value: number): string => {
  const magnitude = Math.abs(value);
  if (Number.isInteger(value) && magnitude < 2 ** 63) return String(value);
  if (magnitude >= 1e-4 && magnitude < 1e6) return String(value);
  return value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2');
};

/**
 * A bad value as Go prints it in a field error: strings quoted, scalars bare, everything else as JSON,
 * absent as `null`.
 */
export const printBadValue = (value: unknown): string => {
  if (value === undefined || value === null) return 'null';
  if (typeof value === 'string') return quoteGo(value);
  if (typeof value === 'object') return printGoJson(value);
  return typeof value === 'number' ? printGoNumber(value) : String(value);
};

const withDetail = (head: string, detail: string): string => (detail === '' ? head : `${head}: ${detail}`);

const make = (type: FieldErrorType, field: string, text: string): FieldError => ({ type, field, text });

/** `Required value[: detail]` */
export const required = (field: string, detail = ''): FieldError =>
  make('FieldValueRequired', field, withDetail('Required value', detail));

/** `Invalid value: <value>[: detail]` */
export const invalidValue = (field: string, value: unknown, detail = ''): FieldError =>
  make('FieldValueInvalid', field, withDetail(`Invalid value: ${printBadValue(value)}`, detail));

/** `Invalid value: <value>: detail` with the type-invalid reason. */
export const typeInvalid = (field: string, value: unknown, detail = ''): FieldError =>
  make('FieldValueTypeInvalid', field, withDetail(`Invalid value: ${printBadValue(value)}`, detail));

/** `Invalid value: detail`, for the few refusals that show no value. */
export const invalidWithoutValue = (field: string, detail: string): FieldError =>
  make('FieldValueInvalid', field, `Invalid value: ${detail}`);

/** `Duplicate value: <value>[: detail]` */
export const duplicate = (field: string, value: unknown, detail = ''): FieldError =>
  make('FieldValueDuplicate', field, withDetail(`Duplicate value: ${printBadValue(value)}`, detail));

/** `Duplicate value`, for the few refusals that show no value. */
export const duplicateWithoutValue = (field: string): FieldError =>
  make('FieldValueDuplicate', field, 'Duplicate value');

/** `Internal error: detail` */
export const internalFieldError = (field: string, detail: string): FieldError =>
  make('InternalError', field, `Internal error: ${detail}`);

/** `Forbidden[: detail]` */
export const forbiddenField = (field: string, detail = ''): FieldError =>
  make('FieldValueForbidden', field, withDetail('Forbidden', detail));

/** `Not found: <value>[: detail]` */
export const notFoundField = (field: string, value: unknown, detail = ''): FieldError =>
  make('FieldValueNotFound', field, withDetail(`Not found: ${printBadValue(value)}`, detail));

/** `Unsupported value: <value>: supported values: "a", "b"`; the values are printed in the order given. */
export const notSupported = (field: string, value: unknown, supported: readonly string[]): FieldError =>
  make(
    'FieldValueNotSupported',
    field,
    supported.length === 0
      ? `Unsupported value: ${printBadValue(value)}`
      : `Unsupported value: ${printBadValue(value)}: supported values: ${supported.map(quoteGo).join(', ')}`,
  );

/** `Too long: may not be more than N bytes` */
export const tooLong = (field: string, maxBytes: number): FieldError =>
  make('FieldValueTooLong', field, `Too long: may not be more than ${maxBytes} bytes`);

/** `Too many: <actual>: must have at most N items` */
export const tooMany = (field: string, actual: number, max: number): FieldError =>
  make('FieldValueTooMany', field, `Too many: ${actual}: must have at most ${max} items`);

/** `path.name`, or just the name at the root. */
export const at = (path: string, name: string): string => (path === '' ? name : `${path}.${name}`);

/** `path[index]` for list items. */
export const atIndex = (path: string, index: number): string => `${path}[${index}]`;

/** `path[key]` for map entries. */
export const atKey = (path: string, key: string): string => `${path}[${key}]`;
