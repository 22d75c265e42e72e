/** Status and progress of a Deployment (pkg/controller/deployment/{sync,progress}.go). */

import type { Deployment, ReplicaSet } from '../kinds/generated/types.ts';
import { deepEqual } from '../machinery/deep.ts';
import { parseTime } from '../machinery/time.ts';
import { findCondition, setCondition, withoutCondition } from './common/conditions.ts';
import { maxUnavailable, statusTotal, wanted, wantedTotal } from './common/rollout.ts';
import { hasDeadline, type Revisions } from './deployment-revisions.ts';
import type { DeploymentRun } from './deployment-run.ts';
import { outdated } from './deployment-scale.ts';

type Status = NonNullable<Deployment['status']>;
type Condition = NonNullable<Status['conditions']>[number];

const positive = (field: string, value: number): object => (value > 0 ? { [field]: value } : {});

/** Absent when a ReplicaSet that was synced does not report it; one that never was has none. */
const terminatingTotal = (sets: readonly ReplicaSet[]): number | undefined => {
  let sum = 0;
  for (const set of sets) {
    const { terminatingReplicas, observedGeneration = 0 } = set.status ?? {};
    if (terminatingReplicas === undefined && observedGeneration > 0) return undefined;
    sum += terminatingReplicas ?? 0;
  }
  return sum;
};

const availability = (run: DeploymentRun, available: boolean): Condition =>
  ({
    type: 'Available',
    status: available ? 'True' : 'False',
    lastUpdateTime: run.stamp(),
    lastTransitionTime: run.stamp(),
    reason: available ? 'MinimumReplicasAvailable' : 'MinimumReplicasUnavailable',
    message: available
      ? 'Deployment has minimum availability.'
      : 'Deployment does not have minimum availability.',
  }) as Condition;

const calculate = (run: DeploymentRun, { newSet, all }: Revisions): Status => {
  const { deployment } = run;
  const available = statusTotal(all, 'availableReplicas');
  const terminating = terminatingTotal(all);
  const collisions = deployment.status?.collisionCount;
  const enough = available >= wanted(deployment) - maxUnavailable(deployment);
  return {
    ...positive('observedGeneration', deployment.metadata.generation ?? 0),
    ...positive('replicas', statusTotal(all, 'replicas')),
    ...positive('updatedReplicas', newSet?.status?.replicas ?? 0),
    ...positive('readyReplicas', statusTotal(all, 'readyReplicas')),
    ...positive('availableReplicas', available),
    ...positive('unavailableReplicas', wantedTotal(all) - available),
    ...(terminating === undefined ? {} : { terminatingReplicas: terminating }),
    conditions: setCondition(deployment.status?.conditions, availability(run, enough)),
    ...(collisions === undefined ? {} : { collisionCount: collisions }),
  } as Status;
};

/** All replicas updated, available, and no old ones left. */
export const isComplete = (deployment: Deployment, status: Status | undefined): boolean => {
  const goal = wanted(deployment);
  return (
    (status?.updatedReplicas ?? 0) === goal &&
    (status?.replicas ?? 0) === goal &&
    (status?.availableReplicas ?? 0) === goal &&
    (status?.observedGeneration ?? 0) >= (deployment.metadata.generation ?? 0)
  );
};

const madeProgress = (old: Status | undefined, now: Status): boolean => {
  const oldReplicas = (status: Status | undefined) =>
    (status?.replicas ?? 0) - (status?.updatedReplicas ?? 0);
  return (
    (now.updatedReplicas ?? 0) > (old?.updatedReplicas ?? 0) ||
    oldReplicas(now) < oldReplicas(old) ||
    (now.readyReplicas ?? 0) > (old?.readyReplicas ?? 0) ||
    (now.availableReplicas ?? 0) > (old?.availableReplicas ?? 0)
  );
};

const deadlineMs = (deployment: Deployment): number => (deployment.spec?.progressDeadlineSeconds ?? 0) * 1000;

const timedOut = (run: DeploymentRun, status: Status): boolean => {
  const condition = findCondition(status.conditions, 'Progressing');
  if (condition === undefined || condition.reason === 'NewReplicaSetAvailable') return false;
  if (condition.reason === 'ProgressDeadlineExceeded') return true;
  const from = parseTime(condition.lastUpdateTime ?? '') ?? 0;
  return from + deadlineMs(run.deployment) < run.context.now;
};

const withProgress = (run: DeploymentRun, status: Status, newSet: ReplicaSet | undefined): Status => {
  const { deployment } = run;
  const current = findCondition(deployment.status?.conditions, 'Progressing');
  const subject =
    newSet === undefined
      ? `Deployment "${deployment.metadata.name ?? ''}"`
      : `ReplicaSet "${newSet.metadata.name ?? ''}"`;
  const make = (value: string, reason: string, rest: string): Condition =>
    ({
      type: 'Progressing',
      status: value,
      lastUpdateTime: run.stamp(),
      lastTransitionTime: run.stamp(),
      reason,
      message: `${subject} ${rest}`,
    }) as Condition;
  if (isComplete(deployment, status)) {
    const condition = make('True', 'NewReplicaSetAvailable', 'has successfully progressed.');
    return { ...status, conditions: setCondition(status.conditions, condition) as never };
  }
  if (madeProgress(deployment.status, status)) {
    const condition = make('True', 'ReplicaSetUpdated', 'is progressing.');
    const kept =
      current?.status === 'True'
        ? { ...condition, lastTransitionTime: current.lastTransitionTime }
        : condition;
    const others = withoutCondition(status.conditions, 'Progressing');
    return { ...status, conditions: [...others, kept] as never };
  }
  if (timedOut(run, status)) {
    const condition = make('False', 'ProgressDeadlineExceeded', 'has timed out progressing.');
    return { ...status, conditions: setCondition(status.conditions, condition) as never };
  }
  return status;
};

const failureOf = ({ newSet, all }: Revisions): Condition | undefined => {
  for (const set of newSet === undefined ? all : [newSet, ...all]) {
    const failure = findCondition(set.status?.conditions, 'ReplicaFailure');
    if (failure === undefined) continue;
    return {
      type: failure.type,
      status: failure.status,
      lastUpdateTime: failure.lastTransitionTime,
      lastTransitionTime: failure.lastTransitionTime,
      reason: failure.reason,
      message: failure.message,
    } as Condition;
  }
  return undefined;
};

/** Wakes the Deployment when its progress deadline has passed, a second late as upstream. */
const watchDeadline = (run: DeploymentRun, status: Status): void => {
  const { deployment, context } = run;
  const current = findCondition(status.conditions, 'Progressing');
  if (!hasDeadline(deployment) || current === undefined) return;
  if (isComplete(deployment, status) || current.reason === 'ProgressDeadlineExceeded') return;
  const due = (parseTime(current.lastUpdateTime ?? '') ?? 0) + deadlineMs(deployment) + 1000;
  if (current.reason !== 'NewReplicaSetAvailable') run.wakeAt(Math.max(due, context.now + 1));
};

const write = (run: DeploymentRun, status: Status): void => {
  if (!deepEqual(run.deployment.status, status)) run.writeStatus(status);
};

/** Status without judging progress: when scaling or paused (upstream's syncDeploymentStatus). */
export const writeStatusOnly = (run: DeploymentRun, revisions: Revisions): void => {
  const status = calculate(run, revisions);
  write(run, status);
  watchDeadline(run, status);
};

/** Status during a rollout, with the Progressing and ReplicaFailure conditions (syncRolloutStatus). */
export const writeRolloutStatus = (run: DeploymentRun, revisions: Revisions): void => {
  const { deployment } = run;
  let status = calculate(run, revisions);
  if (!hasDeadline(deployment)) {
    status = { ...status, conditions: withoutCondition(status.conditions, 'Progressing') as never };
  }
  const current = findCondition(deployment.status?.conditions, 'Progressing');
  const done =
    (status.replicas ?? 0) === (status.updatedReplicas ?? 0) && current?.reason === 'NewReplicaSetAvailable';
  if (hasDeadline(deployment) && !done) status = withProgress(run, status, revisions.newSet);
  const failure = failureOf(revisions);
  const conditions =
    failure === undefined
      ? withoutCondition(status.conditions, 'ReplicaFailure')
      : setCondition(status.conditions, failure);
  status = { ...status, conditions: conditions as never };
  const wasComplete = isComplete(deployment, deployment.status);
  write(run, status);
  watchDeadline(run, status);
  // What is stored as complete is cleaned up after in the next sync, which upstream's own write brings about.
  if (!wasComplete && isComplete(deployment, status) && outdated(run, revisions.oldSets).length > 0)
    run.wakeAt(run.context.now);
};
