/** When a probe's finding changes: counting of successes and failures over time (pkg/kubelet/prober/worker.go, 1.36). */

import type { Instant } from '../machinery/time.ts';

/** A probe's outcome as a function of time, constant between the instants in `changes`. */
export interface Outcome {
  readonly at: (instant: Instant) => boolean;
  /** Ascending. */
  readonly changes: readonly Instant[];
}

export interface Rules {
  /** The first try. */
  readonly first: Instant;
  readonly periodMs: number;
  readonly successes: number;
  readonly failures: number;
  /** The finding before any try. */
  readonly initially: boolean;
  /** Stop at the first change of the finding to this: a container is killed at its first failure. */
  readonly endsWith?: boolean;
}

export interface Track {
  readonly finding: boolean;
  /** Since when the finding is what it is; absent while it is still the initial one. */
  readonly since?: Instant;
  /** The next try that may change something; absent when nothing will. */
  readonly next?: Instant;
  /** True when a failing try happens at this very instant, among those that are counted. */
  readonly failsNow: boolean;
}

/** The first try at or after an instant. */
const tryFrom = ({ first, periodMs }: Rules, instant: Instant): Instant =>
  instant <= first ? first : first + Math.ceil((instant - first) / periodMs) * periodMs;

/** Plays the tries up to an instant. Stretches in which nothing can change are skipped, so the cost is bounded. */
export const trackProbe = (rules: Rules, outcome: Outcome, until: Instant): Track => {
  let finding = rules.initially;
  let since: Instant | undefined;
  let last: boolean | undefined;
  let run = 0;
  let failsNow = false;
  let at = rules.first;
  const end = (next: Instant | undefined): Track => ({
    finding,
    ...(since === undefined ? {} : { since }),
    ...(next === undefined ? {} : { next }),
    failsNow,
  });
  while (at <= until) {
    const ok = outcome.at(at);
    run = ok === last ? run + 1 : 1;
    last = ok;
    const enough = ok ? rules.successes : rules.failures;
    if (!ok && at === until && run <= rules.failures) failsNow = true;
    if (run >= enough && finding !== ok) {
      finding = ok;
      since = at;
      if (ok === rules.endsWith) return end(undefined);
    }
    const isSettled = finding === ok && (ok || run >= enough);
    if (!isSettled) at += rules.periodMs;
    else {
      const now = at;
      const change = outcome.changes.find((candidate) => candidate > now);
      if (change === undefined) return end(undefined);
      at = Math.max(tryFrom(rules, change), at + rules.periodMs);
    }
  }
  return end(at);
};
