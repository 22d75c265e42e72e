import { expect, test } from 'vitest';
import type { Props } from './props.ts';
import { validateStructural } from './validate-structural.ts';

const judged = (props: Props): readonly string[] =>
  validateStructural({ type: 'object', ...props }, 's').map(({ field, text }) => `${field}: ${text}`);

const EITHER: readonly Props[] = [{ type: 'integer' }, { type: 'string' }];

test('only what the value validations of the root mention must be specified beside them', () => {
  const named: Props = { properties: { b: {} } };
  expect(judged({ anyOf: [named, { items: {} }], additionalProperties: { type: 'string' } })).toEqual([
    's.additionalProperties: Forbidden: must not be used at the root',
    's.items: Required value: because it is defined in s.anyOf[1].items',
    's.properties[b]: Required value: because it is defined in s.anyOf[0].properties[b]',
  ]);
  expect(judged({ 'x-kubernetes-preserve-unknown-fields': true, not: { allOf: [named] } })).toEqual([
    's.properties[b]: Required value: because it is defined in s.not.allOf[0].properties[b]',
  ]);
  expect(judged({ properties: { a: { type: 'object', anyOf: [named] } } })).toEqual([]);
});

test('the two forms of int-or-string are let through, whatever else the schema says', () => {
  const within = (a: Props): readonly string[] => judged({ properties: { a } });
  expect(within({ type: 'string', anyOf: EITHER })).toEqual([]);
  expect(within({ type: 'string', allOf: [{ anyOf: EITHER }, { minimum: 1 }] })).toEqual([]);
  expect(within({ 'x-kubernetes-int-or-string': true, anyOf: [...EITHER].reverse() })).toEqual([
    's.properties[a].anyOf[0].type: Forbidden: must be empty to be structural',
    's.properties[a].anyOf[1].type: Forbidden: must be empty to be structural',
  ]);
  expect(
    within({
      'x-kubernetes-int-or-string': true,
      anyOf: [{ type: 'integer', minimum: 1 }, { type: 'string' }],
    }),
  ).toHaveLength(2);
});

test('metadata may restrict names only, additionalProperties never stand at the root', () => {
  const metadata: Props = {
    type: 'object',
    properties: { name: { type: 'string' }, labels: { type: 'object' } },
  };
  expect(judged({ properties: { metadata } })).toEqual([
    's.properties[metadata]: Forbidden: must not specify anything other than name and generateName, but metadata is implicitly specified',
  ]);
  expect(judged({ additionalProperties: false })).toEqual([
    's.additionalProperties: Forbidden: must not be used at the root',
  ]);
});
