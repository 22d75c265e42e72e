import { describe, expect, test } from 'vitest';
import { compileCel } from './cel.ts';
import { fromCel, toCel } from './convert.ts';
import { type CelType, DYN, INT, listOf, mapOf, type ObjectField, STRING } from './types.ts';
import { CelError } from './values.ts';

const self: CelType = {
  of: 'object',
  name: 'object',
  field: (name) => {
    const types: Readonly<Record<string, CelType>> = {
      a: INT,
      s: STRING,
      l: listOf(INT),
      m: mapOf(STRING, INT),
      any: DYN,
    };
    const type = types[name];
    return type === undefined ? undefined : ({ type, jsonName: name } satisfies ObjectField);
  },
};

const value = { a: 4, s: 'text', l: [3, 1, 2], m: { x: 1, y: 2 }, any: { deep: [1, 'b', null] } };

const compile = (source: string) => compileCel(source, { variables: new Map([['self', self]]) });

const run = (source: string, budget = 100_000): unknown => {
  const made = compile(source);
  if (!made.ok) throw new Error(made.error);
  const result = made.program.run((name) => (name === 'self' ? toCel(value, self) : undefined), {
    left: budget,
  });
  return fromCel(result);
};

const failure = (source: string, budget?: number): string => {
  try {
    run(source, budget);
  } catch (error) {
    if (error instanceof CelError) return error.message;
    throw error;
  }
  return 'no failure';
};

describe('values of expressions', () => {
  test.each<readonly [string, unknown]>([
    ['1 + 2 * 3 - 4 / 2 % 3', 5],
    ['-(2) + -3', -5],
    ['7 / 2', 3],
    ['-7 % 3', -1],
    ['7.0 / 2.0', 3.5],
    ['1u + 2u', 3],
    ['9223372036854775807 > 1.5', true],
    ['dyn(1) == 1.0 && dyn(1u) == 1', true],
    ['"a" + \'b\' + r"\\n" + """c"""', 'ab\\nc'],
    ['"\\u00e9\\x41\\101"', 'éAA'],
    ['b"abc" == bytes("abc")', true],
    ['size("😀é")', 2],
    ['[1, 2] + [3]', [1, 2, 3]],
    ['{"a": dyn(1), "b": dyn([2])}', { a: 1, b: [2] }],
    ['2 in [1, 2] && "x" in self.m && !("z" in self.m)', true],
    ['self.a > 3 ? "big" : "small"', 'big'],
    ['false && 1 / 0 == 1', false],
    ['1 / 0 == 1 || true', true],
    ['self.l.all(x, x > 0) && self.l.exists(x, x == 2) && self.l.exists_one(x, x > 2)', true],
    ['self.l.map(x, x * 2)', [6, 2, 4]],
    ['self.l.map(x, x > 1, x + 1)', [4, 3]],
    ['self.l.filter(x, x > 1)', [3, 2]],
    ['self.m.map(k, k)', ['x', 'y']],
    ['self.m.all(k, v, v > 0) && self.l.exists(i, v, i == 2 && v == 2)', true],
    ['self.l.transformList(i, v, v * i)', [0, 1, 4]],
    ['self.m.transformMap(k, v, v + 1)', { x: 2, y: 3 }],
    ['has(self.a) && !has(self.any.missing)', true],
    ['self.?s.orValue("none") + self.any.?nope.orValue("none")', 'textnone'],
    ['self.m[?"z"].hasValue()', false],
    ['optional.of(2).optMap(x, x + 1).value()', 3],
    ['[?optional.none(), ?optional.of(1)]', [1]],
    ['type(1) == int && type("a") == string && type(self.l) == list', true],
    ['self.any.deep[1]', 'b'],
    ['"a,b,c".split(",", 2)', ['a', 'b,c']],
    ['"abc".substring(1, 2) + "abc".charAt(2) + "aBc".upperAscii()', 'bcABC'],
    ['["a", "b"].join("-").replace("-", "+")', 'a+b'],
    ['"%s %d %.2f %x %e".format(["a", 7, 1.5, 255, 12345.678])', 'a 7 1.50 ff 1.234568e+04'],
    ['"a42b7".find("[0-9]+") + "a42b7".findAll("[0-9]+")[1]', '427'],
    ['"abc".matches("^a.c$")', true],
    ['[3, 1].isSorted() == false && [1, 2].sum() == 3 && [1, 5].max() == 5', true],
    ['sets.equivalent([1, 2], [2, 1, 1]) && sets.intersects([1], [1, 2])', true],
    ['quantity("1.5Gi").add(quantity("512Mi")).compareTo(quantity("2Gi"))', 0],
    ['ip("10.1.2.3").family() == 4 && cidr("10.0.0.0/8").containsIP("10.1.2.3")', true],
    ['ip("fe80::1").isLinkLocalUnicast() && !ip.isCanonical("::0:1")', true],
    ['url("https://a.b:80/p?k=v&k=w").getQuery()["k"]', ['v', 'w']],
    ['semver("1.10.0").isGreaterThan(semver("1.9.9-rc.1"))', true],
    ['isSemver("v1.2", true) && !isSemver("v1.2")', true],
    ['duration("1h30m").getMinutes()', 90],
    ['timestamp("2024-01-01T00:00:00Z") + duration("24h")', '2024-01-02T00:00:00Z'],
    ['timestamp("2024-07-01T12:00:00Z").getHours("Europe/Berlin")', 14],
    [
      'string(timestamp("2024-01-01T00:00:00.5Z")) + string(1.0) + string(true)',
      '2024-01-01T00:00:00.5Z1true',
    ],
    ['!format.dns1123Label().validate("a-b").hasValue()', true],
  ])('%s', (source, expected) => {
    expect(run(source)).toEqual(expected);
  });
});

describe('failures of evaluation', () => {
  test.each([
    ['1 / int("0")', 'division by zero'],
    ['9223372036854775807 + self.a', 'integer overflow'],
    ['int("x")', "type conversion error from 'string' to 'int'"],
    ['self.l[9]', 'index out of bounds: 9'],
    ['self.m["z"]', 'no such key: z'],
    ['self.any.nope', 'no such key: nope'],
    ['dyn(1) + "a"', 'no such overload'],
    ['dyn([dyn(1), dyn("a")]).sum()', 'no such overload'],
    ['"abc".substring(5)', 'index out of range: 5'],
    ['optional.none().value()', 'optional.none() dereference'],
  ])('%s', (source, message) => {
    expect(failure(source)).toBe(message);
  });

  test('a budget ends what would take too long', () => {
    const nested = '[1,2,3,4,5,6,7,8,9].all(a, [1,2,3,4,5,6,7,8,9].all(b, self.l.all(c, a + b + c > 0)))';
    expect(failure(nested, 200)).toBe('operation cancelled: actual cost limit exceeded');
    expect(run(nested)).toBe(true);
  });
});

describe('what does not compile', () => {
  test.each([
    ['self.zz == 1', "ERROR: <input>:1:5: undefined field 'zz'\n | self.zz == 1\n | ....^"],
    [
      'self.a ==\n  "x"',
      "ERROR: <input>:1:8: found no matching overload for '_==_' applied to '(int, string)'\n | self.a ==\n | .......^",
    ],
    [
      'nope(1) || other',
      "ERROR: <input>:1:5: undeclared reference to 'nope' (in container '')\n | nope(1) || other\n | ....^\nERROR: <input>:1:12: undeclared reference to 'other' (in container '')\n | nope(1) || other\n | ...........^",
    ],
    [
      '1 +',
      "ERROR: <input>:1:4: Syntax error: mismatched input '<EOF>' expecting {'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}\n | 1 +\n | ...^",
    ],
    [
      'self.s.all(x, true)',
      "ERROR: <input>:1:5: expression of type 'string' cannot be range of a comprehension (must be list, map, or dynamic)\n | self.s.all(x, true)\n | ....^",
    ],
  ])('%s', (source, error) => {
    expect(compile(source)).toEqual({ ok: false, error });
  });

  test('nesting is limited', () => {
    expect(compile(`${'('.repeat(300)}1${')'.repeat(300)}`).ok).toBe(false);
    expect(compile('['.repeat(20_000)).ok).toBe(false);
  });
});

describe('what upstream refuses to compile', () => {
  const variables = new Map([
    ['l', listOf(STRING)],
    ['n', INT],
    ['s', STRING],
  ]);
  const refusal = (source: string): string => {
    const made = compileCel(source, { variables });
    return made.ok ? 'compiles' : made.error.replace(/\n \| [^\n]*/g, '');
  };
  const mismatch = (name: string, types: string): string =>
    `found no matching overload for '${name}' applied to '(${types})'`;

  test.each([
    ['[1, "a"].size() == 2', "1:5: expected type 'int' but found 'string'"],
    ['{"a": 1, "b": "x"}.size() == 2', "1:15: expected type 'int' but found 'string'"],
    ['{"a": 1, 2: 1}.size() == 2', "1:10: expected type 'string' but found 'int'"],
    ['duration("x") == duration("1s")', '1:10: invalid duration argument'],
    ['timestamp("x") == timestamp(0)', '1:11: invalid timestamp argument'],
    ['s.matches("(")', '1:11: invalid matches argument'],
    ['l.all(x, x)', `1:6: ${mismatch('_&&_', 'bool, string')}`],
    ['l.exists(x, x)', `1:9: ${mismatch('_||_', 'bool, string')}`],
    ['l.exists_one(x, x)', `1:13: ${mismatch('_?_:_', 'string, int, int')}`],
    ['l.filter(x, x)', `1:9: ${mismatch('_?_:_', 'string, list(string), list(string)')}`],
    ['l.map(x, x, 1)', `1:6: ${mismatch('_?_:_', 'string, list(int), list(int)')}`],
    ['(n == 1', "1:8: Syntax error: missing ')' at '<EOF>'"],
    ['s.startsWith("a"', "1:17: Syntax error: missing ')' at '<EOF>'"],
    ['((n == 1', "1:9: Syntax error: mismatched input '<EOF>' expecting ')'"],
    ['[(n', "1:4: Syntax error: mismatched input '<EOF>' expecting ')'"],
    ['(n n) == 1', "1:4: Syntax error: extraneous input 'n' expecting ')'"],
  ])('%s', (source, error) => {
    expect(refusal(source)).toBe(`ERROR: <input>:${error}`);
  });

  test('there is no bind', () => {
    expect(refusal('cel.bind(x, 1, x == 1)')).toContain("undeclared reference to 'cel'");
  });

  test.each([
    ['"%s %d".format(["a", 1]) == "a 1"', true],
    ['[3, 1, 2].sort() == [1, 2, 3]', true],
    ['["bb", "a"].sortBy(x, x.size()) == ["a", "bb"]', true],
    ['[[1], [2, 3]].flatten() == [1, 2, 3]', true],
    ['[1, 2, 3].slice(1, 2) == [2]', true],
    ['lists.range(3).reverse() == [2, 1, 0]', true],
    [
      '[1, 1, 2].distinct() == [1, 2] && [[1], [1]].distinct() == [[1]] && [1].first().value() == 1 && ![].last().hasValue()',
      true,
    ],
  ])('%s', (source, value) => {
    const made = compileCel(source, { variables });
    expect(made.ok ? made.program.run(() => undefined, { left: 1000 }) : made.error).toBe(value);
  });

  test('slices stay within their list', () => {
    const made = compileCel('[1].slice(0, 2) == []', { variables });
    expect(() => made.ok && made.program.run(() => undefined, { left: 100 })).toThrow(
      'cannot slice(0, 2), list is length 1',
    );
  });
});
