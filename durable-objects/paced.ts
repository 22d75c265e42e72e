/**
 * A call that does the work soon, however often it is called until then: at once after a quiet time, and not before the
 * rest is over that the last time asked for (its result, in milliseconds). Work that calls it again is done again.
 */
export const paced = (work: () => number, now: () => number = Date.now): (() => void) => {
  let isWaiting = false;
  let restUntil = Number.NEGATIVE_INFINITY;
  return () => {
    if (isWaiting) return;
    isWaiting = true;
    setTimeout(
      () => {
        isWaiting = false;
        const restMs = work();
        restUntil = now() + restMs;
      },
      Math.max(0, restUntil - now()),
    );
  };
};
