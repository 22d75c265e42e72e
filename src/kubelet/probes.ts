/** What probes find out about a running container, as functions of time (pkg/kubelet/prober, 1.36). */

import type { Instant } from '../machinery/time.ts';
import type { Fate } from './commands.ts';
import { lookAgain, type Sync, type Unit } from './sync.ts';

/** The findings at the sync's instant. */
export interface Health {
  readonly started: boolean;
  readonly ready: boolean;
  /** Since when the container must be killed, and which probe wants it. */
  readonly killAt?: Instant;
}

/** Judges the running container. Asks for another look when a finding is about to change. */
export const judge = (sync: Sync, unit: Unit, startedAt: Instant, _fate: Fate): Health => {
  const probe = unit.container.readinessProbe;
  if (probe === undefined) return { started: true, ready: true };
  const at =
    startedAt +
    ((probe.initialDelaySeconds ?? 0) + ((probe.successThreshold ?? 1) - 1) * (probe.periodSeconds ?? 10)) *
      1000 +
    sync.pace.reactMs;
  if (at > sync.now) lookAgain(sync, at);
  return { started: true, ready: at <= sync.now };
};
