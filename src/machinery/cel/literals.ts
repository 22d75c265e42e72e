/**
 * Literals of expressions whose types are right: those that can be no duration, time or pattern, and lists and maps of
 * mixed types (cel-go cel/validator.go).
 */

import type { Expr, Issue } from './ast.ts';
import { accepts, type Functions } from './overloads.ts';
import { type CelType, DYN, printType } from './types.ts';
import { CelError, type CelValue } from './values.ts';

const CHECKED: ReadonlySet<string> = new Set(['duration', 'timestamp', 'matches']);

const partsOf = (expr: Expr): readonly (Expr | undefined)[] => {
  switch (expr.op) {
    case 'select':
      return [expr.operand];
    case 'call':
      return [expr.target, ...expr.args];
    case 'list':
      return expr.items.map(({ value }) => value);
    case 'map':
      return expr.entries.flatMap(({ key, value }) => [key, value]);
    case 'struct':
      return expr.fields.map(({ value }) => value);
    case 'fold':
      return [expr.range, expr.test, expr.make];
    case 'bind':
      return [expr.init, expr.body];
    default:
      return [];
  }
};

/** Whether a function takes a literal: it is tried. */
const takes = (functions: Functions, name: string, value: CelValue): boolean => {
  const args = name === 'matches' ? ['', value] : [value];
  const found = functions
    .get(name)
    ?.find(
      ({ params }) =>
        params.length === args.length &&
        params.every((param, index) => accepts(param, args[index] as CelValue)),
    );
  if (found === undefined) return true;
  try {
    found.run(...args);
    return true;
  } catch (error) {
    if (!(error instanceof CelError)) throw error;
    return false;
  }
};

/** The same type in all its parts; what is not known may be any. */
const isSame = (left: CelType, right: CelType): boolean => {
  if (left.of === 'dyn' || right.of === 'dyn') return true;
  if (left.of === 'list' && right.of === 'list') return isSame(left.item, right.item);
  if (left.of === 'optional' && right.of === 'optional') return isSame(left.value, right.value);
  if (left.of === 'map' && right.of === 'map')
    return isSame(left.key, right.key) && isSame(left.value, right.value);
  return printType(left) === printType(right);
};

interface Held {
  readonly expr: Expr;
  readonly optional: boolean;
}

/** What differs from the first of a row; only the first difference of a list is told. */
const mixed = (row: readonly Held[], types: Types, tellsAll: boolean): readonly Issue[] => {
  const typeOf = ({ expr, optional }: Held): CelType => {
    const type = types.get(expr) ?? DYN;
    return optional && type.of === 'optional' ? type.value : type;
  };
  const [first] = row;
  if (first === undefined) return [];
  const wanted = typeOf(first);
  const issues = row
    .filter((each) => !isSame(wanted, typeOf(each)))
    .map((each) => ({
      at: each.expr.at,
      message: `expected type '${printType(wanted)}' but found '${printType(typeOf(each))}'`,
    }));
  return tellsAll ? issues : issues.slice(0, 1);
};

type Types = ReadonlyMap<Expr, CelType>;

const mixedWithin = (expr: Expr, types: Types): readonly Issue[] => {
  if (expr.op === 'list')
    return mixed(
      expr.items.map(({ value, optional }) => ({ expr: value, optional })),
      types,
      false,
    );
  if (expr.op !== 'map') return [];
  const keys = expr.entries.map(({ key }) => ({ expr: key, optional: false }));
  const values = expr.entries.map(({ value, optional }) => ({ expr: value, optional }));
  return [...mixed(keys, types, true), ...mixed(values, types, true)];
};

/** Issues of all literals within an expression; what is formatted may be of any types. */
export const literalIssues = (
  expr: Expr,
  functions: Functions,
  types: Types,
  mayMix = false,
): readonly Issue[] => {
  const mixes = mayMix || (expr.op === 'call' && expr.name === 'format');
  const below = partsOf(expr).flatMap((part) =>
    part === undefined ? [] : literalIssues(part, functions, types, mixes),
  );
  const own = mixes ? [] : mixedWithin(expr, types);
  if (expr.op !== 'call' || !CHECKED.has(expr.name)) return [...own, ...below];
  const [first] = expr.args;
  if (first?.op !== 'literal' || takes(functions, expr.name, first.value)) return below;
  return [...below, { at: first.at, message: `invalid ${expr.name} argument` }];
};
