/** What mutations do to an object (apiserver pkg/admission/plugin/policy/mutating/patch). */

import { fromCel } from '../../machinery/cel/convert.ts';
import { CelObject, type CelValue } from '../../machinery/cel/values.ts';
import { mergeValues } from '../../machinery/field-merge.ts';
import { type FieldType, fieldTypeOf } from '../../machinery/field-types.ts';
import { type Fields, isFields, memberType, own } from '../../machinery/field-values.ts';
import type { JsonPatchOperation } from '../../machinery/json-patch.ts';
import type { Draft } from '../../machinery/object.ts';
import type { Schema } from '../../machinery/schema.ts';
import { applyOperations, PatchProblem } from '../patch-operations.ts';

/** A mutation that cannot be made; the text says why. */
export class MutationError extends Error {}

/** Finds the first place where a configuration would change what can only be changed as a whole. */
const atomicPath = (type: FieldType, value: unknown, path: string): string | undefined => {
  if (Array.isArray(value)) {
    const { list } = type;
    if (list === undefined || list.atomic) return path;
    for (const item of value) {
      const found = atomicPath(list.items, item, path);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  if (!isFields(value)) return undefined;
  const { map } = type;
  if (map?.atomic === true) return path;
  for (const [name, inner] of Object.entries(value)) {
    const found = map === undefined ? undefined : atomicPath(memberType(map, name), inner, `${path}.${name}`);
    if (found !== undefined) return found;
  }
  return undefined;
};

/** Merges an apply configuration into an object. */
export const applyConfiguration = (object: Draft, value: CelValue, schema: Schema): Draft => {
  if (!(value instanceof CelObject)) throw new MutationError('error applying patch: not an object');
  const configuration = value.raw as Fields;
  const type = fieldTypeOf(schema);
  const path = atomicPath(type, configuration, '');
  if (path !== undefined) {
    throw new MutationError(
      `error applying patch: invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: ${path}`,
    );
  }
  const merged = mergeValues(type, object, configuration);
  return isFields(merged) ? ({ ...object, ...merged } as Draft) : object;
};

const operationOf = (value: CelValue): JsonPatchOperation => {
  const raw = fromCel(value);
  if (!isFields(raw)) throw new MutationError('type mismatch: JSONPatchType.ItemType wants JSONPatch');
  const text = (name: string): Readonly<Record<string, string>> => {
    const field = own(raw, name);
    return typeof field === 'string' ? { [name]: field } : {};
  };
  const patched = own(raw, 'value');
  return {
    ...text('op'),
    ...text('path'),
    ...text('from'),
    ...(patched === undefined ? {} : { value: patched }),
  };
};

/** Applies the operations an expression gave. A failed test means that nothing is to be done. */
export const applyPatch = (object: Draft, value: CelValue): Draft => {
  if (!Array.isArray(value)) throw new MutationError('type mismatch: JSONPatchType wants a list');
  const operations = value.map((item: CelValue) => operationOf(item));
  try {
    return applyOperations(object, operations);
  } catch (error) {
    if (!(error instanceof PatchProblem)) throw error;
    if (error.operation.op === 'test') return object;
    throw new MutationError(`JSON Patch: ${error.message}`);
  }
};
