import type { Lookup } from '../kinds/define.ts';
import type { CronJob, Job, ObjectReference } from '../kinds/generated/types.ts';
import { type CronSchedule, isTimeZone, parseCron, printZoned } from '../machinery/cron.ts';
import { deepEqual } from '../machinery/deep.ts';
import { controllerOf } from '../machinery/object.ts';
import { StatusError } from '../machinery/status.ts';
import { type Instant, parseTime, printTime } from '../machinery/time.ts';
import { refersTo } from './common/adopt.ts';
import { findCondition } from './common/conditions.ts';
import { controllerRef } from './common/pods.ts';
import {
  type Context,
  type Controller,
  keyOf,
  type ObjectChange,
  type Outcome,
  splitKey,
  watch,
} from './contract.ts';
import { findMissed, nextWake } from './cronjob-schedule.ts';
import { isFinishedJob } from './job.ts';

const RESOURCE = 'cronjobs.batch';
const JOBS = 'jobs.batch';
const TIMESTAMP = 'batch.kubernetes.io/cronjob-scheduled-timestamp';

type Status = NonNullable<CronJob['status']>;

/** One sync: the working status, written once at the end if it changed. */
class CronRun {
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
const deleteJob = (run: CronRun, job: Job): boolean => {
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

const byStart = (a: Job, b: Job): number => {
  const [startA, startB] = [a.status?.startTime ?? '', b.status?.startTime ?? ''];
  if (startA !== startB) return startA < startB ? -1 : 1;
  return (a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1;
};

const cleanUp = (run: CronRun, jobs: readonly Job[]): void => {
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
const reviewJobs = (run: CronRun, jobs: readonly Job[]): void => {
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

const jobName = (cron: CronJob, at: Instant): string =>
  `${cron.metadata.name ?? ''}-${Math.floor(at / 60_000)}`;

const makeJob = (cron: CronJob, at: Instant): Job => {
  const template = cron.spec?.jobTemplate;
  const { labels, annotations } = template?.metadata ?? {};
  const zone = cron.spec?.timeZone;
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: jobName(cron, at),
      namespace: cron.metadata.namespace ?? '',
      ...(labels === undefined ? {} : { labels }),
      annotations: {
        ...annotations,
        [TIMESTAMP]: zone === undefined ? printTime(at) : printZoned(at, zone),
      },
      ownerReferences: [controllerRef(cron)],
    },
    ...(template?.spec === undefined ? {} : { spec: template.spec }),
  } as unknown as Job;
};

const referenceTo = (job: Job): ObjectReference => {
  const { namespace, name, uid, resourceVersion } = job.metadata;
  return {
    kind: 'Job',
    ...(namespace === undefined ? {} : { namespace }),
    ...(name === undefined ? {} : { name }),
    ...(uid === undefined ? {} : { uid }),
    apiVersion: 'batch/v1',
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
  };
};

/** Starts the Job of a scheduled time. False: back off; true: started, or nothing more to do. */
const start = (run: CronRun, at: Instant): boolean => {
  const { client, lookup } = run.context;
  const wanted = makeJob(run.cron, at);
  let job: Job;
  try {
    job = client.create(JOBS, wanted);
    run.note('Normal', 'SuccessfulCreate', `Created job ${job.metadata.name ?? ''}`);
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    const causes = error.status.details?.causes ?? [];
    if (causes.some((cause) => cause.reason === 'NamespaceTerminating')) return true;
    if (error.status.reason !== 'AlreadyExists') {
      run.note('Warning', 'FailedCreate', `Error creating job: ${error.message}`);
      return false;
    }
    const existing = lookup.get(JOBS, wanted.metadata.namespace ?? '', wanted.metadata.name ?? '');
    if (existing === undefined || controllerOf(existing)?.uid !== run.cron.metadata.uid) return true;
    if (run.active.some((ref) => ref.uid === existing.metadata.uid)) return true;
    job = existing;
  }
  run.setActive([...run.active, referenceTo(job)]);
  run.status = { ...run.status, lastScheduleTime: printTime(at) };
  return true;
};

const replaceActive = (run: CronRun): boolean =>
  run.active.every((ref) => {
    const job = run.context.lookup.get(JOBS, run.cron.metadata.namespace ?? '', ref.name ?? '');
    return job === undefined || deleteJob(run, job);
  });

const scheduleOf = (run: CronRun): CronSchedule | undefined => {
  const { schedule = '', timeZone } = run.cron.spec ?? {};
  if (timeZone !== undefined && !isTimeZone(timeZone)) {
    run.note(
      'Warning',
      'UnknownTimeZone',
      `invalid timeZone: ${JSON.stringify(timeZone)}: unknown time zone ${timeZone}`,
    );
    return undefined;
  }
  const parsed = parseCron(schedule, timeZone);
  if (parsed.ok) return parsed.value;
  run.note(
    'Warning',
    'UnparseableSchedule',
    `unparseable schedule: ${JSON.stringify(schedule)} : ${parsed.error}`,
  );
  return undefined;
};

/** RFC 1123 with a numeric zone, as upstream prints a missed time. */
const printMissed = (at: Instant): string => {
  const iso = new Date(at).toUTCString();
  return iso.replace('GMT', '+0000');
};

const startIfDue = (run: CronRun, schedule: CronSchedule): boolean => {
  const { cron, context } = run;
  const { now } = context;
  const missed = findMissed(cron, schedule, now, true);
  if (missed.count === 'many') {
    const text =
      'too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew';
    run.note('Warning', 'TooManyMissedTimes', text);
  }
  const at = missed.latest;
  if (at === undefined) return true;
  const deadline = cron.spec?.startingDeadlineSeconds;
  if (deadline !== undefined && at + deadline * 1000 < now) {
    run.note('Warning', 'MissSchedule', `Missed scheduled time to start a job: ${printMissed(at)}`);
    return true;
  }
  const started = run.active.some((ref) => ref.name === jobName(cron, at));
  if (started || run.status.lastScheduleTime === printTime(at)) return true;
  const policy = cron.spec?.concurrencyPolicy ?? 'Allow';
  if (policy === 'Forbid' && run.active.length > 0) {
    const text = 'Not starting job because prior execution is running and concurrency policy is Forbid';
    run.note('Normal', 'JobAlreadyActive', text);
    return true;
  }
  if (policy === 'Replace' && !replaceActive(run)) return false;
  return start(run, at);
};

const sync = (run: CronRun, jobs: readonly Job[]): Outcome => {
  const { cron, context } = run;
  cleanUp(run, jobs);
  reviewJobs(run, jobs);
  let done = true;
  let schedule: CronSchedule | undefined;
  if (cron.metadata.deletionTimestamp === undefined && cron.spec?.suspend !== true) {
    schedule = scheduleOf(run);
    if (schedule !== undefined) done = startIfDue(run, schedule);
  }
  run.write();
  if (!done) return { at: context.now, retry: true };
  if (schedule === undefined) return undefined;
  const at = nextWake({ ...cron, status: run.status }, schedule, context.now);
  return at === undefined ? undefined : { at };
};

const jobKeys = ({ object, previous }: ObjectChange<Job>): readonly string[] => {
  const keys = new Set<string>();
  for (const owner of [controllerOf(object), previous && controllerOf(previous)]) {
    if (owner !== undefined && refersTo(owner, 'batch', 'CronJob')) {
      keys.add(`${object.metadata.namespace ?? ''}/${owner.name}`);
    }
  }
  return [...keys];
};

const jobsOf = (lookup: Lookup, cron: CronJob): readonly Job[] =>
  lookup.byIndex(JOBS, 'jobs/controller', cron.metadata.uid ?? '');

/** Starts Jobs by the clock (pkg/controller/cronjob/cronjob_controllerv2.go, release 1.36). */
export const cronJobController: Controller = {
  name: 'cronjob-controller',
  watches: [
    watch(RESOURCE, ({ op, object, previous }) =>
      op === 'create' || (op === 'update' && object.metadata.generation !== previous?.metadata.generation)
        ? [keyOf(object)]
        : [],
    ),
    watch(JOBS, jobKeys),
  ],
  reconcile: (context, key) => {
    const { namespace, name } = splitKey(key);
    const cron = context.lookup.get(RESOURCE, namespace, name);
    return cron === undefined ? undefined : sync(new CronRun(context, cron), jobsOf(context.lookup, cron));
  },
};
