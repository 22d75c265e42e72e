/** `x-kubernetes-validations` compiled, once a schema node (apiextensions-apiserver schema/cel compilation.go). */

import type { Expr } from '../cel/ast.ts';
import { type CelEnvironment, compileCel, type Program } from '../cel/cel.ts';
import { type CelType, optionalOf } from '../cel/types.ts';
import { celTypeOf } from './cel-types.ts';
import type { Props, RuleProps } from './props.ts';

/** A compiled rule; `error` and `messageError` are texts after upstream's prefix, when it does not compile. */
export interface CompiledRule {
  readonly props: RuleProps;
  readonly program?: Program;
  readonly error?: string;
  readonly message?: Program;
  readonly messageError?: string;
  readonly usesOldSelf: boolean;
}

const usesName = (expr: Expr, name: string): boolean => {
  const any = (parts: readonly (Expr | undefined)[]): boolean =>
    parts.some((part) => part !== undefined && usesName(part, name));
  switch (expr.op) {
    case 'literal':
      return false;
    case 'ident':
      return expr.name === name;
    case 'select':
      return usesName(expr.operand, name);
    case 'call':
      return any([expr.target, ...expr.args]);
    case 'list':
      return any(expr.items.map(({ value }) => value));
    case 'map':
      return any(expr.entries.flatMap(({ key, value }) => [key, value]));
    case 'struct':
      return any(expr.fields.map(({ value }) => value));
    case 'fold':
      return any([expr.range, expr.test, expr.make]);
    case 'bind':
      return any([expr.init, expr.body]);
    default:
      return expr satisfies never;
  }
};

const environmentOf = (type: CelType, rule: RuleProps): CelEnvironment => ({
  variables: new Map([
    ['self', type],
    ['oldSelf', rule.optionalOldSelf === true ? optionalOf(type) : type],
  ]),
});

const compileMessage = (
  rule: RuleProps,
  environment: CelEnvironment,
): Pick<CompiledRule, 'message' | 'messageError'> => {
  if (!rule.messageExpression) return {};
  const made = compileCel(rule.messageExpression, environment);
  if (!made.ok) return { messageError: `messageExpression compilation failed: ${made.error}` };
  if (made.program.type.of !== 'string')
    return { messageError: 'messageExpression must evaluate to a string' };
  return { message: made.program };
};

const compileRule = (rule: RuleProps, type: CelType): CompiledRule => {
  const environment = environmentOf(type, rule);
  const made = compileCel(rule.rule, environment);
  if (!made.ok) return { props: rule, error: `compilation failed: ${made.error}`, usesOldSelf: false };
  const { program } = made;
  if (program.type.of !== 'bool')
    return { props: rule, error: 'cel expression must evaluate to a bool', usesOldSelf: false };
  const usesOldSelf = usesName(program.expr, 'oldSelf');
  return { props: rule, program, usesOldSelf, ...compileMessage(rule, environment) };
};

const compiled = new WeakMap<Props, readonly CompiledRule[]>();

/** Rules of a node, compiled anew when they were not before; all of them, in order. */
export const compileRules = (props: Props, isRoot = false): readonly CompiledRule[] => {
  const stated = props['x-kubernetes-validations'];
  if (stated === undefined || stated.length === 0) return [];
  const known = compiled.get(props);
  if (known !== undefined) return known;
  const type = celTypeOf(props, isRoot);
  const rules = type === undefined ? [] : stated.map((rule) => compileRule(rule, type));
  compiled.set(props, rules);
  return rules;
};

/** The rules of one node that can run. */
export const rulesOf = (props: Props, isRoot = false): readonly CompiledRule[] =>
  props['x-kubernetes-validations'] === undefined ? NO_RULES : compileRules(props, isRoot);

const NO_RULES: readonly CompiledRule[] = [];
