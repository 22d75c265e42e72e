/**
 * Values against a definition's schema, in the order and words of kube-openapi's validator as
 * apiextensions-apiserver shows its errors. On updates what did not change is not judged again (ratcheting).
 */

import { deepEqual } from '../deep.ts';
import {
  at,
  duplicate,
  type FieldError,
  invalidValue,
  notSupported,
  required,
  tooLong,
  tooMany,
  typeInvalid,
} from '../field-error.ts';
import { formatCheck } from './formats.ts';
import { checkNumber } from './numbers.ts';
import { matchesPattern } from './patterns.ts';
import { additionalOf, isIntOrString, itemsOf, type Props, propertiesOf } from './props.ts';

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Where a value stands: the path inside the object, which messages show, and what fields start with. */
interface Place {
  readonly path: string;
  readonly prefix: string;
}

const fieldOf = ({ path, prefix }: Place): string => {
  if (path === '') return prefix;
  return prefix === '' ? path : `${prefix}.${path}`;
};

const inner = (place: Place, name: string): Place => ({ path: at(place.path, name), prefix: place.prefix });

/** Errors about no field in particular, as upstream shows them. */
const general = (message: string): FieldError => ({
  type: 'FieldValueInvalid',
  field: '<nil>',
  text: `Invalid value: "": ${message}`,
});

const LARGEST = 2 ** 63;

/** JSON type of a value, and the format of numbers, as upstream's decoder gives them. */
const typeOf = (value: unknown): readonly [type: string, format: string] => {
  if (value === null || value === undefined) return ['null', ''];
  if (Array.isArray(value)) return ['array', ''];
  if (typeof value !== 'number') return [typeof value, ''];
  return Number.isInteger(value) && Math.abs(value) < LARGEST ? ['integer', 'int64'] : ['number', 'double'];
};

const typesOf = (props: Props): readonly string[] => {
  if (isIntOrString(props)) return ['integer', 'string'];
  return props.type === undefined || props.type === '' ? [] : [props.type];
};

const wrongType = (place: Place, wanted: string, actual: string): FieldError =>
  typeInvalid(
    fieldOf(place),
    actual,
    `${place.path} in body must be of type ${wanted}: ${JSON.stringify(actual)}`,
  );

const checkType = (props: Props, value: unknown, place: Place): readonly FieldError[] => {
  const types = typesOf(props);
  const [type, format] = typeOf(value);
  if (type === 'null') {
    if (types.length === 0 || props.nullable === true) return [];
    return [wrongType(place, types.join(','), 'null')];
  }
  const isIntAsNumber = type === 'integer' && types.includes('number');
  const isText = type === 'string' || type === 'array';
  if (!isText && props.format) {
    const fits = types.includes(type) || format === props.format || isIntAsNumber;
    if (!fits && types.length > 0) return [wrongType(place, props.format, format)];
  }
  const isNumeric = types.includes('number') || types.includes('integer');
  if (types.length === 0 || (!isNumeric && props.format && isText && types.includes(type))) return [];
  return types.includes(type) || isIntAsNumber ? [] : [wrongType(place, types.join(','), type)];
};

const invalid = (place: Place, value: unknown, message: string): FieldError =>
  invalidValue(fieldOf(place), value, `${place.path} in body ${message}`);

const checkText = (props: Props, value: string, place: Place): readonly FieldError[] => {
  const errors: FieldError[] = [];
  const { maxLength, minLength, pattern, format } = props;
  if (maxLength !== undefined || minLength !== undefined) {
    let length = 0;
    for (const _char of value) length += 1;
    if (maxLength !== undefined && length > maxLength) errors.push(tooLong(fieldOf(place), maxLength));
    if (minLength !== undefined && length < minLength)
      errors.push(invalid(place, value, `should be at least ${minLength} chars long`));
  }
  if (pattern !== undefined && pattern !== '' && !matchesPattern(pattern, value))
    errors.push(invalid(place, value, `should match '${pattern}'`));
  const check = format ? formatCheck(format) : undefined;
  if (check !== undefined && !check(value)) errors.push(wrongFormat(place, format ?? '', value));
  return errors;
};

const wrongFormat = (place: Place, format: string, value: string): FieldError =>
  typeInvalid(
    fieldOf(place),
    value,
    `${place.path} in body must be of type ${format}: ${JSON.stringify(value)}`,
  );

const plural = (place: Place, actual: number, max: number): FieldError => {
  const error = tooMany(fieldOf(place), actual, max);
  return max === 1 ? { ...error, text: error.text.replace(/items$/, 'item') } : error;
};

const checkItems = (
  props: Props,
  value: readonly unknown[],
  place: Place,
  old: unknown,
): readonly FieldError[] => {
  const errors: FieldError[] = [];
  const items = itemsOf(props);
  if (items !== undefined) {
    for (const [index, item] of value.entries()) {
      const inside: Place = { path: `${place.path}[${index}]`, prefix: place.prefix };
      errors.push(...checkValue(items, item, inside, correlated(props, item, old)));
    }
  }
  const { minItems, maxItems } = props;
  if (minItems !== undefined && value.length < minItems) {
    errors.push(
      invalidValue(
        fieldOf(place),
        value.length,
        `${place.path} in body should have at least ${minItems} items`,
      ),
    );
  }
  if (maxItems !== undefined && value.length > maxItems) errors.push(plural(place, value.length, maxItems));
  return errors;
};

/** The old item that stands for an item of a list: only lists with keys say which. */
const correlated = (props: Props, item: unknown, old: unknown): unknown => {
  const keys = props['x-kubernetes-list-map-keys'];
  if (props['x-kubernetes-list-type'] !== 'map' || keys === undefined) return undefined;
  if (!Array.isArray(old) || !isRecord(item)) return undefined;
  return old.find((other) => isRecord(other) && keys.every((key) => deepEqual(other[key], item[key])));
};

const checkMembers = (
  props: Props,
  value: Readonly<Record<string, unknown>>,
  place: Place,
  old: unknown,
): readonly FieldError[] => {
  const names = Object.keys(value);
  const { minProperties, maxProperties } = props;
  if (minProperties !== undefined && names.length < minProperties) {
    return [
      invalidValue(
        fieldOf(place),
        names.length,
        `${place.path} in body should have at least ${minProperties} properties`,
      ),
    ];
  }
  if (maxProperties !== undefined && names.length > maxProperties)
    return [plural(place, names.length, maxProperties)];
  const errors: FieldError[] = [];
  const before = isRecord(old) ? old : {};
  const additional = additionalOf(props);
  const known = props.properties ?? {};
  for (const name of names.sort()) {
    if (Object.hasOwn(known, name)) continue;
    if (props.additionalProperties === false)
      errors.push(invalid(inner(place, name), value[name], 'is a forbidden property'));
    else if (additional)
      errors.push(...checkValue(additional, value[name], inner(place, name), before[name]));
  }
  for (const [name, child] of propertiesOf(props)) {
    if (Object.hasOwn(value, name))
      errors.push(...checkValue(child, value[name], inner(place, name), before[name]));
  }
  for (const name of props.required ?? [])
    if (!Object.hasOwn(value, name)) errors.push(required(fieldOf(inner(place, name))));
  return errors;
};

const checkAny = (options: readonly Props[], value: unknown, place: Place): readonly FieldError[] => {
  let best: readonly FieldError[] | undefined;
  for (const option of options) {
    const errors = checkValue(option, value, place, undefined);
    if (errors.length === 0) return [];
    best ??= errors;
  }
  return [
    general(`${JSON.stringify(place.path)} must validate at least one schema (anyOf)`),
    ...(best ?? []),
  ];
};

const checkOne = (options: readonly Props[], value: unknown, place: Place): readonly FieldError[] => {
  let best: readonly FieldError[] | undefined;
  let valid = 0;
  for (const option of options) {
    const errors = checkValue(option, value, place, undefined);
    if (errors.length === 0) valid += 1;
    else if (valid === 0) best ??= errors;
  }
  if (valid === 1) return [];
  const found = valid === 0 ? 'Found none valid' : `Found ${valid} valid alternatives`;
  const message = `${JSON.stringify(place.path)} must validate one and only one schema (oneOf). ${found}`;
  return [general(message), ...(valid === 0 ? (best ?? []) : [])];
};

const checkAll = (options: readonly Props[], value: unknown, place: Place): readonly FieldError[] => {
  const results = options.map((option) => checkValue(option, value, place, undefined));
  const valid = results.filter((errors) => errors.length === 0).length;
  if (valid === options.length) return [];
  const none = valid === 0 ? '. None validated' : '';
  return [
    ...results.flat(),
    general(`${JSON.stringify(place.path)} must validate all the schemas (allOf)${none}`),
  ];
};

const checkCombined = (props: Props, value: unknown, place: Place): readonly FieldError[] => {
  const errors: FieldError[] = [];
  if (props.anyOf?.length) errors.push(...checkAny(props.anyOf, value, place));
  if (props.oneOf?.length) errors.push(...checkOne(props.oneOf, value, place));
  if (props.allOf?.length) errors.push(...checkAll(props.allOf, value, place));
  if (props.not !== undefined && checkValue(props.not, value, place, undefined).length === 0)
    errors.push(general(`${JSON.stringify(place.path)} must not validate the schema (not)`));
  return errors;
};

const checkEnum = (props: Props, value: unknown, place: Place): readonly FieldError[] => {
  if (props.enum === undefined || props.enum.length === 0) return [];
  if (props.enum.some((allowed) => deepEqual(allowed, value))) return [];
  const shown = props.enum.map((allowed) =>
    typeof allowed === 'string' ? allowed : JSON.stringify(allowed),
  );
  return [notSupported(fieldOf(place), value, shown)];
};

const checkValue = (props: Props, value: unknown, place: Place, old: unknown): readonly FieldError[] => {
  if (old !== undefined && deepEqual(old, value)) return [];
  if (value === null || value === undefined) {
    const isNullEnum = props.nullable === true && props.enum?.includes(null) !== false;
    return [...checkType(props, null, place), ...(isNullEnum ? [] : checkEnum(props, null, place))];
  }
  const errors = [...checkType(props, value, place), ...checkCombined(props, value, place)];
  if (typeof value === 'string') errors.push(...checkText(props, value, place));
  else if (typeof value === 'number') {
    const type = isIntOrString(props) ? '' : (props.type ?? '');
    errors.push(
      ...checkNumber(props, type, value, place.path).map(({ message, isGeneral }) =>
        isGeneral ? general(message) : invalid(place, value, message),
      ),
    );
  } else if (Array.isArray(value)) errors.push(...checkItems(props, value, place, old));
  errors.push(...checkEnum(props, value, place));
  if (isRecord(value)) errors.push(...checkMembers(props, value, place, old));
  return errors;
};

/**
 * Errors of a value. `prefix` is the field the value stands at, where that is not the root (defaults inside a
 * definition); `old` is the stored value on updates.
 */
export const validateValue = (
  props: Props,
  value: unknown,
  options: { readonly prefix?: string; readonly old?: unknown } = {},
): readonly FieldError[] => checkValue(props, value, { path: '', prefix: options.prefix ?? '' }, options.old);

const checkSet = (value: readonly unknown[], path: string): readonly FieldError[] => {
  const seen = new Set<string>();
  const told = new Set<string>();
  const errors: FieldError[] = [];
  for (const [index, item] of value.entries()) {
    const text = sortedJson(item);
    if (seen.has(text) && !told.has(`${text}/${index}`)) errors.push(duplicate(`${path}[${index}]`, item));
    seen.add(text);
  }
  return errors;
};

const sortedJson = (value: unknown): string =>
  JSON.stringify(value, (_key, part: unknown) =>
    isRecord(part) ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1))) : part,
  );

const checkKeyed = (
  value: readonly unknown[],
  keys: readonly string[],
  path: string,
): readonly FieldError[] => {
  const seen = new Set<string>();
  const errors: FieldError[] = [];
  for (const [index, item] of value.entries()) {
    if (!isRecord(item)) continue;
    const key = Object.fromEntries(
      [...keys].sort().flatMap((name) => (name in item ? [[name, item[name]]] : [])),
    );
    const text = JSON.stringify(key);
    if (seen.has(text)) errors.push(duplicate(`${path}[${index}]`, key));
    seen.add(text);
  }
  return errors;
};

/** Repeated items of sets and keyed lists (structural-schema/listtype). */
export const validateListTypes = (props: Props, value: unknown, path = ''): readonly FieldError[] => {
  if (Array.isArray(value)) {
    const items = itemsOf(props);
    const below = items
      ? value.flatMap((item, index) => validateListTypes(items, item, `${path}[${index}]`))
      : [];
    const type = props['x-kubernetes-list-type'];
    if (type === 'set') return [...checkSet(value, path), ...below];
    if (type === 'map')
      return [...checkKeyed(value, props['x-kubernetes-list-map-keys'] ?? [], path), ...below];
    return below;
  }
  if (!isRecord(value)) return [];
  const additional = additionalOf(props);
  return Object.keys(value)
    .sort()
    .flatMap((name) => {
      const child = props.properties?.[name];
      if (child !== undefined) return validateListTypes(child, value[name], at(path, name));
      return additional === undefined ? [] : validateListTypes(additional, value[name], `${path}[${name}]`);
    });
};
