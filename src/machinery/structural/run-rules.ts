/** Objects against the rules of their schema (apiextensions-apiserver schema/cel validation.go). */

import type { Program } from '../cel/cel.ts';
import { toCel } from '../cel/convert.ts';
import { type Budget, BudgetError } from '../cel/evaluate.ts';
import { CelError, CelOptional, type CelValue, NONE } from '../cel/values.ts';
import { deepEqual } from '../deep.ts';
import {
  at,
  duplicate,
  duplicateWithoutValue,
  type FieldError,
  forbiddenField,
  invalidValue,
  invalidWithoutValue,
  required,
} from '../field-error.ts';
import { celTypeOf } from './cel-types.ts';
import { type CompiledRule, rulesOf } from './compile-rules.ts';
import { followPath } from './field-path.ts';
import { additionalOf, hasSchema, itemsOf, type Props, states } from './props.ts';

/** Cost one run of a rule, and all rules of one object together, may use, as upstream. */
const RULE_BUDGET = 1_000_000;
export const RULES_BUDGET = 10_000_000;

const MAX_MESSAGE = 5 * 1024;

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const shownRule = ({ props }: CompiledRule): string => props.message?.trim() || props.rule.trim();

const plainMessage = ({ props }: CompiledRule): string =>
  props.message?.trim() || `failed rule: ${props.rule.trim()}`;

/** A value with the old one it can be compared with. */
class Correlation {
  readonly old: unknown;
  readonly #value: unknown;
  #same: boolean | undefined;

  constructor(old: unknown, value: unknown) {
    this.old = old;
    this.#value = value;
  }

  get isSame(): boolean {
    this.#same ??= deepEqual(this.old, this.#value);
    return this.#same;
  }
}

/** What a value is compared with: its own old value, or else the nearest value around it that has one. */
interface Place {
  readonly path: string;
  readonly own?: Correlation;
  readonly around?: Correlation;
}

const below = ({ own, around }: Place, path: string, old: unknown, value: unknown): Place => {
  if (own === undefined) return around === undefined ? { path } : { path, around };
  return old === undefined ? { path, around: own } : { path, own: new Correlation(old, value), around: own };
};

const SPENT = 'validation failed due to running out of cost budget, no further validation rules will be run';

class Run {
  readonly errors: FieldError[] = [];
  /** Failures of what did not change: it keeps what it was accepted with. */
  readonly warnings: FieldError[] = [];
  readonly #ratchets: boolean;
  #left = RULES_BUDGET;
  #isSpent = false;

  constructor(ratchets: boolean) {
    this.#ratchets = ratchets;
  }

  node(props: Props, value: unknown, place: Place, isRoot: boolean): void {
    if (this.#isSpent || value === null || value === undefined) return;
    const rules = rulesOf(props, isRoot);
    if (rules.length > 0) this.#rules(rules, props, value, place, isRoot);
    if (this.#isSpent) return;
    if (Array.isArray(value)) this.#items(props, value, place);
    else if (isRecord(value)) this.#members(props, value, place);
  }

  #items(props: Props, value: readonly unknown[], place: Place): void {
    const items = itemsOf(props);
    if (items === undefined) return;
    const keys = props['x-kubernetes-list-map-keys'];
    const old = place.own?.old;
    const isKeyed = props['x-kubernetes-list-type'] === 'map' && keys !== undefined && Array.isArray(old);
    for (const [index, item] of value.entries()) {
      const before = isKeyed
        ? (old as readonly unknown[]).find(
            (other) =>
              isRecord(other) && isRecord(item) && keys.every((key) => deepEqual(other[key], item[key])),
          )
        : undefined;
      this.node(items, item, below(place, `${place.path}[${index}]`, before, item), false);
    }
  }

  #members(props: Props, value: Readonly<Record<string, unknown>>, place: Place): void {
    const before = isRecord(place.own?.old) ? place.own.old : {};
    const additional = additionalOf(props);
    for (const name of Object.keys(value).sort()) {
      const inner = props.properties?.[name] ?? additional;
      if (inner === undefined) continue;
      const path = props.properties?.[name] === undefined ? `${place.path}[${name}]` : at(place.path, name);
      this.node(inner, value[name], below(place, path, before[name], value[name]), false);
    }
  }

  #rules(rules: readonly CompiledRule[], props: Props, value: unknown, place: Place, isRoot: boolean): void {
    const type = celTypeOf(props, isRoot);
    const old = place.own?.old;
    const isNew = old === undefined || old === null;
    let self: CelValue | undefined;
    let oldSelf: CelValue | undefined;
    for (const rule of rules) {
      const isOptional = rule.props.optionalOldSelf === true;
      if (rule.usesOldSelf && !isOptional && isNew) continue;
      if (this.#isSpent || rule.program === undefined) return;
      const variables = (name: string): CelValue | undefined => {
        if (name === 'self') {
          self ??= toCel(value, type);
          return self;
        }
        if (name !== 'oldSelf') return undefined;
        if (isNew) return NONE;
        oldSelf ??= toCel(old, type);
        return isOptional ? new CelOptional(oldSelf) : oldSelf;
      };
      this.#rule(rule, rule.program, variables, props, value, place);
    }
  }

  #rule(
    rule: CompiledRule,
    program: Program,
    variables: (name: string) => CelValue | undefined,
    props: Props,
    value: unknown,
    place: Place,
  ): void {
    const { path } = place;
    const field = path === '' ? '<nil>' : path;
    const type = props.type ?? '';
    if (this.#left <= 0) {
      this.#isSpent = true;
      this.errors.push(invalidValue(field, type, SPENT));
      return;
    }
    const budget: Budget = { left: RULE_BUDGET };
    try {
      if (program.run(variables, budget) === true) return;
    } catch (error) {
      if (!(error instanceof CelError)) throw error;
      this.errors.push(invalidValue(field, type, this.#failure(error, rule)));
      return;
    } finally {
      this.#left -= RULE_BUDGET - Math.max(0, budget.left);
    }
    const { fieldPath, reason } = rule.props;
    const found = errorFor(
      reason,
      fieldPath ? at(path, normalized(fieldPath, props)) : field,
      value,
      this.#message(rule, variables),
    );
    const isKept = this.#ratchets && !rule.usesOldSelf && (place.own ?? place.around)?.isSame === true;
    (isKept ? this.warnings : this.errors).push(found);
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
      const budget: Budget = { left: RULE_BUDGET };
      const made = rule.message.run(variables, budget);
      this.#left -= RULE_BUDGET - Math.max(0, budget.left);
      if (typeof made !== 'string') return plainMessage(rule);
      const text = made.trim();
      return text === '' || text.length > MAX_MESSAGE || text.includes('\n') ? plainMessage(rule) : text;
    } catch (error) {
      if (!(error instanceof CelError)) throw error;
      return plainMessage(rule);
    }
  }
}

const normalized = (fieldPath: string, props: Props): string => {
  const found = followPath(fieldPath, props);
  return found.ok ? found.text : fieldPath;
};

const errorFor = (reason: string | undefined, field: string, value: unknown, detail: string): FieldError => {
  const isWhole = typeof value === 'object' && value !== null;
  switch (reason) {
    case 'FieldValueForbidden':
      return forbiddenField(field, detail);
    case 'FieldValueRequired':
      return required(field, detail);
    case 'FieldValueDuplicate':
      return isWhole ? duplicateWithoutValue(field) : duplicate(field, value);
    default:
      return isWhole ? invalidWithoutValue(field, detail) : invalidValue(field, value, detail);
  }
};

/** What the rules of a schema say of an object. */
export interface RuleFindings {
  readonly errors: readonly FieldError[];
  /** Rules that parts of the object break which did not change: they are told, but hinder nobody. */
  readonly warnings: readonly FieldError[];
}

/** How an object is judged. */
export interface RuleOptions {
  /** Whether it is a whole resource, whose type and name rules can see. */
  readonly isRoot: boolean;
  /** Whether what did not change may stay as it is. */
  readonly ratchets: boolean;
}

/** Judges an object by the rules of its schema; `old` is the stored object on updates. */
export const runRules = (
  props: Props,
  object: unknown,
  old: unknown,
  { isRoot, ratchets }: RuleOptions = { isRoot: true, ratchets: true },
): RuleFindings => {
  const run = new Run(ratchets);
  const own = old === undefined ? {} : { own: new Correlation(old, object) };
  run.node(props, object, { path: '', ...own }, isRoot);
  return run;
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
