/** Tokens of users and service accounts, and the keys behind them, as a client of the front meets them. */

import { createRemoteJWKSet, customFetch, jwtVerify } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import { call, makeAccount, makeCluster, makeToken, migrate, readLines } from './front.ts';

beforeAll(migrate);

const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';
const WHOAMI = '/apis/authentication.k8s.io/v1/selfsubjectreviews';
const REVIEW = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };

interface Cluster {
  readonly key: string;
  readonly id: string;
  readonly path: string;
}

const newCluster = async (): Promise<Cluster> => {
  const key = await makeAccount();
  return { key, ...(await makeCluster(key)) };
};

const json = async <Type>(answer: Response): Promise<Type> => (await answer.json()) as Type;

const userOf = async ({ path }: Cluster, token: string): Promise<unknown> => {
  const answer = await call('POST', path + WHOAMI, { token, body: REVIEW });
  return (await json<{ status: { userInfo: unknown } }>(answer)).status.userInfo;
};

const statusOf = async ({ path }: Cluster, token: string): Promise<number> =>
  (await call('POST', path + WHOAMI, { token, body: REVIEW })).status;

interface Minted {
  readonly id: string;
  readonly token: string;
}

const mint = async ({ key, id }: Cluster, body: unknown): Promise<Minted> => {
  const answer = await call('POST', `/v1/clusters/${id}/tokens`, { token: key, body });
  expect(answer.status).toBe(201);
  return json<Minted>(answer);
};

const revoke = async ({ key, id }: Cluster, token: string): Promise<number> =>
  (await call('DELETE', `/v1/clusters/${id}/tokens/${token}`, { token: key })).status;

const requestToken = async ({ key, path }: Cluster, spec: object = {}): Promise<string> => {
  const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec };
  const answer = await call('POST', `${path}/api/v1/namespaces/default/serviceaccounts/default/token`, {
    token: key,
    body,
  });
  return (await json<{ status: { token: string } }>(answer)).status.token;
};

describe('a user token', () => {
  it('speaks for its user in every detail, and is listed without itself', async () => {
    const cluster = await newCluster();
    const wanted = { user: 'jane', groups: ['dev'], uid: '42', extra: { team: ['a', 'b'] }, name: 'laptop' };
    const { id, token } = await mint(cluster, wanted);
    expect(await userOf(cluster, token)).toEqual({
      username: 'jane',
      uid: '42',
      groups: ['dev', 'system:authenticated'],
      extra: { team: ['a', 'b'] },
    });
    const listed = await call('GET', `/v1/clusters/${cluster.id}/tokens`, { token: cluster.key });
    const text = await listed.text();
    expect(text).not.toContain(token);
    const { items } = JSON.parse(text) as { items: { id: string; name: string; user: string }[] };
    expect(items.find((item) => item.id === id)).toMatchObject({ name: 'laptop', user: 'jane', uid: '42' });
  });

  it('is refused from the request after its revocation on; others are not', async () => {
    const cluster = await newCluster();
    const one = await mint(cluster, { user: 'jane' });
    const other = await mint(cluster, { user: 'jane' });
    const kubeconfig = await makeToken(cluster.key, cluster.id);
    for (const token of [one.token, other.token, kubeconfig])
      expect(await statusOf(cluster, token)).toBe(201);
    expect(await revoke(cluster, one.id)).toBe(204);
    expect(await statusOf(cluster, one.token)).toBe(401);
    expect(await statusOf(cluster, other.token)).toBe(201);
    expect(await statusOf(cluster, kubeconfig)).toBe(201);
    expect(await revoke(cluster, one.id)).toBe(404);
  });

  it('takes its watches with it', async () => {
    const cluster = await newCluster();
    const { id, token } = await mint(cluster, { user: 'root', groups: ['system:masters'] });
    const other = await mint(cluster, { user: 'root', groups: ['system:masters'] });
    const watch = (bearer: string) =>
      call('GET', `${cluster.path}${CONFIG_MAPS}?watch=true`, { token: bearer });
    const [ended, going] = [readLines(await watch(token)), readLines(await watch(other.token))];
    expect(await ended.next()).toContain('kube-root-ca.crt');
    expect(await going.next()).toContain('kube-root-ca.crt');
    await revoke(cluster, id);
    expect(await ended.next()).toBeUndefined();
    const made = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'after' } };
    await call('POST', cluster.path + CONFIG_MAPS, { token: cluster.key, body: made });
    expect(await going.next()).toContain('after');
    await going.cancel();
  });

  it('is nobody’s business but the cluster’s administrators’', async () => {
    const cluster = await newCluster();
    const { id, token } = await mint(cluster, { user: 'jane' });
    const stranger = await makeAccount();
    const routes = [
      ['GET', 'tokens'],
      ['POST', 'tokens'],
      ['DELETE', `tokens/${id}`],
      ['POST', 'signing-keys'],
    ] as const;
    for (const [method, route] of routes) {
      const path = `/v1/clusters/${cluster.id}/${route}`;
      const options = method === 'POST' ? { body: { user: 'x' } } : {};
      expect((await call(method, path, { ...options, token: stranger })).status, route).not.toBeLessThan(400);
      expect((await call(method, path, { ...options, token })).status, route).toBe(401);
      expect((await call(method, path, options)).status, route).toBe(401);
    }
    expect(await statusOf(cluster, token)).toBe(201);
  });
});

describe('a service account token', () => {
  it('is accepted by somebody else’s verifier, which finds the keys by the issuer', async () => {
    const cluster = await newCluster();
    const token = await requestToken(cluster, { audiences: ['vault'] });
    const subject = { kind: 'Group', name: 'system:unauthenticated', apiGroup: 'rbac.authorization.k8s.io' };
    const binding = {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name: 'public-issuer' },
      roleRef: {
        apiGroup: 'rbac.authorization.k8s.io',
        kind: 'ClusterRole',
        name: 'system:service-account-issuer-discovery',
      },
      subjects: [subject],
    };
    const discovery = `${cluster.path}/.well-known/openid-configuration`;
    expect((await call('GET', discovery)).status).toBe(403);
    const path = `${cluster.path}/apis/rbac.authorization.k8s.io/v1/clusterrolebindings`;
    expect((await call('POST', path, { token: cluster.key, body: binding })).status).toBe(201);
    const found = await json<{ issuer: string; jwks_uri: string }>(await call('GET', discovery));
    expect(found.issuer).toBe(`https://kubicle.test${cluster.path}`);
    const fetchHere = (url: string) => call('GET', new URL(url).pathname);
    const keys = createRemoteJWKSet(new URL(found.jwks_uri), { [customFetch]: fetchHere });
    const { payload } = await jwtVerify(token, keys, { issuer: found.issuer, audience: 'vault' });
    expect(payload.sub).toBe('system:serviceaccount:default:default');
    await expect(jwtVerify(token, keys, { audience: 'other' })).rejects.toThrow('aud');
    const other = await newCluster();
    await expect(jwtVerify(await requestToken(other), keys)).rejects.toThrow();
  });

  it('survives a new key, and not that the old ones are forgotten', async () => {
    const cluster = await newCluster();
    const keysPath = `/v1/clusters/${cluster.id}/signing-keys`;
    const old = await requestToken(cluster);
    expect(await statusOf(cluster, old)).toBe(201);
    const rotate = async (body: unknown) =>
      (await json<{ keys: unknown[] }>(await call('POST', keysPath, { token: cluster.key, body }))).keys;
    expect(await rotate({})).toHaveLength(2);
    const next = await requestToken(cluster);
    expect([await statusOf(cluster, old), await statusOf(cluster, next)]).toEqual([201, 201]);
    expect(await rotate({ forget: true })).toHaveLength(1);
    expect([await statusOf(cluster, old), await statusOf(cluster, next)]).toEqual([401, 401]);
    expect(await statusOf(cluster, await requestToken(cluster))).toBe(201);
    expect((await json<{ keys: unknown[] }>(await call('GET', keysPath))).keys).toHaveLength(1);
  });

  it('of another cluster is refused, also when that one is called', async () => {
    const [one, other] = [await newCluster(), await newCluster()];
    const token = await requestToken(one);
    expect([await statusOf(one, token), await statusOf(other, token)]).toEqual([201, 401]);
    expect((await call('GET', '/api', { token })).status).toBe(200);
  });

  it('is known to token reviews, with its audiences', async () => {
    const cluster = await newCluster();
    const review = async (token: string, audiences?: string[]) => {
      const body = {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenReview',
        spec: { token, audiences },
      };
      const path = `${cluster.path}/apis/authentication.k8s.io/v1/tokenreviews`;
      const answer = await call('POST', path, { token: cluster.key, body });
      return (await json<{ status: Record<string, unknown> }>(answer)).status;
    };
    const vault = await requestToken(cluster, { audiences: ['vault', 'other'] });
    expect(await review(vault, ['vault', 'third'])).toMatchObject({
      authenticated: true,
      audiences: ['vault'],
    });
    expect((await review(vault))['authenticated']).toBeUndefined();
    const jane = await mint(cluster, { user: 'jane', groups: ['dev'] });
    const audiences = [`https://kubicle.test${cluster.path}`];
    const user = { username: 'jane' };
    expect(await review(jane.token)).toMatchObject({ authenticated: true, user, audiences });
    expect((await review(jane.token, ['vault']))['authenticated']).toBeUndefined();
    await revoke(cluster, jane.id);
    expect((await review(jane.token))['authenticated']).toBeUndefined();
    expect((await review(await requestToken(await newCluster())))['authenticated']).toBeUndefined();
    expect((await review('a.b.c'))['authenticated']).toBeUndefined();
  });
});

describe('a kubeconfig', () => {
  it('is for the owner, a user, a service account or a pod, but for one of them', async () => {
    const cluster = await newCluster();
    const kubeconfigs = `/v1/clusters/${cluster.id}/kubeconfigs`;
    const as = async (wanted: unknown) =>
      ((await userOf(cluster, await makeToken(cluster.key, cluster.id, wanted))) as { username: string })
        .username;
    expect(await as({})).toBe('kubernetes-admin');
    expect(await as({ user: 'jane', extra: { a: ['b'] } })).toBe('jane');
    const account = { namespace: 'default', name: 'default' };
    expect(await as({ serviceAccount: account })).toBe('system:serviceaccount:default:default');
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'p' },
      spec: { containers: [{ name: 'c', image: 'nginx' }] },
    };
    const pods = `${cluster.path}/api/v1/namespaces/default/pods`;
    expect((await call('POST', pods, { token: cluster.key, body: pod })).status).toBe(201);
    const wanted = { pod: { namespace: 'default', name: 'p' } };
    const token = await makeToken(cluster.key, cluster.id, wanted);
    expect(await userOf(cluster, token)).toMatchObject({
      username: 'system:serviceaccount:default:default',
      extra: { 'authentication.kubernetes.io/pod-name': ['p'] },
    });
    const gone = `${pods}/p?gracePeriodSeconds=0`;
    expect((await call('DELETE', gone, { token: cluster.key })).status).toBe(200);
    expect(await statusOf(cluster, token)).toBe(401);
    expect((await call('POST', kubeconfigs, { token: cluster.key, body: wanted })).status).toBe(404);
    const both = { ...wanted, user: 'jane' };
    expect((await call('POST', kubeconfigs, { token: cluster.key, body: both })).status).toBe(400);
    const nobody = { serviceAccount: { namespace: 'default', name: 'nobody' } };
    expect((await call('POST', kubeconfigs, { token: cluster.key, body: nobody })).status).toBe(404);
  });
});

describe('a token for a certificate', () => {
  it('is refused to whoever proves nothing', async () => {
    const { id } = await newCluster();
    const exchange = (of: string, body: unknown) =>
      call('POST', `/v1/clusters/${of}/certificate-tokens`, { body });
    expect((await exchange(id, { proof: 'a.b.c' })).status).toBe(401);
    expect((await exchange(id, {})).status).toBe(400);
    expect((await exchange(id, { proof: 'x'.repeat(40_000) })).status).toBe(400);
    expect((await exchange('cnothing', { proof: 'a.b.c' })).status).toBe(404);
    let answer = await exchange(id, { proof: 'a.b.c' });
    for (let attempt = 0; attempt < 60 && answer.status !== 429; attempt += 1)
      answer = await exchange(id, { proof: 'a.b.c' });
    expect([answer.status, Number(answer.headers.get('retry-after')) > 0]).toEqual([429, true]);
  });
});
