/** Defaults in a schema are values of it (apiextensions-apiserver apiserver/schema/defaulting/validation.go). */

import { cloneJson, deepEqual } from '../deep.ts';
import { applySchemaDefaults } from '../defaulting.ts';
import { at, type FieldError, invalidValue } from '../field-error.ts';
import type { Draft } from '../object.ts';
import { pruneStructural } from '../prune.ts';
import { isEmbedded, itemsOf, type Props, propertiesOf } from './props.ts';
import { hasRules, runRules } from './run-rules.ts';
import { schemaOfProps } from './to-schema.ts';
import { validateListTypes, validateValue } from './validate-value.ts';

const isRecord = (value: unknown): value is Draft =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A default with the defaults of what it holds. */
const completed = (props: Props, value: unknown): unknown => {
  const holder: Draft = { value: cloneJson(value) };
  applySchemaDefaults(
    holder,
    schemaOfProps({ type: 'object', properties: { value: props } }, { type: 'any' }),
  );
  return holder['value'];
};

const isPruned = (props: Props, value: unknown): boolean => {
  if (!isRecord(value) || isEmbedded(props)) return true;
  const holder = { value };
  const pruned = pruneStructural(
    holder,
    schemaOfProps({ type: 'object', properties: { value: props } }, { type: 'any' }),
  );
  return !pruned.ok || deepEqual(pruned.value.draft, holder);
};

const checkDefault = (props: Props, path: string): readonly FieldError[] => {
  const field = at(path, 'default');
  const { default: stated } = props;
  if (stated === undefined || stated === null) return [];
  if (!isPruned(props, stated)) return [invalidValue(field, stated, 'must not have unknown fields')];
  const value = completed(props, stated);
  const errors = validateValue(props, value, { prefix: field }).map((error) =>
    error.field === '<nil>' ? { ...error, field } : error,
  );
  if (errors.length > 0) return errors;
  const lists = validateListTypes(props, value, field);
  if (lists.length > 0 || !hasRules(props)) return lists;
  return runRules(props, value, undefined).map((error) => ({
    ...error,
    field: error.field === '<nil>' ? field : `${field}.${error.field}`,
  }));
};

/** Errors of the defaults of a schema; those below additionalProperties are not looked at, as upstream. */
export const validateDefaults = (props: Props, path: string): readonly FieldError[] => {
  const items = itemsOf(props);
  return [
    ...checkDefault(props, path),
    ...(items ? validateDefaults(items, at(path, 'items')) : []),
    ...propertiesOf(props).flatMap(([name, inner]) => validateDefaults(inner, `${path}.properties[${name}]`)),
  ];
};
