/** Server-side apply from the terminal: conflicts, force, and the move over from client-side apply. */

import { beforeAll, describe, expect, inject, it } from 'vitest';
import { makeCluster } from './support/cluster.ts';
import { findKubectls, makeRunner, type Runner } from './support/kubectl.ts';

const server = inject('server');

const manifest = (replicas: number | undefined, image: string) => `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
${replicas === undefined ? '' : `  replicas: ${replicas}`}
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - {name: nginx, image: "${image}"}
`;

interface Entry {
  readonly manager: string;
  readonly operation: string;
  readonly subresource?: string;
  readonly fieldsV1: unknown;
}

describe.each(findKubectls())('server-side apply with kubectl $version', (kubectl) => {
  let k: Runner;
  const apply = (text: string, ...flags: readonly string[]) =>
    k.run(['apply', '-f', '-', ...flags], { input: text });
  const replicas = () => k.ok('get', 'deployment', 'web', '-o', 'jsonpath={.spec.replicas}');
  const owners = async (): Promise<readonly string[]> => {
    const text = await k.ok('get', 'deployment', 'web', '--show-managed-fields', '-o', 'json');
    const { metadata } = JSON.parse(text) as {
      readonly metadata: { readonly managedFields: readonly Entry[] };
    };
    return metadata.managedFields
      .filter((entry) => entry.manager.startsWith('kubectl') || entry.manager === 'other')
      .map(
        (entry) => `${entry.manager} ${entry.operation}${entry.subresource ? ` ${entry.subresource}` : ''}`,
      );
  };

  beforeAll(async () => {
    k = makeRunner(kubectl, await (await makeCluster(server)).kubeconfig());
  });

  it('takes over an object that was applied from the client', async () => {
    expect((await apply(manifest(2, 'nginx:1.26'))).stdout.trim()).toBe('deployment.apps/web created');
    expect(await owners()).toEqual(['kubectl-client-side-apply Update']);
    const taken = await apply(manifest(2, 'nginx:1.27'), '--server-side');
    expect(taken.stdout.trim()).toBe('deployment.apps/web serverside-applied');
    expect(await owners()).toContain('kubectl Apply');
    expect(await k.ok('get', 'deployment', 'web', '-o', 'jsonpath={..image}')).toBe('nginx:1.27');
  });

  it('refuses to change what another manager owns', async () => {
    const refused = await apply(manifest(3, 'nginx:1.27'), '--server-side', '--field-manager=other');
    expect(refused.code).not.toBe(0);
    expect(refused.stderr).toContain('Apply failed with 1 conflict: conflict with "kubectl": .spec.replicas');
    expect(refused.stderr).toContain('--force-conflicts');
    expect(await replicas()).toBe('2');
  });

  it('changes it when forced', async () => {
    const flags = ['--server-side', '--field-manager=other', '--force-conflicts'];
    expect((await apply(manifest(3, 'nginx:1.27'), ...flags)).stdout).toContain('serverside-applied');
    expect(await replicas()).toBe('3');
    expect(await owners()).toContain('other Apply');
  });

  it('gives the replicas to whoever scales', async () => {
    await k.ok('scale', 'deployment/web', '--replicas=4');
    // The manager is what the program is called.
    expect((await owners()).some((owner) => /^kubectl\S* Update scale$/.test(owner))).toBe(true);
    const again = await apply(manifest(undefined, 'nginx:1.27'), '--server-side', '--field-manager=other');
    expect(again.stdout).toContain('serverside-applied');
    expect(await replicas()).toBe('4');
  });

  it('shows what it would do', async () => {
    const diff = await k.run(['diff', '--server-side', '--force-conflicts', '-f', '-'], {
      input: manifest(undefined, 'nginx:1.28'),
    });
    expect(diff.code).toBe(1);
    expect(diff.stdout).toMatch(/\+ +- image: nginx:1\.28|\+ +image: nginx:1\.28|\+.*nginx:1\.28/);
    const dry = await apply(manifest(undefined, 'nginx:1.28'), '--server-side', '--dry-run=server');
    expect(dry.stdout).toContain('serverside-applied (server dry run)');
    expect(await k.ok('get', 'deployment', 'web', '-o', 'jsonpath={..image}')).toBe('nginx:1.27');
  });
});
