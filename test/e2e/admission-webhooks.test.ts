/** Admission webhooks called for real: a server with TLS on this machine, the way out opened by the environment. */

import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureCertificates, openHome } from '../../scripts/local/home.ts';
import { makeCluster, type TestCluster } from './support/cluster.ts';
import { call, freePort, makeHome, type RunningServer, removeHome, startServer } from './support/server.ts';

interface Review {
  readonly request: {
    readonly uid: string;
    readonly name?: string;
    readonly object: { readonly metadata: { readonly labels?: Readonly<Record<string, string>> } } | null;
  };
}

const answerTo = (path: string, { request }: Review): object => {
  const { uid, object } = request;
  if (path === '/inject') {
    const patch = [{ op: 'add', path: '/metadata/annotations', value: { injected: 'yes' } }];
    return {
      uid,
      allowed: true,
      patchType: 'JSONPatch',
      patch: Buffer.from(JSON.stringify(patch)).toString('base64'),
      warnings: ['an annotation was added'],
    };
  }
  const allowed = object?.metadata.labels?.['owner'] !== undefined;
  return { uid, allowed, ...(allowed ? {} : { status: { code: 403, message: 'every pod needs an owner' } }) };
};

const home = makeHome();
let hooks: Server;
let server: RunningServer;
let cluster: TestCluster;
const heard: string[] = [];

const listen = (): Promise<number> => {
  hooks = createServer(
    { key: readFileSync(join(home, 'tls.key')), cert: readFileSync(join(home, 'tls.crt')) },
    (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const path = new URL(request.url ?? '/', 'https://host').pathname;
        heard.push(`${request.method} ${request.url}`);
        const review = JSON.parse(Buffer.concat(chunks).toString()) as Review;
        response.setHeader('content-type', 'application/json');
        response.end(
          JSON.stringify({
            apiVersion: 'admission.k8s.io/v1',
            kind: 'AdmissionReview',
            response: answerTo(path, review),
          }),
        );
      });
    },
  );
  return new Promise((resolve) => {
    hooks.listen(0, '127.0.0.1', () => resolve((hooks.address() as AddressInfo).port));
  });
};

const configure = async (kind: 'Mutating' | 'Validating', name: string, url: string): Promise<void> => {
  const body = {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: `${kind}WebhookConfiguration`,
    metadata: { name },
    webhooks: [
      {
        name: `${name}.example.com`,
        clientConfig: { url },
        rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] }],
        namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'default' } },
        admissionReviewVersions: ['v1'],
        sideEffects: 'None',
        timeoutSeconds: 5,
      },
    ],
  };
  const path = `${cluster.path}/apis/admissionregistration.k8s.io/v1/${kind.toLowerCase()}webhookconfigurations`;
  expect((await call(server, 'POST', path, { body })).status).toBe(201);
};

const podsPath = (): string => `${cluster.path}/api/v1/namespaces/default/pods`;

const pod = (name: string, labels: object) => ({
  metadata: { name, labels },
  spec: { containers: [{ name: 'main', image: 'nginx' }] },
});

beforeAll(async () => {
  ensureCertificates(openHome(home), new Date());
  const hooksPort = await listen();
  server = await startServer(home, await freePort(), {
    KUBICLE_WEBHOOK_HOSTS: '127.0.0.1',
    KUBICLE_WEBHOOK_CA: join(home, 'ca.crt'),
  });
  cluster = await makeCluster(server);
  await configure('Mutating', 'inject', `https://127.0.0.1:${hooksPort}/inject`);
  await configure('Validating', 'judge', `https://127.0.0.1:${hooksPort}/judge`);
});

afterAll(async () => {
  await server?.stop('SIGKILL');
  hooks?.close();
  removeHome(home);
});

describe('admission webhooks', () => {
  it('change and judge what clients write', async () => {
    const refused = await call(server, 'POST', podsPath(), { body: pod('nobodys', {}) });
    expect(refused.json()).toMatchObject({
      code: 403,
      message: 'admission webhook "judge.example.com" denied the request: every pod needs an owner',
    });
    const made = await call(server, 'POST', podsPath(), { body: pod('mine', { owner: 'me' }) });
    expect(made.status).toBe(201);
    expect(made.headers['warning']).toBe('299 - "an annotation was added"');
    expect(made.json()).toMatchObject({ metadata: { annotations: { injected: 'yes' } } });
    expect(heard).toContain('POST /judge?timeout=5s');
  });

  it('judge what controllers write', async () => {
    const template = (labels: object) => ({
      metadata: { labels },
      spec: { containers: [{ name: 'main', image: 'nginx' }] },
    });
    const labels = { app: 'web', owner: 'me' };
    const deployments = `${cluster.path}/apis/apps/v1/namespaces/default/deployments`;
    const made = await call(server, 'POST', deployments, {
      body: {
        metadata: { name: 'web' },
        spec: { replicas: 2, selector: { matchLabels: { app: 'web' } }, template: template(labels) },
      },
    });
    expect(made.status).toBe(201);
    await expect
      .poll(
        async () => {
          const { items } = (await call(server, 'GET', `${podsPath()}?labelSelector=app%3Dweb`)).json<{
            items: readonly { readonly metadata: { readonly annotations?: object } }[];
          }>();
          return items.map(({ metadata }) => metadata.annotations);
        },
        { timeout: 20_000, interval: 200 },
      )
      .toEqual([{ injected: 'yes' }, { injected: 'yes' }]);
  });

  it('go nowhere but to the hosts that are open', async () => {
    await configure('Validating', 'away', 'https://localhost:1/away');
    const refused = await call(server, 'POST', podsPath(), { body: pod('other', { owner: 'me' }) });
    expect(refused.json<{ message: string }>().message).toContain('dial tcp: lookup localhost: no such host');
  });
});
