/** What was secret in a run stands nowhere in what the run wrote down. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject, it } from 'vitest';
import { call } from '../support/server.ts';
import { makeTenant } from '../support/tenant.ts';

const server = inject('server');

it('logs and audit hold no token, key, password or secret data', async () => {
  const tenant = await makeTenant(server);
  const token = await tenant.token();
  const marker = `marker-${Date.now()}`;
  const body = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'hidden' },
    stringData: { password: marker },
  };
  const secrets = `${tenant.path}/api/v1/namespaces/default/secrets`;
  expect((await call(server, 'POST', secrets, { token, body })).status).toBe(201);
  const account = `${tenant.path}/api/v1/namespaces/default/serviceaccounts/default/token`;
  const review = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} };
  const issued = await call(server, 'POST', account, { token, body: review });
  const robot = issued.json<{ status: { token: string } }>().status.token;
  // Failures are what gets logged: wrong tokens, wrong passwords, bodies that are not JSON.
  await call(server, 'GET', secrets, { token: `${token}x` });
  await call(server, 'POST', '/v1/sessions', {
    token: null,
    body: { email: tenant.email, password: `${marker}!` },
  });
  await call(server, 'POST', '/v1/clusters', { token: tenant.apiKey, body: `{"name": "${marker}` });
  await call(server, 'POST', secrets, { token, body: `{"stringData": "${marker}` });
  const audit = await call(server, 'GET', `/v1/clusters/${tenant.clusterId}/audit?limit=500`, {
    token: tenant.apiKey,
  });
  expect(audit.text).toContain('"hidden"');
  const hidden = [
    tenant.apiKey,
    tenant.session,
    tenant.password,
    token,
    robot,
    marker,
    btoa(marker),
    server.apiKey,
  ];
  const log = readFileSync(join(server.home, 'server.log'), 'utf8');
  const config = readFileSync(join(server.home, 'server.capnp'), 'utf8');
  const key = readFileSync(join(server.home, 'signing-key.json'), 'utf8');
  const { d } = JSON.parse(key) as { d: string };
  for (const secret of [...hidden, d]) {
    for (const [where, text] of [
      ['log', log],
      ['configuration', config],
      ['audit', audit.text],
    ] as const) {
      expect(text.includes(secret), `${secret.slice(0, 12)}… in the ${where}`).toBe(false);
    }
  }
});
