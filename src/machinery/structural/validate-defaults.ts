/** Defaults in a schema are values of it (apiextensions-apiserver apiserver/schema/defaulting/validation.go). */

import { deepEqual } from '../deep.ts';
import { at, type FieldError, invalidValue } from '../field-error.ts';
import type { Draft } from '../object.ts';
import { pruneStructural } from '../prune.ts';
import { isEmbedded, itemsOf, type Props, propertiesOf } from './props.ts';
import { hasRules, runRules } from './run-rules.ts';
import { schemaOfProps } from './to-schema.ts';
import { validateValue } from './validate-value.ts';

const isPruned = (props: Props, value: unknown): boolean => {
  const holder: Draft = { value };
  const pruned = pruneStructural(
    holder,
    schemaOfProps({ type: 'object', properties: { value: props } }, { type: 'any' }),
  );
  return !pruned.ok || deepEqual(pruned.value.draft, holder);
};

/** What rules say of a default: as an update that changes nothing, and as something new. */
const checkRules = (props: Props, value: unknown, field: string): readonly FieldError[] => {
  const judge = (old: unknown): readonly FieldError[] =>
    runRules(props, value, old, { isRoot: isEmbedded(props), ratchets: false }).errors;
  const unchanged = judge(value);
  return (unchanged.length > 0 ? unchanged : judge(undefined)).map((error) => ({
    ...error,
    field:
      error.field === '<nil>' ? field : `${field}${error.field.startsWith('[') ? '' : '.'}${error.field}`,
  }));
};

/** A default is judged as it stands: what it holds is not completed by the defaults below. */
const checkDefault = (props: Props, path: string): readonly FieldError[] => {
  const field = at(path, 'default');
  const { default: stated } = props;
  if (stated === undefined || stated === null) return [];
  const unknown = isPruned(props, stated)
    ? []
    : [invalidValue(field, stated, 'must not have unknown fields')];
  const errors = validateValue(props, stated, { prefix: field }).map((error) =>
    error.field === '<nil>' ? { ...error, field } : error,
  );
  if (errors.length > 0 || !hasRules(props)) return [...unknown, ...errors];
  return [...unknown, ...checkRules(props, stated, field)];
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
