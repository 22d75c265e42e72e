/**
 * JSON to an object of a built-in type, as upstream's typed decoder does it: names are case-sensitive, `null` is
 * absence, scalars are brought to the form Go prints, unknown fields are dropped and reported, and a value of the
 * wrong type refuses the whole body in Go's words. The result is a fresh draft in canonical form.
 */
import { compileDecoder } from './decode-compile.ts';
import { DecodeContext, type Decoded, DecodeFailure, type DecodeWording } from './decode-context.ts';
import { mayHoldLiterals, readLiterals } from './number-literals.ts';
import type { Draft } from './object.ts';
import { pruneStructural } from './prune.ts';
import { bad, good, type Result } from './result.ts';
import type { Schema } from './schema.ts';
import { badRequest } from './status.ts';
import { countMembers, visitMembers } from './strict-json.ts';

export type FieldValidation = 'Ignore' | 'Warn' | 'Strict';

export type { Decoded };

/**
 * Decodes a parsed value of a built-in type. The error is Go's (`json: cannot unmarshal string into Go struct field
 * DeploymentSpec.spec.replicas of type int32`). `null` decodes to an empty object, as in Go.
 */
export const decodeValue = (
  value: unknown,
  schema: Schema,
  wording: DecodeWording = 'json',
): Result<Decoded> => {
  const context = new DecodeContext(wording);
  try {
    const draft = compileDecoder(schema)(value ?? {}, context) as Draft;
    return good({ draft, unknown: context.unknown, members: context.members });
  } catch (failure) {
    if (failure instanceof DecodeFailure) return bad(failure.message);
    throw failure;
  }
};

/** What a body is decoded into. */
export interface DecodeTarget {
  readonly kind: string;
  /** Version without the group, as it stands in messages. */
  readonly version: string;
  readonly schema: Schema;
  /** True for types made by a CustomResourceDefinition: they are pruned, and checked by validation only. */
  readonly custom?: boolean;
}

/** A body as a draft, and the texts for Warning headers. */
export interface DecodedBody {
  readonly draft: Draft;
  readonly warnings: readonly string[];
}

/** At most this many strict errors are told, as upstream. */
const MAX_STRICT_ERRORS = 100;

const cannotBeHandled = (target: DecodeTarget, message: string): string =>
  `${target.kind} in version "${target.version}" cannot be handled as a ${target.kind}: ${message}`;

/**
 * Decodes a parsed body into a target. `text` is the JSON text the value was read from; without it (protobuf, YAML,
 * patches) duplicates are the reader's to report. Throws 400 for wrong types and, when `Strict`, for unknown and
 * duplicate fields; when `Warn` those come back as warnings.
 */
export const decodeBody = (
  value: unknown,
  target: DecodeTarget,
  validation: FieldValidation,
  text?: string,
): DecodedBody => {
  const decoded =
    target.custom === true ? pruneStructural(value, target.schema) : decodeValue(value, target.schema);
  const refusal = decoded.ok && target.custom !== true ? literalRefusal(text, target.schema) : undefined;
  if (!decoded.ok) throw badRequest(cannotBeHandled(target, decoded.error));
  if (refusal !== undefined) throw badRequest(cannotBeHandled(target, refusal));
  if (validation === 'Ignore') return { draft: decoded.value.draft, warnings: [] };
  const problems = fieldProblems(decoded.value, text).slice(0, MAX_STRICT_ERRORS);
  if (validation === 'Strict' && problems.length > 0)
    throw badRequest(cannotBeHandled(target, `strict decoding error: ${problems.join(', ')}`));
  return { draft: decoded.value.draft, warnings: problems };
};

/** Go reads integers from digits alone; what a double makes of `1.0` or of 2^63 looks like one. */
const literalRefusal = (text: string | undefined, schema: Schema): string | undefined => {
  if (text === undefined || !mayHoldLiterals(text)) return undefined;
  const decoded = decodeValue(readLiterals(text), schema);
  return decoded.ok ? undefined : decoded.error;
};

/** Unknown and duplicate fields in upstream's wording; in the text's order when there is a text. */
const fieldProblems = (decoded: Decoded, text: string | undefined): readonly string[] => {
  const unknown = decoded.unknown.map((path) => `unknown field "${path}"`);
  if (text === undefined || countMembers(text) === decoded.members) return unknown;
  const known = new Set(decoded.unknown);
  const problems: string[] = [];
  visitMembers(text, (parent, name, isDuplicate) => {
    const path = parent === '' ? name : `${parent}.${name}`;
    const isUnknown = known.has(path);
    if (isUnknown) problems.push(`unknown field "${path}"`);
    else if (isDuplicate) problems.push(`duplicate field "${path}"`);
    return !isUnknown;
  });
  return [...new Set(problems)];
};

/**
 * Kind and apiVersion of a parsed body, '' when absent. The error is upstream's for a body whose kind cannot be
 * told; see `unrecognizedBody` for the whole message.
 */
export const readTypeMeta = (
  value: unknown,
): Result<{ readonly apiVersion: string; readonly kind: string }> => {
  if (value === null) return good({ apiVersion: '', kind: '' });
  if (typeof value !== 'object' || Array.isArray(value)) {
    const word = Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value;
    return bad(
      `couldn't get version/kind; json parse error: json: cannot unmarshal ${word} into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }`,
    );
  }
  const { apiVersion, kind } = value as { readonly apiVersion?: unknown; readonly kind?: unknown };
  for (const [name, field] of [
    ['apiVersion', apiVersion],
    ['kind', kind],
  ] as const) {
    if (field === undefined || field === null || typeof field === 'string') continue;
    const word = Array.isArray(field) ? 'array' : typeof field === 'boolean' ? 'bool' : typeof field;
    return bad(
      `couldn't get version/kind; json parse error: json: cannot unmarshal ${word} into Go struct field .${name} of type string`,
    );
  }
  return good({
    apiVersion: typeof apiVersion === 'string' ? apiVersion : '',
    kind: typeof kind === 'string' ? kind : '',
  });
};

/**
 * The message for a body that is not even an object with a kind: `error` comes from `parseJson` (prefixed by
 * `couldn't get version/kind; json parse error: `), a YAML reader or `readTypeMeta`; the first bytes follow, in hex unless
 * they look like JSON.
 */
export const unrecognizedBody = (kind: string, error: string, body: Uint8Array): string => {
  const start = body.subarray(0, 30);
  const shown =
    body[0] === 0x7b
      ? new TextDecoder().decode(start)
      : [...start].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  const dots = body.length > 30 ? ' ...' : '';
  return `the object provided is unrecognized (must be of type ${kind}): ${error} (${body.length === 0 ? '<empty>' : shown + dots})`;
};
