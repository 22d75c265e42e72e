/** What upstream's conformance tests ask of kubectl, by their names. */

import { request } from 'node:http';
import { join } from 'node:path';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { makeCluster, type TestCluster } from './support/cluster.ts';
import { findKubectls, makeRunner, type Runner } from './support/kubectl.ts';
import { deployment } from './support/manifests.ts';
import { call } from './support/server.ts';

const server = inject('server');

const get = (options: { readonly port?: number; readonly socketPath?: string }): Promise<string> =>
  new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', ...options, path: '/api/' }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => {
        text += chunk.toString();
      });
      response.on('end', () => resolve(text));
    });
    sent.once('error', reject);
    sent.end();
  });

describe('kubectl', () => {
  let k: Runner;
  let cluster: TestCluster;

  beforeAll(async () => {
    const kubectl = findKubectls().at(-1);
    if (kubectl === undefined) throw new Error('no kubectl');
    cluster = await makeCluster(server);
    k = makeRunner(kubectl, await cluster.kubeconfig());
  });

  it('[sig-cli] Kubectl client Kubectl api-versions should check if v1 is in available api versions', async () => {
    expect((await k.ok('api-versions')).split('\n')).toContain('v1');
  });

  it('[sig-cli] Kubectl client Kubectl cluster-info should check if Kubernetes control plane services is included in cluster-info', async () => {
    expect(await k.ok('cluster-info')).toMatch(/Kubernetes control plane.*is running at/);
  });

  it('[sig-cli] Kubectl client Kubectl version should check is all data is printed', async () => {
    expect(await k.ok('version')).toMatch(/Client Version: v[\s\S]*Server Version: v1\.36/);
  });

  it('[sig-cli] Kubectl client Kubectl diff should check if kubectl diff finds a difference for Deployments', async () => {
    await k.run(['apply', '-f', '-'], { input: deployment('diffed', 0) });
    const { code, stdout } = await k.run(['diff', '-f', '-'], {
      input: deployment('diffed', 0).replace(/replicas: 0/, 'replicas: 1'),
    });
    expect(code).toBe(1);
    expect(stdout).toMatch(/^- {2}replicas: 0\n\+ {2}replicas: 1$/m);
  });

  it('[sig-cli] Kubectl client Proxy server should support proxy with --port 0', async () => {
    const proxy = k.start('proxy', '--port=0', '--disable-filter=true');
    await expect.poll(() => proxy.output()).toMatch(/Starting to serve on 127.0.0.1:\d+/);
    const port = Number(/:(\d+)/.exec(proxy.output())?.[1]);
    expect(JSON.parse(await get({ port }))).toMatchObject({ versions: ['v1'] });
    proxy.stop();
    await proxy.ended;
  });

  it('[sig-cli] Kubectl client Proxy server should support --unix-socket=/path', async () => {
    const socketPath = join(server.home, `proxy-${process.pid}.sock`);
    const proxy = k.start('proxy', `--unix-socket=${socketPath}`);
    await expect.poll(() => proxy.output()).toContain('Starting to serve on');
    expect(JSON.parse(await get({ socketPath }))).toMatchObject({ versions: ['v1'] });
    proxy.stop();
    await proxy.ended;
  });

  it('[sig-auth] ServiceAccounts should create a serviceAccountToken and ensure a successful TokenReview', async () => {
    await k.ok('create', 'serviceaccount', 'e2e');
    const token = (await k.ok('create', 'token', 'e2e')).trim();
    const path = `${cluster.path}/apis/authentication.k8s.io/v1/tokenreviews`;
    const reviewed = await call(server, 'POST', path, { body: { spec: { token } } });
    expect(reviewed.json()).toMatchObject({
      status: { authenticated: true, user: { username: 'system:serviceaccount:default:e2e' } },
    });
  });
});
