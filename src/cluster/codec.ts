/**
 * How objects become rows. This folder is the composition root: it alone may import across the middle layers.
 */

import type { Catalog } from '../kinds/catalog-contract.ts';
import type { Kind } from '../kinds/define.ts';
import { deepFreeze } from '../machinery/deep.ts';
import { parseKey, printGroupVersion } from '../machinery/names.ts';
import { asRecord, type Draft, type KubeObject } from '../machinery/object.ts';
import type { ObjectCodec } from '../store/reader.ts';

const kindOfKey = (catalog: Catalog, key: string): Kind => {
  const { group, resource } = parseKey(key);
  const kind = catalog.stored(group, resource);
  if (kind === undefined) throw new Error(`no kind is stored at ${key}`);
  return kind;
};

/**
 * Built-in kinds are stored without `apiVersion` and `kind`, so that the text stands unchanged inside a typed
 * list (upstream leaves both out of list items); custom objects carry them, as upstream shows them.
 */
export const makeCodec = (catalog: Catalog): ObjectCodec => ({
  encode: (key, object) => {
    const kind = kindOfKey(catalog, key);
    if (kind.custom === true) return JSON.stringify(object);
    const { apiVersion: _apiVersion, kind: _kind, ...rest } = asRecord(object);
    return JSON.stringify(rest);
  },
  decode: (key, text) => {
    const kind = kindOfKey(catalog, key);
    const fields = JSON.parse(text) as Draft;
    if (kind.custom === true) return deepFreeze(fields as unknown as KubeObject);
    const apiVersion = printGroupVersion({
      group: kind.storageGroup ?? kind.group,
      version: kind.storageVersion,
    });
    return deepFreeze({ apiVersion, kind: kind.kind, ...fields } as unknown as KubeObject);
  },
  indexes: (key, object) => {
    const entries: (readonly [string, string])[] = [];
    for (const [name, values] of Object.entries(kindOfKey(catalog, key).indexes)) {
      for (const value of values(object)) entries.push([name, value]);
    }
    return entries;
  },
});
