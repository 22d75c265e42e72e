import { describe, expect, test } from 'vitest';
import { Harness } from '../../../test/support/harness.ts';
import type { AccessQuestion } from './questions.ts';

const RBAC = '/apis/rbac.authorization.k8s.io/v1';
const dev = { username: 'dev', groups: ['team', 'system:authenticated'] };

const open = (): Harness => {
  const cluster = new Harness({ settings: { nodes: [] }, actors: [] });
  cluster.expect(201, 'POST', '/api/v1/namespaces', { body: { metadata: { name: 'shop' } } });
  cluster.expect(201, 'POST', `${RBAC}/namespaces/shop/roles`, {
    body: {
      metadata: { name: 'reader' },
      rules: [{ verbs: ['get', 'list'], apiGroups: [''], resources: ['pods'] }],
    },
  });
  return cluster;
};

const bind = (cluster: Harness): void => {
  cluster.expect(201, 'POST', `${RBAC}/namespaces/shop/rolebindings`, {
    body: {
      metadata: { name: 'reader' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'reader' },
      subjects: [{ kind: 'Group', apiGroup: 'rbac.authorization.k8s.io', name: 'team' }],
    },
  });
};

const ask = (cluster: Harness, question: AccessQuestion): Record<string, unknown> => {
  const answer = cluster.cluster.access(question, cluster.now);
  if (!('value' in answer)) throw new Error(answer.detail);
  return answer.value;
};

describe('questions about access', () => {
  test('words are taken as kubectl takes them, groups from the last request', () => {
    const cluster = open();
    bind(cluster);
    cluster.expect(200, 'GET', '/api/v1/namespaces/shop/pods', { as: dev });
    const question = {
      what: 'explain',
      user: 'dev',
      verb: 'get',
      resource: 'po',
      namespace: 'shop',
    } as const;
    expect(ask(cluster, question)).toMatchObject({
      allowed: true,
      groupsFrom: 'audit',
      request: { group: '', resource: 'pods', namespace: 'shop' },
      grants: [{ binding: { kind: 'RoleBinding', name: 'reader' }, ruleIndex: 0, subject: { name: 'team' } }],
    });
    expect(ask(cluster, { ...question, groups: [] })).toMatchObject({
      allowed: false,
      groupsFrom: 'question',
    });
    expect(ask(cluster, { ...question, resource: 'deploy' })).toMatchObject({
      allowed: false,
      request: { group: 'apps', resource: 'deployments' },
    });
  });

  test('a refusal is explained as things stood then', () => {
    const cluster = open();
    const refused = cluster.request('GET', '/api/v1/namespaces/shop/pods/p', { as: dev });
    const auditId = refused.headers['Audit-Id'] ?? '';
    bind(cluster);
    expect(ask(cluster, { what: 'explain-recorded', auditId })).toMatchObject({
      allowed: false,
      recorded: { decision: 'deny', code: 403 },
      request: { verb: 'get', resource: 'pods', namespace: 'shop', name: 'p' },
    });
    cluster.evict();
    const answer = cluster.cluster.access({ what: 'explain-recorded', auditId }, cluster.now);
    expect(answer).toMatchObject({ value: { allowed: false, auditID: auditId } });
  });

  test('an id that nobody has is not found', () => {
    const answer = open().cluster.access({ what: 'explain-recorded', auditId: 'x' }, 0);
    expect(answer).toMatchObject({ status: 404 });
  });

  test('two revisions are compared by what subjects gained and lost', () => {
    const cluster = open();
    const from = cluster.end().revision;
    bind(cluster);
    const to = cluster.end().revision;
    expect(ask(cluster, { what: 'diff', from, to })).toMatchObject({
      objects: [{ kind: 'RoleBinding', name: 'reader', change: 'added' }],
      subjects: [
        {
          subject: { kind: 'Group', name: 'team' },
          gained: [{ namespace: 'shop', rules: [{ resources: ['pods'], verbs: ['get', 'list'] }] }],
          lost: [],
        },
      ],
    });
    expect(cluster.cluster.access({ what: 'diff', to: to + 1 }, cluster.now)).toMatchObject({ status: 400 });
  });

  test('the least role follows from what was done, by whomever the request ran as', () => {
    const cluster = open();
    bind(cluster);
    cluster.expect(200, 'GET', '/api/v1/namespaces/shop/pods', { as: dev });
    cluster.request('GET', '/api/v1/namespaces/shop/secrets', { as: dev });
    cluster.expect(200, 'GET', '/api/v1/namespaces/default/pods', {
      headers: { 'impersonate-user': 'dev', 'impersonate-group': 'system:masters' },
    });
    expect(
      ask(cluster, { what: 'least-privilege', user: 'dev', groups: ['team'], byName: false }),
    ).toMatchObject({
      requests: 2,
      refusals: 1,
      complete: true,
      manifests: [
        { kind: 'Role', metadata: { name: 'dev-observed', namespace: 'default' } },
        { kind: 'RoleBinding' },
        {
          kind: 'Role',
          metadata: { namespace: 'shop' },
          rules: [{ resources: ['pods'], verbs: ['list'] }],
        },
        { kind: 'RoleBinding', subjects: [{ kind: 'User', name: 'dev' }] },
      ],
      unused: [{ namespace: 'shop', rules: [{ resources: ['pods'], verbs: ['get'] }] }],
      missing: [{ namespace: 'default' }],
      refused: [{ namespace: 'shop', rules: [{ resources: ['secrets'], verbs: ['list'] }] }],
    });
  });

  test('the name of the roles is not the name of what was done', () => {
    const cluster = open();
    cluster.expect(200, 'GET', '/api/v1/namespaces/shop/pods', {
      as: { ...dev, groups: ['system:masters'] },
    });
    const question = { what: 'least-privilege', user: 'dev', byName: false, name: 'mine' } as const;
    expect(ask(cluster, question)['manifests']).toMatchObject([{ metadata: { name: 'mine' } }, {}]);
  });

  test('the matrix knows subresources and namespaces', () => {
    const cluster = open();
    bind(cluster);
    const matrix = ask(cluster, { what: 'matrix', user: 'dev', groups: ['team'] });
    expect(matrix).toMatchObject({
      scopes: [
        { namespace: '' },
        {
          namespace: 'shop',
          resources: expect.arrayContaining([{ group: '', resource: 'pods', verbs: ['get', 'list'] }]),
        },
      ],
    });
  });
});
