/** What a Job knows of its pods: success, failure, failure policy, finish times (pkg/controller/job, 1.36). */

import type { Job, Pod } from '../kinds/generated/types.ts';
import { type Instant, parseTime } from '../machinery/time.ts';
import { findCondition } from './common/conditions.ts';

/** Finalizer that keeps a finished pod until it is counted. */
export const TRACKING = 'batch.kubernetes.io/job-tracking';

/** True while the pod is not counted. */
export const isTracked = (pod: Pod): boolean => pod.metadata.finalizers?.includes(TRACKING) === true;

/** True when a pod is replaced only once it is wholly finished. */
export const replacesOnlyFailed = (job: Job): boolean =>
  job.spec?.podReplacementPolicy === 'Failed' || job.spec?.podFailurePolicy !== undefined;

/** Failed, or on its way out without success (unless only finished pods count). */
export const isFailed = (job: Job, pod: Pod): boolean => {
  if (pod.status?.phase === 'Failed') return true;
  if (replacesOnlyFailed(job)) return false;
  return pod.metadata.deletionTimestamp !== undefined && pod.status?.phase !== 'Succeeded';
};

/** What the failure policy makes of a failed pod. */
export interface PolicyVerdict {
  readonly counts: boolean;
  readonly action?: string;
  /** Set when the Job fails because of it. */
  readonly message?: string;
}

type Rule = NonNullable<NonNullable<Job['spec']>['podFailurePolicy']>['rules'][number];

const matchExitCodes = (pod: Pod, rule: NonNullable<Rule['onExitCodes']>) => {
  const statuses = [...(pod.status?.containerStatuses ?? []), ...(pod.status?.initContainerStatuses ?? [])];
  return statuses.find((status) => {
    const code = status.state?.terminated?.exitCode ?? 0;
    if (code === 0) return false;
    if (rule.containerName !== undefined && rule.containerName !== status.name) return false;
    const listed = (rule.values ?? []).includes(code);
    return rule.operator === 'In' ? listed : !listed;
  });
};

const matchConditions = (pod: Pod, rule: Rule): string | undefined =>
  (pod.status?.conditions ?? []).find((condition) =>
    (rule.onPodConditions ?? []).some(
      (pattern) => pattern.type === condition.type && (pattern.status ?? 'True') === condition.status,
    ),
  )?.type;

const verdictOf = (rule: Rule, message: () => string): PolicyVerdict => ({
  counts: rule.action !== 'Ignore',
  action: rule.action,
  ...(rule.action === 'FailJob' ? { message: message() } : {}),
});

/** Judges a failed pod by the first rule that matches; without one it simply counts. */
export const judgeFailure = (job: Job, pod: Pod): PolicyVerdict => {
  const name = `${pod.metadata.namespace ?? ''}/${pod.metadata.name ?? ''}`;
  for (const [index, rule] of (job.spec?.podFailurePolicy?.rules ?? []).entries()) {
    const tail = `matching ${rule.action} rule at index ${index}`;
    if (rule.onExitCodes !== undefined) {
      const status = matchExitCodes(pod, rule.onExitCodes);
      if (status === undefined) continue;
      const code = status.state?.terminated?.exitCode ?? 0;
      return verdictOf(
        rule,
        () => `Container ${status.name} for pod ${name} failed with exit code ${code} ${tail}`,
      );
    }
    const condition = matchConditions(pod, rule);
    if (condition !== undefined)
      return verdictOf(rule, () => `Pod ${name} has condition ${condition} ${tail}`);
  }
  return { counts: true };
};

/** When a pod finished: by its containers, its readiness, its deletion, or at last its creation. */
export const finishedAt = (pod: Pod): Instant => {
  const times = (pod.status?.containerStatuses ?? []).map((status) => status.state?.terminated?.finishedAt);
  if (times.length > 0 && times.every((time) => time !== undefined)) {
    return Math.max(...times.map((time) => parseTime(time ?? '') ?? 0));
  }
  const ready = findCondition(pod.status?.conditions, 'Ready');
  if (ready?.status === 'False' && ready.lastTransitionTime !== undefined) {
    return parseTime(ready.lastTransitionTime) ?? 0;
  }
  const deleted = parseTime(pod.metadata.deletionTimestamp ?? '');
  if (deleted !== undefined) return deleted - (pod.metadata.deletionGracePeriodSeconds ?? 0) * 1000;
  return parseTime(pod.metadata.creationTimestamp ?? '') ?? 0;
};

const FIRST_BACKOFF_MS = 10_000;
const LONGEST_BACKOFF_MS = 600_000;

/** When a pod may be made after this many failures in a row, the last at the instant. */
export const backoffUntil = (failures: number, last: Instant): Instant =>
  failures === 0
    ? 0
    : last + Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** Math.min(failures - 1, 10));

/** Restarts of the containers of running pods have used up the limit (restartPolicy OnFailure). */
export const isPastRestarts = (job: Job, pods: readonly Pod[]): boolean => {
  if (job.spec?.template?.spec?.restartPolicy !== 'OnFailure') return false;
  let restarts = 0;
  for (const pod of pods) {
    if (pod.status?.phase !== 'Running' && pod.status?.phase !== 'Pending') continue;
    for (const status of [
      ...(pod.status.initContainerStatuses ?? []),
      ...(pod.status.containerStatuses ?? []),
    ]) {
      restarts += status.restartCount ?? 0;
    }
  }
  const limit = job.spec.backoffLimit ?? 6;
  return limit === 0 ? restarts > 0 : restarts >= limit;
};
