import type { Instant } from '../machinery/time.ts';
import type { Store } from '../store/store.ts';
import { clusterTime, type Pace } from '../time/pace.ts';
import type { Timeline } from '../time/timeline.ts';
import { readCatchUp, writeCatchUp } from './settings.ts';

/** Reconciles a turn may run before it yields; what is left lies in the table and goes on in the next turn. */
export const TURN_BUDGET = 2_000;

/**
 * Reconciles that catching up may cost. What is due beyond that is done once, at the present instant, as after a time
 * in which the control plane was down: a cluster nobody looked at for a year must not take minutes to open.
 */
export const CATCH_UP_BUDGET = 40_000;

/** Rows a turn may compact away after it wrote. */
const COMPACTION_ROWS = 200;

export interface TurnOptions {
  readonly store: Store;
  readonly timeline: Timeline;
  readonly setNow: (now: Instant) => void;
  readonly pace: () => Pace;
  /** Told once when a catch-up exceeds its budget and the rest of the gap is skipped. */
  readonly onSkip: () => void;
  /** Called before the work of a turn, at its instant: what an older release left is brought up to date. */
  readonly onReady: () => void;
  /** Told when the work of a turn is done, inside its transaction, and whether objects were written. */
  readonly onEnd: (hasWritten: boolean) => void;
  /** Absent: `CATCH_UP_BUDGET`. */
  readonly catchUpBudget?: number;
}

/** Outcome of a turn: `unfinished` means the budget ended before the instant was reached and no work was done. */
export type Turned<Result> =
  | { readonly unfinished: true }
  | { readonly unfinished: false; readonly result: Result };

/** What a turn is told beside its work. */
export interface TurnAsk {
  /** Most reconciles; `TURN_BUDGET` if absent. */
  readonly budget?: number | undefined;
  /** The work is expected to write nothing. */
  readonly reads?: boolean;
}

/**
 * One turn: advance to the instant in due order, then do the caller's work (inputs come last), then turn what
 * was written into wake-ups. All of it is one transaction: a throw leaves the store as it was before. Where nothing is
 * due and the work only reads, there is nothing to undo, and so no transaction.
 */
export const makeTurn = (options: TurnOptions) => {
  const { store, timeline, setNow } = options;
  const limit = options.catchUpBudget ?? CATCH_UP_BUDGET;
  let latest: Instant = 0;

  const isQuiet = (until: Instant): boolean => {
    const next = store.wakeups.next();
    if (next !== undefined && next <= until) return false;
    const { spent, isAsked } = readCatchUp(store.meta);
    return spent === 0 && !isAsked;
  };

  /** A turn in which nothing is due and nothing is written; `undefined` when that was wrong. */
  const read = <Result>(until: Instant, work: () => Result): Turned<Result> | undefined => {
    const done = store.reading(() => {
      setNow(until);
      options.onReady();
      return work();
    });
    if (done === undefined) return undefined;
    latest = until;
    if (store.audit.isLarge) store.transaction(() => options.onEnd(false));
    return { unfinished: false, result: done.result };
  };

  return <Result>(
    wallNow: Instant,
    work: () => Result,
    { budget = TURN_BUDGET, reads = false }: TurnAsk = {},
  ): Turned<Result> => {
    // A wall clock that steps back must not take the cluster back before what it already wrote.
    const until = Math.max(latest, clusterTime(options.pace(), wallNow));
    const known = reads && isQuiet(until) ? read(until, work) : undefined;
    if (known !== undefined) return known;
    const before = store.revision();
    try {
      return store.transaction(() => {
        const { spent, isAsked } = readCatchUp(store.meta);
        const isLate = !isAsked && spent >= limit;
        timeline.begin(until);
        if (timeline.run(until, budget, isLate)) {
          writeCatchUp(store.meta, { spent: spent + budget, isAsked });
          if (!isAsked && !isLate && spent + budget >= limit) {
            setNow(until);
            options.onSkip();
            timeline.observe();
          }
          timeline.end();
          return { unfinished: true };
        }
        if (spent > 0 || isAsked) writeCatchUp(store.meta, { spent: 0, isAsked: false });
        setNow(until);
        latest = until;
        options.onReady();
        const result = work();
        timeline.observe();
        timeline.end();
        const hasWritten = store.revision() !== before;
        if (hasWritten) store.compact(until, COMPACTION_ROWS);
        options.onEnd(hasWritten);
        return { unfinished: false, result };
      });
    } catch (error) {
      timeline.abandon();
      throw error;
    }
  };
};
