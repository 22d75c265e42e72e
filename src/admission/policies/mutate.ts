/** What mutations do to an object (apiserver pkg/admission/plugin/policy/mutating/patch). */

import { fromCel } from '../../machinery/cel/convert.ts';
import { ConstructedObject, misnamedTypes } from '../../machinery/cel/policy.ts';
import { CelObject, type CelValue } from '../../machinery/cel/values.ts';
import { checkTyped } from '../../machinery/field-check.ts';
import { mergeValues } from '../../machinery/field-merge.ts';
import { type FieldType, fieldTypeOf } from '../../machinery/field-types.ts';
import { type Fields, isFields, own } from '../../machinery/field-values.ts';
import type { JsonPatchOperation } from '../../machinery/json-patch.ts';
import type { Draft } from '../../machinery/object.ts';
import type { Schema } from '../../machinery/schema.ts';
import { applyOperations, PatchProblem } from '../patch-operations.ts';

/** A mutation that cannot be made; the text says why. */
export class MutationError extends Error {}

/** Finds the places where a configuration would change what can only be changed as a whole. */
const atomicPaths = (type: FieldType, value: unknown, path: string): readonly string[] => {
  const { list, map } = type;
  if (Array.isArray(value)) {
    if (list === undefined) return [];
    const inner = value.flatMap((item, index) => atomicPaths(list.items, item, `${path}[${index}]`));
    return list.atomic ? [path, ...inner] : inner;
  }
  if (!isFields(value) || map === undefined) return [];
  const inner = Object.entries(value).flatMap(([name, item]) => {
    const member = map.fields.get(name);
    return member === undefined ? [] : atomicPaths(member.type, item, `${path}.${name}`);
  });
  return map.atomic ? [path, ...inner] : inner;
};

const checkNames = (value: CelValue | undefined): void => {
  const misnamed = misnamedTypes(value);
  if (misnamed.length > 0) throw new MutationError(`type mismatch: ${misnamed.join('\n')}`);
};

/** Merges an apply configuration into an object. */
export const applyConfiguration = (object: Draft, value: CelValue, schema: Schema): Draft => {
  if (!(value instanceof CelObject)) throw new MutationError('error applying patch: not an object');
  checkNames(value);
  const { apiVersion, kind } = object;
  const configuration: Fields = { ...(value.raw as Fields), apiVersion, kind };
  const type = fieldTypeOf(schema);
  const problem = checkTyped(type, configuration);
  if (problem !== undefined) {
    throw new MutationError(
      `error applying patch: failed to convert patch object to typed object: ${problem}`,
    );
  }
  const paths = atomicPaths(type, configuration, '');
  if (paths.length > 0) {
    throw new MutationError(
      `error applying patch: invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: ${paths.join(', ')}`,
    );
  }
  const merged = mergeValues(type, object, configuration);
  return isFields(merged) ? ({ ...object, ...merged } as Draft) : object;
};

const operationOf = (value: CelValue): JsonPatchOperation => {
  const raw = fromCel(value);
  if (!isFields(raw)) throw new MutationError('type mismatch: JSONPatchType.ItemType wants JSONPatch');
  const text = (name: string): string => {
    const field = own(raw, name);
    return typeof field === 'string' ? field : '';
  };
  const from = text('from');
  const patched = own(raw, 'value');
  if (value instanceof ConstructedObject) checkNames(value.members.get('value'));
  return {
    op: text('op'),
    path: text('path'),
    ...(from === '' ? {} : { from }),
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
    if (error.isTestFailed) return object;
    throw new MutationError(`JSON Patch: ${error.message}`);
  }
};
