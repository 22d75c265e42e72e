import { describe, expect, test } from 'vitest';
import { readGoldenJson } from '../support/golden.ts';
import { Harness } from '../support/harness.ts';
import { differences } from '../support/oracle.ts';

interface Health {
  readonly lines: readonly string[];
}

interface Groups {
  readonly groups: readonly { readonly name: string }[];
}

interface Aggregated {
  readonly items: readonly { readonly metadata: { readonly name?: string } }[];
}

interface Recorded {
  readonly aggregated: Readonly<Record<string, Aggregated>>;
  readonly legacy: Readonly<Record<string, unknown>>;
  readonly resources: Readonly<Record<string, unknown>>;
  readonly rootPaths: readonly string[];
  readonly healthz: Health;
  readonly livez: Health;
  readonly readyz: Health;
}

/** Served here and not by the recorded server. */
const EXTRA_GROUP = 'metrics.k8s.io';

const recorded = readGoldenJson<Recorded>('discovery.json.gz');
const harness = new Harness({ settings: { nodes: [], advertise: '198.51.100.2:26443' } });

const withoutExtra = <Item>(
  items: readonly Item[],
  nameOf: (item: Item) => string | undefined,
): readonly Item[] => items.filter((item) => nameOf(item) !== EXTRA_GROUP);

describe('discovery is what a 1.36 server tells', () => {
  test.each(Object.entries(recorded.resources))('resources of %s', (groupVersion, expected) => {
    const path = groupVersion.includes('/') ? `/apis/${groupVersion}` : `/api/${groupVersion}`;
    expect(differences(expected, harness.get(path))).toEqual([]);
  });

  test.each(Object.entries(recorded.legacy).filter(([path]) => path !== '/apis'))('%s', (path, expected) => {
    expect(differences(expected, harness.get(path))).toEqual([]);
  });

  test('/apis, with the metrics group more', () => {
    const groups = harness.get<Groups>('/apis');
    const shown = { ...groups, groups: withoutExtra(groups.groups, (group) => group.name) };
    expect(differences(recorded.legacy['/apis'], shown)).toEqual([]);
  });

  test.each(['v2', 'v2beta1'])('aggregated %s', (version) => {
    for (const [path, expected] of Object.entries(recorded.aggregated)) {
      const accept = `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList,application/json`;
      const reply = harness.request('GET', path, { headers: { accept } });
      expect(reply.headers['Content-Type']).toBe(accept.split(',')[0]);
      const shown = reply.json as Aggregated;
      const items = withoutExtra(shown.items, (item) => item.metadata.name);
      const wanted = { ...expected, apiVersion: `apidiscovery.k8s.io/${version}` };
      expect(differences(wanted, { ...shown, items })).toEqual([]);
      const again = harness.request('GET', path, {
        headers: { accept, 'if-none-match': reply.headers['ETag'] ?? '' },
      });
      expect(again.status).toBe(304);
    }
  });

  test.each(['healthz', 'livez', 'readyz'] as const)('/%s with and without its checks', (name) => {
    expect(harness.request('GET', `/${name}`).body).toBe('ok');
    expect(harness.request('GET', `/${name}?verbose`).body).toBe(recorded[name].lines.join('\n'));
    expect(harness.request('GET', `/${name}/ping`).body).toBe('ok');
  });

  test('paths of the root, without those of the metrics group and of OpenAPI', () => {
    const { paths } = harness.get<{ readonly paths: readonly string[] }>('/');
    const plain = (list: readonly string[]) =>
      list.filter((path) => !path.includes(EXTRA_GROUP) && !path.startsWith('/openapi'));
    expect(plain(paths)).toEqual(plain(recorded.rootPaths));
  });
});
