import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  matchesFields,
  parseFieldSelector,
  printFieldSelector,
  requiredFieldValue,
} from './field-selector.ts';
import {
  fromLabelSelector,
  matchesLabels,
  matchesSelector,
  parseLabelSelector,
  printLabelSelector,
  requiredLabelValue,
} from './selector.ts';

const KEY_TEXT =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";

describe('label selector text', () => {
  it.each([
    ['', ''],
    ['a', 'a'],
    ['!a', '!a'],
    ['b=1,a==2', 'a==2,b=1'],
    ['a in (z, y,z)', 'a in (y,z)'],
    ['a notin ()', 'a notin ()'],
    ['a in (,)', 'a in ()'],
    ['a in (,x)', 'a in (,x)'],
    ['x in (in,notin)', 'x in (in,notin)'],
    ['in in (in)', 'in in (in)'],
    ['a=', 'a='],
    ['a!=b', 'a!=b'],
    ['a>1,b<2', 'a>1,b<2'],
    [' a = b , c ', 'a=b,c'],
  ])('reads %j as %j', (text, printed) => {
    const selector = parseLabelSelector(text);
    expect(selector.ok ? printLabelSelector(selector.value) : selector.error).toBe(printed);
  });

  it.each([
    ['!', "unable to parse requirement: found '', expected: identifier"],
    ['!odd=1', "found '=', expected: ',' or 'end of string'"],
    ['=x', "found '=', expected: !, identifier, or 'end of string'"],
    ['a b', "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"],
    ['odd!', "unable to parse requirement: found '!', expected: in, notin, =, ==, !=, gt, lt"],
    ['odd,', "found '', expected: identifier after ','"],
    ['odd=a b', "found 'b', expected: ',' or 'end of string'"],
    [
      'odd>x',
      "unable to parse requirement: values[0]: Invalid value: \"x\": for 'Gt', 'Lt' operators, the value must be an integer",
    ],
    ['tier in low', "unable to parse requirement: found 'low' expected: '('"],
    ['tier notin', "unable to parse requirement: found '' expected: '('"],
    ['é=1', `unable to parse requirement: <nil>: Invalid value: "é": ${KEY_TEXT}`],
    [
      `k=${'v'.repeat(64)}`,
      `unable to parse requirement: values[0][k]: Invalid value: "${'v'.repeat(64)}": must be no more than 63 bytes`,
    ],
  ])('refuses %j', (text, error) => {
    expect(parseLabelSelector(text)).toEqual({ ok: false, error });
  });

  it.each([
    ['a=1', true],
    ['a!=1', false],
    ['c!=1', true],
    ['c notin (1)', true],
    ['a in (1,2),b', true],
    ['!a', false],
    ['!c', true],
    ['a>0', true],
    ['a<1', false],
    ['b>0', false],
  ])('matching %s gives %s', (text, matches) => {
    const selector = parseLabelSelector(text);
    expect(selector.ok && matchesLabels(selector.value, { a: '1', b: 'x' })).toBe(matches);
  });

  it('never throws and prints what it reads back the same', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[ab!=,()in<> ]{0,12}$/), (text) => {
        const first = parseLabelSelector(text);
        if (!first.ok) return;
        const printed = printLabelSelector(first.value);
        const second = parseLabelSelector(printed);
        expect(second.ok && printLabelSelector(second.value)).toBe(printed);
      }),
      { seed: 7 },
    );
  });
});

describe('label selector object', () => {
  it('selects nothing when absent and everything when empty', () => {
    expect(matchesSelector(undefined, {})).toBe(false);
    expect(matchesSelector({}, undefined)).toBe(true);
  });

  it('joins labels and expressions', () => {
    const selector = fromLabelSelector({
      matchLabels: { b: '1' },
      matchExpressions: [
        { key: 'a', operator: 'In', values: ['y', 'x'] },
        { key: 'c', operator: 'DoesNotExist' },
      ],
    });
    expect(selector.ok && printLabelSelector(selector.value)).toBe('a in (x,y),b=1,!c');
    expect(selector.ok && requiredLabelValue(selector.value, 'b')).toBe('1');
  });

  it('refuses an unknown operator', () => {
    expect(fromLabelSelector({ matchExpressions: [{ key: 'a', operator: 'Is' }] })).toEqual({
      ok: false,
      error: '"Is" is not a valid label selector operator',
    });
  });
});

describe('field selector', () => {
  it.each([
    ['metadata.name=a', 'metadata.name=a'],
    ['b==1,a!=2', 'a!=2,b=1'],
    ['a=x\\,y\\=z\\\\', 'a=x\\,y\\=z\\\\'],
    [',,', ''],
    ['a=', 'a='],
  ])('reads %j', (text, printed) => {
    const selector = parseFieldSelector(text);
    expect(selector.ok && printFieldSelector(selector.value)).toBe(printed);
  });

  it.each([
    ['metadata.name', "invalid selector: 'metadata.name'; can't understand 'metadata.name'"],
    ['metadata.name=a\\x', 'invalid field selector: invalid escape sequence: \\x'],
    ['metadata.name=c1=c2', 'invalid field selector: unescaped character in value: 61'],
  ])('refuses %j', (text, error) => {
    expect(parseFieldSelector(text)).toEqual({ ok: false, error });
  });

  it('matches values read by the kind', () => {
    const selector = parseFieldSelector('a=1,b!=2');
    const read = (field: string) => (field === 'a' ? '1' : '');
    expect(selector.ok && matchesFields(selector.value, read)).toBe(true);
    expect(selector.ok && requiredFieldValue(selector.value, 'a')).toBe('1');
    expect(selector.ok && requiredFieldValue(selector.value, 'b')).toBeUndefined();
  });
});
