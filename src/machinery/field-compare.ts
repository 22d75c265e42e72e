/** What differs between two objects of a type, as sets of paths (structured-merge-diff v6 typed/compare.go). */

import { deducedType, type FieldType, type ListType, type MapType } from './field-types.ts';
import {
  elementOf,
  type Fields,
  isEmptyValue,
  isFields,
  own,
  type Reading,
  readMember,
  sameValue,
  shapeOf,
  wholeSet,
} from './field-values.ts';
import { asMember, EMPTY, type FieldSet, type FieldSetDraft, isEmpty, LEAF, union } from './fieldset.ts';

/** Outcome of a comparison. */
export interface Comparison {
  /** Paths that are new or have another value. */
  readonly changed: FieldSet;
  readonly removed: FieldSet;
}

/** What a node's members differ in; the sets are made when there is something for them. */
interface Found {
  changed: FieldSetDraft | undefined;
  removed: FieldSetDraft | undefined;
}

const NOTHING: Comparison = { changed: EMPTY, removed: EMPTY };

/**
 * Compares two objects. `skipped` holds paths that are left out together with all below them. Throws ItemError when
 * an item of a keyed list has no key.
 */
export const compareObjects = (
  type: FieldType,
  left: Fields,
  right: Fields,
  reading: Reading,
  skipped: FieldSet = EMPTY,
): Comparison => {
  const { map } = type;
  if (left === right || map === undefined || map.atomic) return NOTHING;
  const found: Found = { changed: undefined, removed: undefined };
  compareMembers(map, left, right, reading, found, skipped);
  return {
    changed: found.changed ?? EMPTY,
    removed: found.removed ?? EMPTY,
  };
};

const addChanged = (found: Found, element: string, node: FieldSet): void => {
  found.changed ??= {};
  const known = found.changed[element];
  found.changed[element] = known === undefined ? node : joined(known, node);
};

const addRemoved = (found: Found, element: string, node: FieldSet): void => {
  found.removed ??= {};
  const known = found.removed[element];
  found.removed[element] = known === undefined ? node : joined(known, node);
};

const joined = (left: FieldSet, right: FieldSet): FieldSet => {
  if (isEmpty(left)) return asMember(right);
  return isEmpty(right) ? asMember(left) : union(left, right);
};

const compareMembers = (
  map: MapType,
  left: Fields,
  right: Fields,
  reading: Reading,
  found: Found,
  skipped: FieldSet,
): void => {
  const { fields, items = deducedType } = map;
  for (const name in right) {
    const member = fields.get(name);
    if (member === undefined) {
      compareMember(items, own(left, name), right[name], reading, found, `f:${name}`, skipped);
      continue;
    }
    if (left[name] === right[name]) continue;
    const before = readMember(member, own(left, name), reading);
    const after = readMember(member, right[name], reading);
    compareMember(member.type, before, after, reading, found, member.element, skipped);
  }
  for (const name in left) {
    if (own(right, name) !== undefined) continue;
    const member = fields.get(name);
    const before = member === undefined ? left[name] : readMember(member, left[name], reading);
    const after = member === undefined ? undefined : readMember(member, undefined, reading);
    const type = member?.type ?? items;
    compareMember(type, before, after, reading, found, member?.element ?? `f:${name}`, skipped);
  }
};

const compareMember = (
  type: FieldType,
  left: unknown,
  right: unknown,
  reading: Reading,
  found: Found,
  element: string,
  skipped: FieldSet,
): void => {
  if (left === right) return;
  const skip = skipped[element];
  if (skip !== undefined && isEmpty(skip)) return;
  if (left === undefined) addChanged(found, element, wholeSet(type, right, reading));
  else if (right === undefined) addRemoved(found, element, wholeSet(type, left, reading));
  else {
    const shape = shapeOf(type, left);
    compareAs(shape, type, left, right, reading, found, element, skip ?? EMPTY);
    // A value that changed its form is judged under both.
    const other = shapeOf(type, right);
    if (other !== shape) compareAs(other, type, left, right, reading, found, element, skip ?? EMPTY);
  }
};

const compareAs = (
  shape: 'map' | 'scalar' | 'list',
  type: FieldType,
  left: unknown,
  right: unknown,
  reading: Reading,
  found: Found,
  element: string,
  skipped: FieldSet,
): void => {
  const inner: Found = { changed: undefined, removed: undefined };
  const before = shape === 'map' ? isFields(left) && left : Array.isArray(left) && left;
  const after = shape === 'map' ? isFields(right) && right : Array.isArray(right) && right;
  const isLeaf =
    shape === 'scalar' ||
    (shape === 'map' ? type.map : type.list)?.atomic !== false ||
    (isEmptyValue(before || undefined) && isEmptyValue(after || undefined));
  if (isLeaf) {
    if (!sameValue(left, right)) addChanged(found, element, LEAF);
    return;
  }
  if (shape === 'map' && type.map !== undefined)
    compareMembers(type.map, (before || {}) as Fields, (after || {}) as Fields, reading, inner, skipped);
  if (shape === 'list' && type.list !== undefined)
    compareItems(type.list, (before || []) as unknown[], (after || []) as unknown[], reading, inner);
  if (inner.changed !== undefined) addChanged(found, element, inner.changed);
  if (inner.removed !== undefined) addRemoved(found, element, inner.removed);
};

/** Items by path element; those that share one stand together. */
const indexItems = (list: ListType, items: readonly unknown[]): ReadonlyMap<string, readonly unknown[]> => {
  const index = new Map<string, unknown[]>();
  for (const item of items) {
    const element = elementOf(list, item);
    const known = index.get(element);
    if (known === undefined) index.set(element, [item]);
    else known.push(item);
  }
  return index;
};

const NONE: readonly unknown[] = [];

const FEW = 12;

const hasSameKeys = (list: ListType, left: unknown, right: unknown): boolean =>
  isFields(left) &&
  isFields(right) &&
  list.keys.every(({ name }) => own(left, name) !== undefined && own(left, name) === own(right, name));

/** Whether two short lists hold the same keys in the same order, each once: what most writes leave as it is. */
const isAligned = (list: ListType, left: readonly unknown[], right: readonly unknown[]): boolean => {
  if (left.length !== right.length || left.length > FEW || list.keys.length === 0) return false;
  for (let place = 0; place < left.length; place++) {
    if (!hasSameKeys(list, left[place], right[place])) return false;
    for (let other = 0; other < place; other++) {
      if (hasSameKeys(list, left[other], right[place])) return false;
    }
  }
  return true;
};

const compareItems = (
  list: ListType,
  left: readonly unknown[],
  right: readonly unknown[],
  reading: Reading,
  found: Found,
): void => {
  if (isAligned(list, left, right)) {
    for (let place = 0; place < left.length; place++) {
      if (sameValue(left[place], right[place])) continue;
      const element = elementOf(list, right[place]);
      compareMember(list.items, left[place], right[place], reading, found, element, EMPTY);
    }
    return;
  }
  const before = indexItems(list, left);
  const after = indexItems(list, right);
  for (const element of new Set([...before.keys(), ...after.keys()])) {
    const ours = before.get(element) ?? NONE;
    const theirs = after.get(element) ?? NONE;
    if (ours.length <= 1 && theirs.length <= 1)
      compareMember(list.items, ours[0], theirs[0], reading, found, element, EMPTY);
    else if (ours.length > 1 && theirs.length > 1) {
      if (!sameValue(ours, theirs)) addChanged(found, element, LEAF);
    } else if (ours.length > 1) {
      if (theirs.length > 0) addChanged(found, element, wholeSet(list.items, theirs[0], reading));
      addRemoved(found, element, LEAF);
    } else {
      if (ours.length > 0) addRemoved(found, element, wholeSet(list.items, ours[0], reading));
      addChanged(found, element, LEAF);
    }
  }
};
