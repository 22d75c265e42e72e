import { expect, test } from 'vitest';
import { makeCodec } from '../../src/cluster/codec.ts';
import { brokenInvariants } from '../../src/cluster/invariants.ts';
import { builtinKinds, makeCatalog } from '../../src/kinds/catalog.ts';
import type { KubeObject } from '../../src/machinery/object.ts';
import { builtinManifests, customManifests } from '../support/corpus.ts';
import { readGoldenJson } from '../support/golden.ts';
import { Harness } from '../support/harness.ts';
import { concrete } from '../support/oracle.ts';
import { makeRandom, makeRequest } from './requests.ts';

/** How many requests to send: `FUZZ=100000` for a long run. */
const COUNT = Number(process.env['FUZZ'] ?? 4_000);
const SEED = Number(process.env['SEED'] ?? 1);

const makeScene = (): Harness => {
  const harness = new Harness({ settings: { nodes: [] } });
  const post = (path: string, body: object): void => void harness.expect(201, 'POST', path, { body });
  post('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'oracle' } });
  for (const name of ['default', 'sa1']) {
    const body = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name } };
    post('/api/v1/namespaces/oracle/serviceaccounts', body);
  }
  for (const definition of customManifests()) {
    if (definition.kind !== 'CustomResourceDefinition') continue;
    post(harness.collectionOf(definition), definition);
    harness.settle(2000);
  }
  return harness;
};

test(`${COUNT} mutated requests (seed ${SEED}) meet no bug`, { timeout: 600_000 }, () => {
  const harness = makeScene();
  const manifests = [
    ...Object.values(concrete(readGoldenJson('manifests.json.gz')) as Record<string, KubeObject>),
    ...builtinManifests(),
    ...customManifests(),
  ];
  const targets = manifests.flatMap((base) => {
    try {
      return [{ base, collection: harness.collectionOf(base) }];
    } catch {
      return [];
    }
  });
  expect(targets.filter(({ base }) => base.apiVersion.includes('example.com'))).toHaveLength(4);
  const random = makeRandom(SEED);
  const found = new Set<string>();
  for (let index = 0; index < COUNT; index += 1) {
    const target = targets[Math.floor(random() * targets.length)];
    if (target === undefined) continue;
    const { method, url, body, headers } = makeRequest(random, target.base, target.collection);
    const reply = harness.request(method, url, { body: body === '' ? undefined : body, headers });
    // A 500 of upstream's own (some strategic merges) is a Status; a bug is in the journal.
    for (const line of harness.journal.lines.splice(0)) {
      const stack = String(line.fields['error'] ?? '')
        .split('\n')
        .slice(0, 4)
        .join(' ');
      if (line.level === 'error') found.add(`${stack} <- ${reply.status} ${method} ${url}`);
    }
  }
  expect([...found].slice(0, 20)).toEqual([]);
  expect(brokenInvariants(harness.sql, makeCodec(makeCatalog(builtinKinds))).slice(0, 20)).toEqual([]);
});
