/**
 * What a kind is: data and pure functions, read by one generic engine. Discovery, routes, OpenAPI, Table
 * output, field selectors, indexes and RBAC names are all derived from these values. A run-time kind built
 * from a CustomResourceDefinition is the same type, so nothing downstream can tell the difference.
 */

import type { Identity } from '../auth/identity.ts';
import type { FieldError } from '../machinery/field-error.ts';
import type { Draft, KubeObject } from '../machinery/object.ts';
import type { Schema } from '../machinery/schema.ts';
import type { Instant } from '../machinery/time.ts';
import type { ResourceName, ResourceTypes } from './generated/types.ts';

export type Verb = 'create' | 'delete' | 'deletecollection' | 'get' | 'list' | 'patch' | 'update' | 'watch';

/** Typed reads of the current state, for kinds, admission, auth and controllers. Results are frozen. */
export interface Lookup {
  get<Name extends ResourceName>(
    resource: Name,
    namespace: string,
    name: string,
  ): ResourceTypes[Name] | undefined;
  /** All objects of a resource in key order; `namespace` absent means every namespace. */
  list<Name extends ResourceName>(resource: Name, namespace?: string): readonly ResourceTypes[Name][];
  /** Objects with this value in an index the kind declares. */
  byIndex<Name extends ResourceName>(
    resource: Name,
    index: string,
    value: string,
  ): readonly ResourceTypes[Name][];
  /** Any object by kind, for owner references and scale targets; `undefined` when the kind is unknown too. */
  getByKind(apiVersion: string, kind: string, namespace: string, name: string): KubeObject | undefined;
  /** Whether objects of this kind (built-in or custom) have a namespace; `undefined` for an unknown kind. */
  isNamespaced(apiVersion: string, kind: string): boolean | undefined;
  /** All objects of a kind, in one namespace or everywhere; nothing when the kind is unknown. */
  listByKind?(apiVersion: string, kind: string, namespace?: string): readonly KubeObject[];
  /** Objects of every namespaced kind in a namespace, at most `limit` of each kind. */
  inNamespace(namespace: string, limit: number): readonly KubeObject[];
}

/** What strategy functions may depend on. Everything here is an input, so the functions stay pure. */
export interface StrategyContext {
  readonly now: Instant;
  readonly lookup: Lookup;
  readonly identity: Identity;
  /** Derived randomness: an integer in [0, bound) from the cluster's seed, a purpose and the write's revision. */
  random(purpose: string, bound: number): number;
  /** True when nothing will be stored. */
  readonly dryRun?: boolean;
  /** Set for subresource writes: `status`, `scale`, ... */
  readonly subresource?: string;
  /** Takes a text for a Warning header that only the unprepared object tells of; on creates. */
  readonly warn?: (text: string) => void;
}

/** An object of another kind that stands for something an object takes. */
export interface Allocation {
  readonly group: string;
  readonly resource: string;
  readonly object: KubeObject;
}

/** A version the kind is served at. The first of a kind is its preferred one. */
export interface ServedVersion {
  readonly group: string;
  readonly version: string;
  readonly schema: Schema;
  /**
   * Pure pair to and from the storage version; absent for the storage version itself. Both mutate the draft.
   * `toStorage` first fills the defaults of its own version; `fromStorage` leaves canonical form to the caller.
   */
  readonly toStorage?: (draft: Draft) => void;
  readonly fromStorage?: (draft: Draft) => void;
  /**
   * Custom versions that a webhook converts: all objects at once, from the storage version or to it. Throws what the
   * conversion fails with, and OutsideNeeded.
   */
  readonly convert?: (objects: readonly Draft[], toStorage: boolean) => readonly Draft[];
  /** Warning that goes with every request to a deprecated version or resource. */
  readonly deprecationWarning?: string;
  /** Columns of this version where they differ from the kind's. */
  readonly columns?: readonly Column[];
}

/** A printer column (metav1.TableColumnDefinition plus its cell). */
export interface Column {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'number' | 'boolean' | 'date';
  /** `name` for the name column, else usually ''. */
  readonly format: string;
  readonly description?: string;
  /** 0 is always shown, 1 with `-o wide`. */
  readonly priority: number;
  /** The cell; `now` is the cluster's instant, for ages. */
  readonly cell: (object: KubeObject, now: Instant) => Cell;
  /** True for a cell that rows carry without a column definition (upstream's printers have one or two). */
  readonly cellOnly?: boolean;
}

/** A value in a Table row. */
export type Cell = string | number | boolean | null;

/** TableRow.conditions: marks rows of finished objects. */
export interface RowCondition {
  readonly type: 'Completed';
  readonly status: 'True';
  readonly reason: string;
  readonly message: string;
}

/**
 * Field labels of a kind that lists its own: any other label is refused with `field label not supported: x`.
 */
export interface FieldLabels {
  /** Whether `metadata.namespace` is among them. */
  readonly namespace: boolean;
  /** Old spellings of a label, by the label they stand for. */
  readonly aliases?: Readonly<Record<string, string>>;
}

/** Paths (dotted, from the root) that make a kind scalable. */
export interface ScalePaths {
  readonly specReplicas: string;
  readonly statusReplicas: string;
  /** A path to a label selector object or a selector string; absent when there is none. */
  readonly selector?: string;
}

/** A named subresource beyond status and scale that the generic engine does not serve by itself. */
export interface ConnectSubresource {
  readonly name: string;
  /** Kind of the body, e.g. `Eviction`; group and version of that kind. */
  readonly kind: string;
  readonly group: string;
  readonly version: string;
  readonly verbs: readonly Verb[];
  /**
   * `self`: another write view of the object itself (`prepareForUpdate` looks at `context.subresource`);
   * `create`: a body of its own that is posted; `stream`: a connection.
   */
  readonly serves?: 'self' | 'create' | 'stream';
}

/**
 * A kind with its strategy. Functions that take a draft change it in place: the draft is owned by the write
 * being made and frozen afterwards. `old` is the stored object, frozen.
 */
export interface Kind {
  readonly group: string;
  readonly kind: string;
  readonly listKind: string;
  /** Plural lower-case name, as in paths and RBAC. */
  readonly resource: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly namespaced: boolean;
  readonly verbs: readonly Verb[];
  /** Version objects are stored at; always among `served`. */
  readonly storageVersion: string;
  readonly served: readonly ServedVersion[];
  /**
   * Where objects live when several API kinds show the same rows (events and events.k8s.io): the owning
   * group. Absent means own group.
   */
  readonly storageGroup?: string;
  /** Schema of the stored form where it is none of `served`'s own: kinds with a `storageGroup`. */
  readonly storageSchema?: () => Schema;
  /** True for kinds without storage: reviews, bindings. They are only created, and answered by `virtual` code. */
  readonly virtual?: boolean;
  /** Base64 of the hash that discovery shows for stored kinds. */
  readonly storageVersionHash?: string;
  /** True for kinds made at run time from a CustomResourceDefinition. */
  readonly custom?: boolean;

  /** Fills absent fields after decoding, before admission. */
  readonly defaults?: (draft: Draft) => void;
  /**
   * What `defaults` does for a new status, to the top of that alone: for kinds whose status the control plane writes
   * often. Such writes need not go through the rest.
   */
  readonly statusDefaults?: (draft: Draft) => void;
  /** Wipes status, sets generation-independent fields, allocates. Runs before validation of a create. */
  readonly prepareForCreate?: (draft: Draft, context: StrategyContext) => void;
  /**
   * What the API server makes before it judges a prepared object, and takes back when the object is refused. Once the
   * object is stored, keeping these is a controller's work.
   */
  readonly allocates?: (object: KubeObject) => readonly Allocation[];
  /** Keeps what an update may not touch (status on the main resource), copies immutable allocations. */
  readonly prepareForUpdate?: (draft: Draft, old: KubeObject, context: StrategyContext) => void;
  readonly validate?: (object: KubeObject, context: StrategyContext) => readonly FieldError[];
  readonly validateUpdate?: (
    object: KubeObject,
    old: KubeObject,
    context: StrategyContext,
  ) => readonly FieldError[];
  /** Validation of a status write; absent means `validateUpdate` without spec rules is enough (metadata only). */
  readonly validateStatusUpdate?: (
    object: KubeObject,
    old: KubeObject,
    context: StrategyContext,
  ) => readonly FieldError[];
  /** Texts for Warning headers. `old` is absent on create. */
  readonly warnings?: (object: KubeObject, old: KubeObject | undefined) => readonly string[];
  /** Those among them that judging the change told: a refusal carries them too. */
  readonly warningsOfJudging?: (old: KubeObject) => readonly string[];
  /**
   * Which top-level fields make `metadata.generation` grow when they change; empty means the kind has no
   * generation. Usually `['spec']`.
   */
  readonly generationFields: readonly string[];
  readonly hasStatus: boolean;
  readonly scale?: ScalePaths;
  readonly connects?: readonly ConnectSubresource[];
  /** PUT on a missing name creates (upstream's AllowCreateOnUpdate: leases, events, endpoints, ...). */
  readonly createOnUpdate: boolean;
  /** PUT without resourceVersion is allowed (upstream's AllowUnconditionalUpdate). */
  readonly unconditionalUpdate: boolean;
  /** Grace period of a delete that does not name one; absent means objects go at once. */
  readonly deletionGraceSeconds?: (object: KubeObject, requested: number | undefined) => number;
  /** Propagation of a delete that does not name one; upstream's default is background. */
  readonly defaultPropagation?: 'Background' | 'Orphan';
  /** How names are checked (`metadata.name` validation): see machinery/name-rules.ts. */
  readonly nameRule:
    | 'dns-subdomain'
    | 'dns-long-name'
    | 'dns-label'
    | 'dns-1035-label'
    | 'path-segment'
    | 'rbac'
    | 'service-account'
    | 'judged-by-kind';
  /** Field selectors beside metadata.name and metadata.namespace: path -> value printer. */
  readonly selectableFields: Readonly<Record<string, (object: KubeObject) => string>>;
  /** Present when the labels above are all there are; absent: unknown labels get upstream's general refusal. */
  readonly fieldLabels?: FieldLabels;
  /** Secondary indexes: name -> values. Names are unique across kinds (prefix them with the resource). */
  readonly indexes: Readonly<Record<string, (object: KubeObject) => readonly string[]>>;
  /** Fields of `selectableFields` an index answers when a value is asked for: field -> index name. */
  readonly fieldIndexes?: Readonly<Record<string, string>>;
  /** Cells get the object in its storage version. */
  readonly columns: readonly Column[];
  /** The order of a list's rows in a Table, where it is not the list's own. */
  readonly rowOrder?: (left: KubeObject, right: KubeObject) => number;
  readonly rowConditions?: (object: KubeObject) => readonly RowCondition[];
  /** Fields that are functions of time; applied on read, never watched. */
  readonly project?: (object: KubeObject, now: Instant) => KubeObject;
  /** Stored-format upgrades, applied on read: index n upgrades n to n + 1. */
  readonly upgrades?: readonly ((draft: Draft) => void)[];
}

const frozen = <Value>(value: Value): Value => Object.freeze(value);

/** Checks and freezes a kind. Throws a plain Error on a contradiction: that is a bug found at start. */
export const defineKind = (kind: Kind): Kind => {
  if (!kind.served.some((version) => version.version === kind.storageVersion)) {
    throw new Error(`${kind.kind}: storage version ${kind.storageVersion} is not served`);
  }
  const names = new Set(kind.columns.map((column) => column.name));
  if (names.size !== kind.columns.length) throw new Error(`${kind.kind}: duplicate column`);
  return frozen(kind);
};
