import type { Lookup } from '../kinds/define.ts';
import type { CronJob, Job, ObjectReference } from '../kinds/generated/types.ts';
import { type CronSchedule, isTimeZone, parseCron, printZoned } from '../machinery/cron.ts';
import { controllerOf } from '../machinery/object.ts';
import { StatusError } from '../machinery/status.ts';
import { type Instant, printTime } from '../machinery/time.ts';
import { refersTo } from './common/adopt.ts';
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
import { CronRun, cleanUp, deleteJob, JOBS, reviewJobs } from './cronjob-run.ts';
import { findMissed, nextWake } from './cronjob-schedule.ts';

const RESOURCE = 'cronjobs.batch';
const TIMESTAMP = 'batch.kubernetes.io/cronjob-scheduled-timestamp';

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
  if (missed.count === 'never') {
    const problem = 'time difference between two schedules is less than 1 second';
    run.note('Warning', 'InvalidSchedule', `invalid schedule: ${cron.spec?.schedule ?? ''} : ${problem}`);
    return true;
  }
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

/** The key of a CronJob whose schedule changed. */
const CHANGED = 'changed|';
const MET = 'met ';

/**
 * Another schedule does not make upstream look at once, but when it is next due; an earlier look that was due stays. The
 * note says when that is, and whether the CronJob was looked at meanwhile.
 */
const awaitNewSchedule = (context: Context, key: string, cron: CronJob): Outcome => {
  const { now, notes } = context;
  const note = notes.get(key);
  const due = note === undefined ? undefined : Number(note.replace(MET, ''));
  if (note !== undefined && due !== undefined && now >= due) {
    notes.set(key, undefined);
    return note.startsWith(MET) ? undefined : look(context, cron);
  }
  const { schedule = '', timeZone } = cron.spec ?? {};
  const parsed = parseCron(schedule, timeZone);
  if (!parsed.ok) return undefined;
  const next = nextWake(cron, parsed.value, now);
  if (next === undefined) return undefined;
  const at = note?.startsWith(MET) === false ? Math.min(next, due ?? next) : next;
  notes.set(key, String(at));
  return { at };
};

/** The regular look; what waits for a new schedule needs none of its own any more. */
const lookAsUsual = (context: Context, key: string, cron: CronJob): Outcome => {
  const note = context.notes.get(key);
  const outcome = look(context, cron);
  if (note !== undefined && !note.startsWith(MET) && outcome !== undefined) {
    context.notes.set(key, `${MET}${note}`);
  }
  return outcome;
};

const jobsOf = (lookup: Lookup, cron: CronJob): readonly Job[] =>
  lookup.byIndex(JOBS, 'jobs/controller', cron.metadata.uid ?? '');

const look = (context: Context, cron: CronJob): Outcome =>
  sync(new CronRun(context, cron), jobsOf(context.lookup, cron));

const jobKeys = ({ object, previous }: ObjectChange<Job>): readonly string[] => {
  const keys = new Set<string>();
  for (const owner of [controllerOf(object), previous && controllerOf(previous)]) {
    if (owner !== undefined && refersTo(owner, 'batch', 'CronJob')) {
      keys.add(`${object.metadata.namespace ?? ''}/${owner.name}`);
    }
  }
  return [...keys];
};

/** Every update is a reason to look, one of the status too; but another schedule only decides when. */
const cronJobKeys = ({ object, previous }: ObjectChange<CronJob>): readonly string[] => {
  const [now, before] = [object.spec, previous?.spec];
  const rescheduled =
    before !== undefined && (now?.schedule !== before.schedule || now?.timeZone !== before.timeZone);
  return [rescheduled ? `${CHANGED}${keyOf(object)}` : keyOf(object)];
};

/** Starts Jobs by the clock (pkg/controller/cronjob/cronjob_controllerv2.go, release 1.36). */
export const cronJobController: Controller = {
  name: 'cronjob-controller',
  watches: [watch(RESOURCE, cronJobKeys), watch(JOBS, jobKeys)],
  reconcile: (context, text) => {
    const changed = text.startsWith(CHANGED);
    const key = changed ? text.slice(CHANGED.length) : text;
    const { namespace, name } = splitKey(key);
    const cron = context.lookup.get(RESOURCE, namespace, name);
    if (cron === undefined) {
      context.notes.set(key, undefined);
      return undefined;
    }
    return changed ? awaitNewSchedule(context, key, cron) : lookAsUsual(context, key, cron);
  },
};
