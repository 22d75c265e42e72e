import type { Job, Pod } from '../kinds/generated/types.ts';
import { type Instant, printTime } from '../machinery/time.ts';
import { findCondition } from './common/conditions.ts';
import { isActive, isReady, isTerminating } from './common/pods.ts';
import type { Context } from './contract.ts';
import { type BackoffRecord, nextRecord, readRecord } from './job-backoff.ts';
import { allFailuresBefore, failuresBefore, indexOf, isIndexed, parseIndexes } from './job-indexes.ts';
import { finishedAt, isFailed, isTracked, judgeFailure } from './job-pods.ts';

type Status = NonNullable<Job['status']>;
export type JobCondition = NonNullable<Status['conditions']>[number];

/** One sync of a Job: its working status and what was counted at its start. */
export class JobRun {
  readonly context: Context;
  readonly job: Job;
  readonly pods: readonly Pod[];
  readonly activePods: readonly Pod[];
  status: Status;
  active: number;
  ready: number;
  terminating: number;
  succeeded: number;
  failed: number;
  finished: JobCondition | undefined;
  /** Indexed Jobs: counted before, and counted with the pods that are not yet. */
  readonly countedIndexes: ReadonlySet<number>;
  readonly succeededIndexes: ReadonlySet<number>;
  readonly failedIndexes: ReadonlySet<number> | undefined;
  /** Per index back-off: the last failed pod of an index, kept until its successor is made. */
  readonly kept: ReadonlyMap<number, Pod>;
  /** Failures since the last success, with the pods that finished since. */
  readonly backoff: BackoffRecord;
  retry = false;
  more = false;
  #next: Instant | undefined;

  constructor(context: Context, job: Job, pods: readonly Pod[]) {
    this.context = context;
    this.job = job;
    this.pods = pods;
    this.status = { ...job.status, uncountedTerminatedPods: job.status?.uncountedTerminatedPods ?? {} };
    this.activePods = pods.filter(isActive);
    this.active = this.activePods.length;
    this.ready = this.activePods.filter(isReady).length;
    this.terminating = pods.filter(isTerminating).length;
    const known = this.status.uncountedTerminatedPods ?? {};
    const completions = job.spec?.completions ?? 0;
    const isNew = (pod: Pod, uids: readonly string[] | undefined): boolean =>
      isTracked(pod) && uids?.includes(pod.metadata.uid ?? '') !== true && this.#isValid(pod);
    const newSucceeded = pods.filter(
      (pod) => pod.status?.phase === 'Succeeded' && isNew(pod, known.succeeded),
    );
    const newFailed = pods.filter((pod) => isFailed(job, pod) && isNew(pod, known.failed));
    this.backoff = nextRecord(readRecord(context, job.metadata.uid ?? ''), newSucceeded, newFailed);
    this.succeeded = (job.status?.succeeded ?? 0) + newSucceeded.length + (known.succeeded?.length ?? 0);
    this.failed =
      (job.status?.failed ?? 0) +
      newFailed.filter((pod) => judgeFailure(job, pod).counts).length +
      (known.failed?.length ?? 0);
    this.countedIndexes = parseIndexes(job.status?.completedIndexes, completions);
    this.succeededIndexes = new Set([...this.countedIndexes, ...newSucceeded.map(indexOf)]);
    if (isIndexed(job)) this.succeeded = this.succeededIndexes.size;
    this.failedIndexes = this.perIndex ? this.#countFailedIndexes(completions) : undefined;
    this.kept = this.perIndex ? this.#keptPods() : new Map();
  }

  get perIndex(): boolean {
    return isIndexed(this.job) && this.job.spec?.backoffLimitPerIndex !== undefined;
  }

  get now(): string {
    return printTime(this.context.now);
  }

  wakeAt(at: Instant): void {
    this.#next = Math.min(this.#next ?? at, at);
  }

  get next(): Instant | undefined {
    return this.#next;
  }

  condition(type: string, reason: string, message: string): JobCondition {
    return { type, status: 'True', lastProbeTime: this.now, lastTransitionTime: this.now, reason, message };
  }

  has(type: string): JobCondition | undefined {
    const found = findCondition(this.status.conditions, type);
    return found?.status === 'True' ? found : undefined;
  }

  setStatus(fields: Partial<Status>): void {
    this.status = { ...this.status, ...fields };
  }

  /** Adds or changes a condition in place; one that does not exist is not added as False. True when changed. */
  ensureCondition(type: string, status: string, reason: string, message: string): boolean {
    const conditions = this.status.conditions ?? [];
    const fresh = { ...this.condition(type, reason, message), status };
    const at = conditions.findIndex((condition) => condition.type === type);
    const old = conditions[at];
    if (old === undefined) {
      if (status === 'False') return false;
      this.setStatus({ conditions: [...conditions, fresh] });
      return true;
    }
    if (old.status === status && old.reason === reason && old.message === message) return false;
    this.setStatus({ conditions: conditions.with(at, fresh) });
    return true;
  }

  /** Pods of an Indexed Job without an index, or with one past the end, do not count. */
  #isValid(pod: Pod): boolean {
    const index = indexOf(pod);
    return !isIndexed(this.job) || (index >= 0 && index < (this.job.spec?.completions ?? 0));
  }

  #countFailedIndexes(completions: number): ReadonlySet<number> {
    const result = parseIndexes(this.job.status?.failedIndexes, completions);
    const limit = this.job.spec?.backoffLimitPerIndex ?? 0;
    for (const pod of this.pods) {
      if (!isTracked(pod) || !this.#isValid(pod) || !isFailed(this.job, pod)) continue;
      const { counts, action } = judgeFailure(this.job, pod);
      if (action === 'FailIndex' || (counts && failuresBefore(pod) >= limit)) result.add(indexOf(pod));
    }
    return result;
  }

  #keptPods(): ReadonlyMap<number, Pod> {
    const running = new Set(this.activePods.map(indexOf));
    const kept = new Map<number, Pod>();
    for (const pod of this.pods) {
      if (!isTracked(pod) || !this.#isValid(pod) || !isFailed(this.job, pod)) continue;
      const index = indexOf(pod);
      if (this.succeededIndexes.has(index) || this.failedIndexes?.has(index) || running.has(index)) continue;
      const last = kept.get(index);
      const newer =
        last === undefined ||
        (allFailuresBefore(pod) >= allFailuresBefore(last) && finishedAt(pod) >= finishedAt(last));
      if (newer) kept.set(index, pod);
    }
    return kept;
  }
}
