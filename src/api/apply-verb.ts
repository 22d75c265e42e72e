/** PATCH with an apply configuration (apiserver endpoints/handlers/patch.go, applyPatcher). */

import { applyPatch } from '../machinery/apply.ts';
import { decodeValue } from '../machinery/decode.ts';
import { printFieldError } from '../machinery/field-error.ts';
import type { Fields } from '../machinery/field-values.ts';
import { isFields } from '../machinery/field-values.ts';
import type { Ownership } from '../machinery/managed-fields.ts';
import { parseGroupVersion, printGroupVersion } from '../machinery/names.ts';
import { asRecord, type Draft, type KubeObject } from '../machinery/object.ts';
import { pruneStructural } from '../machinery/prune.ts';
import { badRequest, conflict, invalid, makeStatus, StatusError, telling } from '../machinery/status.ts';
import { refOf } from '../registry/dependencies.ts';
import { ownershipOf, scaleOwnership } from '../registry/field-tracker.ts';
import { scaleWithEntries } from '../registry/subresources/scale.ts';
import { checkBodySize, type Expected, parseYaml } from './body.ts';
import type { CoreResponse } from './contract.ts';
import { parseWriteOptions } from './options.ts';
import { convertFromStorage } from './present.ts';
import {
  answerWritten,
  checkName,
  expectedOf,
  toStorage,
  type WriteCall,
  writeOptions,
  writtenTarget,
} from './writes.ts';

const decoder = new TextDecoder('utf-8', { fatal: false, ignoreBOM: true });

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

/** A type as upstream prints it: `apps/v1, Kind=Deployment`, `/v1, Kind=Pod`. */
const printType = (apiVersion: string, kind: string): string => {
  const { group, version } = parseGroupVersion(apiVersion) ?? { group: '', version: apiVersion };
  return `${group}/${version}, Kind=${kind}`;
};

const readConfiguration = (
  text: string,
): { readonly value: Fields; readonly duplicates: readonly string[] } => {
  const parsed = parseYaml(text);
  if (parsed.error !== undefined) {
    throw badRequest(`error decoding YAML: error converting YAML to JSON: ${parsed.error}`);
  }
  if (parsed.value !== null && !isFields(parsed.value)) {
    const word = Array.isArray(parsed.value) ? 'array' : typeof parsed.value;
    throw badRequest(
      `error decoding YAML: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal ${word} into Go value of type map[string]interface {}`,
    );
  }
  return { value: parsed.value ?? {}, duplicates: parsed.duplicates };
};

const checkType = (applied: Fields, expected: Expected): void => {
  const apiVersion = textOf(applied['apiVersion']);
  const kind = textOf(applied['kind']);
  if (apiVersion === printGroupVersion(expected) && kind === expected.kind) return;
  throw badRequest(`invalid object type: ${printType(apiVersion, kind)}`);
};

/** The merged object as a body of its type; upstream answers what cannot be decoded with a bare 500. */
const decodeMerged = (object: Draft, expected: Expected, label: string): Draft => {
  const decoded =
    expected.custom === true
      ? pruneStructural(object, expected.schema)
      : decodeValue(object, expected.schema, 'tree');
  if (decoded.ok) return decoded.value.draft;
  const text = `failed to convert new object (${label}) to proper version: ${decoded.error}`;
  throw new StatusError(makeStatus(500, undefined, text));
};

const metadataOf = (draft: Fields): Fields => (isFields(draft['metadata']) ? draft['metadata'] : {});

/** Whether a `null` stands anywhere in a value. */
const holdsNull = (value: unknown): boolean =>
  value === null || (typeof value === 'object' && Object.values(value).some(holdsNull));

/**
 * What an apply empties becomes `null`, which custom types refuse where they are not nullable; of other bodies such
 * fields are dropped before they are judged.
 */
const refuseNulls = (call: WriteCall, draft: Draft): void => {
  if (!holdsNull(draft)) return;
  const { deps, route, identity } = call;
  const { kind } = route.target;
  const context = { now: deps.now(), lookup: deps.lookup, identity, random: deps.random };
  const errors = (kind.validate?.(draft as unknown as KubeObject, context) ?? []).filter(
    (error) => error.type === 'FieldValueTypeInvalid' && printFieldError(error).endsWith('"null"'),
  );
  if (errors.length > 0)
    throw invalid({ group: kind.group, kind: kind.kind }, textOf(metadataOf(draft)['name']), errors);
};

interface Applying {
  readonly call: WriteCall;
  readonly expected: Expected;
  readonly applied: Fields;
  readonly manager: string;
  readonly force: boolean;
}

const runApply = (applying: Applying, live: KubeObject | undefined): Draft => {
  const { call, expected, applied, manager, force } = applying;
  const { target } = call.route;
  const now = call.deps.now();
  const isScale = target.subresource === 'scale';
  const ownership: Ownership = isScale ? scaleOwnership(now) : ownershipOf(call.deps.catalog, target, now);
  const { name, namespace } = metadataOf(applied);
  const label = `${textOf(namespace)}/${textOf(name)}; ${printType(printGroupVersion(expected), expected.kind)}`;
  const shown = (object: KubeObject): Fields =>
    isScale ? asRecord(scaleWithEntries(target, object)) : convertFromStorage(object, target.version);
  const { object, managedFields } = applyPatch({
    ...ownership,
    live: live === undefined ? undefined : shown(live),
    applied,
    manager,
    force,
    label,
  });
  const draft = decodeMerged(object, expected, label);
  draft['apiVersion'] = printGroupVersion(expected);
  draft['kind'] = expected.kind;
  const metadata = { ...metadataOf(draft), ...(managedFields === undefined ? {} : { managedFields }) };
  draft['metadata'] = metadata;
  if (live === undefined && textOf(metadataOf(draft)['uid']) !== '') {
    const cause = `uid mismatch: the provided object specified uid ${textOf(metadataOf(draft)['uid'])}, and no existing object was found`;
    throw conflict(refOf(target.kind), target.name ?? '', cause);
  }
  checkName(target, draft, false);
  if (target.kind.custom === true) refuseNulls(call, draft);
  return isScale ? draft : toStorage(target, draft);
};

/** PATCH with an apply configuration: creates the object or merges into it, by ownership of fields. */
export const serveApply = (call: WriteCall): CoreResponse => {
  const { deps, route, request, identity } = call;
  const options = parseWriteOptions(call.query, 'PatchOptions', true);
  checkBodySize(request);
  const { value: applied, duplicates } = readConfiguration(decoder.decode(request.body));
  const expected = expectedOf(route);
  const warnings: string[] = [];
  const apply = (live: KubeObject | undefined): Draft => {
    checkType(applied, expected);
    const draft = runApply(
      { call, expected, applied, manager: options.fieldManager ?? '', force: options.force === true },
      live,
    );
    const problems = duplicates.map((text) => `  ${text}`).join('\n');
    if (problems !== '' && options.fieldValidation !== 'Ignore') {
      const text = `yaml: unmarshal errors:\n${problems}`;
      if (options.fieldValidation === 'Strict') throw badRequest(`error strict decoding YAML: ${text}`);
      warnings.push(text);
    }
    return draft;
  };
  const written = telling(warnings, () =>
    deps.registry.update(writtenTarget(deps, route.target), (_draft, current) => apply(current), identity, {
      ...writeOptions(call, options),
      replaces: true,
      tracked: true,
      createsAlways: true,
      createDraft: () => apply(undefined),
    }),
  );
  return answerWritten(call, written, warnings);
};
