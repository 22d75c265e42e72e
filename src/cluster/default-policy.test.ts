import { describe, expect, test } from 'vitest';
import { readGoldenJson } from '../../test/support/golden.ts';
import { Harness } from '../../test/support/harness.ts';
import { defaultPolicy, parseRule } from '../auth/default-policy.ts';
import type { ClusterRole, ClusterRoleBinding } from '../kinds/generated/types.ts';
import { sha256Hex } from '../machinery/sha256.ts';
import { POLICY_VERSION } from './default-policy.ts';

const RBAC = '/apis/rbac.authorization.k8s.io/v1';
const patch = { 'content-type': 'application/merge-patch+json' };

const open = (): Harness => new Harness({ settings: { nodes: [] }, actors: [] });

const roleOf = (cluster: Harness, name: string): ClusterRole => cluster.get(`${RBAC}/clusterroles/${name}`);

/** As if an older release had written the cluster. */
const age = (cluster: Harness): void => {
  cluster.sql.run("DELETE FROM meta WHERE name = 'rbac.policy'");
  cluster.evict();
};

const recorded = readGoldenJson<Record<string, ClusterRole[]>>('rbac-defaults.json.gz');
const roles = Object.values(recorded)
  .flat()
  .filter(({ kind }) => kind === 'ClusterRole' || kind === 'Role')
  .map((role) => [`${role.metadata.namespace ?? ''}/${role.metadata.name}`, role] as const);
const own = new Map(
  defaultPolicy()
    .filter(({ kind }) => kind === 'ClusterRole' || kind === 'Role')
    .map((role) => [`${role.metadata.namespace ?? ''}/${role.metadata.name}`, role as ClusterRole]),
);

describe('default roles, rule by rule as 1.36 has them', () => {
  test.each(roles)('%s', (name, role) => {
    const rules = own.get(name)?.rules ?? [];
    expect(rules).toHaveLength((role.rules ?? []).length);
    for (const [index, rule] of (role.rules ?? []).entries()) expect(rules[index]).toEqual(rule);
    expect(own.get(name)?.aggregationRule).toEqual(role.aggregationRule);
  });

  test('no more and no fewer', () => {
    expect([...own.keys()].sort()).toEqual(roles.map(([name]) => name).sort());
  });

  test('a line of the table is a rule', () => {
    expect(parseRule('get,list | apps | deployments, deployments/scale | web')).toEqual({
      verbs: ['get', 'list'],
      apiGroups: ['apps'],
      resources: ['deployments', 'deployments/scale'],
      resourceNames: ['web'],
    });
  });
});

describe('the default policy of a stored cluster', () => {
  test('its version changes with its content', () => {
    const digest = sha256Hex(JSON.stringify(defaultPolicy())).slice(0, 16);
    // When this fails: give POLICY_VERSION a new value, then put both here.
    expect({ version: POLICY_VERSION, digest }).toEqual({ version: '1.36-1', digest: '0b4afc4861c617d7' });
  });

  test('is brought up to date once, before the first request to a newer release', () => {
    const cluster = open();
    const before = cluster.end().revision;
    cluster.expect(200, 'DELETE', `${RBAC}/clusterroles/system:discovery`);
    cluster.expect(200, 'PATCH', `${RBAC}/clusterroles/system:basic-user`, {
      body: { rules: [] },
      headers: patch,
    });
    cluster.evict();
    expect(cluster.request('GET', `${RBAC}/clusterroles/system:discovery`).status).toBe(404);
    age(cluster);
    expect(roleOf(cluster, 'system:discovery').rules).toHaveLength(1);
    expect(roleOf(cluster, 'system:basic-user').rules).toHaveLength(3);
    const after = cluster.end().revision;
    expect(after).toBe(before + 4);
    cluster.evict();
    cluster.request('GET', '/version');
    expect(cluster.end().revision).toBe(after);
  });

  test('an untouched one is not written', () => {
    const cluster = open();
    const before = cluster.end().revision;
    age(cluster);
    cluster.request('GET', '/version');
    expect(cluster.end().revision).toBe(before);
  });

  test('keeps what was added, and objects that are not to be updated', () => {
    const cluster = open();
    const extra = { verbs: ['get'], apiGroups: [''], resources: ['secrets'] };
    cluster.expect(200, 'PATCH', `${RBAC}/clusterroles/system:basic-user`, {
      body: { rules: [extra] },
      headers: patch,
    });
    cluster.expect(200, 'PATCH', `${RBAC}/clusterroles/system:discovery`, {
      body: {
        rules: [],
        metadata: { annotations: { 'rbac.authorization.kubernetes.io/autoupdate': 'false' } },
      },
      headers: patch,
    });
    expect(cluster.cluster.reconcilePolicy(cluster.now)).toEqual([
      { kind: 'ClusterRole', name: 'system:basic-user' },
    ]);
    expect(roleOf(cluster, 'system:basic-user').rules?.[0]).toEqual(extra);
    expect(roleOf(cluster, 'system:discovery').rules ?? []).toEqual([]);
  });

  test('subjects come back, and a binding to another role is made anew', () => {
    const cluster = open();
    const name = 'system:basic-user';
    const url = `${RBAC}/clusterrolebindings/${name}`;
    cluster.expect(200, 'PATCH', url, { body: { subjects: [] }, headers: patch });
    expect(cluster.cluster.reconcilePolicy(cluster.now)).toHaveLength(1);
    expect(cluster.get<ClusterRoleBinding>(url).subjects).toHaveLength(1);
    cluster.expect(200, 'DELETE', url);
    cluster.expect(201, 'POST', `${RBAC}/clusterrolebindings`, {
      body: {
        metadata: { name },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' },
      },
    });
    expect(cluster.cluster.reconcilePolicy(cluster.now)).toHaveLength(1);
    expect(cluster.get<ClusterRoleBinding>(url).roleRef.name).toBe(name);
  });
});
