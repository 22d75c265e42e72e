/** create, update, patch, delete and deletecollection: bodies in, registry writes, answers out. */

import type { Identity } from '../auth/identity.ts';
import { schemaOfKind } from '../kinds/schema-facts.ts';
import { toCanonical } from '../machinery/canonical.ts';
import { printGroupVersion } from '../machinery/names.ts';
import type { Draft, KubeObject } from '../machinery/object.ts';
import { badRequest, resourceNotFound, telling } from '../machinery/status.ts';
import type { Change, Deleted, Target, WriteOptions, Written } from '../registry/contract.ts';
import { keyOfKind, refOf } from '../registry/dependencies.ts';
import { serveApply } from './apply-verb.ts';
import { checkBodySize, decodeOptions, decodeParsed, type Expected, mediaTypeOf, parseBody } from './body.ts';
import type { CoreRequest, CoreResponse } from './contract.ts';
import type { ApiDeps } from './dependencies.ts';
import type { Form } from './negotiate.ts';
import {
  managerOf,
  parseDeleteOptions,
  parseListOptions,
  parseWriteOptions,
  type WriteQuery,
} from './options.ts';
import { parsePatch, patched, patchTypeOf } from './patches.ts';
import { convertFromStorage, type Row } from './present.ts';
import type { Query } from './query.ts';
import { answerList, answerObject } from './reads.ts';
import { answerText, withWarnings } from './respond.ts';
import type { Route } from './target.ts';

/** One write request after routing and authorization. */
export interface WriteCall {
  readonly deps: ApiDeps;
  readonly route: Route;
  readonly request: CoreRequest;
  readonly identity: Identity;
  readonly form: Form;
  readonly query: Query;
}

/** The type a request's body must have: the kind itself, or what its subresource takes. */
export const expectedOf = (route: Route): Expected => {
  const { target, subresource } = route;
  const own: Expected = {
    group: target.version.group,
    version: target.version.version,
    kind: target.kind.kind,
    schema: target.version.schema,
    ...(target.kind.custom === true ? { custom: true } : {}),
  };
  if (subresource === undefined || subresource.kind === target.kind.kind) return own;
  const { group, version, kind } = subresource;
  const schema = schemaOfKind(group, version, kind);
  if (schema === undefined) throw resourceNotFound();
  return { group, version, kind, schema };
};

/** Options of a write as the registry takes them. */
export const writeOptions = (call: WriteCall, options: WriteQuery): WriteOptions => ({
  dryRun: options.dryRun,
  fieldManager: managerOf(options, call.request.headers['user-agent']),
  ...(options.force === undefined ? {} : { force: options.force }),
  stated: options.stated,
});

const replaceWith = (draft: Draft, next: Draft): void => {
  for (const name of Object.keys(draft)) if (!Object.hasOwn(next, name)) delete draft[name];
  Object.assign(draft, next);
};

/** What the registry writes: a version that a webhook converts is judged by the storage version's rules. */
export const writtenTarget = (deps: ApiDeps, target: Target): Target => {
  const kind =
    target.version.convert === undefined
      ? undefined
      : deps.catalog.stored(target.kind.group, target.kind.resource);
  const version = kind?.served[0];
  return kind === undefined || version === undefined ? target : { ...target, kind, version };
};

/** A draft of a target's version at the storage version. Changes and returns the draft. */
export const toStorage = (target: Target, draft: Draft): Draft => {
  if (target.subresource === 'scale') return draft;
  const { version, kind } = target;
  const [converted] = version.convert?.([draft], true) ?? [];
  if (converted !== undefined) replaceWith(draft, converted);
  version.toStorage?.(draft);
  const group = kind.storageGroup ?? kind.group;
  draft['apiVersion'] = printGroupVersion({ group, version: kind.storageVersion });
  return draft;
};

/** A written object as a row: stored text where there is one, else the text it would have. */
const rowOf = (deps: ApiDeps, target: Target, written: Written): Row => {
  if (written.stored !== undefined) return written.stored;
  const { object } = written;
  if (target.subresource === 'scale') return { object, text: JSON.stringify(object) };
  const key = keyOfKind(target.kind, object.metadata.namespace ?? '', object.metadata.name ?? '');
  return { object, text: deps.codec.encode(key, object) };
};

const isStatus = (object: KubeObject): boolean => object.kind === 'Status' && object.apiVersion === 'v1';

/** Answers a write with its object, warnings first told by the decoder, then by the registry. */
export const answerWritten = (
  call: WriteCall,
  written: Written,
  warnings: readonly string[],
): CoreResponse => {
  const { deps, route, form, query } = call;
  const status = written.created ? 201 : 200;
  const all = [...warnings, ...written.warnings];
  if (written.created) deps.audit?.current()?.written(written.object.metadata);
  const { target } = route;
  if (isStatus(written.object) || target.kind.virtual === true || target.subresource === 'token') {
    const text = `${JSON.stringify(written.object)}\n`;
    return withWarnings(answerText(status, text, { ...form, shape: 'object' }), all);
  }
  return withWarnings(answerObject(deps, status, target, rowOf(deps, target, written), form, query), all);
};

/** POST of a new object, or to a subresource that is created. */
export const serveCreate = (call: WriteCall): CoreResponse => {
  const { deps, route, request, identity } = call;
  const options = parseWriteOptions(call.query, 'CreateOptions');
  const expected = expectedOf(route);
  const parsed = parseBody(request, expected.schema);
  const decoded = decodeParsed(parsed, expected, options.fieldValidation, request.body);
  const isObject = expected.kind === route.target.kind.kind && route.subresource === undefined;
  deps.audit?.current()?.requested(decoded.draft);
  // What is not stored is answered as it is: in the form upstream prints.
  const draft =
    isObject && route.target.kind.virtual !== true
      ? toStorage(route.target, decoded.draft)
      : toCanonical(decoded.draft, expected.schema);
  const written = telling(decoded.warnings, () =>
    deps.registry.create(writtenTarget(deps, route.target), draft, identity, writeOptions(call, options)),
  );
  return answerWritten(call, written, decoded.warnings);
};

const metadataOf = (
  draft: Draft,
): { readonly name?: string; readonly namespace?: string; readonly uid?: string } =>
  typeof draft['metadata'] === 'object' && draft['metadata'] !== null ? draft['metadata'] : {};

/** The name of a body must be the one on the URL; so must the namespace of a PUT, where it has one. */
export const checkName = (target: Target, draft: Draft, withNamespace: boolean): void => {
  const { name: given = '', namespace = '' } = metadataOf(draft);
  const { name = '' } = target;
  if (given === '') {
    throw badRequest(
      `the name of the object (${name} based on URL) was undeterminable: name must be provided`,
    );
  }
  if (given !== name) {
    throw badRequest(`the name of the object (${given}) does not match the name on the URL (${name})`);
  }
  if (!target.kind.namespaced || namespace === '' || namespace === target.namespace) return;
  if (withNamespace) {
    throw badRequest(
      `the namespace of the object (${namespace}) does not match the namespace on the request (${target.namespace})`,
    );
  }
  throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
};

/** PUT of an object or a subresource. */
export const serveUpdate = (call: WriteCall): CoreResponse => {
  const { deps, route, request, identity } = call;
  const { target } = route;
  const options = parseWriteOptions(call.query, 'UpdateOptions');
  const expected = expectedOf(route);
  const parsed = parseBody(request, expected.schema);
  const decoded = decodeParsed(parsed, expected, options.fieldValidation, request.body);
  const { draft } = decoded;
  deps.audit?.current()?.requested(draft);
  checkName(target, draft, true);
  const { uid } = metadataOf(draft);
  toStorage(target, draft);
  const written = telling(decoded.warnings, () =>
    deps.registry.update(writtenTarget(deps, target), () => draft, identity, {
      ...writeOptions(call, options),
      replaces: true,
      createDraft: () => draft,
      ...(uid ? { preconditions: { uid } } : {}),
    }),
  );
  return answerWritten(call, written, decoded.warnings);
};

const decoder = new TextDecoder('utf-8', { fatal: false, ignoreBOM: true });

/** PATCH in its four types. */
export const servePatch = (call: WriteCall): CoreResponse => {
  const { deps, route, request, identity } = call;
  const { target } = route;
  const type = patchTypeOf(mediaTypeOf(request), target.kind.custom === true);
  if (type === 'apply') return serveApply(call);
  const options = parseWriteOptions(call.query, 'PatchOptions');
  checkBodySize(request);
  const expected = expectedOf(route);
  const warnings: string[] = [];
  const change: Change = (_draft, current) => {
    // Read only when there is something to patch: what does not exist is told before what cannot be read.
    const patch = parsePatch(type, decoder.decode(request.body), expected, options.fieldValidation);
    const document = target.subresource === 'scale' ? current : convertFromStorage(current, target.version);
    const draft = patched(
      patch,
      document as Readonly<Record<string, unknown>>,
      expected,
      options.fieldValidation,
      (text) => warnings.push(text),
    );
    draft['apiVersion'] = printGroupVersion(expected);
    draft['kind'] = expected.kind;
    checkName(target, draft, false);
    return toStorage(target, draft);
  };
  const written = telling(warnings, () =>
    deps.registry.update(writtenTarget(deps, target), change, identity, {
      ...writeOptions(call, options),
      replaces: true,
    }),
  );
  return answerWritten(call, written, warnings);
};

const deletedStatus = (target: Target, object: KubeObject): string => {
  const { group, resource } = refOf(target.kind);
  const { name, uid } = object.metadata;
  return `${JSON.stringify({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details: { name, ...(group === '' ? {} : { group }), kind: resource, uid },
  })}\n`;
};

/** DELETE of one object. */
export const serveDelete = (call: WriteCall): CoreResponse => {
  const { deps, route, request, identity, form, query } = call;
  const { target } = route;
  const body = decodeOptions(request, 'DeleteOptions');
  const options = parseDeleteOptions(query, body);
  const deleted: Deleted = deps.registry.delete(target, identity, options);
  const { warnings = [] } = deleted;
  const accepted = !deleted.gone && options.orphanDependents === false;
  const status = accepted ? 202 : 200;
  if (!deleted.answersObject) {
    const text = deletedStatus(target, deleted.object);
    return withWarnings(answerText(status, text, { ...form, shape: 'object' }), warnings);
  }
  const written: Written = {
    object: deleted.object,
    created: false,
    changed: true,
    warnings,
    ...(deleted.stored === undefined ? {} : { stored: deleted.stored }),
  };
  return withWarnings(
    answerObject(deps, status, target, rowOf(deps, target, written), form, query),
    warnings,
  );
};

/** DELETE of a collection: answers with the list of what was selected. */
export const serveDeleteCollection = (call: WriteCall): CoreResponse => {
  const { deps, route, request, identity, form, query } = call;
  const list = parseListOptions(query, false);
  const body = decodeOptions(request, 'DeleteOptions');
  const options = parseDeleteOptions(query, body);
  const items = deps.registry.deleteCollection(route.target, list, identity, options);
  return answerList(deps, route.target, { items, revision: deps.store.revision() }, form, query);
};
