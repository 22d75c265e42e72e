import type { Instant } from '../machinery/time.ts';

/**
 * How wall time and cluster time relate: cluster = anchor + (wall - anchor wall) x rate. Changing the pace
 * re-anchors, so cluster time never jumps by itself. Rate 0 is never stored: a paused clock keeps its rate.
 */
export interface Pace {
  readonly wallAnchor: Instant;
  readonly clusterAnchor: Instant;
  readonly rate: number;
  readonly paused: boolean;
}

/** Real time from an instant on. */
export const realTime = (wallNow: Instant): Pace => ({
  wallAnchor: wallNow,
  clusterAnchor: wallNow,
  rate: 1,
  paused: false,
});

/** Cluster time at a wall instant, in whole milliseconds. A wall clock that steps back does not take it back. */
export const clusterTime = (pace: Pace, wallNow: Instant): Instant =>
  pace.paused
    ? pace.clusterAnchor
    : pace.clusterAnchor + Math.floor(Math.max(0, wallNow - pace.wallAnchor) * pace.rate);

/** The first wall instant at which cluster time has reached `at`; `undefined` while paused before it. */
export const wallTime = (pace: Pace, at: Instant): Instant | undefined => {
  if (at <= pace.clusterAnchor) return pace.wallAnchor;
  if (pace.paused) return undefined;
  return pace.wallAnchor + Math.ceil((at - pace.clusterAnchor) / pace.rate);
};

/** The same cluster time now, going on at another rate or paused. */
export const repace = (
  pace: Pace,
  wallNow: Instant,
  change: { readonly rate?: number; readonly paused?: boolean },
): Pace => ({
  wallAnchor: wallNow,
  clusterAnchor: clusterTime(pace, wallNow),
  rate: change.rate ?? pace.rate,
  paused: change.paused ?? pace.paused,
});

/** Cluster time set forward to `at` (never back), going on at the same rate. */
export const jumpTo = (pace: Pace, wallNow: Instant, at: Instant): Pace => ({
  ...pace,
  wallAnchor: wallNow,
  clusterAnchor: Math.max(clusterTime(pace, wallNow), at),
});
