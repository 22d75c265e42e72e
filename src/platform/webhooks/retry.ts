const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** Waits between the attempts of one delivery: it is given up after the last one, a good day later. */
export const RETRY_WAITS: readonly number[] = [
  5 * SECOND,
  30 * SECOND,
  2 * MINUTE,
  10 * MINUTE,
  30 * MINUTE,
  2 * HOUR,
  5 * HOUR,
  10 * HOUR,
];

/** How many attempts in a row may fail, over all deliveries, before a webhook is switched off. */
export const FAILURES_UNTIL_DISABLED = 50;

/**
 * When to try again after this many failed attempts; `undefined`: never. Spread by up to a tenth, by `chance` in
 * 0..1, so that what failed together does not come back together.
 */
export const nextAttemptAt = (attempts: number, now: number, chance: number): number | undefined => {
  const wait = RETRY_WAITS[attempts - 1];
  return wait === undefined ? undefined : now + wait + Math.floor((wait / 10) * chance);
};
