/** What an expression may cost at most, from the sizes its values can have (cel-go checker/cost.go). */

import type { Expr } from './ast.ts';
import { costOfCall, type Operand } from './cost-calls.ts';
import { add, type Cost, type Declared, fixed, type Sizes, times, UNKNOWN, union } from './cost-sizes.ts';
import { type CelType, DYN } from './types.ts';

const LIST_BASE = 10;
const MAP_BASE = 30;
const STRUCT_BASE = 40;

/** Sizes of what a list or map holds. */
interface Entries {
  readonly isList: boolean;
  readonly key: Sizes;
  readonly value: Sizes;
}

/** A name of a macro: where its value stands below a variable, and sizes where they are known otherwise. */
interface Local {
  readonly path: readonly string[];
  readonly size: Sizes | undefined;
  readonly entries: Entries | undefined;
}

const SCALARS: ReadonlySet<string> = new Set(['bool', 'double', 'duration', 'int', 'timestamp', 'uint']);

const isScalar = (type: CelType): boolean =>
  type.of === 'optional' ? isScalar(type.value) : SCALARS.has(type.of);

const literalSize = (value: unknown): Sizes => {
  if (typeof value === 'string') return fixed([...value].length);
  return fixed(value instanceof Uint8Array ? value.length : 1);
};

const exprSize = (expr: Expr): Sizes | undefined => {
  if (expr.op === 'literal') return literalSize(expr.value);
  if (expr.op === 'list') return fixed(expr.items.length);
  return expr.op === 'map' ? fixed(expr.entries.length) : undefined;
};

const SELECTED: ReadonlySet<string> = new Set(['map', 'object', 'param']);

class Estimator {
  readonly #root: Declared;
  readonly #types: ReadonlyMap<Expr, CelType>;
  readonly #paths = new Map<Expr, readonly string[]>();
  readonly #sizes = new Map<Expr, Sizes>();
  readonly #entries = new Map<Expr, Entries>();
  #locals: ReadonlyMap<string, Local> = new Map();

  constructor(root: Declared, types: ReadonlyMap<Expr, CelType>) {
    this.#root = root;
    this.#types = types;
  }

  cost(expr: Expr): Cost {
    switch (expr.op) {
      case 'literal':
        return 0;
      case 'ident':
        this.#paths.set(expr, this.#locals.get(expr.name)?.path ?? [expr.name]);
        return 1;
      case 'select':
        return this.#select(expr);
      case 'call':
        return this.#call(expr);
      case 'list':
        return this.#list(expr);
      case 'map':
        return this.#map(expr);
      case 'struct':
        return expr.fields.reduce((sum, { value }) => add(sum, this.cost(value)), STRUCT_BASE);
      case 'fold':
        return this.#fold(expr);
      case 'bind':
        return this.#bind(expr);
      default:
        return expr satisfies never;
    }
  }

  #type(expr: Expr): CelType {
    return this.#types.get(expr) ?? DYN;
  }

  #path(expr: Expr): readonly string[] {
    const local = expr.op === 'ident' ? this.#locals.get(expr.name) : undefined;
    return local?.path ?? this.#paths.get(expr) ?? [];
  }

  /** What the schema says of a place; its first name is a variable, and all of them are of the same type. */
  #declared(path: readonly string[]): Sizes | undefined {
    if (path.length === 0) return undefined;
    let at: Declared | undefined = this.#root;
    for (const name of path.slice(1)) {
      if (name === '@items' || name === '@values') at = at.item;
      else at = name === '@keys' ? at.key : at.field(name);
      if (at === undefined) return undefined;
    }
    return { min: 0, max: at.max };
  }

  #size(expr: Expr): Sizes | undefined {
    const known = this.#sizes.get(expr) ?? exprSize(expr) ?? this.#declared(this.#path(expr));
    if (known !== undefined) return known;
    if (isScalar(this.#type(expr))) return fixed(1);
    return expr.op === 'ident' ? this.#locals.get(expr.name)?.size : undefined;
  }

  #entriesOf(expr: Expr): Entries | undefined {
    return (
      this.#entries.get(expr) ?? (expr.op === 'ident' ? this.#locals.get(expr.name)?.entries : undefined)
    );
  }

  #operand(expr: Expr): Operand {
    const path = this.#path(expr);
    return {
      type: this.#type(expr),
      size: this.#size(expr) ?? UNKNOWN,
      itemSize: () => (path.length > 0 ? this.#declared([...path, '@items']) : undefined) ?? UNKNOWN,
      literal: expr.op === 'literal' ? expr.value : undefined,
    };
  }

  #select(expr: Expr & { readonly op: 'select' }): Cost {
    const cost = this.cost(expr.operand);
    // Whether something is there is asked for nothing.
    if (expr.test) return cost;
    if (expr.optional) return add(cost, 1);
    this.#paths.set(expr, [...this.#path(expr.operand), expr.field]);
    return SELECTED.has(this.#type(expr.operand).of) ? add(cost, 1) : cost;
  }

  #call(expr: Expr & { readonly op: 'call' }): Cost {
    const { name, target, args } = expr;
    const costs = args.map((arg) => this.cost(arg));
    const sum = costs.reduce(add, 0);
    const [first, second, third] = args;
    if (name === 'dyn' && first !== undefined) {
      this.#copy(expr, first);
      return add(sum, 1);
    }
    if (name === '_&&_' || name === '_||_') return sum;
    if (name === '_?_:_' && second !== undefined && third !== undefined) {
      this.#choose(expr, second, third);
      return add(costs[0] ?? 0, Math.max(costs[1] ?? 0, costs[2] ?? 0));
    }
    // The target of a function with a namespace is part of its name and has no type.
    const own = target !== undefined && this.#types.has(target) ? target : undefined;
    const before = own === undefined ? 0 : this.cost(own);
    const called = target !== undefined && own === undefined ? `${nameOf(target)}.${name}` : name;
    const operands = args.map((arg) => this.#operand(arg));
    const made = costOfCall(called, own && this.#operand(own), operands);
    if (made.size !== undefined) this.#sizes.set(expr, made.size);
    if (name === '_[_]' && first !== undefined) this.#index(expr, first);
    if (name === '_+_' && first !== undefined && second !== undefined) this.#append(expr, first, second);
    return add(add(before, sum), made.cost);
  }

  #index(expr: Expr, holder: Expr): void {
    const { of } = this.#type(holder);
    if (of !== 'list' && of !== 'map') return;
    const value = this.#entriesOf(holder)?.value;
    if (value !== undefined) this.#sizes.set(expr, value);
    this.#paths.set(expr, [...this.#path(holder), of === 'list' ? '@items' : '@values']);
  }

  #append(expr: Expr, left: Expr, right: Expr): void {
    this.#join(expr, this.#entriesOf(left), this.#entriesOf(right));
  }

  #join(expr: Expr, left: Entries | undefined, right: Entries | undefined): void {
    if (left === undefined || right === undefined) return;
    const { isList } = left;
    this.#entries.set(expr, {
      isList,
      key: union(left.key, right.key),
      value: union(left.value, right.value),
    });
  }

  #choose(expr: Expr, yes: Expr, no: Expr): void {
    this.#sizes.set(expr, union(this.#size(yes) ?? UNKNOWN, this.#size(no) ?? UNKNOWN));
    this.#join(expr, this.#entriesOf(yes), this.#entriesOf(no));
  }

  #copy(to: Expr, from: Expr): void {
    const [size, entries] = [this.#size(from), this.#entriesOf(from)];
    if (size !== undefined) this.#sizes.set(to, size);
    if (entries !== undefined) this.#entries.set(to, entries);
  }

  #list(expr: Expr & { readonly op: 'list' }): Cost {
    let cost = LIST_BASE;
    let value: Sizes | undefined;
    for (const item of expr.items) {
      cost = add(cost, this.cost(item.value));
      const size = this.#size(item.value) ?? UNKNOWN;
      value = value === undefined ? size : union(value, size);
    }
    this.#entries.set(expr, { isList: true, key: fixed(1), value: value ?? fixed(0) });
    return cost;
  }

  #map(expr: Expr & { readonly op: 'map' }): Cost {
    let cost = MAP_BASE;
    let [key, value]: (Sizes | undefined)[] = [];
    for (const entry of expr.entries) {
      cost = add(cost, add(this.cost(entry.key), this.cost(entry.value)));
      const [keySize, valueSize] = [this.#size(entry.key) ?? UNKNOWN, this.#size(entry.value) ?? UNKNOWN];
      key = key === undefined ? keySize : union(key, keySize);
      value = value === undefined ? valueSize : union(value, valueSize);
    }
    this.#entries.set(expr, { isList: false, key: key ?? fixed(0), value: value ?? fixed(0) });
    return cost;
  }

  #within<Result>(locals: readonly (readonly [string, Local])[], work: () => Result): Result {
    const outer = this.#locals;
    this.#locals = new Map([...outer, ...locals]);
    const result = work();
    this.#locals = outer;
    return result;
  }

  /** The names of a macro over a list or a map. */
  #steps(expr: Expr & { readonly op: 'fold' }): readonly (readonly [string, Local])[] {
    const entries = this.#entriesOf(expr.range);
    const isList = entries?.isList ?? this.#type(expr.range).of === 'list';
    const path = this.#path(expr.range);
    const value: Local = {
      path: [...path, isList ? '@items' : '@values'],
      size: entries?.value,
      entries: undefined,
    };
    const key: Local = {
      path: [...path, isList ? '@indices' : '@keys'],
      size: entries?.key,
      entries: undefined,
    };
    const [one = '_', two] = expr.vars;
    if (two === undefined) return [[one, isList ? value : key]];
    return [
      [one, key],
      [two, value],
    ];
  }

  #fold(expr: Expr & { readonly op: 'fold' }): Cost {
    const before = this.cost(expr.range);
    const count = this.#size(expr.range) ?? UNKNOWN;
    const inner = this.#within(this.#steps(expr), () => {
      const test = expr.test === undefined ? 0 : this.cost(expr.test);
      const make = expr.make === undefined ? 0 : this.cost(expr.make);
      return { test, make, filters: expr.test !== undefined, size: this.#madeSize(expr) };
    });
    const { init, step, isList } = STEPS[expr.fold](inner.test, inner.make, inner.filters);
    if (init === 0) this.#sizes.set(expr, fixed(1));
    else {
      this.#sizes.set(expr, count);
      if (isList) this.#entries.set(expr, { isList, key: fixed(1), value: inner.size });
    }
    const after = expr.fold === 'exists_one' ? 2 : 1;
    return add(add(before, init + after), times(count.max, step));
  }

  /** How large the items of a made list are; 0 is the size of those of an empty one. */
  #madeSize(expr: Expr & { readonly op: 'fold' }): Sizes {
    const made: Expr = expr.make ?? { op: 'ident', at: expr.at, name: expr.vars[0] ?? '_' };
    return union(fixed(0), this.#size(made) ?? UNKNOWN);
  }

  #bind(expr: Expr & { readonly op: 'bind' }): Cost {
    // `optMap` asks whether there is a value, takes it and wraps what is made of it.
    const [ask, take, wrap] =
      expr.optional === undefined ? [0, 0, 0] : [1, 1, expr.optional === 'map' ? 1 : 0];
    const init = this.cost(expr.init);
    const local: Local = {
      path: expr.optional === undefined ? this.#path(expr.init) : [],
      size: expr.optional === undefined ? this.#size(expr.init) : undefined,
      entries: this.#entriesOf(expr.init),
    };
    const body = this.#within([[expr.name, local]], () => this.cost(expr.body));
    const bound = add(add(LIST_BASE, add(init, take)), add(body, wrap));
    if (expr.optional !== undefined) return add(add(init, ask), Math.max(bound, 1));
    this.#copy(expr, expr.body);
    return bound;
  }
}

interface Step {
  /** Cost of the first value of the accumulator; 0 for one that is no list or map. */
  readonly init: number;
  /** Cost of each step, with its condition. */
  readonly step: Cost;
  readonly isList: boolean;
}

type Steps = (test: Cost, make: Cost, filters: boolean) => Step;

/** `test ? made : accumulator`, or what is made without a question. */
const filtered = (test: Cost, made: Cost, filters: boolean): Cost => (filters ? add(test, made) : made);

const listOfMade: Steps = (test, make, filters) => ({
  init: LIST_BASE,
  step: filtered(test, add(make, LIST_BASE + 2), filters),
  isList: true,
});

const mapOfMade: Steps = (test, make, filters) => ({
  init: MAP_BASE,
  step: filtered(test, add(make, 3), filters),
  isList: false,
});

/** What the macros stand for, by their parts (cel-go common/stdlib and ext/comprehensions). */
const STEPS: Readonly<Record<(Expr & { readonly op: 'fold' })['fold'], Steps>> = {
  all: (test) => ({ init: 0, step: add(test, 3), isList: false }),
  exists: (test) => ({ init: 0, step: add(test, 4), isList: false }),
  exists_one: (test) => ({ init: 0, step: add(test, 2), isList: false }),
  filter: (test) => ({ init: LIST_BASE, step: add(test, LIST_BASE + 3), isList: true }),
  map: listOfMade,
  transformList: listOfMade,
  transformMap: mapOfMade,
  transformMapEntry: (test, make, filters) => ({
    ...mapOfMade(test, make, filters),
    step: filtered(test, add(make, 2), filters),
  }),
};

const nameOf = (expr: Expr): string => {
  if (expr.op === 'ident') return expr.name;
  return expr.op === 'select' ? `${nameOf(expr.operand)}.${expr.field}` : '';
};

/** The most one run may cost, given the types of its parts and what is known of the variables. */
export const estimateCost = (expr: Expr, types: ReadonlyMap<Expr, CelType>, root: Declared): Cost =>
  new Estimator(root, types).cost(expr);
