/** Who may call what on whose: every pair, in one table. */

import { beforeAll, describe, expect, it } from 'vitest';
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

/** Everybody who may come along. `learner`, `instructor`: of the organisation; the others own or are given nothing. */
const WHO = [
  'owner',
  'ownerKey',
  'readKey',
  'otherKey',
  'instructor',
  'learner',
  'sharedAdmin',
  'sharedUser',
  'stranger',
  'anonymous',
  'nonsense',
] as const;
type Who = (typeof WHO)[number];

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

type Expected = Readonly<Record<Who, number>>;

/** What credentials give on an organisation's things, for somebody: the columns in the order of WHO. */
const expecting = (...statuses: readonly number[]): Expected =>
  Object.fromEntries(WHO.map((who, index) => [who, statuses[index] ?? 0])) as Expected;

const NOBODY = [401, 401] as const;

/** method, path, body, and the status for each of: owner, ownerKey, readKey, otherKey, instructor, learner, sharedAdmin, sharedUser, stranger */
const TABLE: readonly (readonly [string, string, unknown, ...number[]])[] = [
  // A cluster of the owner's account.
  ['GET', '/v1/clusters/{own}', undefined, 200, 200, 200, 403, 404, 404, 200, 200, 404],
  ['PATCH', '/v1/clusters/{own}', {}, 200, 200, 403, 403, 404, 404, 403, 403, 404],
  ['GET', '/v1/clusters/{own}/clock', undefined, 200, 200, 200, 403, 404, 404, 200, 200, 404],
  ['PATCH', '/v1/clusters/{own}/clock', {}, 200, 200, 403, 403, 404, 404, 200, 403, 404],
  ['POST', '/v1/clusters/{own}/clock/advance', { seconds: 0 }, 200, 200, 403, 403, 404, 404, 200, 403, 404],
  ['POST', '/v1/clusters/{own}/kubeconfigs', {}, 201, 201, 403, 403, 404, 404, 201, 201, 404],
  ['POST', '/v1/clusters/{own}/kubeconfigs', { user: 'x' }, 201, 201, 403, 403, 404, 404, 201, 403, 404],
  ['POST', '/v1/clusters/{own}/tokens', { user: 'x' }, 201, 201, 403, 403, 404, 404, 201, 403, 404],
  ['GET', '/v1/clusters/{own}/tokens', undefined, 200, 200, 200, 403, 404, 404, 200, 403, 404],
  ['DELETE', '/v1/clusters/{own}/tokens/none', undefined, 404, 404, 403, 403, 404, 404, 404, 403, 404],
  ['POST', '/v1/clusters/{own}/signing-keys', {}, 201, 201, 403, 403, 404, 404, 201, 403, 404],
  ['GET', '/v1/clusters/{own}/audit', undefined, 200, 200, 200, 403, 404, 404, 200, 403, 404],
  ['GET', '/v1/clusters/{own}/shares', undefined, 200, 200, 200, 403, 404, 404, 403, 403, 404],
  ['DELETE', '/v1/clusters/{own}/shares/nope', undefined, 404, 404, 403, 403, 404, 404, 403, 403, 404],
  // A cluster of the organisation.
  ['GET', '/v1/clusters/{shared}', undefined, 200, 200, 200, 403, 200, 404, 200, 200, 404],
  ['PATCH', '/v1/clusters/{shared}', {}, 200, 200, 403, 403, 200, 404, 403, 403, 404],
  ['POST', '/v1/clusters/{shared}/kubeconfigs', { user: 'x' }, 201, 201, 403, 403, 201, 404, 201, 403, 404],
  ['GET', '/v1/clusters/{shared}/audit', undefined, 200, 200, 200, 403, 200, 404, 200, 403, 404],
  ['GET', '/v1/clusters/{shared}/shares', undefined, 200, 200, 200, 403, 200, 404, 403, 403, 404],
  ['GET', '/v1/clusters?organisation={organisation}', undefined, 200, 200, 200, 403, 200, 403, 404, 404, 404],
  // The Kubernetes API behind both.
  ['GET', '/clusters/{own}/api/v1/nodes', undefined, 200, 200, 200, 401, 404, 404, 200, 403, 404],
  ['GET', '/clusters/{shared}/api/v1/nodes', undefined, 200, 200, 200, 401, 200, 404, 200, 403, 404],
  // Environments: one's own, the organisation's, and one of those that was made for the learner.
  ['GET', '/v1/environments/{mine}', undefined, 200, 200, 403, 403, 404, 404, 404, 404, 404],
  ['GET', '/v1/environments/{loose}', undefined, 200, 200, 403, 403, 200, 404, 404, 404, 404],
  ['GET', '/v1/environments/{lesson}', undefined, 200, 200, 403, 403, 200, 200, 404, 404, 404],
  ['POST', '/v1/environments/{loose}/grade', undefined, 200, 200, 403, 403, 200, 404, 404, 404, 404],
  ['POST', '/v1/environments/{lesson}/grade', undefined, 200, 200, 403, 403, 200, 200, 404, 404, 404],
  ['POST', '/v1/environments/{lesson}/reset', undefined, 200, 200, 403, 403, 200, 200, 404, 404, 404],
  ['POST', '/v1/environments/{lesson}/hints', { task: 'x' }, 404, 404, 403, 403, 404, 404, 404, 404, 404],
  [
    'GET',
    '/v1/environments/{lesson}/kubeconfigs/developer',
    undefined,
    200,
    200,
    403,
    403,
    200,
    200,
    404,
    404,
    404,
  ],
  ['POST', '/v1/environments/{lesson}/pause', undefined, 200, 200, 403, 403, 200, 403, 404, 404, 404],
  ['POST', '/v1/environments/{lesson}/resume', undefined, 200, 200, 403, 403, 200, 403, 404, 404, 404],
  [
    'POST',
    '/v1/environments/{lesson}/extend',
    { ttlSeconds: 3600 },
    200,
    200,
    403,
    403,
    200,
    403,
    404,
    404,
    404,
  ],
  ['GET', '/v1/environments/{lesson}/attempt', undefined, 200, 200, 403, 403, 200, 403, 404, 404, 404],
  ['DELETE', '/v1/environments/nope', undefined, 404, 404, 403, 403, 404, 404, 404, 404, 404],
  [
    'GET',
    '/v1/environments?organisation={organisation}',
    undefined,
    200,
    200,
    403,
    403,
    200,
    403,
    404,
    404,
    404,
  ],
  ['GET', '/v1/environments?mine=true', undefined, 200, 200, 403, 403, 200, 200, 200, 200, 200],
  // A learner is in the cluster who the exercise says, never its admin.
  [
    'POST',
    '/v1/clusters/{lessonCluster}/kubeconfigs',
    { user: 'x' },
    201,
    201,
    403,
    403,
    201,
    404,
    404,
    404,
    404,
  ],
  ['GET', '/clusters/{lessonCluster}/api/v1/nodes', undefined, 200, 200, 200, 401, 200, 404, 404, 404, 404],
  // Templates.
  ['GET', '/v1/templates', undefined, 200, 200, 403, 200, 200, 200, 200, 200, 200],
  [
    'GET',
    '/v1/templates?organisation={organisation}',
    undefined,
    200,
    200,
    403,
    200,
    200,
    403,
    404,
    404,
    404,
  ],
  ['POST', '/v1/templates', 'nothing', 422, 422, 403, 403, 422, 422, 422, 422, 422],
  [
    'POST',
    '/v1/templates?organisation={organisation}',
    'nothing',
    422,
    422,
    403,
    403,
    422,
    403,
    404,
    404,
    404,
  ],
  // The organisation.
  ['GET', '/v1/organisations/{organisation}', undefined, 200, 200, 200, 403, 200, 200, 404, 404, 404],
  ['PATCH', '/v1/organisations/{organisation}', { name: 'S' }, 200, 200, 403, 403, 403, 403, 404, 404, 404],
  ['GET', '/v1/organisations/{organisation}/members', undefined, 200, 200, 200, 403, 200, 403, 404, 404, 404],
  [
    'PATCH',
    '/v1/organisations/{organisation}/members/{learner}',
    { role: 'learner' },
    200,
    200,
    403,
    403,
    403,
    403,
    404,
    404,
    404,
  ],
  [
    'PATCH',
    '/v1/organisations/{organisation}/members/{owner}',
    { role: 'learner' },
    409,
    409,
    403,
    403,
    403,
    403,
    404,
    404,
    404,
  ],
  [
    'DELETE',
    '/v1/organisations/{organisation}/members/{owner}',
    undefined,
    409,
    409,
    403,
    403,
    403,
    403,
    404,
    404,
    404,
  ],
  [
    'GET',
    '/v1/organisations/{organisation}/invitations',
    undefined,
    200,
    200,
    200,
    403,
    200,
    403,
    404,
    404,
    404,
  ],
  ['POST', '/v1/organisations/{organisation}/invitations', {}, 201, 201, 403, 403, 201, 403, 404, 404, 404],
  [
    'POST',
    '/v1/organisations/{organisation}/invitations',
    { email: 'new@access.test', role: 'owner' },
    201,
    201,
    403,
    403,
    403,
    403,
    404,
    404,
    404,
  ],
  ['GET', '/v1/webhooks?organisation={organisation}', undefined, 200, 200, 200, 403, 403, 403, 404, 404, 404],
  // Webhooks of the account: others have their own couriers, in which there is no such webhook.
  ['GET', '/v1/webhooks/{hook}', undefined, 200, 200, 200, 403, 404, 404, 404, 404, 404],
  ['POST', '/v1/webhooks/{hook}/rotate', {}, 200, 200, 403, 403, 404, 404, 404, 404, 404],
  // The account itself.
  ['GET', '/v1/me', undefined, 200, 200, 200, 200, 200, 200, 200, 200, 200],
  ['GET', '/v1/api-keys', undefined, 200, 200, 403, 403, 200, 200, 200, 200, 200],
  ['GET', '/v1/sessions', undefined, 200, 200, 403, 403, 200, 200, 200, 200, 200],
  ['DELETE', '/v1/account', undefined, 0, 0, 403, 403, 0, 0, 0, 0, 0],
  // Last: they change who is who.
  ['DELETE', '/v1/organisations/{organisation}', undefined, 0, 0, 403, 403, 403, 403, 404, 404, 404],
  ['DELETE', '/v1/clusters/{own}', undefined, 0, 0, 403, 403, 404, 404, 403, 403, 404],
];

const fill = (path: string): string =>
  path.replaceAll(/\{(\w+)\}/g, (_match, name: string) => ids[name] ?? '');

describe.each(TABLE.map(([method, path, body, ...statuses]) => ({ method, path, body, statuses })))(
  '$method $path $body',
  ({ method, path, body, statuses }) => {
    const expected = expecting(...statuses, ...NOBODY);
    // 0: not asked here, since it would take away what the other rows need.
    it.each(WHO.filter((who) => expected[who] !== 0))('%s', async (who) => {
      const token = tokens[who];
      // Kubernetes answers anonymous requests itself.
      const status = who === 'anonymous' && path.startsWith('/clusters/') ? 403 : expected[who];
      const options = { ...(token === undefined ? {} : { token }), ...(body === undefined ? {} : { body }) };
      const answer = await call(method, fill(path), options);
      expect([answer.status, answer.status === status ? '' : await answer.text()]).toEqual([status, '']);
    });
  },
);

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
