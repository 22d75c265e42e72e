/** Objects of a request at the version a webhook or a policy wants to see. */

import type { Kind, ServedVersion } from '../kinds/define.ts';
import { schemaOfKind } from '../kinds/schema-facts.ts';
import { toCanonical } from '../machinery/canonical.ts';
import { cloneJson } from '../machinery/deep.ts';
import { printGroupVersion } from '../machinery/names.ts';
import type { Draft, KubeObject } from '../machinery/object.ts';
import type { Schema } from '../machinery/schema.ts';
import type { AdmissionRequest } from './request.ts';
import type { MatchedVersion } from './rule-matching.ts';

const servedAt = (kind: Kind, { group, version }: MatchedVersion): ServedVersion | undefined =>
  kind.served.find((served) => served.group === group && served.version === version);

/** An object (at its storage version) as a version shows it: itself where that makes no difference, else a copy. */
export const atVersion = (object: Draft | KubeObject, kind: Kind, version: MatchedVersion): Draft => {
  const source = object as Draft;
  const apiVersion = printGroupVersion(version);
  const served = servedAt(kind, version);
  if (served?.fromStorage === undefined) {
    const shown = source['apiVersion'] === apiVersion ? source : { ...source, apiVersion };
    // Before it is stored an object may hold empty lists, which nobody is shown.
    return served === undefined || kind.custom === true ? shown : toCanonical(shown, served.schema);
  }
  const draft = cloneJson(source) as Draft;
  served.fromStorage(draft);
  draft['apiVersion'] = apiVersion;
  return toCanonical(draft, served.schema);
};

/** A changed object of a version, brought back to the storage version. Changes and returns the draft. */
export const toStored = (draft: Draft, kind: Kind, version: MatchedVersion): Draft => {
  servedAt(kind, version)?.toStorage?.(draft);
  const group = kind.storageGroup ?? kind.group;
  draft['apiVersion'] = printGroupVersion({ group, version: kind.storageVersion });
  return draft;
};

/** The type of the object a request shows at a version; `undefined` when nothing describes it. */
export const schemaAt = (
  { kind, bodyKind }: AdmissionRequest,
  version: MatchedVersion,
): Schema | undefined =>
  bodyKind === undefined
    ? servedAt(kind, version)?.schema
    : schemaOfKind(bodyKind.group, bodyKind.version, bodyKind.kind);

/** Puts the fields of one draft into another that others hold on to. */
export const replaceWith = (draft: Draft, next: Draft): void => {
  for (const name of Object.keys(draft)) if (!Object.hasOwn(next, name)) delete draft[name];
  Object.assign(draft, next);
};
