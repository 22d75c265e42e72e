/** Go's zero values: what a field that nobody set looks like in upstream's JSON. */
import type { Draft } from './object.ts';
import type { Field, Schema } from './schema.ts';

/** What stands for an absent field: nothing, a shared immutable value, or a fresh struct. */
export type ZeroValue =
  | { readonly kind: 'absent'; readonly value?: undefined }
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'struct'; readonly make: () => Draft };

const ABSENT: ZeroValue = { kind: 'absent' };
const NULL: ZeroValue = { kind: 'value', value: null };

/** Values that are printed even when empty, because they are structs to Go. */
const zeroOfFormat = (schema: Schema): ZeroValue | undefined => {
  switch (schema.format) {
    case 'quantity':
      return { kind: 'value', value: '0' };
    case 'int-or-string':
      return { kind: 'value', value: 0 };
    case 'duration':
      return { kind: 'value', value: '0s' };
    case 'schema-or-bool':
      return { kind: 'value', value: false };
    case 'date-time':
    case 'micro-time':
    case 'raw':
    case 'fields-v1':
    case 'schema-or-array':
    case 'schema-or-strings':
      return NULL;
    default:
      return undefined;
  }
};

const zeroOfScalar = (schema: Schema): ZeroValue => {
  if (schema.format === 'byte') return { kind: 'value', value: '' };
  switch (schema.type) {
    case 'string':
      return { kind: 'value', value: '' };
    case 'integer':
    case 'number':
      return { kind: 'value', value: 0 };
    case 'boolean':
      return { kind: 'value', value: false };
    default:
      return NULL;
  }
};

/** A struct of nothing but zero values. */
const makeStruct = (schema: Schema): Draft => {
  const draft: Draft = {};
  for (const field of schema.fields?.values() ?? []) {
    const zero = makeZero(field);
    if (zero.kind === 'value') draft[field.name] = zero.value;
    else if (zero.kind === 'struct') draft[field.name] = zero.make();
  }
  return draft;
};

/** What upstream prints for a field that nobody set. */
export const makeZero = (field: Field): ZeroValue => {
  const { schema } = field;
  if (field.omit === 'zero') return ABSENT;
  if (field.pointer) return field.omit === 'never' ? NULL : ABSENT;
  const special = zeroOfFormat(schema);
  if (special) return special;
  if (schema.type === 'object') return { kind: 'struct', make: () => makeStruct(schema) };
  return field.omit === 'never' ? zeroOfScalar(schema) : ABSENT;
};

/** Whether an explicit zero of a field is the same to Go as absence. */
export const dropsZero = (field: Field): boolean => {
  const { schema } = field;
  if (field.pointer || schema.wrapped === true || schema.type === 'object' || schema.type === 'any')
    return false;
  return schema.format === 'byte' || zeroOfFormat(schema) === undefined;
};

/** Whether a scalar, list or map is Go's zero (or an empty list or map, which storage cannot tell from it). */
export const isZero = (value: unknown): boolean => {
  if (typeof value !== 'object') return value === '' || value === 0 || value === false;
  if (value === null) return true;
  if (Array.isArray(value)) return value.length === 0;
  for (const _ in value) return false;
  return true;
};

/** Whether a value is Go's zero of a scalar: an empty list or map that somebody wrote is not nil to Go. */
export const isZeroScalar = (value: unknown): boolean =>
  value === null || (typeof value !== 'object' && isZero(value));

/** A field with what absence and explicit zeros of it mean, worked out once a type. */
export interface ZeroField {
  readonly name: string;
  readonly zero: ZeroValue;
  readonly dropsZero: boolean;
}

const zeroFieldLists = new WeakMap<Schema, readonly ZeroField[]>();

/** The fields of an object node in wire order. */
export const zeroFields = (schema: Schema): readonly ZeroField[] => {
  const known = zeroFieldLists.get(schema);
  if (known) return known;
  const list = [...(schema.fields?.values() ?? [])].map((field) => ({
    name: field.name,
    zero: makeZero(field),
    dropsZero: dropsZero(field),
  }));
  zeroFieldLists.set(schema, list);
  return list;
};

/** Sets an own property whatever its name: a plain assignment to `__proto__` would do something else. */
export const setOwn = (record: Draft, key: string, value: unknown): void => {
  if (key === '__proto__')
    Object.defineProperty(record, key, { value, enumerable: true, configurable: true, writable: true });
  else record[key] = value;
};
