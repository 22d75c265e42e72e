import { describe, expect, test } from 'vitest';
import { binding, ci, dev, GROUP, nameOf, open, role, user } from '../../../test/support/access.ts';
import type { PolicyRule } from '../../kinds/generated/types.ts';
import { applyJsonPatch } from '../../machinery/json-patch.ts';
import type { KubeObject } from '../../machinery/object.ts';
import type { Attributes } from '../attributes.ts';
import type { Identity } from '../identity.ts';
import { type Explanation, explain } from './explain.ts';
import { leastPrivilege } from './least-privilege.ts';

const pods: PolicyRule = { verbs: ['get', 'list'], apiGroups: [''], resources: ['pods'] };
const ask = (verb: string, resource: string, more: object = {}): Attributes => ({
  verb,
  group: '',
  resource,
  namespace: 'shop',
  ...more,
});

const explained = (
  objects: readonly KubeObject[],
  identity: Identity,
  attributes: Attributes,
): Explanation => {
  return explain(open(objects), identity, attributes);
};

describe('near misses', () => {
  const table: readonly [
    what: string,
    objects: readonly KubeObject[],
    identity: Identity,
    attributes: Attributes,
    expected: object,
  ][] = [
    [
      'a binding in another namespace',
      [role('r', 'store', pods), binding('b', 'store', 'Role/r', user('dev'))],
      dev,
      ask('get', 'pods'),
      { kind: 'namespace', field: 'metadata.namespace', found: 'store', needed: 'shop' },
    ],
    [
      'a binding in a namespace for a request over all of them',
      [role('r', 'shop', pods), binding('b', 'shop', 'Role/r', user('dev'))],
      dev,
      ask('list', 'pods', { namespace: '' }),
      { kind: 'namespace', field: 'kind', found: 'RoleBinding', needed: 'ClusterRoleBinding' },
    ],
    [
      'a verb that is not in the rule',
      [role('r', 'shop', pods), binding('b', 'shop', 'Role/r', user('dev'))],
      dev,
      ask('delete', 'pods'),
      { kind: 'verb', field: 'rules[0].verbs', found: ['get', 'list'], needed: 'delete' },
    ],
    [
      'the core group for a resource of apps',
      [
        role('r', 'shop', { ...pods, resources: ['deployments'] }),
        binding('b', 'shop', 'Role/r', user('dev')),
      ],
      dev,
      ask('get', 'deployments', { group: 'apps' }),
      { kind: 'apiGroup', field: 'rules[0].apiGroups', found: [''], needed: 'apps' },
    ],
    [
      'a resource for its subresource',
      [role('r', 'shop', pods), binding('b', 'shop', 'Role/r', user('dev'))],
      dev,
      ask('get', 'pods', { subresource: 'log' }),
      { kind: 'subresource', field: 'rules[0].resources', found: ['pods'], needed: 'pods/log' },
    ],
    [
      'a resource in the singular',
      [role('r', 'shop', { ...pods, resources: ['pod'] }), binding('b', 'shop', 'Role/r', user('dev'))],
      dev,
      ask('get', 'pods'),
      { kind: 'resource', field: 'rules[0].resources', found: ['pod'], needed: 'pods' },
    ],
    [
      'another name',
      [role('r', 'shop', { ...pods, resourceNames: ['a'] }), binding('b', 'shop', 'Role/r', user('dev'))],
      dev,
      ask('get', 'pods', { name: 'b' }),
      { kind: 'resourceName', field: 'rules[0].resourceNames', found: ['a'], needed: 'b' },
    ],
    [
      'a service account of another namespace',
      [
        role('r', 'shop', pods),
        binding('b', 'shop', 'Role/r', { kind: 'ServiceAccount', name: 'ci', namespace: 'default' }),
      ],
      ci,
      ask('get', 'pods'),
      { kind: 'subject', field: 'subjects[0].namespace', found: 'default', needed: 'shop' },
    ],
    [
      'a user where a service account is meant',
      [role('r', 'shop', pods), binding('b', 'shop', 'Role/r', user('ci'))],
      ci,
      ask('get', 'pods'),
      { kind: 'subject', field: 'subjects[0].kind', found: 'User', needed: 'ServiceAccount' },
    ],
    [
      'a group bound as a user',
      [role('r', 'shop', pods), binding('b', 'shop', 'Role/r', user('builders'))],
      dev,
      ask('get', 'pods'),
      { kind: 'subject', field: 'subjects[0].kind', found: 'User', needed: 'Group' },
    ],
    [
      'a name in the wrong case',
      [role('r', 'shop', pods), binding('b', 'shop', 'Role/r', user('Dev'))],
      dev,
      ask('get', 'pods'),
      { kind: 'subject', field: 'subjects[0].name', found: 'Dev', needed: 'dev' },
    ],
    [
      'somebody else',
      [role('r', 'shop', pods), binding('b', 'shop', 'Role/r', user('jane'))],
      dev,
      ask('get', 'pods'),
      { kind: 'subject', field: 'subjects', found: ['User "jane"'], needed: 'dev' },
    ],
    [
      'a Role where a ClusterRole is meant',
      [role('r', '', pods), binding('b', 'shop', 'Role/r', user('dev'))],
      dev,
      ask('get', 'pods'),
      { kind: 'roleRef', field: 'roleRef.kind', found: 'Role', needed: 'ClusterRole' },
    ],
    [
      'a role that does not exist',
      [binding('b', 'shop', 'Role/gone', user('dev'))],
      dev,
      ask('get', 'pods'),
      { kind: 'roleRef', field: 'roleRef.name', found: 'gone', needed: 'a role that exists' },
    ],
    [
      'a path',
      [
        role('r', '', { verbs: ['get'], nonResourceURLs: ['/logs/a'] }),
        binding('b', '', 'ClusterRole/r', user('dev')),
      ],
      dev,
      { verb: 'get', path: '/logs/b' },
      { kind: 'nonResourceURL', field: 'rules[0].nonResourceURLs', found: ['/logs/a'], needed: '/logs/b' },
    ],
  ];

  test.each(table)('%s', (_what, objects, identity, attributes, expected) => {
    const { allowed, nearestMisses } = explained(objects, identity, attributes);
    expect(allowed).toBe(false);
    expect(nearestMisses[0]).toMatchObject(expected);
  });

  test.each(table)('%s: the suggested change allows the request', (_what, objects, identity, attributes) => {
    const [miss] = explained(objects, identity, attributes).nearestMisses;
    if (miss === undefined) throw new Error('no miss');
    const { patch, manifests = [], commands } = miss.fix;
    const wanted = `${miss.object.kind}/${miss.object.namespace ?? ''}/${miss.object.name}`;
    const kept = commands[0]?.startsWith('kubectl delete')
      ? objects.filter((object) => nameOf(object) !== wanted)
      : objects;
    const changed = kept.map((object) => {
      if (patch === undefined || nameOf(object) !== wanted) return object;
      const text = applyJsonPatch(structuredClone(object) as never, patch as never);
      return text as unknown as KubeObject;
    });
    const after = [...changed, ...(manifests as unknown as KubeObject[])];
    expect(explained(after, identity, attributes).allowed).toBe(true);
  });

  test('what every cluster has is meant for others', () => {
    const masters = binding('cluster-admin', '', 'ClusterRole/all', {
      kind: 'Group',
      apiGroup: GROUP,
      name: 'system:masters',
    });
    const everything = role('all', '', { verbs: ['*'], apiGroups: ['*'], resources: ['*'] });
    const labelled = {
      ...masters,
      metadata: { ...masters.metadata, labels: { 'kubernetes.io/bootstrapping': 'rbac-defaults' } },
    };
    expect(explained([everything, labelled], dev, ask('get', 'pods')).nearestMisses).toEqual([]);
  });
});

describe('least privilege', () => {
  const deed = (verb: string, resource: string, name = '', more: object = {}) => ({
    verb,
    group: '',
    resource,
    subresource: '',
    namespace: 'shop',
    name,
    allowed: true,
    ...more,
  });
  const deeds = [
    deed('list', 'pods'),
    deed('get', 'pods', 'a'),
    deed('get', 'pods', 'b'),
    deed('create', 'configmaps', 'c'),
    deed('get', 'pods', 'a', { subresource: 'log' }),
    deed('get', 'deployments', 'web', { group: 'apps' }),
    deed('delete', 'secrets', 's', { allowed: false }),
  ];
  const objects = [
    role('wide', 'shop', {
      verbs: ['*'],
      apiGroups: ['', 'apps'],
      resources: ['pods', 'pods/log', 'services'],
    }),
    binding('b', 'shop', 'Role/wide', user('dev')),
  ];
  const observe = (byName: boolean) =>
    leastPrivilege(open(objects).authorizer, dev, deeds, ['shop'], { byName });

  test('the roles are what was done', () => {
    const { manifests, requests, refusals } = observe(false);
    expect({ requests, refusals }).toEqual({ requests: 6, refusals: 1 });
    expect(manifests).toMatchObject([
      {
        kind: 'Role',
        metadata: { name: 'dev-observed', namespace: 'shop' },
        rules: [
          { apiGroups: [''], resources: ['configmaps'], verbs: ['create'] },
          { apiGroups: [''], resources: ['pods'], verbs: ['get', 'list'] },
          { apiGroups: [''], resources: ['pods/log'], verbs: ['get'] },
          { apiGroups: ['apps'], resources: ['deployments'], verbs: ['get'] },
        ],
      },
      { kind: 'RoleBinding', subjects: [{ kind: 'User', name: 'dev' }], roleRef: { name: 'dev-observed' } },
    ]);
  });

  test('names limit what can be limited', () => {
    const [made] = observe(true).manifests;
    expect(made).toMatchObject({
      rules: [
        { resources: ['configmaps'], verbs: ['create'] },
        { resources: ['pods'], verbs: ['list'] },
        { resources: ['pods'], resourceNames: ['a', 'b'], verbs: ['get'] },
        { resources: ['pods/log'], resourceNames: ['a'], verbs: ['get'] },
        { apiGroups: ['apps'], resources: ['deployments'], resourceNames: ['web'] },
      ],
    });
  });

  test('what was done stays allowed, what was refused stays refused, nothing else comes', () => {
    for (const byName of [false, true]) {
      const { manifests } = observe(byName);
      const { authorizer } = open(manifests as unknown as KubeObject[]);
      for (const { allowed, ...attributes } of deeds) {
        expect(authorizer.authorize(dev, attributes).allowed).toBe(allowed);
      }
      expect(authorizer.authorize(dev, deed('delete', 'pods', 'a')).allowed).toBe(false);
      expect(authorizer.authorize(dev, deed('get', 'pods', 'a', { namespace: 'store' })).allowed).toBe(false);
    }
  });

  test('it is compared with what the subject has', () => {
    const { unused, missing, refused } = observe(false);
    expect(unused).toMatchObject([{ namespace: 'shop' }]);
    expect(missing).toMatchObject([
      { namespace: 'shop', rules: [{ resources: ['configmaps'] }, { resources: ['deployments'] }] },
    ]);
    expect(refused).toMatchObject([
      { namespace: 'shop', rules: [{ resources: ['secrets'], verbs: ['delete'] }] },
    ]);
  });
});
