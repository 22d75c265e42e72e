import { printTime } from '../machinery/time.ts';
import type { Change } from '../store/reader.ts';
import type { Finding, Predicate } from './contract.ts';
import { say } from './evidence.ts';
import { errorFinding, failed, passed, recheckedAt } from './finding.ts';
import type { World } from './world.ts';

/** Revisions of a window that are judged at most; beyond, the check is an error. */
const MOST_JUDGEMENTS = 400;

/** Writes read at first; the step back doubles until the window is covered. */
const FIRST_STEP = 64;

/** Writes of the window and at least one before it, if the log still has one. */
const writesOf = (world: World, from: number): readonly Change[] => {
  const oldest = Math.max(world.floor(), 0);
  for (let step = FIRST_STEP; ; step *= 2) {
    const after = Math.max(oldest, world.revision - step);
    const writes = world.changes(after);
    if (after === oldest || (writes[0]?.at ?? world.now) <= from) return writes;
  }
};

/** The newest revision of each instant of the window, newest first: what was true between two instants. */
const statesOf = (world: World, from: number): { readonly revision: number; readonly at: number }[] => {
  const states: { revision: number; at: number }[] = [];
  for (const { revision, at } of writesOf(world, from)) {
    const last = states.at(-1);
    if (last !== undefined && last.at === at) last.revision = revision;
    else states.push({ revision, at });
  }
  const first = states.findLastIndex(({ at }) => at <= from);
  return states.slice(Math.max(0, first)).reverse();
};

/**
 * Judges a condition over the last seconds, from the log: it must have held after every instant at which something
 * was written. Nobody has to look meanwhile. An exercise younger than the window cannot have been stable.
 */
export const judgeStability = (
  world: World,
  { seconds, check }: NonNullable<Predicate['stable']>,
  judge: (world: World, predicate: Predicate) => Finding,
): Finding => {
  const now = judge(world, check);
  if (now.outcome !== 'passed') return now;
  const from = world.now - seconds * 1000;
  const wait = (since: number): Finding =>
    recheckedAt(
      failed(say.notYetStable(Math.floor((world.now - since) / 1000), seconds)),
      since + seconds * 1000,
    );
  const states = statesOf(world, from);
  if (states.length > MOST_JUDGEMENTS)
    return errorFinding(say.broken(`${states.length} changes in ${seconds} s are too many to judge`));
  let held = world.now;
  for (const { revision, at } of states) {
    const before = revision === world.revision ? now : judge(world.at(revision), check);
    if (before.outcome === 'error') return before;
    if (before.outcome === 'failed') {
      const { evidence } = wait(held);
      return recheckedAt(
        failed(say.unstable(printTime(at), seconds), ...evidence, ...before.evidence),
        held + seconds * 1000,
      );
    }
    held = at;
    if (at <= from) break;
  }
  if (held > from && held > world.began) {
    return errorFinding(say.broken('the history of the window is no longer kept'));
  }
  if (Math.max(held, world.began) > from) return wait(Math.max(held, world.began));
  return passed(say.stable(seconds), ...now.evidence);
};
