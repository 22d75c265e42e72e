/** One look at a CronJob: its working status, and what became of the Jobs it knows (pkg/controller/cronjob, 1.36). */

import type { CronJob, Job, ObjectReference } from '../kinds/generated/types.ts';
import { deepEqual } from '../machinery/deep.ts';
import { StatusError } from '../machinery/status.ts';
import { parseTime } from '../machinery/time.ts';
import { findCondition } from './common/conditions.ts';
import type { Context } from './contract.ts';
import { isFinishedJob } from './job.ts';

const RESOURCE = 'cronjobs.batch';
/** The resource of what a CronJob starts. */
export const JOBS = 'jobs.batch';

type Status = NonNullable<CronJob['status']>;

/** One sync: the working status, written once at the end if it changed. */
export class CronRun {
  readonly context: Context;
  readonly cron: CronJob;
  status: Status;

  constructor(context: Context, cron: CronJob) {
    this.context = context;
    this.cron = cron;
    this.status = cron.status ?? {};
  }

  get active(): readonly ObjectReference[] {
    return this.status.active ?? [];
  }

  setActive(active: readonly ObjectReference[]): void {
    const { active: _, ...rest } = this.status;
    this.status = active.length === 0 ? rest : { ...rest, active };
  }

  drop(uid: string | undefined): void {
    this.setActive(this.active.filter((ref) => ref.uid !== uid));
  }

  note(type: 'Normal' | 'Warning', reason: string, message: string): void {
    this.context.client.event(this.cron, { type, reason, message });
  }

  write(): void {
    if (deepEqual(this.status, this.cron.status ?? {})) return;
    const { namespace = '', name = '' } = this.cron.metadata;
    const { status } = this;
    this.context.client.updateStatus(RESOURCE, namespace, name, (current) => ({ ...current, status }));
  }
}

const succeeded = (job: Job): boolean => findCondition(job.status?.conditions, 'Complete')?.status === 'True';

/** Deletes a Job, with its Event; false when that failed. */
export const deleteJob = (run: CronRun, job: Job): boolean => {
  const { namespace = '', name = '' } = job.metadata;
  try {
    run.context.client.delete(JOBS, namespace, name, { propagationPolicy: 'Background' });
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    run.note('Warning', 'FailedDelete', `Deleted job: ${error.message}`);
    return false;
  }
  run.drop(job.metadata.uid);
  run.note('Normal', 'SuccessfulDelete', `Deleted job ${name}`);
  return true;
};

/** Oldest first; those that did not start come last. */
const byStart = (a: Job, b: Job): number => {
  const [startA, startB] = [a.status?.startTime ?? '~', b.status?.startTime ?? '~'];
  if (startA !== startB) return startA < startB ? -1 : 1;
  return (a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1;
};

/** Deletes finished Jobs past the limits of the history. */
export const cleanUp = (run: CronRun, jobs: readonly Job[]): void => {
  const trim = (finished: readonly Job[], limit: number | undefined): void => {
    if (limit === undefined) return;
    for (const job of [...finished].sort(byStart).slice(0, Math.max(0, finished.length - limit)))
      deleteJob(run, job);
  };
  const finished = jobs.filter((job) => isFinishedJob(job) && job.metadata.deletionTimestamp === undefined);
  const { successfulJobsHistoryLimit, failedJobsHistoryLimit } = run.cron.spec ?? {};
  trim(finished.filter(succeeded), successfulJobsHistoryLimit);
  trim(
    finished.filter((job) => !succeeded(job)),
    failedJobsHistoryLimit,
  );
};

const noteSuccess = (run: CronRun, job: Job): void => {
  const at = job.status?.completionTime;
  const last = run.status.lastSuccessfulTime;
  if (at !== undefined && (last === undefined || (parseTime(at) ?? 0) > (parseTime(last) ?? 0))) {
    run.status = { ...run.status, lastSuccessfulTime: at };
  }
};

/** Compares the list of active Jobs with the Jobs there are. */
export const reviewJobs = (run: CronRun, jobs: readonly Job[]): void => {
  const { lookup } = run.context;
  for (const job of jobs) {
    const name = job.metadata.name ?? '';
    const listed = run.active.some((ref) => ref.uid === job.metadata.uid);
    const finished = isFinishedJob(job);
    if (!listed && !finished) {
      run.note('Warning', 'UnexpectedJob', `Saw a job that the controller did not create or forgot: ${name}`);
    } else if (listed && finished) {
      run.drop(job.metadata.uid);
      const condition = succeeded(job) ? 'Complete' : 'Failed';
      run.note('Normal', 'SawCompletedJob', `Saw completed job: ${name}, condition: ${condition}`);
    }
    if (finished && succeeded(job)) noteSuccess(run, job);
  }
  const namespace = run.cron.metadata.namespace ?? '';
  for (const ref of run.active) {
    if (jobs.some((job) => job.metadata.uid === ref.uid)) continue;
    if (lookup.get(JOBS, namespace, ref.name ?? '')?.metadata.uid === ref.uid) continue;
    run.note('Normal', 'MissingJob', `Active job went missing: ${ref.name ?? ''}`);
    run.drop(ref.uid);
  }
};
