/** The read side of the store: what everyone above may see. */

import type { KubeObject } from '../machinery/object.ts';
import type { Instant } from '../machinery/time.ts';

/** A cluster-wide revision: the resource version of objects, lists and watches. 0 is the empty store. */
export type Revision = number;

/** One object at one revision. `object` is deeply frozen; `text` is its stored JSON (see `ObjectCodec`). */
export interface Stored {
  readonly key: string;
  readonly revision: Revision;
  readonly object: KubeObject;
  readonly text: string;
}

export type ChangeOp = 'create' | 'update' | 'delete';

/** One write. For a delete, `object` is the last state stamped with the delete's revision. */
export interface Change {
  readonly revision: Revision;
  readonly key: string;
  readonly op: ChangeOp;
  readonly at: Instant;
  readonly object: KubeObject;
  readonly text: string;
  /** The state before an update or a delete. */
  readonly previous?: KubeObject;
}

export interface ScanOptions {
  /** Only keys greater than this one. */
  readonly after?: string;
  readonly limit?: number;
  /** Read as of this revision; a revision below the floor throws `CompactedError`. */
  readonly at?: Revision;
}

export interface ChangesOptions {
  /** Only keys that start with this. */
  readonly prefix?: string;
  /** At most so many writes. */
  readonly limit?: number;
  /** Stop once the texts add up to so many characters; at least one write comes, if there is one. */
  readonly maxBytes?: number;
  /** Texts are read when somebody asks for them, one by one: for who looks at few. At once, in the same transaction. */
  readonly isLazy?: true;
}

export interface Reader {
  /** The newest revision. */
  revision(): Revision;
  /** The oldest revision that can still be read; reads below it throw `CompactedError`. */
  floor(): Revision;
  get(key: string, at?: Revision): Stored | undefined;
  /** Live objects whose key starts with the prefix, in key order. */
  scan(prefix: string, options?: ScanOptions): Stored[];
  /** How many keys start with the prefix, after a key if given. */
  count(prefix: string, options?: ScanOptions): number;
  /** Live objects with this entry of a declared index, in key order. */
  lookup(index: string, value: string): Stored[];
  /** Writes after a revision, oldest first, whose key starts with the prefix. */
  changes(after: Revision, options?: ChangesOptions): Change[];
}

/** How objects become rows. Supplied by the composition root from the catalogue, so the store knows no kind. */
export interface ObjectCodec {
  /**
   * The stored text of an object: canonical JSON without `apiVersion` and `kind` for built-in kinds (so that
   * it stands unchanged inside a typed list), whole for custom kinds. `metadata.resourceVersion` is inside.
   */
  encode(key: string, object: KubeObject): string;
  /** The inverse; the result is deeply frozen and has `apiVersion` and `kind` of the storage version. */
  decode(key: string, text: string): KubeObject;
  /** Entries for the secondary index: `[name, value]` pairs. */
  indexes(key: string, object: KubeObject): readonly (readonly [string, string])[];
}
