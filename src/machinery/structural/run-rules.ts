/** Objects against the rules of their schema (apiextensions-apiserver schema/cel validation.go). */

import type { Program } from '../cel/cel.ts';
import { toCel } from '../cel/convert.ts';
import { type Budget, BudgetError } from '../cel/evaluate.ts';
import { CelError, CelOptional, type CelValue, NONE } from '../cel/values.ts';
import { deepEqual } from '../deep.ts';
import {
  at,
  duplicate,
  type FieldError,
  forbiddenField,
  invalidValue,
  invalidWithoutValue,
  required,
} from '../field-error.ts';
import { celTypeOf } from './cel-types.ts';
import { type CompiledRule, rulesOf } from './compile-rules.ts';
import { additionalOf, hasSchema, itemsOf, type Props, states } from './props.ts';

/** Cost all rules of one object may use, as upstream. */
export const RULES_BUDGET = 10_000_000;

const MAX_MESSAGE = 5 * 1024;

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const shownRule = ({ props }: CompiledRule): string => props.message?.trim() || props.rule.trim();

const plainMessage = ({ props }: CompiledRule): string =>
  props.message?.trim() || `failed rule: ${props.rule.trim()}`;

/** Go's type name of the schema stands for the value in failures of the evaluation itself. */
const typeShown = (props: Props): string =>
  props['x-kubernetes-int-or-string'] === true ? 'any' : (props.type ?? '');

class Run {
  readonly errors: FieldError[] = [];
  readonly #budget: Budget = { left: RULES_BUDGET };
  #isSpent = false;

  node(props: Props, value: unknown, old: unknown, path: string, isRoot: boolean): void {
    if (this.#isSpent || value === null || value === undefined) return;
    const rules = rulesOf(props, isRoot);
    if (rules.length > 0) this.#rules(rules, props, value, old, path, isRoot);
    if (Array.isArray(value)) this.#items(props, value, old, path);
    else if (isRecord(value)) this.#members(props, value, old, path);
  }

  #items(props: Props, value: readonly unknown[], old: unknown, path: string): void {
    const items = itemsOf(props);
    if (items === undefined) return;
    const keys = props['x-kubernetes-list-map-keys'];
    const isKeyed = props['x-kubernetes-list-type'] === 'map' && keys !== undefined && Array.isArray(old);
    for (const [index, item] of value.entries()) {
      const before = isKeyed
        ? (old as readonly unknown[]).find(
            (other) =>
              isRecord(other) && isRecord(item) && keys.every((key) => deepEqual(other[key], item[key])),
          )
        : undefined;
      this.node(items, item, before, `${path}[${index}]`, false);
    }
  }

  #members(props: Props, value: Readonly<Record<string, unknown>>, old: unknown, path: string): void {
    const before = isRecord(old) ? old : {};
    const additional = additionalOf(props);
    for (const name of Object.keys(value).sort()) {
      const inner = props.properties?.[name];
      if (inner !== undefined) this.node(inner, value[name], before[name], at(path, name), false);
      else if (additional !== undefined)
        this.node(additional, value[name], before[name], `${path}[${name}]`, false);
    }
  }

  #rules(
    rules: readonly CompiledRule[],
    props: Props,
    value: unknown,
    old: unknown,
    path: string,
    isRoot: boolean,
  ): void {
    const type = celTypeOf(props, isRoot);
    const isSame = old !== undefined && deepEqual(old, value);
    let self: CelValue | undefined;
    let oldSelf: CelValue | undefined;
    for (const rule of rules) {
      const isOptional = rule.props.optionalOldSelf === true;
      if (rule.usesOldSelf && !isOptional && (old === undefined || old === null)) continue;
      // What did not change keeps whatever it was accepted with; transitions are judged always.
      if (!rule.usesOldSelf && isSame) continue;
      if (this.#isSpent || rule.program === undefined) return;
      const variables = (name: string): CelValue | undefined => {
        if (name === 'self') {
          self ??= toCel(value, type);
          return self;
        }
        if (name !== 'oldSelf') return undefined;
        if (old === undefined || old === null) return NONE;
        oldSelf ??= toCel(old, type);
        return isOptional ? new CelOptional(oldSelf) : oldSelf;
      };
      this.#rule(rule, rule.program, variables, props, value, path);
    }
  }

  #rule(
    rule: CompiledRule,
    program: Program,
    variables: (name: string) => CelValue | undefined,
    props: Props,
    value: unknown,
    path: string,
  ): void {
    const field = path === '' ? '<nil>' : path;
    try {
      if (program.run(variables, this.#budget) === true) return;
    } catch (error) {
      if (!(error instanceof CelError)) throw error;
      this.errors.push(invalidValue(field, typeShown(props), this.#failure(error, rule)));
      return;
    }
    const { fieldPath, reason } = rule.props;
    const place = fieldPath ? `${path}${fieldPath}`.replace(/^\./, '') : field;
    this.errors.push(errorFor(reason, place, value, this.#message(rule, variables)));
  }

  #failure(error: CelError, rule: CompiledRule): string {
    const { message } = error;
    if (message.startsWith('no such overload')) {
      return `'${message}': call arguments did not match a supported operator, function or macro signature for rule: ${shownRule(rule)}`;
    }
    if (error instanceof BudgetError) {
      this.#isSpent = true;
      return `'${message}': no further validation rules will be run due to call cost exceeds limit for rule: ${shownRule(rule)}`;
    }
    return `${message} evaluating rule: ${shownRule(rule)}`;
  }

  /** What a message expression says, when it says something fit to be shown. */
  #message(rule: CompiledRule, variables: (name: string) => CelValue | undefined): string {
    if (rule.message === undefined) return plainMessage(rule);
    try {
      const made = rule.message.run(variables, this.#budget);
      if (typeof made !== 'string') return plainMessage(rule);
      const text = made.trim();
      return text === '' || text.length > MAX_MESSAGE || text.includes('\n') ? plainMessage(rule) : text;
    } catch (error) {
      if (!(error instanceof CelError)) throw error;
      return plainMessage(rule);
    }
  }
}

const errorFor = (reason: string | undefined, field: string, value: unknown, detail: string): FieldError => {
  switch (reason) {
    case 'FieldValueForbidden':
      return forbiddenField(field, detail);
    case 'FieldValueRequired':
      return required(field, detail);
    case 'FieldValueDuplicate':
      return duplicate(field, value);
    default:
      return typeof value === 'object' && value !== null
        ? invalidWithoutValue(field, detail)
        : invalidValue(field, value, detail);
  }
};

/** Errors of an object by the rules of its schema; `old` is the stored object on updates. */
export const runRules = (props: Props, object: unknown, old: unknown): readonly FieldError[] => {
  const run = new Run();
  run.node(props, object, old, '', true);
  return run.errors;
};

/** Whether a schema has any rules. */
export const hasRules = (props: Props): boolean => {
  const known = ruled.get(props);
  if (known !== undefined) return known;
  const found = hasSchema(props, states('x-kubernetes-validations'));
  ruled.set(props, found);
  return found;
};

const ruled = new WeakMap<Props, boolean>();
