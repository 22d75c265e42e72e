import { expect, test } from 'vitest';
import { Harness } from '../../test/support/harness.ts';
import type { Secret } from '../kinds/generated/types.ts';

const DAY = 24 * 3_600_000;
const SECRETS = '/api/v1/namespaces/default/secrets';

const makeHarness = (names: boolean): Harness => {
  const harness = new Harness({ settings: { nodes: [], controlPlaneNode: false } });
  harness.create('{apiVersion: v1, kind: ServiceAccount, metadata: {name: bot, namespace: default}}');
  harness.create(`
apiVersion: v1
kind: Secret
metadata: {name: old, namespace: default, annotations: {kubernetes.io/service-account.name: bot}}
type: kubernetes.io/service-account-token
`);
  if (names) {
    harness.expect(200, 'PATCH', '/api/v1/namespaces/default/serviceaccounts/bot', {
      body: { secrets: [{ name: 'old' }] },
      headers: { 'content-type': 'application/merge-patch+json' },
    });
  }
  harness.settle(1000);
  return harness;
};

const labelsOf = (harness: Harness) => harness.get<Secret>(`${SECRETS}/old`).metadata.labels;
const INVALID = 'kubernetes.io/legacy-token-invalid-since';

test('a token nobody uses is invalid after a year and gone after another', () => {
  const harness = makeHarness(true);
  harness.advance(365 * DAY);
  expect(labelsOf(harness)).toBeUndefined();
  harness.advance(DAY);
  expect(labelsOf(harness)).toEqual({ [INVALID]: '2027-01-02' });
  harness.advance(365 * DAY);
  expect(labelsOf(harness)).toEqual({ [INVALID]: '2027-01-02' });
  harness.advance(DAY);
  expect(harness.request('GET', `${SECRETS}/old`).status).toBe(404);
});

test('a token that was used has another year', () => {
  const harness = makeHarness(true);
  harness.advance(300 * DAY);
  const token = atob(harness.get<Secret>(`${SECRETS}/old`).data?.['token'] ?? '');
  expect(harness.request('GET', '/version', { token }).status).toBe(200);
  harness.advance(365 * DAY);
  expect(labelsOf(harness)?.[INVALID]).toBeUndefined();
  harness.advance(2 * DAY);
  expect(labelsOf(harness)?.[INVALID]).toBeDefined();
});

test('a token that no account names, or that a pod mounts, is left alone', () => {
  const byHand = makeHarness(false);
  byHand.advance(800 * DAY);
  expect(labelsOf(byHand)).toBeUndefined();
  const mounted = makeHarness(true);
  mounted.create(`
apiVersion: v1
kind: Pod
metadata: {name: p, namespace: default}
spec:
  containers: [{name: c, image: nginx}]
  volumes: [{name: v, secret: {secretName: old}}]
`);
  mounted.advance(380 * DAY);
  expect(labelsOf(mounted)).toBeUndefined();
});
