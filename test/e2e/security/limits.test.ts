/** A tenant at its limits gets the documented refusals, and goes on when there is room again. */

import { readFileSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { join } from 'node:path';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { findKubectls, makeRunner } from '../support/kubectl.ts';
import { setPlan } from '../support/operator.ts';
import { type Answer, call } from '../support/server.ts';
import { makeTenant, type Tenant } from '../support/tenant.ts';

const server = inject('server');

interface Usage {
  readonly pods: number;
  readonly watches: number;
  readonly refusedRequests: number;
  readonly limits: { readonly pods: number; readonly requestsPerSecond: number; readonly watches: number };
}

describe('limits', () => {
  let tenant: Tenant;
  beforeAll(async () => {
    tenant = await makeTenant(server);
    expect((await setPlan(server, tenant.email, 'free')).json()).toMatchObject({ plan: 'free', clusters: 1 });
  });

  const own = (method: string, path: string, body?: unknown) =>
    call(server, method, path, { token: tenant.apiKey, ...(body === undefined ? {} : { body }) });
  const usage = async (): Promise<Usage> =>
    (await own('GET', `/v1/clusters/${tenant.clusterId}/usage`)).json<Usage>();

  it('are those of the plan, and shown with what is used of them', async () => {
    expect((await own('GET', '/v1/usage')).json()).toMatchObject({
      plan: 'free',
      counts: { clusters: { used: 1, limit: 5 }, apiKeys: { used: 1, limit: 10 } },
      clusterTtlSeconds: { default: 86_400, maximum: 604_800 },
      cluster: { pods: 500, requestsPerSecond: 50 },
    });
    expect((await usage()).limits).toMatchObject({ pods: 500, watches: 100, requestsPerSecond: 50 });
  });

  it('of numbers are exact when requests race for the last place', async () => {
    const made = await Promise.all(
      Array.from({ length: 8 }, () => own('POST', '/v1/clusters', { nodes: 0 })),
    );
    const codes = made.map(({ status }) => status).sort();
    expect(codes).toEqual([201, 201, 201, 201, 403, 403, 403, 403]);
    const refused = made.find(({ status }) => status === 403);
    expect(refused?.headers['content-type']).toBe('application/problem+json');
    expect(refused?.json()).toMatchObject({
      type: '/docs/problems/quota-exceeded',
      status: 403,
      detail: 'the plan allows at most 5 clusters',
    });
    for (const answer of made.filter(({ status }) => status === 201)) {
      const { id, expiresAt, createdAt } = answer.json<{
        id: string;
        expiresAt: string;
        createdAt: string;
      }>();
      expect(Date.parse(expiresAt) - Date.parse(createdAt)).toBe(86_400_000);
      expect((await own('DELETE', `/v1/clusters/${id}`)).status).toBe(204);
    }
    expect((await own('POST', '/v1/clusters', { nodes: 20 })).status).toBe(403);
    expect((await own('POST', '/v1/clusters', { ttlSeconds: 604_801 })).status).toBe(403);
  });

  it('of requests answer 429 as kubectl understands it, and end by themselves', async () => {
    const token = await tenant.token();
    const path = `${tenant.path}/api/v1/namespaces/default`;
    const answers: Answer[] = [];
    const began = performance.now();
    // On a machine too slow for more than the rate it takes longer until the burst is used up.
    const isRefused = () => answers.some(({ status }) => status === 429);
    for (let batch = 0; batch < 20 || (batch < 200 && !isRefused()); batch += 1) {
      const some = Array.from({ length: 30 }, () => call(server, 'GET', path, { token }));
      answers.push(...(await Promise.all(some)));
    }
    const seconds = (performance.now() - began) / 1000;
    const served = answers.filter(({ status }) => status === 200).length;
    const refused = answers.find(({ status }) => status === 429);
    expect(served).toBeGreaterThanOrEqual(150);
    // The burst, what flows in meanwhile, and nothing more.
    expect(served).toBeLessThanOrEqual(200 + Math.ceil(50 * (seconds + 1)));
    expect(refused?.headers['retry-after']).toBe('1');
    expect(refused?.json()).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: 'the server has received too many requests and has asked us to try again later',
      reason: 'TooManyRequests',
      details: { retryAfterSeconds: 1 },
      code: 429,
    });
    const [kubectl] = findKubectls().slice(-1);
    if (kubectl === undefined) return;
    const made = await own('POST', `/v1/clusters/${tenant.clusterId}/kubeconfigs`, {});
    const file = join(server.home, `limited-${process.pid}.yaml`);
    writeFileSync(file, made.text, { mode: 0o600 });
    expect(await makeRunner(kubectl, file).ok('get', 'nodes')).toContain('control-plane');
  });

  it('of watches refuse one more, and let it in when one has ended', async () => {
    const before = await usage();
    const controllers: AbortController[] = [];
    const ca = readFileSync(join(server.home, 'ca.crt'));
    const agent = new Agent({ ca, keepAlive: false });
    const watch = (): Promise<number> =>
      new Promise((resolve, reject) => {
        const controller = new AbortController();
        const sent = request(
          `${server.url}${tenant.path}/api/v1/configmaps?watch=1`,
          { agent, signal: controller.signal, headers: { authorization: `Bearer ${tenant.apiKey}` } },
          (response) => {
            if (response.statusCode === 200) controllers.push(controller);
            response.on('error', () => undefined);
            response.resume();
            resolve(response.statusCode ?? 0);
          },
        );
        sent.on('error', (error) => (controller.signal.aborted ? undefined : reject(error)));
        sent.end();
      });
    for (let open = before.watches; open < 100; ) {
      const code = await watch();
      if (code === 200) open += 1;
      else await expect.poll(async () => (await own('GET', `${tenant.path}/version`)).status).toBe(200);
    }
    expect((await usage()).watches).toBe(100);
    await expect.poll(async () => (await own('GET', `${tenant.path}/version`)).status).toBe(200);
    expect(await watch()).toBe(429);
    for (const controller of controllers) controller.abort();
  });

  it('of pods refuse as a quota does', { timeout: 200_000 }, async () => {
    const deployment = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'many' },
      spec: {
        replicas: 510,
        selector: { matchLabels: { app: 'many' } },
        template: {
          metadata: { labels: { app: 'many' } },
          spec: { containers: [{ name: 'a', image: 'nginx' }] },
        },
      },
    };
    const path = `${tenant.path}/apis/apps/v1/namespaces/default/deployments`;
    await expect
      .poll(async () => (await own('POST', path, deployment)).status, { timeout: 80_000 })
      .toBe(201);
    await own('POST', `/v1/clusters/${tenant.clusterId}/clock/advance`, { seconds: 120 });
    await expect.poll(async () => (await usage()).pods, { timeout: 80_000 }).toBe(500);
    const sets = `${tenant.path}/apis/apps/v1/namespaces/default/replicasets`;
    // On a busy machine five hundred pods are more than the plan's work for a minute: then it takes until the next.
    await expect
      .poll(async () => (await own('GET', sets)).text, { timeout: 80_000 })
      .toContain(
        'is forbidden: exceeded quota: kubicle-plan, requested: count/pods=1, used: count/pods=500, limited: count/pods=500',
      );
  });

  it('of time are kept: an expired cluster is gone, its data and its entry', async () => {
    const made = await own('POST', '/v1/clusters', { ttlSeconds: 8, nodes: 0 });
    const { id } = made.json<{ id: string }>();
    expect((await own('GET', `/clusters/${id}/version`)).status).toBe(200);
    await expect.poll(async () => (await own('GET', `/clusters/${id}/version`)).status).toBe(404);
    expect((await own('GET', `/v1/clusters/${id}`)).status).toBe(404);
    await expect
      .poll(() => readFileSync(join(server.home, 'server.log'), 'utf8'))
      .toContain(`"event":"cluster-expired","clusterId":"${id}"`);
  });

  it('of another tenant do not matter', async () => {
    const other = await makeTenant(server);
    const token = await other.token();
    const codes = new Set<number>();
    for (let round = 0; round < 100; round += 1) {
      const [flood, quiet] = await Promise.all([
        own('GET', `${tenant.path}/version`),
        call(server, 'GET', `${other.path}/version`, { token }),
      ]);
      expect([200, 429]).toContain(flood.status);
      codes.add(quiet.status);
    }
    expect(codes).toEqual(new Set([200]));
  });
});
