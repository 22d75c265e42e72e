/** Types of expressions before they run, with cel-go's messages. */

import { type Expr, type Issue, Uint } from './ast.ts';
import type { Functions, Overload } from './overloads.ts';
import {
  assignable,
  BOOL,
  BYTES,
  type CelType,
  DOUBLE,
  DYN,
  ERROR,
  filled,
  INT,
  join,
  listOf,
  mapOf,
  NULL,
  optionalOf,
  printType,
  STRING,
  type Substitution,
  substitute,
  UINT,
  UNSET,
} from './types.ts';

/** What an expression may use. */
export interface Scope {
  readonly functions: Functions;
  readonly variables: ReadonlyMap<string, CelType>;
  /** Types that can be constructed, by name; absent names are unknown. */
  readonly constructs?: (name: string) => CelType | undefined;
}

const TYPE_NAMES: Readonly<Record<string, CelType>> = {
  int: INT,
  uint: UINT,
  double: DOUBLE,
  bool: BOOL,
  string: STRING,
  bytes: BYTES,
  list: listOf(DYN),
  map: mapOf(DYN, DYN),
  null_type: NULL,
  type: { of: 'type', value: DYN },
};

const isLoose = (type: CelType): boolean => type.of === 'dyn' || type.of === 'error';

class Checker {
  readonly issues: Issue[] = [];
  /** Types of all parts. */
  readonly types = new Map<Expr, CelType>();
  readonly #scope: Scope;
  #locals: ReadonlyMap<string, CelType> = new Map();

  constructor(scope: Scope) {
    this.#scope = scope;
  }

  type(expr: Expr): CelType {
    const type = this.#typeOf(expr);
    this.types.set(expr, type);
    return type;
  }

  #typeOf(expr: Expr): CelType {
    switch (expr.op) {
      case 'literal':
        return literalType(expr.value);
      case 'ident':
        return this.#ident(expr.name, expr.at);
      case 'select':
        return this.#select(expr);
      case 'call':
        return this.#call(expr);
      case 'list':
        return this.#list(expr);
      case 'map':
        return this.#map(expr);
      case 'struct':
        return this.#struct(expr);
      case 'fold':
        return this.#fold(expr);
      case 'bind':
        return this.#bind(expr);
      default:
        return expr satisfies never;
    }
  }

  #issue(at: number, message: string): CelType {
    this.issues.push({ at, message });
    return ERROR;
  }

  #ident(name: string, at: number): CelType {
    const known = this.#locals.get(name) ?? this.#scope.variables.get(name);
    if (known !== undefined) return known;
    if (Object.hasOwn(TYPE_NAMES, name)) return { of: 'type', value: TYPE_NAMES[name] ?? DYN };
    return this.#issue(at, `undeclared reference to '${name}' (in container '')`);
  }

  #select(expr: Expr & { readonly op: 'select' }): CelType {
    const path = qualifiedName(expr);
    const global =
      path === undefined || this.#locals.has(path.split('.')[0] ?? '')
        ? undefined
        : this.#scope.variables.get(path);
    if (global !== undefined) return global;
    const given = this.type(expr.operand);
    const operand = given.of === 'optional' ? given.value : given;
    const found = this.#field(operand, expr);
    if (expr.test) return BOOL;
    if (expr.optional || given.of === 'optional') return found.of === 'optional' ? found : optionalOf(found);
    return found;
  }

  #field(operand: CelType, expr: Expr & { readonly op: 'select' }): CelType {
    if (isLoose(operand)) return operand.of === 'error' ? ERROR : DYN;
    if (operand.of === 'map') return operand.value;
    if (operand.of === 'object') {
      const field = operand.field(expr.field);
      return field?.type ?? this.#issue(expr.at, `undefined field '${expr.field}'`);
    }
    return this.#issue(expr.at, `type '${printType(operand)}' does not support field selection`);
  }

  #call(expr: Expr & { readonly op: 'call' }): CelType {
    const { target, args, name, at } = expr;
    if (target !== undefined) {
      const path = qualifiedName(target);
      const overloads = path === undefined ? undefined : this.#scope.functions.get(`${path}.${name}`);
      if (overloads !== undefined && !this.#shadowed(path)) {
        const types = args.map((arg) => this.type(arg));
        return this.#resolve(name, overloads, types, at);
      }
      const types = [target, ...args].map((arg) => this.type(arg));
      const members = (this.#scope.functions.get(name) ?? []).filter((each) => each.member);
      if (members.length === 0) return this.#issue(at, `undeclared reference to '${name}' (in container '')`);
      return this.#resolve(name, members, types, at);
    }
    const types = args.map((arg) => this.type(arg));
    if (name === '_?_:_') return this.#conditional(types, at);
    if (name === '_&&_' || name === '_||_') return this.#logic(name, types, at);
    if (name === '_[_]' || name === '_[?_]') return this.#index(name, types, at);
    const globals = (this.#scope.functions.get(name) ?? []).filter((each) => !each.member);
    if (globals.length === 0) return this.#issue(at, `undeclared reference to '${name}' (in container '')`);
    return this.#resolve(name, globals, types, at);
  }

  #shadowed(path: string | undefined): boolean {
    const root = path?.split('.')[0] ?? '';
    return this.#locals.has(root) || this.#scope.variables.has(root);
  }

  #mismatch(name: string, types: readonly CelType[], at: number, isMember = false): CelType {
    const shown = types.map(printType);
    const list = isMember ? `${shown[0] ?? ''}.(${shown.slice(1).join(', ')})` : `(${shown.join(', ')})`;
    return this.#issue(at, `found no matching overload for '${name}' applied to '${list}'`);
  }

  #conditional(types: readonly CelType[], at: number): CelType {
    const [test = ERROR, first = ERROR, second = ERROR] = types;
    if (!assignable(BOOL, test, new Map())) return this.#mismatch('_?_:_', types, at);
    const yes = filled(first, second);
    const no = filled(second, first);
    if (isLoose(yes) || isLoose(no)) return yes.of === 'error' || no.of === 'error' ? ERROR : DYN;
    const known: Substitution = new Map();
    if (!assignable(yes, no, known)) return this.#mismatch('_?_:_', types, at);
    return yes.of === 'null' ? no : substitute(yes, known);
  }

  #logic(name: string, types: readonly CelType[], at: number): CelType {
    return types.every((type) => assignable(BOOL, type, new Map())) ? BOOL : this.#mismatch(name, types, at);
  }

  #index(name: string, types: readonly CelType[], at: number): CelType {
    const [given = ERROR, index = ERROR] = types;
    const holder = given.of === 'optional' ? given.value : given;
    const wrap = (type: CelType): CelType =>
      name === '_[?_]' || given.of === 'optional' ? optionalOf(type) : type;
    if (isLoose(holder)) return holder.of === 'error' ? ERROR : wrap(DYN);
    const isNumber = ['int', 'uint', 'double', 'dyn', 'error'].includes(index.of);
    if (holder.of === 'list' && isNumber) return wrap(holder.item);
    if (holder.of === 'map' && assignable(holder.key, index, new Map())) return wrap(holder.value);
    return this.#mismatch(name, types, at);
  }

  #resolve(name: string, overloads: readonly Overload[], types: readonly CelType[], at: number): CelType {
    let result: CelType | undefined;
    for (const { params, result: made } of overloads) {
      if (params.length !== types.length) continue;
      const known: Substitution = new Map();
      if (!params.every((param, index) => assignable(param, types[index] ?? ERROR, known))) continue;
      const type = substitute(made, known);
      result = result === undefined || printType(result) === printType(type) ? type : DYN;
    }
    if (result !== undefined) return result;
    if (types.some((type) => type.of === 'error')) return ERROR;
    return this.#mismatch(name, types, at, overloads[0]?.member === true);
  }

  #list(expr: Expr & { readonly op: 'list' }): CelType {
    let item: CelType | undefined;
    for (const { value, optional } of expr.items) {
      const given = this.type(value);
      const type = optional && given.of === 'optional' ? given.value : given;
      item = item === undefined ? type : join(item, type);
    }
    return listOf(item ?? UNSET);
  }

  #map(expr: Expr & { readonly op: 'map' }): CelType {
    let key: CelType | undefined;
    let value: CelType | undefined;
    for (const entry of expr.entries) {
      const keyType = this.type(entry.key);
      const given = this.type(entry.value);
      const valueType = entry.optional && given.of === 'optional' ? given.value : given;
      key = key === undefined ? keyType : join(key, keyType);
      value = value === undefined ? valueType : join(value, valueType);
    }
    // Keys that contain types would double a type with each map around it.
    if (key === undefined || value === undefined) return mapOf(UNSET, UNSET);
    return mapOf(['list', 'map', 'optional', 'type'].includes(key.of) ? DYN : key, value);
  }

  #struct(expr: Expr & { readonly op: 'struct' }): CelType {
    const type = this.#scope.constructs?.(expr.name);
    if (type === undefined) {
      for (const { value } of expr.fields) this.type(value);
      return this.#issue(expr.at, `undeclared reference to '${expr.name}' (in container '')`);
    }
    for (const { name, value, at, optional } of expr.fields) {
      const given = this.type(value);
      const actual = optional && given.of === 'optional' ? given.value : given;
      const field = type.of === 'object' ? type.field(name) : undefined;
      if (type.of === 'object' && field === undefined) this.#issue(at, `undefined field '${name}'`);
      else if (field !== undefined && !assignable(field.type, actual, new Map()))
        this.#issue(
          at,
          `expected type of field '${name}' is '${printType(field.type)}' but provided type is '${printType(actual)}'`,
        );
    }
    return type;
  }

  #within<Result>(names: readonly (readonly [string, CelType])[], work: () => Result): Result {
    const outer = this.#locals;
    this.#locals = new Map([...outer, ...names]);
    const result = work();
    this.#locals = outer;
    return result;
  }

  #fold(expr: Expr & { readonly op: 'fold' }): CelType {
    const range = this.type(expr.range);
    const [first, second] = this.#variables(expr, range);
    const [one = '_', two] = expr.vars;
    const names: (readonly [string, CelType])[] =
      two === undefined
        ? [[one, first]]
        : [
            [one, first],
            [two, second],
          ];
    return this.#within(names, () => {
      const test = expr.test === undefined ? BOOL : this.type(expr.test);
      const made = expr.make === undefined ? DYN : this.type(expr.make);
      const result = foldType(expr.fold, first, made);
      if (!assignable(BOOL, test, new Map())) this.#issue(expr.at, testMismatch(expr.fold, test, result));
      return result;
    });
  }

  /** Types of the variables: items or keys; with two, index and item, or key and value. */
  #variables(expr: Expr & { readonly op: 'fold' }, range: CelType): readonly [CelType, CelType] {
    const isPair = expr.vars.length === 2;
    if (range.of === 'list') return isPair ? [INT, range.item] : [range.item, DYN];
    if (range.of === 'map') return [range.key, range.value];
    if (!isLoose(range)) {
      const message = `expression of type '${printType(range)}' cannot be range of a comprehension (must be list, map, or dynamic)`;
      this.#issue(expr.range.at, message);
      return [ERROR, ERROR];
    }
    return [DYN, DYN];
  }

  #bind(expr: Expr & { readonly op: 'bind' }): CelType {
    const init = this.type(expr.init);
    const held = expr.optional === undefined ? init : init.of === 'optional' ? init.value : DYN;
    const body = this.#within([[expr.name, held]], () => this.type(expr.body));
    return expr.optional === 'map' ? optionalOf(body) : body;
  }
}

type Fold = (Expr & { readonly op: 'fold' })['fold'];

const foldType = (fold: Fold, item: CelType, made: CelType): CelType => {
  switch (fold) {
    case 'all':
    case 'exists':
    case 'exists_one':
      return BOOL;
    case 'filter':
      return listOf(item);
    case 'map':
    case 'transformList':
      return listOf(made);
    case 'transformMap':
      return mapOf(item, made);
    case 'transformMapEntry':
      return made.of === 'map' ? made : mapOf(DYN, DYN);
    default:
      return fold satisfies never;
  }
};

/** A test that is no truth fails as the operator that its macro is made of. */
const testMismatch = (fold: Fold, test: CelType, result: CelType): string => {
  const shown = printType(test);
  const refuse = (name: string, args: string): string =>
    `found no matching overload for '${name}' applied to '(${args})'`;
  if (fold === 'all') return refuse('_&&_', `bool, ${shown}`);
  if (fold === 'exists') return refuse('_||_', `bool, ${shown}`);
  const kept = fold === 'exists_one' ? 'int' : printType(result);
  return refuse('_?_:_', `${shown}, ${kept}, ${kept}`);
};

const literalType = (value: unknown): CelType => {
  if (value === null) return NULL;
  if (value instanceof Uint) return UINT;
  if (value instanceof Uint8Array) return BYTES;
  if (typeof value === 'bigint') return INT;
  if (typeof value === 'number') return DOUBLE;
  return typeof value === 'string' ? STRING : BOOL;
};

/** `a.b.c` as a text, when the expression is nothing but names. */
export const qualifiedName = (expr: Expr): string | undefined => {
  if (expr.op === 'ident') return expr.name;
  if (expr.op !== 'select' || expr.test || expr.optional) return undefined;
  const inner = qualifiedName(expr.operand);
  return inner === undefined ? undefined : `${inner}.${expr.field}`;
};

/** The type of an expression and of its parts, and what is wrong with it. */
export const checkCel = (expr: Expr, scope: Scope): Checked => {
  const checker = new Checker(scope);
  const type = checker.type(expr);
  return { type, types: checker.types, issues: checker.issues };
};

/** What checking an expression finds. */
export interface Checked {
  readonly type: CelType;
  readonly types: ReadonlyMap<Expr, CelType>;
  readonly issues: readonly Issue[];
}
