/**
 * The back-off of a whole Job: failures since the last success (pkg/controller/job/backoff_utils.go, 1.36). Upstream keeps
 * the record in memory; here it is a note, so that failed pods count on after they are gone.
 */

import type { Pod } from '../kinds/generated/types.ts';
import type { Instant } from '../machinery/time.ts';
import type { Context } from './contract.ts';
import { backoffUntil, finishedAt } from './job-pods.ts';

/** Failures since the last success, and when the last of them was. */
export interface BackoffRecord {
  readonly failures: number;
  readonly last: Instant;
}

const NONE: BackoffRecord = { failures: 0, last: 0 };

const latest = (pods: readonly Pod[]): Instant => Math.max(...pods.map(finishedAt));

/**
 * The record after pods that finished since: a success forgets the failures up to it. The same record when none finished.
 */
export const nextRecord = (
  record: BackoffRecord,
  succeeded: readonly Pod[],
  failed: readonly Pod[],
): BackoffRecord => {
  if (succeeded.length === 0) {
    if (failed.length === 0) return record;
    return { failures: record.failures + failed.length, last: latest(failed) };
  }
  const success = latest(succeeded);
  const after = failed.filter((pod) => finishedAt(pod) > success);
  return after.length === 0 ? NONE : { failures: after.length, last: latest(after) };
};

/** When the next pod may be made. */
export const mayStartAt = (record: BackoffRecord): Instant => backoffUntil(record.failures, record.last);

/** What is remembered of a Job; nothing was noted: no failures. */
export const readRecord = ({ notes }: Context, jobUid: string): BackoffRecord => {
  const [failures = '0', last = '0'] = (notes.get(jobUid) ?? '').split(' ');
  return { failures: Number(failures), last: Number(last) };
};

/** Remembers a record; `undefined` and one without failures forget. */
export const writeRecord = (context: Context, jobUid: string, record: BackoffRecord | undefined): void => {
  const text =
    record === undefined || record.failures === 0 ? undefined : `${record.failures} ${record.last}`;
  if (context.notes.get(jobUid) !== text) context.notes.set(jobUid, text);
};
