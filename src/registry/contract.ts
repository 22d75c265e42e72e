/**
 * The verbs as values, between the api layer (which speaks HTTP) and the one engine that serves every kind.
 */

import type { Identity } from '../auth/identity.ts';
import type { Resolved } from '../kinds/catalog-contract.ts';
import type { Kind } from '../kinds/define.ts';
import type { Draft, KubeObject } from '../machinery/object.ts';
import type { StatusError } from '../machinery/status.ts';
import type { Instant } from '../machinery/time.ts';
import type { Revision, Stored } from '../store/reader.ts';

/** What a request is about. `name` is absent for collections; `namespace` is '' for cluster scope. */
export interface Target extends Resolved {
  readonly namespace: string;
  readonly name?: string;
  readonly subresource?: string;
}

export interface WriteOptions {
  readonly dryRun?: boolean;
  /** Manager recorded in managedFields; controllers pass their component name. Absent: nothing is tracked. */
  readonly fieldManager?: string;
  /** Server-side apply's force. */
  readonly force?: boolean;
  /** The options object as the client stated it, for admission. */
  readonly stated?: Readonly<Record<string, unknown>>;
  /** True when the draft carries its managedFields already (apply): the registry tracks nothing. */
  readonly tracked?: boolean;
  /** Nobody reads the warnings of the kind, so none are worked out. */
  readonly isQuiet?: boolean;
}

export interface Preconditions {
  readonly uid?: string;
  readonly resourceVersion?: string;
}

export interface DeleteOptions {
  readonly dryRun?: boolean;
  readonly gracePeriodSeconds?: number;
  readonly propagationPolicy?: 'Orphan' | 'Background' | 'Foreground';
  readonly orphanDependents?: boolean;
  readonly preconditions?: Preconditions;
  readonly ignoreStoreReadErrorWithClusterBreakingPotential?: boolean;
  /** The options object as the client stated it, for admission. */
  readonly stated?: Readonly<Record<string, unknown>>;
}

/** Outcome of a write: the object as stored (or as it would be, on dry run) and texts for Warning headers. */
export interface Written {
  readonly object: KubeObject;
  readonly created: boolean;
  /** False when the write was equal to what is stored: nothing was written, the resource version stayed. */
  readonly changed: boolean;
  readonly warnings: readonly string[];
  /** The row as stored, with its text; absent on dry run and for answers that are not stored. */
  readonly stored?: Stored;
  /** The answer is a refusal, although what was written on the way to it stays. */
  readonly refusal?: StatusError;
}

/** Outcome of a delete: gone at once, or still there with a deletion timestamp. */
export interface Deleted {
  readonly object: KubeObject;
  readonly gone: boolean;
  /** True when the client is answered with the object, false for a Status with the object's name and uid. */
  readonly answersObject: boolean;
  readonly stored?: Stored;
  readonly warnings?: readonly string[];
}

export interface ListQuery {
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly limit?: number;
  readonly continue?: string;
  readonly resourceVersion?: string;
  readonly resourceVersionMatch?: 'Exact' | 'NotOlderThan';
}

export interface Listed {
  readonly items: readonly Stored[];
  /** 0 for what is computed on the spot. */
  readonly revision: Revision;
  readonly continue?: string;
  readonly remainingItemCount?: number;
}

/** Changes the current object into the wanted one; gets a fresh mutable copy. Return `undefined` for no change. */
export type Change = (draft: Draft, current: KubeObject) => Draft | undefined;

/**
 * The generic engine. Objects in and out are in the *storage* version unless a method says otherwise; the
 * api layer converts with `Target.version`. Every method may throw a StatusError.
 */
export interface Registry {
  get(target: Target, at?: Revision): Stored;
  list(target: Target, query: ListQuery): Listed;
  create(target: Target, draft: Draft, identity: Identity, options: WriteOptions): Written;
  /**
   * Creates a named object that the control plane built in its stored form, of a kind without defaults: the same as
   * `create`, without the steps that would change nothing. The draft is given away.
   */
  createBuilt(target: Target, draft: Draft, identity: Identity): Written;
  /**
   * Read-modify-write. With `createDraft`, a missing object is created from it when the kind allows create on
   * update or the request is an apply.
   */
  update(
    target: Target,
    change: Change,
    identity: Identity,
    options: WriteOptions & {
      readonly createDraft?: () => Draft;
      readonly preconditions?: Preconditions;
      /** The change replaces the object whole (PUT): it is given an empty draft, and no copy is made. */
      readonly replaces?: boolean;
      /** The wanted object shares with the current one all that it does not change; frozen parts are copied where needed. */
      readonly shares?: boolean;
      /** `createDraft` is used whatever the kind says about create on update (apply). */
      readonly createsAlways?: boolean;
    },
  ): Written;
  /** Shows a connection to admission, with its options as an object. Throws what that refuses with. */
  connect(target: Target, options: Draft, identity: Identity): readonly string[];
  /**
   * Ends objects of a kind that nobody has written after an instant, at most so many, as etcd's leases do: nobody is
   * asked. True when there are more.
   */
  expire(kind: Kind, until: Instant, limit: number): boolean;
  delete(target: Target, identity: Identity, options: DeleteOptions): Deleted;
  deleteCollection(
    target: Target,
    query: ListQuery,
    identity: Identity,
    options: DeleteOptions,
  ): readonly Stored[];
}

export type AdmissionOperation = 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT';

/** What admission plugins see of a write. `object` is a draft for mutators; absent on delete. */
export interface AdmissionRequest {
  readonly operation: AdmissionOperation;
  readonly kind: Kind;
  /** The version the request was sent to; absent where a write has no request of its own. */
  readonly version?: { readonly group: string; readonly version: string };
  readonly namespace: string;
  readonly name: string;
  readonly subresource?: string;
  readonly object?: Draft;
  /** Type of `object` where that is a subresource's own: an Eviction, the options of a connection. */
  readonly bodyKind?: { readonly group: string; readonly version: string; readonly kind: string };
  readonly old?: KubeObject;
  readonly identity: Identity;
  readonly dryRun: boolean;
  /** The options of the request, with their kind. */
  readonly options?: Readonly<Record<string, unknown>>;
}
