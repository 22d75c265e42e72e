/** JSON Merge Patch (RFC 7386) as the API server's library applies it (evanphx/json-patch v4). */
import { cloneJson } from './deep.ts';
import { printJsonKind } from './go-print.ts';
import { badRequest } from './status.ts';

type JsonObject = Record<string, unknown>;

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const setKey = (target: JsonObject, key: string, value: unknown): void => {
  if (key === '__proto__') {
    Object.defineProperty(target, key, { value, enumerable: true, writable: true, configurable: true });
  } else target[key] = value;
};

/** Drops null fields of objects at any depth, list items included; null items of lists stay. */
const withoutNulls = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isObject(value)) return value;
  const kept: JsonObject = {};
  for (const key of Object.keys(value)) {
    if (value[key] !== null) setKey(kept, key, withoutNulls(value[key]));
  }
  return kept;
};

const mergeObjects = (target: Readonly<JsonObject>, patch: Readonly<JsonObject>): JsonObject => {
  const merged: JsonObject = { ...target };
  for (const key of Object.keys(patch)) {
    const change = patch[key];
    const current = Object.hasOwn(target, key) ? target[key] : undefined;
    if (change === null) delete merged[key];
    else if (!isObject(current)) setKey(merged, key, withoutNulls(change));
    else setKey(merged, key, isObject(change) ? mergeObjects(current, change) : change);
  }
  return merged;
};

/** Reads a parsed body as a merge patch; 400 unless it is an object. */
export const decodeMergePatch = (body: unknown): Readonly<JsonObject> => {
  if (isObject(body)) return body;
  throw badRequest(
    `error decoding patch: json: cannot unmarshal ${printJsonKind(body)} into Go value of type map[string]interface {}`,
  );
};

/** The document with the patch merged in; the inputs stay as they are, the result is a fresh copy. */
export const applyMergePatch = (document: Readonly<JsonObject>, patch: Readonly<JsonObject>): JsonObject =>
  cloneJson(mergeObjects(document, patch));
