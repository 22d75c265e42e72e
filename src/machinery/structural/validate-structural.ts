/**
 * Whether a schema is structural (apiextensions-apiserver apiserver/schema/validation.go and complete.go): every
 * field has a type at its place, and value validations restrict only what is specified there.
 */

import { at, type FieldError, forbiddenField, invalidValue, required } from '../field-error.ts';
import { compilePattern } from './patterns.ts';
import {
  additionalOf,
  isEmbedded,
  isIntOrString,
  itemsOf,
  type Props,
  preservesUnknown,
  propertiesOf,
} from './props.ts';

type Level = 'root' | 'items' | 'field';

const MISSING_TYPE: Readonly<Record<Level, string>> = {
  root: 'must not be empty at the root',
  items: 'must not be empty for specified array items',
  field: 'must not be empty for specified object fields',
};

const property = (path: string, name: string): string => `${path}.properties[${name}]`;

const statesOnly = (option: Props | undefined, type: string): boolean =>
  option?.type === type && Object.entries(option).every(([key, value]) => key === 'type' || isUnset(value));

const isNumberOrText = (options: readonly Props[] | undefined): boolean =>
  options?.length === 2 && statesOnly(options[0], 'integer') && statesOnly(options[1], 'string');

const FORBIDDEN: readonly (readonly [keyof Props, string])[] = [
  ['type', 'must be empty to be structural'],
  ['title', 'must be empty to be structural'],
  ['description', 'must be empty to be structural'],
  ['default', 'must be undefined to be structural'],
  ['additionalProperties', 'must be undefined to be structural'],
  ['nullable', 'must be false to be structural'],
  ['x-kubernetes-preserve-unknown-fields', 'must be false to be structural'],
  ['x-kubernetes-embedded-resource', 'must be false to be structural'],
  ['x-kubernetes-int-or-string', 'must be false to be structural'],
  ['x-kubernetes-list-map-keys', 'must be empty to be structural'],
  ['x-kubernetes-list-type', 'must be undefined to be structural'],
  ['x-kubernetes-map-type', 'must be undefined to be structural'],
  ['x-kubernetes-validations', 'must be empty to be structural'],
];

const isUnset = (value: unknown): boolean =>
  value === undefined || value === '' || value === false || (Array.isArray(value) && value.length === 0);

const checkNested = (props: Props, path: string, skipsAny = false): FieldError[] => {
  const errors = FORBIDDEN.filter(([key]) => !isUnset(props[key])).map(([key, message]) =>
    forbiddenField(at(path, key), message),
  );
  if (props.properties?.['metadata'] !== undefined)
    errors.push(forbiddenField(property(path, 'metadata'), 'must not be specified in a nested context'));
  const items = itemsOf(props);
  if (items) errors.push(...checkNested(items, at(path, 'items')));
  for (const [name, inner] of propertiesOf(props)) errors.push(...checkNested(inner, property(path, name)));
  return [...errors, ...checkValues(props, path, skipsAny, false)];
};

/** `anyOf: [{type: integer}, {type: string}]` is let through, also in the first part of the root's `allOf`. */
const checkValues = (props: Props, path: string, skipsAny: boolean, skipsAll: boolean): FieldError[] => {
  const errors: FieldError[] = [];
  for (const [index, each] of (skipsAny ? [] : (props.anyOf ?? [])).entries())
    errors.push(...checkNested(each, `${path}.anyOf[${index}]`));
  for (const [index, each] of (props.oneOf ?? []).entries())
    errors.push(...checkNested(each, `${path}.oneOf[${index}]`));
  for (const [index, each] of (props.allOf ?? []).entries())
    errors.push(...checkNested(each, `${path}.allOf[${index}]`, skipsAll && index === 0));
  if (props.not) errors.push(...checkNested(props.not, at(path, 'not')));
  if (props.pattern) {
    const made = compilePattern(props.pattern);
    if (!made.ok) {
      const detail = `must be a valid regular expression, but isn't: ${made.error}`;
      errors.push(invalidValue(at(path, 'pattern'), props.pattern, detail));
    }
  }
  return errors;
};

const METADATA_FIELDS: ReadonlySet<string> = new Set(['name', 'generateName']);

const checkMetadata = (metadata: Props, isRoot: boolean, path: string): FieldError[] => {
  const errors: FieldError[] = [];
  if (metadata.type !== 'object')
    errors.push(invalidValue(at(path, 'type'), metadata.type ?? '', 'must be object'));
  const { type: _type, default: _default, properties = {}, ...rest } = metadata;
  const isMore =
    Object.keys(properties).some((name) => !METADATA_FIELDS.has(name)) ||
    Object.values(rest).some((value) => !isUnset(value));
  if (isMore && isRoot) {
    const detail =
      'must not specify anything other than name and generateName, but metadata is implicitly specified';
    errors.push(forbiddenField(path, detail));
  }
  return errors;
};

const checkTypes = (props: Props, level: Level, path: string): FieldError[] => {
  const errors: FieldError[] = [];
  const type = props.type ?? '';
  const typeField = at(path, 'type');
  if (isEmbedded(props) && type !== 'object') {
    const detail = 'must be object if x-kubernetes-embedded-resource is true';
    errors.push(type === '' ? required(typeField, detail) : invalidValue(typeField, type, detail));
  } else if (type === '' && !isIntOrString(props) && !preservesUnknown(props)) {
    errors.push(required(typeField, MISSING_TYPE[level]));
  }
  if (isIntOrString(props) && preservesUnknown(props)) {
    const field = at(path, 'x-kubernetes-preserve-unknown-fields');
    errors.push(invalidValue(field, true, 'must be false if x-kubernetes-int-or-string is true'));
  }
  if (isIntOrString(props) && isEmbedded(props)) {
    const field = at(path, 'x-kubernetes-embedded-resource');
    errors.push(invalidValue(field, true, 'must be false if x-kubernetes-int-or-string is true'));
  }
  if (level === 'root' && type !== '' && type !== 'object')
    errors.push(invalidValue(typeField, type, 'must be object at the root'));
  return errors;
};

const checkInvariants = (props: Props, level: Level, path: string): FieldError[] => {
  const errors: FieldError[] = [];
  const items = itemsOf(props);
  const additional = additionalOf(props);
  const properties = props.properties ?? {};
  if (props.type === 'array' && items === undefined)
    errors.push(required(at(path, 'items'), 'must be specified'));
  if (items) errors.push(...checkInvariants(items, 'items', at(path, 'items')));
  for (const [name, inner] of propertiesOf(props))
    errors.push(...checkInvariants(inner, 'field', property(path, name)));
  if (additional) errors.push(...checkInvariants(additional, 'field', at(path, 'additionalProperties')));
  if (level === 'root' && props.additionalProperties !== undefined)
    errors.push(forbiddenField(at(path, 'additionalProperties'), 'must not be used at the root'));
  errors.push(
    ...checkValues(props, path, isNumberOrText(props.anyOf), isNumberOrText(props.allOf?.[0]?.anyOf)),
    ...checkTypes(props, level, path),
  );
  if (isEmbedded(props) && props.additionalProperties !== undefined) {
    const detail = 'must not be used if x-kubernetes-embedded-resource is set';
    errors.push(forbiddenField(at(path, 'additionalProperties'), detail));
  }
  if (level === 'root' || isEmbedded(props)) {
    for (const name of ['kind', 'apiVersion']) {
      const type = properties[name]?.type;
      if (properties[name] !== undefined && type !== 'string')
        errors.push(invalidValue(at(property(path, name), 'type'), type ?? '', 'must be string'));
    }
    const { metadata } = properties;
    if (metadata !== undefined)
      errors.push(...checkMetadata(metadata, level === 'root', property(path, 'metadata')));
  }
  if (isEmbedded(props) && !preservesUnknown(props) && Object.keys(properties).length === 0) {
    const detail =
      'must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields';
    errors.push(required(at(path, 'properties'), detail));
  }
  return errors;
};

/** What value validations mention must be specified outside of them, too. */
const checkMentioned = (
  nested: Props,
  nestedPath: string,
  specified: Props | undefined,
  path: string,
): FieldError[] => {
  if (specified === undefined) return [required(path, `because it is defined in ${nestedPath}`)];
  const errors: FieldError[] = [];
  const items = itemsOf(nested);
  if (items)
    errors.push(...checkMentioned(items, at(nestedPath, 'items'), itemsOf(specified), at(path, 'items')));
  for (const [name, inner] of propertiesOf(nested)) {
    const own = specified.properties?.[name];
    errors.push(...checkMentioned(inner, property(nestedPath, name), own, property(path, name)));
  }
  return [...errors, ...checkCompleteness(nested, nestedPath, specified, path)];
};

/** Upstream begins at the root's value validations only; those of inner schemas are not held to this. */
const checkCompleteness = (from: Props, fromPath: string, specified: Props, path: string): FieldError[] => {
  const errors: FieldError[] = [];
  for (const key of ['anyOf', 'oneOf', 'allOf'] as const) {
    for (const [index, each] of (from[key] ?? []).entries())
      errors.push(...checkMentioned(each, `${fromPath}.${key}[${index}]`, specified, path));
  }
  if (from.not) errors.push(...checkMentioned(from.not, at(fromPath, 'not'), specified, path));
  return errors;
};

const printed = (error: FieldError): string => `${error.field}: ${error.text}`;

/** Why a schema is not structural, in the order of the errors' texts. */
export const validateStructural = (props: Props, path: string): readonly FieldError[] =>
  [...checkInvariants(props, 'root', path), ...checkCompleteness(props, path, props, path)].sort((a, b) =>
    printed(a) < printed(b) ? -1 : printed(a) > printed(b) ? 1 : 0,
  );
