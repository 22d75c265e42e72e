/** Expressions compiled once and run many times: the face of this folder. */

import { type Expr, printIssues } from './ast.ts';
import { checkCel } from './checker.ts';
import { type Budget, type Construct, evaluateCel, type Variables } from './evaluate.ts';
import { listFunctions } from './functions/lists.ts';
import { networkFunctions } from './functions/network.ts';
import { standardFunctions } from './functions/standard.ts';
import { textFunctions } from './functions/text.ts';
import { valueFunctions } from './functions/values.ts';
import { literalIssues } from './literals.ts';
import { type Functions, makeFunctions } from './overloads.ts';
import { parseCel } from './parser.ts';
import type { CelType } from './types.ts';
import type { CelValue } from './values.ts';

const BASE = [
  ...standardFunctions,
  ...textFunctions,
  ...networkFunctions,
  ...valueFunctions,
  ...listFunctions,
];

/** The functions every Kubernetes expression has. */
export const kubernetesFunctions: Functions = makeFunctions(BASE);

/** The same with more of them. */
export const functionsWith = (more: typeof BASE): Functions => makeFunctions([...BASE, ...more]);

/** Variables, functions and constructible types of a kind of expression. */
export interface CelEnvironment {
  readonly variables: ReadonlyMap<string, CelType>;
  readonly functions?: Functions;
  readonly constructs?: (name: string) => CelType | undefined;
}

/** A compiled expression. */
export interface Program {
  readonly source: string;
  readonly expr: Expr;
  readonly type: CelType;
  /** Types of all parts of it. */
  readonly types: ReadonlyMap<Expr, CelType>;
  /** Runs it; throws CelError. */
  run(variables: Variables, budget: Budget, construct?: Construct): CelValue;
}

/** A program, or why there is none (cel-go's listing of issues). */
export type Compiled =
  | { readonly ok: true; readonly program: Program }
  | { readonly ok: false; readonly error: string };

/** Compiles an expression. */
export const compileCel = (source: string, environment: CelEnvironment): Compiled => {
  const parsed = parseCel(source);
  if (!parsed.ok) return { ok: false, error: printIssues(parsed.issues, source) };
  const functions = environment.functions ?? kubernetesFunctions;
  const { variables, constructs } = environment;
  const scope = { functions, variables, ...(constructs === undefined ? {} : { constructs }) };
  const { type, types, issues } = checkCel(parsed.expr, scope);
  if (issues.length > 0) return { ok: false, error: printIssues(issues, source) };
  const { expr } = parsed;
  const wrong = literalIssues(expr, functions, types);
  if (wrong.length > 0) return { ok: false, error: printIssues(wrong, source) };
  return {
    ok: true,
    program: {
      source,
      expr,
      type,
      types,
      run: (values, budget, construct) =>
        evaluateCel(expr, {
          functions,
          variables: values,
          budget,
          ...(construct === undefined ? {} : { construct }),
        }),
    },
  };
};
