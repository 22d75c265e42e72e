/** A definition's schema as such (apiextensions-apiserver apis/apiextensions/validation, OpenAPI schema part). */

import { at, type FieldError, forbiddenField, invalidValue, notSupported, required } from '../field-error.ts';
import { isEmbedded, itemsOf, type Props } from './props.ts';
import { checkRules, type RuleContext } from './validate-rules.ts';

const TYPES = ['array', 'boolean', 'integer', 'number', 'object', 'string'];

/** Refused fields; of those marked an empty value is as good as none. */
const REFUSED: readonly (readonly [string, 'present' | 'filled'])[] = [
  ['id', 'filled'],
  ['additionalItems', 'present'],
  ['patternProperties', 'filled'],
  ['definitions', 'filled'],
  ['dependencies', 'present'],
  ['$ref', 'present'],
];

const isFilled = (value: unknown): boolean =>
  typeof value === 'object' && value !== null ? Object.keys(value).length > 0 : value !== '';

const isRefused = (value: unknown, when: 'present' | 'filled'): boolean =>
  value !== undefined && value !== null && (when === 'present' || isFilled(value));

const checkSupported = (props: Props, path: string, limits: Limits): FieldError[] => {
  const errors: FieldError[] = [];
  const { type = '' } = props;
  if (type !== '' && !TYPES.includes(type)) errors.push(notSupported(at(path, 'type'), type, TYPES));
  if (limits.noDefaults !== '' && props.default !== undefined && props.default !== null)
    errors.push(forbiddenField(at(path, 'default'), `must not be set ${limits.noDefaults}`));
  const fields = props as Readonly<Record<string, unknown>>;
  for (const [name, when] of REFUSED)
    if (isRefused(fields[name], when))
      errors.push(forbiddenField(at(path, name), `${name} is not supported`));
  if (type === 'null') {
    const detail = 'type cannot be set to null, use nullable as an alternative';
    errors.push(forbiddenField(at(path, 'type'), detail));
  }
  if (Array.isArray(props.items)) {
    errors.push(forbiddenField(at(path, 'items'), 'items must be a schema object and not an array'));
  }
  if (limits.isInMeta && isEmbedded(props)) {
    const detail = 'must not be used inside of resource meta';
    errors.push(forbiddenField(at(path, 'x-kubernetes-embedded-resource'), detail));
  }
  if (props.uniqueItems === true) {
    const detail = 'uniqueItems cannot be set to true since the runtime complexity becomes quadratic';
    errors.push(forbiddenField(at(path, 'uniqueItems'), detail));
  }
  return errors;
};

const mustBe = (type: string, extension: string): string => `must be ${type} if ${extension} is specified`;

const checkExtensionType = (props: Props, wanted: string, extension: string, path: string): FieldError[] => {
  const { type = '' } = props;
  if (type === wanted) return [];
  const detail = mustBe(wanted, extension);
  return [type === '' ? required(at(path, 'type'), detail) : invalidValue(at(path, 'type'), type, detail)];
};

const checkKeyedList = (props: Props, keys: readonly string[], path: string): FieldError[] => {
  const errors: FieldError[] = [];
  const keysField = at(path, 'x-kubernetes-list-map-keys');
  const itemsField = at(path, 'items');
  if (keys.length === 0)
    errors.push(required(keysField, 'must not be empty if x-kubernetes-list-type is map'));
  const items = props.items;
  if (items === undefined) {
    errors.push(required(itemsField, 'must have a schema if x-kubernetes-list-type is map'));
    return errors;
  }
  if (Array.isArray(items)) {
    const detail = 'must only have a single schema if x-kubernetes-list-type is map';
    return [...errors, invalidValue(itemsField, items, detail)];
  }
  const item = items as Props;
  if (item.type !== 'object') {
    const detail = "must be object if parent array's x-kubernetes-list-type is map";
    return [...errors, invalidValue(at(itemsField, 'type'), item.type ?? '', detail)];
  }
  const seen = new Set<string>();
  for (const key of keys) {
    const type = item.properties?.[key]?.type;
    if (item.properties?.[key] === undefined)
      errors.push(invalidValue(keysField, keys, 'entries must all be names of item properties'));
    else if (type === 'array' || type === 'object') {
      const detail = "must be a scalar type if parent array's x-kubernetes-list-type is map";
      errors.push(invalidValue(`${itemsField}.properties[${key}].type`, item.type, detail));
    }
    if (seen.has(key)) errors.push(invalidValue(keysField, keys, 'must not contain duplicate entries'));
    seen.add(key);
  }
  return errors;
};

/** Keys of keyed lists are always there, and items are never null. */
const checkKeysAndItems = (props: Props, keys: readonly string[], path: string): FieldError[] => {
  const type = props['x-kubernetes-list-type'];
  const item = itemsOf(props);
  if (item === undefined || (type !== 'map' && type !== 'set')) return [];
  const itemsField = at(path, 'items');
  const errors: FieldError[] = [];
  if (item.nullable === true)
    errors.push(
      forbiddenField(at(itemsField, 'nullable'), `cannot be nullable when x-kubernetes-list-type is ${type}`),
    );
  if (type === 'set') return errors;
  for (const key of keys) {
    const own = item.properties?.[key];
    if (own === undefined) continue;
    const field = `${itemsField}.properties[${key}]`;
    if (own.default === undefined && !item.required?.includes(key)) {
      const detail = `${IS_KEY}, so it must have a default or be a required property`;
      errors.push(required(`${field}.default`, detail));
    }
    if (own.nullable === true)
      errors.push(forbiddenField(`${field}.nullable`, `${IS_KEY}, so it cannot be nullable`));
  }
  return errors;
};

const IS_KEY = 'this property is in x-kubernetes-list-map-keys';

/** Items of sets are one value each. */
const checkItemsOfSet = (props: Props, path: string): FieldError[] => {
  const item = itemsOf(props);
  if (props['x-kubernetes-list-type'] !== 'set' || item === undefined) return [];
  const detail = 'must be atomic as item of a list with x-kubernetes-list-type=set';
  const mapType = item['x-kubernetes-map-type'];
  const listType = item['x-kubernetes-list-type'];
  const field = (name: string): string => at(at(path, 'items'), name);
  if (item.type === 'array' && listType !== undefined && listType !== 'atomic')
    return [invalidValue(field('x-kubernetes-list-type'), listType, detail)];
  // Upstream shows the type of the list here, too.
  if (item.type === 'object' && mapType !== 'atomic')
    return [invalidValue(field('x-kubernetes-map-type'), listType ?? null, detail)];
  return [];
};

const checkExtensions = (props: Props, path: string): FieldError[] => {
  const errors: FieldError[] = [];
  const keys = props['x-kubernetes-list-map-keys'] ?? [];
  const listType = props['x-kubernetes-list-type'];
  const mapType = props['x-kubernetes-map-type'];
  const listField = at(path, 'x-kubernetes-list-type');
  if (props['x-kubernetes-preserve-unknown-fields'] === false) {
    const field = at(path, 'x-kubernetes-preserve-unknown-fields');
    errors.push(invalidValue(field, false, 'must be true or undefined'));
  }
  if (mapType !== undefined) {
    errors.push(...checkExtensionType(props, 'object', 'x-kubernetes-map-type', path));
    if (mapType !== 'atomic' && mapType !== 'granular')
      errors.push(notSupported(at(path, 'x-kubernetes-map-type'), mapType, ['atomic', 'granular']));
  }
  if (listType !== undefined) {
    const wrong = checkExtensionType(props, 'array', 'x-kubernetes-list-type', path);
    errors.push(...(wrong.length > 0 ? wrong : checkItemsOfSet(props, path)));
    if (!['atomic', 'set', 'map'].includes(listType))
      errors.push(notSupported(listField, listType, ['atomic', 'set', 'map']));
  }
  if (keys.length > 0 && listType !== 'map') {
    const detail = 'must be map if x-kubernetes-list-map-keys is non-empty';
    errors.push(
      listType === undefined ? required(listField, detail) : invalidValue(listField, listType, detail),
    );
  }
  if (listType === 'map') errors.push(...checkKeyedList(props, keys, path));
  return [...errors, ...checkKeysAndItems(props, keys, path)];
};

const members = (props: Props, path: string): readonly (readonly [Props, string, Step])[] => {
  const list: (readonly [Props, string, Step])[] = [];
  if (typeof props.additionalProperties === 'object')
    list.push([props.additionalProperties, at(path, 'additionalProperties'), 'member']);
  for (const [name, inner] of Object.entries(props.properties ?? {}).sort(([a], [b]) => (a < b ? -1 : 1)))
    list.push([inner, `${path}.properties[${name}]`, 'field']);
  if (props.not) list.push([props.not, at(path, 'not'), 'nested']);
  for (const key of ['allOf', 'oneOf', 'anyOf'] as const) {
    for (const [index, inner] of (props[key] ?? []).entries())
      list.push([inner, `${path}.${key}[${index}]`, 'nested']);
  }
  if (props.items !== undefined && !Array.isArray(props.items))
    list.push([props.items as Props, at(path, 'items'), 'item']);
  return list;
};

/** How one node lies below another. */
export type Step = 'member' | 'field' | 'nested' | 'item';

interface Found {
  readonly schema: FieldError[];
  readonly rules: FieldError[];
}

const TYPE_AND_METADATA: ReadonlySet<string> = new Set(['metadata', 'kind', 'apiVersion']);

/** What a node may not have because of where it stands. */
interface Limits {
  /** Why it may have no default; '' when it may. */
  readonly noDefaults: string;
  /** Within the type or metadata of a resource, the whole one or an embedded one. */
  readonly isInMeta: boolean;
}

const ANYWHERE: Limits = { noDefaults: '', isInMeta: false };

const limitsBelow = (props: Props, limits: Limits, step: Step, name: string, isRoot: boolean): Limits => {
  if (step === 'member' && limits.isInMeta)
    return { ...limits, noDefaults: 'inside additionalProperties applying to object metadata' };
  if (step !== 'field' || !TYPE_AND_METADATA.has(name) || !(isRoot || isEmbedded(props))) return limits;
  return { noDefaults: isRoot ? `in top-level ${name}` : limits.noDefaults, isInMeta: true };
};

const walk = (props: Props, path: string, context: RuleContext, limits: Limits): Found => {
  const schema = checkSupported(props, path, limits);
  const rules: FieldError[] = [];
  if (props.additionalProperties !== undefined && Object.keys(props.properties ?? {}).length > 0) {
    if (props.additionalProperties !== true) {
      const detail = 'additionalProperties and properties are mutual exclusive';
      schema.push(forbiddenField(at(path, 'additionalProperties'), detail));
    }
  }
  for (const [inner, innerPath, step] of members(props, path)) {
    const name = step === 'field' ? innerPath.slice(path.length + '.properties['.length, -1) : '';
    const below = limitsBelow(props, limits, step, name, context.isRoot);
    const found = walk(inner, innerPath, context.below(props, step, path), below);
    schema.push(...found.schema);
    rules.push(...found.rules);
  }
  schema.push(...checkExtensions(props, path));
  const own = checkRules(props, path, context, schema.length === 0);
  schema.push(...own.schema);
  rules.push(...own.rules);
  return { schema, rules };
};

/** Errors of a schema: of its shape first, then of its rules. `path` is where `openAPIV3Schema` stands. */
export const validateSchema = (props: Props, path: string, context: RuleContext): readonly FieldError[] => {
  const { schema, rules } = walk(props, path, context, ANYWHERE);
  return [...schema, ...rules, ...context.total(path)];
};
