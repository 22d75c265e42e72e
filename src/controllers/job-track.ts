/** Counting finished pods exactly once, and the end of a Job (trackJobStatusAndRemoveFinalizers, 1.36). */

import type { Job, Pod } from '../kinds/generated/types.ts';
import { deepEqual } from '../machinery/deep.ts';
import { writeRecord } from './job-backoff.ts';
import { indexOf, isIndexed, printIndexes } from './job-indexes.ts';
import { untracked } from './job-manage.ts';
import { isFailed, isTracked, judgeFailure } from './job-pods.ts';
import type { JobRun } from './job-run.ts';

type Status = NonNullable<Job['status']>;

/** Pods counted in one call. */
const BATCH = 20;

const nonZero = (status: Status): Status =>
  Object.fromEntries(
    Object.entries(status).filter(
      ([field, value]) =>
        !((field === 'active' || field === 'succeeded' || field === 'failed') && value === 0),
    ),
  ) as Status;

/** Writes the status when it differs; true when it did. */
const flush = (run: JobRun): boolean => {
  const { namespace = '', name = '' } = run.job.metadata;
  const status = nonZero(run.status);
  const stored = run.context.lookup.get('jobs.batch', namespace, name);
  if (stored === undefined || deepEqual(stored.status, status)) return false;
  run.context.client.updateStatus('jobs.batch', namespace, name, (current) => ({ ...current, status }));
  return true;
};

const uncountedOf = (succeeded: readonly string[], failed: readonly string[]) => ({
  ...(succeeded.length > 0 ? { succeeded } : {}),
  ...(failed.length > 0 ? { failed } : {}),
});

/** Moves pods that lost their finalizer from the uncounted lists to the counters. True when any did. */
const settle = (run: JobRun, tracked: ReadonlySet<string>): boolean => {
  const { succeeded = [], failed = [] } = run.status.uncountedTerminatedPods ?? {};
  const stillSucceeded = succeeded.filter((uid) => tracked.has(uid));
  const stillFailed = failed.filter((uid) => tracked.has(uid));
  const moved = succeeded.length - stillSucceeded.length + failed.length - stillFailed.length;
  if (moved === 0) return false;
  run.setStatus({
    uncountedTerminatedPods: uncountedOf(stillSucceeded, stillFailed),
    succeeded: (run.status.succeeded ?? 0) + succeeded.length - stillSucceeded.length,
    failed: (run.status.failed ?? 0) + failed.length - stillFailed.length,
  });
  return true;
};

const mayRelease = (run: JobRun, pod: Pod): boolean => {
  const { job } = run;
  if (job.metadata.deletionTimestamp !== undefined || run.finished !== undefined) return true;
  if (pod.status?.phase === 'Succeeded') return true;
  if (!isFailed(job, pod)) return false;
  return run.kept.get(indexOf(pod))?.metadata.uid !== pod.metadata.uid;
};

interface Collected {
  readonly release: readonly Pod[];
  readonly indexes: readonly number[];
}

/** Finds pods to count and to let go of; their uids go to the uncounted lists. */
const collect = (run: JobRun): Collected => {
  const { job } = run;
  const { succeeded = [], failed = [] } = run.status.uncountedTerminatedPods ?? {};
  const newSucceeded = [...succeeded];
  const newFailed = [...failed];
  const indexes: number[] = [];
  const release: Pod[] = [];
  const completions = job.spec?.completions ?? 0;
  const indexed = isIndexed(job);
  const failing =
    run.finished !== undefined &&
    run.finished.type !== 'SuccessCriteriaMet' &&
    run.finished.type !== 'Complete';
  const pods = indexed ? [...run.pods].sort((a, b) => indexOf(a) - indexOf(b)) : run.pods;
  for (const pod of pods) {
    if (!isTracked(pod) || !mayRelease(run, pod)) continue;
    if (release.length >= BATCH) {
      run.more = true;
      break;
    }
    release.push(pod);
    const uid = pod.metadata.uid ?? '';
    const index = indexOf(pod);
    const valid = !indexed || (index >= 0 && index < completions);
    if (pod.status?.phase === 'Succeeded' && !failed.includes(uid)) {
      if (!indexed && !succeeded.includes(uid)) newSucceeded.push(uid);
      if (indexed && valid && !run.countedIndexes.has(index)) indexes.push(index);
    } else if (
      (isFailed(job, pod) || failing) &&
      !failed.includes(uid) &&
      valid &&
      judgeFailure(job, pod).counts
    ) {
      newFailed.push(uid);
    }
  }
  run.setStatus({ uncountedTerminatedPods: uncountedOf(newSucceeded, newFailed) });
  return { release, indexes };
};

const noteIndexes = (run: JobRun, fresh: readonly number[]): void => {
  if (!isIndexed(run.job)) return;
  const completed = new Set([...run.countedIndexes, ...fresh]);
  const text = printIndexes(completed);
  const { completedIndexes: _, ...rest } = run.status;
  run.status = {
    ...rest,
    succeeded: completed.size,
    ...(text === '' ? {} : { completedIndexes: text }),
    ...(run.failedIndexes === undefined ? {} : { failedIndexes: printIndexes(run.failedIndexes) }),
  };
};

/** Writes the interim condition and prepares the final one. */
const stageEnd = (run: JobRun): void => {
  const { finished } = run;
  if (finished === undefined) return;
  const { type, reason = '', message = '' } = finished;
  if (type === 'FailureTarget') {
    run.setStatus({ conditions: [...(run.status.conditions ?? []), finished] });
    run.finished = run.condition('Failed', reason, message);
  } else if (type === 'SuccessCriteriaMet') {
    if (run.has('SuccessCriteriaMet') === undefined) {
      run.setStatus({ conditions: [...(run.status.conditions ?? []), finished] });
    }
    run.finished = run.condition('Complete', reason, message);
  }
};

/** Sets the final condition once everything is counted and no pod is left running. */
const enact = (run: JobRun): boolean => {
  const { finished } = run;
  if (finished === undefined || run.more) return false;
  const { succeeded = [], failed = [] } = run.status.uncountedTerminatedPods ?? {};
  if (succeeded.length + failed.length > 0 || run.terminating > 0) return false;
  run.ensureCondition(finished.type, 'True', finished.reason ?? '', finished.message ?? '');
  if (finished.type === 'Complete') run.setStatus({ completionTime: run.now });
  return true;
};

const announce = (run: JobRun): void => {
  const { finished, job, context } = run;
  if (finished?.type === 'Complete') {
    const { completions } = job.spec ?? {};
    if (completions !== undefined && completions < (run.status.succeeded ?? 0)) {
      context.client.event(job, {
        type: 'Warning',
        reason: 'TooManySucceededPods',
        message: 'Too many succeeded pods running after completion count reached',
      });
    }
    context.client.event(job, { type: 'Normal', reason: 'Completed', message: 'Job completed' });
  } else if (finished !== undefined) {
    const { reason = '', message = '' } = finished;
    context.client.event(job, { type: 'Warning', reason, message });
  }
};

/** Counts, writes the status, lets counted pods go, and ends the Job when it can. */
export const track = (run: JobRun): void => {
  const tracked = new Set(run.pods.filter(isTracked).map((pod) => pod.metadata.uid ?? ''));
  settle(run, tracked);
  const { release, indexes } = collect(run);
  noteIndexes(run, indexes);
  stageEnd(run);
  if (flush(run)) writeRecord(run.context, run.job.metadata.uid ?? '', run.backoff);
  for (const pod of release) {
    run.context.client.update('pods', pod.metadata.namespace ?? '', pod.metadata.name ?? '', untracked);
    tracked.delete(pod.metadata.uid ?? '');
  }
  settle(run, tracked);
  const ended = enact(run);
  flush(run);
  if (!ended) return;
  writeRecord(run.context, run.job.metadata.uid ?? '', undefined);
  announce(run);
};
