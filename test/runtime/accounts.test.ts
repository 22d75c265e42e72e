/** Accounts from sign-up to leaving. */

import { beforeAll, describe, expect, it } from 'vitest';
import { bindings, call, makeCluster, migrate } from './front.ts';

beforeAll(migrate);

let people = 0;

const signUp = async (): Promise<{ email: string; password: string; id: string; token: string }> => {
  people += 1;
  const credentials = { email: `person-${people}@accounts.test`, password: 'correct horse' };
  const { id } = (await (await call('POST', '/v1/accounts', { body: credentials })).json()) as { id: string };
  return { ...credentials, id, token: await signIn(credentials) };
};

const signIn = async (credentials: { email: string; password: string }): Promise<string> => {
  const { email, password } = credentials;
  const answer = await call('POST', '/v1/sessions', { body: { email, password } });
  return ((await answer.json()) as { token?: string }).token ?? '';
};

const statusOf = async (token: string, path = '/v1/me', method = 'GET', body?: unknown): Promise<number> =>
  (await call(method, path, { token, ...(body === undefined ? {} : { body }) })).status;

const passwordHashOf = async (id: string): Promise<string> => {
  const query = bindings.PLATFORM_DB.prepare('SELECT password_hash FROM accounts WHERE id = ?').bind(id);
  return (await query.first<{ password_hash: string }>())?.password_hash ?? '';
};

describe('signing in', () => {
  it('makes a stored password of an older kind anew', async () => {
    const person = await signUp();
    const old = (await passwordHashOf(person.id)).replace('100000x1', '100000');
    await bindings.PLATFORM_DB.prepare('UPDATE accounts SET password_hash = ? WHERE id = ?')
      .bind(old, person.id)
      .run();
    expect(await signIn({ ...person, password: 'wrong horse' })).toBe('');
    expect(await passwordHashOf(person.id)).toBe(old);
    expect(await signIn(person)).not.toBe('');
    expect(await passwordHashOf(person.id)).toContain('$100000x1$');
  });

  it('says the same of a wrong password and of an address nobody has', async () => {
    const { email } = await signUp();
    const answers = await Promise.all(
      [email, 'nobody@accounts.test'].map(async (address) => {
        const answer = await call('POST', '/v1/sessions', {
          body: { email: address, password: 'wrong one' },
        });
        const { requestId: _, ...problem } = (await answer.json()) as Record<string, unknown>;
        return problem;
      }),
    );
    expect(answers[0]).toEqual(answers[1]);
    expect(answers[0]).toMatchObject({ status: 401, detail: 'email or password is wrong' });
  });
});

describe('sessions', () => {
  it('are listed, the present one marked, and end one by one', async () => {
    const person = await signUp();
    const second = await signIn(person);
    const { items } = (await (await call('GET', '/v1/sessions', { token: second })).json()) as {
      items: { id: string; current: boolean; lastUsedAt: string | null }[];
    };
    expect(items.map(({ current }) => current).sort()).toEqual([false, true]);
    const other = items.find(({ current }) => !current);
    expect(await statusOf(second, `/v1/sessions/${other?.id}`, 'DELETE')).toBe(204);
    expect(await statusOf(person.token)).toBe(401);
    expect(await statusOf(second, `/v1/sessions/${other?.id}`, 'DELETE')).toBe(404);
    expect(await statusOf(second, '/v1/sessions/current', 'DELETE')).toBe(204);
    expect(await statusOf(second)).toBe(401);
  });

  it("of others are nobody's business", async () => {
    const [one, two] = [await signUp(), await signUp()];
    const { items } = (await (await call('GET', '/v1/sessions', { token: one.token })).json()) as {
      items: { id: string }[];
    };
    expect(await statusOf(two.token, `/v1/sessions/${items[0]?.id}`, 'DELETE')).toBe(404);
    expect(await statusOf(two.token, '/v1/sessions/ses_%25', 'DELETE')).toBe(404);
    expect(await statusOf(one.token)).toBe(200);
  });

  it('end when the password changes, all but the one that changed it', async () => {
    const person = await signUp();
    const other = await signIn(person);
    const change = { current: person.password, next: 'another horse' };
    expect(await statusOf(person.token, '/v1/account/password', 'PUT', { ...change, current: 'no' })).toBe(
      403,
    );
    expect(await statusOf(person.token, '/v1/account/password', 'PUT', change)).toBe(204);
    expect(await statusOf(person.token)).toBe(200);
    expect(await statusOf(other)).toBe(401);
    expect(await signIn(person)).toBe('');
    expect(await signIn({ ...person, password: 'another horse' })).not.toBe('');
  });
});

describe('more than fifty sessions', () => {
  it('are not kept: the oldest end', async () => {
    const person = await signUp();
    const others = [];
    for (let made = 1; made < 50; made += 1) others.push(await signIn(person));
    expect(await statusOf(person.token)).toBe(200);
    const newest = await signIn(person);
    expect(await statusOf(person.token)).toBe(401);
    expect(await statusOf(others[0] ?? '')).toBe(200);
    expect(await statusOf(newest)).toBe(200);
  });
});

describe('API keys', () => {
  it('show their beginning and their last use, never themselves', async () => {
    const { token } = await signUp();
    const made = (await (
      await call('POST', '/v1/api-keys', { token, body: { name: 'ci', scopes: ['clusters:read'] } })
    ).json()) as { id: string; key: string; prefix: string; lastUsedAt: string | null };
    expect(made.key.startsWith(made.prefix)).toBe(true);
    expect(made.prefix.length).toBeLessThan(20);
    expect(made.lastUsedAt).toBeNull();
    await call('GET', '/v1/clusters', { token: made.key });
    const read = await call('GET', `/v1/api-keys/${made.id}`, { token });
    const text = await read.clone().text();
    expect(text).not.toContain(made.key);
    expect(((await read.json()) as { lastUsedAt: string | null }).lastUsedAt).not.toBeNull();
    const { results } = await bindings.PLATFORM_DB.prepare('SELECT * FROM api_keys').all();
    expect(JSON.stringify(results)).not.toContain(made.key);
  });

  it('are refused from the moment they are revoked or expire, in the cluster too', async () => {
    const { token } = await signUp();
    const { id: cluster } = await makeCluster(token, { nodes: 0 });
    const { id, key } = (await (
      await call('POST', '/v1/api-keys', { token, body: { name: 'x' } })
    ).json()) as { id: string; key: string };
    expect(await statusOf(key, `/clusters/${cluster}/version`)).toBe(200);
    expect(await statusOf(token, `/v1/api-keys/${id}`, 'DELETE')).toBe(204);
    expect(await statusOf(key)).toBe(401);
    expect(await statusOf(key, `/clusters/${cluster}/version`)).toBe(401);
    const past = { name: 'late', expiresAt: '2020-01-01T00:00:00Z' };
    expect(await statusOf(token, '/v1/api-keys', 'POST', past)).toBe(400);
  });

  it('give nobody more than they have', async () => {
    const { token } = await signUp();
    const { key } = (await (
      await call('POST', '/v1/api-keys', {
        token,
        body: { name: 'x', scopes: ['account', 'clusters:write'] },
      })
    ).json()) as { key: string };
    const make = (scopes?: readonly string[]) => statusOf(key, '/v1/api-keys', 'POST', { name: 'y', scopes });
    expect(await make(['clusters:read'])).toBe(201);
    expect(await make(['account'])).toBe(201);
    expect(await make(['templates:read'])).toBe(403);
    expect(await make([])).toBe(403);
    expect(await make()).toBe(403);
  });
});

describe('invitations', () => {
  it('are for whom they say, as often as they say', async () => {
    const [owner, guest, other] = [await signUp(), await signUp(), await signUp()];
    const made = await call('POST', '/v1/organisations', { token: owner.token, body: { name: 'School' } });
    const { id } = (await made.json()) as { id: string };
    const path = `/v1/organisations/${id}/invitations`;
    const invite = async (body: unknown) =>
      (await (await call('POST', path, { token: owner.token, body })).json()) as {
        id: string;
        token: string;
      };
    const accept = (token: string, invitation: string) =>
      statusOf(token, '/v1/invitations/accept', 'POST', { token: invitation });
    const named = await invite({ email: guest.email, role: 'instructor' });
    expect(await accept(other.token, named.token)).toBe(404);
    expect(await accept(guest.token, named.token)).toBe(200);
    expect(await accept(guest.token, named.token)).toBe(404);
    const open = await invite({ uses: 1 });
    expect(await accept(guest.token, open.token)).toBe(409);
    expect(await accept(other.token, open.token)).toBe(200);
    expect(await accept((await signUp()).token, open.token)).toBe(404);
    const gone = await invite({ uses: 5 });
    expect(await statusOf(owner.token, `${path}/${gone.id}`, 'DELETE')).toBe(204);
    expect(await accept((await signUp()).token, gone.token)).toBe(404);
  });

  it('end with the power of whoever invited', async () => {
    const [owner, instructor] = [await signUp(), await signUp()];
    const made = await call('POST', '/v1/organisations', { token: owner.token, body: { name: 'School' } });
    const { id } = (await made.json()) as { id: string };
    const path = `/v1/organisations/${id}/invitations`;
    const body = { email: instructor.email, role: 'instructor' };
    const { token } = (await (await call('POST', path, { token: owner.token, body })).json()) as {
      token: string;
    };
    await call('POST', '/v1/invitations/accept', { token: instructor.token, body: { token } });
    const later = (await (
      await call('POST', path, { token: instructor.token, body: { uses: 9 } })
    ).json()) as { token: string };
    await call('DELETE', `/v1/organisations/${id}/members/${instructor.id}`, { token: owner.token });
    const answer = await call('POST', '/v1/invitations/accept', {
      token: (await signUp()).token,
      body: { token: later.token },
    });
    expect(answer.status).toBe(404);
  });
});

/** Every table that says whose something is, and the columns that say it. */
const OWNED = [
  ['accounts', 'id'],
  ['sessions', 'account_id'],
  ['api_keys', 'account_id'],
  ['clusters', 'account_id'],
  ['members', 'account_id'],
  ['invitations', 'invited_by'],
  ['cluster_shares', 'account_id'],
  ['organisations', 'created_by'],
  ['idempotency', 'owner'],
  ['account_plans', 'account_id'],
  ['environments', 'account_id'],
] as const;

describe('leaving', () => {
  it("takes everything along that is only theirs, and leaves what is others' too", async () => {
    const [leaver, heir] = [await signUp(), await signUp()];
    const { token } = leaver;
    const alone = (await (
      await call('POST', '/v1/organisations', { token, body: { name: 'Alone' } })
    ).json()) as { id: string };
    const together = (await (
      await call('POST', '/v1/organisations', { token, body: { name: 'Together' } })
    ).json()) as { id: string };
    const invitation = (await (
      await call('POST', `/v1/organisations/${together.id}/invitations`, {
        token,
        body: { email: heir.email, role: 'owner' },
      })
    ).json()) as { token: string };
    await call('POST', '/v1/invitations/accept', { token: heir.token, body: { token: invitation.token } });
    const own = await makeCluster(token, { nodes: 0 });
    const lost = await makeCluster(token, { nodes: 0, organisationId: alone.id });
    const kept = await makeCluster(token, { nodes: 0, organisationId: together.id });
    await call('POST', '/v1/api-keys', { token, body: { name: 'k' }, headers: { 'idempotency-key': 'k' } });
    await call('POST', '/v1/webhooks', { token, body: { url: 'https://hooks.example.com/' } });

    expect(await statusOf(token, '/v1/account', 'DELETE')).toBe(204);
    expect(await statusOf(token)).toBe(401);
    expect(await signIn(leaver)).toBe('');
    for (const [table, column] of OWNED) {
      const query = bindings.PLATFORM_DB.prepare(`SELECT count(*) AS n FROM ${table} WHERE ${column} = ?`);
      expect([table, (await query.bind(leaver.id).first<{ n: number }>())?.n]).toEqual([table, 0]);
    }
    for (const { path } of [own, lost]) expect((await call('GET', `${path}/version`)).status).toBe(404);
    expect(await statusOf(heir.token, `/v1/clusters/${kept.id}`)).toBe(200);
    expect(await statusOf(heir.token, `${kept.path}/version`)).toBe(200);
    expect(await statusOf(heir.token, `/v1/organisations/${alone.id}`)).toBe(404);
    // The address is free again.
    expect(
      (await call('POST', '/v1/accounts', { body: { email: leaver.email, password: 'new one 123' } })).status,
    ).toBe(201);
  });
});
