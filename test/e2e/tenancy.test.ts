/** Two tenants, two clusters, users with less than everything. */

import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { makeCluster, type TestCluster, tokenIn } from './support/cluster.ts';
import { findKubectls, makeRunner, type Runner } from './support/kubectl.ts';
import { call } from './support/server.ts';

const server = inject('server');
const [kubectl] = findKubectls().slice(-1);

const runner = (kubeconfig: string): Runner => {
  if (kubectl === undefined) throw new Error('no kubectl');
  return makeRunner(kubectl, kubeconfig);
};

/** Another tenant's API key. */
const makeStranger = async (): Promise<string> => {
  const body = { email: `stranger-${Date.now()}@example.com`, password: 'not so secret' };
  await call(server, 'POST', '/v1/accounts', { body, token: null });
  const session = await call(server, 'POST', '/v1/sessions', { body, token: null });
  const { token } = session.json<{ token: string }>();
  const made = await call(server, 'POST', '/v1/api-keys', { token, body: { name: 'stranger' } });
  return made.json<{ key: string }>().key;
};

describe('tenants', () => {
  let first: TestCluster;
  let second: TestCluster;
  beforeAll(async () => {
    first = await makeCluster(server, { name: 'first' });
    second = await makeCluster(server, { name: 'second' });
  });

  it('do not see into each other', async () => {
    const one = runner(await first.kubeconfig());
    const two = runner(await second.kubeconfig());
    await one.ok('create', 'namespace', 'only-in-first');
    expect((await two.run(['get', 'namespace', 'only-in-first'])).stderr).toContain('not found');
    const token = await makeStranger();
    expect((await call(server, 'GET', `${first.path}/api/v1/namespaces`, { token })).status).toBe(404);
    expect((await call(server, 'GET', `/v1/clusters/${first.id}`, { token })).status).toBe(404);
    const listed = (await call(server, 'GET', '/v1/clusters', { token })).json<{ items: unknown[] }>();
    expect(listed.items).toEqual([]);
  });

  it('get 401 for tokens that are wrong, expired or of another cluster', async () => {
    const foreign = tokenIn(readFileSync(await second.kubeconfig(), 'utf8'));
    for (const token of [foreign, `${foreign.slice(0, -4)}AAAA`, 'nonsense']) {
      const answer = await call(server, 'GET', `${first.path}/api/v1/namespaces`, { token });
      expect([answer.status, answer.json()['reason']]).toEqual([401, 'Unauthorized']);
    }
    const refused = await runner(await second.kubeconfig()).run([
      'get',
      'pods',
      `--server=${server.url}${first.path}`,
    ]);
    expect(refused.stderr).toContain('You must be logged in to the server');
  });

  it('may look only, when that is all they were given', async () => {
    const owner = runner(await first.kubeconfig());
    await owner.ok('create', 'clusterrolebinding', 'viewers', '--clusterrole=view', '--group=viewers');
    const viewer = runner(await first.kubeconfig({ user: 'vera', groups: ['viewers'] }));
    expect(await viewer.ok('auth', 'whoami')).toMatch(
      /Username +vera\nGroups +\[viewers system:authenticated\]/,
    );
    await viewer.ok('get', 'pods', '-A');
    const refused = await viewer.run(['create', 'configmap', 'x', '-n', 'default']);
    expect(refused.stderr).toBe(
      'error: failed to create configmap: configmaps is forbidden: User "vera" cannot create resource "configmaps" in API group "" in the namespace "default"\n',
    );
    expect((await viewer.run(['get', 'secrets'])).stderr).toBe(
      'Error from server (Forbidden): secrets is forbidden: User "vera" cannot list resource "secrets" in API group "" in the namespace "default"\n',
    );
  });

  it('may act as a service account', async () => {
    const owner = runner(await first.kubeconfig());
    await owner.ok('create', 'serviceaccount', 'robot');
    const kubeconfig = await first.kubeconfig({ serviceAccount: { namespace: 'default', name: 'robot' } });
    const robot = runner(kubeconfig);
    expect(await robot.ok('auth', 'whoami')).toContain('system:serviceaccount:default:robot');
    expect((await robot.run(['get', 'pods'])).stderr).toContain(
      'User "system:serviceaccount:default:robot" cannot list resource "pods"',
    );
    await owner.ok('delete', 'serviceaccount', 'robot');
    expect((await robot.run(['get', 'pods'])).stderr).toContain('You must be logged in to the server');
  });
});
