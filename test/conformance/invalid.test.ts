import { expect, test } from 'vitest';
import { readGoldenJson, readGoldenLines } from '../support/golden.ts';
import { Harness } from '../support/harness.ts';
import {
  compareReply,
  type Manifests,
  printReport,
  type RecordedRequest,
  type RecordedResponse,
  replay,
  send,
} from '../support/oracle.ts';
import { withStored } from '../support/stored-bases.ts';

interface Case {
  readonly id: string;
  readonly request: RecordedRequest;
  readonly response: RecordedResponse;
}

const NAMESPACE = { apiVersion: 'v1', kind: 'Namespace' };

const addNamespace = (harness: Harness, name: string, accounts: readonly string[]): void => {
  harness.expect(201, 'POST', '/api/v1/namespaces', { body: { ...NAMESPACE, metadata: { name } } });
  for (const account of accounts) {
    harness.expect(201, 'POST', `/api/v1/namespaces/${name}/serviceaccounts`, {
      body: { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: account } },
    });
  }
};

const check = (harness: Harness, name: string, manifests: Manifests, least: number): void => {
  const cases = readGoldenLines<Case>(`${name}.jsonl.gz`);
  const report = replay(cases, ({ request, response }) =>
    compareReply(response, send(harness, request, manifests)),
  );
  if (process.env['REPORT']) console.log(printReport(name, report, 1000));
  const bugs = harness.journal.lines.filter(({ level }) => level === 'error');
  expect(bugs).toEqual([]);
  expect(report.same).toBeGreaterThanOrEqual(least);
};

test('creations with one thing broken are answered as recorded', () => {
  const harness = new Harness({ settings: { nodes: [] }, actors: [] });
  addNamespace(harness, 'oracle', ['default', 'sa1']);
  check(harness, 'invalid', readGoldenJson<Manifests>('manifests.json.gz'), 3941);
});

test('updates that change one field are answered as recorded', () => {
  const recorded = readGoldenJson<Manifests>('update-bases.json.gz');
  const { harness, bases } = withStored(recorded, (fresh) => addNamespace(fresh, 'upd', ['default', 'sa1']));
  check(harness, 'update-invalid', bases, 1223);
});
