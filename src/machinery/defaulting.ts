/**
 * Defaults that a schema itself states: of custom types (apiextensions-apiserver's structural defaulting) and of
 * built-in fields marked so upstream. Defaults that depend on other fields belong to the kinds.
 */
import type { Draft } from './object.ts';
import type { Field, Schema } from './schema.ts';
import { dropsZero, isZero, setOwn } from './zero.ts';

const isRecord = (value: unknown): value is Draft =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const copyJson = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(copyJson);
  if (!isRecord(value)) return value;
  const copy: Draft = {};
  for (const [key, item] of Object.entries(value)) setOwn(copy, key, copyJson(item));
  return copy;
};

/** Stands for "there is no default": a default may itself be any JSON value. */
const NONE = Symbol('none');

const defaultOf = (field: Field): unknown => {
  if (field.default !== undefined) return field.default;
  return field.schema.default === undefined ? NONE : field.schema.default;
};

const isForbiddenNull = (value: unknown, schema: Schema): boolean =>
  value === null && schema.nullable !== true;

/** A default that Go cannot tell from absence sets nothing. */
const isIdle = (field: Field, value: unknown): boolean => dropsZero(field) && isZero(value);

const defaultFields = (draft: Draft, fields: ReadonlyMap<string, Field>): void => {
  for (const field of fields.values()) {
    const value = Object.hasOwn(draft, field.name) ? draft[field.name] : undefined;
    const fallback = defaultOf(field);
    if (fallback !== NONE && !isIdle(field, fallback)) {
      if (value === undefined || isForbiddenNull(value, field.schema))
        setOwn(draft, field.name, copyJson(fallback));
    } else if (
      field.number === undefined &&
      isForbiddenNull(value, field.schema) &&
      !isBuiltIn(field.schema)
    ) {
      delete draft[field.name];
      continue;
    }
    const inner = Object.hasOwn(draft, field.name) ? draft[field.name] : undefined;
    if (typeof inner === 'object' && inner !== null) applyTo(inner, field.schema);
  }
};

/** Built-in types keep the nulls of their canonical form. */
const isBuiltIn = (schema: Schema): boolean => schema.name !== undefined;

const defaultRest = (draft: Draft, fields: ReadonlyMap<string, Field> | undefined, items: Schema): void => {
  for (const key of Object.keys(draft)) {
    if (fields?.has(key)) continue;
    if (isForbiddenNull(draft[key], items)) {
      if (items.default === undefined) {
        if (items.format === undefined && !isBuiltIn(items)) delete draft[key];
        continue;
      }
      setOwn(draft, key, copyJson(items.default));
    }
    applyTo(draft[key], items);
  }
};

const applyTo = (value: unknown, schema: Schema): void => {
  if (Array.isArray(value)) {
    const items = schema.type === 'array' ? schema.items : undefined;
    if (!items) return;
    for (const [index, item] of value.entries()) {
      if (isForbiddenNull(item, items) && items.default !== undefined) value[index] = copyJson(items.default);
      applyTo(value[index], items);
    }
  } else if (isRecord(value)) {
    if (schema.type === 'array') return;
    if (schema.fields) defaultFields(value, schema.fields);
    if (schema.items && schema.type !== 'any') defaultRest(value, schema.fields, schema.items);
  }
};

/**
 * Fills what is absent with the defaults of the schema, in place, at every depth that exists. In custom types a
 * `null` of a field that is not nullable takes the default, or goes when there is none.
 */
export const applySchemaDefaults = (draft: Draft, schema: Schema): void => applyTo(draft, schema);
