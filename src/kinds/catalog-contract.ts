import type { Kind, ServedVersion } from './define.ts';

/** A kind at the version it was asked for. */
export interface Resolved {
  readonly kind: Kind;
  readonly version: ServedVersion;
}

/** Lookups over built-in and run-time kinds. `registry/custom.ts` layers CRDs over the built-in catalogue. */
export interface Catalog {
  /** Every kind, in discovery order. */
  all(): readonly Kind[];
  /** By path segments: group, version, plural name. */
  resource(group: string, version: string, resource: string): Resolved | undefined;
  /** By apiVersion and kind of a body or an owner reference. */
  kind(group: string, version: string, kind: string): Resolved | undefined;
  /** By storage key parts (owning group and plural). */
  stored(group: string, resource: string): Kind | undefined;
  /** True when the group or the group's version is served at all (for 404 texts and discovery). */
  hasGroupVersion(group: string, version: string): boolean;
}
