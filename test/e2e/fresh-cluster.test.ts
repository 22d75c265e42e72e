/** What a new cluster holds and serves, beside what was recorded of a real one. */

import { beforeAll, describe, expect, inject, it } from 'vitest';
import { readGoldenJson } from '../support/golden.ts';
import { differences } from '../support/oracle.ts';
import { makeCluster, type TestCluster } from './support/cluster.ts';
import { call } from './support/server.ts';

interface Named {
  readonly kind?: string;
  readonly metadata: { readonly name?: string; readonly namespace?: string };
}

interface Discovery {
  readonly aggregated: Readonly<Record<string, { readonly items: readonly Named[] }>>;
}

const server = inject('server');
const recorded =
  readGoldenJson<{ resource: string; object: Named & { apiVersion: string } }[]>('bootstrap.json.gz');
const rbac =
  readGoldenJson<Record<string, (Named & { apiVersion: string; kind: string })[]>>('rbac-defaults.json.gz');
const discovery = readGoldenJson<Discovery>('discovery.json.gz');

/** Leases and the parts of machines belong to nodes, and nodes are asked for. */
const ofNodes = new Set(['leases']);

const pathOf = (apiVersion: string, resource: string): string =>
  `${apiVersion.includes('/') ? '/apis/' : '/api/'}${apiVersion}/${resource}`;

/** Collections of what was recorded, with the names in each. */
const collections = (): ReadonlyMap<string, readonly string[]> => {
  const found = new Map<string, string[]>();
  const add = (path: string, { metadata }: Named): void => {
    const names = found.get(path) ?? [];
    found.set(path, names);
    names.push(`${metadata.namespace ?? ''}/${metadata.name}`);
  };
  for (const { resource, object } of recorded) {
    const plural = resource.slice(resource.lastIndexOf('/') + 1);
    if (!ofNodes.has(plural)) add(pathOf(object.apiVersion, plural), object);
  }
  for (const object of Object.values(rbac).flat()) {
    add(pathOf(object.apiVersion, `${object.kind.toLowerCase()}s`), object);
  }
  return found;
};

const names = async (cluster: TestCluster, path: string): Promise<readonly string[]> => {
  const answer = await call(server, 'GET', cluster.path + path);
  expect(answer.status, answer.text).toBe(200);
  return answer
    .json<{ items: readonly Named[] }>()
    .items.map(({ metadata }) => `${metadata.namespace ?? ''}/${metadata.name}`)
    .sort();
};

const groupsOf = async (cluster: TestCluster, path: string) => {
  const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
  return (await call(server, 'GET', cluster.path + path, { headers: { accept } })).json<{
    items: readonly Named[];
  }>();
};

/** What the addons of a cluster add, and nothing else. */
const ADDED: Readonly<Record<string, readonly string[]>> = {
  '/apis/apiregistration.k8s.io/v1/apiservices': ['/v1beta1.metrics.k8s.io'],
  '/apis/storage.k8s.io/v1/storageclasses': ['/standard'],
};

describe.each([
  ['without workers', { nodes: 0 }, {}],
  ['with workers and no addons', { nodes: 2, addons: [] }, {}],
  ['as it is by default', {}, ADDED],
] as const)('a cluster %s', (_name, options, added: Readonly<Record<string, readonly string[]>>) => {
  let cluster: TestCluster;

  beforeAll(async () => {
    cluster = await makeCluster(server, options);
  });

  it('holds the recorded objects', async () => {
    const wanted = new Map<string, readonly string[]>([
      ['/apis/storage.k8s.io/v1/storageclasses', []],
      ['/apis/storage.k8s.io/v1/csidrivers', []],
      ['/apis/apps/v1/deployments', []],
      ...collections(),
    ]);
    for (const [path, objects] of wanted) {
      // Controllers make these a moment later.
      const expected = [...objects, ...(added[path] ?? [])].sort();
      await expect.poll(() => names(cluster, path), { message: path }).toEqual(expected);
    }
  });

  it('serves the recorded groups', async () => {
    const hasMetrics = Object.keys(added).length > 0;
    for (const [path, expected] of Object.entries(discovery.aggregated)) {
      const shown = await groupsOf(cluster, path);
      const items = shown.items.filter(({ metadata }) => !hasMetrics || metadata.name !== 'metrics.k8s.io');
      expect(differences({ ...expected, apiVersion: 'apidiscovery.k8s.io/v2' }, { ...shown, items })).toEqual(
        [],
      );
      if (path === '/apis') expect(shown.items.length - items.length).toBe(hasMetrics ? 1 : 0);
    }
  });
});
