/** What a training company does in a day, with its own script: from signing up to results, and everything gone. */

import { createHmac } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findKubectls, makeRunner, type Runner } from './support/kubectl.ts';
import {
  type Answer,
  call,
  freePort,
  makeHome,
  type RunningServer,
  removeHome,
  startServer,
} from './support/server.ts';

interface Environment {
  readonly id: string;
  readonly clusterId: string;
  readonly learnerRef: string;
  readonly status: string;
  readonly grade: { readonly score: number; readonly passed: boolean } | null;
  readonly personas: readonly {
    readonly name: string;
    readonly user: string;
    readonly kubeconfigUrl: string;
  }[];
}

interface Delivery {
  readonly type: string;
  readonly data: { readonly id: string; readonly learnerRef: string };
}

const LEARNERS = 30;
const SOLVED = 15;
const WRECKED = 3;
const SECRET = 'a long text that only we and the platform know';

const [kubectl] = findKubectls().slice(-1);
const home = makeHome();
const heard: Delivery[] = [];
const unsigned: string[] = [];
let receiver: Server;
let server: RunningServer;
let key = '';
let organisationId = '';
const environments: Environment[] = [];

const isSigned = (header: string, body: string): boolean => {
  const [, time = '', signature = ''] = /^t=(\d+),v1=([0-9a-f]{64})/.exec(header) ?? [];
  return createHmac('sha256', SECRET).update(`${time}.${body}`).digest('hex') === signature;
};

const listen = (): Promise<number> => {
  receiver = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      if (isSigned(String(request.headers['kubicle-signature']), body))
        heard.push(JSON.parse(body) as Delivery);
      else unsigned.push(body);
      response.writeHead(204).end();
    });
  });
  return new Promise((resolve) => {
    receiver.listen(0, '127.0.0.1', () => resolve((receiver.address() as AddressInfo).port));
  });
};

const ask = async (
  status: number,
  method: string,
  path: string,
  options: {
    readonly body?: unknown;
    readonly token?: string | null;
    readonly headers?: Record<string, string>;
  } = {},
): Promise<Answer> => {
  const answer = await call(server, method, path, { token: key, ...options });
  if (answer.status !== status) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`);
  return answer;
};

/** Some at a time, as a careful script would. */
const forAll = async <Item>(items: readonly Item[], atOnce: number, work: (item: Item) => Promise<void>) => {
  const left = [...items];
  const worker = async (): Promise<void> => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
};

/** kubectl as a persona, with the kubeconfig the learner would download. */
const as = async (environment: Environment, persona: string): Promise<Runner> => {
  if (kubectl === undefined) throw new Error('no kubectl');
  const url = new URL(environment.personas.find(({ name }) => name === persona)?.kubeconfigUrl ?? '');
  const { text } = await ask(200, 'GET', url.pathname);
  const file = join(home, `${environment.id}-${persona}.yaml`);
  writeFileSync(file, text, { mode: 0o600 });
  return makeRunner(kubectl, file);
};

const developerOf = ({ personas }: Environment): string =>
  personas.find(({ name }) => name === 'developer')?.user ?? '';

const count = (type: string): number =>
  new Set(heard.filter((each) => each.type === type).map(({ data }) => data.id)).size;

beforeAll(async () => {
  const [port, hooks] = await Promise.all([freePort(), listen()]);
  server = await startServer(home, port, { KUBICLE_WEBHOOK_HOSTS: '127.0.0.1' });
  const credentials = { email: 'office@harbour.example', password: 'correct horse battery' };
  await ask(201, 'POST', '/v1/accounts', { token: null, body: credentials });
  const session = await ask(201, 'POST', '/v1/sessions', { token: null, body: credentials });
  const { token } = session.json<{ token: string }>();
  const organisation = await ask(201, 'POST', '/v1/organisations', {
    token,
    body: { name: 'Harbour Training' },
  });
  organisationId = organisation.json<{ id: string }>().id;
  const made = await ask(201, 'POST', '/v1/api-keys', { token, body: { name: 'courses' } });
  key = made.json<{ key: string }>().key;
  const url = `http://127.0.0.1:${hooks}/kubicle`;
  const body = { url, events: ['environment.*'], secret: SECRET, organisationId };
  await ask(201, 'POST', '/v1/webhooks', { body });
});

afterAll(async () => {
  await server?.stop();
  receiver?.close();
  removeHome(home);
});

describe('a training company', () => {
  it('publishes a template of its own, once it is right', async () => {
    const source = (await ask(200, 'GET', '/v1/templates/rbac-read-only-developer/source')).text.replace(
      /^name: .*/m,
      'name: harbour-first-role',
    );
    const headers = { 'content-type': 'application/yaml' };
    const path = `/v1/templates?organisation=${organisationId}`;
    const broken = source.replace(
      'verbs: [get, list, watch] }\n        - apiVersion',
      'verbs: [get] }\n        - apiVersion',
    );
    expect(broken).not.toBe(source);
    const refused = await ask(422, 'POST', path, { body: broken, headers });
    expect(refused.text).toMatch(/line \d+: solution: check \\"reads-pods\\" should pass but fails/);
    const published = await ask(201, 'POST', path, { body: source, headers });
    expect(published.json()).toMatchObject({ name: 'harbour-first-role', version: '1.0.0', points: 8 });
  });

  it('makes an environment for each of thirty learners, and loses none to a repeated call', async () => {
    const learners = Array.from({ length: LEARNERS }, (_, index) => `learner-${index + 1}`);
    await forAll(learners, 6, async (learnerRef) => {
      const body = { template: 'harbour-first-role', organisationId, learnerRef, ttlSeconds: 3600 };
      const headers = { 'idempotency-key': `course-7-${learnerRef}` };
      const made = await ask(201, 'POST', '/v1/environments', { body, headers });
      const again =
        learnerRef === 'learner-1' ? await ask(201, 'POST', '/v1/environments', { body, headers }) : made;
      expect(again.json<Environment>().id).toBe(made.json<Environment>().id);
      environments.push(made.json<Environment>());
    });
    const path = `/v1/environments?organisation=${organisationId}&limit=100`;
    const list = (await ask(200, 'GET', path)).json<{ items: Environment[] }>().items;
    expect(list.length).toBe(LEARNERS);
    environments.sort((one, other) => Number(one.learnerRef.slice(8)) - Number(other.learnerRef.slice(8)));
  });

  it('sees half of them solved and some wrecked with kubectl', async () => {
    await forAll(environments.slice(0, SOLVED), 3, async (environment) => {
      const [admin, developer] = [await as(environment, 'admin'), await as(environment, 'developer')];
      const denied = await developer.run(['get', 'pods']);
      expect(denied.stderr).toContain(`User "${developerOf(environment)}" cannot list resource "pods"`);
      await admin.ok('create', 'role', 'reader', '--verb=get,list,watch', '--resource=pods,pods/log');
      await admin.ok(
        'create',
        'rolebinding',
        'reader',
        '--role=reader',
        `--user=${developerOf(environment)}`,
      );
      expect(await developer.ok('get', 'pods')).toContain('Running');
    });
    await forAll(environments.slice(SOLVED, SOLVED + WRECKED), 3, async (environment) => {
      const admin = await as(environment, 'admin');
      const namespace = await admin.ok('config', 'view', '--minify', '-o', 'jsonpath={..namespace}');
      await admin.ok('delete', 'namespace', namespace);
    });
  }, 300_000);

  it('puts one back to its beginning', async () => {
    const wrecked = environments[SOLVED];
    if (wrecked === undefined) throw new Error('no environment');
    await ask(200, 'POST', `/v1/environments/${wrecked.id}/reset`);
    expect(await (await as(wrecked, 'admin')).ok('get', 'deployment', 'web')).toContain('2/2');
  });

  it('grades all of them', async () => {
    const scores = new Map<string, number>();
    await forAll(environments, 6, async ({ id, learnerRef }) => {
      const grade = await ask(200, 'POST', `/v1/environments/${id}/grade`);
      const { score, checks } = grade.json<{ score: number; checks: { status: string }[] }>();
      expect(checks.map(({ status }) => status)).not.toContain('error');
      scores.set(learnerRef, score);
    });
    const expected = environments.map(({ learnerRef }, index) => [learnerRef, index < SOLVED ? 8 : 0]);
    expect(environments.map(({ learnerRef }) => [learnerRef, scores.get(learnerRef)])).toEqual(expected);
  });

  it('is told by webhooks that it can trust', async () => {
    await expect.poll(() => count('environment.graded')).toBe(LEARNERS);
    await expect.poll(() => count('environment.passed')).toBe(SOLVED);
    await expect.poll(() => count('environment.created')).toBe(LEARNERS);
    await expect.poll(() => count('environment.reset')).toBe(1);
    expect(unsigned).toEqual([]);
  });

  it('exports what every learner did', async () => {
    await forAll(environments, 6, async (environment) => {
      const { changes, audit } = (await ask(200, 'GET', `/v1/environments/${environment.id}/attempt`)).json<{
        changes: { change: string; kind: string }[];
        audit: { verb: string; user: { username: string } }[];
      }>();
      const index = environments.indexOf(environment);
      const kinds = changes.map(({ change, kind }) => `${change} ${kind}`);
      if (index < SOLVED) {
        expect(kinds).toEqual(['created RoleBinding', 'created Role']);
        expect(audit.filter(({ verb }) => verb === 'create').length).toBe(2);
      } else if (index > SOLVED && index < SOLVED + WRECKED) expect(kinds).toContain('deleted Deployment');
      else expect(kinds).toEqual([]);
    });
  });

  it('has nothing left when their time is up but the results', async () => {
    await forAll(environments, 6, async ({ id }) => {
      await ask(200, 'POST', `/v1/environments/${id}/extend`, { body: { ttlSeconds: 1 } });
    });
    await expect.poll(() => count('environment.expired'), { timeout: 60_000 }).toBe(LEARNERS);
    const path = `/v1/environments?organisation=${organisationId}&limit=100&status=Expired`;
    const list = (await ask(200, 'GET', path)).json<{ items: Environment[] }>().items;
    expect(list.filter(({ grade }) => grade?.passed).length).toBe(SOLVED);
    for (const { id, clusterId } of list) {
      await ask(410, 'POST', `/v1/environments/${id}/grade`);
      expect((await call(server, 'GET', `/clusters/${clusterId}/version`, { token: key })).status).toBe(404);
    }
  });
});
