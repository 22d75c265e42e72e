/** Runs expressions. Every step counts against a budget, so that no expression can hold up a turn. */

import type { Expr } from './ast.ts';
import { qualifiedName } from './checker.ts';
import { accepts, type Functions, type Run } from './overloads.ts';
import {
  CelError,
  CelMap,
  CelObject,
  CelOptional,
  CelTypeValue,
  type CelValue,
  NONE,
  typeNameOf,
  Uint,
} from './values.ts';

/** Steps left; shared by all expressions of one request. */
export interface Budget {
  left: number;
}

/** Thrown when the budget is spent. */
export class BudgetError extends CelError {
  constructor() {
    super('operation cancelled: actual cost limit exceeded');
  }
}

/** Values of the variables of an expression. */
export type Variables = (name: string) => CelValue | undefined;

/** Makes an object of a constructible type. */
export type Construct = (name: string, fields: readonly (readonly [string, CelValue])[]) => CelValue;

interface Frame {
  readonly name: string;
  readonly value: CelValue;
  readonly outer: Frame | undefined;
}

export interface EvaluateOptions {
  readonly functions: Functions;
  readonly variables: Variables;
  readonly budget: Budget;
  readonly construct?: Construct;
}

const TYPE_VALUES: ReadonlySet<string> = new Set([
  'int',
  'uint',
  'double',
  'bool',
  'string',
  'bytes',
  'list',
  'map',
  'null_type',
  'type',
]);

const noOverload = (): CelError => new CelError('no such overload');

class Evaluator {
  readonly #options: EvaluateOptions;

  constructor(options: EvaluateOptions) {
    this.#options = options;
  }

  run(expr: Expr, frame: Frame | undefined): CelValue {
    this.#spend(1);
    switch (expr.op) {
      case 'literal':
        return expr.value;
      case 'ident':
        return this.#ident(expr.name, frame);
      case 'select':
        return this.#select(expr, frame);
      case 'call':
        return this.#call(expr, frame);
      case 'list':
        return this.#list(expr, frame);
      case 'map':
        return this.#map(expr, frame);
      case 'struct':
        return this.#struct(expr, frame);
      case 'fold':
        return this.#fold(expr, frame);
      case 'bind':
        return this.#bind(expr, frame);
      default:
        return expr satisfies never;
    }
  }

  #spend(cost: number): void {
    this.#options.budget.left -= cost;
    if (this.#options.budget.left < 0) throw new BudgetError();
  }

  #ident(name: string, frame: Frame | undefined): CelValue {
    for (let at = frame; at !== undefined; at = at.outer) if (at.name === name) return at.value;
    const value = this.#options.variables(name);
    if (value !== undefined) return value;
    if (TYPE_VALUES.has(name)) return new CelTypeValue(name);
    throw new CelError(`no such attribute(s): ${name}`);
  }

  #isLocal(name: string, frame: Frame | undefined): boolean {
    for (let at = frame; at !== undefined; at = at.outer) if (at.name === name) return true;
    return this.#options.variables(name) !== undefined;
  }

  #select(expr: Expr & { readonly op: 'select' }, frame: Frame | undefined): CelValue {
    // A variable's name may have a dot: `authorizer.requestResource`.
    if (expr.operand.op === 'ident' && !expr.test) {
      const dotted = this.#options.variables(`${expr.operand.name}.${expr.field}`);
      if (dotted !== undefined) return dotted;
    }
    const given = this.run(expr.operand, frame);
    const isOptional = given instanceof CelOptional;
    const holder = isOptional ? given.value : given;
    if (holder === undefined) return expr.test ? false : NONE;
    const value = fieldOf(holder, expr.field);
    if (expr.test) {
      if (!(holder instanceof CelMap) && !(holder instanceof CelObject)) throw noOverload();
      return value !== undefined;
    }
    if (expr.optional || isOptional) {
      return value instanceof CelOptional ? value : value === undefined ? NONE : new CelOptional(value);
    }
    if (value !== undefined) return value;
    if (!(holder instanceof CelMap) && !(holder instanceof CelObject)) throw noOverload();
    throw new CelError(`no such key: ${expr.field}`);
  }

  #call(expr: Expr & { readonly op: 'call' }, frame: Frame | undefined): CelValue {
    const { name, target, args } = expr;
    if (target !== undefined) {
      const path = qualifiedName(target);
      const isGlobal = path !== undefined && this.#options.functions.has(`${path}.${name}`);
      if (isGlobal && !this.#isLocal(path.split('.')[0] ?? '', frame)) {
        return this.#dispatch(
          `${path}.${name}`,
          args.map((arg) => this.run(arg, frame)),
          false,
        );
      }
      return this.#dispatch(
        name,
        [target, ...args].map((arg) => this.run(arg, frame)),
        true,
      );
    }
    if (name === '_&&_' || name === '_||_') return this.#logic(name === '_&&_', args, frame);
    if (name === '_?_:_') return this.#conditional(args, frame);
    const values = args.map((arg) => this.run(arg, frame));
    if (name === '_[_]' || name === '_[?_]') return this.#index(values, name === '_[?_]');
    return this.#dispatch(name, values, false);
  }

  #dispatch(name: string, values: readonly CelValue[], member: boolean): CelValue {
    for (const value of values) {
      if (typeof value === 'string') this.#spend(value.length / 10);
      else if (Array.isArray(value)) this.#spend(value.length / 10);
    }
    for (const overload of this.#options.functions.get(name) ?? []) {
      if (overload.member !== member || overload.params.length !== values.length) continue;
      if (overload.params.every((param, index) => accepts(param, values[index] ?? null)))
        return this.#charge(attempt(overload.run, values));
    }
    throw noOverload();
  }

  /** What a function made must be paid for, too. */
  #charge(value: CelValue): CelValue {
    if (typeof value === 'string' || Array.isArray(value)) this.#spend(value.length / 10);
    return value;
  }

  /** A side that decides makes up for an error of the other. */
  #logic(isAnd: boolean, args: readonly Expr[], frame: Frame | undefined): CelValue {
    let failure: CelError | undefined;
    for (const arg of args) {
      try {
        const value = this.run(arg, frame);
        if (typeof value !== 'boolean') throw noOverload();
        if (value !== isAnd) return value;
      } catch (error) {
        if (!(error instanceof CelError) || error instanceof BudgetError) throw error;
        failure ??= error;
      }
    }
    if (failure !== undefined) throw failure;
    return isAnd;
  }

  #conditional(args: readonly Expr[], frame: Frame | undefined): CelValue {
    const [test, yes, no] = args;
    const value = test && this.run(test, frame);
    if (typeof value !== 'boolean') throw noOverload();
    const chosen = value ? yes : no;
    if (chosen === undefined) throw noOverload();
    return this.run(chosen, frame);
  }

  #index(values: readonly CelValue[], isOptional: boolean): CelValue {
    const [given, index = null] = values;
    const wraps = isOptional || given instanceof CelOptional;
    const holder = given instanceof CelOptional ? given.value : given;
    if (holder === undefined) return NONE;
    const found = itemOf(holder, index);
    if (wraps) return found.value === undefined ? NONE : new CelOptional(found.value);
    if (found.value === undefined) throw new CelError(found.problem);
    return found.value;
  }

  #list(expr: Expr & { readonly op: 'list' }, frame: Frame | undefined): CelValue {
    const items: CelValue[] = [];
    for (const { value, optional } of expr.items) {
      const item = this.run(value, frame);
      if (!optional) items.push(item);
      else if (item instanceof CelOptional && item.value !== undefined) items.push(item.value);
    }
    return items;
  }

  #map(expr: Expr & { readonly op: 'map' }, frame: Frame | undefined): CelValue {
    const map = new CelMap();
    for (const { key, value, optional } of expr.entries) {
      const name = this.run(key, frame);
      const item = this.run(value, frame);
      const held = optional && item instanceof CelOptional ? item.value : item;
      if (held === undefined) continue;
      if (map.has(name)) throw new CelError(`insert failed: key ${String(name)} already exists`);
      map.set(name, held);
    }
    return map;
  }

  #struct(expr: Expr & { readonly op: 'struct' }, frame: Frame | undefined): CelValue {
    const fields: (readonly [string, CelValue])[] = [];
    for (const { name, value, optional } of expr.fields) {
      const item = this.run(value, frame);
      const held = optional && item instanceof CelOptional ? item.value : item;
      if (held !== undefined) fields.push([name, held]);
    }
    const made = this.#options.construct?.(expr.name, fields);
    if (made === undefined) throw new CelError(`unknown type: ${expr.name}`);
    return made;
  }

  #fold(expr: Expr & { readonly op: 'fold' }, frame: Frame | undefined): CelValue {
    const range = this.run(expr.range, frame);
    const rows = rowsOf(range, expr.vars.length === 2);
    const [one = '_', two] = expr.vars;
    const frameOf = ([first, second]: readonly [CelValue, CelValue]): Frame => {
      const outer: Frame = { name: one, value: first, outer: frame };
      return two === undefined ? outer : { name: two, value: second, outer };
    };
    const { test, make, fold } = expr;
    const passes = (at: Frame): boolean => {
      const value = test === undefined ? true : this.run(test, at);
      if (typeof value !== 'boolean') throw noOverload();
      return value;
    };
    if (fold === 'all' || fold === 'exists') {
      return this.#quantify(fold === 'all', rows.map(frameOf), passes);
    }
    if (fold === 'exists_one') return rows.filter((row) => passes(frameOf(row))).length === 1;
    const list: CelValue[] = [];
    const map = new CelMap();
    for (const row of rows) {
      const at = frameOf(row);
      if (!passes(at)) continue;
      const made = make === undefined ? row[0] : this.run(make, at);
      if (fold === 'transformMap') map.set(row[0], made);
      else if (fold === 'transformMapEntry') {
        if (!(made instanceof CelMap)) throw noOverload();
        for (const [key, value] of made.entries()) map.set(key, value);
      } else list.push(made);
    }
    return fold === 'transformMap' || fold === 'transformMapEntry' ? map : list;
  }

  #quantify(isAll: boolean, frames: readonly Frame[], passes: (at: Frame) => boolean): boolean {
    let failure: CelError | undefined;
    for (const frame of frames) {
      try {
        if (passes(frame) !== isAll) return !isAll;
      } catch (error) {
        if (!(error instanceof CelError) || error instanceof BudgetError) throw error;
        failure ??= error;
      }
    }
    if (failure !== undefined) throw failure;
    return isAll;
  }

  #bind(expr: Expr & { readonly op: 'bind' }, frame: Frame | undefined): CelValue {
    const init = this.run(expr.init, frame);
    if (expr.optional === undefined)
      return this.run(expr.body, { name: expr.name, value: init, outer: frame });
    if (!(init instanceof CelOptional)) throw noOverload();
    if (init.value === undefined) return NONE;
    const made = this.run(expr.body, { name: expr.name, value: init.value, outer: frame });
    return expr.optional === 'map' ? new CelOptional(made) : made;
  }
}

/** Runs a function; items of a list may be of types that it does not take, which only shows there. */
const attempt = (run: Run, values: readonly CelValue[]): CelValue => {
  try {
    return run(...values);
  } catch (error) {
    if (error instanceof TypeError || error instanceof RangeError) throw noOverload();
    throw error;
  }
};

const fieldOf = (holder: CelValue, name: string): CelValue | undefined => {
  if (holder instanceof CelObject) return holder.get(name);
  return holder instanceof CelMap ? holder.get(name) : undefined;
};

const printKey = (key: CelValue): string => (key instanceof Uint ? String(key.value) : String(key));

const itemOf = (
  holder: CelValue,
  index: CelValue,
): { readonly value: CelValue | undefined; readonly problem: string } => {
  if (holder instanceof CelMap)
    return { value: holder.get(index), problem: `no such key: ${printKey(index)}` };
  if (holder instanceof CelObject && typeof index === 'string')
    return { value: holder.get(index), problem: `no such key: ${index}` };
  if (!Array.isArray(holder)) throw noOverload();
  const at = index instanceof Uint ? index.value : index;
  if (typeof at !== 'bigint' && !(typeof at === 'number' && Number.isInteger(at)))
    throw new CelError(`unsupported index type '${typeNameOf(index)}' in list`);
  return { value: holder[Number(at)] as CelValue | undefined, problem: `index out of bounds: ${at}` };
};

type Row = readonly [CelValue, CelValue];

const rowsOf = (range: CelValue, isPair: boolean): readonly Row[] => {
  if (Array.isArray(range)) {
    return range.map((item: CelValue, index): Row => (isPair ? [BigInt(index), item] : [item, null]));
  }
  if (range instanceof CelMap) return range.entries();
  if (range instanceof CelObject) return Object.keys(range.raw).map((key) => [key, range.get(key) ?? null]);
  throw noOverload();
};

/** The value of an expression. Throws CelError. */
export const evaluateCel = (expr: Expr, options: EvaluateOptions): CelValue =>
  new Evaluator(options).run(expr, undefined);
