/** What the holder of the installation's signing key may do, and nobody else. */

import { env } from 'cloudflare:test';
import { beforeAll, describe, expect, it } from 'vitest';
import { makeOperatorClaims, openTokenSigner } from '../../src/platform/tokens.ts';
import { call, makeAccount, makeCluster, makeToken, migrate } from './front.ts';

beforeAll(migrate);

const signingKey = (env as unknown as { readonly SIGNING_KEY: string }).SIGNING_KEY;

const operate = async (method: string, path: string, body?: unknown): Promise<Response> => {
  const signer = await openTokenSigner(signingKey);
  const token = await signer.sign(makeOperatorClaims(Date.now()));
  return call(method, path, { token, body });
};

const keysOf = (email: string) => `/operator/accounts/${encodeURIComponent(email)}/api-keys`;

const keyIn = async (answer: Response): Promise<{ readonly accountId: string; readonly key: string }> => {
  expect(answer.status).toBe(201);
  return (await answer.json()) as { accountId: string; key: string };
};

const me = async (token: string): Promise<{ readonly id: string; readonly email: string }> => {
  const answer = await call('GET', '/v1/me', { token });
  return ((await answer.json()) as { account: { id: string; email: string } }).account;
};

describe('a key of the operator', () => {
  it('opens an account that is made for it, has its plan, and that no password opens', async () => {
    const email = 'Machine@kubicle.test';
    const { accountId, key } = await keyIn(await operate('POST', keysOf(email), { plan: 'team' }));
    expect(await me(key)).toMatchObject({ id: accountId, email: email.toLowerCase() });
    const plan = await operate('GET', `/operator/accounts/${accountId}/plan`);
    expect(await plan.json()).toMatchObject({ plan: 'team' });
    for (const password of ['', 'correct horse', 'AAAAAAAAAAAAAAAAAAAAAA']) {
      const signedIn = await call('POST', '/v1/sessions', { body: { email, password } });
      expect(signedIn.status).not.toBe(201);
    }
    const again = await call('POST', '/v1/accounts', { body: { email, password: 'correct horse' } });
    expect(again.status).toBe(409);
  });

  it('may be made again: the account stays, and so do its clusters and its other keys', async () => {
    const path = keysOf('again@kubicle.test');
    const first = await keyIn(await operate('POST', path, { plan: 'team' }));
    const { id } = await makeCluster(first.key);
    const second = await keyIn(await operate('POST', path, { plan: 'team' }));
    expect(second.accountId).toBe(first.accountId);
    expect(second.key).not.toBe(first.key);
    for (const { key } of [first, second]) {
      expect((await call('GET', `/v1/clusters/${id}`, { token: key })).status).toBe(200);
    }
  });

  it('is not made for an account that somebody signs in to', async () => {
    const key = await makeAccount();
    const { email } = await me(key);
    expect((await operate('POST', keysOf(email), { plan: 'unlimited' })).status).toBe(409);
    const plan = await operate('GET', `/operator/accounts/${encodeURIComponent(email)}/plan`);
    expect(await plan.json()).not.toMatchObject({ plan: 'unlimited' });
  });

  it('wants a plan, and the method POST', async () => {
    const path = keysOf('nobody@kubicle.test');
    for (const body of [undefined, {}, { plan: 'none' }, '{']) {
      expect((await operate('POST', path, body)).status).toBe(400);
    }
    for (const method of ['GET', 'PUT', 'DELETE']) expect((await operate(method, path)).status).toBe(404);
    expect((await operate('GET', '/operator/accounts/nobody@kubicle.test/plan')).status).toBe(404);
  });

  it('is made for an address, not for an id or a broken text', async () => {
    const { accountId } = await keyIn(await operate('POST', keysOf('named@kubicle.test'), { plan: 'team' }));
    for (const named of [accountId, '%', '%00', 'named', 'named%40']) {
      const answer = await operate('POST', `/operator/accounts/${named}/api-keys`, { plan: 'team' });
      expect(answer.status).toBe(400);
    }
  });

  it('brings a changed plan to the clusters that run', async () => {
    const path = keysOf('grows@kubicle.test');
    const { key } = await keyIn(await operate('POST', path, { plan: 'free' }));
    const { id } = await makeCluster(key);
    const limits = async () => (await call('GET', `/v1/clusters/${id}/usage`, { token: key })).text();
    const before = await limits();
    await keyIn(await operate('POST', path, { plan: 'team' }));
    expect(await limits()).not.toBe(before);
    expect(await limits()).toContain('20000');
  });

  it('is made for nobody but the holder of the signing key', async () => {
    const key = await makeAccount();
    const { id } = await makeCluster(key);
    const body = { plan: 'unlimited' };
    const strangers = [undefined, key, await makeToken(key, id), 'x.y.z'];
    for (const token of strangers) {
      const answer = await call('POST', keysOf('stranger@kubicle.test'), {
        ...(token === undefined ? {} : { token }),
        body,
      });
      expect(answer.status).toBe(401);
    }
    expect((await operate('GET', '/operator/accounts/stranger@kubicle.test/plan')).status).toBe(404);
  });
});
