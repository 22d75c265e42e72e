/**
 * How objects become rows. This folder is the composition root: it alone may import across the middle layers.
 */

import type { Catalog } from '../kinds/catalog-contract.ts';
import type { Kind } from '../kinds/define.ts';
import { deepFreeze } from '../machinery/deep.ts';
import { parseKey, printGroupVersion } from '../machinery/names.ts';
import { asRecord, type Draft, type KubeObject } from '../machinery/object.ts';
import type { ObjectCodec } from '../store/reader.ts';

/** The built-in kind stored at a key; `undefined` for custom kinds, also those whose definition is gone. */
const builtinOfKey = (catalog: Catalog, key: string): Kind | undefined => {
  const kind = kindOfKey(catalog, key);
  return kind?.custom === true ? undefined : kind;
};

const kindOfKey = (catalog: Catalog, key: string): Kind | undefined => {
  const { group, resource } = parseKey(key);
  return catalog.stored(group, resource);
};

/**
 * Built-in kinds are stored without `apiVersion` and `kind`, so that the text stands unchanged inside a typed
 * list (upstream leaves both out of list items); custom objects carry them, as upstream shows them.
 */
export const makeCodec = (catalog: Catalog): ObjectCodec => ({
  encode: (key, object) => {
    if (builtinOfKey(catalog, key) === undefined) return JSON.stringify(object);
    const { apiVersion: _apiVersion, kind: _kind, ...rest } = asRecord(object);
    return JSON.stringify(rest);
  },
  decode: (key, text) => {
    const kind = builtinOfKey(catalog, key);
    const fields = JSON.parse(text) as Draft;
    if (kind === undefined) return deepFreeze(fields as unknown as KubeObject);
    const apiVersion = printGroupVersion({
      group: kind.storageGroup ?? kind.group,
      version: kind.storageVersion,
    });
    return deepFreeze({ apiVersion, kind: kind.kind, ...fields } as unknown as KubeObject);
  },
  indexes: (key, object) => {
    const entries: (readonly [string, string])[] = [];
    for (const [name, values] of Object.entries(kindOfKey(catalog, key)?.indexes ?? {})) {
      for (const value of values(object)) entries.push([name, value]);
    }
    // Every kind can be owned: one index finds the dependents of an object, whatever they are.
    for (const owner of object.metadata.ownerReferences ?? []) entries.push(['owner', owner.uid]);
    return entries;
  },
});

/** Changes whenever a built-in kind declares other indexes: the store then writes its index entries anew. */
export const indexVersion = (catalog: Catalog): string =>
  catalog
    .all()
    .flatMap((kind) => Object.keys(kind.indexes).map((name) => `${kind.resource}.${kind.group}:${name}`))
    .sort()
    .join(' ');
