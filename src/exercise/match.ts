/**
 * Patterns over JSON. A map in a pattern asks for its fields and ignores others; a list asks for exactly these
 * elements in this order; a scalar for an equal one; null for a field that is absent or null. A map whose keys start
 * with `$` holds operators, all of which must hold.
 */

import { RE2JS } from 're2js';
import { deepEqual } from '../machinery/deep.ts';
import { compareQuantity, parseQuantity } from '../machinery/quantity.ts';

/** One place where a value is not as the pattern wants it. `wanted` and `found` are short JSON texts. */
export interface Mismatch {
  readonly path: string;
  readonly wanted: string;
  readonly found: string;
}

type Fields = Readonly<Record<string, unknown>>;
type Operator = (argument: unknown, value: unknown, path: string) => Mismatch[];

const LONGEST = 120;

const isMap = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isNothing = (value: unknown): boolean => value === undefined || value === null;

/** A value as evidence shows it: JSON, cut. */
export const printValue = (value: unknown): string => {
  if (value === undefined) return 'nothing';
  const text = JSON.stringify(value);
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST)}…`;
};

const differs = (path: string, wanted: string, value: unknown): Mismatch[] => [
  { path, wanted, found: printValue(value) },
];

const unless = (holds: boolean, path: string, wanted: string, value: unknown): Mismatch[] =>
  holds ? [] : differs(path, wanted, value);

const childPath = (path: string, key: string): string => {
  if (!/^[A-Za-z_][A-Za-z0-9_-]*$/.test(key)) return `${path}[${JSON.stringify(key)}]`;
  return path === '' ? key : `${path}.${key}`;
};

const holds = (pattern: unknown, value: unknown): boolean => mismatches(pattern, value).length === 0;

/** Pairs every wanted element with another element that matches it; the wanted ones left alone. */
const unpaired = (wanted: readonly unknown[], found: readonly unknown[]): unknown[] => {
  const taken = new Map<number, number>();
  const place = (want: number, seen: Set<number>): boolean => {
    for (let at = 0; at < found.length; at += 1) {
      if (seen.has(at) || !holds(wanted[want], found[at])) continue;
      seen.add(at);
      const other = taken.get(at);
      if (other === undefined || place(other, seen)) {
        taken.set(at, want);
        return true;
      }
    }
    return false;
  };
  return wanted.filter((_, want) => !place(want, new Set()));
};

const listOperator =
  (exact: boolean): Operator =>
  (argument, value, path) => {
    const wanted = Array.isArray(argument) ? argument : [argument];
    if (!Array.isArray(value)) return differs(path, `a list with ${printValue(wanted)}`, value);
    const missing = unpaired(wanted, value);
    if (missing.length > 0) return differs(path, `an element ${printValue(missing[0])}`, value);
    if (exact && value.length !== wanted.length)
      return differs(path, `only ${printValue(wanted)} (in any order)`, value);
    return [];
  };

const compare =
  (word: string, judge: (order: number) => boolean): Operator =>
  (argument, value, path) => {
    const numeric = typeof argument === 'number' && typeof value === 'number';
    if (numeric) return unless(judge(value - argument), path, `${word} ${argument}`, value);
    const limit = parseQuantity(String(argument));
    const have =
      typeof value === 'string' || typeof value === 'number' ? parseQuantity(String(value)) : undefined;
    const right = limit.ok && have?.ok === true && judge(compareQuantity(have.value, limit.value));
    return unless(right, path, `${word} ${String(argument)}`, value);
  };

const OPERATORS: Readonly<Record<string, Operator>> = {
  $contains: listOperator(false),
  $exactly: listOperator(true),
  $each: (pattern, value, path) => {
    if (!Array.isArray(value)) return differs(path, 'a list', value);
    return value.flatMap((item, index) => mismatches(pattern, item, `${path}[${index}]`));
  },
  $length: (argument, value, path) => {
    const length = Array.isArray(value) ? value.length : isMap(value) ? Object.keys(value).length : undefined;
    return unless(length === argument, path, `${String(argument)} elements`, value);
  },
  $not: (pattern, value, path) => unless(!holds(pattern, value), path, `not ${printValue(pattern)}`, value),
  $oneOf: (patterns, value, path) =>
    unless(
      Array.isArray(patterns) && patterns.some((pattern) => holds(pattern, value)),
      path,
      `one of ${printValue(patterns)}`,
      value,
    ),
  $exists: (argument, value, path) =>
    unless(isNothing(value) !== argument, path, argument === false ? 'nothing' : 'a value', value),
  $matches: (argument, value, path) =>
    unless(
      typeof value === 'string' && RE2JS.compile(String(argument)).matcher(value).find(),
      path,
      `a text like /${String(argument)}/`,
      value,
    ),
  $min: compare('at least', (order) => order >= 0),
  $max: compare('at most', (order) => order <= 0),
  $quantity: compare('the quantity', (order) => order === 0),
};

/** Names of the operators, for those who check patterns. */
export const OPERATOR_NAMES: readonly string[] = Object.keys(OPERATORS);

const isOperators = (pattern: Fields): boolean => Object.keys(pattern).some((key) => key.startsWith('$'));

const operate = (pattern: Fields, value: unknown, path: string): Mismatch[] =>
  Object.entries(pattern).flatMap(([key, argument]) => {
    const operator = Object.hasOwn(OPERATORS, key) ? OPERATORS[key] : undefined;
    if (operator === undefined) throw new PatternError(`unknown operator ${key}`);
    return operator(argument, value, path);
  });

/** A pattern that cannot be understood: an error of its author. */
export class PatternError extends Error {}

/** Where the value is not as the pattern wants; empty when it matches. Throws PatternError. */
export const mismatches = (pattern: unknown, value: unknown, path = ''): Mismatch[] => {
  if (pattern === undefined) return [];
  if (pattern === null) return unless(isNothing(value), path, 'nothing', value);
  if (Array.isArray(pattern)) {
    if (!Array.isArray(value)) return differs(path, printValue(pattern), value);
    if (value.length !== pattern.length) return differs(path, printValue(pattern), value);
    return pattern.flatMap((item, index) => mismatches(item, value[index], `${path}[${index}]`));
  }
  if (!isMap(pattern)) return unless(deepEqual(pattern, value), path, printValue(pattern), value);
  if (isOperators(pattern)) return operate(pattern, value, path);
  if (!isMap(value)) return differs(path, printValue(pattern), value);
  return Object.entries(pattern).flatMap(([key, item]) =>
    mismatches(item, Object.hasOwn(value, key) ? value[key] : undefined, childPath(path, key)),
  );
};

/** What is wrong with a pattern itself: unknown operators, bad expressions; by path. */
export const patternProblems = (pattern: unknown, path = ''): { path: string; message: string }[] => {
  if (Array.isArray(pattern)) return pattern.flatMap((item, at) => patternProblems(item, `${path}[${at}]`));
  if (!isMap(pattern)) return [];
  return Object.entries(pattern).flatMap(([key, item]) => {
    const at = childPath(path, key);
    if (!key.startsWith('$')) return patternProblems(item, at);
    if (!Object.hasOwn(OPERATORS, key))
      return [{ path: at, message: `unknown operator; there are ${OPERATOR_NAMES.join(', ')}` }];
    if (key === '$oneOf' && !Array.isArray(item)) return [{ path: at, message: 'must be a list' }];
    if (key !== '$matches') return patternProblems(item, at);
    try {
      RE2JS.compile(String(item));
      return [];
    } catch (error) {
      return [{ path: at, message: `not a regular expression: ${(error as Error).message}` }];
    }
  });
};
