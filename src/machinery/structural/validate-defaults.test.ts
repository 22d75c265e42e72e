import { expect, test } from 'vitest';
import type { Props } from './props.ts';
import { validateDefaults } from './validate-defaults.ts';

const told = (spec: Props): readonly string[] =>
  validateDefaults({ type: 'object', properties: { spec } }, 's').map(
    ({ field, text }) => `${field}: ${text}`,
  );

test('a default is not completed by the defaults below it before it is judged', () => {
  const a: Props = { type: 'string', default: 'x' };
  expect(told({ type: 'object', default: {}, properties: { a } })).toEqual([]);
  expect(told({ type: 'object', default: {}, required: ['a'], properties: { a } })).toEqual([
    's.properties[spec].default.a: Required value',
  ]);
});

test('unknown fields of a default are told, wherever they are, and its other faults too', () => {
  const items: Props = { type: 'object', properties: { a: { type: 'string' } } };
  expect(told({ type: 'array', items, default: [{ a: 1, b: 2 }] })).toEqual([
    's.properties[spec].default: Invalid value: [{"a":1,"b":2}]: must not have unknown fields',
    's.properties[spec].default.[0].a: Invalid value: "integer": [0].a in body must be of type string: "integer"',
  ]);
});

test('rules judge a default as new and as unchanged', () => {
  const rule = (text: string): Props => ({
    type: 'array',
    default: [1],
    items: { type: 'integer', 'x-kubernetes-validations': [{ rule: text }] },
  });
  expect(told(rule('self == 1'))).toEqual([]);
  expect(told(rule('self == 2'))).toEqual([
    's.properties[spec].default[0]: Invalid value: 1: failed rule: self == 2',
  ]);
  const grows: Props = {
    type: 'integer',
    default: 1,
    'x-kubernetes-validations': [{ rule: 'self > oldSelf' }],
  };
  expect(told(grows)).toEqual(['s.properties[spec].default: Invalid value: 1: failed rule: self > oldSelf']);
});
