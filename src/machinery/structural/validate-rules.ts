/** `x-kubernetes-validations` of a definition: whether rules are complete, compile and are cheap enough. */

import { estimateCost } from '../cel/cost.ts';
import { add, times } from '../cel/cost-sizes.ts';
import { at, type FieldError, forbiddenField, invalidValue, notSupported, required } from '../field-error.ts';
import { declaredSelf, elementsBelow, mostInRequest } from './cel-sizes.ts';
import { type CompiledRule, compileRules } from './compile-rules.ts';
import { followPath } from './field-path.ts';
import type { Props, RuleProps } from './props.ts';
import type { Step } from './validate-schema.ts';

/** Estimated cost one expression, and all of a schema, may have. */
const EXPRESSION_LIMIT = 10_000_000;
const SCHEMA_LIMIT = 100_000_000;

const REASONS = ['FieldValueDuplicate', 'FieldValueForbidden', 'FieldValueInvalid', 'FieldValueRequired'];

/** What a place in a schema means for rules: how often they run, and whether an old value can be found. */
export class RuleContext {
  readonly isRoot: boolean;
  /** How many values of this place one object may have; `undefined` when a list or map above has no limit. */
  readonly count: number | undefined;
  /** The list or map that makes old values untraceable. */
  readonly uncorrelatable: string | undefined;
  /** False inside value validations, where rules are not run. */
  readonly runs: boolean;
  readonly #costs: { total: number; readonly list: { readonly path: string; readonly cost: number }[] };

  constructor(
    facts: Pick<RuleContext, 'isRoot' | 'count' | 'uncorrelatable' | 'runs'> = {
      isRoot: true,
      count: 1,
      uncorrelatable: undefined,
      runs: true,
    },
    costs: { total: number; readonly list: { readonly path: string; readonly cost: number }[] } = {
      total: 0,
      list: [],
    },
  ) {
    this.isRoot = facts.isRoot;
    this.count = facts.count;
    this.uncorrelatable = facts.uncorrelatable;
    this.runs = facts.runs;
    this.#costs = costs;
  }

  /** A context in which rules are read but not compiled: the schema is broken anyway. */
  static withoutRules(): RuleContext {
    return new RuleContext({ isRoot: true, count: 1, uncorrelatable: undefined, runs: false });
  }

  /** The context of a node below. */
  below(props: Props, step: Step, path: string): RuleContext {
    const elements = elementsBelow(props);
    const loses = step === 'item' && props['x-kubernetes-list-type'] !== 'map';
    return new RuleContext(
      {
        isRoot: false,
        count: this.count === undefined || elements === undefined ? undefined : times(this.count, elements),
        uncorrelatable: this.uncorrelatable ?? (loses ? path : undefined),
        runs: this.runs && step !== 'nested',
      },
      this.#costs,
    );
  }

  /** What a rule that costs so much costs at all values of this place, each of at least so many bytes. */
  everywhere(cost: number, least: number): number {
    return times(cost, this.count ?? mostInRequest(least));
  }

  /** Notes the estimated cost of an expression. */
  observe(path: string, cost: number): void {
    this.#costs.total = add(this.#costs.total, cost);
    if (cost >= SCHEMA_LIMIT / 100) this.#costs.list.push({ path, cost });
  }

  /** Errors of the schema's cost as a whole. */
  total(path: string): readonly FieldError[] {
    if (this.#costs.total <= SCHEMA_LIMIT) return [];
    const expensive = [...this.#costs.list].sort((a, b) => b.cost - a.cost).slice(0, 4);
    const detail =
      'contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema';
    return [
      ...expensive.map((each) => forbiddenField(each.path, detail)),
      forbiddenField(
        path,
        costMessage(
          'x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema',
          this.#costs.total,
          SCHEMA_LIMIT,
        ),
      ),
    ];
  }
}

const costMessage = (what: string, cost: number, limit: number): string => {
  const factor = cost / limit;
  const shown =
    factor > 100 ? 'more than 100x' : factor < 1.5 ? `${factor.toFixed(6)}x` : `${factor.toFixed(1)}x`;
  return `${what} exceeds budget by factor of ${shown} (try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)`;
};

/** A rule as Go prints the struct. */
export const printedRule = (rule: RuleProps): Readonly<Record<string, unknown>> => ({
  Rule: rule.rule,
  Message: rule.message ?? '',
  MessageExpression: rule.messageExpression ?? '',
  Reason: rule.reason ?? null,
  FieldPath: rule.fieldPath ?? '',
  OptionalOldSelf: rule.optionalOldSelf ?? null,
});

const hasLineBreaks = (text: string): boolean => /[\r\n]/.test(text);

const checkMessage = (rule: RuleProps, path: string): FieldError[] => {
  const message = rule.message ?? '';
  const trimmed = message.trim();
  if (rule.rule.trim() === '') return [required(at(path, 'rule'), 'rule is not specified')];
  if (message !== '' && trimmed === '')
    return [invalidValue(at(path, 'message'), message, 'must be non-empty if specified')];
  if (hasLineBreaks(trimmed))
    return [invalidValue(at(path, 'message'), message, 'must not contain line breaks')];
  if (hasLineBreaks(rule.rule.trim()) && trimmed === '')
    return [required(at(path, 'message'), 'message must be specified if rule contains line breaks')];
  return [];
};

const checkStatement = (props: Props, rule: RuleProps, path: string): FieldError[] => {
  const errors = checkMessage(rule, path);
  const { messageExpression = '', reason, fieldPath = '' } = rule;
  if (messageExpression !== '' && messageExpression.trim() === '')
    errors.push(required(at(path, 'messageExpression'), 'must be non-empty if specified'));
  if (reason !== undefined && !REASONS.includes(reason))
    errors.push(notSupported(at(path, 'reason'), reason, REASONS));
  if (fieldPath !== '') {
    const field = at(path, 'fieldPath');
    if (fieldPath.trim() === '')
      errors.push(invalidValue(field, fieldPath, 'must be non-empty if specified'));
    if (hasLineBreaks(fieldPath)) errors.push(invalidValue(field, fieldPath, 'must not contain line breaks'));
    if (!followPath(fieldPath, props).ok) errors.push(invalidValue(field, fieldPath, 'must be a valid path'));
  }
  return errors;
};

const checkCost = (cost: number, field: string, shown: string, context: RuleContext): FieldError[] => {
  context.observe(field, cost);
  if (cost <= EXPRESSION_LIMIT) return [];
  return [forbiddenField(field, costMessage(`estimated ${shown} cost`, cost, EXPRESSION_LIMIT))];
};

const checkCompiled = (
  compiled: CompiledRule,
  props: Props,
  path: string,
  context: RuleContext,
): FieldError[] => {
  const errors: FieldError[] = [];
  const { props: rule, program, message } = compiled;
  const field = at(path, 'rule');
  const messageField = at(path, 'messageExpression');
  const self = declaredSelf(props, context.isRoot);
  if (program !== undefined) {
    const cost = estimateCost(program.expr, program.types, self);
    errors.push(...checkCost(context.everywhere(cost, self.least), field, 'rule', context));
  }
  if (compiled.error !== undefined) errors.push(invalidValue(field, printedRule(rule), compiled.error));
  if (compiled.messageError !== undefined)
    errors.push(invalidValue(messageField, printedRule(rule), compiled.messageError));
  else if (message !== undefined) {
    // Messages are made once an object at most, however many values there are.
    const cost = estimateCost(message.expr, message.types, self);
    errors.push(...checkCost(cost, messageField, 'messageExpression', context));
  }
  if (compiled.usesOldSelf) {
    if (context.uncorrelatable !== undefined) {
      const detail = `oldSelf cannot be used on the uncorrelatable portion of the schema within ${context.uncorrelatable}`;
      errors.push(invalidValue(field, rule.rule, detail));
    }
  } else if (rule.optionalOldSelf !== undefined) {
    const detail = 'may not be set if oldSelf is not used in rule';
    errors.push(invalidValue(at(path, 'optionalOldSelf'), rule.optionalOldSelf, detail));
  }
  return errors;
};

/** Errors of the rules of one node; they are compiled only when the schema is sound so far. */
export const checkRules = (
  props: Props,
  path: string,
  context: RuleContext,
  isSound: boolean,
): { readonly schema: FieldError[]; readonly rules: FieldError[] } => {
  const stated = props['x-kubernetes-validations'] ?? [];
  const ruleField = (index: number): string => `${path}.x-kubernetes-validations[${index}]`;
  const schema = stated.flatMap((rule, index) => checkStatement(props, rule, ruleField(index)));
  if (!isSound || schema.length > 0 || !context.runs || stated.length === 0) return { schema, rules: [] };
  const rules = compileRules(props, context.isRoot).flatMap((compiled, index) =>
    checkCompiled(compiled, props, ruleField(index), context),
  );
  return { schema, rules };
};
