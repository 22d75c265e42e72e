import { judgeAccess } from './access-check.ts';
import { judgeAudit } from './audit-check.ts';
import { judgeCel } from './cel-check.ts';
import type { Check, Finding, Grading, Outcome, Predicate, Verdict } from './contract.ts';
import { say } from './evidence.ts';
import { earliest, errorFinding, failed, recheckedAt } from './finding.ts';
import { PatternError } from './match.ts';
import { judgeObject } from './object-check.ts';
import { judgeStability } from './stability.ts';
import type { World } from './world.ts';

const join = (outcome: Outcome, parts: readonly Finding[]): Finding =>
  recheckedAt(
    {
      outcome,
      evidence: parts.filter((part) => part.outcome === outcome).flatMap(({ evidence }) => evidence),
    },
    earliest(parts.map(({ recheckAt }) => recheckAt)),
  );

const some = (parts: readonly Finding[], outcome: Outcome): boolean =>
  parts.some((part) => part.outcome === outcome);

const judgeAll = (parts: readonly Finding[]): Finding => {
  if (some(parts, 'failed')) return join('failed', parts);
  return join(some(parts, 'error') ? 'error' : 'passed', parts);
};

const judgeAny = (parts: readonly Finding[]): Finding => {
  if (some(parts, 'passed')) return join('passed', parts);
  return join(some(parts, 'error') ? 'error' : 'failed', parts);
};

const negate = (part: Finding): Finding => {
  if (part.outcome === 'error') return part;
  const outcome = part.outcome === 'passed' ? 'failed' : 'passed';
  return { ...part, outcome, evidence: [say.negated(), ...part.evidence] };
};

/** Judges a condition at the world's revision. */
const judge = (world: World, predicate: Predicate): Finding => {
  const { object, cel, authz, audit, all, any, not, stable } = predicate;
  if (object !== undefined) return judgeObject(world, object);
  if (cel !== undefined) return judgeCel(world, cel);
  if (authz !== undefined) return judgeAccess(world, authz);
  if (audit !== undefined) return judgeAudit(world, audit);
  if (all !== undefined) return judgeAll(all.map((part) => judge(world, part)));
  if (any !== undefined) return judgeAny(any.map((part) => judge(world, part)));
  if (not !== undefined) return negate(judge(world, not));
  if (stable !== undefined) return judgeStability(world, stable, judge);
  return errorFinding(say.broken('the check asks for nothing'));
};

/** Judges one condition; what its author got wrong is an error, whatever the learner did. */
export const judgePredicate = (world: World, predicate: Predicate): Finding => {
  try {
    return judge(world, predicate);
  } catch (error) {
    // Patterns and expressions are users' texts. Whatever they break is told, and is no verdict about the learner.
    if (error instanceof PatternError || error instanceof RangeError || error instanceof SyntaxError)
      return errorFinding(say.broken(error.message));
    const { name, message } = error as Error;
    if (name === 'CompactedError' || name.startsWith('RE2JS')) return errorFinding(say.broken(message));
    throw error;
  }
};

/** Judges every check, each after those it requires. Order and number of the verdicts are those of the checks. */
export const gradeChecks = (world: World, checks: readonly Check[]): Grading => {
  const found = new Map<string, Finding>();
  const byId = new Map(checks.map((check) => [check.id, check]));
  const judgeOne = (check: Check, waiting: readonly string[]): Finding => {
    const known = found.get(check.id);
    if (known !== undefined) return known;
    const open = (check.requires ?? []).filter((id) => {
      const other = byId.get(id);
      if (other === undefined || waiting.includes(id)) return true;
      return judgeOne(other, [...waiting, check.id]).outcome !== 'passed';
    });
    const finding = open.length > 0 ? failed(say.waitsFor(open)) : judgePredicate(world, check);
    found.set(check.id, finding);
    return finding;
  };
  const verdicts = checks.map(
    (check): Verdict => ({ id: check.id, points: check.points, ...judgeOne(check, [check.id]) }),
  );
  const recheckAt = earliest(verdicts.map((verdict) => verdict.recheckAt));
  return {
    revision: world.revision,
    at: world.now,
    verdicts,
    ...(recheckAt === undefined ? {} : { recheckAt }),
  };
};
