import { describe, expect, test } from 'vitest';
import { schemaOfKind } from '../kinds/schema-facts.ts';
import { applySchemaDefaults } from './defaulting.ts';
import type { Draft } from './object.ts';
import type { Field, Schema } from './schema.ts';

const field = (name: string, schema: Schema): readonly [string, Field] => [
  name,
  { name, schema, omit: 'empty', pointer: true },
];
const object = (...fields: (readonly [string, Field])[]): Schema => ({
  type: 'object',
  fields: new Map(fields),
});

const schema = object(
  field('size', { type: 'integer', default: 3 }),
  field('kept', { type: 'string', nullable: true, default: 'x' }),
  field('plain', { type: 'string' }),
  field('deep', { ...object(field('flag', { type: 'boolean', default: false })), default: {} }),
  field('list', { type: 'array', items: object(field('a', { type: 'string', default: 'd' })) }),
  field('map', { type: 'object', items: object(field('a', { type: 'string', default: 'd' })) }),
);

const defaulted = (draft: Draft, of: Schema): Draft => {
  applySchemaDefaults(draft, of);
  return draft;
};

describe('custom types', () => {
  test.each<[string, Draft, Draft]>([
    ['absent fields are filled, at every depth', {}, { size: 3, kept: 'x', deep: { flag: false } }],
    ['explicit zeros stay', { size: 0, deep: { flag: true } }, { size: 0, kept: 'x', deep: { flag: true } }],
    [
      'null takes the default, stays when nullable, goes when there is none',
      { size: null, kept: null, plain: null },
      { size: 3, kept: null, deep: { flag: false } },
    ],
    [
      'items and additional properties are filled',
      { list: [{}, { a: 'b' }], map: { x: {} } },
      { list: [{ a: 'd' }, { a: 'b' }], map: { x: { a: 'd' } }, size: 3, kept: 'x', deep: { flag: false } },
    ],
  ])('%s', (_, draft, expected) => {
    expect(defaulted(draft, schema)).toEqual(expected);
  });
  test('two objects do not share a default', () => {
    const [one, two] = [defaulted({}, schema), defaulted({}, schema)];
    expect(one['deep']).not.toBe(two['deep']);
  });
});

describe('built-in types', () => {
  test('marked fields are filled and canonical nulls stay', () => {
    const pod = schemaOfKind('', 'v1', 'Pod') ?? schema;
    const draft = { spec: { containers: [{ name: 'a', ports: [{ containerPort: 1 }], env: null }] } };
    expect(defaulted(draft, pod)).toEqual({
      spec: { containers: [{ name: 'a', ports: [{ containerPort: 1, protocol: 'TCP' }], env: null }] },
    });
  });
});
