/** Refusals of malformed strategic merge patches, in upstream's words (apimachinery util/mergepatch). */
import { printGoType, printGoValue } from './go-print.ts';
import { makeStatus, StatusError } from './status.ts';

export type JsonObject = Record<string, unknown>;

/** True for a JSON object, false for lists, scalars and null. */
export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Failures upstream does not classify reach the client as a bare 500 with the text. */
export const unclassified = (message: string): StatusError =>
  new StatusError(makeStatus(500, undefined, message));

/** A value of another Go type than the directive needs. */
export const wrongType = (expected: string, actual: unknown): StatusError =>
  unclassified(`expected a ${expected}, but received a ${printGoType(actual)}`);

/** An item of a keyed list without its key. */
export const noMergeKey = (item: unknown, mergeKey: string): StatusError =>
  unclassified(`map: ${printGoValue(item)} does not contain declared merge key: ${mergeKey}`);

/** The merge key's value; throws for what is no object or lacks the key. */
export const keyValue = (item: unknown, mergeKey: string): unknown => {
  if (!isObject(item)) throw wrongType('map[string]interface {}', item);
  if (!Object.hasOwn(item, mergeKey)) throw noMergeKey(item, mergeKey);
  return item[mergeKey];
};
