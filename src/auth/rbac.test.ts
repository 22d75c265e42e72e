import { describe, expect, test } from 'vitest';
import { makeObject } from '../../test/support/admission.ts';
import { makeMemoryLookup } from '../../test/support/memory-lookup.ts';
import type { KubeObject } from '../machinery/object.ts';
import { type Attributes, forbiddenRequest } from './attributes.ts';
import type { Identity } from './identity.ts';
import { makeAuthorizer } from './rbac.ts';

const RBAC = 'rbac.authorization.k8s.io';
const V1 = `${RBAC}/v1`;

const role = (name: string, namespace: string | undefined, ...rules: object[]): KubeObject =>
  makeObject(V1, namespace === undefined ? 'ClusterRole' : 'Role', { name, namespace }, { rules });

const binding = (
  name: string,
  namespace: string | undefined,
  roleRef: object,
  ...subjects: object[]
): KubeObject =>
  makeObject(
    V1,
    namespace === undefined ? 'ClusterRoleBinding' : 'RoleBinding',
    { name, namespace },
    { roleRef, subjects },
  );

const clusterRole = (name: string) => ({ apiGroup: RBAC, kind: 'ClusterRole', name });
const user = (name: string) => ({ apiGroup: RBAC, kind: 'User', name });
const group = (name: string) => ({ apiGroup: RBAC, kind: 'Group', name });

const objects = [
  role('reader', undefined, { verbs: ['get', 'list'], apiGroups: [''], resources: ['pods', '*/scale'] }),
  role('named', undefined, {
    verbs: ['*'],
    apiGroups: ['apps'],
    resources: ['deployments'],
    resourceNames: ['web'],
  }),
  role('urls', undefined, { verbs: ['get'], nonResourceURLs: ['/healthz', '/logs/*'] }),
  role('all', 'b', { verbs: ['*'], apiGroups: ['*'], resources: ['*'] }),
  binding('everywhere', undefined, clusterRole('reader'), user('ann')),
  binding('by-name', undefined, clusterRole('named'), group('devs')),
  binding('paths', undefined, clusterRole('urls'), group('devs'), user('ann')),
  binding('local', 'a', clusterRole('reader'), { kind: 'ServiceAccount', name: 'robot' }),
  binding(
    'owner',
    'b',
    { apiGroup: RBAC, kind: 'Role', name: 'all' },
    { kind: 'ServiceAccount', name: 'robot', namespace: 'a' },
  ),
  binding('ghost', 'c', { apiGroup: RBAC, kind: 'Role', name: 'gone' }, user('ann')),
];
const authorizer = makeAuthorizer({ lookup: makeMemoryLookup(objects), rbacRevision: () => 1 });

const ann: Identity = { username: 'ann', groups: ['system:authenticated'] };
const dev: Identity = { username: 'bob', groups: ['devs'] };
const robot: Identity = { username: 'system:serviceaccount:a:robot', groups: ['system:serviceaccounts'] };
const root: Identity = { username: 'root', groups: ['system:masters'] };

const ask = (verb: string, resource: string, more: Partial<Attributes> = {}): Attributes =>
  ({ verb, group: '', resource, ...more }) as Attributes;

describe('authorize', () => {
  const rows: readonly [string, Identity, Attributes, string | false][] = [
    ['a superuser may do anything', root, ask('fly', 'cheese'), ''],
    [
      'a cluster binding holds in every namespace',
      ann,
      ask('get', 'pods', { namespace: 'x' }),
      'RBAC: allowed by ClusterRoleBinding "everywhere" of ClusterRole "reader" to User "ann"',
    ],
    ['another verb is not covered', ann, ask('delete', 'pods'), false],
    ['a resource does not cover its subresources', ann, ask('get', 'pods', { subresource: 'log' }), false],
    [
      '*/scale covers the scale of anything in its group',
      ann,
      ask('get', 'widgets', { subresource: 'scale' }),
      'RBAC: allowed by ClusterRoleBinding "everywhere" of ClusterRole "reader" to User "ann"',
    ],
    [
      'resourceNames allow the name',
      dev,
      ask('update', 'deployments', { group: 'apps', name: 'web' }),
      'RBAC: allowed by ClusterRoleBinding "by-name" of ClusterRole "named" to Group "devs"',
    ],
    ['resourceNames do not allow a list', dev, ask('list', 'deployments', { group: 'apps' }), false],
    [
      'a path is allowed exactly',
      ann,
      { verb: 'get', path: '/healthz' },
      'RBAC: allowed by ClusterRoleBinding "paths" of ClusterRole "urls" to User "ann"',
    ],
    ['a path is not allowed below', ann, { verb: 'get', path: '/healthz/etcd' }, false],
    [
      'a path with a star is allowed below',
      ann,
      { verb: 'get', path: '/logs/a/b' },
      'RBAC: allowed by ClusterRoleBinding "paths" of ClusterRole "urls" to User "ann"',
    ],
    [
      "an account without namespace is one of the binding's namespace",
      robot,
      ask('list', 'pods', { namespace: 'a' }),
      'RBAC: allowed by RoleBinding "local/a" of ClusterRole "reader" to ServiceAccount "robot/a"',
    ],
    ['a role binding holds in its namespace only', robot, ask('list', 'pods', { namespace: 'z' }), false],
    [
      'an account may be bound in another namespace',
      robot,
      ask('delete', 'secrets', { namespace: 'b' }),
      'RBAC: allowed by RoleBinding "owner/b" of Role "all" to ServiceAccount "robot/a"',
    ],
  ];
  test.each(rows)('%s', (_name, identity, attributes, reason) => {
    const decision = authorizer.authorize(identity, attributes);
    expect(decision).toEqual(reason === false ? { allowed: false, reason: '' } : { allowed: true, reason });
  });

  test('a missing role is told in the reason and in the refusal', () => {
    const attributes = ask('create', 'pods', { namespace: 'c' });
    const { reason } = authorizer.authorize(ann, attributes);
    expect(reason).toBe('RBAC: role.rbac.authorization.k8s.io "gone" not found');
    expect(forbiddenRequest(ann, attributes, reason).message).toBe(
      'pods is forbidden: User "ann" cannot create resource "pods" in API group "" in the namespace "c": RBAC: role.rbac.authorization.k8s.io "gone" not found',
    );
  });

  // How long a check takes among so many is a row of bench/access.ts.
  test('among a thousand bindings each counts in its namespace for its subjects', () => {
    const many = Array.from({ length: 1000 }, (_, index) =>
      binding(
        `b${index}`,
        `ns${index % 100}`,
        clusterRole('reader'),
        user(`u${index % 50}`),
        group('everybody'),
      ),
    );
    const large = makeAuthorizer({ lookup: makeMemoryLookup([...objects, ...many]), rbacRevision: () => 1 });
    const allows = (username: string, groups: readonly string[], namespace: string): boolean =>
      large.authorize({ username, groups }, ask('get', 'pods', { namespace })).allowed;
    for (let index = 0; index < 100; index += 1) {
      const namespace = `ns${index}`;
      expect(allows('nobody', ['everybody'], namespace)).toBe(true);
      expect(allows('nobody', ['somebody'], namespace)).toBe(false);
      // b7, b57, b107, …: user u7 is bound in ns7 and ns57 only.
      expect(allows('u7', [], namespace)).toBe(index % 50 === 7);
    }
    expect(allows('nobody', ['everybody'], 'ns100')).toBe(false);
  });

  test('a new revision is seen at once', () => {
    const grown = [...objects];
    let revision = 1;
    const live = makeAuthorizer({
      lookup: {
        ...makeMemoryLookup([]),
        get: ((...key: [never, string, string]) => makeMemoryLookup(grown).get(...key)) as never,
        list: ((...key: [never, string?]) => makeMemoryLookup(grown).list(...key)) as never,
      },
      rbacRevision: () => revision,
    });
    expect(live.authorize({ username: 'eve', groups: [] }, ask('get', 'pods')).allowed).toBe(false);
    grown.push(binding('new', undefined, clusterRole('reader'), user('eve')));
    revision = 2;
    expect(live.authorize({ username: 'eve', groups: [] }, ask('get', 'pods')).allowed).toBe(true);
  });
});
