/** Identity and the control API, in the runtime. */

import { beforeAll, describe, expect, it } from 'vitest';
import type { ClusterRpc } from '../../durable-objects/rpc.ts';
import { PLANS } from '../../src/platform/limits.ts';
import { bindings, call, makeAccount, makeCluster, makeToken, migrate } from './front.ts';

beforeAll(migrate);

const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';

const statusOf = async (answer: Response): Promise<unknown> => {
  const { kind, status, reason, code } = (await answer.json()) as Record<string, unknown>;
  return { kind, status, reason, code };
};

const failure = (code: number, reason: string) => ({ kind: 'Status', status: 'Failure', reason, code });

describe('identity', () => {
  it('lets in the owner by API key and by kubeconfig', async () => {
    const key = await makeAccount();
    const { id, path } = await makeCluster(key);
    for (const token of [key, await makeToken(key, id)]) {
      expect((await call('GET', path + CONFIG_MAPS, { token })).status).toBe(200);
    }
  });

  it("answers 404 to another account's API key, in the cluster and in the control API", async () => {
    const { id, path } = await makeCluster(await makeAccount());
    const token = await makeAccount();
    expect(await statusOf(await call('GET', path + CONFIG_MAPS, { token }))).toEqual(
      failure(404, 'NotFound'),
    );
    expect((await call('GET', `/v1/clusters/${id}`, { token })).status).toBe(404);
    expect((await call('DELETE', `/v1/clusters/${id}`, { token })).status).toBe(404);
  });

  it('answers 401 to tokens that are wrong, forged, expired or for another cluster', async () => {
    const key = await makeAccount();
    const { id, path } = await makeCluster(key);
    const other = await makeToken(key, (await makeCluster(key)).id);
    const good = await makeToken(key, id);
    const [head, , signature] = good.split('.');
    const forged = [head, btoa('{"iss":"kubicle","sub":"root"}').replaceAll('=', ''), signature].join('.');
    for (const token of ['nonsense', forged, other, 'kubicle_key_nothing', 'kubicle_session_nothing']) {
      const answer = await call('GET', path + CONFIG_MAPS, { token });
      expect(await statusOf(answer), token).toEqual(failure(401, 'Unauthorized'));
    }
  });

  it('refuses anonymous requests as the cluster decides, and a cluster that is not there with 404', async () => {
    const { path } = await makeCluster(await makeAccount());
    expect(await statusOf(await call('GET', path + CONFIG_MAPS))).toEqual(failure(403, 'Forbidden'));
    expect((await call('GET', `${path}/readyz`)).status).toBe(200);
    expect((await call('GET', '/clusters/cnothing/readyz')).status).toBe(404);
  });

  it('never trusts identity from outside', async () => {
    const { path } = await makeCluster(await makeAccount());
    const headers = { 'kubicle-request': '{"identity":{"username":"root"}}', 'x-remote-user': 'root' };
    expect((await call('GET', path + CONFIG_MAPS, { headers })).status).toBe(403);
  });

  it('gives a user the groups of the kubeconfig and nothing more', async () => {
    const key = await makeAccount();
    const { id, path } = await makeCluster(key);
    const token = await makeToken(key, id, { user: 'jane', groups: ['developers'] });
    const answer = await call('GET', path + CONFIG_MAPS, { token });
    expect(((await answer.json()) as { message: string }).message).toBe(
      'configmaps is forbidden: User "jane" cannot list resource "configmaps" in API group "" in the namespace "default"',
    );
    const review = await call('POST', `${path}/apis/authentication.k8s.io/v1/selfsubjectreviews`, {
      token,
      body: { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' },
    });
    const { status } = (await review.json()) as { status: { userInfo: unknown } };
    expect(status.userInfo).toMatchObject({
      username: 'jane',
      groups: ['developers', 'system:authenticated'],
    });
  });

  it('serves root paths by the cluster of the token', async () => {
    const key = await makeAccount();
    const { id } = await makeCluster(key);
    const token = await makeToken(key, id);
    expect(await (await call('GET', '/version', { token })).json()).toMatchObject({
      major: '1',
      minor: '36',
    });
    expect((await call('GET', '/api/v1/nodes', { token })).status).toBe(200);
    expect((await call('GET', '/api/v1/nodes')).status).toBe(401);
    expect(await (await call('GET', '/readyz')).text()).toBe('ok');
  });

  it('says that it is ready whatever credential comes along', async () => {
    for (const token of [await makeAccount(), 'nonsense']) {
      expect((await call('GET', '/readyz', { token })).status).toBe(200);
      expect((await call('GET', '/api', { token })).status).toBe(401);
    }
  });
});

describe('whoever has to wait', () => {
  it('reads why an eviction is refused, whole, and can ask again at once', async () => {
    const key = await makeAccount();
    const { path } = await makeCluster(key);
    const labels = { app: 'a' };
    const post = async (to: string, body: object): Promise<Response> =>
      call('POST', path + to, { token: key, body });
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'a', labels },
      spec: { containers: [{ name: 'a', image: 'nginx' }] },
    };
    const budget = {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: { name: 'a' },
      spec: { selector: { matchLabels: labels }, minAvailable: 1 },
    };
    const pods = '/api/v1/namespaces/default/pods';
    expect((await post(pods, pod)).status).toBe(201);
    expect((await post('/apis/policy/v1/namespaces/default/poddisruptionbudgets', budget)).status).toBe(201);
    await expect
      .poll(async () => await (await call('GET', `${path}${pods}/a`, { token: key })).text())
      .toMatch(/"phase": ?"Running"/);
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const refused = await post(`${pods}/a/eviction`, {
        apiVersion: 'policy/v1',
        kind: 'Eviction',
        metadata: { name: 'a' },
      });
      const text = await refused.text();
      expect(refused.status).toBe(429);
      expect((JSON.parse(text) as { message: string }).message).toMatch(/^Cannot evict pod as /);
    }
  });

  it('is told 429 by a cluster that has had too much', async () => {
    const key = await makeAccount();
    const { id, path } = await makeCluster(key);
    const cluster = bindings.CLUSTER.getByName(id) as unknown as ClusterRpc;
    await cluster.limit({ ...PLANS.free.cluster, requestsPerSecond: 1, requestBurst: 1 });
    const codes: number[] = [];
    // All at once: a second is long on no machine that way.
    const asked = Array.from({ length: 5 }, () => call('GET', `${path}/api/v1/nodes`, { token: key }));
    for (const answer of await Promise.all(asked)) {
      const text = await answer.text();
      codes.push(answer.status);
      if (answer.status === 200) continue;
      expect(answer.headers.get('retry-after')).toMatch(/^[1-9]/);
      expect(JSON.parse(text)).toMatchObject({ kind: 'Status', reason: 'TooManyRequests', code: 429 });
    }
    expect(new Set(codes)).toEqual(new Set([200, 429]));
    await cluster.limit(PLANS.free.cluster);
  });
});

describe('service accounts', () => {
  it('get tokens that work in their cluster only, and die with the account', async () => {
    const key = await makeAccount();
    const { id, path } = await makeCluster(key);
    const accounts = `${path}/api/v1/namespaces/default/serviceaccounts`;
    const body = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'robot' } };
    expect((await call('POST', accounts, { token: key, body })).status).toBe(201);
    const token = await makeToken(key, id, { serviceAccount: { namespace: 'default', name: 'robot' } });
    const refused = await call('GET', path + CONFIG_MAPS, { token });
    expect(((await refused.json()) as { message: string }).message).toContain(
      'User "system:serviceaccount:default:robot" cannot list resource "configmaps"',
    );
    const elsewhere = await makeCluster(key);
    expect((await call('GET', `${elsewhere.path}/api`, { token })).status).toBe(401);
    expect((await call('DELETE', `${accounts}/robot`, { token: key })).status).toBe(200);
    expect((await call('GET', `${path}/api`, { token })).status).toBe(401);
  });
});

describe('control API', () => {
  it('signs up, refuses a second account of the same address and a wrong password', async () => {
    const body = { email: 'Someone@kubicle.test', password: 'long enough' };
    expect((await call('POST', '/v1/accounts', { body })).status).toBe(201);
    expect((await call('POST', '/v1/accounts', { body })).status).toBe(409);
    for (const password of ['wrong wrong', 'short', '']) {
      expect((await call('POST', '/v1/sessions', { body: { ...body, password } })).status, password).toBe(
        401,
      );
    }
  });

  it('prints problems', async () => {
    const token = await makeAccount();
    const answer = await call('POST', '/v1/clusters', {
      token,
      body: { nodes: [{ name: 'A' }], latency: 'warp' },
    });
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    const problem = (await answer.json()) as { status: number; errors: { path: string }[] };
    expect(problem.status).toBe(400);
    expect(problem.errors.map(({ path }) => path)).toEqual(['nodes.0.name', 'latency']);
    expect((await call('POST', '/v1/clusters', { token, body: '{' })).status).toBe(400);
    expect((await call('GET', '/v1/clusters')).status).toBe(401);
    expect((await call('GET', '/v1/nothing', { token })).status).toBe(404);
    expect((await call('POST', '/v1/clusters/x/fork', { token })).status).toBe(501);
  });

  it('lists in pages', async () => {
    const token = await makeAccount();
    const made = [];
    for (let count = 0; count < 3; count += 1) made.push((await makeCluster(token)).id);
    const first = (await (await call('GET', '/v1/clusters?limit=2', { token })).json()) as {
      items: { id: string }[];
      nextCursor: string;
    };
    const second = (await (
      await call('GET', `/v1/clusters?limit=2&cursor=${first.nextCursor}`, { token })
    ).json()) as typeof first;
    expect([...first.items, ...second.items].map(({ id }) => id)).toEqual(made);
    expect(second.nextCursor).toBeUndefined();
  });

  it('deletes a cluster with everything in it', async () => {
    const key = await makeAccount();
    const { id, path } = await makeCluster(key);
    const token = await makeToken(key, id);
    expect((await call('DELETE', `/v1/clusters/${id}`, { token: key })).status).toBe(204);
    expect((await call('GET', `/v1/clusters/${id}`, { token: key })).status).toBe(404);
    expect((await call('GET', `${path}/api/v1/nodes`, { token })).status).toBe(404);
  });

  it('lets a read-only key read', async () => {
    const key = await makeAccount();
    const made = await call('POST', '/v1/api-keys', {
      token: key,
      body: { name: 'ci', scopes: ['clusters:read'] },
    });
    const { key: reader } = (await made.json()) as { key: string };
    expect((await call('GET', '/v1/clusters', { token: reader })).status).toBe(200);
    expect((await call('POST', '/v1/clusters', { token: reader, body: {} })).status).toBe(403);
  });
});

describe('clock', () => {
  it('is read, paused, paced and advanced', async () => {
    const token = await makeAccount();
    const { id } = await makeCluster(token);
    const path = `/v1/clusters/${id}/clock`;
    const read = async (answer: Promise<Response>) =>
      (await (await answer).json()) as { now: string; paused: boolean; rate: number };
    expect(await read(call('GET', path, { token }))).toMatchObject({ paused: false, rate: 1 });
    const before = await read(call('PATCH', path, { token, body: { paused: true } }));
    expect(before).toMatchObject({ paused: true });
    const advanced = await read(call('POST', `${path}/advance`, { token, body: { seconds: 3600 } }));
    expect(Date.parse(advanced.now) - Date.parse(before.now)).toBe(3_600_000);
    expect((await read(call('GET', path, { token }))).now).toBe(advanced.now);
    expect((await call('PATCH', path, { token, body: { rate: -1 } })).status).toBe(400);
    const year = 365 * 86_400_000;
    const until = (ms: number) =>
      call('POST', `${path}/advance`, {
        token,
        body: { until: new Date(Date.parse(advanced.now) + ms).toISOString() },
      });
    const refused = await until(year + 2000);
    expect([refused.status, await refused.json()]).toMatchObject([400, { errors: [{ path: 'until' }] }]);
    expect(
      (await call('POST', `${path}/advance`, { token, body: { until: '9999-12-31T00:00:00Z' } })).status,
    ).toBe(400);
    expect((await until(60_000)).status).toBe(200);
    expect((await until(0)).status).toBe(200);
    expect((await call('GET', path)).status).toBe(401);
  });
});

describe('large answers', () => {
  it('arrive whole, compressed for clients that take it', async () => {
    const token = await makeAccount();
    const { path } = await makeCluster(token);
    const text = 'x'.repeat(900_000);
    for (let index = 0; index < 11; index += 1) {
      const body = {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: `big-${index}` },
        data: { text },
      };
      expect((await call('POST', path + CONFIG_MAPS, { token, body })).status).toBe(201);
    }
    for (const encoding of ['identity', 'gzip']) {
      const headers = { 'accept-encoding': encoding };
      const answer = await call('GET', path + CONFIG_MAPS, { token, headers });
      const { items } = (await answer.json()) as { items: { data: Record<string, string> }[] };
      expect(items.filter(({ data }) => data['text'] === text)).toHaveLength(11);
    }
  });
});
