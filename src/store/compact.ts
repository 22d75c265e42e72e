/** What history may go, and when. */

import type { Instant } from '../machinery/time.ts';
import type { SqlPort } from '../ports.ts';
import type { Revision } from './reader.ts';

/** How much history stays readable. */
export interface Retention {
  /** Writes younger than this stay, in cluster milliseconds. */
  readonly keepMs: number;
  /** So many of the newest writes stay. */
  readonly keepWrites: number;
  /** The floor moves only when it can move this far: each move costs a row of its own. */
  readonly minStep: number;
}

export interface Compacted {
  /** The oldest revision that can still be read. */
  readonly floor: Revision;
  /** Revisions whose rows were removed. */
  readonly removed: readonly Revision[];
  /** True when the budget ended the work: there is more to remove. */
  readonly more: boolean;
}

/** When a revision above the floor was written. Above the floor no row is missing. */
const writtenAt = (sql: SqlPort, revision: Revision): Instant =>
  sql.all<{ readonly at: number }>('SELECT at FROM revision WHERE rev = ?', revision)[0]?.at ??
  Number.POSITIVE_INFINITY;

/**
 * The newest revision in (low, high] written at or before the instant; `low` when there is none. `low` must not be
 * below the floor.
 */
export const newestUntil = (sql: SqlPort, low: Revision, high: Revision, until: Instant): Revision => {
  let from = low;
  let to = high;
  while (from < to) {
    const middle = Math.ceil((from + to) / 2);
    if (writtenAt(sql, middle) <= until) from = middle;
    else to = middle - 1;
  }
  return from;
};

/**
 * The instant from which the floor may move at all; `undefined` while there are too few writes above it. Later writes do
 * not change the instant.
 */
export const compactionDueAt = (
  sql: SqlPort,
  floor: Revision,
  newest: Revision,
  { keepMs, keepWrites, minStep }: Retention,
): Instant | undefined =>
  newest - Math.max(1, keepWrites) - floor < minStep ? undefined : writtenAt(sql, floor + minStep) + keepMs;

/** Where the floor may stand now. Never at the newest revision: the last row is where counting goes on. */
const targetFloor = (
  sql: SqlPort,
  floor: Revision,
  newest: Revision,
  now: Instant,
  keep: Retention,
): Revision => {
  const dueAt = compactionDueAt(sql, floor, newest, keep);
  if (dueAt === undefined || dueAt > now) return floor;
  return newestUntil(sql, floor, newest - Math.max(1, keep.keepWrites), now - keep.keepMs);
};

/**
 * Moves the floor up, by at most half as many revisions as rows may be removed. A revision goes when the
 * floor reaches the write that replaced it; a tombstone goes when the floor reaches itself. So all that is
 * live at the floor, and every write above it with what it replaced, stays.
 *
 * Must run in a transaction; the caller stores the new floor in the same one.
 */
export const compactLog = (
  sql: SqlPort,
  floor: Revision,
  newest: Revision,
  now: Instant,
  budgetRows: number,
  keep: Retention,
): Compacted => {
  const target = targetFloor(sql, floor, newest, now, keep);
  const reached = Math.min(target, floor + Math.floor(budgetRows / 2));
  if (reached <= floor) return { floor, removed: [], more: target > floor };
  const rows = sql.all<{ readonly rev: number }>(
    `DELETE FROM revision WHERE rev IN (
       SELECT prev_rev FROM revision WHERE rev > ?1 AND rev <= ?2 AND prev_rev IS NOT NULL
       UNION ALL SELECT rev FROM revision WHERE rev > ?1 AND rev <= ?2 AND op = 2)
     RETURNING rev`,
    floor,
    reached,
  );
  return { floor: reached, removed: rows.map((row) => row.rev), more: reached < target };
};
