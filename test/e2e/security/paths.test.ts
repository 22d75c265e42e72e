/** Paths that try to lead somewhere else: none reaches another tenant's cluster, and none is answered with a 500. */

import { beforeAll, describe, expect, inject, it } from 'vitest';
import { rawGet, sendRaw } from '../support/raw-request.ts';
import { call } from '../support/server.ts';
import { makeTenant, type Tenant } from '../support/tenant.ts';

const server = inject('server');

describe('a path', () => {
  let mallory: Tenant;
  let victim: Tenant;
  let token: string;
  beforeAll(async () => {
    mallory = await makeTenant(server);
    victim = await makeTenant(server);
    token = await mallory.token();
  });

  const ask = (path: string, credential = token) =>
    sendRaw(server, rawGet(path, [`Authorization: Bearer ${credential}`]));

  const escapes: readonly (readonly [what: string, path: (own: string, other: string) => string])[] = [
    ['dots', (own, other) => `/clusters/${own}/../${other}/api/v1/namespaces`],
    ['encoded dots', (own, other) => `/clusters/${own}/%2e%2e/${other}/api/v1/namespaces`],
    ['encoded slashes', (own, other) => `/clusters/${own}%2f..%2f${other}/api/v1/namespaces`],
    ['dots behind the API', (own, other) => `/clusters/${own}/api/v1/../../../${other}/api/v1/namespaces`],
    [
      'encoded slashes in a name',
      (own, other) => `/clusters/${own}/api/v1/namespaces/..%2f..%2f..%2f..%2f${other}`,
    ],
    ['backslashes', (own, other) => `/clusters/${own}\\..\\${other}\\api/v1/namespaces`],
    ['an empty segment', (own, other) => `/clusters/${own}//clusters/${other}/api/v1/namespaces`],
    ['two slashes before it', (_own, other) => `//clusters/${other}/api/v1/namespaces`],
    ['the control API, by dots', (own, other) => `/clusters/${own}/../../v1/clusters/${other}`],
    ['a parameter', (own, other) => `/clusters/${own};${other}/api/v1/namespaces`],
    ['a NUL', (own, other) => `/clusters/${own}%00${other}/api/v1/namespaces`],
    ['its own name twice', (_own, other) => `/clusters/${other}/api/v1/namespaces`],
  ];

  it.each(escapes)('with %s does not lead to another cluster', async (_what, make) => {
    const { status, text } = await ask(make(mallory.clusterId, victim.clusterId));
    expect([400, 401, 404]).toContain(status);
    expect(text).not.toContain('kube-system');
  });

  it('in absolute form, or of another form than HTTP has, is not served', async () => {
    for (const target of [
      `${server.url}${mallory.path}/api/v1/namespaces`,
      `https://elsewhere.example${mallory.path}/api/v1/namespaces`,
      '*',
      'clusters/x',
    ]) {
      const { status, text } = await ask(target);
      expect(status, target).toBeGreaterThanOrEqual(400);
      expect(text, target).not.toContain('kube-system');
    }
  });

  it.each([
    ['an invalid escape', '/api/v1/namespaces/%zz', 400],
    ['a NUL in a name', '/api/v1/namespaces/default%00', 404],
    ['30,000 characters', `/api/v1/namespaces/${'a'.repeat(30_000)}`, 404],
    ['a name of a prototype', '/api/v1/__proto__', 404],
    ['a resource named constructor', '/apis/constructor/prototype/x', 404],
  ])('inside a cluster with %s is an error of the client', async (_what, path, status) => {
    expect((await ask(mallory.path + path)).status).toBe(status);
  });

  it.each([
    '/v1/clusters/__proto__',
    '/v1/clusters/%2e%2e',
    '/v1/clusters/%00',
    '/v1//clusters',
    '/v1/__proto__',
    '/V1/clusters',
    '/operator/accounts/x/plan/y',
    '/operator/../operator/drain',
  ])('%s is not there', async (path) => {
    expect((await ask(path, mallory.apiKey)).status).toBe(404);
  });

  it('of the operator wants the operator’s token, whoever asks', async () => {
    for (const credential of [mallory.apiKey, mallory.session, token]) {
      expect((await ask('/operator/accounts/x/plan', credential)).status).toBe(401);
      const forged = await call(server, 'POST', '/operator/accounts/x/api-keys', {
        token: credential,
        body: { plan: 'unlimited' },
      });
      expect(forged.status).toBe(401);
    }
  });
});
