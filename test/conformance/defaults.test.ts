/** Recorded creations through the whole API: decoding, defaults, admission, allocation, canonical form. */
import { describe, expect, test } from 'vitest';
import { readGoldenJson, readGoldenLines } from '../support/golden.ts';
import { Harness } from '../support/harness.ts';
import { bodyOf, differences, type Manifests, normalise, type RecordedRequest } from '../support/oracle.ts';

interface DefaultsCase {
  readonly id: string;
  readonly request: RecordedRequest;
  readonly response: { readonly status: number; readonly body: unknown };
}

const manifests = readGoldenJson<Manifests>('manifests.json.gz');

/** Refusals are replayed with validation, rules reviews (sets) with authorization. */
const ELSEWHERE = ['hpa-v1-min', 'ssrr'];
const cases = readGoldenLines<DefaultsCase>('defaults.jsonl.gz').filter(({ id }) => !ELSEWHERE.includes(id));

const as = { username: 'admin', uid: 'admin', groups: ['system:masters', 'system:authenticated'] };

describe('a dry-run creation answers what a real server answers', () => {
  const harness = new Harness({ settings: { nodes: [] } });
  for (const body of [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'oracle' } },
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'sa1', namespace: 'oracle' } },
  ]) {
    const path =
      body.kind === 'Namespace' ? '/api/v1/namespaces' : '/api/v1/namespaces/oracle/serviceaccounts';
    harness.request('POST', path, { body });
  }
  harness.settle();

  test.each(cases)('$id', ({ request, response }) => {
    const reply = harness.request(request.method, request.path, { body: bodyOf(request, manifests), as });
    expect(reply.status).toBe(response.status);
    expect(differences(normalise(response.body), normalise(reply.json))).toEqual([]);
  });
});
