import { expect, test } from 'vitest';
import type { Props, RuleProps } from './props.ts';
import { runRules } from './run-rules.ts';

const ruled = (props: Props, ...rules: readonly RuleProps[]): Props => ({
  ...props,
  'x-kubernetes-validations': rules,
});

const inSpec = (spec: Props): Props => ({ type: 'object', properties: { spec } });

const told = (props: Props, value: unknown, old?: unknown): readonly [string[], string[]] => {
  const { errors, warnings } = runRules(
    inSpec(props),
    { spec: value },
    old === undefined ? undefined : { spec: old },
  );
  const lines = (list: typeof errors): string[] => list.map(({ field, text }) => `${field}: ${text}`);
  return [lines(errors), lines(warnings)];
};

const POSITIVE = ruled({ type: 'integer' }, { rule: 'self > 0', message: 'positive' });

test('what was broken before and did not change is only warned of', () => {
  expect(told(POSITIVE, 0)).toEqual([['spec: Invalid value: 0: positive'], []]);
  expect(told(POSITIVE, 0, 0)).toEqual([[], ['spec: Invalid value: 0: positive']]);
  expect(told(POSITIVE, -1, 0)).toEqual([['spec: Invalid value: -1: positive'], []]);
});

test('items of plain lists stay when the whole list does', () => {
  const list: Props = { type: 'array', items: POSITIVE };
  const broken = 'spec[0]: Invalid value: 0: positive';
  expect(told(list, [0, 1], [0, 1])).toEqual([[], [broken]]);
  expect(told(list, [0, 1], [0])).toEqual([[broken], []]);
});

test('a rule that cannot be run fails even where nothing changed', () => {
  const divides = ruled({ type: 'integer' }, { rule: '1 / self == 1' });
  const broken = 'spec: Invalid value: "integer": division by zero evaluating rule: 1 / self == 1';
  expect(told(divides, 0, 0)).toEqual([[broken], []]);
});

test('transitions are judged though nothing changed', () => {
  const grows = ruled({ type: 'integer' }, { rule: 'self > oldSelf', message: 'must grow' });
  expect(told(grows, 1, 1)).toEqual([['spec: Invalid value: 1: must grow'], []]);
});

test('reasons and paths of failures', () => {
  const object: Props = {
    type: 'object',
    properties: { a: { type: 'object', additionalProperties: { type: 'string' } } },
  };
  const fails = (rule: Partial<RuleProps>): string[] =>
    told(ruled(object, { rule: 'false', ...rule }), {})[0];
  expect(fails({ reason: 'FieldValueDuplicate' })).toEqual(['spec: Duplicate value']);
  expect(fails({ fieldPath: ".a['x.y']" })).toEqual(['spec.a[x.y]: Invalid value: failed rule: false']);
  expect(fails({ fieldPath: "['a']", reason: 'FieldValueRequired' })).toEqual([
    'spec.a: Required value: failed rule: false',
  ]);
});

test('one rule may not take more than its share', () => {
  const rule = { rule: '["b", "c", "d", "e"].all(each, !self.contains(each))' };
  const [errors] = told(ruled({ type: 'string' }, rule), 'a'.repeat(3_000_000));
  expect(errors).toEqual([
    `spec: Invalid value: "string": 'operation cancelled: actual cost limit exceeded': no further validation rules will be run due to call cost exceeds limit for rule: ${rule.rule}`,
  ]);
});
