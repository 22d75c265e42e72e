import { expect, test } from 'vitest';
import type { KubeObject } from '../../src/machinery/object.ts';
import { readGoldenJson, readGoldenLines } from '../support/golden.ts';
import { Harness } from '../support/harness.ts';
import {
  compareReply,
  type Difference,
  printReport,
  type RecordedRequest,
  type RecordedResponse,
  replay,
  send,
} from '../support/oracle.ts';

interface Case {
  readonly id: string;
  /** The definition an instance belongs to, by its name in crd-schemas.json. */
  readonly crd?: string;
  readonly request: RecordedRequest & {
    /** Stored first, for updates. */
    readonly before?: KubeObject;
    /** The schema of a definition that is tried. */
    readonly schema?: unknown;
  };
  readonly response: RecordedResponse;
}

const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

const definitionWith = (schema: unknown): unknown => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'tries.crd.example.com' },
  spec: {
    group: 'crd.example.com',
    scope: 'Namespaced',
    names: { plural: 'tries', kind: 'Try' },
    versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schema } }],
  },
});

const build = (): Harness => {
  const harness = new Harness({ settings: { nodes: [] } });
  harness.create('{apiVersion: v1, kind: Namespace, metadata: {name: crds}}');
  for (const body of Object.values(readGoldenJson<Record<string, unknown>>('crd-schemas.json.gz'))) {
    harness.expect(201, 'POST', DEFINITIONS, { body });
  }
  harness.settle();
  return harness;
};

const run = (harness: Harness, { request, response }: Case): Difference[] => {
  const { before, schema, ...plain } = request;
  if (schema !== undefined)
    return compareReply(response, send(harness, { ...plain, body: definitionWith(schema) }));
  if (before === undefined) return compareReply(response, send(harness, plain));
  const collection = plain.path.replace(/\/[^/?]+(?:\?.*)?$/, '');
  const stored = harness.expect(201, 'POST', collection, { body: before }) as KubeObject;
  const body = structuredClone(plain.body) as { metadata: Record<string, unknown> };
  body.metadata['resourceVersion'] = stored.metadata.resourceVersion;
  return compareReply(response, send(harness, { ...plain, body }));
};

test('definitions and their instances are answered as recorded', () => {
  const harness = build();
  const result = replay(readGoldenLines<Case>('crd.jsonl.gz'), (item) => run(harness, item));
  console.log(printReport('crd', result));
  expect(result.percent).toBe(100);
  expect(harness.journal.lines.filter(({ level }) => level === 'error')).toEqual([]);
});
