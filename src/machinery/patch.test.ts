import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deepEqual } from './deep.ts';
import { printGoValue } from './go-print.ts';
import { applyJsonPatch, decodeJsonPatch, strictJsonPatch } from './json-patch.ts';
import { applyMergePatch } from './merge-patch.ts';
import type { Field, Schema } from './schema.ts';
import { applyStrategicPatch } from './strategic-patch.ts';

const text: Schema = { type: 'string' };
const field = (name: string, schema: Schema, extra: Partial<Field> = {}): [string, Field] => [
  name,
  { name, schema, omit: 'empty', pointer: false, ...extra },
];
const item: Schema = {
  type: 'object',
  name: 'x.Item',
  fields: new Map([field('name', text), field('value', text)]),
};
const schema: Schema = {
  type: 'object',
  name: 'x.Thing',
  fields: new Map([
    field('items', { type: 'array', items: item }, { patchStrategy: ['merge'], patchMergeKey: 'name' }),
    field('tags', { type: 'array', items: text }, { patchStrategy: ['merge'] }),
    field('args', { type: 'array', items: text }),
    field(
      'union',
      { type: 'object', fields: new Map([field('a', text), field('b', text)]) },
      {
        patchStrategy: ['retainKeys'],
      },
    ),
    field('labels', { type: 'map', items: text }),
  ]),
};
const smp = (document: Record<string, unknown>, patch: Record<string, unknown>) =>
  applyStrategicPatch(document, patch, schema);

describe('json patch', () => {
  it.each([
    [{ a: [1, 2] }, [{ op: 'add', path: '/a/-1', value: 3 }], { a: [1, 2, 3] }],
    [{ a: [1, 2] }, [{ op: 'remove', path: '/a/-1' }], { a: [1] }],
    [{ a: 1 }, [{ op: 'test', path: '/b', value: null }], { a: 1 }],
    [{ a: 1 }, [{ op: 'test', path: '', value: { a: 1 } }], { a: 1 }],
    [
      { 'a/b': 1, 'm~n': 2 },
      [
        { op: 'remove', path: '/a~1b' },
        { op: 'remove', path: '/m~0n' },
      ],
      {},
    ],
    [{ a: 1 }, [{ op: 'replace', path: '', value: 'x' }], { a: 1 }],
    [{ a: { b: 1 } }, [{ op: 'move', from: '/a/b', path: '/c' }], { a: {}, c: 1 }],
  ])('%j with %j gives %j', (document, operations, expected) => {
    expect(applyJsonPatch(document, decodeJsonPatch(operations))).toEqual(expected);
  });

  it('does not touch prototypes', () => {
    const value = JSON.parse('[{"op":"add","path":"/__proto__/x","value":1}]');
    expect(() => applyJsonPatch({}, decodeJsonPatch(value))).toThrow('the server rejected');
    expect(({} as Record<string, unknown>)['x']).toBeUndefined();
  });

  it('names unknown fields of operations', () => {
    const text =
      '[{"op":"test","path":"/a"},{"op":"add","foo":{"a":1,"a":2},"value":{"b":1,"b":2},"op":"x"}]';
    expect(strictJsonPatch(text, JSON.parse(text) as unknown[])).toEqual([
      'json patch unknown field "[1].foo"',
      'json patch duplicate field "[1].value.b"',
      'json patch duplicate field "[1].op"',
    ]);
    expect(strictJsonPatch('[{"op":"test"}]', [{ op: 'test' }])).toEqual([]);
  });
});

describe('merge patch', () => {
  it('removes nulls, even in lists that are taken over', () => {
    expect(
      applyMergePatch({ a: 1, b: { c: 1 } }, { a: null, b: { c: null, d: [{ e: null, f: 1 }] } }),
    ).toEqual({
      b: { d: [{ f: 1 }] },
    });
  });

  it('applied to its own result changes nothing', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.jsonValue()),
        fc.dictionary(fc.string(), fc.jsonValue()),
        (a, b) => {
          const once = applyMergePatch(a, b);
          expect(deepEqual(applyMergePatch(once, b), once)).toBe(true);
        },
      ),
      { seed: 5 },
    );
  });
});

describe('strategic merge patch', () => {
  it.each([
    [
      'merges by key',
      { items: [{ name: 'a', value: '1' }] },
      { items: [{ name: 'a', value: '2' }] },
      { items: [{ name: 'a', value: '2' }] },
    ],
    [
      'puts new items before',
      { items: [{ name: 'a' }] },
      { items: [{ name: 'b' }] },
      { items: [{ name: 'b' }, { name: 'a' }] },
    ],
    [
      'deletes by key',
      { items: [{ name: 'a' }, { name: 'b' }] },
      { items: [{ name: 'a', $patch: 'delete' }] },
      { items: [{ name: 'b' }] },
    ],
    [
      'replaces a list',
      { items: [{ name: 'a' }] },
      { items: [{ name: 'b' }, { $patch: 'replace' }] },
      { items: [{ name: 'b' }] },
    ],
    ['joins scalars', { tags: ['a', 'b'] }, { tags: ['b', 'c'] }, { tags: ['a', 'b', 'c'] }],
    ['deletes scalars', { tags: ['a', 'b'] }, { '$deleteFromPrimitiveList/tags': ['a'] }, { tags: ['b'] }],
    ['replaces atomic lists', { args: ['a'] }, { args: ['b'] }, { args: ['b'] }],
    [
      'retains keys',
      { union: { a: '1', b: '2' } },
      { union: { $retainKeys: ['b'], b: '3' } },
      { union: { b: '3' } },
    ],
    [
      'replaces a map',
      { labels: { a: '1' } },
      { labels: { b: '2', $patch: 'replace' } },
      { labels: { b: '2' } },
    ],
    ['empties a map', { labels: { a: '1' } }, { labels: { $patch: 'delete' } }, { labels: {} }],
    [
      'orders',
      { items: [{ name: 'a' }, { name: 'b' }] },
      { '$setElementOrder/items': [{ name: 'b' }, { name: 'a' }] },
      { items: [{ name: 'b' }, { name: 'a' }] },
    ],
    ['takes new values without nulls', {}, { labels: { a: null, b: '1' } }, { labels: { b: '1' } }],
  ])('%s', (_name, document, patch, expected) => {
    expect(smp(document, patch)).toEqual(expected);
  });

  it.each([
    [
      { items: [{ value: '1' }] },
      { items: [{ name: 'a' }] },
      500,
      'map: map[value:1] does not contain declared merge key: name',
    ],
    [
      { items: [{ name: 'a', $patch: 'x' }] },
      { items: [{ name: 'a' }] },
      500,
      'unknown patch type: x in map: map[$patch:x name:a]',
    ],
    [
      { union: { $retainKeys: ['b'], a: '1' } },
      { union: { a: '2' } },
      400,
      'invalid patch format of retainKeys',
    ],
    [
      { '$setElementOrder/none': [] },
      {},
      500,
      'unable to find api field in struct Thing for the json field "none"',
    ],
  ])('refuses %j', (patch, document, code, message) => {
    expect(() => smp(document, patch)).toThrow(
      expect.objectContaining({ status: expect.objectContaining({ code, message }) }),
    );
  });

  it('prints values as Go does', () => {
    expect(printGoValue({ b: [1, 'x', null], a: { c: true } })).toBe('map[a:map[c:true] b:[1 x <nil>]]');
  });
});
