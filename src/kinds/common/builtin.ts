import type { Schema } from '../../machinery/schema.ts';
import { defineKind, type Kind, type ServedVersion, type Verb } from '../define.ts';
import { schemaOfKind } from '../schema-facts.ts';
import { storageVersionHash } from './storage-version-hash.ts';

/** The verbs of an ordinary stored kind. */
export const ALL_VERBS: readonly Verb[] = [
  'create',
  'delete',
  'deletecollection',
  'get',
  'list',
  'patch',
  'update',
  'watch',
];

type Facts = Pick<Kind, 'group' | 'kind' | 'resource' | 'namespaced'> &
  Partial<Omit<Kind, 'served' | 'storageVersion' | 'listKind'>> & {
    /** The version it is served and stored at; `served` is for kinds with several. */
    readonly version: string;
    readonly served?: readonly ServedVersion[];
    /** `group/version` of the encoding upstream stores, where the hash in discovery shows another one. */
    readonly storedAs?: { readonly group: string; readonly version: string };
  };

/** The schema of a built-in type; a missing one is a bug. */
export const schemaOf = (group: string, version: string, kind: string): Schema => {
  const schema = schemaOfKind(group, version, kind);
  if (schema === undefined) throw new Error(`no schema of ${group}/${version} ${kind}`);
  return schema;
};

/**
 * One served version. The schema is looked up when it is first read, not at import time.
 */
export const servedVersion = (
  group: string,
  version: string,
  kind: string,
  conversion: Omit<ServedVersion, 'group' | 'version' | 'schema'> = {},
): ServedVersion => {
  let schema: Schema | undefined;
  return {
    group,
    version,
    get schema(): Schema {
      schema ??= schemaOf(group, version, kind);
      return schema;
    },
    ...conversion,
  };
};

/**
 * A built-in kind from what sets it apart. Defaults: served and stored at one version, all verbs, no status, no
 * generation, updates may be unconditional and may not create, names are DNS subdomains.
 */
export const builtin = (facts: Facts): Kind => {
  const { version, storedAs, ...rest } = facts;
  const stored = storedAs ?? { group: facts.group, version };
  return defineKind({
    listKind: `${facts.kind}List`,
    singular: facts.kind.toLowerCase(),
    shortNames: [],
    categories: [],
    verbs: ALL_VERBS,
    storageVersion: version,
    served: [servedVersion(facts.group, version, facts.kind)],
    generationFields: [],
    hasStatus: false,
    createOnUpdate: false,
    unconditionalUpdate: true,
    nameRule: 'dns-subdomain',
    selectableFields: {},
    indexes: {},
    columns: [],
    ...(facts.virtual
      ? {}
      : { storageVersionHash: storageVersionHash(stored.group, stored.version, facts.kind) }),
    ...rest,
  });
};

/** A kind that is only posted and answered at once: reviews and bindings. */
export const virtualKind = (facts: Facts): Kind =>
  builtin({ virtual: true, verbs: ['create'], unconditionalUpdate: false, ...facts });
