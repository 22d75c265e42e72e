/** When a CronJob is due (pkg/controller/cronjob/utils.go, 1.36). */

import type { CronJob } from '../kinds/generated/types.ts';
import type { CronSchedule } from '../machinery/cron.ts';
import { type Instant, parseTime } from '../machinery/time.ts';

/** Upstream wakes this long after the scheduled time. */
const DELTA_MS = 100;
const MANY = 100;

/** The newest scheduled time up to now that was not met, and how many were passed over. */
export interface Missed {
  readonly since: Instant;
  readonly latest: Instant | undefined;
  /** `never`: the schedule has no time at all, such as the 31st of February. */
  readonly count: 'none' | 'few' | 'many' | 'never';
}

const startOf = (job: CronJob, now: Instant, useDeadline: boolean): Instant => {
  const { creationTimestamp = '' } = job.metadata;
  const from = parseTime(job.status?.lastScheduleTime ?? creationTimestamp) ?? now;
  const deadline = job.spec?.startingDeadlineSeconds;
  return useDeadline && deadline !== undefined ? Math.max(from, now - deadline * 1000) : from;
};

/** Looks for unmet times after the last start (or creation), not before the starting deadline if asked to. */
export const findMissed = (
  job: CronJob,
  schedule: CronSchedule,
  now: Instant,
  useDeadline: boolean,
): Missed => {
  const since = startOf(job, now, useDeadline);
  const first = schedule.next(since);
  if (first === undefined) return { since, latest: undefined, count: 'never' };
  if (now < first) return { since, latest: undefined, count: 'none' };
  const second = schedule.next(first);
  if (second === undefined || now < second) return { since, latest: first, count: 'none' };
  const gapSeconds = Math.max(1, Math.round((second - first) / 1000));
  const count = Math.floor(Math.floor((now - first) / 1000) / gapSeconds) + 1;
  let latest: Instant | undefined;
  // Close to the end first: the gap is exact for regular schedules, and one step back serves the others.
  for (
    let at = schedule.next(first + (count - 2) * gapSeconds * 1000);
    at !== undefined && at <= now;
    at = schedule.next(at)
  ) {
    latest = at;
  }
  return { since, latest, count: count > MANY ? 'many' : 'few' };
};

/** When to look again: just after the next scheduled time. */
export const nextWake = (job: CronJob, schedule: CronSchedule, now: Instant): Instant | undefined => {
  const { since, latest, count } = findMissed(job, schedule, now, false);
  const from = latest ?? (count === 'none' ? since : now);
  const next = schedule.next(from);
  return next === undefined ? undefined : Math.max(next + DELTA_MS, now + 1);
};
