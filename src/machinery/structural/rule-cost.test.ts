import { expect, test } from 'vitest';
import { compileCel } from '../cel/cel.ts';
import { estimateCost } from '../cel/cost.ts';
import { declaredSelf } from './cel-sizes.ts';
import { celTypeOf } from './cel-types.ts';
import type { Props } from './props.ts';
import { RuleContext } from './validate-rules.ts';
import { validateSchema } from './validate-schema.ts';

const costOf = (props: Props, rule: string): number => {
  const self = celTypeOf(props);
  if (self === undefined) throw new Error('no type');
  const made = compileCel(rule, { variables: new Map([['self', self]]) });
  if (!made.ok) throw new Error(made.error);
  return estimateCost(made.program.expr, made.program.types, declaredSelf(props, false));
};

const text = (maxLength?: number): Props => ({
  type: 'string',
  ...(maxLength === undefined ? {} : { maxLength }),
});
const list = (items: Props, maxItems?: number): Props => ({
  type: 'array',
  items,
  ...(maxItems === undefined ? {} : { maxItems }),
});
const map = (additionalProperties: Props): Props => ({ type: 'object', additionalProperties });
const dated = (format: string): Props => ({ type: 'string', format });
const NUMBERS = list({ type: 'integer' });
const TEN_NUMBERS = list({ type: 'integer' }, 10);

/** Figures by hand from cel-go checker/cost.go and Kubernetes' library costs; some are in upstream's own tests. */
test.each<readonly [string, Props, number]>([
  ['self.all(x, true)', NUMBERS, 4718591],
  ['self.all(x, true)', TEN_NUMBERS, 32],
  ['self.exists(x, true)', TEN_NUMBERS, 42],
  ['self.exists_one(x, true)', NUMBERS, 3145729],
  ['self.exists_one(x, true)', TEN_NUMBERS, 23],
  ['self.map(x, x).size() == 1', TEN_NUMBERS, 10 * 13 + 12 + 1 + 1],
  ['self.filter(x, true).size() == 1', TEN_NUMBERS, 10 * 13 + 12 + 1 + 1],
  ['self.map(x, true, x).size() == 1', TEN_NUMBERS, 10 * 13 + 12 + 1 + 1],
  ['self.contains("test")', text(), 314574],
  ['self.contains("test")', text(10), 5],
  ['self.matches("x")', text(), 314574],
  ['self.startsWith("test")', text(), 2],
  ['self == "abc"', text(), 2],
  ['self.lowerAscii() == "a"', text(10), 4 + 1 + 1],
  ['self.replace("a", "bb") == "x"', text(10), 8 + 1 + 1],
  ['self.split(",").size() > 1', text(10), 8 + 1 + 1 + 1],
  ['self.isSorted()', list(text(10), 10), 10 * 5 + 1],
  ['"a" in self', list(text(10), 10), 11],
  ['self.all(x, x.all(y, y == y))', list(list(text(10), 10), 10), 10 * (10 * (6 + 3) + 1 + 1 + 3) + 2],
  ['self.all(k, self[k] > 0)', { type: 'object', additionalProperties: { type: 'integer' } }, 3145725],
  ['has(self.a)', { type: 'object', properties: { a: text() } }, 1],
  ['self.a == self.b', { type: 'object', properties: { a: text(10), b: text(2) } }, 4 + 1],
  ['self.ios == 5', { type: 'object', properties: { ios: { 'x-kubernetes-int-or-string': true } } }, 3],
  ['sets.contains(self, ["a"])', list(text(10), 10), 10 + 1 + 1 + 10],
  ['[1, 2].all(x, x > 0)', text(), 21],
  ['self.all(x, true)', list(text()), 3145727],
  ['self.all(x, true)', list(text(), 10), 32],
  ['self.all(x, true)', list({ type: 'boolean' }), 1887437],
  ['self.all(x, true)', map({ type: 'number' }), 1348169],
  ['self.all(x, true)', map(text()), 1179647],
  ['self.all(x, true)', map({ type: 'boolean' }), 943718],
  ['size(self + "hello") > size("hello")', text(), 314578],
  ['size(self + "hello") > size("hello")', text(4), 7],
  ['self[1] == self[1]', list(text()), 314577],
  ['self.all(x, self.all(y, true))', TEN_NUMBERS, 352],
  ['self.all(x, self.all(y, self.all(z, true)))', TEN_NUMBERS, 3552],
  ['self.matches("x")', text(50), 22],
  ['self.all(x, true)', list(dated('duration')), 2359295],
  ['self.all(x, true)', list(dated('date')), 725936],
  ['self.all(x, true)', list(dated('date-time')), 428963],
  ['self.all(x, true)', map(dated('duration')), 1048577],
  ['self.all(x, true)', map(dated('date')), 524288],
  ['self.all(x, true)', map(dated('date-time')), 349526],
  ["self.find('[0-9]+') == ''", text(), 629147],
  ["self.find('[0-9]+') == ''", text(10), 11],
  ["self.join(' ') == 'aa bb'", list(text()), 329853068905],
  ["self.join(' ') == 'aa bb'", list(text(10), 10), 43],
  ['self.isSorted() == true', list(text()), 329854432052],
  ['self.isSorted() == true', list(text(10), 10), 52],
  ["self.lowerAscii() == 'abc'", text(), 314575],
  ['self["a"] == self["b"]', map(dated('date-time')), 8],
  ["self.contains('A')", text(1000), 401],
])('%s costs what upstream expects', (rule, props, cost) => {
  expect(costOf(props, rule)).toBe(cost);
});

const judged = (spec: Props): readonly string[] =>
  validateSchema({ type: 'object', properties: { spec } }, 's', new RuleContext()).map(
    ({ field, text: shown }) => `${field}: ${shown}`,
  );

const CHEAP = [{ rule: 'self == "x"' }];

test('rules below limits are counted by them, rules below none by what a request can hold', () => {
  const ruled: Props = { type: 'string', maxLength: 1, 'x-kubernetes-validations': CHEAP };
  expect(judged(list(ruled))).toEqual([]);
  expect(judged(list(list(ruled)))).toEqual([]);
  expect(judged(list(list(ruled, 4000), 4000))).toEqual([
    's.properties[spec].items.items.x-kubernetes-validations[0].rule: Forbidden: estimated rule cost exceeds budget by factor of 3.2x (try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)',
  ]);
});

test('messages are counted once, however many values there are', () => {
  const rule = { rule: 'self > 0', messageExpression: '"no: " + "x"' };
  expect(judged(list({ type: 'integer', 'x-kubernetes-validations': [rule] }))).toEqual([]);
});

test('values below atomic maps have old ones; items of lists do not, unless they are keyed', () => {
  const rules = [{ rule: 'self == oldSelf' }];
  const inner: Props = { type: 'string', maxLength: 5, 'x-kubernetes-validations': rules };
  const atomic: Props = { type: 'object', 'x-kubernetes-map-type': 'atomic', properties: { a: inner } };
  expect(judged(atomic)).toEqual([]);
  expect(judged(list(inner, 5))).toEqual([
    's.properties[spec].items.x-kubernetes-validations[0].rule: Invalid value: "self == oldSelf": oldSelf cannot be used on the uncorrelatable portion of the schema within s.properties[spec]',
  ]);
});

test('a rule of any type is no truth', () => {
  const rule = { rule: 'dyn(self)' };
  expect(judged({ type: 'boolean', 'x-kubernetes-validations': [rule] })).toEqual([
    's.properties[spec].x-kubernetes-validations[0].rule: Invalid value: {"Rule":"dyn(self)","Message":"","MessageExpression":"","Reason":null,"FieldPath":"","OptionalOldSelf":null}: cel expression must evaluate to a bool',
  ]);
});

test.each<readonly [string, Props, readonly string[]]>([
  [
    'nullable keys',
    {
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['k'],
      items: { type: 'object', nullable: true, properties: { k: { type: 'string', nullable: true } } },
    },
    [
      's.properties[spec].items.nullable: Forbidden: cannot be nullable when x-kubernetes-list-type is map',
      's.properties[spec].items.properties[k].default: Required value: this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property',
      's.properties[spec].items.properties[k].nullable: Forbidden: this property is in x-kubernetes-list-map-keys, so it cannot be nullable',
    ],
  ],
  [
    'an unknown type of list on an object',
    { type: 'object', 'x-kubernetes-list-type': 'bag' },
    [
      's.properties[spec].type: Invalid value: "object": must be array if x-kubernetes-list-type is specified',
      's.properties[spec].x-kubernetes-list-type: Unsupported value: "bag": supported values: "atomic", "set", "map"',
    ],
  ],
  [
    'fields that are refused even when empty',
    { type: 'object', additionalItems: {}, dependencies: {}, definitions: {}, $ref: '' },
    [
      's.properties[spec].additionalItems: Forbidden: additionalItems is not supported',
      's.properties[spec].dependencies: Forbidden: dependencies is not supported',
      's.properties[spec].$ref: Forbidden: $ref is not supported',
    ],
  ],
  [
    'a resource within the metadata of one',
    {
      type: 'object',
      'x-kubernetes-embedded-resource': true,
      properties: { metadata: { type: 'object', 'x-kubernetes-embedded-resource': true } },
    },
    [
      's.properties[spec].properties[metadata].x-kubernetes-embedded-resource: Forbidden: must not be used inside of resource meta',
    ],
  ],
])('%s', (_what, props, errors) => {
  expect(judged(props)).toEqual(errors);
});
