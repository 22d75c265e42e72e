import { describe, expect, test } from 'vitest';
import { parseYaml } from './body.ts';

describe('refusals of YAML', () => {
  test.each([
    ['a: [', 'yaml: line 1: did not find expected node content'],
    ['a: [1', "yaml: line 1: did not find expected ',' or ']'"],
    ['a: {b: 1', "yaml: line 1: did not find expected ',' or '}'"],
    ['a: b: c', 'yaml: mapping values are not allowed in this context'],
    ['x: 1\na: b: c', 'yaml: line 2: mapping values are not allowed in this context'],
    ['\ta: b', 'yaml: found character that cannot start any token'],
    ['a: 1\nb: @x', 'yaml: line 2: found character that cannot start any token'],
    ['a\nb: c', "yaml: line 2: could not find expected ':'"],
    ['a: "x', 'yaml: found unexpected end of stream'],
    ['a: *x', "yaml: unknown anchor 'x' referenced"],
    ['? {a: 1}\n: b', 'yaml: invalid map key: map[interface {}]interface {}{"a":1}'],
  ])('%j', (text, error) => {
    expect(parseYaml(text).error).toBe(error);
  });

  test('what is readable is read', () => {
    expect(parseYaml('a: &x {b: 1}\nc: *x')).toMatchObject({ value: { a: { b: 1 }, c: { b: 1 } } });
  });
});
