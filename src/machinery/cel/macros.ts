/** Macros: calls that are taken apart when they are read (cel-go's, those of optionals, two variables and lists). */

import type { Expr, Fold, Issue } from './ast.ts';

/** The list that `sortBy` sorts; no name of a client has such signs. */
const SORTED = '@__sortBy_input__';

type Args = readonly Expr[];

/** A macro's variable; anything but a plain name is an issue. */
const nameOf = (expr: Expr, issues: Issue[]): string => {
  if (expr.op === 'ident') return expr.name;
  issues.push({ at: expr.at, message: 'argument must be a simple name' });
  return '_';
};

/** `has(a.b)`; `undefined` for what is no macro. */
export const expandGlobal = (name: string, args: Args, at: number, issues: Issue[]): Expr | undefined => {
  const [only] = args;
  if (name !== 'has' || args.length !== 1 || only === undefined) return undefined;
  if (only.op === 'select') return { ...only, test: true };
  issues.push({ at: only.at, message: 'invalid argument to has() macro' });
  return { op: 'literal', at, value: false };
};

const makeFold = (range: Expr, fold: Fold, args: Args, at: number, issues: Issue[]): Expr | undefined => {
  const make = (vars: number, parts: { readonly test?: Expr; readonly make?: Expr }): Expr => ({
    op: 'fold',
    at,
    fold,
    range,
    vars: args.slice(0, vars).map((arg) => nameOf(arg, issues)),
    ...(parts.test === undefined ? {} : { test: parts.test }),
    ...(parts.make === undefined ? {} : { make: parts.make }),
  });
  const [, second, third, fourth] = args;
  if (fold === 'all' || fold === 'exists' || fold === 'exists_one') {
    if (args.length === 2 && second) return make(1, { test: second });
    return args.length === 3 && third ? make(2, { test: third }) : undefined;
  }
  if (fold === 'filter') return args.length === 2 && second ? make(1, { test: second }) : undefined;
  if (fold === 'map') {
    if (args.length === 2 && second) return make(1, { make: second });
    return args.length === 3 && second && third ? make(1, { test: second, make: third }) : undefined;
  }
  if (fold !== 'transformList' && fold !== 'transformMap' && fold !== 'transformMapEntry') return undefined;
  if (args.length === 3 && third) return make(2, { make: third });
  return args.length === 4 && third && fourth ? make(2, { test: third, make: fourth }) : undefined;
};

/** Items are sorted by what is made of each. */
const makeSortBy = (target: Expr, args: Args, at: number, issues: Issue[]): Expr | undefined => {
  const sorted = (): Expr => ({ op: 'ident', at, name: SORTED });
  const keys = makeFold(sorted(), 'map', args, at, issues);
  if (keys === undefined) return undefined;
  const body: Expr = { op: 'call', at, name: '@sortByAssociatedKeys', target: sorted(), args: [keys] };
  return { op: 'bind', at, name: SORTED, init: target, body };
};

/** A macro that is called on something; `undefined` for what is none. */
export const expandMember = (
  target: Expr,
  name: string,
  args: Args,
  at: number,
  issues: Issue[],
): Expr | undefined => {
  if (name === 'sortBy' && args.length === 2) return makeSortBy(target, args, at, issues);
  if ((name === 'optMap' || name === 'optFlatMap') && args.length === 2) {
    const [variable, body] = args as readonly [Expr, Expr];
    const optional = name === 'optMap' ? 'map' : 'flat';
    return { op: 'bind', at, name: nameOf(variable, issues), init: target, body, optional };
  }
  return makeFold(target, (name === 'existsOne' ? 'exists_one' : name) as Fold, args, at, issues);
};
