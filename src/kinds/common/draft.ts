/** Small hands for drafts: reading, reaching into and filling plain JSON objects whose shape was checked before. */

import { cloneJson } from '../../machinery/deep.ts';
import type { Draft, KubeObject } from '../../machinery/object.ts';

const isObject = (value: unknown): value is Draft =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The object at a field, or `undefined` when there is none. */
export const child = (draft: Draft | undefined, field: string): Draft | undefined => {
  const value = draft?.[field];
  return isObject(value) ? value : undefined;
};

/** The object along a path of fields, or `undefined`. */
export const descend = (draft: Draft | undefined, ...path: readonly string[]): Draft | undefined =>
  path.reduce<Draft | undefined>(child, draft);

/** The object at a field, made when there is none. */
export const ensure = (draft: Draft, field: string): Draft => {
  const value = draft[field];
  if (isObject(value)) return value;
  const made: Draft = {};
  draft[field] = made;
  return made;
};

/** The objects in a list field; empty when there is no list. */
export const items = (draft: Draft | undefined, field: string): Draft[] => {
  const value = draft?.[field];
  return Array.isArray(value) ? value.filter(isObject) : [];
};

/** True for a field that is absent or null. */
export const isAbsent = (draft: Draft, field: string): boolean =>
  draft[field] === undefined || draft[field] === null;

/** Sets a pointer-like field when it is absent. */
export const setAbsent = (draft: Draft, field: string, value: unknown): void => {
  if (isAbsent(draft, field)) draft[field] = value;
};

/** Sets a plain field when it has its zero value: absent, empty text, 0 or false. */
export const setZero = (draft: Draft, field: string, value: unknown): void => {
  if (!draft[field]) draft[field] = value;
};

/** Applies plain-field defaults given as a table. */
export const setZeros = (draft: Draft, values: Readonly<Record<string, unknown>>): void => {
  for (const [field, value] of Object.entries(values)) setZero(draft, field, value);
};

/** Applies pointer-field defaults given as a table. */
export const setAbsents = (draft: Draft, values: Readonly<Record<string, unknown>>): void => {
  for (const [field, value] of Object.entries(values)) setAbsent(draft, field, value);
};

/** How many entries an object or list has; 0 for anything else. */
export const sizeOf = (value: unknown): number => {
  if (Array.isArray(value)) return value.length;
  return isObject(value) ? Object.keys(value).length : 0;
};

/** A text field; '' when it is absent or not a text. */
export const text = (draft: Draft | undefined, field: string): string => {
  const value = draft?.[field];
  return typeof value === 'string' ? value : '';
};

/** The stored object as a read-only draft, for code that compares or copies fields. */
export const fieldsOf = (object: KubeObject): Draft => object as unknown as Draft;

/** Copies a field of the stored object into the draft, or drops it when the stored object has none. */
export const keep = (draft: Draft, old: KubeObject, field: string): void => {
  const value = fieldsOf(old)[field];
  if (value === undefined) delete draft[field];
  else if (draft[field] !== value) draft[field] = cloneJson(value);
};

/** Equality of JSON values where an absent, null or empty field counts as missing (Go's semantic equality). */
export const sameValue = (left: unknown, right: unknown): boolean => {
  if (left === right) return true;
  if (isMissing(left) || isMissing(right)) return isMissing(left) && isMissing(right);
  if (Array.isArray(left) && Array.isArray(right)) {
    return left.length === right.length && left.every((item, index) => sameValue(item, right[index]));
  }
  if (!isObject(left) || !isObject(right)) return false;
  const fields = new Set([...Object.keys(left), ...Object.keys(right)]);
  return [...fields].every((field) => sameValue(left[field], right[field]));
};

const isMissing = (value: unknown): boolean =>
  value === undefined || value === null || (typeof value === 'object' && sizeOf(value) === 0);
