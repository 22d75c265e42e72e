import { expect, test } from 'vitest';
import { anonymous } from '../../src/auth/identity.ts';
import type { KubeObject } from '../../src/machinery/object.ts';
import { readGoldenJson, readGoldenLines } from '../support/golden.ts';
import { Harness } from '../support/harness.ts';
import {
  bodyOf,
  type Difference,
  differences,
  normalise,
  printReport,
  type RecordedRequest,
  type RecordedResponse,
  replay,
} from '../support/oracle.ts';

interface Case {
  readonly id: string;
  readonly objects: string;
  readonly request: Omit<RecordedRequest, 'headers'> & {
    readonly headers?: Readonly<Record<string, string | null>>;
    readonly as?: { readonly user: string; readonly groups: readonly string[] };
  };
  readonly response: RecordedResponse;
}

interface ObjectSet {
  readonly namespaces: readonly (string | { readonly name: string })[];
  readonly objects: readonly KubeObject[];
}

// Tokens are looked at in front of the core: a wrong one never reaches it.
const cases = readGoldenLines<Case>('rbac-decisions.jsonl.gz').filter(
  ({ id }) => !id.startsWith('bad token'),
);
const sets = readGoldenJson<Record<string, ObjectSet>>('rbac-sets.json.gz');

const build = (name: string): Harness => {
  const harness = new Harness({ settings: { nodes: [] } });
  const set = sets[name] ?? { namespaces: [], objects: [] };
  for (const entry of set.namespaces) {
    const namespace = typeof entry === 'string' ? entry : entry.name;
    harness.request('POST', '/api/v1/namespaces', {
      body: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
    });
  }
  harness.settle(10_000);
  for (const object of set.objects) {
    harness.expect(201, 'POST', harness.collectionOf(object), { body: object });
  }
  harness.settle(10_000);
  return harness;
};

const isReview = ({ request }: Case): boolean =>
  request.path.includes('reviews') && request.method === 'POST';

/** Rules as a set; which of several bindings allowed is not settled. */
const comparable = (status: unknown): unknown => {
  if (typeof status !== 'object' || status === null) return status;
  const copy = { ...(status as Record<string, unknown>) };
  if (copy['allowed'] === true && copy['reason'] !== undefined) copy['reason'] = 'RBAC: allowed';
  for (const key of ['resourceRules', 'nonResourceRules']) {
    const list = copy[key];
    if (Array.isArray(list)) {
      copy[key] = list.map((rule) => JSON.stringify(rule, Object.keys(rule as object).sort())).sort();
    }
  }
  return copy;
};

const run = (harness: Harness, item: Case): Difference[] => {
  const { as, headers: recordedHeaders = {} } = item.request;
  const headers: Record<string, string> = {};
  for (const [key, value] of Object.entries(recordedHeaders)) if (value !== null) headers[key] = value;
  if (as !== undefined) headers['impersonate-user'] = as.user;
  if (as !== undefined && as.groups.length > 0) headers['impersonate-group'] = as.groups.join(', ');
  const reply = harness.request(item.request.method, item.request.path, {
    body: bodyOf(item.request as RecordedRequest),
    headers:
      item.request.method === 'PATCH'
        ? { 'content-type': 'application/merge-patch+json', ...headers }
        : headers,
    ...(recordedHeaders['authorization'] === null ? { as: anonymous } : {}),
  });
  const found = differences(item.response.status, reply.status, 'status');
  const recorded = item.response.body;
  if (recorded === undefined || typeof recorded === 'string') return found;
  if (isReview(item) && reply.status === 201) {
    const { status } = reply.json as { readonly status?: unknown };
    return [...found, ...differences(comparable(recorded), comparable(status), 'body.status')];
  }
  return [...found, ...differences(recorded, normalise(reply.json), 'body')];
};

test('authorization answers as recorded', () => {
  const harnesses = new Map<string, Harness>();
  const result = replay(cases, (item) => {
    const harness = harnesses.get(item.objects) ?? build(item.objects);
    harnesses.set(item.objects, harness);
    return run(harness, item);
  });
  console.log(printReport('authorization', result, 40));
  expect(result.percent).toBe(100);
});
