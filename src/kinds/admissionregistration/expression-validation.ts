/**
 * Expressions of webhooks and policies (upstream: pkg/apis/admissionregistration/validation, 1.36). What an expression
 * may see depends on where it stands; `checkExpression` is the one place that judges its text.
 */

import { duplicate, required, tooMany } from '../../machinery/field-error.ts';
import { checkEach, checkPresent, checkQualifiedName, type Errors } from '../common/checks.ts';
import type { MatchCondition } from '../generated/types.ts';

/** What an expression is for, which decides its result and what it sees. */
export type ExpressionUse =
  | 'match-condition'
  | 'variable'
  | 'validation'
  | 'message'
  | 'audit-annotation'
  | 'apply-configuration'
  | 'json-patch';

/** What the expressions of one object share. */
export interface ExpressionScope {
  /** True when the policy names a kind of parameters: `params` is known. */
  readonly hasParams: boolean;
  /** Variables declared so far, in order; a variable with a wrong name or text is not among them. */
  readonly variables: { readonly name: string; readonly expression: string }[];
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

/** Takes every text. */
export const checkExpression: ExpressionCheck = () => undefined;

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
