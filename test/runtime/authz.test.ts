/** The audit log and the questions about access through the front, in the runtime. */

import { beforeAll, describe, expect, it } from 'vitest';
import { call, makeAccount, makeCluster, makeToken, migrate } from './front.ts';

let key = '';
let id = '';
let path = '';

const get = async (where: string, headers: Record<string, string> = {}): Promise<Response> =>
  call('GET', `/v1/clusters/${id}${where}`, { token: key, headers });

const json = async <Value>(where: string): Promise<Value> => {
  const answer = await get(where);
  if (answer.status !== 200) throw new Error(`${where}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as Value;
};

/** The runtime warns about `text()` of what it does not take for text. */
const bodyOf = async (answer: Response): Promise<string> =>
  new TextDecoder().decode(await answer.arrayBuffer());

beforeAll(async () => {
  await migrate();
  key = await makeAccount();
  ({ id, path } = await makeCluster(key, { nodes: 0 }));
});

describe('the audit log through the front', () => {
  it('has a request at once, with its id, its sender and its place', async () => {
    const dev = await makeToken(key, id, { user: 'dev', groups: ['team'] });
    const refused = await call('GET', `${path}/api/v1/namespaces/default/secrets`, {
      token: dev,
      headers: { 'user-agent': 'tester', authorization: `Bearer ${dev}` },
    });
    expect(refused.status).toBe(403);
    const { items } = await json<{ items: Record<string, unknown>[] }>('/audit?user=dev&decision=forbid');
    expect(items[0]).toMatchObject({
      auditID: refused.headers.get('audit-id'),
      user: { username: 'dev', groups: expect.arrayContaining(['team']) },
      userAgent: 'tester',
      sourceIPs: [expect.any(String)],
      objectRef: { resource: 'secrets', namespace: 'default' },
    });
    const explained = await json<Record<string, unknown>>(
      `/authz/explain?auditId=${refused.headers.get('audit-id')}`,
    );
    expect(explained).toMatchObject({ decision: 'deny', user: 'dev', recorded: { code: 403 } });
  });

  it('is paged by cursor', async () => {
    for (let index = 0; index < 5; index += 1) {
      await call('GET', `${path}/api/v1/namespaces/n-${index}`, { token: key });
    }
    const first = await json<{ items: unknown[]; nextCursor: string }>('/audit?resource=namespaces&limit=3');
    expect(first.items).toHaveLength(3);
    const rest = await json<{ items: unknown[]; nextCursor?: string }>(
      `/audit?resource=namespaces&limit=3&cursor=${first.nextCursor}`,
    );
    expect([rest.items.length, rest.nextCursor]).toEqual([2, undefined]);
  });

  it('keeps a policy, and refuses one that is wrong', async () => {
    const url = `/v1/clusters/${id}/audit/policy`;
    const policy = { apiVersion: 'audit.k8s.io/v1', kind: 'Policy', rules: [{ level: 'None' }] };
    expect((await call('PUT', url, { token: key, body: policy })).status).toBe(200);
    await call('GET', `${path}/api/v1/namespaces/unseen`, { token: key });
    expect((await json<{ items: unknown[] }>('/audit?name=unseen')).items).toEqual([]);
    const yaml = await get('/audit/policy', { accept: 'application/yaml' });
    expect(await bodyOf(yaml)).toContain('level: None');
    const wrong = { ...policy, rules: [{ level: 'Everything' }] };
    expect((await call('PUT', url, { token: key, body: wrong })).status).toBe(400);
    expect((await call('DELETE', url, { token: key })).status).toBe(200);
    await call('GET', `${path}/api/v1/namespaces/seen`, { token: key });
    expect((await json<{ items: unknown[] }>('/audit?name=seen')).items).toHaveLength(1);
  });
});

describe('questions about access through the front', () => {
  it.each([
    '/authz/who-can?verb=get&resource=pods&namespace=default',
    '/authz/matrix?user=dev',
    '/authz/diff',
    '/authz/least-privilege?user=dev',
    '/authz/explain?user=dev&verb=get&path=/metrics',
    '/authz/settings',
    '/authz/pod-security',
  ])('%s is answered', async (where) => {
    expect((await get(where)).status).toBe(200);
  });

  it.each([
    '/audit?limit=0',
    '/audit?limit=1001',
    '/audit?since=yesterday',
    '/audit?code=99',
    '/audit?cursor=x',
    '/audit?decision=maybe',
    '/authz/explain?user=dev',
    '/authz/explain?user=dev&verb=get',
    '/authz/explain?user=dev&verb=get&resource=pods&path=/x',
    '/authz/who-can?verb=get',
    '/authz/matrix',
    '/authz/diff?from=-1',
    '/authz/diff?to=999999',
    '/authz/least-privilege',
    '/authz/least-privilege?user=dev&name=No_Name',
  ])('%s is a problem', async (where) => {
    const answer = await get(where);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([400, 'application/problem+json']);
  });

  it('an id nobody has is not found', async () => {
    expect((await get('/authz/explain?auditId=none')).status).toBe(404);
  });

  it('roles come as YAML', async () => {
    await call('POST', `${path}/api/v1/namespaces/default/configmaps`, {
      token: key,
      body: { metadata: { name: 'made' } },
    });
    const { items } = await json<{ items: { user: { username: string } }[] }>('/audit?name=made');
    const user = encodeURIComponent(items[0]?.user.username ?? '');
    const answer = await get(`/authz/least-privilege?user=${user}&name=mine`, { accept: 'application/yaml' });
    expect(answer.headers.get('content-type')).toContain('yaml');
    expect(await bodyOf(answer)).toContain('name: mine');
  });

  it('denials can carry their id', async () => {
    const token = await makeToken(key, id, { user: 'dev' });
    const refused = async (headers = {}) =>
      call('GET', `${path}/api/v1/nodes`, { token, headers }).then(
        async (answer) => ((await answer.json()) as { details: { uid?: string } }).details.uid,
      );
    expect(await refused()).toBeUndefined();
    expect(await refused({ 'kubicle-explain': 'true' })).toMatch(/^[0-9a-f-]{36}$/);
    const url = `/v1/clusters/${id}/authz/settings`;
    expect((await call('PUT', url, { token: key, body: { denialIds: true } })).status).toBe(200);
    expect(await refused()).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('default roles are repaired, and Pod Security is configured', async () => {
    const role = `${path}/apis/rbac.authorization.k8s.io/v1/clusterroles/system:discovery`;
    expect((await call('DELETE', role, { token: key })).status).toBe(200);
    const repaired = await call('POST', `/v1/clusters/${id}/authz/reconcile`, { token: key });
    expect(await repaired.json()).toEqual({ changed: [{ kind: 'ClusterRole', name: 'system:discovery' }] });
    expect((await call('GET', role, { token: key })).status).toBe(200);
    const url = `/v1/clusters/${id}/authz/pod-security`;
    const body = {
      apiVersion: 'pod-security.admission.config.k8s.io/v1',
      kind: 'PodSecurityConfiguration',
      defaults: { enforce: 'baseline' },
    };
    expect((await call('PUT', url, { token: key, body })).status).toBe(200);
    expect(
      (await call('PUT', url, { token: key, body: { ...body, defaults: { enforce: 'no' } } })).status,
    ).toBe(400);
    expect((await call('DELETE', url, { token: key })).status).toBe(200);
  });
});
