/** What an expression may cost at most, from the sizes its values can have (cel-go checker/cost.go). */

import type { Expr } from './ast.ts';

/** The largest size of a value, and of what it holds. */
export interface Size {
  /** Characters of a text, elements of a list or a map. */
  readonly max: number;
  readonly field: (name: string) => Size | undefined;
  readonly item: () => Size | undefined;
}

interface Estimate {
  readonly cost: number;
  readonly size: Size;
}

const UNBOUNDED = 3 * 1024 * 1024;

const sized = (max: number): Size => ({ max, field: () => undefined, item: () => undefined });
const SCALAR = sized(1);
const UNKNOWN = sized(UNBOUNDED);
/** Nothing is known of how long a printed number is: upstream takes it to be endless. */
const ENDLESS = sized(Number.POSITIVE_INFINITY);

/** Part of a character's cost that looking at it takes. */
const TRAVERSAL = 0.1;
const REGEX = 0.25;
const LIST_BASE = 10;
const MAP_BASE = 30;
const STRUCT_BASE = 40;

const TRAVERSING: ReadonlySet<string> = new Set([
  'contains',
  'startsWith',
  'endsWith',
  'indexOf',
  'lastIndexOf',
  'lowerAscii',
  'upperAscii',
  'replace',
  'split',
  'substring',
  'trim',
  'charAt',
  'quantity',
  'isQuantity',
  'ip',
  'isIP',
  'cidr',
  'isCIDR',
  'url',
  'isURL',
  'semver',
  'isSemver',
  'isSorted',
  'sum',
  'max',
  'min',
  'bytes',
  'validate',
]);

class Estimator {
  readonly #variables = new Map<string, Size>();

  constructor(self: Size) {
    this.#variables.set('self', self);
    this.#variables.set('oldSelf', self);
  }

  run(expr: Expr): Estimate {
    switch (expr.op) {
      case 'literal':
        return { cost: 0, size: typeof expr.value === 'string' ? sized(expr.value.length) : SCALAR };
      case 'ident':
        return { cost: 1, size: this.#variables.get(expr.name) ?? UNKNOWN };
      case 'select': {
        const operand = this.run(expr.operand);
        const size = operand.size.field(expr.field) ?? UNKNOWN;
        return { cost: operand.cost + 1, size: expr.test ? SCALAR : size };
      }
      case 'call':
        return this.#call(expr);
      case 'list': {
        const items = expr.items.map(({ value }) => this.run(value));
        const cost = items.reduce((sum, each) => sum + each.cost, LIST_BASE);
        return { cost, size: { max: items.length, field: () => undefined, item: () => largest(items) } };
      }
      case 'map': {
        const parts = expr.entries.flatMap(({ key, value }) => [this.run(key), this.run(value)]);
        const cost = parts.reduce((sum, each) => sum + each.cost, MAP_BASE);
        return {
          cost,
          size: { max: expr.entries.length, field: () => largest(parts), item: () => largest(parts) },
        };
      }
      case 'struct': {
        const cost = expr.fields.reduce((sum, { value }) => sum + this.run(value).cost, STRUCT_BASE);
        return { cost, size: UNKNOWN };
      }
      case 'fold':
        return this.#fold(expr);
      case 'bind': {
        const init = this.run(expr.init);
        const body = this.#within([[expr.name, init.size]], () => this.run(expr.body));
        return { cost: init.cost + body.cost + LIST_BASE, size: body.size };
      }
      default:
        return expr satisfies never;
    }
  }

  #within<Result>(names: readonly (readonly [string, Size])[], work: () => Result): Result {
    const before = names.map(([name]) => [name, this.#variables.get(name)] as const);
    for (const [name, size] of names) this.#variables.set(name, size);
    const result = work();
    for (const [name, size] of before) {
      if (size === undefined) this.#variables.delete(name);
      else this.#variables.set(name, size);
    }
    return result;
  }

  #call(expr: Expr & { readonly op: 'call' }): Estimate {
    const operands = [...(expr.target ? [expr.target] : []), ...expr.args].map((arg) => this.run(arg));
    const [first, second, third] = operands;
    const args = operands.reduce((sum, each) => sum + each.cost, 0);
    const size = first?.size ?? SCALAR;
    const other = second?.size ?? SCALAR;
    switch (expr.name) {
      case '_?_:_':
        return {
          cost: (first?.cost ?? 0) + Math.max(second?.cost ?? 0, third?.cost ?? 0),
          size: larger(second?.size ?? SCALAR, third?.size ?? SCALAR),
        };
      case '_&&_':
      case '_||_':
        return { cost: args, size: SCALAR };
      case '_[_]':
      case '_[?_]':
        return { cost: args + 1, size: size.item() ?? size.field('') ?? UNKNOWN };
      case '_==_':
      case '_!=_':
      case '_<_':
      case '_<=_':
      case '_>_':
      case '_>=_':
        return {
          cost: args + Math.max(1, Math.ceil(Math.min(size.max, other.max) * TRAVERSAL)),
          size: SCALAR,
        };
      case '_+_':
        return {
          cost: args + Math.max(1, Math.ceil((size.max + other.max) * TRAVERSAL)),
          size: { ...size, max: size.max + other.max },
        };
      case '@in':
        return { cost: args + other.max, size: SCALAR };
      case 'matches':
      case 'find':
      case 'findAll':
        return {
          cost: args + Math.ceil((1 + size.max) * TRAVERSAL) * Math.ceil(Math.max(1, other.max * REGEX)),
          size: expr.name === 'matches' ? SCALAR : size,
        };
      case 'size':
      case 'hasValue':
        return { cost: args + 1, size: SCALAR };
      case 'string':
        return { cost: args + Math.ceil(size.max * TRAVERSAL), size: size.max === 1 ? ENDLESS : size };
      default: {
        const cost = TRAVERSING.has(expr.name) ? Math.ceil(size.max * TRAVERSAL) : 1;
        return { cost: args + Math.max(1, cost), size };
      }
    }
  }

  #fold(expr: Expr & { readonly op: 'fold' }): Estimate {
    const range = this.run(expr.range);
    const { max } = range.size;
    const item = range.size.item() ?? UNKNOWN;
    const value = range.size.field('') ?? item;
    const [one = '_', two] = expr.vars;
    const names: (readonly [string, Size])[] =
      two === undefined
        ? [[one, item]]
        : [
            [one, SCALAR],
            [two, value],
          ];
    const inner = this.#within(names, () => {
      const test = expr.test === undefined ? undefined : this.run(expr.test);
      const make = expr.make === undefined ? undefined : this.run(expr.make);
      return { cost: (test?.cost ?? 0) + (make?.cost ?? 0), size: make?.size };
    });
    // The accumulator is looked at and set in each step.
    const isList = expr.fold === 'map' || expr.fold === 'filter' || expr.fold === 'transformList';
    const step = inner.cost + (isList ? 1 + LIST_BASE + 1 : 2);
    const size: Size = isList
      ? { max, field: () => undefined, item: () => inner.size ?? item }
      : { ...SCALAR, item: () => inner.size };
    return { cost: range.cost + 1 + max * step, size };
  }
}

const larger = (a: Size, b: Size): Size => (a.max >= b.max ? a : b);

const largest = (parts: readonly Estimate[]): Size =>
  parts.reduce((best, each) => larger(best, each.size), SCALAR);

/** The most one run may cost, given the size of `self`. */
export const estimateCost = (expr: Expr, self: Size): number => new Estimator(self).run(expr).cost;
