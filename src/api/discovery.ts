/**
 * Discovery, legacy and aggregated, derived from the catalogue (apiserver endpoints/discovery). Documents are
 * texts, made once for each state of the catalogue.
 */

import type { Catalog } from '../kinds/catalog-contract.ts';
import { storageVersionHash } from '../kinds/common/storage-version-hash.ts';
import type { Kind, ServedVersion, Verb } from '../kinds/define.ts';
import { printGroupVersion } from '../machinery/names.ts';
import { sha256Hex } from '../machinery/sha256.ts';
import { knownSubresources, type Subresource } from './target.ts';

/** One resource at one version. */
interface Entry {
  readonly kind: Kind;
  readonly version: ServedVersion;
}

interface Group {
  readonly name: string;
  /** Versions with their resources sorted by name; the preferred version first. */
  readonly versions: ReadonlyMap<string, readonly Entry[]>;
}

const VERSION = /^v(\d+)(?:(alpha|beta)(\d+))?$/;
const STAGES: Readonly<Record<string, number>> = { alpha: 1, beta: 2 };

/** Kubernetes' order of versions: GA before beta before alpha, higher first, other names last by text. */
export const compareVersions = (a: string, b: string): number => {
  const [left, right] = [VERSION.exec(a), VERSION.exec(b)];
  if (left === null || right === null) return left === right ? (a < b ? -1 : 1) : left === null ? 1 : -1;
  const rank = (match: RegExpExecArray): readonly number[] => [
    match[2] === undefined ? 3 : (STAGES[match[2]] ?? 0),
    Number(match[1]),
    Number(match[3] ?? 0),
  ];
  const [x, y] = [rank(left), rank(right)];
  for (const index of [0, 1, 2]) {
    const difference = (y[index] ?? 0) - (x[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
};

const byResource = (a: Entry, b: Entry): number => (a.kind.resource < b.kind.resource ? -1 : 1);

const groupsOf = (catalog: Catalog): readonly Group[] => {
  const groups = new Map<string, Map<string, Entry[]>>();
  const custom = new Set<string>();
  for (const kind of catalog.all()) {
    for (const version of kind.served) {
      const versions = groups.get(version.group) ?? new Map<string, Entry[]>();
      groups.set(version.group, versions);
      const entries = versions.get(version.version) ?? [];
      versions.set(version.version, entries);
      entries.push({ kind, version });
      if (kind.custom === true) custom.add(version.group);
    }
  }
  // Custom groups have one priority, so they follow the built-in ones by name.
  const order = [...groups.keys()];
  const names = [
    ...order.filter((name) => !custom.has(name)),
    ...order.filter((name) => custom.has(name)).sort(),
  ];
  return names.map((name) => {
    const versions = groups.get(name) ?? new Map<string, Entry[]>();
    const order = [...versions];
    if (custom.has(name)) order.sort(([a], [b]) => compareVersions(a, b));
    return {
      name,
      versions: new Map(order.map(([version, entries]) => [version, entries.sort(byResource)])),
    };
  });
};

/** First 8 bytes of the hash of group, storage version and kind: tells clients when the stored form changes. */
const storageHash = (kind: Kind): string =>
  kind.storageVersionHash ??
  storageVersionHash(kind.storageGroup ?? kind.group, kind.storageVersion, kind.kind);

const optionalList = (name: string, list: readonly string[]): Record<string, readonly string[]> =>
  list.length === 0 ? {} : { [name]: list };

const legacyResource = ({ kind }: Entry): Record<string, unknown> => ({
  name: kind.resource,
  singularName: kind.singular,
  namespaced: kind.namespaced,
  kind: kind.kind,
  verbs: kind.verbs,
  ...optionalList('shortNames', kind.shortNames),
  ...optionalList('categories', kind.categories),
  ...(isStored(kind) ? { storageVersionHash: storageHash(kind) } : {}),
});

const isStored = (kind: Kind): boolean => kind.virtual !== true && kind.verbs.includes('create');

const isForeign = (subresource: Subresource, version: ServedVersion): boolean =>
  subresource.group !== version.group || subresource.version !== version.version;

const legacySubresource = (entry: Entry, subresource: Subresource): Record<string, unknown> => ({
  name: `${entry.kind.resource}/${subresource.name}`,
  singularName: '',
  namespaced: entry.kind.namespaced,
  ...(isForeign(subresource, entry.version)
    ? { group: subresource.group, version: subresource.version }
    : {}),
  kind: subresource.kind,
  verbs: subresource.verbs,
});

const subresources = ({ kind, version }: Entry): readonly Subresource[] =>
  knownSubresources(kind, version.version);

const resourceList = (groupVersion: string, entries: readonly Entry[]): Record<string, unknown> => ({
  kind: 'APIResourceList',
  // Upstream's list of the core group carries no apiVersion.
  ...(groupVersion.includes('/') ? { apiVersion: 'v1' } : {}),
  groupVersion,
  resources: entries.flatMap((entry) => [
    legacyResource(entry),
    ...subresources(entry).map((subresource) => legacySubresource(entry, subresource)),
  ]),
});

const groupFacts = (group: Group): Record<string, unknown> => {
  const versions = [...group.versions.keys()].map((version) => ({
    groupVersion: `${group.name}/${version}`,
    version,
  }));
  return { name: group.name, versions, preferredVersion: versions[0] };
};

const responseKind = (
  custom: boolean,
  group: string,
  version: string,
  kind: string,
): Record<string, string> => (custom ? { group, version, kind } : { group: '', version: '', kind });

const aggregatedSubresource = (entry: Entry, subresource: Subresource): Record<string, unknown> => {
  const own = !isForeign(subresource, entry.version) && entry.kind.custom !== true;
  return {
    subresource: subresource.name,
    responseKind: responseKind(!own, subresource.group, subresource.version, subresource.kind),
    verbs: subresource.verbs,
  };
};

const aggregatedResource = (entry: Entry): Record<string, unknown> => {
  const { kind, version } = entry;
  const below = subresources(entry).map((subresource) => aggregatedSubresource(entry, subresource));
  return {
    resource: kind.resource,
    responseKind: responseKind(kind.custom === true, version.group, version.version, kind.kind),
    scope: kind.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: kind.singular,
    verbs: kind.verbs satisfies readonly Verb[],
    ...optionalList('shortNames', kind.shortNames),
    ...optionalList('categories', kind.categories),
    ...(below.length === 0 ? {} : { subresources: below }),
  };
};

const aggregated = (groups: readonly Group[], version: string): string =>
  `${JSON.stringify({
    kind: 'APIGroupDiscoveryList',
    apiVersion: `apidiscovery.k8s.io/${version}`,
    metadata: {},
    items: groups.map((group) => ({
      metadata: group.name === '' ? {} : { name: group.name },
      versions: [...group.versions].map(([name, entries]) => ({
        version: name,
        resources: entries.map(aggregatedResource),
        freshness: 'Current',
      })),
    })),
  })}\n`;

/** A document with its entity tag. */
export interface TaggedDocument {
  readonly text: string;
  readonly etag: string;
}

export interface Discovery {
  /** `/api`: versions of the core group. */
  coreVersions(serverAddress: string): string;
  /** `/apis`. */
  groups(): string;
  /** `/apis/{group}`; absent when the group is not served. */
  group(name: string): string | undefined;
  /** `/api/v1` or `/apis/{group}/{version}`; absent when it is not served. */
  resources(group: string, version: string): string | undefined;
  /** Aggregated discovery of `/api` or `/apis`. */
  aggregated(core: boolean, version: 'v2' | 'v2beta1'): TaggedDocument;
  /** `group/version` of everything served (`v1` for core), for the list of paths. */
  groupVersions(): readonly string[];
}

const make = (catalog: Catalog): Discovery => {
  const all = groupsOf(catalog);
  const named = all.filter((group) => group.name !== '');
  const core = all.filter((group) => group.name === '');
  const texts = new Map<string, string>();
  const once = (id: string, build: () => string): string => {
    const known = texts.get(id) ?? build();
    texts.set(id, known);
    return known;
  };
  const find = (name: string): Group | undefined => all.find((group) => group.name === name);
  return {
    coreVersions: (serverAddress) =>
      `${JSON.stringify({
        kind: 'APIVersions',
        versions: [...(core[0]?.versions.keys() ?? [])],
        serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress }],
      })}\n`,
    groups: () =>
      once(
        'groups',
        () =>
          `${JSON.stringify({ kind: 'APIGroupList', apiVersion: 'v1', groups: named.map(groupFacts) })}\n`,
      ),
    group: (name) => {
      const group = named.find((item) => item.name === name);
      return group && `${JSON.stringify({ kind: 'APIGroup', apiVersion: 'v1', ...groupFacts(group) })}\n`;
    },
    resources: (group, version) => {
      const entries = find(group)?.versions.get(version);
      if (entries === undefined) return undefined;
      const groupVersion = printGroupVersion({ group, version });
      return once(groupVersion, () => `${JSON.stringify(resourceList(groupVersion, entries))}\n`);
    },
    aggregated: (ofCore, version) => {
      const id = `${ofCore ? 'core' : 'groups'}/${version}`;
      const text = once(id, () => aggregated(ofCore ? core : named, version));
      return { text, etag: once(`${id}/etag`, () => `"${sha256Hex(text).toUpperCase()}"`) };
    },
    groupVersions: () =>
      all.flatMap(({ name, versions }) =>
        [...versions.keys()].map((version) => printGroupVersion({ group: name, version })),
      ),
  };
};

/** Discovery of a catalogue that may change; documents are made anew when its list of kinds is another one. */
export const makeDiscovery = (catalog: Catalog): (() => Discovery) => {
  let kinds: readonly Kind[] | undefined;
  let current: Discovery | undefined;
  return () => {
    const now = catalog.all();
    if (current === undefined || now !== kinds) {
      kinds = now;
      current = make(catalog);
    }
    return current;
  };
};
