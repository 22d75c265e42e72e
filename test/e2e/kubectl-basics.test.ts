/** The first things anybody types, with every kubectl at hand. */

import { beforeAll, describe, expect, inject, it } from 'vitest';
import { makeCluster } from './support/cluster.ts';
import { findKubectls, makeRunner, type Runner } from './support/kubectl.ts';

const server = inject('server');

describe.each(findKubectls())('kubectl $version', (kubectl) => {
  let k: Runner;
  beforeAll(async () => {
    k = makeRunner(kubectl, await (await makeCluster(server)).kubeconfig());
  });

  it('sees the server', async () => {
    expect(await k.ok('version')).toContain('Server Version: v1.36');
    expect(await k.ok('cluster-info')).toContain(`is running at`);
    expect(await k.ok('get', '--raw', '/readyz?verbose')).toContain('readyz check passed');
  });

  it('discovers and explains', async () => {
    const resources = await k.ok('api-resources');
    for (const line of [
      /^pods +po +v1 +true +Pod$/m,
      /^deployments +deploy +apps\/v1 +true +Deployment$/m,
      /^nodes +no +v1 +false +Node$/m,
    ]) {
      expect(resources).toMatch(line);
    }
    const explained = await k.ok('explain', 'deployment.spec.strategy', '--recursive');
    expect(explained).toContain('maxSurge');
    expect(explained).toContain('DESCRIPTION:');
    expect(explained).toMatch(/DeploymentStrategy describes how to replace existing pods/);
  });

  it('shows nodes', async () => {
    const nodes = (await k.ok('get', 'nodes', '-o', 'wide')).trim().split('\n');
    expect(nodes[0]).toMatch(
      /^NAME +STATUS +ROLES +AGE +VERSION +INTERNAL-IP +EXTERNAL-IP +OS-IMAGE +KERNEL-VERSION +CONTAINER-RUNTIME$/,
    );
    expect(nodes.slice(1)).toHaveLength(4);
    for (const line of nodes.slice(1)) expect(line).toMatch(/ Ready +/);
  });

  it('creates what beginners create', async () => {
    const done: [string[], string][] = [
      [['create', 'namespace', 'shop'], 'namespace/shop created'],
      [['create', 'deployment', 'web', '--image=nginx', '-n', 'shop'], 'deployment.apps/web created'],
      [['create', 'configmap', 'settings', '--from-literal=a=1', '-n', 'shop'], 'configmap/settings created'],
      [['create', 'secret', 'generic', 'pass', '--from-literal=p=1', '-n', 'shop'], 'secret/pass created'],
      [['create', 'serviceaccount', 'robot', '-n', 'shop'], 'serviceaccount/robot created'],
      [
        ['create', 'role', 'reader', '--verb=get,list', '--resource=pods', '-n', 'shop'],
        'role.rbac.authorization.k8s.io/reader created',
      ],
      [
        [
          'create',
          'rolebinding',
          'robot-reads',
          '--role=reader',
          '--serviceaccount=shop:robot',
          '-n',
          'shop',
        ],
        'rolebinding.rbac.authorization.k8s.io/robot-reads created',
      ],
      [['run', 'box', '--image=busybox', '-n', 'shop'], 'pod/box created'],
      [['expose', 'deployment', 'web', '--port=80', '-n', 'shop'], 'service/web exposed'],
    ];
    for (const [args, said] of done) expect((await k.ok(...args)).trim()).toBe(said);
    expect((await k.ok('create', 'token', 'robot', '-n', 'shop')).trim()).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
    const asRobot = ['--as=system:serviceaccount:shop:robot', '-n', 'shop'];
    expect((await k.ok('auth', 'can-i', 'list', 'pods', ...asRobot)).trim()).toBe('yes');
    expect((await k.run(['auth', 'can-i', 'delete', 'pods', ...asRobot])).stdout.trim()).toBe('no');
    expect(await k.ok('auth', 'whoami')).toMatch(/Username +kubernetes-admin/);
  });

  it('deletes a namespace with everything in it', async () => {
    expect(await k.ok('delete', 'namespace', 'shop')).toContain('namespace "shop" deleted');
    expect((await k.run(['get', 'namespace', 'shop'])).stderr).toContain('namespaces "shop" not found');
  });
});
