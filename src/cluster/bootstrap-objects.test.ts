import { describe, expect, test } from 'vitest';
import { readGoldenJson } from '../../test/support/golden.ts';
import { defaultPolicy } from '../auth/default-policy.ts';
import type { KubeObject } from '../machinery/object.ts';
import { bootstrapObjects } from './bootstrap-objects.ts';

const settings = {
  clusterId: 'c',
  name: 'c',
  seed: 's',
  latency: 'fast',
  nodes: [],
  caCertificate: '<pem>',
  issuer: 'https://issuer.example',
  advertise: '198.51.100.2:26443',
} as const;
const now = Date.parse('2026-11-20T00:00:00Z');

const idOf = (object: KubeObject): string =>
  [object.apiVersion, object.kind, object.metadata.namespace ?? '', object.metadata.name].join(' ');

const byId = (objects: readonly KubeObject[]): Record<string, unknown> =>
  Object.fromEntries(
    objects.map((object) => [
      idOf(object),
      JSON.parse(JSON.stringify(object).replaceAll('2026-11-20T00:00:00Z', '<now>')),
    ]),
  );

describe('a fresh cluster', () => {
  test('has the recorded RBAC objects', () => {
    const golden = readGoldenJson<Record<string, KubeObject[]>>('rbac-defaults.json.gz');
    expect(byId(defaultPolicy())).toEqual(byId(Object.values(golden).flat()));
  });

  test('has every other recorded object but the lease of the machine', () => {
    const golden = readGoldenJson<{ object: KubeObject }[]>('bootstrap.json.gz')
      .map((entry) => entry.object)
      .filter((object) => object.kind !== 'Lease');
    const made = bootstrapObjects(settings, '<pem>', now).filter(
      (object) => !object.apiVersion.startsWith('rbac.'),
    );
    expect(byId(made)).toEqual(byId(golden));
  });
});
