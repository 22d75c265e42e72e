/** Who may call what on whose: every pair, in one table. */

import { beforeAll, describe, expect, it } from 'vitest';
import { table, type Who } from './access-table.ts';
import { call, makeCluster, migrate } from './front.ts';

const PASSWORD = 'correct horse';

interface Person {
  readonly id: string;
  readonly email: string;
  readonly session: string;
}

const makePerson = async (name: string): Promise<Person> => {
  const credentials = { email: `${name}@access.test`, password: PASSWORD };
  const { id } = (await (await call('POST', '/v1/accounts', { body: credentials })).json()) as { id: string };
  const { token } = (await (await call('POST', '/v1/sessions', { body: credentials })).json()) as {
    token: string;
  };
  return { id, email: credentials.email, session: token };
};

const post = async <Value>(token: string, path: string, body: unknown): Promise<Value> => {
  const answer = await call('POST', path, { token, body });
  if (answer.status >= 300) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as Value;
};

const makeKey = async ({ session }: Person, scopes: readonly string[]): Promise<string> =>
  (await post<{ key: string }>(session, '/v1/api-keys', { name: scopes.join() || 'all', scopes })).key;

const tokens: Partial<Record<Who, string>> = {};
const ids: Record<string, string> = {};

beforeAll(async () => {
  await migrate();
  const [owner, instructor, learner, sharedAdmin, sharedUser, stranger] = await Promise.all(
    ['owner', 'instructor', 'learner', 'shared-admin', 'shared-user', 'stranger'].map(makePerson),
  );
  if (!owner || !instructor || !learner || !sharedAdmin || !sharedUser || !stranger)
    throw new Error('nobody');
  const organisation = await post<{ id: string }>(owner.session, '/v1/organisations', { name: 'School' });
  for (const [person, role] of [
    [instructor, 'instructor'],
    [learner, 'learner'],
  ] as const) {
    const path = `/v1/organisations/${organisation.id}/invitations`;
    const { token } = await post<{ token: string }>(owner.session, path, { email: person.email, role });
    await post(person.session, '/v1/invitations/accept', { token });
  }
  const own = await makeCluster(owner.session, { nodes: 0 });
  const shared = await makeCluster(owner.session, { nodes: 0, organisationId: organisation.id });
  for (const { id } of [own, shared]) {
    const shares = `/v1/clusters/${id}/shares`;
    await post(owner.session, shares, { email: sharedAdmin.email, role: 'admin' });
    await post(owner.session, shares, { email: sharedUser.email, groups: ['developers'] });
  }
  const makeEnvironment = (more: Readonly<Record<string, unknown>>) =>
    post<{ id: string; clusterId: string }>(owner.session, '/v1/environments', {
      template: 'rbac-read-only-developer',
      ...more,
    });
  const mine = await makeEnvironment({});
  const loose = await makeEnvironment({ organisationId: organisation.id });
  const lesson = await makeEnvironment({ organisationId: organisation.id, learnerAccountId: learner.id });
  const hook = await post<{ id: string }>(owner.session, '/v1/webhooks', {
    url: 'https://hooks.example.com/x',
  });
  Object.assign(tokens, {
    owner: owner.session,
    ownerKey: await makeKey(owner, []),
    readKey: await makeKey(owner, ['clusters:read', 'organisations:read', 'webhooks:read']),
    otherKey: await makeKey(owner, ['templates:read']),
    instructor: instructor.session,
    learner: learner.session,
    sharedAdmin: sharedAdmin.session,
    sharedUser: sharedUser.session,
    stranger: stranger.session,
    nonsense: 'kubicle_key_nonsense',
  });
  Object.assign(ids, {
    own: own.id,
    shared: shared.id,
    organisation: organisation.id,
    learner: learner.id,
    owner: owner.id,
    hook: hook.id,
    mine: mine.id,
    loose: loose.id,
    lesson: lesson.id,
    lessonCluster: lesson.clusterId,
  });
});

const fill = (path: string): string =>
  path.replaceAll(/\{(\w+)\}/g, (_match, name: string) => ids[name] ?? '');

describe.each(table)('$method $path $body', ({ method, path, body, pairs }) => {
  it.each(pairs)('$who', async ({ who, status }) => {
    const token = tokens[who];
    // Kubernetes answers anonymous requests itself.
    const expected = who === 'anonymous' && path.startsWith('/clusters/') ? 403 : status;
    const options = { ...(token === undefined ? {} : { token }), ...(body === undefined ? {} : { body }) };
    const answer = await call(method, fill(path), options);
    expect([answer.status, answer.status === expected ? '' : await answer.text()]).toEqual([expected, '']);
  });
});

describe('inside a shared cluster', () => {
  it('whoever it was shared with finds it', async () => {
    for (const [who, found] of [
      ['sharedUser', [ids['own'], ids['shared']]],
      ['owner', []],
      ['stranger', []],
    ] as const) {
      const answer = await call('GET', '/v1/clusters?shared=true', { token: tokens[who] ?? '' });
      const { items } = (await answer.json()) as { items: { id: string }[] };
      expect([who, items.map(({ id }) => id).sort()]).toEqual([who, found.toSorted()]);
    }
  });

  it('a user is themselves, in the groups of the share', async () => {
    const review = {
      token: tokens.sharedUser ?? '',
      body: { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' },
    };
    const path = `/clusters/${ids['own']}/apis/authentication.k8s.io/v1/selfsubjectreviews`;
    const { status } = (await (await call('POST', path, review)).json()) as {
      status: { userInfo: { username: string; groups: string[] } };
    };
    expect(status.userInfo).toMatchObject({
      username: 'shared-user@access.test',
      groups: ['developers', 'system:authenticated'],
    });
  });

  it('nobody gives groups of the system away', async () => {
    const body = { email: 'stranger@access.test', groups: ['system:masters'] };
    const shares = `/v1/clusters/${ids['own']}/shares`;
    expect((await call('POST', shares, { token: tokens.owner ?? '', body })).status).toBe(400);
  });

  it('a share that ended opens nothing', async () => {
    const token = tokens.owner ?? '';
    const shares = `/v1/clusters/${ids['own']}/shares`;
    const { items } = (await (await call('GET', shares, { token })).json()) as {
      items: { id: string; email: string }[];
    };
    for (const { id } of items) await call('DELETE', `${shares}/${id}`, { token });
    for (const who of ['sharedAdmin', 'sharedUser'] as const) {
      const options = { token: tokens[who] ?? '' };
      expect((await call('GET', `/v1/clusters/${ids['own']}`, options)).status).toBe(404);
      expect((await call('GET', `/clusters/${ids['own']}/api/v1/nodes`, options)).status).toBe(404);
    }
  });
});
