import { compileCel } from '../machinery/cel/cel.ts';
import { toCel } from '../machinery/cel/convert.ts';
import { type CelType, DYN } from '../machinery/cel/types.ts';
import { CelError, type CelValue } from '../machinery/cel/values.ts';
import type { CelCheck, Finding } from './contract.ts';
import { say } from './evidence.ts';
import { errorFinding, failed, passed } from './finding.ts';
import { select } from './object-check.ts';
import type { World } from './world.ts';

/** Steps one expression may take. */
const MOST_STEPS = 1_000_000;

const typesOf = ({ objects }: CelCheck): ReadonlyMap<string, CelType> =>
  new Map(Object.keys(objects).map((name) => [name, DYN]));

/** Why an expression is of no use; `undefined` when it compiles to a truth value. */
export const expressionProblem = (check: CelCheck): string | undefined => {
  const compiled = compileCel(check.expression, { variables: typesOf(check) });
  if (!compiled.ok) return compiled.error;
  const { of } = compiled.program.type;
  return of === 'bool' || of === 'dyn' ? undefined : `must evaluate to bool but got ${of}`;
};

/** Judges an expression over objects. Whatever keeps it from a truth value is an error, never a failure. */
export const judgeCel = (world: World, check: CelCheck): Finding => {
  const compiled = compileCel(check.expression, { variables: typesOf(check) });
  if (!compiled.ok) return errorFinding(say.broken(compiled.error));
  const values = new Map<string, CelValue>();
  for (const [name, selection] of Object.entries(check.objects)) {
    const selected = select(world, selection);
    if (!selected.ok) return selected.finding;
    values.set(name, toCel(selection.name === undefined ? selected.objects : (selected.objects[0] ?? null)));
  }
  const own = { left: Math.min(MOST_STEPS, world.budget.left) };
  const before = own.left;
  try {
    const result = compiled.program.run((name) => values.get(name), own);
    if (typeof result !== 'boolean') return errorFinding(say.broken('the expression gave no truth value'));
    if (result) return passed(check.message ?? say.expressionTrue());
    return failed(check.message ?? say.expressionFalse(check.expression));
  } catch (error) {
    if (error instanceof CelError) return errorFinding(say.broken(error.message));
    throw error;
  } finally {
    world.budget.left -= before - own.left;
  }
};
