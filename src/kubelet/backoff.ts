/** Back-off of restarts and image pulls (pkg/kubelet, client-go util/flowcontrol.Backoff, 1.36). */

const FIRST_MS = 10_000;
const LONGEST_MS = 300_000;

/** A container that ran longer than this starts over with the shortest back-off. */
export const FORGIVEN_AFTER_MS = 2 * LONGEST_MS;

/** The n-th wait of a row, counted from 1: 10 s doubling to 5 min; 0 before the first. */
export const backoffMs = (waits: number): number =>
  waits <= 0 ? 0 : Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(waits - 1, 10));

/** Where a failing pull stands. */
export interface PullPhase {
  /** Attempts made so far, at least 1. */
  readonly attempts: number;
  readonly isWaiting: boolean;
  /** Time from the first failed attempt to the next change of phase. */
  readonly nextMs: number;
}

/** The phase of a failing pull so long after its first failed attempt: `reactMs` of failure, then a wait, and again. */
export const pullPhase = (sinceMs: number, reactMs: number): PullPhase => {
  let attempt = 1;
  let at = 0;
  for (; at + backoffMs(attempt) <= sinceMs; attempt += 1) {
    at += backoffMs(attempt);
    if (backoffMs(attempt) === LONGEST_MS) {
      const rounds = Math.floor((sinceMs - at) / LONGEST_MS);
      attempt += 1 + rounds;
      at += rounds * LONGEST_MS;
      break;
    }
  }
  const isWaiting = sinceMs - at >= reactMs;
  return { attempts: attempt, isWaiting, nextMs: isWaiting ? at + backoffMs(attempt) : at + reactMs };
};
