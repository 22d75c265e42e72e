import { describe, expect, test } from 'vitest';
import type { KubeObject } from '../../src/machinery/object.ts';
import { readGoldenJson } from '../support/golden.ts';
import { Harness } from '../support/harness.ts';
import { concrete } from '../support/oracle.ts';

interface Resource {
  readonly name: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
}

const MERGE = { 'content-type': 'application/merge-patch+json' };
const STRATEGIC = { 'content-type': 'application/strategic-merge-patch+json' };
const JSON_PATCH = { 'content-type': 'application/json-patch+json' };
const TABLE = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' };
const PROTOBUF = { accept: 'application/vnd.kubernetes.protobuf' };
const MARK = { lifecycle: 'x' };

const manifests = concrete(readGoldenJson('manifests.json.gz')) as Readonly<Record<string, KubeObject>>;

/** Manifests that the recording shows to be refused. */
const REFUSED: ReadonlySet<string> = new Set(['hpa-v1-min']);

/** The smallest recorded manifest of each kind that is accepted. */
const samples = new Map<string, KubeObject>();
for (const [name, manifest] of Object.entries(manifests)) {
  if (REFUSED.has(name)) continue;
  const id = `${manifest.apiVersion} ${manifest.kind}`;
  const known = samples.get(id);
  if (known === undefined || JSON.stringify(manifest).length < JSON.stringify(known).length)
    samples.set(id, manifest);
}

const makeHarness = (): Harness => {
  const harness = new Harness({ settings: { nodes: [] }, actors: [] });
  const post = (path: string, body: object): void => void harness.expect(201, 'POST', path, { body });
  post('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'oracle' } });
  for (const name of ['default', 'sa1']) {
    const body = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name } };
    post('/api/v1/namespaces/oracle/serviceaccounts', body);
  }
  return harness;
};

const resourceOf = (harness: Harness, object: KubeObject, suffix = ''): Resource | undefined => {
  const base = object.apiVersion.includes('/') ? `/apis/${object.apiVersion}` : `/api/${object.apiVersion}`;
  const reply = harness.request('GET', base);
  if (reply.status !== 200) return undefined;
  const { resources } = reply.json as { readonly resources: readonly Resource[] };
  return resources.find(
    (item) =>
      item.kind === object.kind && (suffix === '' ? !item.name.includes('/') : item.name.endsWith(suffix)),
  );
};

const labelled = (object: KubeObject): KubeObject => ({
  ...object,
  metadata: { ...object.metadata, labels: { ...object.metadata.labels, ...MARK } },
});

const shown = (events: readonly { readonly type: string }[]): readonly string[] => [
  ...new Set(events.map((event) => event.type)),
];

describe('the life of an object of every kind', () => {
  test.each([...samples].map(([id, object]) => ({ id, object })))('$id', ({ object }) => {
    const harness = makeHarness();
    const resource = resourceOf(harness, object);
    if (resource === undefined || !resource.verbs.includes('watch')) return;
    const collection = harness.collectionOf(object);
    const path = `${collection}/${object.metadata.name}`;
    const selected = `${collection}?labelSelector=lifecycle%3Dx`;
    const watch = harness.watch(`${selected}&watch=1`);

    const made = harness.expect(201, 'POST', collection, { body: labelled(object) }) as KubeObject;
    expect(harness.get(path)).toEqual(made);
    expect(harness.list(selected)).toHaveLength(1);
    expect(harness.request('GET', path, { headers: TABLE }).status).toBe(200);
    expect(harness.request('GET', collection, { headers: PROTOBUF }).status).toBe(200);

    const annotate = (value: string) => ({ metadata: { annotations: { 'example.com/step': value } } });
    harness.expect(200, 'PATCH', path, { body: annotate('merge'), headers: MERGE });
    harness.expect(200, 'PATCH', path, { body: annotate('strategic'), headers: STRATEGIC });
    const operation = { op: 'replace', path: '/metadata/annotations/example.com~1step', value: 'json' };
    harness.expect(200, 'PATCH', path, { body: [operation], headers: JSON_PATCH });
    const current = harness.get(path);
    const next = {
      ...current,
      metadata: { ...current.metadata, annotations: { 'example.com/step': 'put' } },
    };
    const put = harness.expect(200, 'PUT', path, { body: next }) as KubeObject;
    expect(put.metadata.annotations).toMatchObject({ 'example.com/step': 'put' });
    const again = harness.expect(200, 'PUT', path, { body: put }) as KubeObject;
    expect(again.metadata.resourceVersion).toBe(put.metadata.resourceVersion);
    expect(harness.request('PUT', path, { body: current }).status).toBe(409);

    const status = resourceOf(harness, object, '/status');
    if (status !== undefined) {
      harness.expect(200, 'GET', `${path}/status`);
      harness.expect(200, 'PUT', `${path}/status`, { body: put });
      harness.expect(200, 'PATCH', `${path}/status`, { body: { metadata: {} }, headers: MERGE });
    }
    harness.expect(200, 'DELETE', `${path}?dryRun=All`);
    expect(harness.request('GET', path).status).toBe(200);
    if (resource.verbs.includes('deletecollection'))
      harness.expect(200, 'DELETE', `${selected}&gracePeriodSeconds=0`);
    else harness.expect(200, 'DELETE', path);
    const gone = harness.request('GET', path);
    if (gone.status === 200) {
      expect((gone.json as KubeObject).metadata.deletionTimestamp).toBeDefined();
      expect(shown(watch.drain())).toEqual(['ADDED', 'MODIFIED']);
    } else {
      expect(gone.status).toBe(404);
      expect(shown(watch.drain())).toEqual(['ADDED', 'MODIFIED', 'DELETED']);
    }
    expect(harness.journal.lines.filter((line) => line.level === 'error')).toEqual([]);
  });
});
