/**
 * The annotation of client-side apply, as kubectl's server-side apply treats it (apimachinery
 * util/managedfields/internal lastappliedmanager.go, lastappliedupdater.go).
 */

import { stableJson, utf8Length } from './deep.ts';
import { checkTyped } from './field-check.ts';
import { compareObjects } from './field-compare.ts';
import type { FieldType } from './field-types.ts';
import { claimedSet, type Fields, isFields } from './field-values.ts';
import { difference, type FieldSet, printGoJson } from './fieldset.ts';
import type { Draft } from './object.ts';

const ANNOTATION = 'kubectl.kubernetes.io/last-applied-configuration';
const MANAGER = 'kubectl';
/** Upstream's limit of all annotations together. */
const MAX_ANNOTATION_BYTES = 256 * 1024;

interface Context {
  readonly type: FieldType;
  readonly apiVersion: string;
  readonly manager: string;
  readonly applied: Fields;
}

const annotationsOf = (object: Fields): Fields | undefined => {
  const { metadata } = object;
  const annotations = isFields(metadata) ? metadata['annotations'] : undefined;
  return isFields(annotations) ? annotations : undefined;
};

const lastAppliedOf = (object: Fields): string | undefined => {
  const text = annotationsOf(object)?.[ANNOTATION];
  return typeof text === 'string' && text !== '' ? text : undefined;
};

const parse = (text: string): Fields | undefined => {
  try {
    const value: unknown = JSON.parse(text);
    return isFields(value) ? value : undefined;
  } catch {
    return undefined;
  }
};

/**
 * The fields a former client-side apply set and that still have its values: conflicts on them are kubectl with itself.
 * `undefined` when there was none that can be read.
 */
export const allowedByLastApplied = (context: Context, live: Fields): FieldSet | undefined => {
  const text = lastAppliedOf(live);
  const last = text === undefined ? undefined : parse(text);
  if (last === undefined || last['apiVersion'] !== context.apiVersion) return undefined;
  if (checkTyped(context.type, last) !== undefined) return undefined;
  const { changed, removed } = compareObjects(context.type, last, live, 'raw');
  return difference(difference(claimedSet(context.type, last), changed), removed);
};

/** Brings the annotation of an object that has one up to date with what kubectl applied. */
export const refreshLastApplied = (context: Context, object: Draft): Draft => {
  if (context.manager !== MANAGER || lastAppliedOf(object) === undefined) return object;
  const { [ANNOTATION]: _last, ...others } = annotationsOf(context.applied) ?? {};
  const metadata = isFields(context.applied['metadata']) ? context.applied['metadata'] : {};
  const config =
    annotationsOf(context.applied) === undefined
      ? context.applied
      : { ...context.applied, metadata: { ...metadata, annotations: others } };
  const text = `${printGoJson(JSON.parse(stableJson(config)))}\n`;
  const annotations: Draft = { ...annotationsOf(object), [ANNOTATION]: text };
  const size = Object.entries(annotations).reduce(
    (sum, [name, value]) => sum + utf8Length(name) + utf8Length(String(value)),
    0,
  );
  if (size > MAX_ANNOTATION_BYTES) delete annotations[ANNOTATION];
  return { ...object, metadata: { ...(object['metadata'] as Draft), annotations } };
};
