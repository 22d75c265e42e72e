/** Values under the types of server-side apply: their shapes, the path elements of list items, the sets they make. */
import { deepEqual } from './deep.ts';
import { deducedType, type FieldType, type ListType, type MapType, type MemberType } from './field-types.ts';
import { asMember, type FieldSet, type FieldSetDraft, LEAF, printGoJson, valueElement } from './fieldset.ts';
import { isZero } from './zero.ts';

export type Fields = Readonly<Record<string, unknown>>;

/**
 * How absence is read. `typed`: as Go sees a struct, where some fields always have a value and explicit zeros of the
 * others count for nothing. `raw`: as it stands.
 */
export type Reading = 'typed' | 'raw';

/** A list item without a path element. The message is upstream's. */
export class ItemError extends Error {}

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A member by name, whatever the name: maps may have keys such as `constructor`. */
export const own = (record: Fields, name: string): unknown => {
  const value = record[name];
  // What an object inherits are functions, which JSON has none of, and its prototype.
  if (typeof value === 'function' || (name === '__proto__' && !Object.hasOwn(record, name))) return undefined;
  return value;
};

export type Shape = 'map' | 'scalar' | 'list';

/** Which of a type's forms a value has; for `null` and for misfits the first form of the type. */
export const shapeOf = (type: FieldType, value: unknown): Shape => {
  if (Array.isArray(value)) {
    if (type.list !== undefined) return 'list';
  } else if (typeof value === 'object') {
    if (type.map !== undefined && value !== null) return 'map';
  } else if (type.scalar !== undefined && value !== undefined) return 'scalar';
  return type.map !== undefined ? 'map' : type.scalar !== undefined ? 'scalar' : 'list';
};

/** The path element of a list item. Throws ItemError. */
export const elementOf = (list: ListType, item: unknown): string => {
  if (list.keys.length === 0) {
    if (item === null || item === undefined)
      throw new ItemError(`associative list without keys has an element that's an explicit null`);
    if (Array.isArray(item)) throw new ItemError('not supported: associative list with lists as elements');
    if (typeof item === 'object')
      throw new ItemError(`associative list without keys has an element that's a map type`);
    return valueElement(item);
  }
  if (item === null || item === undefined)
    throw new ItemError('associative list with keys may not have a null element');
  if (!isFields(item)) throw new ItemError('associative list with keys may not have non-map elements');
  let text = '';
  for (const key of list.sortedKeys) {
    const given = own(item, key.name);
    const value = given === undefined ? key.default : given;
    if (value === undefined) continue;
    text += `${text === '' ? '' : ','}${key.label}${printGoJson(value)}`;
  }
  if (text !== '') return `k:{${text}}`;
  const names = list.keys.map((key) => JSON.stringify(key.name)).join(' ');
  throw new ItemError(
    `associative list with keys has an element that omits all key fields [${names}] (and doesn't have default values for any key fields)`,
  );
};

/** The type of a member of a map and whether it is a declared field. */
export const memberType = (map: MapType, name: string): FieldType =>
  map.fields.get(name)?.type ?? map.items ?? deducedType;

const EMPTY_STRUCT: Fields = Object.freeze({});

/** A declared field's value; `undefined` when the object does not have it. */
export const readMember = (member: MemberType, value: unknown, reading: Reading): unknown => {
  if (reading === 'raw') return value;
  if (value === undefined || value === null || (member.dropsZero && isZero(value)))
    return member.zero.kind === 'struct' ? EMPTY_STRUCT : member.zero.value;
  return value;
};

/** `null`, an empty list or an empty map. */
export const isEmptyValue = (value: unknown): boolean => {
  if (value === null || value === undefined) return true;
  if (Array.isArray(value)) return value.length === 0;
  for (const _ in value as object) return false;
  return true;
};

/** Every path of a value that appears (or goes) as a whole, itself included: what a comparison with nothing tells. */
export const wholeSet = (type: FieldType, value: unknown, reading: Reading): FieldSet => {
  const shape = shapeOf(type, value);
  if (shape === 'scalar' || isEmptyValue(value)) return LEAF;
  if (shape === 'list') {
    const { list } = type;
    return list === undefined || list.atomic || !Array.isArray(value)
      ? LEAF
      : wholeList(list, value, reading);
  }
  const { map } = type;
  if (map === undefined || map.atomic || !isFields(value)) return LEAF;
  return wholeMembers(map, value, reading);
};

const wholeMembers = (map: MapType, value: Fields, reading: Reading): FieldSet => {
  const set: FieldSetDraft = { '.': LEAF };
  const { fields } = map;
  for (const name in value) {
    const member = fields.get(name);
    if (member === undefined) {
      if (value[name] !== undefined)
        set[`f:${name}`] = wholeSet(map.items ?? deducedType, value[name], reading);
      continue;
    }
    const read = readMember(member, value[name], reading);
    if (read !== undefined) set[member.element] = wholeSet(member.type, read, reading);
  }
  if (reading === 'typed') {
    for (const member of map.always) {
      if (member.element in set) continue;
      set[member.element] = wholeSet(member.type, readMember(member, undefined, reading), reading);
    }
  }
  for (const element in set) if (element !== '.') return set;
  return LEAF;
};

const wholeList = (list: ListType, items: readonly unknown[], reading: Reading): FieldSet => {
  const set: FieldSetDraft = { '.': LEAF };
  for (const item of items) {
    const element = elementOf(list, item);
    // Items that share a path are owned together, as one value.
    set[element] = element in set ? LEAF : wholeSet(list.items, item, reading);
  }
  return set;
};

/** The set an apply configuration claims: leaves, list items and members of maps, but not the structs around them. */
export const claimedSet = (type: FieldType, value: unknown): FieldSet => {
  const { map } = type;
  if (map === undefined || map.atomic || !isFields(value)) return LEAF;
  const set: FieldSetDraft = {};
  claimMembers(map, value, set);
  return set;
};

const claimMembers = (map: MapType, value: Fields, set: FieldSetDraft): void => {
  for (const name in value) {
    const item = value[name];
    if (item === undefined) continue;
    const isForced = item === null || (isFields(item) && isEmptyValue(item)) || !map.fields.has(name);
    claim(memberType(map, name), item, set, `f:${name}`, isForced);
  }
};

const claim = (
  type: FieldType,
  value: unknown,
  set: FieldSetDraft,
  element: string,
  forced: boolean,
): void => {
  const shape = shapeOf(type, value);
  if (shape === 'scalar' || (shape === 'map' ? type.map?.atomic : type.list?.atomic) === true) {
    set[element] = LEAF;
    return;
  }
  const below: FieldSetDraft = {};
  if (shape === 'map' && type.map !== undefined && isFields(value)) claimMembers(type.map, value, below);
  if (shape === 'list' && type.list !== undefined && Array.isArray(value))
    claimItems(type.list, value, below);
  if (!isEmptyValue(below)) set[element] = forced ? asMember(below) : below;
  else if (forced) set[element] = LEAF;
};

const claimItems = (list: ListType, items: readonly unknown[], set: FieldSetDraft): void => {
  const seen = new Set<string>();
  for (const item of items) {
    const element = elementOf(list, item);
    if (seen.has(element)) set[element] = LEAF;
    else claim(list.items, item, set, element, true);
    seen.add(element);
  }
};

/** The set with every declared field that has members below it made a member too. */
export const withNamedFields = (set: FieldSet, type: FieldType | undefined): FieldSet => {
  const result: FieldSetDraft = {};
  for (const element in set) {
    const node = set[element] as FieldSet;
    if (element === '.' || isEmptyValue(node)) {
      result[element] = node;
      continue;
    }
    const name = element.startsWith('f:') ? element.slice(2) : undefined;
    const member = name === undefined ? undefined : type?.map?.fields.get(name);
    const inner =
      name !== undefined
        ? (member?.type ?? type?.map?.items)
        : element.startsWith('k:')
          ? type?.list?.items
          : undefined;
    const below = withNamedFields(node, inner);
    result[element] = member === undefined ? below : asMember(below);
  }
  return result;
};

/** Equality of values that are compared as one. */
export const sameValue = (left: unknown, right: unknown): boolean => left === right || deepEqual(left, right);
