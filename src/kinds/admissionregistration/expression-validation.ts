/**
 * Expressions of webhooks and policies (upstream: pkg/apis/admissionregistration/validation, 1.36). What an expression
 * may see depends on where it stands; `checkExpression` is the one place that judges its text.
 */

import { compilePolicyExpression, type PolicyUse } from '../../machinery/cel/policy.ts';
import { type CelType, DYN, isDeep } from '../../machinery/cel/types.ts';
import { duplicate, invalidValue, required, tooMany } from '../../machinery/field-error.ts';
import { checkEach, checkPresent, checkQualifiedName, type Errors } from '../common/checks.ts';
import type { MatchCondition } from '../generated/types.ts';

/** What an expression is for, which decides its result and what it sees. */
export type ExpressionUse = PolicyUse;

/** What the expressions of one object share. */
export interface ExpressionScope {
  /** True when the policy names a kind of parameters: `params` is known. */
  readonly hasParams: boolean;
  /** Variables declared so far, in order; a variable with a wrong name or text is not among them. */
  readonly variables: { readonly name: string; readonly expression: string }[];
  /** True when the object lists variables at all, right or wrong ones. */
  declares?: boolean;
  /** Expressions the stored object has already: they are not refused for what newer rules forbid. */
  readonly stored: ReadonlySet<string>;
}

/** Judges the text of an expression: says why it does not compile, or has another result than its use needs. */
export type ExpressionCheck = (
  errors: Errors,
  path: string,
  expression: string,
  use: ExpressionUse,
  scope: ExpressionScope,
) => void;

/** Types found so far, by the list of variables they belong to; each variable is compiled once. */
const typesOf = new WeakMap<object, { readonly types: Map<string, CelType>; count: number }>();

/** Types of the variables so far; one that does not compile, or is very deep, may be anything. */
const variableTypes = ({
  declares,
  variables,
  hasParams,
}: ExpressionScope): ReadonlyMap<string, CelType> | undefined => {
  if (declares !== true) return undefined;
  const known = typesOf.get(variables) ?? { types: new Map<string, CelType>(), count: 0 };
  typesOf.set(variables, known);
  for (const { name, expression } of variables.slice(known.count)) {
    const made = compilePolicyExpression(expression, 'variable', { hasParams, variables: known.types });
    known.types.set(name, made.ok && !isDeep(made.program.type) ? made.program.type : DYN);
  }
  known.count = variables.length;
  return known.types;
};

/** Refuses what does not compile or has another result than its place needs. */
export const checkExpression: ExpressionCheck = (errors, path, expression, use, scope) => {
  const made = compilePolicyExpression(expression, use, {
    hasParams: scope.hasParams,
    variables: variableTypes(scope),
  });
  if (!made.ok) errors.push(invalidValue(path, expression, made.error));
};

/** A scope without parameters, variables and stored expressions. */
export const plainScope = (): ExpressionScope => ({ hasParams: false, variables: [], stored: new Set() });

const MAX_CONDITIONS = 64;

/** Conditions a request must meet before the webhook or policy is asked. */
export const checkMatchConditions = (
  errors: Errors,
  path: string,
  conditions: readonly MatchCondition[] | undefined,
  scope: ExpressionScope,
): void => {
  const count = conditions?.length ?? 0;
  if (count > MAX_CONDITIONS) errors.push(tooMany(path, count, MAX_CONDITIONS));
  const names = new Set<string>();
  checkEach(errors, path, conditions, (found, at, { name = '', expression = '' }) => {
    const text = expression.trim();
    if (text === '') found.push(required(`${at}.expression`));
    else checkExpression(found, `${at}.expression`, text, 'match-condition', { ...scope, variables: [] });
    if (!checkPresent(found, `${at}.name`, name)) return;
    checkQualifiedName(found, `${at}.name`, name);
    if (names.has(name)) found.push(duplicate(`${at}.name`, name));
    names.add(name);
  });
};
