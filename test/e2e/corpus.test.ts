/** The corpus of manifests through the newest kubectl: accepted strictly, applied again without a change. */

import { join } from 'node:path';
import { expect, inject, it } from 'vitest';
import { makeCluster } from './support/cluster.ts';
import { findKubectls, makeRunner } from './support/kubectl.ts';

const FOLDER = join(import.meta.dirname, '../corpus');
const newest = findKubectls().at(-1);

const errorsIn = (stderr: string): readonly string[] =>
  stderr.split('\n').filter((line) => line !== '' && !line.startsWith('Warning: '));

it('is applied on the server, twice', async () => {
  if (newest === undefined) throw new Error('no kubectl');
  const k = makeRunner(newest, await (await makeCluster(inject('server'))).kubeconfig());
  for (const name of ['corpus', 'development']) await k.ok('create', 'namespace', name);
  const apply = (...args: string[]) => k.run(['apply', '--server-side', '--validate=strict', ...args]);
  for (let round = 1; round <= 2; round += 1) {
    const { code, stdout, stderr } = await apply('-f', FOLDER);
    // Some of the corpus is deprecated, and told so.
    expect({ code, errors: errorsIn(stderr) }).toEqual({ code: 0, errors: [] });
    expect(stdout.trim().split('\n').length).toBeGreaterThanOrEqual(100);
  }
  // Objects of definitions in the same file are unknown to kubectl until the definitions are there.
  await apply('-f', join(FOLDER, 'custom'));
  await k.ok('wait', '--for=condition=Established', 'crd', '--all', '--timeout=40s');
  const { code, stderr } = await apply('-f', join(FOLDER, 'custom'));
  expect({ code, errors: errorsIn(stderr) }).toEqual({ code: 0, errors: [] });
  const shown = await k.ok('get', 'certificates,applications,gateways,servicemonitors', '-o', 'name');
  expect(shown.trim().split('\n')).toHaveLength(4);
  const explained = await k.ok('explain', 'gateway.spec.listeners.tls', '--recursive');
  expect(explained).toContain('certificateRefs');
});
