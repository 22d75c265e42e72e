import { expect, test } from 'vitest';
import { customDefinitionController } from '../../src/controllers/custom-definitions.ts';
import { controllerOrder } from '../../src/controllers/order.ts';
import type { KubeObject } from '../../src/machinery/object.ts';
import { readGoldenJson, readGoldenLines } from '../support/golden.ts';
import { Harness } from '../support/harness.ts';
import {
  concrete,
  type Difference,
  differences,
  expand,
  normalise,
  printReport,
  replay,
} from '../support/oracle.ts';

interface PatchCase {
  readonly id: string;
  readonly before: string;
  readonly type: 'json' | 'merge' | 'strategic';
  readonly patch: unknown;
  readonly query?: string;
  readonly subresource?: string;
  readonly status: number;
  readonly after?: unknown;
  readonly body?: unknown;
  readonly warnings?: readonly string[];
}

const MEDIA_TYPES: Readonly<Record<PatchCase['type'], string>> = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
};

const NAMESPACE = 'patches';
const bases = concrete(readGoldenJson('patch-bases.json.gz')) as Readonly<Record<string, KubeObject>>;

const post = (harness: Harness, path: string, body: unknown): void => {
  // The recording client's name stands in the managedFields that refusals repeat.
  harness.expect(201, 'POST', path, { body, headers: { 'user-agent': 'node' } });
};

const specOf = (base: KubeObject): Readonly<Record<string, unknown>> =>
  (base as { readonly spec?: Readonly<Record<string, unknown>> }).spec ?? {};

/** Creates a recorded base and its status, and answers with its path. */
const store = (harness: Harness, base: KubeObject): string => {
  const collection = harness.collectionOf(base);
  const { generation: _generation, ...metadata } = base.metadata;
  // What the server filled in was not in the body that was recorded, and so not its client's.
  const { clusterIPs: _ips, ipFamilies: _families, ipFamilyPolicy: _policy, ...spec } = specOf(base);
  post(harness, collection, { ...base, metadata, ...('spec' in base ? { spec } : {}) });
  const path = `${collection}/${base.metadata.name}`;
  const { status } = base as { readonly status?: unknown };
  if (status === undefined) return path;
  const current = harness.get<Record<string, unknown>>(path);
  harness.request('PUT', `${path}/status`, {
    body: { ...current, status },
    headers: { 'user-agent': 'node' },
  });
  return path;
};

const makeScene = (): { readonly harness: Harness; readonly paths: Readonly<Record<string, string>> } => {
  // Nobody else may be at work, except for whom custom types need.
  const actors = controllerOrder.filter(({ controller }) => controller === customDefinitionController);
  const harness = new Harness({ settings: { nodes: [] }, actors });
  post(harness, '/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } });
  const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default' } };
  post(harness, `/api/v1/namespaces/${NAMESPACE}/serviceaccounts`, account);
  for (const definition of readGoldenJson<readonly unknown[]>('ssa-crds.json.gz')) {
    post(harness, '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', definition);
  }
  harness.advance(3000);
  const paths = Object.fromEntries(Object.entries(bases).map(([name, base]) => [name, store(harness, base)]));
  return { harness, paths };
};

/** Refusals repeat the whole document, revisions included. */
const withoutRevisions = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value).replaceAll(/(resourceVersion\\+":\\+")\d+/g, '$1'));

const warningsOf = (header: string | undefined): readonly string[] =>
  [...(header ?? '').matchAll(/299 - "((?:[^"\\]|\\.)*)"/g)].map(([, text = '']) =>
    text.replaceAll(/\\(.)/g, '$1'),
  );

test('recorded patches are answered as recorded', () => {
  const { harness, paths } = makeScene();
  const cases = readGoldenLines<PatchCase>('patches.jsonl.gz');
  const run = (item: PatchCase): readonly Difference[] => {
    const path = `${paths[item.before]}${item.subresource === undefined ? '' : `/${item.subresource}`}`;
    const patch = expand(item.patch);
    const reply = harness.request('PATCH', `${path}?dryRun=All&fieldManager=p${item.query ?? ''}`, {
      headers: { 'content-type': MEDIA_TYPES[item.type] },
      body: typeof patch === 'string' ? patch : JSON.stringify(patch),
    });
    const wanted = item.after ?? item.body;
    return [
      ...differences(item.status, reply.status, 'status'),
      ...(wanted === undefined
        ? []
        : differences(withoutRevisions(wanted), withoutRevisions(normalise(reply.json)), 'body')),
      ...differences(item.warnings ?? [], warningsOf(reply.headers['Warning']), 'warnings'),
    ];
  };
  const result = replay(cases, run);
  if (process.env['REPORT'] === '1') console.log(printReport('patches', result, 400));
  expect(result.same, printReport('patches', result, 5)).toBeGreaterThanOrEqual(637);
});
