import { describe, expect, test } from 'vitest';
import { Harness } from '../../test/support/harness.ts';

const RBAC = '/apis/rbac.authorization.k8s.io/v1/namespaces/default';
const dev = { username: 'dev', groups: ['system:authenticated'] };

const open = (verbs: readonly string[]): Harness => {
  const cluster = new Harness({ settings: { nodes: [] }, actors: [] });
  cluster.expect(201, 'POST', `${RBAC}/roles`, {
    body: {
      metadata: { name: 'r' },
      rules: [{ verbs, apiGroups: [''], resources: ['pods/exec', 'pods/log'] }],
    },
  });
  cluster.expect(201, 'POST', `${RBAC}/rolebindings`, {
    body: {
      metadata: { name: 'r' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'r' },
      subjects: [{ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: 'dev' }],
    },
  });
  return cluster;
};

const websocket = { upgrade: 'websocket', connection: 'Upgrade' };
const url = (what: string) => `/api/v1/namespaces/default/pods/p/${what}`;

describe('a session in a pod', () => {
  test('over a WebSocket needs create as well as get', () => {
    const refused = open(['get']).request('GET', url('exec'), { as: dev, headers: websocket });
    expect(refused.json).toMatchObject({
      code: 403,
      message:
        'pods "p" is forbidden: User "dev" cannot create resource "pods/exec" in API group "" in the namespace "default"',
    });
    const both = open(['get', 'create']).request('GET', url('exec'), { as: dev, headers: websocket });
    expect(both.status).toBe(404);
  });

  test('over anything else needs the verb of its method', () => {
    expect(open(['get']).request('GET', url('exec'), { as: dev }).status).toBe(404);
    expect(open(['get']).request('POST', url('exec'), { as: dev }).status).toBe(403);
    expect(open(['create']).request('POST', url('exec'), { as: dev }).status).toBe(404);
  });

  test('is not a log', () => {
    expect(open(['get']).request('GET', url('log'), { as: dev, headers: websocket }).status).toBe(404);
  });
});
