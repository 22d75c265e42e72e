/** Environments through the front: made, practised in, graded, followed, begun again, exported, deleted. */

import { beforeAll, describe, expect, it } from 'vitest';
import { call, makeAccount, migrate, readLines } from './front.ts';

interface Environment {
  readonly id: string;
  readonly clusterId: string;
  readonly seed: string;
  readonly status: string;
  readonly server: string;
  readonly personas: readonly {
    readonly name: string;
    readonly user?: string;
    readonly namespace?: string;
    readonly kubeconfigUrl: string;
  }[];
  readonly tasks: readonly { readonly id: string; readonly checks: readonly { readonly id: string }[] }[];
}

interface Grade {
  readonly score: number;
  readonly max: number;
  readonly passed: boolean;
  readonly checks: readonly {
    readonly id: string;
    readonly passed: boolean;
    readonly status: string;
    readonly evidence: string;
    readonly hint?: string;
  }[];
}

let key = '';

const request = async <Body>(
  status: number,
  method: string,
  path: string,
  body?: unknown,
  token = key,
): Promise<Body> => {
  const answer = await call(method, path, { token, ...(body === undefined ? {} : { body }) });
  const text = await answer.text();
  if (answer.status !== status) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
  return (text === '' ? undefined : JSON.parse(text)) as Body;
};

const make = (body: Record<string, unknown> = {}): Promise<Environment> =>
  request(201, 'POST', '/v1/environments', { template: 'rbac-read-only-developer', ...body });

const grade = (id: string): Promise<Grade> => request(200, 'POST', `/v1/environments/${id}/grade`);

/** The token in a persona's kubeconfig. */
const tokenOf = async (environment: Environment, persona: string): Promise<string> => {
  const url = new URL(environment.personas.find(({ name }) => name === persona)?.kubeconfigUrl ?? '');
  const answer = await call('GET', url.pathname, { token: key });
  expect(answer.status).toBe(200);
  expect(answer.headers.get('content-type')).toContain('yaml');
  return /token: "([^"]+)"/.exec(await answer.text())?.[1] ?? '';
};

/** Solves the exercise as its admin persona. */
const solve = async (environment: Environment, resources = ['pods', 'pods/log']): Promise<void> => {
  const token = await tokenOf(environment, 'admin');
  const developer = environment.personas.find(({ name }) => name === 'developer');
  const path = `/clusters/${environment.clusterId}/apis/rbac.authorization.k8s.io/v1/namespaces/${developer?.namespace}`;
  const rules = [{ apiGroups: [''], resources, verbs: ['get', 'list', 'watch'] }];
  await request(201, 'POST', `${path}/roles`, { metadata: { name: 'reader' }, rules }, token);
  await request(
    201,
    'POST',
    `${path}/rolebindings`,
    {
      metadata: { name: 'reader' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'reader' },
      subjects: [{ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: developer?.user }],
    },
    token,
  );
};

beforeAll(async () => {
  await migrate();
  key = await makeAccount();
});

describe('an environment', () => {
  it('is in its first state when the answer comes, and equal for equal seeds', async () => {
    const one = await make({ seed: 'same', learnerRef: 'ada' });
    const other = await make({ seed: 'same' });
    expect(one.status).toBe('Ready');
    expect(one.tasks[0]?.checks.length).toBe(3);
    expect(one.personas.map(({ user, namespace }) => [user, namespace])).toEqual(
      other.personas.map(({ user, namespace }) => [user, namespace]),
    );
    const admin = await tokenOf(one, 'admin');
    const namespace = one.personas[0]?.namespace;
    const pods = await request<{ items: { status: { phase: string } }[] }>(
      200,
      'GET',
      `/clusters/${one.clusterId}/api/v1/namespaces/${namespace}/pods`,
      undefined,
      admin,
    );
    expect(pods.items.map(({ status }) => status.phase)).toEqual(['Running', 'Running']);
    const list = await request<{ items: { id: string }[] }>(200, 'GET', '/v1/environments?learnerRef=ada');
    expect(list.items.map(({ id }) => id)).toEqual([one.id]);
    const clusters = await request<{ items: { id: string }[] }>(200, 'GET', '/v1/clusters');
    expect(clusters.items).toEqual([]);
  });

  it('fails untouched, passes solved, and gives part of the points for a part', async () => {
    const environment = await make();
    const before = await grade(environment.id);
    expect(before).toMatchObject({ score: 0, max: 8, passed: false });
    expect(before.checks.map(({ status }) => status)).toEqual(['failed', 'failed', 'failed']);
    expect(before.checks[0]?.hint).toContain('RoleBinding');
    await solve(environment, ['pods']);
    const partly = await grade(environment.id);
    expect(partly).toMatchObject({ score: 6, passed: false });
    const whole = await make();
    await solve(whole);
    expect(await grade(whole.id)).toMatchObject({ score: 8, passed: true });
    const line = await request<{ grade: unknown }>(200, 'GET', `/v1/environments/${whole.id}`);
    expect(line.grade).toMatchObject({ score: 8, max: 8, passed: true });
  });

  it('speaks Chinese when asked', async () => {
    const { id } = await make();
    const answer = await request<Grade>(200, 'POST', `/v1/environments/${id}/grade?lang=zh`);
    expect(answer.checks[0]?.evidence).toMatch(/[\u4e00-\u9fff]/);
  });

  it('is begun again with the same kubeconfigs, and nothing of the attempt is left', async () => {
    const environment = await make();
    const developer = await tokenOf(environment, 'developer');
    await solve(environment);
    const pods = `/clusters/${environment.clusterId}/api/v1/namespaces/${environment.personas[0]?.namespace}/pods`;
    expect((await call('GET', pods, { token: developer })).status).toBe(200);
    await request(200, 'POST', `/v1/environments/${environment.id}/reset`);
    expect((await call('GET', pods, { token: developer })).status).toBe(403);
    expect(await grade(environment.id)).toMatchObject({ score: 0, passed: false });
    await solve(environment);
    expect((await call('GET', pods, { token: developer })).status).toBe(200);
    expect(await grade(environment.id)).toMatchObject({ score: 8, passed: true });
  });

  it('pushes grades while somebody follows', async () => {
    const environment = await make();
    const stream = await call('GET', `/v1/environments/${environment.id}/grade/stream`, { token: key });
    expect(stream.headers.get('content-type')).toContain('ndjson');
    const lines = readLines(stream);
    expect(JSON.parse((await lines.next()) ?? '')).toMatchObject({ score: 0 });
    await solve(environment);
    let last: Grade = { score: 0, max: 0, passed: false, checks: [] };
    while (!last.passed) last = JSON.parse((await lines.next()) ?? 'null') as Grade;
    expect(last.score).toBe(8);
    await lines.cancel();
  });

  it('pushes no more to whoever follows with a key that is revoked since', async () => {
    const environment = await make();
    const lent = await request<{ id: string; key: string }>(201, 'POST', '/v1/api-keys', { name: 'lent' });
    const path = `/v1/environments/${environment.id}/grade/stream`;
    const lines = readLines(await call('GET', path, { token: lent.key }));
    expect(JSON.parse((await lines.next()) ?? '')).toMatchObject({ score: 0 });
    await request(204, 'DELETE', `/v1/api-keys/${lent.id}`);
    while ((await lines.next()) !== undefined);
    expect(await grade(environment.id)).toMatchObject({ score: 0 });
  });

  it('takes off what hints cost', async () => {
    const environment = await make();
    const ask = () =>
      request<{ cost: number; left: number }>(200, 'POST', `/v1/environments/${environment.id}/hints`, {
        task: 'read-pods',
      });
    expect(await ask()).toMatchObject({ cost: 0, left: 1 });
    expect(await ask()).toMatchObject({ cost: 1, left: 0 });
    await request(409, 'POST', `/v1/environments/${environment.id}/hints`, { task: 'read-pods' });
    await solve(environment);
    expect(await grade(environment.id)).toMatchObject({ score: 7, passed: true });
  });

  it('is exported with what was changed and asked', async () => {
    const environment = await make();
    await solve(environment);
    const attempt = await request<{
      changes: { change: string; kind: string; name: string }[];
      audit: { verb: string; user: { username: string } }[];
      grade: Grade;
    }>(200, 'GET', `/v1/environments/${environment.id}/attempt`);
    expect(attempt.changes.map(({ change, kind, name }) => [change, kind, name])).toEqual([
      ['created', 'RoleBinding', 'reader'],
      ['created', 'Role', 'reader'],
    ]);
    expect(attempt.audit.filter(({ verb }) => verb === 'create').map(({ user }) => user.username)).toEqual([
      'admin',
      'admin',
    ]);
    expect(attempt.grade.passed).toBe(true);
  });

  it('is paused, resumed, extended and deleted', async () => {
    const environment = await make({ ttlSeconds: 600 });
    expect(await request(200, 'POST', `/v1/environments/${environment.id}/pause`)).toMatchObject({
      paused: true,
    });
    expect(await request(200, 'POST', `/v1/environments/${environment.id}/resume`)).toMatchObject({
      paused: false,
    });
    const extended = await request<{ expiresAt: string }>(
      200,
      'POST',
      `/v1/environments/${environment.id}/extend`,
      { ttlSeconds: 3600 },
    );
    expect(Date.parse(extended.expiresAt)).toBeGreaterThan(Date.now() + 3_000_000);
    // The cluster lives and ends with its environment.
    const cluster = `/v1/clusters/${environment.clusterId}`;
    await request(409, 'PATCH', cluster, { ttlSeconds: 60 });
    const refused = await request<{ detail: string }>(409, 'DELETE', cluster);
    expect(refused.detail).toContain(environment.id);
    await grade(environment.id);
    await request(204, 'DELETE', `/v1/environments/${environment.id}`);
    await request(404, 'GET', `/v1/environments/${environment.id}`);
    expect((await call('GET', `/clusters/${environment.clusterId}/version`, { token: key })).status).toBe(
      404,
    );
  });

  it("is nobody else's", async () => {
    const environment = await make();
    const stranger = await makeAccount();
    for (const [method, path] of [
      ['GET', ''],
      ['DELETE', ''],
      ['POST', '/reset'],
      ['POST', '/grade'],
      ['GET', '/attempt'],
      ['GET', '/grade/stream'],
      ['GET', '/kubeconfigs/admin'],
    ] as const) {
      await request(404, method, `/v1/environments/${environment.id}${path}`, undefined, stranger);
    }
  });

  it('is refused for unknown templates, versions and bad bodies', async () => {
    await request(404, 'POST', '/v1/environments', { template: 'nothing-like-it' });
    await request(404, 'POST', '/v1/environments', {
      template: 'rbac-read-only-developer',
      version: '9.9.9',
    });
    await request(400, 'POST', '/v1/environments', { template: 1 });
    await request(400, 'POST', '/v1/environments', { template: 'rbac-read-only-developer', ttlSeconds: 0 });
  });
});

it('a template also makes a plain cluster, with its nodes and objects', async () => {
  const made = await request<{ id: string; name: string }>(201, 'POST', '/v1/clusters', {
    template: 'rbac-read-only-developer',
    name: 'mine',
    seed: 'same',
  });
  const list = await request<{ items: { metadata: { name: string } }[] }>(
    200,
    'GET',
    `/clusters/${made.id}/apis/apps/v1/deployments`,
  );
  expect([made.name, list.items.map(({ metadata }) => metadata.name)]).toEqual(['mine', ['web']]);
  const clusters = await request<{ items: { id: string }[] }>(200, 'GET', '/v1/clusters');
  expect(clusters.items.map(({ id }) => id)).toEqual([made.id]);
  await request(404, 'POST', '/v1/clusters', { template: 'nothing-like-it' });
});

describe('templates', () => {
  const source = (name: string, version: string, points = 2): string => `
name: ${name}
version: ${version}
title: A label
personas: [{name: admin, user: admin, groups: [system:masters]}]
tasks:
  - id: label
    title: Label the namespace
    checks:
      - id: labelled
        title: The namespace default has the label team
        points: ${points}
        object: {apiVersion: v1, kind: Namespace, name: default, match: {metadata: {labels: {team: {$exists: true}}}}}
solution:
  steps:
    - {as: admin, label: {apiVersion: v1, kind: Namespace, name: default, set: {team: red}}}
wrongAnswers:
  - id: elsewhere
    steps: [{as: admin, label: {apiVersion: v1, kind: Namespace, name: kube-system, set: {team: red}}}]
    fails: [labelled]
`;
  const post = (path: string, text: string): Promise<Response> =>
    call('POST', path, { token: key, body: text, headers: { 'content-type': 'application/yaml' } });

  it('are listed, built-in ones first', async () => {
    const list = await request<{ items: { name: string; origin: string; points: number }[] }>(
      200,
      'GET',
      '/v1/templates?limit=1',
    );
    expect(list.items[0]).toMatchObject({ name: 'rbac-read-only-developer', origin: 'built-in', points: 8 });
    expect(await request(200, 'GET', '/v1/templates/rbac-read-only-developer')).toMatchObject({
      versions: ['1.0.0'],
    });
  });

  it('are published once, and never change', async () => {
    expect((await post('/v1/templates', source('own', '1.0.0'))).status).toBe(201);
    expect((await post('/v1/templates', source('own', '1.0.0'))).status).toBe(200);
    expect((await post('/v1/templates', source('own', '1.0.0', 3))).status).toBe(409);
    expect((await post('/v1/templates', source('own', '1.1.0'))).status).toBe(409);
    expect((await post('/v1/templates/own/versions', source('own', '1.1.0', 5))).status).toBe(201);
    expect((await post('/v1/templates/none/versions', source('none', '1.0.0'))).status).toBe(404);
    expect((await post('/v1/templates/own/versions', source('other', '1.2.0'))).status).toBe(422);
    const own = await request<{ version: string; versions: string[] }>(200, 'GET', '/v1/templates/own');
    expect([own.version, own.versions]).toEqual(['1.1.0', ['1.1.0', '1.0.0']]);
    const environment = await request<Environment>(201, 'POST', '/v1/environments', {
      template: 'own',
      version: '1.0.0',
    });
    expect(await grade(environment.id)).toMatchObject({ max: 2, passed: false });
  });

  it('are refused with places and lines when playing them shows a fault', async () => {
    const wrong = source('faulty', '1.0.0').replace(
      'set: {team: red}}}\nwrong',
      'set: {group: red}}}\nwrong',
    );
    const answer = await post('/v1/templates', wrong);
    expect(answer.status).toBe(422);
    const problem = (await answer.json()) as { type: string; errors: { path: string; message: string }[] };
    expect(problem.type).toContain('template-rejected');
    expect(problem.errors[0]?.path).toBe('solution.steps');
    expect(problem.errors[0]?.message).toContain('line ');
    const misspelt = await post('/v1/templates', source('misspelt', '1.0.0').replace('checks:', 'cheks:'));
    expect(misspelt.status).toBe(422);
    expect(JSON.stringify(await misspelt.json())).toContain('cheks');
  });
});
