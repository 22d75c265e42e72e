/** Recorded sequences of applies, creates, updates and patches, with who owns what after each. */
import { expect, test } from 'vitest';
import { readGoldenJson, readGoldenLines } from '../support/golden.ts';
import { Harness, type Reply } from '../support/harness.ts';
import { type Difference, differences, expand, normalise, printReport, replay } from '../support/oracle.ts';

interface Operation {
  readonly op: 'apply' | 'create' | 'update' | 'merge' | 'strategic' | 'json' | 'scale';
  readonly manager?: string;
  readonly force?: boolean;
  readonly subresource?: string;
  readonly body: unknown;
}

interface Outcome {
  readonly status: number;
  readonly unchanged?: boolean;
  readonly warnings?: readonly string[];
  readonly body: { readonly message?: string; readonly status?: unknown };
}

interface SsaCase {
  readonly id: string;
  readonly path: string;
  readonly ops: readonly Operation[];
  readonly results: readonly Outcome[];
}

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  apply: 'application/apply-patch+yaml',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  json: 'application/json-patch+json',
};

const definitions = readGoldenJson<readonly unknown[]>('ssa-crds.json.gz');
const cases = readGoldenLines<SsaCase>('ssa.jsonl.gz');
const KEPT = new Set(['managedFields']);
/** Recordings are a second apart at least: the order of entries depends on it. */
const STEP_MS = 1100;

const isCustom = (item: SsaCase): boolean => item.path.includes('ssa.example.com');

const makeScene = (item: SsaCase): Harness => {
  // Custom types need their controller; the others were recorded with nobody else at work.
  const settings = { nodes: [], controlPlaneNode: false };
  const harness = new Harness(isCustom(item) ? { settings } : { settings, actors: [] });
  const post = (path: string, body: unknown) => harness.request('POST', path, { body });
  post('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'applied' } });
  post('/api/v1/namespaces/applied/serviceaccounts', {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: 'default' },
  });
  if (isCustom(item)) {
    for (const definition of definitions) {
      post('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', definition);
    }
    harness.advance(3000);
  }
  return harness;
};

const send = (harness: Harness, { path }: SsaCase, operation: Operation): Reply => {
  const { op, manager = '', force, subresource } = operation;
  const query = `?fieldManager=${encodeURIComponent(manager)}${force === true ? '&force=true' : ''}`;
  const target = `${path}${subresource === undefined ? '' : `/${subresource}`}`;
  const body = expand(operation.body);
  if (op === 'create') return harness.request('POST', `${path.replace(/\/[^/]+$/, '')}${query}`, { body });
  if (op === 'update') return harness.request('PUT', `${target}${query}`, { body });
  const headers = { 'content-type': MEDIA_TYPES[op] ?? '' };
  return harness.request('PATCH', `${target}${query}`, { body, headers });
};

type Tree = { [name: string]: unknown };

/** Times are not recorded, and conflicts of several managers stand in any order. */
const comparable = (value: unknown, expected: Outcome['body']): unknown => {
  const body = normalise(value, KEPT) as Tree;
  const { managedFields } = (body['metadata'] ?? {}) as { managedFields?: Tree[] };
  for (const entry of managedFields ?? []) delete entry['time'];
  const { causes } = (body['details'] ?? {}) as { causes?: { field?: string; message?: string }[] };
  if (body['code'] === 409)
    causes?.sort((a, b) => (`${a.field}${a.message}` < `${b.field}${b.message}` ? -1 : 1));
  if (expected.status === undefined) delete body['status'];
  return body;
};

const revisionAt = (harness: Harness, path: string): unknown =>
  (harness.request('GET', path).json as { metadata?: Tree }).metadata?.['resourceVersion'];

const warningsOf = (reply: Reply): readonly string[] =>
  [...(reply.headers['Warning'] ?? '').matchAll(/299 - "((?:[^"\\]|\\.)*)"/g)].map(([, text = '']) =>
    text.replaceAll(/\\(.)/g, '$1'),
  );

const replayCase = (item: SsaCase): readonly Difference[] => {
  const harness = makeScene(item);
  return item.ops.flatMap((operation, index) => {
    const expected = item.results[index];
    if (expected === undefined) return [];
    harness.advance(STEP_MS);
    const before = revisionAt(harness, item.path);
    const reply = send(harness, item, operation);
    const unchanged = before === revisionAt(harness, item.path);
    return [
      ...differences(expected.status, reply.status, `${index}.status`),
      ...differences(
        comparable(expected.body, expected.body),
        comparable(reply.json, expected.body),
        `${index}.body`,
      ),
      ...differences(expected.warnings ?? [], warningsOf(reply), `${index}.warnings`),
      ...(reply.status === 200
        ? differences(expected.unchanged === true, unchanged, `${index}.unchanged`)
        : []),
    ];
  });
};

test('recorded sequences of writes are answered as recorded, and fields have the recorded owners', () => {
  const result = replay(cases, replayCase);
  expect(result.same, printReport('ssa', result, 5)).toBe(cases.length);
});
