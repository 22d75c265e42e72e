import { expect, test } from 'vitest';
import type { Identity } from '../../src/auth/identity.ts';
import { readGoldenJson, readGoldenLines } from '../support/golden.ts';
import { Harness } from '../support/harness.ts';
import {
  bodyOf,
  compareReply,
  type Manifests,
  printReport,
  type RecordedRequest,
  type RecordedResponse,
  replay,
} from '../support/oracle.ts';

interface Case {
  readonly id: string;
  readonly request: RecordedRequest;
  readonly response: RecordedResponse;
}

const recorder: Identity = {
  username: 'admin',
  uid: 'admin',
  groups: ['system:masters', 'system:authenticated'],
};
const manifests = readGoldenJson<Manifests>('manifests.json.gz');

interface RulesReview {
  readonly status?: {
    readonly nonResourceRules?: readonly unknown[];
    readonly resourceRules?: readonly unknown[];
  };
}

/** The order of bindings is not settled. */
const sortRules = (body: unknown): unknown => {
  const { status } = (body ?? {}) as RulesReview;
  if (status?.resourceRules === undefined) return body;
  const sorted = (list: readonly unknown[] = []) =>
    [...list].sort((one, other) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1));
  return {
    ...(body as object),
    status: {
      ...status,
      resourceRules: sorted(status.resourceRules),
      nonResourceRules: sorted(status.nonResourceRules),
    },
  };
};

test('reviews and token requests are refused and defaulted as recorded', () => {
  const harness = new Harness({ settings: { nodes: [] } });
  for (const [path, kind, name] of [
    ['/api/v1/namespaces', 'Namespace', 'oracle'],
    ['/api/v1/namespaces/oracle/serviceaccounts', 'ServiceAccount', 'sa1'],
  ] as const) {
    harness.expect(201, 'POST', path, { body: { apiVersion: 'v1', kind, metadata: { name } } });
  }
  harness.settle(10_000);
  const result = replay(readGoldenLines<Case>('reviews.jsonl'), ({ request, response }) => {
    const reply = harness.request(request.method, request.path, {
      body: bodyOf(request, manifests),
      as: recorder,
    });
    const recorded = { ...response, body: sortRules(response.body) };
    return compareReply(recorded, { ...reply, json: sortRules(reply.json) });
  });
  console.log(printReport('reviews', result, 60));
  expect(result.percent).toBe(100);
});
