/**
 * Ownership of fields for the registry's writes: by which schema, version and reset fields a target is judged
 * (upstream's strategies' GetResetFields, endpoints/handlers/fieldmanager).
 */

import type { Catalog } from '../kinds/catalog-contract.ts';
import type { Kind, ServedVersion } from '../kinds/define.ts';
import { schemaOfKind } from '../kinds/schema-facts.ts';
import { toCanonical } from '../machinery/canonical.ts';
import { cloneJson } from '../machinery/deep.ts';
import { deducedType, fieldTypeOf } from '../machinery/field-types.ts';
import type { Fields } from '../machinery/field-values.ts';
import { EMPTY, type FieldSet, setOfFields } from '../machinery/fieldset.ts';
import { type Ownership, trackUpdate, type VersionView } from '../machinery/managed-fields.ts';
import { parseGroupVersion, printGroupVersion } from '../machinery/names.ts';
import { asRecord, type Draft, type KubeObject } from '../machinery/object.ts';
import { scaleApiVersion } from '../machinery/scale-fields.ts';
import type { Instant } from '../machinery/time.ts';
import type { Target } from './contract.ts';
import { storageGroup, type TrackFields } from './dependencies.ts';
import { entriesAfterScale, scaleOf, scaleWithEntries } from './subresources/scale.ts';
import { metaOf } from './system-fields.ts';

type Entries = KubeObject['metadata']['managedFields'];

/** Writes of these subresources go past the field manager, as upstream's. */
const UNTRACKED: ReadonlySet<string> = new Set(['binding', 'eviction']);

const ALL_BUT_STATUS = setOfFields(['metadata', 'spec']);

/** What a status write takes back, where it is more than the spec. */
const STATUS_RESETS: Readonly<Record<string, FieldSet>> = {
  Pod: setOfFields(['spec', 'metadata.deletionTimestamp', 'metadata.ownerReferences']),
  Deployment: setOfFields(['spec', 'metadata.labels']),
  APIService: ALL_BUT_STATUS,
  CertificateSigningRequest: setOfFields(['spec', 'status.conditions']),
  CustomResourceDefinition: ALL_BUT_STATUS,
  FlowSchema: ALL_BUT_STATUS,
  PriorityLevelConfiguration: ALL_BUT_STATUS,
  ResourceClaim: ALL_BUT_STATUS,
  ValidatingAdmissionPolicy: ALL_BUT_STATUS,
  VolumeAttachment: ALL_BUT_STATUS,
};

/** What writes of other subresources keep, as patterns; the rest they take back. */
const KEPT: Readonly<Record<string, FieldSet>> = {
  ephemeralcontainers: { 'f:spec': { 'f:ephemeralContainers': EMPTY } },
  resize: {
    'f:spec': {
      'f:containers': { '*': { 'f:resources': EMPTY, 'f:resizePolicy': EMPTY } },
      'f:initContainers': { '*': { 'f:resources': EMPTY, 'f:resizePolicy': EMPTY } },
    },
  },
};

const STATUS_RESET = setOfFields(['spec']);
const MAIN_RESET = setOfFields(['status']);

const resetOf = (kind: Kind, subresource: string | undefined): FieldSet => {
  if (subresource === 'status')
    return (kind.custom === true ? undefined : STATUS_RESETS[kind.kind]) ?? STATUS_RESET;
  return kind.hasStatus ? MAIN_RESET : EMPTY;
};

/** An object of storage as a version shows it; itself where they are the same. */
const shown = (version: ServedVersion, object: Fields): Fields => {
  if (version.fromStorage === undefined) return object;
  const draft = cloneJson(object) as Draft;
  version.fromStorage(draft);
  draft['apiVersion'] = printGroupVersion(version);
  return toCanonical(draft, version.schema);
};

/** An object of one version as another version of the kind shows it. */
const viewOf =
  (from: ServedVersion, to: ServedVersion) =>
  (object: Fields): Fields => {
    const draft = cloneJson(object) as Draft;
    from.toStorage?.(draft);
    draft['apiVersion'] = printGroupVersion(to);
    return shown(to, draft);
  };

const versionsOf =
  (catalog: Catalog, target: Target) =>
  (apiVersion: string): VersionView | undefined => {
    const wanted = parseGroupVersion(apiVersion);
    if (wanted === undefined) return undefined;
    const { kind, version } = target;
    const resolved = catalog.kind(wanted.group, wanted.version, kind.kind);
    if (resolved === undefined || storageGroup(resolved.kind) !== storageGroup(kind)) return undefined;
    return { type: fieldTypeOf(resolved.version.schema), convert: viewOf(version, resolved.version) };
  };

/** What a write of a target is judged by. */
export const ownershipOf = (catalog: Catalog, target: Target, now: Instant): Ownership => {
  const { kind, version, subresource } = target;
  const only = subresource === undefined ? undefined : KEPT[subresource];
  return {
    type: fieldTypeOf(version.schema),
    reading: kind.custom === true ? 'raw' : 'typed',
    apiVersion: printGroupVersion(version),
    ...(subresource === undefined ? {} : { subresource }),
    reset: resetOf(kind, subresource),
    ...(only === undefined ? {} : { only }),
    now,
    versionOf: versionsOf(catalog, target),
  };
};

/** What a write of a Scale is judged by. */
export const scaleOwnership = (now: Instant): Ownership => {
  const schema = schemaOfKind('autoscaling', 'v1', 'Scale');
  return {
    type: schema === undefined ? deducedType : fieldTypeOf(schema),
    reading: 'typed',
    apiVersion: scaleApiVersion,
    subresource: 'scale',
    reset: EMPTY,
    now,
  };
};

const trackScale = (
  draft: Draft,
  target: Target,
  old: KubeObject,
  manager: string,
  now: Instant,
): Entries => {
  const entries = trackUpdate({
    ...scaleOwnership(now),
    old: asRecord(scaleWithEntries(target, old)),
    next: asRecord(scaleOf(target, draft as unknown as KubeObject)),
    manager,
  });
  return entriesAfterScale(target, old, entries);
};

/** The tracker of creates, updates and patches: sets the draft's managedFields. The draft is in its storage form. */
export const makeFieldTracker =
  (catalog: Catalog): TrackFields =>
  (draft, { target, old, manager, now }) => {
    const { subresource, version } = target;
    if (subresource !== undefined && UNTRACKED.has(subresource)) return;
    const entries =
      subresource === 'scale' && old !== undefined
        ? trackScale(draft, target, old, manager, now)
        : trackUpdate({
            ...ownershipOf(catalog, target, now),
            old: old === undefined ? undefined : shown(version, asRecord(old)),
            next: shown(version, draft),
            manager,
          });
    const metadata = metaOf(draft);
    if (entries === undefined) delete metadata.managedFields;
    else metadata.managedFields = entries;
  };
