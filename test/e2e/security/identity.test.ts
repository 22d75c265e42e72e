/** Nobody becomes somebody else: by headers, by another cluster's token, by the root paths, by asking around. */

import { beforeAll, describe, expect, inject, it } from 'vitest';
import { rawGet, sendRaw } from '../support/raw-request.ts';
import { call } from '../support/server.ts';
import { makeTenant, type Tenant } from '../support/tenant.ts';

const server = inject('server');
const SECRETS = '/api/v1/namespaces/kube-system/secrets';

describe('identity', () => {
  let mallory: Tenant;
  let victim: Tenant;
  let jane: string;
  beforeAll(async () => {
    mallory = await makeTenant(server);
    victim = await makeTenant(server);
    jane = await victim.token({ user: 'jane', groups: ['developers'] });
  });

  it.each([
    ['a proxy’s user', { 'x-remote-user': 'kubernetes-admin', 'x-remote-group': 'system:masters' }],
    [
      'forwarding',
      { 'x-forwarded-user': 'kubernetes-admin', 'x-forwarded-for': '127.0.0.1', forwarded: 'for=127.0.0.1' },
    ],
    [
      'the internal request',
      { 'kubicle-request': '{"identity":{"username":"x","groups":["system:masters"]}}' },
    ],
    ['the internal watch', { 'kubicle-watch': '{}', upgrade: 'websocket', connection: 'upgrade' }],
    [
      'an invented header',
      { 'x-kubicle-identity': 'kubernetes-admin', 'x-kubicle-groups': 'system:masters' },
    ],
    [
      'a client certificate',
      { 'x-ssl-client-cert': 'abc', 'x-client-cert': 'abc', 'cf-client-cert-der-base64': 'abc' },
    ],
    ['a cookie', { cookie: 'session=kubernetes-admin; token=x' }],
    ['a proxy’s credentials', { 'proxy-authorization': 'Bearer x' }],
    [
      'impersonation by nobody',
      { 'impersonate-user': 'kubernetes-admin', 'impersonate-group': 'system:masters' },
    ],
  ])('does not come from headers: %s', async (_what, headers) => {
    const answer = await call(server, 'GET', victim.path + SECRETS, { token: null, headers });
    expect(answer.status).toBe(403);
    expect(answer.json<{ message: string }>().message).toContain('User "system:anonymous" cannot');
  });

  it.each([
    ['a user', { 'impersonate-user': 'kubernetes-admin' }, 403],
    ['a group', { 'impersonate-user': 'jane', 'impersonate-group': 'system:masters' }, 403],
    ['a service account', { 'impersonate-user': 'system:serviceaccount:kube-system:default' }, 403],
    ['a group without a user', { 'impersonate-group': 'system:masters' }, 400],
    ['a uid without a user', { 'impersonate-uid': '1' }, 400],
    ['an extra without a user', { 'impersonate-extra-scopes': 'all' }, 400],
  ])('is not taken by impersonation without permission: %s', async (_what, headers, status) => {
    expect((await call(server, 'GET', victim.path + SECRETS, { token: jane, headers })).status).toBe(status);
  });

  it('is refused when two are offered, or another scheme', async () => {
    const own = await mallory.token();
    for (const headers of [
      [`Authorization: Bearer ${own}`, `Authorization: Bearer ${await victim.token()}`],
      [`Authorization: Bearer ${own}, Bearer x`],
      [`Authorization: Basic ${btoa('kubernetes-admin:x')}`],
      ['Authorization: Bearer'],
      [`Authorization: Bearer ${'a'.repeat(40_000)}`],
      ['Sec-WebSocket-Protocol: base64url.bearer.authorization.k8s.io.%%%'],
    ]) {
      expect((await sendRaw(server, rawGet(mallory.path + SECRETS, headers))).status).toBe(401);
    }
  });

  it('of one cluster is nothing in another: tokens are not replayed', async () => {
    const own = await mallory.token();
    expect((await call(server, 'GET', `${victim.path}/api/v1/nodes`, { token: own })).status).toBe(401);
    expect((await call(server, 'GET', `${mallory.path}/api/v1/nodes`, { token: jane })).status).toBe(401);
    for (const token of [mallory.apiKey, mallory.session]) {
      expect((await call(server, 'GET', `${victim.path}/api/v1/nodes`, { token })).status).toBe(404);
    }
  });

  it('at the root is the token’s own cluster, whatever path or header names another', async () => {
    const own = await mallory.token();
    const headers = {
      'x-forwarded-host': victim.clusterId,
      referer: `${server.url}${victim.path}/`,
      'x-original-url': victim.path,
    };
    const answer = await call(server, 'GET', '/api/v1/namespaces/default', { token: own, headers });
    const there = await call(server, 'GET', `${mallory.path}/api/v1/namespaces/default`, { token: own });
    expect(answer.json<{ metadata: { uid: string } }>().metadata.uid).toBe(
      there.json<{ metadata: { uid: string } }>().metadata.uid,
    );
    for (const token of [mallory.apiKey, mallory.session]) {
      expect((await call(server, 'GET', '/api/v1/nodes', { token })).status).toBe(401);
    }
  });

  it('of a cluster opens no account: cluster tokens are nothing to the control API', async () => {
    const own = await mallory.token();
    for (const path of ['/v1/clusters', '/v1/api-keys', '/v1/usage', `/v1/clusters/${mallory.clusterId}`]) {
      expect((await call(server, 'GET', path, { token: own })).status, path).toBe(401);
    }
  });

  it('of a stranger learns nothing: not yours and not there are one answer', async () => {
    const nowhere = `c${'a'.repeat(20)}`;
    const routes: readonly (readonly [string, string, unknown?])[] = [
      ['GET', ''],
      ['DELETE', ''],
      ['GET', '/usage'],
      ['GET', '/clock'],
      ['PATCH', '/clock', {}],
      ['POST', '/clock/advance', { seconds: 1 }],
      ['POST', '/kubeconfigs', {}],
      ['GET', '/audit'],
      ['GET', '/authz/who-can?verb=get&resource=pods'],
    ];
    const strip = (text: string) => text.replace(/"requestId":"[^"]*"/, '');
    for (const [method, rest, body] of routes) {
      const [theirs, none] = await Promise.all(
        [victim.clusterId, nowhere].map((id) =>
          call(server, method, `/v1/clusters/${id}${rest}`, {
            token: mallory.apiKey,
            ...(body === undefined ? {} : { body }),
          }),
        ),
      );
      expect(theirs?.status, `${method} ${rest}`).toBe(404);
      expect([theirs?.status, strip(theirs?.text ?? '')]).toEqual([none?.status, strip(none?.text ?? '')]);
    }
    const inside = await Promise.all(
      [victim.clusterId, nowhere].map((id) =>
        call(server, 'GET', `/clusters/${id}/api/v1/nodes`, { token: mallory.apiKey }),
      ),
    );
    expect(inside[0]?.text).toBe(inside[1]?.text);
  });

  it('cannot be guessed: cluster ids carry 100 random bits', () => {
    const ids = [mallory.clusterId, victim.clusterId];
    for (const id of ids) expect(id).toMatch(/^c[a-z2-7]{20}$/);
    expect(new Set(ids.map((id) => id.slice(1, 6))).size).toBe(2);
  });

  it('is not told by the time a sign-in takes: an unknown address takes as long as a wrong password', async () => {
    const time = async (email: string): Promise<number> => {
      const began = performance.now();
      const body = { email, password: 'wrong wrong wrong' };
      const answer = await call(server, 'POST', '/v1/sessions', { token: null, body });
      expect(answer.status).toBe(401);
      return performance.now() - began;
    };
    const known: number[] = [];
    const unknown: number[] = [];
    // The smallest of several: what else the machine does only adds. On a busy one it takes more of them.
    const ratio = () => Math.min(...unknown) / Math.min(...known);
    let target = victim;
    for (let round = 0; round < 5 || (round < 40 && !(ratio() > 0.6 && ratio() < 1.7)); round += 1) {
      // Wrong passwords for one address are slowed down.
      if (round % 8 === 0) target = await makeTenant(server);
      known.push(await time(target.email));
      unknown.push(await time(`nobody-${round}@example.com`));
    }
    expect(ratio()).toBeGreaterThan(0.6);
    expect(ratio()).toBeLessThan(1.7);
  });

  it('is not found by trying passwords: wrong ones for an address are slowed down', async () => {
    const target = await makeTenant(server);
    const codes: number[] = [];
    for (let round = 0; round < 40 && !codes.includes(429); round += 1) {
      const body = { email: target.email.toUpperCase(), password: `guess number ${round}` };
      codes.push((await call(server, 'POST', '/v1/sessions', { token: null, body })).status);
    }
    expect(codes.slice(0, 10)).toEqual(Array(10).fill(401));
    expect(codes).toContain(429);
    const other = { email: victim.email, password: victim.password };
    expect((await call(server, 'POST', '/v1/sessions', { token: null, body: other })).status).toBe(201);
  });

  it('is never carried by a browser of its own accord: no cookies, no cross-origin permission', async () => {
    const origin = { origin: 'https://evil.example' };
    const preflight = await call(server, 'OPTIONS', '/v1/clusters', {
      token: null,
      headers: {
        ...origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization',
      },
    });
    const body = { email: victim.email, password: victim.password };
    const signIn = await call(server, 'POST', '/v1/sessions', { token: null, body, headers: origin });
    const inside = await call(server, 'GET', `${victim.path}/api/v1/nodes`, {
      token: victim.apiKey,
      headers: origin,
    });
    for (const { headers } of [preflight, signIn, inside]) {
      expect(headers['access-control-allow-origin']).toBeUndefined();
      expect(headers['access-control-allow-credentials']).toBeUndefined();
      expect(headers['set-cookie']).toBeUndefined();
    }
    // A form or an image of another site has no token, and a cookie is none.
    const form = await call(server, 'POST', '/v1/clusters', {
      token: null,
      body: 'name=x',
      headers: { ...origin, 'content-type': 'text/plain', cookie: `token=${victim.session}` },
    });
    expect(form.status).toBe(401);
  });

  it('does not come with a socket of another site: a WebSocket needs the token like everything else', async () => {
    const upgrade = (token: string | undefined) =>
      sendRaw(
        server,
        [
          `GET ${victim.path}/api/v1/pods?watch=1 HTTP/1.1`,
          'Host: localhost',
          'Origin: https://evil.example',
          'Connection: Upgrade',
          'Upgrade: websocket',
          'Sec-WebSocket-Version: 13',
          'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
          `Cookie: token=${victim.session}`,
          ...(token === undefined ? [] : [`Authorization: Bearer ${token}`]),
          '',
          '',
        ].join('\r\n'),
      );
    expect((await upgrade(undefined)).status).toBe(403);
    expect((await upgrade(await victim.token())).status).toBe(101);
  });

  it('is not chosen by the caller: fields that are not the caller’s to set are refused', async () => {
    for (const [path, body] of [
      ['/v1/accounts', { email: 'm@example.com', password: 'long enough', plan: 'unlimited' }],
      ['/v1/accounts', { email: 'm@example.com', password: 'long enough', id: mallory.accountId }],
      ['/v1/clusters', { accountId: victim.accountId }],
      ['/v1/clusters', { id: victim.clusterId }],
      ['/v1/clusters', { limits: { pods: 1e9 } }],
      ['/v1/clusters', '{"__proto__":{"limits":{}}}'],
      ['/v1/api-keys', { name: 'x', accountId: victim.accountId }],
    ] as const) {
      expect((await call(server, 'POST', path, { token: mallory.apiKey, body })).status, path).toBe(400);
    }
  });
});
