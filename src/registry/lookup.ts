import type { Catalog } from '../kinds/catalog-contract.ts';
import type { Lookup } from '../kinds/define.ts';
import type { ResourceName, ResourceTypes } from '../kinds/generated/types.ts';
import { keyPrefix, parseGroupVersion } from '../machinery/names.ts';
import type { KubeObject } from '../machinery/object.ts';
import type { Reader } from '../store/reader.ts';
import { keyOfKind, prefixOfKind } from './dependencies.ts';

const splitName = (name: string): readonly [group: string, resource: string] => {
  const dot = name.indexOf('.');
  return dot < 0 ? ['', name] : [name.slice(dot + 1), name.slice(0, dot)];
};

/** Typed reads over the store; cluster-scoped kinds ignore the namespace. Unknown resources are simply empty. */
export const makeLookup = (options: { readonly store: Reader; readonly catalog: Catalog }): Lookup => {
  const { store, catalog } = options;
  const prefixes = new Map<string, { readonly prefix: string; readonly namespaced: boolean }>();

  const prefixOf = (name: string) => {
    let known = prefixes.get(name);
    if (known === undefined) {
      const [group, resource] = splitName(name);
      const kind = catalog.stored(group, resource);
      known = { prefix: keyPrefix(group, resource), namespaced: kind?.namespaced ?? true };
      // What a definition says of a custom kind may change.
      if (kind !== undefined && kind.custom !== true) prefixes.set(name, known);
    }
    return known;
  };

  return {
    get: <Name extends ResourceName>(resource: Name, namespace: string, name: string) => {
      const { prefix, namespaced } = prefixOf(resource);
      return store.get(`${prefix}${namespaced ? namespace : ''}/${name}`)?.object as
        | ResourceTypes[Name]
        | undefined;
    },
    list: <Name extends ResourceName>(resource: Name, namespace?: string) => {
      const { prefix, namespaced } = prefixOf(resource);
      const scope = namespace === undefined || !namespaced ? prefix : `${prefix}${namespace}/`;
      return store.scan(scope).map((stored) => stored.object as ResourceTypes[Name]);
    },
    byIndex: <Name extends ResourceName>(_resource: Name, index: string, value: string) =>
      store.lookup(index, value).map((stored) => stored.object as ResourceTypes[Name]),
    getByKind: (apiVersion, kindName, namespace, name): KubeObject | undefined => {
      const gv = parseGroupVersion(apiVersion);
      const kind = gv && catalog.kind(gv.group, gv.version, kindName)?.kind;
      return kind && store.get(keyOfKind(kind, namespace, name))?.object;
    },
    isNamespaced: (apiVersion, kindName) => {
      const gv = parseGroupVersion(apiVersion);
      return gv && catalog.kind(gv.group, gv.version, kindName)?.kind.namespaced;
    },
    listByKind: (apiVersion, kindName, namespace = '') => {
      const gv = parseGroupVersion(apiVersion);
      const kind = gv && catalog.kind(gv.group, gv.version, kindName)?.kind;
      return kind === undefined ? [] : store.scan(prefixOfKind(kind, namespace)).map((row) => row.object);
    },
    inNamespace: (namespace, limit) => {
      // A custom kind is there once for each of its versions; its rows are the same.
      const prefixes = new Set(
        catalog
          .all()
          .filter(
            (kind) =>
              kind.namespaced && kind.virtual !== true && (kind.storageGroup ?? kind.group) === kind.group,
          )
          .map((kind) => keyPrefix(kind.group, kind.resource, namespace)),
      );
      return [...prefixes].flatMap((prefix) => store.scan(prefix, { limit })).map((stored) => stored.object);
    },
  };
};
