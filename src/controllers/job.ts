import type { Lookup } from '../kinds/define.ts';
import type { Job, Pod } from '../kinds/generated/types.ts';
import { deepEqual } from '../machinery/deep.ts';
import { controllerOf } from '../machinery/object.ts';
import { parseTime } from '../machinery/time.ts';
import { adopted, refersTo, released, sortClaims } from './common/adopt.ts';
import { hasCondition } from './common/conditions.ts';
import { matchSelector } from './common/labels.ts';
import {
  type Context,
  type Controller,
  keyOf,
  type ObjectChange,
  type Outcome,
  splitKey,
  watch,
} from './contract.ts';
import { writeRecord } from './job-backoff.ts';
import { isIndexed, matchSuccessPolicy } from './job-indexes.ts';
import { deleteActive, managePods, untracked } from './job-manage.ts';
import { isFailed, isPastRestarts, isTracked, judgeFailure, TRACKING } from './job-pods.ts';
import { type JobCondition, JobRun } from './job-run.ts';
import { track } from './job-track.ts';

const RESOURCE = 'jobs.batch';
const MANAGER = 'kubernetes.io/job-controller';
/** Changes of pods, and of the Job's own status, are looked at together, a second after the first. */
const BATCH_MS = 1000;

/** After a refused request. */
const API_BACKOFF = { firstMs: 1_000, longestMs: 60_000 };

/** True for a Job with condition Complete or Failed. */
export const isFinishedJob = (job: Job): boolean =>
  hasCondition(job.status?.conditions, 'Complete') || hasCondition(job.status?.conditions, 'Failed');

const isManagedElsewhere = (job: Job): boolean =>
  job.spec?.managedBy !== undefined && job.spec.managedBy !== MANAGER;

const tracked = (pod: Pod): Pod =>
  isTracked(pod)
    ? pod
    : { ...pod, metadata: { ...pod.metadata, finalizers: [...(pod.metadata.finalizers ?? []), TRACKING] } };

const claimPods = (context: Context, job: Job): readonly Pod[] => {
  const { lookup, client } = context;
  const uid = job.metadata.uid ?? '';
  const namespace = job.metadata.namespace ?? '';
  const candidates = [
    ...lookup.byIndex('pods', 'pods/controller', uid),
    ...lookup.byIndex('pods', 'pods/controller', `orphan/${namespace}`),
  ];
  const { claimed, adopt, release } = sortClaims(job, matchSelector(job.spec?.selector), candidates);
  for (const pod of release) {
    client.update('pods', namespace, pod.metadata.name ?? '', (it) => untracked(released(it, uid)));
  }
  const fresh = adopt.flatMap((pod) => {
    const done = client.update('pods', namespace, pod.metadata.name ?? '', (it) => tracked(adopted(it, job)));
    return done === undefined ? [] : [done];
  });
  return [...claimed, ...fresh];
};

/** When the Job runs out of time; `undefined` when it cannot. */
const deadlineOf = (run: JobRun): number | undefined => {
  const { activeDeadlineSeconds, suspend } = run.job.spec ?? {};
  const started = parseTime(run.status.startTime ?? '');
  if (activeDeadlineSeconds === undefined || suspend === true || started === undefined) return undefined;
  return started + activeDeadlineSeconds * 1000;
};

const failureOf = (run: JobRun): JobCondition | undefined => {
  const { job, pods } = run;
  const target = run.has('FailureTarget');
  if (target !== undefined) return run.condition('Failed', target.reason ?? '', target.message ?? '');
  if (job.spec?.podFailurePolicy !== undefined) {
    for (const pod of pods) {
      const message = isFailed(job, pod) ? judgeFailure(job, pod).message : undefined;
      if (message !== undefined) return run.condition('FailureTarget', 'PodFailurePolicy', message);
    }
  }
  if (run.failed > (job.spec?.backoffLimit ?? 6) || isPastRestarts(job, pods)) {
    return run.condition(
      'FailureTarget',
      'BackoffLimitExceeded',
      'Job has reached the specified backoff limit',
    );
  }
  const deadline = deadlineOf(run);
  if (deadline !== undefined && deadline <= run.context.now) {
    return run.condition(
      'FailureTarget',
      'DeadlineExceeded',
      'Job was active longer than specified deadline',
    );
  }
  if (deadline !== undefined) run.wakeAt(deadline);
  return undefined;
};

/** The end an indexed Job has come to. */
const indexedEnd = (run: JobRun): JobCondition | undefined => {
  const { job, failedIndexes } = run;
  if (!isIndexed(job)) return undefined;
  if (failedIndexes !== undefined) {
    const { maxFailedIndexes, completions = 0 } = job.spec ?? {};
    if (maxFailedIndexes !== undefined && failedIndexes.size > maxFailedIndexes) {
      const message = 'Job has exceeded the specified maximal number of failed indexes';
      return run.condition('FailureTarget', 'MaxFailedIndexesExceeded', message);
    }
    if (failedIndexes.size > 0 && failedIndexes.size + run.succeededIndexes.size >= completions) {
      return run.condition('FailureTarget', 'FailedIndexes', 'Job has failed indexes');
    }
  }
  const met = matchSuccessPolicy(job, run.succeededIndexes);
  return met === undefined ? undefined : run.condition('SuccessCriteriaMet', 'SuccessPolicy', met);
};

const note = (run: JobRun, reason: string, message: string): void =>
  run.context.client.event(run.job, { type: 'Normal', reason, message });

const syncSuspension = (run: JobRun): void => {
  if (run.job.spec?.suspend === true) {
    if (!run.ensureCondition('Suspended', 'True', 'JobSuspended', 'Job suspended')) return;
    note(run, 'Suspended', 'Job suspended');
    const { startTime: _, ...rest } = run.status;
    run.status = rest;
  } else if (run.ensureCondition('Suspended', 'False', 'JobResumed', 'Job resumed')) {
    note(run, 'Resumed', 'Job resumed');
    run.setStatus({ startTime: run.now });
  }
};

const isComplete = (run: JobRun): boolean => {
  const { completions } = run.job.spec ?? {};
  const enough = completions === undefined ? run.succeeded > 0 : run.succeeded >= completions;
  return enough && run.active === 0;
};

const sync = (run: JobRun): void => {
  const { job } = run;
  if (run.status.startTime === undefined && job.spec?.suspend !== true) run.setStatus({ startTime: run.now });
  run.finished = run.has('SuccessCriteriaMet') ?? failureOf(run) ?? indexedEnd(run);
  if (run.finished !== undefined) {
    deleteActive(run);
  } else {
    const manages = job.metadata.deletionTimestamp === undefined;
    if (manages) managePods(run);
    if (isComplete(run)) {
      run.finished = run.condition(
        'SuccessCriteriaMet',
        'CompletionsReached',
        'Reached expected number of succeeded pods',
      );
    } else if (manages && !run.more) syncSuspension(run);
  }
  if (run.more) return;
  run.setStatus({ active: run.active, ready: run.ready, terminating: run.terminating });
  track(run);
};

/** On its way out, leaving its pods behind. */
const isOrphaning = (job: Job): boolean =>
  job.metadata.deletionTimestamp !== undefined && job.metadata.finalizers?.includes('orphan') === true;

/** Pods that stay behind are let go of one by one, many at once in an instant cluster. */
const releasePods = (context: Context, job: Job): Outcome => {
  const pods = context.lookup.byIndex('pods', 'pods/controller', job.metadata.uid ?? '').filter(isTracked);
  const size = context.latency === 'instant' ? 24 : 1;
  for (const { metadata } of pods.slice(0, size)) {
    context.client.update('pods', metadata.namespace ?? '', metadata.name ?? '', untracked);
  }
  return pods.length > size ? { at: context.now } : undefined;
};

const reconcileJob = (context: Context, job: Job): Outcome => {
  if (isManagedElsewhere(job)) return undefined;
  if (isOrphaning(job)) return releasePods(context, job);
  if (isFinishedJob(job)) return undefined;
  const run = new JobRun(context, job, claimPods(context, job));
  sync(run);
  if (run.more) return { at: context.now };
  if (run.retry) return { at: context.now, retry: true, backoff: API_BACKOFF };
  return run.next === undefined ? undefined : { at: run.next };
};

/** Pods whose Job is gone are let go of. */
const releaseOrphans = (context: Context, jobUid: string): Outcome => {
  writeRecord(context, jobUid, undefined);
  const pods = context.lookup.byIndex('pods', 'pods/controller', jobUid).filter(isTracked);
  for (const pod of pods.slice(0, 24)) {
    context.client.update('pods', pod.metadata.namespace ?? '', pod.metadata.name ?? '', untracked);
  }
  return pods.length > 24 ? { at: context.now } : undefined;
};

/** True when a Job still has to count this pod (or another controller has, on the Job's behalf). */
const isAwaited = (lookup: Lookup, pod: Pod): boolean => {
  const owner = controllerOf(pod);
  if (owner === undefined) return false;
  if (!refersTo(owner, 'batch', 'Job')) return true;
  const job = lookup.get(RESOURCE, pod.metadata.namespace ?? '', owner.name);
  return (
    job !== undefined && job.metadata.uid === owner.uid && (isManagedElsewhere(job) || !isFinishedJob(job))
  );
};

/** A tracked pod that no Job waits for any more is let go of. */
const releaseStray = (context: Context, key: string): Outcome => {
  const { namespace, name } = splitKey(key);
  const pod = context.lookup.get('pods', namespace, name);
  if (pod !== undefined && isTracked(pod) && !isAwaited(context.lookup, pod)) {
    context.client.update('pods', namespace, name, untracked);
  }
  return undefined;
};

const reconcile = (context: Context, key: string): Outcome => {
  if (key.startsWith('pod|')) return releaseStray(context, key.slice('pod|'.length));
  if (key.startsWith('gone|')) return releaseOrphans(context, key.slice('gone|'.length));
  const { namespace, name } = splitKey(key);
  const job = context.lookup.get(RESOURCE, namespace, name);
  return job === undefined ? undefined : reconcileJob(context, job);
};

const isNewGeneration = ({ op, object, previous }: ObjectChange<Job>): boolean =>
  op !== 'update' || object.metadata.generation !== previous?.metadata.generation;

const jobKeys = (change: ObjectChange<Job>): readonly string[] => {
  if (change.op === 'delete') return [`gone|${change.object.metadata.uid ?? ''}`];
  return isNewGeneration(change) ? [keyOf(change.object)] : [];
};

/** What changed of a Job is its status, or something that does not count as a new generation. */
const statusKeys = (change: ObjectChange<Job>): readonly string[] =>
  isNewGeneration(change) || isFinishedJob(change.object) ? [] : [keyOf(change.object)];

/** Tracked pods that no Job waits for. */
const strayKeys = ({ op, object }: ObjectChange<Pod>, lookup: Lookup): readonly string[] => {
  if (op === 'delete' || !isTracked(object)) return [];
  const isStray = controllerOf(object) === undefined || object.metadata.deletionTimestamp !== undefined;
  return isStray && !isAwaited(lookup, object) ? [`pod|${keyOf(object)}`] : [];
};

/** Every change of a pod counts: restarts of its containers do, and what is gathered first says when the next look is. */
const podKeys = (change: ObjectChange<Pod>, lookup: Lookup): readonly string[] => {
  const { op, object, previous } = change;
  const controller = controllerOf(object);
  const namespace = object.metadata.namespace ?? '';
  const keys = new Set<string>();
  for (const owner of [controller, previous && controllerOf(previous)]) {
    if (owner === undefined || !refersTo(owner, 'batch', 'Job')) continue;
    const job = lookup.get(RESOURCE, namespace, owner.name);
    if (job?.metadata.uid !== owner.uid) {
      if (op !== 'delete' && isTracked(object)) keys.add(`gone|${owner.uid}`);
    } else if (!isFinishedJob(job)) keys.add(`${namespace}/${owner.name}`);
  }
  if (op !== 'delete' && controller === undefined && wasAnothers(change)) {
    for (const job of lookup.list(RESOURCE, namespace)) {
      if (matchSelector(job.spec?.selector)(object.metadata.labels)) keys.add(keyOf(job));
    }
  }
  return [...keys];
};

/** New, or with other labels or owners than before: somebody may adopt it now. */
const wasAnothers = ({ object, previous }: ObjectChange<Pod>): boolean =>
  previous === undefined ||
  !deepEqual(object.metadata.labels, previous.metadata.labels) ||
  !deepEqual(object.metadata.ownerReferences, previous.metadata.ownerReferences);

/** Runs pods to completion (pkg/controller/job, release 1.36). */
export const jobController: Controller = {
  name: 'job-controller',
  watches: [
    watch(RESOURCE, jobKeys),
    watch(RESOURCE, statusKeys, BATCH_MS),
    watch('pods', podKeys, BATCH_MS),
    watch('pods', strayKeys),
  ],
  reconcile,
};
