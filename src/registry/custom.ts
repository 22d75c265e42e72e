/**
 * The catalogue of a cluster: built-in kinds, and those its CustomResourceDefinitions make. The latter are a cache
 * whose key is the newest revision among the definitions; a definition whose spec stayed keeps its kinds.
 */

import type { Catalog, Resolved } from '../kinds/catalog-contract.ts';
import type { Kind } from '../kinds/define.ts';
import type { CustomResourceDefinition } from '../kinds/generated/types.ts';
import { deepEqual } from '../machinery/deep.ts';
import { keyPrefix, objectKey } from '../machinery/names.ts';
import type { Reader } from '../store/reader.ts';
import type { Convert } from './conversion.ts';
import { isConditionTrue, makeCustomKind } from './custom-kind.ts';

const PREFIX = keyPrefix('apiextensions.k8s.io', 'customresourcedefinitions');

/** What a definition's kinds depend on. */
interface Source {
  readonly spec: CustomResourceDefinition['spec'];
  readonly names: unknown;
  readonly terminating: boolean;
}

interface Made extends Source {
  /** Every version that is served, and the one objects are stored at. */
  readonly kinds: readonly Kind[];
  readonly served: readonly Kind[];
}

interface State {
  readonly all: readonly Kind[];
  readonly resources: ReadonlyMap<string, Resolved>;
  readonly kinds: ReadonlyMap<string, Resolved>;
  readonly stored: ReadonlyMap<string, Kind>;
  readonly groupVersions: ReadonlySet<string>;
}

const make = (crd: CustomResourceDefinition, source: Source, convert: Convert | undefined): Made => {
  const versions = (crd.spec.versions ?? []).filter((version) => version.served || version.storage);
  const kinds = versions.map((version) => makeCustomKind(crd, version, convert));
  return { ...source, kinds, served: kinds.filter((_kind, index) => versions[index]?.served === true) };
};

const isSame = (made: Made, source: Source): boolean =>
  made.terminating === source.terminating &&
  deepEqual(made.spec, source.spec) &&
  deepEqual(made.names, source.names);

/** Kinds that are served while an APIService for their group is available. */
export interface OptionalKinds {
  /** Name of the APIService. */
  readonly service: string;
  readonly kinds: readonly Kind[];
}

const SERVICES = keyPrefix('apiregistration.k8s.io', 'apiservices');

const layer = (builtin: Catalog, custom: readonly Made[], optional: readonly Kind[]): State => {
  const resources = new Map<string, Resolved>();
  const byKind = new Map<string, Resolved>();
  const stored = new Map<string, Kind>();
  const groupVersions = new Set<string>();
  for (const { kinds, served } of custom) {
    for (const kind of kinds) {
      const [version] = kind.served;
      if (version === undefined) continue;
      const path = `${version.group}/${version.version}`;
      byKind.set(`${path}/${kind.kind}`, { kind, version });
      if (kind.storageVersion === version.version) stored.set(`${kind.group}/${kind.resource}`, kind);
      if (!served.includes(kind)) continue;
      resources.set(`${path}/${kind.resource}`, { kind, version });
      groupVersions.add(path);
    }
  }
  for (const kind of optional) {
    const [version] = kind.served;
    if (version === undefined) continue;
    const path = `${version.group}/${version.version}`;
    byKind.set(`${path}/${kind.kind}`, { kind, version });
    resources.set(`${path}/${kind.resource}`, { kind, version });
    groupVersions.add(path);
  }
  const all = [...builtin.all(), ...custom.flatMap(({ served }) => served), ...optional];
  return { all, resources, kinds: byKind, stored, groupVersions };
};

const byGroup = (a: CustomResourceDefinition, b: CustomResourceDefinition): number =>
  a.spec.group === b.spec.group ? 0 : a.spec.group < b.spec.group ? -1 : 1;

/** Layers the definitions in the store, and optional kinds that are turned on, over the built-in kinds. */
export const makeLayeredCatalog = (
  builtin: Catalog,
  store: Reader,
  optional: readonly OptionalKinds[] = [],
  convert?: Convert,
): Catalog => {
  let seen = -1;
  let chosen: readonly Kind[] = [];
  let state = layer(builtin, [], chosen);
  let cache: ReadonlyMap<string, Made> = new Map();

  const rebuild = (): void => {
    const next = new Map<string, Made>();
    const definitions = store
      .scan(PREFIX)
      .map((row) => row.object as unknown as CustomResourceDefinition)
      .filter((crd) => isConditionTrue(crd, 'Established'))
      .sort(byGroup);
    for (const crd of definitions) {
      const uid = crd.metadata.uid ?? '';
      const source: Source = {
        spec: crd.spec,
        names: crd.status?.acceptedNames,
        terminating: isConditionTrue(crd, 'Terminating'),
      };
      const known = cache.get(uid);
      next.set(uid, known !== undefined && isSame(known, source) ? known : make(crd, source, convert));
    }
    const isUnchanged = next.size === cache.size && [...next].every(([uid, made]) => cache.get(uid) === made);
    cache = next;
    if (!isUnchanged) state = layer(builtin, [...next.values()], chosen);
  };

  const choose = (): void => {
    const next = optional
      .filter(({ service }) => {
        const found = store.get(objectKey('apiregistration.k8s.io', 'apiservices', '', service));
        return found !== undefined && isConditionTrue(found.object as CustomResourceDefinition, 'Available');
      })
      .flatMap(({ kinds }) => kinds);
    if (next.length === chosen.length && next.every((kind) => chosen.includes(kind))) return;
    chosen = next;
    state = layer(builtin, [...cache.values()], chosen);
  };

  const current = (): State => {
    const revision = store.revision();
    if (revision === seen) return state;
    const isUnknown = seen < 0 || revision < seen || seen < store.floor();
    const hasChanged = (prefix: string): boolean =>
      isUnknown || store.changes(seen, { prefix, limit: 1, isLazy: true }).length > 0;
    if (hasChanged(PREFIX)) rebuild();
    if (optional.length > 0 && hasChanged(SERVICES)) choose();
    seen = revision;
    return state;
  };

  return {
    all: () => current().all,
    resource: (group, version, resource) =>
      builtin.resource(group, version, resource) ??
      current().resources.get(`${group}/${version}/${resource}`),
    kind: (group, version, kind) =>
      builtin.kind(group, version, kind) ?? current().kinds.get(`${group}/${version}/${kind}`),
    stored: (group, resource) =>
      builtin.stored(group, resource) ?? current().stored.get(`${group}/${resource}`),
    hasGroupVersion: (group, version) =>
      builtin.hasGroupVersion(group, version) || current().groupVersions.has(`${group}/${version}`),
  };
};
