/**
 * Merging an apply configuration into an object, and taking paths out of one (structured-merge-diff v6
 * typed/merge.go, typed/remove.go). Inputs are not written to; results share what did not change.
 */

import type { FieldType, ListType, MapType } from './field-types.ts';
import { elementOf, type Fields, isEmptyValue, isFields, memberType, own, shapeOf } from './field-values.ts';
import type { FieldSet } from './fieldset.ts';
import { isEmpty, isMember } from './fieldset.ts';
import { setOwn } from './zero.ts';

/**
 * Merges the right value over the left one: leaves of the right win, nothing is removed, lists take the order of the
 * right one where it says something. `undefined` when nothing is left to print.
 */
export const mergeValues = (type: FieldType, left: unknown, right: unknown): unknown => {
  if (right === undefined) return left;
  if (left === undefined) return right;
  const shape = shapeOf(type, right);
  if (shape === 'scalar') return right;
  if (shape === 'map') {
    const before = isFields(left) ? left : undefined;
    const after = isFields(right) ? right : undefined;
    if (type.map === undefined || type.map.atomic || (isEmptyValue(before) && isEmptyValue(after)))
      return right;
    return mergeMaps(type.map, before ?? {}, after ?? {});
  }
  const before: readonly unknown[] = Array.isArray(left) ? left : [];
  const after: readonly unknown[] = Array.isArray(right) ? right : [];
  if (type.list === undefined || type.list.atomic || (before.length === 0 && after.length === 0))
    return right;
  return mergeLists(type.list, before, after);
};

const mergeMaps = (map: MapType, left: Fields, right: Fields): unknown => {
  const merged: { [name: string]: unknown } = {};
  for (const name of Object.keys(left)) {
    const value = mergeValues(memberType(map, name), left[name], own(right, name));
    if (value !== undefined) setOwn(merged, name, value);
  }
  for (const name of Object.keys(right)) {
    if (own(left, name) === undefined && right[name] !== undefined) setOwn(merged, name, right[name]);
  }
  return isEmptyValue(merged) ? undefined : merged;
};

/** The items of a list with their path elements; `unique` holds those that stand once. */
interface Indexed {
  readonly elements: readonly string[];
  readonly items: ReadonlyMap<string, unknown>;
}

const indexed = (list: ListType, values: readonly unknown[]): Indexed => {
  const elements: string[] = [];
  const items = new Map<string, unknown>();
  for (const value of values) {
    const element = elementOf(list, value);
    elements.push(element);
    // Items that share a path cannot be merged with anything.
    items.set(element, items.has(element) ? undefined : value);
  }
  return { elements, items };
};

/**
 * Walks both lists: items only the left one has stay where they are, shared ones follow the right one's order. The
 * steps are upstream's, because the order of the result shows.
 */
const mergeLists = (list: ListType, left: readonly unknown[], right: readonly unknown[]): unknown => {
  const ours = indexed(list, left);
  const theirs = indexed(list, right);
  const shared = theirs.elements.filter((element) => ours.items.has(element));
  const merged: unknown[] = [];
  const done = new Set<string>();
  const take = (element: string): void => {
    done.add(element);
    const value = mergeValues(list.items, ours.items.get(element), theirs.items.get(element));
    if (value !== undefined) merged.push(value);
  };
  let next = shared.shift();
  let l = 0;
  let r = 0;
  while (l < ours.elements.length || r < theirs.elements.length) {
    const mine = ours.elements[l];
    const other = theirs.elements[r];
    if (mine !== undefined && other !== undefined) {
      if (mine === other) {
        take(mine);
        l++;
        r++;
        next = shared.shift();
        continue;
      }
      if (theirs.items.has(mine) && next !== undefined && next !== mine) {
        l++;
        continue;
      }
    }
    if (mine !== undefined) {
      if (!theirs.items.has(mine)) {
        merged.push(left[l]);
        l++;
        continue;
      }
      if (done.has(mine)) l++;
    }
    if (other !== undefined) {
      take(other);
      r++;
      if (next === other) next = shared.shift();
    }
  }
  return merged.length === 0 ? undefined : merged;
};

/** Takes paths out of a value. A map or list that is emptied by it becomes `null`. */
export const removePaths = (type: FieldType, value: unknown, paths: FieldSet): unknown => {
  const shape = shapeOf(type, value);
  if (shape === 'scalar') return value;
  if (shape === 'map') {
    if (type.map === undefined || type.map.atomic || !isFields(value)) return null;
    return removeMembers(type.map, value, paths);
  }
  if (type.list === undefined || type.list.atomic || !Array.isArray(value)) return null;
  return removeItems(type.list, value, paths);
};

const removeMembers = (map: MapType, value: Fields, paths: FieldSet): unknown => {
  const rest: { [name: string]: unknown } = {};
  for (const name of Object.keys(value)) {
    const path = paths[`f:${name}`];
    if (path === undefined) setOwn(rest, name, value[name]);
    else if (!isMember(path)) setOwn(rest, name, removePaths(memberType(map, name), value[name], path));
  }
  return isEmptyValue(rest) ? null : rest;
};

const removeItems = (list: ListType, items: readonly unknown[], paths: FieldSet): unknown => {
  const rest: unknown[] = [];
  for (const item of items) {
    const path = paths[elementOf(list, item)];
    if (path === undefined) rest.push(item);
    else if (!isMember(path)) rest.push(isEmpty(path) ? item : removePaths(list.items, item, path));
  }
  return rest.length === 0 ? null : rest;
};
