import { describe, expect, test } from 'vitest';
import { Harness } from '../../test/support/harness.ts';
import type { Secret } from '../kinds/generated/types.ts';

const ACCOUNTS = '/api/v1/namespaces/default/serviceaccounts';
const SECRETS = '/api/v1/namespaces/default/secrets';
const WHOAMI = '/apis/authentication.k8s.io/v1/selfsubjectreviews';
const review = { body: { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' } };

const makeHarness = (): Harness => {
  const harness = new Harness({ settings: { nodes: [] } });
  harness.create('{apiVersion: v1, kind: ServiceAccount, metadata: {name: bot, namespace: default}}');
  return harness;
};

const statusOf = (harness: Harness, token: string): number =>
  harness.request('POST', WHOAMI, { ...review, token }).status;

const userOf = (harness: Harness, token: string) =>
  (
    harness.expect(201, 'POST', WHOAMI, { ...review, token }) as {
      status: { userInfo: Record<string, unknown> };
    }
  ).status.userInfo;

const request = (harness: Harness, spec: object = {}): string => {
  const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec };
  const made = harness.expect(201, 'POST', `${ACCOUNTS}/bot/token`, { body }) as {
    status: { token: string };
  };
  return made.status.token;
};

const makeSecret = (harness: Harness, account = 'bot'): void => {
  const annotations = { 'kubernetes.io/service-account.name': account };
  const body = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'legacy', annotations },
    type: 'kubernetes.io/service-account-token',
  };
  harness.expect(201, 'POST', SECRETS, { body });
  harness.settle(1000);
};

const legacyToken = (harness: Harness): string =>
  atob(harness.get<Secret>(`${SECRETS}/legacy`).data?.['token'] ?? '');

const idOf = (token: string): unknown =>
  (JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { jti?: unknown }).jti;

describe('a requested token', () => {
  test('has an id of its own, though nothing was written in between', () => {
    const harness = makeHarness();
    const one = request(harness);
    const elsewhere = request(harness, { audiences: ['elsewhere'] });
    harness.advance(100);
    const ids = [one, elsewhere, request(harness)].map(idOf);
    expect(ids).not.toContain(undefined);
    expect(new Set(ids).size).toBe(3);
  });

  test('is its account until a minute after its end', () => {
    const harness = makeHarness();
    const token = request(harness, { expirationSeconds: 600 });
    expect(userOf(harness, token)).toMatchObject({ username: 'system:serviceaccount:default:bot' });
    harness.advance(659_000);
    expect(statusOf(harness, token)).toBe(201);
    harness.advance(2_000);
    expect(statusOf(harness, token)).toBe(401);
  });

  test.each([
    ['its account', `${ACCOUNTS}/bot`, {}],
    ['its Secret', `${SECRETS}/held`, { boundObjectRef: { kind: 'Secret', apiVersion: 'v1', name: 'held' } }],
    [
      'its node',
      '/api/v1/nodes/control-plane',
      { boundObjectRef: { kind: 'Node', apiVersion: 'v1', name: 'control-plane' } },
    ],
  ])('ends with %s', (_title, path, spec) => {
    const harness = makeHarness();
    harness.create('{apiVersion: v1, kind: Secret, metadata: {name: held, namespace: default}}');
    const token = request(harness, spec);
    expect(statusOf(harness, token)).toBe(201);
    harness.expect(200, 'DELETE', path);
    expect(statusOf(harness, token)).toBe(401);
  });

  test('for another audience opens nothing here', () => {
    const harness = makeHarness();
    expect(statusOf(harness, request(harness, { audiences: ['vault'] }))).toBe(401);
  });

  test('of a cluster with another secret is refused', () => {
    const harness = makeHarness();
    const other = new Harness({ settings: { seed: 'other', nodes: [] } });
    other.create('{apiVersion: v1, kind: ServiceAccount, metadata: {name: bot, namespace: default}}');
    expect(statusOf(harness, request(other))).toBe(401);
  });

  test('is the same after an eviction, and so is the key', () => {
    const harness = makeHarness();
    const token = request(harness);
    const keys = harness.credentials((credentials) => credentials.publicKeys());
    harness.evict();
    expect(harness.credentials((credentials) => credentials.publicKeys())).toEqual(keys);
    expect(statusOf(harness, token)).toBe(201);
  });
});

describe('a new signing key', () => {
  const kids = (harness: Harness): string[] =>
    harness.credentials((credentials) => credentials.publicKeys()).map(({ kid }) => kid);

  test('signs from now on; the old one is told until its last token has ended', () => {
    const harness = makeHarness();
    const [first] = kids(harness);
    const old = request(harness, { expirationSeconds: 3600 });
    harness.credentials((credentials) => credentials.rotateKeys({ forget: false }));
    expect(kids(harness)).toHaveLength(2);
    expect(kids(harness)[1]).toBe(first);
    const next = request(harness);
    expect([statusOf(harness, old), statusOf(harness, next)]).toEqual([201, 201]);
    harness.advance(48 * 3_600_000);
    expect(kids(harness)).toHaveLength(1);
    expect(kids(harness)[0]).not.toBe(first);
  });

  test('keeps the old one as long as a token without an end may be about', () => {
    const harness = makeHarness();
    makeSecret(harness);
    harness.credentials((credentials) => credentials.rotateKeys({ forget: false }));
    harness.advance(400 * 24 * 3_600_000);
    expect(kids(harness)).toHaveLength(2);
    expect(statusOf(harness, legacyToken(harness))).toBe(201);
  });

  test('forgets the old ones with all their tokens when it is told to; Secrets get new ones', () => {
    const harness = makeHarness();
    makeSecret(harness);
    const [old, legacy] = [request(harness), legacyToken(harness)];
    harness.credentials((credentials) => credentials.rotateKeys({ forget: true }));
    harness.settle(1000);
    expect(kids(harness)).toHaveLength(1);
    expect([statusOf(harness, old), statusOf(harness, legacy)]).toEqual([401, 401]);
    expect(legacyToken(harness)).not.toBe(legacy);
    expect(statusOf(harness, legacyToken(harness))).toBe(201);
  });
});

describe('a token Secret', () => {
  test('is filled, opens the API, and says when it was last used', () => {
    const harness = makeHarness();
    makeSecret(harness);
    expect(userOf(harness, legacyToken(harness))).toMatchObject({
      username: 'system:serviceaccount:default:bot',
    });
    const labels = () => harness.get<Secret>(`${SECRETS}/legacy`).metadata.labels;
    expect(labels()).toEqual({ 'kubernetes.io/legacy-token-last-used': '2026-01-01' });
    const { resourceVersion } = harness.get<Secret>(`${SECRETS}/legacy`).metadata;
    statusOf(harness, legacyToken(harness));
    expect(harness.get<Secret>(`${SECRETS}/legacy`).metadata.resourceVersion).toBe(resourceVersion);
    harness.advance(3 * 24 * 3_600_000);
    statusOf(harness, legacyToken(harness));
    expect(labels()).toEqual({ 'kubernetes.io/legacy-token-last-used': '2026-01-04' });
  });

  test('takes its token with it, and with the label of the cleaner', () => {
    const harness = makeHarness();
    makeSecret(harness);
    const token = legacyToken(harness);
    const label = (value: string | null) =>
      harness.expect(200, 'PATCH', `${SECRETS}/legacy`, {
        body: { metadata: { labels: { 'kubernetes.io/legacy-token-invalid-since': value } } },
        headers: { 'content-type': 'application/merge-patch+json' },
      });
    label('2026-01-01');
    expect(statusOf(harness, token)).toBe(401);
    label(null);
    expect(statusOf(harness, token)).toBe(201);
    harness.expect(200, 'DELETE', `${SECRETS}/legacy`);
    expect(statusOf(harness, token)).toBe(401);
  });

  test('goes with its account, and comes to nothing without one', () => {
    const harness = makeHarness();
    makeSecret(harness);
    harness.expect(200, 'DELETE', `${ACCOUNTS}/bot`);
    harness.settle(1000);
    expect(harness.request('GET', `${SECRETS}/legacy`).status).toBe(404);
    makeSecret(harness, 'nobody');
    expect(harness.request('GET', `${SECRETS}/legacy`).status).toBe(404);
  });

  test('that went is named by its account no longer', () => {
    const harness = makeHarness();
    makeSecret(harness);
    harness.expect(200, 'PATCH', `${ACCOUNTS}/bot`, {
      body: { secrets: [{ name: 'legacy' }, { name: 'other' }] },
      headers: { 'content-type': 'application/merge-patch+json' },
    });
    harness.expect(200, 'DELETE', `${SECRETS}/legacy`);
    harness.settle(1000);
    expect(harness.get<{ secrets: unknown }>(`${ACCOUNTS}/bot`).secrets).toEqual([{ name: 'other' }]);
  });
});

describe('the list of user tokens', () => {
  const record = (id: string, minutes = 60, createdAt = Date.UTC(2026, 0, 1)) => ({
    id,
    name: id,
    subject: { username: id, groups: ['g'] },
    createdAt,
    expiresAt: createdAt + minutes * 60_000,
  });
  const ids = (harness: Harness, query = { limit: 10 }) =>
    harness.credentials((credentials) => credentials.userTokens(query)).map(({ id }) => id);

  test('has those that were made and not revoked, page by page, until they end', () => {
    const harness = makeHarness();
    const start = harness.now;
    harness.credentials((credentials) => {
      for (const [index, name] of ['a', 'b', 'c'].entries())
        expect(credentials.addUserToken(record(name, 60, start + index))).toBe(true);
      expect(credentials.revokeUserToken('b')).toBe(true);
      expect(credentials.revokeUserToken('b')).toBe(false);
    });
    expect(ids(harness)).toEqual(['a', 'c']);
    const after = { createdAt: start, id: 'a' };
    expect(ids(harness, { limit: 1, after } as { limit: number })).toEqual(['c']);
    harness.evict();
    expect(ids(harness)).toEqual(['a', 'c']);
    harness.advance(3_600_001);
    expect(ids(harness)).toEqual(['c']);
  });
});
