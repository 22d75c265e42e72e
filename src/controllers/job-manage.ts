/** Making and deleting the pods of a Job (pkg/controller/job/job_controller.go, manageJob, 1.36). */

import type { Job, Pod } from '../kinds/generated/types.ts';
import { createPod, deletePod } from './common/pod-control.ts';
import { isReady, isTerminating, pickVictims, podFromTemplate } from './common/pods.ts';
import { mayStartAt } from './job-backoff.ts';
import {
  allFailuresBefore,
  failureAnnotations,
  INDEX_ANNOTATION,
  indexOf,
  isIndexed,
} from './job-indexes.ts';
import { backoffUntil, finishedAt, judgeFailure, replacesOnlyFailed, TRACKING } from './job-pods.ts';
import type { JobRun } from './job-run.ts';

/** Pods made or deleted in one call. */
const BATCH = 12;
/** A wait for a back-off is at least as long as changes are gathered. */
const SHORTEST_WAIT_MS = 1000;
/** Names that the server generates keep this much of what they are made from (names.MaxGeneratedNameLength). */
const LONGEST_BASE = 58;
const INDEX_ENV = 'JOB_COMPLETION_INDEX';

/** The pod without the tracking finalizer. */
export const untracked = (pod: Pod): Pod => {
  const { finalizers, ...metadata } = pod.metadata;
  const rest = (finalizers ?? []).filter((it) => it !== TRACKING);
  return { ...pod, metadata: rest.length === 0 ? metadata : { ...metadata, finalizers: rest } };
};

const release = (run: JobRun, pod: Pod): void => {
  run.context.client.update('pods', pod.metadata.namespace ?? '', pod.metadata.name ?? '', untracked);
};

/** Deletes pods that are too many: they are let go of first, so that they never count. */
const deleteSurplus = (run: JobRun, pods: readonly Pod[]): void => {
  for (const pod of pods.slice(0, BATCH)) {
    release(run, pod);
    if (deletePod(run.context, run.job, pod) !== undefined) {
      run.retry = true;
      continue;
    }
    run.active -= 1;
    run.terminating += 1;
    if (isReady(pod)) run.ready -= 1;
  }
  if (pods.length > BATCH) run.more = true;
};

/**
 * Deletes every active pod of a Job that is decided; they keep their finalizer and are counted. While one cannot be
 * deleted, the Job is not said to be decided.
 */
export const deleteActive = (run: JobRun): void => {
  for (const pod of run.activePods.slice(0, BATCH)) {
    if (deletePod(run.context, run.job, pod) !== undefined) {
      run.retry = true;
      run.finished = undefined;
      continue;
    }
    run.active -= 1;
    run.terminating += 1;
    if (isReady(pod)) run.ready -= 1;
  }
  if (run.activePods.length > BATCH) run.more = true;
};

const surplusPods = (run: JobRun, atLeast: number): readonly Pod[] => {
  const now = run.context.now;
  if (!isIndexed(run.job)) return pickVictims(run.activePods, [], atLeast, now).slice(0, atLeast);
  const completions = run.job.spec?.completions ?? 0;
  const remove: Pod[] = [];
  const byIndex = new Map<number, Pod[]>();
  for (const pod of run.activePods) {
    const index = indexOf(pod);
    if (index < 0 || index >= completions) remove.push(pod);
    else byIndex.set(index, [...(byIndex.get(index) ?? []), pod]);
  }
  const left: Pod[] = [];
  for (const pods of byIndex.values()) {
    const victims = pickVictims(pods, [], pods.length - 1, now).slice(0, pods.length - 1);
    remove.push(...victims);
    left.push(...pods.filter((pod) => !victims.includes(pod)));
  }
  const missing = atLeast - remove.length;
  return missing > 0 ? [...remove, ...pickVictims(left, [], missing, now).slice(0, missing)] : remove;
};

/** The first indexes that have no pod and are not decided. */
const pendingIndexes = (run: JobRun, count: number): readonly number[] => {
  const taken = new Set<number>([...run.succeededIndexes, ...(run.failedIndexes ?? [])]);
  for (const pod of run.activePods) taken.add(indexOf(pod));
  if (replacesOnlyFailed(run.job))
    for (const pod of run.pods) if (isTerminating(pod)) taken.add(indexOf(pod));
  const result: number[] = [];
  const completions = run.job.spec?.completions ?? 0;
  for (let index = 0; index < completions && result.length < count; index += 1) {
    if (!taken.has(index)) result.push(index);
  }
  return result;
};

/** Indexes that may start now; when none may, the Job wakes when the first may. */
const dueIndexes = (run: JobRun, indexes: readonly number[]): readonly number[] => {
  if (!run.perIndex) return indexes;
  const due: number[] = [];
  let first = Number.POSITIVE_INFINITY;
  for (const index of indexes) {
    const last = run.kept.get(index);
    const at = last === undefined ? 0 : backoffUntil(allFailuresBefore(last) + 1, finishedAt(last));
    if (at <= run.context.now) due.push(index);
    else first = Math.min(first, at);
  }
  if (first !== Number.POSITIVE_INFINITY) run.wakeAt(Math.max(first, run.context.now + SHORTEST_WAIT_MS));
  return due;
};

const withIndexEnv = (spec: NonNullable<Pod['spec']>): NonNullable<Pod['spec']> => {
  const env = {
    name: INDEX_ENV,
    valueFrom: { fieldRef: { fieldPath: `metadata.labels['${INDEX_ANNOTATION}']` } },
  };
  const add = <C extends { readonly env?: readonly { readonly name: string }[] }>(container: C): C =>
    container.env?.some((it) => it.name === INDEX_ENV)
      ? container
      : { ...container, env: [...(container.env ?? []), env] };
  const { initContainers } = spec;
  return {
    ...spec,
    containers: spec.containers.map(add),
    ...(initContainers === undefined ? {} : { initContainers: initContainers.map(add) }),
  };
};

const makePod = (run: JobRun, index: number | undefined): Pod => {
  const { job } = run;
  const base = podFromTemplate(job.spec?.template, job);
  const finalizers = [...(base.metadata.finalizers ?? []).filter((it) => it !== TRACKING), TRACKING];
  const pod = { ...base, metadata: { ...base.metadata, finalizers } };
  if (index === undefined) return pod;
  const name = job.metadata.name ?? '';
  const replaced = run.kept.get(index);
  const failures = run.perIndex
    ? failureAnnotations(replaced, replaced === undefined || judgeFailure(job, replaced).counts)
    : {};
  return {
    ...pod,
    metadata: {
      ...pod.metadata,
      generateName: `${name.slice(0, LONGEST_BASE - `-${index}-`.length)}-${index}-`,
      labels: { ...pod.metadata.labels, [INDEX_ANNOTATION]: String(index) },
      annotations: { ...pod.metadata.annotations, [INDEX_ANNOTATION]: String(index), ...failures },
    },
    spec: withIndexEnv({ ...pod.spec, hostname: `${name}-${index}` } as NonNullable<Pod['spec']>),
  };
};

const wantedActive = (job: Job, run: JobRun): number => {
  const parallelism = job.spec?.parallelism ?? 1;
  if (job.spec?.completions === undefined) return run.succeeded > 0 ? run.active : parallelism;
  return Math.max(0, Math.min(job.spec.completions - run.succeeded, parallelism));
};

const createMissing = (run: JobRun, missing: number): void => {
  const { job } = run;
  if (!run.perIndex) {
    const at = mayStartAt(run.backoff);
    if (at > run.context.now) {
      run.wakeAt(Math.max(at, run.context.now + SHORTEST_WAIT_MS));
      return;
    }
  }
  const indexes = isIndexed(job) ? dueIndexes(run, pendingIndexes(run, missing)) : undefined;
  const count = indexes === undefined ? missing : indexes.length;
  const total = Math.min(count, BATCH);
  // In batches of 1, 2, 4...; a batch is tried whole, and the first with a failure is the last.
  for (let made = 0, size = 1; made < total && !run.retry; size *= 2) {
    const end = Math.min(total, made + size);
    for (; made < end; made += 1) {
      const { failure } = createPod(run.context, job, makePod(run, indexes?.[made]));
      if (failure?.namespaceTerminating) return;
      if (failure === undefined) run.active += 1;
      else run.retry = true;
    }
  }
  if (run.retry) return;
  if (count > BATCH) run.more = true;
};

/** Brings the number of pods to what is wanted: either deletes or makes, never both in one sync. */
export const managePods = (run: JobRun): void => {
  const { job } = run;
  if (job.spec?.suspend === true) {
    deleteSurplus(run, surplusPods(run, run.active));
    return;
  }
  const wanted = wantedActive(job, run);
  const surplus = surplusPods(run, Math.max(0, run.active - wanted));
  if (surplus.length > 0) {
    deleteSurplus(run, surplus);
    return;
  }
  const terminating = replacesOnlyFailed(job) ? run.terminating : 0;
  const missing = wanted - terminating - run.active;
  if (missing > 0) createMissing(run, missing);
};
