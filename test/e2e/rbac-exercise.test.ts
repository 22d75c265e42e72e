/**
 * One namespace, four people: an admin, a developer of the namespace, an auditor who only reads, and CI as a service
 * account. What each may do, a binding that is wrong, why, its fix, and the least role that does.
 */

import { beforeAll, describe, expect, inject, it } from 'vitest';
import { makeCluster, type TestCluster } from './support/cluster.ts';
import { findKubectls, makeRunner, type Runner } from './support/kubectl.ts';
import { call } from './support/server.ts';

const server = inject('server');
const [kubectl] = findKubectls().slice(-1);

const runner = (kubeconfig: string): Runner => {
  if (kubectl === undefined) throw new Error('no kubectl');
  return makeRunner(kubectl, kubeconfig);
};

const SET_UP = `
apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: developer, namespace: shop}
rules:
- {apiGroups: [""], resources: [pods, pods/log, services, configmaps], verbs: [get, list, watch, create, update, patch, delete]}
- {apiGroups: [apps], resources: [deployments, deployments/scale], verbs: [get, list, watch, create, update, patch, delete]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: developer, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: developer}
subjects: [{kind: User, apiGroup: rbac.authorization.k8s.io, name: dev}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: auditors}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
subjects: [{kind: Group, apiGroup: rbac.authorization.k8s.io, name: auditors}]
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: ci, namespace: shop}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: deployer, namespace: shop}
rules: [{apiGroups: [apps], resources: [deployments], verbs: [get, list, patch]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: deployer, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: deployer}
subjects: [{kind: ServiceAccount, name: ci, namespace: default}]
`;

const CI = 'system:serviceaccount:shop:ci';

interface Miss {
  readonly kind: string;
  readonly object: { readonly kind: string; readonly name: string; readonly namespace?: string };
  readonly field: string;
  readonly found: unknown;
  readonly needed: string;
  readonly fix: { readonly commands: readonly string[]; readonly patch?: readonly object[] };
}

interface Explanation {
  readonly decision: string;
  readonly sentence: string;
  readonly nearestMisses: readonly Miss[];
  readonly grants: readonly { readonly binding?: { readonly name: string } }[];
}

describe('a namespace with four personas', () => {
  let cluster: TestCluster;
  let admin: Runner;
  let dev: Runner;
  let auditor: Runner;
  let ci: Runner;

  const ask = async <Answer>(path: string, accept = 'application/json'): Promise<Answer> => {
    const answer = await call(server, 'GET', `/v1/clusters/${cluster.id}${path}`, { headers: { accept } });
    if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${answer.text}`);
    return accept.includes('yaml') ? (answer.text as Answer) : answer.json<Answer & object>();
  };

  const can = async (who: Runner, ...args: readonly string[]): Promise<string> =>
    (await who.run(['auth', 'can-i', ...args])).stdout.trim();

  beforeAll(async () => {
    cluster = await makeCluster(server, { name: 'exercise', nodes: 1 });
    admin = runner(await cluster.kubeconfig());
    await admin.run(['apply', '-f', '-'], { input: SET_UP });
    dev = runner(await cluster.kubeconfig({ user: 'dev', namespace: 'shop' }));
    auditor = runner(await cluster.kubeconfig({ user: 'eve', groups: ['auditors'] }));
    ci = runner(
      await cluster.kubeconfig({ serviceAccount: { namespace: 'shop', name: 'ci' }, namespace: 'shop' }),
    );
  });

  it('gives each what is theirs', async () => {
    expect(await dev.ok('auth', 'whoami', '-o', 'jsonpath={.status.userInfo.username}')).toBe('dev');
    await dev.ok('create', 'deployment', 'web', '--image=nginx:1.27');
    await dev.ok('scale', 'deployment', 'web', '--replicas=2');
    await dev.ok('get', 'pods');
    expect((await dev.run(['get', 'secrets'])).stderr).toBe(
      'Error from server (Forbidden): secrets is forbidden: User "dev" cannot list resource "secrets" in API group "" in the namespace "shop"\n',
    );
    expect((await dev.run(['get', 'pods', '-n', 'default'])).stderr).toContain('in the namespace "default"');
    expect(await auditor.ok('get', 'deployments', '-A')).toContain('web');
    expect((await auditor.run(['delete', 'deployment', 'web', '-n', 'shop'])).stderr).toContain(
      'User "eve" cannot delete resource "deployments" in API group "apps" in the namespace "shop"',
    );
    expect((await auditor.run(['get', 'secrets', '-n', 'shop'])).code).toBe(1);
    expect(await admin.ok('get', 'rolebindings', '-n', 'shop', '-o', 'name')).toContain('developer');
  });

  it('answers can-i and lists rules as kubectl prints them', async () => {
    expect(await can(dev, 'create', 'deployments')).toBe('yes');
    expect(await can(dev, 'create', 'deployments', '-n', 'default')).toBe('no');
    expect(await can(dev, 'get', 'pods', '--subresource=log')).toBe('yes');
    expect(await can(dev, 'create', 'pods', '--subresource=exec')).toBe('no');
    expect(await can(auditor, 'list', 'pods', '-A')).toBe('yes');
    const listed = await dev.ok('auth', 'can-i', '--list');
    expect(listed).toMatch(/^Resources +Non-Resource URLs +Resource Names +Verbs$/m);
    expect(listed).toMatch(/^deployments\.apps +\[\] +\[\] +\[get list watch create update patch delete\]$/m);
    expect(listed).toMatch(/^selfsubjectreviews\.authentication\.k8s\.io +\[\] +\[\] +\[create\]$/m);
    expect(listed).toMatch(/^ +\[\/healthz\] +\[\] +\[get\]$/m);
  });

  it('lets the admin see through others, and others not', async () => {
    expect(await can(admin, 'list', 'secrets', '-n', 'shop', '--as=dev')).toBe('no');
    expect(await can(admin, 'list', 'pods', '-A', '--as=eve', '--as-group=auditors')).toBe('yes');
    expect((await dev.run(['get', 'pods', '--as=eve'])).stderr).toContain(
      'User "dev" cannot impersonate-on:user-info:list resource "pods" in API group "" in the namespace "shop"',
    );
    const seen = await ask<{ items: { impersonatedUser?: { username: string } }[] }>(
      '/audit?user=eve&limit=200',
    );
    expect(seen.items.some(({ impersonatedUser }) => impersonatedUser?.username === 'eve')).toBe(true);
  });

  it('explains the binding that is wrong, and the fix is one', async () => {
    const refused = await ci.run(['get', 'deployments']);
    expect(refused.stderr).toContain(`User "${CI}" cannot list resource "deployments" in API group "apps"`);
    const question = `/authz/explain?user=${CI}&verb=list&resource=deployments&group=apps&namespace=shop`;
    const denied = await ask<Explanation>(question);
    expect(denied.decision).toBe('deny');
    const [nearest] = denied.nearestMisses;
    expect(nearest).toMatchObject({
      kind: 'subject',
      object: { kind: 'RoleBinding', name: 'deployer', namespace: 'shop' },
      field: 'subjects[0].namespace',
      found: 'default',
      needed: 'shop',
    });
    // The same by the id of the refusal.
    const { items } = await ask<{ items: { auditID: string }[] }>(
      `/audit?user=${CI}&decision=forbid&resource=deployments&limit=1`,
    );
    const byId = await ask<Explanation>(`/authz/explain?auditId=${items[0]?.auditID}`);
    expect(byId.nearestMisses[0]).toEqual(nearest);
    const patch = JSON.stringify(nearest?.fix.patch);
    await admin.ok('patch', 'rolebinding', 'deployer', '-n', 'shop', '--type=json', '-p', patch);
    expect(await ci.ok('get', 'deployments')).toContain('web');
    const allowed = await ask<Explanation>(question);
    expect(allowed.grants[0]?.binding?.name).toBe('deployer');
    expect((await ci.run(['delete', 'deployment', 'web'])).code).toBe(1);
  });

  it('knows who can, and what changed', async () => {
    const { subjects } = await ask<{ subjects: { subject: { kind: string; name: string } }[] }>(
      '/authz/who-can?verb=delete&resource=deployments&group=apps&namespace=shop',
    );
    const names = subjects.map(({ subject }) => `${subject.kind}/${subject.name}`);
    expect(names).toEqual(expect.arrayContaining(['Group/system:masters', 'User/dev']));
    expect(names).not.toContain('ServiceAccount/ci');
    const { subjects: changed } = await ask<{ subjects: { subject: { name: string }; gained: object[] }[] }>(
      '/authz/diff',
    );
    expect(changed.find(({ subject }) => subject.name === 'ci')?.gained).toHaveLength(1);
    const matrix = await ask<{ scopes: { namespace: string }[] }>('/authz/matrix?user=dev');
    expect(matrix.scopes.map(({ namespace }) => namespace)).toEqual(['', 'shop']);
  });

  it('derives the least role from what the developer did, and it does', async () => {
    const manifests = await ask<string>('/authz/least-privilege?user=dev', 'application/yaml');
    expect(manifests).toContain('name: dev-observed');
    expect(manifests).not.toContain('secrets');
    await admin.ok('delete', 'rolebinding', 'developer', '-n', 'shop');
    expect((await dev.run(['get', 'pods'])).code).toBe(1);
    const applied = await admin.run(['apply', '-f', '-'], { input: manifests });
    expect(applied.stdout).toContain('rolebinding.rbac.authorization.k8s.io/dev-observed created');
    await dev.ok('get', 'pods');
    await dev.ok('create', 'deployment', 'again', '--image=nginx:1.27');
    await dev.ok('scale', 'deployment', 'again', '--replicas=2');
    expect(await can(dev, 'delete', 'deployments')).toBe('no');
    expect((await dev.run(['get', 'secrets'])).code).toBe(1);
  });

  it('reconciles roles with kubectl auth reconcile', async () => {
    const wanted = SET_UP.slice(
      SET_UP.indexOf('---'),
      SET_UP.indexOf('apiVersion: v1\nkind: ServiceAccount'),
    );
    const done = await admin.run(['auth', 'reconcile', '-f', '-'], { input: wanted });
    expect(done.stdout).toContain('rolebinding.rbac.authorization.k8s.io/developer reconciled');
    expect(await can(dev, 'delete', 'deployments')).toBe('yes');
  });
});
