import { describe, expect, test } from 'vitest';
import { readGoldenLines } from '../../test/support/golden.ts';
import { schemaOfKind } from '../kinds/schema-facts.ts';
import { bytesOfBase64 } from './base64.ts';
import type { Draft } from './object.ts';
import {
  decodeProtobuf,
  encodeProtobuf,
  encodeProtobufList,
  encodeWatchFrame,
  readEnvelope,
} from './protobuf.ts';
import type { Schema } from './schema.ts';

interface Fixture {
  readonly name: string;
  readonly json: Draft & { readonly apiVersion: string; readonly kind: string };
  readonly protobuf: string;
}

const schemaOf = (group: string, version: string, kind: string): Schema => {
  const schema = schemaOfKind(group, version, kind);
  if (!schema) throw new Error(`no schema of ${kind}`);
  return schema;
};

const decode = (bytes: Uint8Array, schema: Schema): unknown => {
  const envelope = readEnvelope(bytes);
  if (!envelope.ok) return envelope.error;
  const decoded = decodeProtobuf(envelope.value, schema);
  return decoded.ok ? decoded.value : decoded.error;
};

describe("upstream's round-trip fixtures", () => {
  const fixtures = readGoldenLines<Fixture>('fixtures/wire.jsonl.gz');
  test.each(fixtures.map((fixture) => [fixture.name, fixture] as const))(
    '%s both ways',
    (_, { json, protobuf }) => {
      const [version = '', group = ''] = json.apiVersion.split('/').reverse();
      const schema = schemaOf(group, version, json.kind);
      const bytes = bytesOfBase64(protobuf);
      expect(JSON.stringify(decode(bytes, schema))).toBe(JSON.stringify(json));
      expect(Buffer.from(encodeProtobuf(json, schema)).toString('base64')).toBe(protobuf);
    },
  );
});

describe('definitions of custom types', () => {
  const schema = schemaOf('apiextensions.k8s.io', 'v1', 'CustomResourceDefinition');
  test('unions of JSON Schema survive', () => {
    const spec = {
      group: 'example.com',
      names: { plural: 'things', kind: 'Thing' },
      scope: 'Namespaced',
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: {
            openAPIV3Schema: {
              type: 'object',
              properties: {
                map: { additionalProperties: { type: 'string', default: 'x', maximum: 1.5 } },
                free: { additionalProperties: true },
                none: { additionalProperties: false },
                list: { items: { type: 'integer', enum: [1, null, 'a'] } },
                tuple: { items: [{ type: 'string' }] },
                needs: { dependencies: { a: ['b'], c: { type: 'string' } } },
              },
            },
          },
        },
      ],
    };
    const object = {
      kind: 'CustomResourceDefinition',
      apiVersion: 'apiextensions.k8s.io/v1',
      metadata: {},
      spec,
      status: { conditions: null, acceptedNames: { plural: '', kind: '' }, storedVersions: null },
    };
    expect(decode(encodeProtobuf(object, schema), schema)).toEqual(object);
  });
});

describe('odd bytes', () => {
  const pod = schemaOf('', 'v1', 'Pod');
  test('large and negative integers', () => {
    const object = {
      kind: 'Pod',
      apiVersion: 'v1',
      metadata: { generation: -5, deletionGracePeriodSeconds: 2 ** 53 },
    };
    expect(decode(encodeProtobuf(object, pod), pod)).toMatchObject(object);
  });
  test('no envelope', () => {
    expect(readEnvelope(Uint8Array.of(1, 2, 3, 4, 5))).toMatchObject({ ok: false });
  });
  test('a cut message', () => {
    const bytes = encodeProtobuf({ kind: 'Pod', apiVersion: 'v1', metadata: { name: 'abc' } }, pod);
    const envelope = readEnvelope(bytes);
    if (!envelope.ok) throw new Error(envelope.error);
    const cut = { ...envelope.value, message: envelope.value.message.subarray(0, 4) };
    expect(decodeProtobuf(cut, pod)).toEqual({ ok: false, error: 'unexpected EOF' });
  });
  test('text beyond ASCII', () => {
    const object = {
      kind: 'Pod',
      apiVersion: 'v1',
      metadata: { name: 'a', annotations: { ä: 'grün 🙂'.repeat(50) } },
    };
    expect(decode(encodeProtobuf(object, pod), pod)).toMatchObject(object);
  });
  test('a watch frame says its length', () => {
    const frame = encodeWatchFrame('ADDED', Uint8Array.of(1, 2, 3));
    expect([...frame]).toEqual([0, 0, 0, 14, 10, 5, 65, 68, 68, 69, 68, 18, 5, 10, 3, 1, 2, 3]);
  });
});

describe('lists', () => {
  const item = schemaOfKind('', 'v1', 'ConfigMap');
  const list = schemaOfKind('', 'v1', 'ConfigMapList');
  const metadata = list?.fields?.get('metadata')?.schema;
  const made = (name: string) => ({ metadata: { name }, data: { a: 'ä'.repeat(70) } });

  test('are the same bytes item by item, fresh or remembered', () => {
    if (item === undefined || list === undefined || metadata === undefined) throw new Error('no schema');
    const value = {
      apiVersion: 'v1',
      kind: 'ConfigMapList',
      metadata: { resourceVersion: '7' },
      items: [Object.freeze(made('one')), made('two')],
    };
    const whole = encodeProtobuf(value, list);
    expect(encodeProtobufList(value, { item, metadata })).toEqual(whole);
    expect(encodeProtobufList(value, { item, metadata })).toEqual(whole);
    const changed = { ...value, items: [value.items[0] ?? {}, made('three')] };
    expect(encodeProtobufList(changed, { item, metadata })).toEqual(encodeProtobuf(changed, list));
  });
});
