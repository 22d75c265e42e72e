/**
 * Patch bodies as functions of the current object (apiserver endpoints/handlers/patch.go): JSON Patch, merge and
 * strategic merge. The patched document is decoded like any body, so unknown fields and wrong types are told.
 */

import { type Decoded, decodeValue } from '../machinery/decode.ts';
import type { DecodeWording } from '../machinery/decode-context.ts';
import { invalidValue } from '../machinery/field-error.ts';
import { printGoValue } from '../machinery/go-print.ts';
import { applyJsonPatch, decodeJsonPatch, strictJsonPatch } from '../machinery/json-patch.ts';
import { keepReset } from '../machinery/managed-entries.ts';
import { applyMergePatch, decodeMergePatch } from '../machinery/merge-patch.ts';
import type { Draft } from '../machinery/object.ts';
import { printJsonPatched, printMergePatched, printUntyped } from '../machinery/patched-text.ts';
import { pruneStructural } from '../machinery/prune.ts';
import type { Result } from '../machinery/result.ts';
import { badRequest, invalid, type StatusError, unsupportedMediaType } from '../machinery/status.ts';
import { applyStrategicPatch, decodeStrategicPatch } from '../machinery/strategic-patch.ts';
import { duplicateFields, parseJson } from '../machinery/strict-json.ts';
import type { Expected } from './body.ts';
import type { FieldValidation } from './options.ts';

export type PatchType = 'json' | 'merge' | 'strategic' | 'apply';

const TYPES: Readonly<Record<string, PatchType>> = {
  'application/json-patch+json': 'json',
  'application/merge-patch+json': 'merge',
  'application/strategic-merge-patch+json': 'strategic',
  'application/apply-patch+yaml': 'apply',
};

/** The patch type of a media type; 415 for others, and for strategic patches of custom kinds. */
export const patchTypeOf = (mediaType: string, custom: boolean): PatchType => {
  const type = TYPES[mediaType];
  if (type !== undefined && !(custom && type === 'strategic')) return type;
  const served = Object.entries(TYPES).filter(([, name]) => !(custom && name === 'strategic'));
  throw unsupportedMediaType(served.map(([name]) => name));
};

/** A patch bound to its type: applies to a document at the request's version. */
export interface Patch {
  readonly apply: (document: Readonly<Record<string, unknown>>) => unknown;
  /** How the patch (or the patched document) is printed in a refusal. */
  readonly print: (patched: unknown, document: Readonly<Record<string, unknown>>) => string;
  /** Whether the result is read from text or, as a tree, converted: refusals and the order of unknown fields differ. */
  readonly wording: DecodeWording;
  /** What strict reading finds in the patch itself. */
  readonly strict: readonly string[];
}

const parseText = (text: string, prefix: string): unknown => {
  const parsed = parseJson(text);
  if (!parsed.ok) throw badRequest(`${prefix}${parsed.error}`);
  return parsed.value;
};

const strictFailure = (problems: readonly string[]): string =>
  `strict decoding error: ${problems.join(', ')}`;

/** A refusal of what a patch led to. */
export const invalidPatch = (shown: string, detail: string): StatusError =>
  invalid({ group: '', kind: '' }, '', [invalidValue('patch', shown, detail)]);

/** Patch bodies that say nothing: upstream's readers take null for an empty list or object. */
const emptyFor = (value: unknown, empty: unknown): unknown => (value === null ? empty : value);

const jsonPatch = (text: string, expected: Expected, validation: FieldValidation): Patch => {
  const isLoose = validation === 'Ignore';
  const value = emptyFor(parseText(text, isLoose ? '' : 'error decoding patch: '), []);
  const operations = decodeJsonPatch(value, isLoose);
  return {
    apply: (document) => applyJsonPatch(document, operations),
    print: (patched) =>
      expected.custom === true ? printUntyped(patched) : printJsonPatched(patched, operations),
    wording: 'json',
    strict: isLoose ? [] : strictJsonPatch(text, value as readonly unknown[]),
  };
};

const mergePatch = (text: string, expected: Expected, validation: FieldValidation): Patch => {
  const value = parseText(text, 'error decoding patch: ');
  if (value === null) throw badRequest('Invalid JSON Patch');
  const patch = decodeMergePatch(value);
  return {
    apply: (document) => applyMergePatch(document, patch),
    print: (patched, document) =>
      expected.custom === true ? printUntyped(patched) : printMergePatched(patched, patch, document),
    wording: 'json',
    strict: validation === 'Ignore' ? [] : duplicateFields(text, value),
  };
};

const strategicPatch = (text: string, expected: Expected, validation: FieldValidation): Patch => {
  const value = emptyFor(parseText(text, ''), {});
  const patch = decodeStrategicPatch(value);
  let left: Readonly<Record<string, unknown>> = patch;
  return {
    apply: (document) =>
      applyStrategicPatch(document, patch, expected.schema, (rest) => {
        left = rest;
      }),
    print: () => printGoValue(left),
    wording: 'tree',
    strict: validation === 'Ignore' ? [] : duplicateFields(text, value),
  };
};

/** Parses a patch body; throws 400 and 413 in upstream's words. */
export const parsePatch = (
  type: PatchType,
  text: string,
  expected: Expected,
  validation: FieldValidation,
): Patch => {
  switch (type) {
    case 'json':
      return jsonPatch(text, expected, validation);
    case 'merge':
      return mergePatch(text, expected, validation);
    case 'strategic':
      return strategicPatch(text, expected, validation);
    case 'apply':
      throw badRequest('an apply patch is not a patch of the current object');
    default:
      return type satisfies never;
  }
};

const decode = (value: unknown, expected: Expected, wording: DecodeWording): Result<Decoded> =>
  expected.custom === true
    ? pruneStructural(value, expected.schema)
    : decodeValue(value, expected.schema, wording);

/** Applies a patch and decodes what comes out. Texts of unknown fields go to `warn`. Throws 400 and 422. */
export const patched = (
  patch: Patch,
  document: Readonly<Record<string, unknown>>,
  expected: Expected,
  validation: FieldValidation,
  warn: (text: string) => void,
): Draft => {
  const value = patch.apply(document);
  const decoded = decode(value, expected, patch.wording);
  if (!decoded.ok) throw invalidPatch(patch.print(value, document), decoded.error);
  const unknown = decoded.value.unknown.map((path) => `unknown field ${JSON.stringify(path)}`);
  if (patch.wording === 'tree') unknown.sort();
  const problems = [...patch.strict, ...unknown];
  if (validation === 'Strict' && problems.length > 0) {
    throw invalidPatch(patch.print(value, document), strictFailure(problems));
  }
  if (validation === 'Warn') for (const text of problems) warn(text);
  keepReset(value, decoded.value.draft);
  return decoded.value.draft;
};
