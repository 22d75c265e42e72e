import { describe, expect, test } from 'vitest';
import { readGoldenLines } from '../../test/support/golden.ts';
import { schemaOfKind } from '../kinds/schema-facts.ts';
import { toCanonical } from './canonical.ts';
import { decodeValue } from './decode.ts';
import { deepFreeze } from './deep.ts';
import type { Draft } from './object.ts';
import type { Schema } from './schema.ts';

interface Fixture {
  readonly name: string;
  readonly json: Draft & { readonly apiVersion: string; readonly kind: string };
}

const schemaOf = (group: string, version: string, kind: string): Schema => {
  const schema = schemaOfKind(group, version, kind);
  if (!schema) throw new Error(`no schema of ${kind}`);
  return schema;
};

const shuffled = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(shuffled);
  // Opaque JSON keeps the order it came in.
  if (typeof value !== 'object' || value === null || ('kind' in value && value.kind === 'CustomType'))
    return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, item]) => [key, shuffled(item)]),
  );
};

describe("upstream's round-trip fixtures", () => {
  const fixtures = readGoldenLines<Fixture>('fixtures/wire.jsonl.gz');
  test.each(fixtures.map((fixture) => [fixture.name, fixture.json] as const))(
    '%s is a fixed point',
    (_, json) => {
      const [version = '', group = ''] = json.apiVersion.split('/').reverse();
      const schema = schemaOf(group, version, json.kind);
      expect(toCanonical(json, schema)).toBe(json);
      expect(JSON.stringify(toCanonical(shuffled(json) as Draft, schema))).toBe(JSON.stringify(json));
      const decoded = decodeValue(shuffled(json), schema);
      expect(decoded.ok ? JSON.stringify(decoded.value.draft) : decoded.error).toBe(JSON.stringify(json));
    },
  );
});

describe('what changes', () => {
  const cases: readonly (readonly [string, Schema, Draft, Draft])[] = [
    [
      'empty optional values go, structs come',
      schemaOf('apps', 'v1', 'Deployment'),
      { spec: { paused: false, template: { spec: { nodeSelector: {}, tolerations: [], containers: [] } } } },
      {
        metadata: {},
        spec: {
          selector: null,
          template: { metadata: {}, spec: { containers: null } },
          strategy: {},
        },
        status: {},
      },
    ],
    [
      'pointers keep explicit zeros',
      schemaOf('apps', 'v1', 'Deployment'),
      {
        metadata: {},
        spec: {
          replicas: 0,
          selector: {},
          template: { metadata: {}, spec: { containers: null } },
          strategy: {},
        },
        status: {},
      },
      {
        metadata: {},
        spec: {
          replicas: 0,
          selector: {},
          template: { metadata: {}, spec: { containers: null } },
          strategy: {},
        },
        status: {},
      },
    ],
    [
      'lists that are never omitted are null when empty',
      schemaOf('rbac.authorization.k8s.io', 'v1', 'Role'),
      { metadata: { name: 'a' }, rules: [] },
      { metadata: { name: 'a' }, rules: null },
    ],
    [
      'zero times of conditions are null, absent quantities 0',
      schemaOf('', 'v1', 'Node'),
      { metadata: {}, spec: {}, status: { conditions: [{ type: 'Ready', status: 'True' }] } },
      {
        metadata: {},
        spec: {},
        status: {
          conditions: [{ type: 'Ready', status: 'True', lastHeartbeatTime: null, lastTransitionTime: null }],
          daemonEndpoints: { kubeletEndpoint: { Port: 0 } },
          nodeInfo: {
            machineID: '',
            systemUUID: '',
            bootID: '',
            kernelVersion: '',
            osImage: '',
            containerRuntimeVersion: '',
            kubeletVersion: '',
            kubeProxyVersion: '',
            operatingSystem: '',
            architecture: '',
          },
        },
      },
    ],
  ];
  test.each(cases)('%s', (_, schema, draft, expected) => {
    expect(toCanonical(deepFreeze(draft), schema)).toEqual(expected);
  });
  test('unknown fields go from closed types and stay in open ones', () => {
    const open: Schema = { type: 'object', preserveUnknownFields: true };
    const draft = { x: { b: 1, a: null } };
    expect(toCanonical(draft, open)).toBe(draft);
    expect(toCanonical(draft, { type: 'object', fields: new Map() })).toEqual({});
  });
});
