/**
 * Decoding of custom types (apiextensions-apiserver's structural schemas): fields the schema does not specify are
 * dropped and reported, metadata is read as ObjectMeta, and everything else is kept as it is for validation.
 */
import { compileDecoder } from './decode-compile.ts';
import { DecodeContext, type Decoded, DecodeFailure } from './decode-context.ts';
import type { Draft } from './object.ts';
import { bad, good, type Result } from './result.ts';
import type { Schema } from './schema.ts';
import { MAX_DEPTH } from './strict-json.ts';
import { setOwn } from './zero.ts';

const OBJECT_META = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta';

interface Pruning {
  readonly unknown: string[];
  members: number;
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const sortKeys = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (!isRecord(value)) return value;
  const sorted: Draft = {};
  for (const key of Object.keys(value).sort()) setOwn(sorted, key, sortKeys(value[key]));
  return sorted;
};

/** Metadata of the object itself or of an embedded one; a malformed one refuses the body. */
const readMetadata = (value: unknown, schema: Schema, path: string, pruning: Pruning): unknown => {
  const context = new DecodeContext();
  try {
    const decoded = compileDecoder(schema)(value, context);
    pruning.members += context.members;
    for (const name of context.unknown) pruning.unknown.push(`${path}.${name}`);
    return decoded;
  } catch (failure) {
    if (!(failure instanceof DecodeFailure) || path === 'metadata') throw failure;
    const shown = JSON.stringify(sortKeys(value));
    throw new DecodeFailure(`${path}: Invalid value: ${shown}: ${failure.message}`);
  }
};

/** What happens to members no field is specified for. */
type Rest = { readonly keep: true; readonly schema?: Schema } | { readonly keep: false };

const restOf = (schema: Schema): Rest => {
  if (schema.items) return { keep: true, schema: schema.items };
  const isFree = schema.preserveUnknownFields === true || schema.type === 'any' || schema.type === 'map';
  return isFree ? { keep: true } : { keep: false };
};

const prune = (
  value: unknown,
  schema: Schema | undefined,
  path: string,
  depth: number,
  pruning: Pruning,
): unknown => {
  if (typeof value !== 'object' || value === null) return value;
  if (depth > MAX_DEPTH) throw new DecodeFailure('exceeded max depth');
  if (Array.isArray(value)) {
    const items = schema?.type === 'array' ? schema.items : undefined;
    return value.map((item, index) => prune(item, items, `${path}[${index}]`, depth + 1, pruning));
  }
  const isObject = schema !== undefined && schema.type !== 'array';
  const rest: Rest = isObject ? restOf(schema) : { keep: true };
  const result: Draft = {};
  for (const [name, member] of Object.entries(value)) {
    pruning.members++;
    const inner = path === '' ? name : `${path}.${name}`;
    const field = isObject ? schema.fields?.get(name) : undefined;
    const isMeta =
      schema?.embeddedResource === true && (name === 'apiVersion' || name === 'kind' || name === 'metadata');
    if (field?.schema.name === OBJECT_META && member !== null) {
      setOwn(result, name, readMetadata(member, field.schema, inner, pruning));
    } else if (field) setOwn(result, name, prune(member, field.schema, inner, depth + 1, pruning));
    else if (rest.keep || isMeta)
      setOwn(result, name, prune(member, rest.keep ? rest.schema : undefined, inner, depth + 1, pruning));
    else {
      pruning.unknown.push(inner);
      prune(member, undefined, inner, depth + 1, pruning);
    }
  }
  return result;
};

/**
 * A fresh draft with only what the structural schema specifies. `schema` is the node of the whole object, with
 * `apiVersion`, `kind` and `metadata` (ObjectMeta) among its fields. Wrong types are kept, except in metadata,
 * where they refuse the body as in upstream.
 */
export const pruneStructural = (value: unknown, schema: Schema): Result<Decoded> => {
  const pruning: Pruning = { unknown: [], members: 0 };
  try {
    const draft = prune(value ?? {}, schema, '', 0, pruning);
    if (!isRecord(draft)) return bad('json: cannot unmarshal into Go value of type map[string]interface {}');
    return good({ draft: draft as Draft, unknown: pruning.unknown, members: pruning.members });
  } catch (failure) {
    if (failure instanceof DecodeFailure) return bad(failure.message);
    throw failure;
  }
};
