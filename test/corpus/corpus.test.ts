/** Manifests as people write them: accepted strictly by create and by apply, and unchanged on the way round. */

import { describe, expect, test } from 'vitest';
import { customDefinitionController } from '../../src/controllers/custom-definitions.ts';
import { builtinKinds } from '../../src/kinds/catalog.ts';
import type { KubeObject } from '../../src/machinery/object.ts';
import { builtinManifests, customManifests } from '../support/corpus.ts';
import { Harness } from '../support/harness.ts';
import { podFleet } from './pod-fleet.ts';

const builtin = builtinManifests();
const custom = customManifests();

const makeScene = (): Harness => {
  const harness = new Harness({
    settings: { nodes: [] },
    actors: [{ controller: customDefinitionController, latencyMs: 1 }],
  });
  const post = (path: string, body: object): void => void harness.expect(201, 'POST', path, { body });
  post('/api/v1/namespaces', { metadata: { name: 'corpus' } });
  if (harness.request('GET', '/api/v1/namespaces/development').status === 404)
    post('/api/v1/namespaces', { metadata: { name: 'development' } });
  for (const namespace of ['default', 'corpus', 'kube-system'])
    harness.request('POST', `/api/v1/namespaces/${namespace}/serviceaccounts`, {
      body: { metadata: { name: 'default' } },
    });
  return harness;
};

const isEmpty = (value: unknown): boolean =>
  value === null ||
  value === '' ||
  value === false ||
  value === 0 ||
  (typeof value === 'object' && Object.keys(value).length === 0);

/** What of `wanted` is not in `got`: paths. Admission may add; what is empty may be left out. */
const missing = (wanted: unknown, got: unknown, path = ''): string[] => {
  if (isEmpty(wanted)) return [];
  if (typeof wanted !== 'object' || wanted === null)
    return wanted === got ? [] : [`${path}: ${String(wanted)} became ${JSON.stringify(got)}`];
  if (typeof got !== 'object' || got === null) return [`${path} is gone`];
  return Object.entries(wanted).flatMap(([name, value]) =>
    missing(value, (got as Record<string, unknown>)[name], `${path}.${name}`),
  );
};

const nameOf = ({ kind, metadata }: KubeObject): string => `${kind} ${metadata.name}`;
const revisionOf = (value: unknown): string | undefined => (value as KubeObject).metadata.resourceVersion;
/** Namespaces are there before: their objects need them. */
const isThere = ({ kind, metadata }: KubeObject): boolean =>
  kind === 'Namespace' && metadata.name === 'development';

const roundTrip = (harness: Harness, manifest: KubeObject): void => {
  const collection = harness.collectionOf(manifest);
  const url = `${collection}/${manifest.metadata.name}`;
  if (isThere(manifest))
    harness.expect(200, 'PATCH', `${url}?fieldManager=pre`, { body: manifest, headers: APPLY });
  else harness.expect(201, 'POST', `${collection}?fieldValidation=Strict`, { body: manifest });
  const stored = harness.get(url);
  expect(missing(manifest, stored)).toEqual([]);
  expect(revisionOf(harness.expect(200, 'PUT', url, { body: stored }))).toBe(revisionOf(stored));
  const yaml = harness.request('GET', url, { headers: { accept: 'application/yaml' } }).body;
  const headers = { 'content-type': 'application/yaml' };
  expect(revisionOf(harness.expect(200, 'PUT', url, { body: yaml, headers }))).toBe(revisionOf(stored));
};

const APPLY = { 'content-type': 'application/apply-patch+yaml' };

const applyTwice = (harness: Harness, manifest: KubeObject): void => {
  const url = `${harness.collectionOf(manifest)}/${manifest.metadata.name}?fieldManager=kubectl&fieldValidation=Strict`;
  const apply = () =>
    harness.expect(harness.request('GET', url).status === 200 ? 200 : 201, 'PATCH', url, {
      body: manifest,
      headers: APPLY,
    });
  expect(missing(manifest, apply())).toEqual([]);
  harness.settle(5000);
  const stored = harness.get(url);
  harness.pass(5000);
  expect(apply()).toEqual(stored);
};

describe.each([
  ['created', roundTrip],
  ['applied', applyTwice],
] as const)('%s', (_how, check) => {
  const harness = makeScene();
  test.each(builtin.map((manifest) => [nameOf(manifest), manifest] as const))('%s', (_name, manifest) => {
    check(harness, manifest);
  });
  test.each(custom.map((manifest) => [nameOf(manifest), manifest] as const))('%s', (_name, manifest) => {
    check(harness, manifest);
    harness.settle(5000);
  });
  test('a definition that embeds everything a pod can be', () => {
    const [definition, object] = podFleet(harness);
    check(harness, definition);
    harness.settle(5000);
    check(harness, object);
  });
});

test('the corpus has every kind that can be created, and a hundred documents', () => {
  const kinds = new Set(builtin.map(({ apiVersion, kind }) => `${apiVersion.split('/')[0]}/${kind}`));
  const absent = builtinKinds
    .filter((kind) => kind.virtual !== true && kind.verbs.includes('create'))
    .filter((kind) => !kinds.has(`${kind.group === '' ? 'v1' : kind.group}/${kind.kind}`))
    .map(({ kind }) => kind);
  expect(absent).toEqual(['CustomResourceDefinition']);
  expect(builtin.length).toBeGreaterThanOrEqual(100);
});
