/** get, list and deletecollection's answer: rows of the registry in the form the client asked for. */

import { printGroupVersion } from '../machinery/names.ts';
import { makeStatus, StatusError } from '../machinery/status.ts';
import type { Listed, Target } from '../registry/contract.ts';
import { parseRevision, tooLarge } from '../registry/list.ts';
import type { CoreResponse } from './contract.ts';
import type { ApiDeps } from './dependencies.ts';
import type { Form } from './negotiate.ts';
import { parseListOptions, revisionOption } from './options.ts';
import { listMetadata, parseIncludeObject, presentList, presentObject, type Row } from './present.ts';
import { toProtobufList } from './protobuf.ts';
import { type Query, textOf } from './query.ts';
import { answerText, encoded } from './respond.ts';

const bareError = (detail: string): StatusError => new StatusError(makeStatus(500, undefined, detail));

const includeOf = (query: Query) => () => parseIncludeObject(textOf(query, 'includeObject'));

/** A revision on a get must exist; the newest state is shown all the same. */
const checkRevision = (deps: ApiDeps, query: Query): void => {
  const asked = revisionOption(query);
  if (asked === '' || asked === '0') return;
  const revision = parseRevision(asked, bareError);
  const current = deps.store.revision();
  if (revision > current) throw tooLarge(revision, current);
};

/** Answers with one object. */
export const answerObject = (
  deps: ApiDeps,
  status: number,
  target: Target,
  row: Row,
  form: Form,
  query: Query,
): CoreResponse => {
  const text = presentObject(target, row, form, includeOf(query), deps.now());
  return answerText(status, text, form);
};

/** A typed list straight from the objects at hand; absent where they would have to be converted. */
const protobufList = (
  { kind, version, subresource }: Target,
  { items }: Listed,
  metadata: string,
): Uint8Array | undefined => {
  if (kind.custom === true || version.fromStorage !== undefined || subresource !== undefined)
    return undefined;
  return toProtobufList({
    apiVersion: printGroupVersion(version),
    kind: kind.listKind,
    metadata: JSON.parse(metadata) as Readonly<Record<string, unknown>>,
    items: items.map(({ object }) => object),
  });
};

/** Answers with a list. */
export const answerList = (
  deps: ApiDeps,
  target: Target,
  listed: Listed,
  form: Form,
  query: Query,
): CoreResponse => {
  const metadata = listMetadata(listed);
  if (form.encoding === 'protobuf' && form.shape === 'object') {
    const bytes = protobufList(target, listed, metadata);
    if (bytes !== undefined) return encoded(200, bytes, form.encoding);
  }
  const text = presentList(target, listed.items, metadata, form, includeOf(query), deps.now());
  return answerText(200, text, form);
};

/** GET of one object or subresource. */
export const serveGet = (deps: ApiDeps, target: Target, form: Form, query: Query): CoreResponse => {
  checkRevision(deps, query);
  return answerObject(deps, 200, target, deps.registry.get(target), form, query);
};

/** GET of a collection. */
export const serveList = (deps: ApiDeps, target: Target, form: Form, query: Query): CoreResponse => {
  const listed = deps.registry.list(target, parseListOptions(query, false));
  return answerList(deps, target, listed, form, query);
};
