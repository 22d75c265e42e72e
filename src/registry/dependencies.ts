/** What the composition root hands to the registry, and small facts every part of it needs. */

import type { Identity } from '../auth/identity.ts';
import type { Catalog } from '../kinds/catalog-contract.ts';
import type { Kind, Lookup, StrategyContext } from '../kinds/define.ts';
import { toCanonical, toWorkingForm } from '../machinery/canonical.ts';
import { keyPrefix, objectKey } from '../machinery/names.ts';
import type { Draft, KubeObject } from '../machinery/object.ts';
import type { Schema } from '../machinery/schema.ts';
import type { ResourceRef } from '../machinery/status.ts';
import type { Instant } from '../machinery/time.ts';
import type { ObjectCodec } from '../store/reader.ts';
import type { Store } from '../store/store.ts';
import type { AdmissionRequest, Target } from './contract.ts';

/** Answers a kind or subresource without storage: the draft is decoded and defaulted. */
export type VirtualHandler = (
  draft: Draft,
  context: StrategyContext & { readonly namespace: string; readonly name?: string; readonly dryRun: boolean },
) => Draft;

/** By `group/resource` or `group/resource/subresource`. */
export type VirtualHandlers = Readonly<Record<string, VirtualHandler>>;

/** Objects of a virtual kind as of now, in key order; an empty namespace means all of them. */
export type VirtualReader = (namespace: string) => readonly KubeObject[];

/** By `group/resource`. */
export type VirtualReaders = Readonly<Record<string, VirtualReader>>;

/** One write, as the tracker of field ownership sees it. */
export interface TrackedWrite {
  readonly target: Target;
  readonly old: KubeObject | undefined;
  readonly manager: string;
  readonly now: Instant;
}

/** Sets `metadata.managedFields` of the draft for a create, update or patch by a manager. */
export type TrackFields = (draft: Draft, write: TrackedWrite) => void;

export interface RegistryDeps {
  readonly store: Store;
  readonly codec: ObjectCodec;
  readonly catalog: Catalog;
  readonly lookup: Lookup;
  /** The turn's instant. */
  readonly now: () => Instant;
  /** An integer in [0, bound) derived from the seed, the purpose and the next revision. */
  readonly random: (purpose: string, bound: number) => number;
  /** The admission chain: mutators change `request.object`; texts are warnings; refusals are thrown. */
  readonly admit: (request: AdmissionRequest, phase: 'mutate' | 'validate') => readonly string[];
  /** Whether mutators that users set up may change any object. */
  readonly mayMutate: () => boolean;
  readonly virtual?: VirtualHandlers;
  /** Kinds that are computed when read: component statuses, metrics. */
  readonly readers?: VirtualReaders;
  readonly track?: TrackFields;
}

/** Where objects of a kind live: its own group, or the group that owns the rows. */
export const storageGroup = (kind: Kind): string => kind.storageGroup ?? kind.group;

/** Key of an object of a kind. */
export const keyOfKind = (kind: Kind, namespace: string, name: string): string =>
  objectKey(storageGroup(kind), kind.resource, kind.namespaced ? namespace : '', name);

/** Prefix of a kind's keys; an empty namespace of a namespaced kind means all of them. */
export const prefixOfKind = (kind: Kind, namespace: string): string =>
  kind.namespaced && namespace === ''
    ? keyPrefix(storageGroup(kind), kind.resource)
    : keyPrefix(storageGroup(kind), kind.resource, kind.namespaced ? namespace : '');

/** How failures name a kind's resource. */
export const refOf = (kind: Kind): ResourceRef => ({ group: kind.group, resource: kind.resource });

const storedSchema = (kind: Kind): Schema | undefined =>
  kind.storageSchema?.() ?? kind.served.find((served) => served.version === kind.storageVersion)?.schema;

/**
 * The form an object is stored in. Custom objects are kept as they were decoded: pruning and defaulting by their
 * schema is all upstream does to them. Parts shared with the stored object are in that form already.
 */
export const canonicalOf = (kind: Kind, draft: Draft, stored?: KubeObject): Draft => {
  const schema = kind.custom === true ? undefined : storedSchema(kind);
  return schema === undefined ? draft : toCanonical(draft, schema, stored);
};

/** The form an object is defaulted and validated in: lists and maps that are there but empty stay. */
export const workingFormOf = (kind: Kind, draft: Draft, stored?: KubeObject): Draft => {
  const schema = kind.custom === true ? undefined : storedSchema(kind);
  return schema === undefined ? draft : toWorkingForm(draft, schema, stored);
};

/** The context strategy functions get. */
export const makeStrategyContext = (
  deps: RegistryDeps,
  identity: Identity,
  dryRun: boolean | undefined,
  subresource?: string,
): StrategyContext => ({
  now: deps.now(),
  lookup: deps.lookup,
  identity,
  random: deps.random,
  ...(dryRun === true ? { dryRun } : {}),
  ...(subresource === undefined ? {} : { subresource }),
});
