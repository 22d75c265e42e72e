/** What every route of the control API has from its frame. */

import { beforeAll, describe, expect, it } from 'vitest';
import { call, makeAccount, makeCluster, migrate } from './front.ts';

beforeAll(migrate);

const problemOf = async (answer: Response) => {
  expect(answer.headers.get('content-type')).toBe('application/problem+json');
  return (await answer.json()) as {
    type: string;
    status: number;
    detail: string;
    requestId: string;
    errors?: { path: string; message: string; in?: string }[];
  };
};

describe('every answer', () => {
  it('has a request id, the given one when it is one', async () => {
    const fresh = await call('GET', '/v1/clusters');
    expect(fresh.headers.get('x-request-id')).toMatch(/^req[a-z2-7]{20}$/);
    expect((await problemOf(fresh)).requestId).toBe(fresh.headers.get('x-request-id'));
    const given = { headers: { 'x-request-id': 'my-own-id.1' } };
    expect((await call('GET', '/v1/openapi.json', given)).headers.get('x-request-id')).toBe('my-own-id.1');
    const bad = { headers: { 'x-request-id': 'has "quotes"' } };
    expect((await call('GET', '/v1/nothing', bad)).headers.get('x-request-id')).toMatch(/^req/);
  });
});

describe('problems have stable types', () => {
  it.each([
    ['GET', '/v1/nothing', {}, 404, 'no-such-route'],
    ['GET', '/v1', {}, 404, 'no-such-route'],
    ['GET', '/v1/clusters', {}, 401, 'unauthorized'],
    ['PUT', '/v1/clusters', {}, 405, 'method-not-allowed'],
    ['GET', '/v1/clusters/nope', { auth: true }, 404, 'not-found'],
    ['GET', '/v1/clusters/a%2Fb', { auth: true }, 404, 'not-found'],
    ['GET', '/v1/clusters/%zz', { auth: true }, 404, 'not-found'],
    ['GET', '/v1/clusters?limit=0', { auth: true }, 400, 'invalid-request'],
    ['GET', '/v1/clusters?cursor=xyz', { auth: true }, 400, 'invalid-request'],
    ['POST', '/v1/clusters', { auth: true, body: '[' }, 400, 'invalid-request'],
    ['POST', '/v1/clusters', { auth: true, body: '<a/>', type: 'text/xml' }, 415, 'unsupported-media-type'],
    ['POST', '/v1/clusters', { auth: true, body: '\u0000' }, 400, 'invalid-request'],
    ['POST', '/v1/clusters/x/fork', { auth: true }, 501, 'not-implemented'],
  ])('%s %s %o', async (method, path, { auth, body, type }: Record<string, unknown>, status, slug) => {
    const token = auth === true ? await makeAccount() : undefined;
    const answer = await call(method, path, {
      ...(token === undefined ? {} : { token }),
      ...(body === undefined ? {} : { body }),
      ...(typeof type === 'string' ? { headers: { 'content-type': type } } : {}),
    });
    const problem = await problemOf(answer);
    expect([answer.status, problem.status, problem.type]).toEqual([status, status, `/docs/problems/${slug}`]);
  });

  it('says where a query is wrong', async () => {
    const token = await makeAccount();
    const problem = await problemOf(await call('GET', '/v1/clusters?limit=x&cursor=!', { token }));
    expect(problem.errors?.map(({ path, in: place }) => [place, path])).toEqual([
      ['query', 'limit'],
      ['query', 'cursor'],
    ]);
  });
});

describe('methods', () => {
  it('are listed by OPTIONS and in refusals', async () => {
    const asked = await call('OPTIONS', '/v1/clusters');
    expect([asked.status, asked.headers.get('allow')]).toEqual([204, 'GET, HEAD, OPTIONS, POST']);
    const refused = await call('DELETE', '/v1/clusters');
    expect([refused.status, refused.headers.get('allow')]).toEqual([405, 'GET, HEAD, OPTIONS, POST']);
  });

  it('HEAD is GET without a body', async () => {
    const token = await makeAccount();
    const answer = await call('HEAD', '/v1/clusters', { token });
    expect([answer.status, await answer.text()]).toEqual([200, '']);
    expect((await call('HEAD', '/v1/clusters')).status).toBe(401);
  });
});

describe('bodies', () => {
  it('may come as `curl -d` sends them, as merge patch, and not at all', async () => {
    const token = await makeAccount();
    for (const type of ['application/x-www-form-urlencoded', 'application/merge-patch+json']) {
      const options = { token, body: '{"nodes": 0}', headers: { 'content-type': type } };
      expect((await call('POST', '/v1/clusters', options)).status).toBe(201);
    }
    expect((await call('POST', '/v1/clusters', { token })).status).toBe(201);
  });
});

describe('idempotency keys', () => {
  const keyed = (key: string) => ({ 'idempotency-key': key });

  it('do a request once and give its answer again', async () => {
    const token = await makeAccount();
    const options = { token, body: { nodes: 0, name: 'once' }, headers: keyed('k1') };
    const first = await call('POST', '/v1/clusters', options);
    const second = await call('POST', '/v1/clusters', options);
    expect([first.status, second.status]).toEqual([201, 201]);
    expect(await second.json()).toEqual(await first.json());
    expect([
      first.headers.get('idempotency-replayed'),
      second.headers.get('idempotency-replayed'),
      second.headers.get('location'),
    ]).toEqual([null, 'true', first.headers.get('location')]);
    const { items } = (await (await call('GET', '/v1/clusters', { token })).json()) as { items: unknown[] };
    expect(items).toHaveLength(1);
  });

  it('do it once when both come at the same time', async () => {
    const token = await makeAccount();
    const options = { token, body: { nodes: 0 }, headers: keyed('k1') };
    const answers = await Promise.all([1, 2, 3, 4].map(() => call('POST', '/v1/clusters', options)));
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status !== 201 && status !== 409)).toEqual([]);
    for (const answer of answers) {
      if (answer.status !== 409) continue;
      expect(answer.headers.get('retry-after')).toBe('1');
      expect((await problemOf(answer)).type).toBe('/docs/problems/idempotency-in-flight');
    }
    const { items } = (await (await call('GET', '/v1/clusters', { token })).json()) as { items: unknown[] };
    expect(items).toHaveLength(1);
  });

  it('refuse another request', async () => {
    const token = await makeAccount();
    await call('POST', '/v1/clusters', { token, body: { nodes: 0 }, headers: keyed('k1') });
    for (const [path, body] of [
      ['/v1/clusters', { nodes: 1 }],
      ['/v1/api-keys', { name: 'x' }],
    ] as const) {
      const answer = await call('POST', path, { token, body, headers: keyed('k1') });
      expect([answer.status, (await problemOf(answer)).type]).toEqual([
        422,
        '/docs/problems/idempotency-mismatch',
      ]);
    }
  });

  it("are each account's own", async () => {
    const ids = new Set<unknown>();
    for (const token of [await makeAccount(), await makeAccount()]) {
      const made = await call('POST', '/v1/clusters', { token, body: { nodes: 0 }, headers: keyed('same') });
      ids.add(((await made.json()) as { id: string }).id);
    }
    expect(ids.size).toBe(2);
  });

  it('are free again after a failure', async () => {
    const token = await makeAccount();
    const { id } = await makeCluster(token);
    const path = `/v1/clusters/${id}/kubeconfigs`;
    const missing = { serviceAccount: { namespace: 'default', name: 'nobody' } };
    const failed = await call('POST', path, { token, body: missing, headers: keyed('k') });
    expect(failed.status).toBe(404);
    expect((await call('POST', path, { token, body: {}, headers: keyed('k') })).status).toBe(201);
  });

  it('repeat secrets to whoever asked, on public routes too, and nothing readable is stored', async () => {
    const token = await makeAccount();
    const options = { token, body: { name: 'k' }, headers: keyed('secret') };
    const keys = [];
    for (let round = 0; round < 2; round += 1) {
      keys.push(((await (await call('POST', '/v1/api-keys', options)).json()) as { key: string }).key);
    }
    expect(keys[1]).toBe(keys[0]);
    const credentials = { email: `twice-${Date.now()}@kubicle.test`, password: 'long enough' };
    for (let round = 0; round < 2; round += 1) {
      const made = await call('POST', '/v1/accounts', { body: credentials, headers: keyed('sign-up') });
      expect(made.status).toBe(201);
    }
    const other = { ...credentials, email: `other-${Date.now()}@kubicle.test` };
    expect((await call('POST', '/v1/accounts', { body: other, headers: keyed('sign-up') })).status).toBe(201);
    const { bindings } = await import('./front.ts');
    const { results } = await bindings.PLATFORM_DB.prepare('SELECT * FROM idempotency').all();
    expect(results.length).toBeGreaterThan(0);
    expect(JSON.stringify(results)).not.toContain('kubicle_key_');
    expect(JSON.stringify(results)).not.toContain('long enough');
  });

  it('must be keys', async () => {
    const token = await makeAccount();
    for (const key of ['', 'x'.repeat(256), 'with space']) {
      const answer = await call('POST', '/v1/clusters', { token, body: {}, headers: keyed(key) });
      expect(answer.status, key).toBe(400);
    }
  });
});

describe('the document', () => {
  it('is OpenAPI 3.1 of every route that is built', async () => {
    const document = (await (await call('GET', '/v1/openapi.json')).json()) as {
      openapi: string;
      paths: Record<string, Record<string, { operationId: string }>>;
    };
    expect(document.openapi).toBe('3.1.0');
    expect(Object.keys(document.paths)).toContain('/clusters/{id}/kubeconfigs');
    expect(Object.keys(document.paths)).not.toContain('/clusters/{id}/fork');
    const refs = JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g);
    for (const [, ref = ''] of refs) {
      const found = ref
        .split('/')
        .reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], document);
      expect(found, ref).toBeDefined();
    }
  });
});
