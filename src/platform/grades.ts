import { and, eq, isNull } from 'drizzle-orm';
import type { Grading, Verdict } from '../exercise/contract.ts';
import { printTime } from '../machinery/time.ts';
import { environments } from './db/exercises.ts';
import type { PlatformDatabase } from './db/queries.ts';
import type { Environment, OpenEnvironment } from './environments.ts';
import type { Template } from './templates/schema.ts';
import { inLanguage, type Language } from './templates/views.ts';

/** A grade in numbers. */
export interface Score {
  readonly score: number;
  readonly max: number;
  readonly passed: boolean;
}

/** Points that hints took away. */
export const hintCost = (template: Template, hints: Environment['hints']): number =>
  template.tasks.reduce(
    (sum, task) => sum + task.hints.slice(0, hints[task.id] ?? 0).reduce((part, { cost }) => part + cost, 0),
    0,
  );

/** The points of passed checks less what hints cost; never below nothing. Passed is who passed every check. */
export const scoreOf = ({ template, environment }: OpenEnvironment, { verdicts }: Grading): Score => {
  const earned = verdicts.reduce((sum, { outcome, points }) => sum + (outcome === 'passed' ? points : 0), 0);
  return {
    score: Math.max(0, earned - hintCost(template, environment.hints)),
    max: verdicts.reduce((sum, { points }) => sum + points, 0),
    passed: verdicts.length > 0 && verdicts.every(({ outcome }) => outcome === 'passed'),
  };
};

const verdictView = (verdict: Verdict, template: Template, language: Language) => {
  const task = template.tasks.find(({ checks }) => checks.some(({ id }) => id === verdict.id));
  const check = task?.checks.find(({ id }) => id === verdict.id);
  const passed = verdict.outcome === 'passed';
  return {
    id: verdict.id,
    task: task?.id ?? '',
    title: check === undefined ? verdict.id : inLanguage(check.title, language),
    passed,
    status: verdict.outcome,
    points: verdict.points,
    earned: passed ? verdict.points : 0,
    evidence: verdict.evidence.map((sentence) => inLanguage(sentence, language)).join('\n'),
    ...(passed || check?.hint === undefined ? {} : { hint: inLanguage(check.hint, language) }),
  };
};

/** A grade as the control API shows it. */
export const gradeView = (open: OpenEnvironment, grading: Grading, language: Language) => ({
  ...scoreOf(open, grading),
  hintCost: hintCost(open.template, open.environment.hints),
  /** Resource version that was judged. */
  revision: String(grading.revision),
  clusterTime: printTime(grading.at),
  checks: grading.verdicts.map((verdict) => verdictView(verdict, open.template, language)),
});

/** Keeps a grade with its environment. Tells, once, when every check has passed for the first time. */
export const keepGrade = async (
  db: PlatformDatabase,
  environment: Environment,
  { score, passed }: Score,
  now: number,
): Promise<{ readonly isNewlyPassed: boolean }> => {
  const mine = eq(environments.id, environment.id);
  await db.update(environments).set({ score, passed, gradedAt: now }).where(mine);
  if (!passed || environment.passedAt !== null) return { isNewlyPassed: false };
  // Of two gradings at the same time one is the first.
  const first = await db
    .update(environments)
    .set({ passedAt: now })
    .where(and(mine, isNull(environments.passedAt)))
    .returning({ id: environments.id });
  return { isNewlyPassed: first.length > 0 };
};
