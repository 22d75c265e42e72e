import { describe, expect, test } from 'vitest';
import { readGoldenJson, readGoldenLines } from '../../test/support/golden.ts';
import { printGroupVersion } from '../machinery/names.ts';
import type { Draft, KubeObject } from '../machinery/object.ts';
import { parseTime } from '../machinery/time.ts';
import { builtinKinds, makeBuiltinCatalog, makeCatalog } from './catalog.ts';
import type { ConnectSubresource, Kind, ServedVersion } from './define.ts';

const catalog = makeBuiltinCatalog();

interface ApiResource {
  readonly name: string;
  readonly [field: string]: unknown;
}

const VIEW = ['get', 'patch', 'update'];

const mainResource = (kind: Kind): ApiResource => ({
  ...(kind.categories.length > 0 ? { categories: kind.categories } : {}),
  kind: kind.kind,
  name: kind.resource,
  namespaced: kind.namespaced,
  ...(kind.shortNames.length > 0 ? { shortNames: kind.shortNames } : {}),
  singularName: kind.singular,
  ...(kind.storageVersionHash === undefined ? {} : { storageVersionHash: kind.storageVersionHash }),
  verbs: kind.verbs,
});

const subresource = (kind: Kind, version: ServedVersion, sub: ConnectSubresource): ApiResource => {
  const foreign = sub.group !== version.group || sub.version !== version.version;
  return {
    ...(foreign ? { group: sub.group, version: sub.version } : {}),
    kind: sub.kind,
    name: `${kind.resource}/${sub.name}`,
    namespaced: kind.namespaced,
    singularName: '',
    verbs: sub.verbs,
  };
};

const resourcesOf = (kind: Kind, version: ServedVersion): ApiResource[] => {
  const own = { kind: kind.kind, group: version.group, version: version.version };
  const subs: ConnectSubresource[] = [...(kind.connects ?? [])];
  if (kind.hasStatus) subs.push({ ...own, name: 'status', verbs: VIEW as ConnectSubresource['verbs'] });
  if (kind.scale) {
    subs.push({
      name: 'scale',
      kind: 'Scale',
      group: 'autoscaling',
      version: 'v1',
      verbs: VIEW as ConnectSubresource['verbs'],
    });
  }
  subs.sort((left, right) => (left.name < right.name ? -1 : 1));
  return [mainResource(kind), ...subs.map((sub) => subresource(kind, version, sub))];
};

const listed = (): Record<string, ApiResource[]> => {
  const lists: Record<string, ApiResource[]> = {};
  for (const kind of catalog.all()) {
    for (const version of kind.served) {
      const key = printGroupVersion(version);
      lists[key] = [...(lists[key] ?? []), ...resourcesOf(kind, version)];
    }
  }
  for (const list of Object.values(lists)) list.sort((left, right) => (left.name < right.name ? -1 : 1));
  return lists;
};

interface DiscoveryGolden {
  readonly resources: Record<string, { readonly resources: readonly ApiResource[] }>;
  readonly aggregated: Record<
    '/api' | '/apis',
    {
      readonly items: readonly {
        readonly metadata: { readonly name?: string };
        readonly versions: readonly {
          readonly version: string;
          readonly resources: readonly { resource: string }[];
        }[];
      }[];
    }
  >;
}

const golden = readGoldenJson<DiscoveryGolden>('discovery-resources.json.gz');

describe('discovery', () => {
  const lists = listed();

  test.each(Object.keys(golden.resources))('%s lists what a real server lists', (groupVersion) => {
    expect(lists[groupVersion]).toEqual(golden.resources[groupVersion]?.resources);
  });

  test('no other group version is served', () => {
    expect(Object.keys(lists).sort()).toEqual(Object.keys(golden.resources).sort());
  });

  test('groups, versions and kinds stand in the order of aggregated discovery', () => {
    const expected = [...golden.aggregated['/api'].items, ...golden.aggregated['/apis'].items].flatMap(
      (item) =>
        item.versions.map(
          ({ version, resources }) =>
            `${item.metadata.name ?? ''}/${version}: ${resources.map(({ resource }) => resource).join(' ')}`,
        ),
    );
    const groups = new Map<string, string[]>();
    for (const kind of catalog.all()) {
      for (const { group, version } of kind.served) {
        const key = `${group}/${version}`;
        groups.set(key, [...(groups.get(key) ?? []), kind.resource]);
      }
    }
    expect([...groups].map(([key, names]) => `${key}: ${names.sort().join(' ')}`)).toEqual(expected);
  });
});

describe('tables', () => {
  const columns = readGoldenJson<Record<string, unknown[]>>('columns.json.gz');

  test.each(Object.keys(columns))('%s has the columns of a real server', (path) => {
    const parts = path.split('/');
    const [resource = '', version = '', group = ''] = parts.reverse();
    const resolved = catalog.resource(group, version, resource);
    const shown = (resolved?.version.columns ?? resolved?.kind.columns ?? []).filter(
      (column) => !column.cellOnly,
    );
    expect(shown.map(({ format, name, priority, type }) => ({ format, name, priority, type }))).toEqual(
      columns[path],
    );
  });

  interface RowCase {
    readonly id: string;
    readonly now: string;
    readonly object: KubeObject;
    readonly cells: readonly unknown[];
  }
  const rows = readGoldenLines<RowCase>('pod-rows.jsonl.gz').filter(({ object }) => object.kind !== 'Col');

  const UID = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/;

  /** The object in its storage version; a uid that the recording hides is taken from the cells. */
  const storedForm = ({ object, cells }: RowCase, toStorage: ServedVersion['toStorage']): KubeObject => {
    const uid = UID.exec(JSON.stringify(cells))?.[0] ?? '<uid>';
    const draft = JSON.parse(JSON.stringify(object).replaceAll('<uid>', uid)) as Draft;
    toStorage?.(draft);
    return draft as unknown as KubeObject;
  };

  const rowOf = (row: RowCase): unknown[] => {
    const [version = '', group = ''] = row.object.apiVersion.split('/').reverse();
    const resolved = catalog.kind(group, version, row.object.kind);
    const object = storedForm(row, resolved?.version.toStorage);
    return (resolved?.kind.columns ?? []).map((column) => column.cell(object, parseTime(row.now) ?? 0));
  };

  /** Creation times of the recording are of its own clock. */
  const CREATED = /^2026-11-20T/;

  test.each(rows)('row of $id', (row) => {
    const expected = row.cells.map((cell) =>
      CREATED.test(String(cell)) ? row.object.metadata.creationTimestamp : cell,
    );
    expect(rowOf(row)).toEqual(expected);
  });
});

describe('field labels', () => {
  interface LabelCase {
    readonly id: string;
    readonly path: string;
    readonly ok: readonly string[];
    readonly refused: Readonly<Record<string, string>>;
  }
  const cases = readGoldenLines<LabelCase>('selectable-fields.jsonl').filter(
    ({ id }) => !id.includes('example.com/'),
  );

  const refusal = (kind: Kind, label: string): string | undefined => {
    if (label === 'metadata.name' || label in kind.selectableFields) return undefined;
    if (label === 'metadata.namespace' && kind.fieldLabels?.namespace !== false) return undefined;
    if (kind.fieldLabels) return `400 field label not supported: ${label}`;
    return `400 "${label}" is not a known field selector: only "metadata.name", "metadata.namespace"`;
  };

  test.each(cases)('$id', ({ path, ok, refused }) => {
    const [resource = '', version = '', group = ''] = path.split('/').slice(2).reverse();
    const kind = catalog.resource(path.startsWith('/api/') ? '' : group, version, resource)?.kind;
    expect(kind).toBeDefined();
    if (!kind) return;
    expect(ok.filter((label) => refusal(kind, label) !== undefined)).toEqual([]);
    for (const [label, message] of Object.entries(refused)) expect(refusal(kind, label)).toBe(message);
  });
});

describe('catalogue', () => {
  test('every served version has a schema', () => {
    for (const kind of builtinKinds)
      for (const version of kind.served) expect(version.schema.type).toBe('object');
  });

  test('both event APIs find their rows under the core group', () => {
    expect(catalog.stored('', 'events')?.group).toBe('');
    expect(catalog.stored('events.k8s.io', 'events')).toBeUndefined();
    expect(catalog.resource('events.k8s.io', 'v1', 'events')?.kind.storageGroup).toBe('');
  });

  test('lookups of what is not served find nothing', () => {
    expect(catalog.resource('apps', 'v1beta1', 'deployments')).toBeUndefined();
    expect(catalog.hasGroupVersion('apps', 'v1beta1')).toBe(false);
    expect(catalog.kind('', 'v1', 'Deployment')).toBeUndefined();
  });

  test('two kinds cannot claim one path', () => {
    expect(() => makeCatalog([...builtinKinds, ...builtinKinds])).toThrow('two kinds claim');
  });
});
