/** Ending a pod: hooks, signals, grace, the last status (syncTerminatingPod and syncTerminatedPod, 1.36). */

import type { ContainerStatus, Pod, PodSpec, PodStatus } from '../kinds/generated/types.ts';
import type { Instant } from '../machinery/time.ts';
import { isSidecar, podConditions } from './conditions.ts';
import { podPhase } from './phase.ts';
import { endedStatus, endOf, exitedStatus, ownExit, startOf, unitFate } from './running.ts';
import { instantOf, lookAgain, noteContainer, type Role, type Sync, type Unit, unitsOf } from './sync.ts';

/** Why and since when the pod is stopped. */
export interface Stop {
  readonly since: Instant;
  readonly graceMs: number;
  /** True in the look that begins the stop. */
  readonly isNew: boolean;
  /** Phase, reason and message that the stop gives the pod at once (deadline, eviction). */
  readonly verdict?: Pick<PodStatus, 'phase' | 'reason' | 'message'>;
}

const UNKNOWN = {
  reason: 'ContainerStatusUnknown',
  message: 'The container could not be located when the pod was terminated',
  exitCode: 137,
};

/** A container with the time, counted from the beginning of the stop, at which it has ended. */
interface Ending {
  readonly status: ContainerStatus | undefined;
  readonly ms: number;
}

const stopUnit = (sync: Sync, unit: Unit, stop: Stop, turnMs: number): Ending => {
  const { status } = unit;
  if (status?.state?.running === undefined) {
    const finished = status?.state?.terminated?.finishedAt;
    return { status, ms: finished === undefined ? 0 : Math.max(0, instantOf(finished) - stop.since) };
  }
  if (stop.isNew) noteContainer(sync, unit, 'Normal', 'Killing', `Stopping container ${unit.container.name}`);
  const startedAt = startOf(status);
  const fate = unitFate(sync, unit, startedAt);
  const { ms, code } = endOf(sync, unit, fate, stop.graceMs, turnMs);
  // What ends of itself before it is made to does not wait for its signal, its hook or its grace.
  const exitAt = ownExit(fate, startedAt);
  if (exitAt !== undefined && exitAt < stop.since + ms) {
    const exitMs = Math.max(0, exitAt - stop.since);
    if (exitAt <= sync.now) return { status: exitedStatus(sync, unit, status, fate, exitAt), ms: exitMs };
    lookAgain(sync, exitAt);
    return { status, ms: exitMs };
  }
  if (stop.since + ms > sync.now) {
    lookAgain(sync, stop.since + ms);
    return { status, ms };
  }
  return { status: endedStatus(status, code, sync.now), ms };
};

/** Init containers end; among them sidecars not before `mainsMs` after the beginning of the stop, the last one first. */
export const stopInOrder = (
  sync: Sync,
  units: readonly Unit[],
  stop: Stop,
  mainsMs: number,
): readonly (ContainerStatus | undefined)[] => {
  let turn = mainsMs;
  const statuses: (ContainerStatus | undefined)[] = [];
  for (const unit of units.toReversed()) {
    const ending = stopUnit(sync, unit, stop, isSidecar(unit.container) ? turn : 0);
    turn = Math.max(turn, ending.ms);
    statuses.unshift(ending.status);
  }
  return statuses;
};

/** Containers that never ran, or wait for a restart, are given up when the pod is over. */
const giveUp = (status: ContainerStatus): ContainerStatus => {
  if (status.state?.terminated !== undefined || status.state?.running !== undefined) return status;
  const last = status.lastState?.terminated;
  if (last !== undefined) return { ...status, state: { terminated: last }, lastState: {} };
  return { ...status, state: { terminated: { ...UNKNOWN, startedAt: null, finishedAt: null } as never } };
};

const present = (statuses: readonly (ContainerStatus | undefined)[]): readonly ContainerStatus[] =>
  statuses.filter((status) => status !== undefined);

const isRunning = (status: ContainerStatus): boolean => status.state?.running !== undefined;

export interface Stopped {
  readonly status: PodStatus;
  /** All containers have ended. */
  readonly isOver: boolean;
}

/** The status of a pod that is being stopped, at the sync's instant. */
export const stopPod = (sync: Sync, stop: Stop): Stopped => {
  const { pod } = sync;
  const stopAll = (role: Role) => unitsOf(pod, role).map((unit) => stopUnit(sync, unit, stop, 0));
  const endings = stopAll('main');
  const running = present(endings.map(({ status }) => status));
  const inits = present(
    stopInOrder(sync, unitsOf(pod, 'init'), stop, Math.max(0, ...endings.map(({ ms }) => ms))),
  );
  const ephemerals = present(stopAll('ephemeral').map(({ status }) => status));
  const isOver = ![...inits, ...running, ...ephemerals].some(isRunning);
  const hasInits = (pod.spec?.initContainers ?? []).length > 0;
  const mains = isOver
    ? running.map((status) => (hasInits && status.containerID === undefined ? status : giveUp(status)))
    : running;
  const statuses = [...inits, ...mains];
  const phase = phaseOf(pod, statuses, stop, isOver);
  return {
    isOver,
    status: {
      ...pod.status,
      ...(pod.metadata.generation === undefined ? {} : { observedGeneration: pod.metadata.generation }),
      phase,
      ...(stop.verdict ?? {}),
      conditions: podConditions(pod, {
        phase,
        hasSandbox: !isOver && pod.status?.podIP !== undefined,
        statuses,
        now: sync.now,
      }),
      ...(inits.length > 0 ? { initContainerStatuses: inits } : {}),
      ...(mains.length > 0 ? { containerStatuses: mains } : {}),
      ...(ephemerals.length > 0 ? { ephemeralContainerStatuses: ephemerals } : {}),
    },
  };
};

const phaseOf = (pod: Pod, statuses: readonly ContainerStatus[], stop: Stop, isOver: boolean): string => {
  const before = pod.status?.phase ?? 'Pending';
  if (before === 'Failed' || before === 'Succeeded') return before;
  if (stop.verdict?.phase !== undefined) return stop.verdict.phase;
  if (!isOver) return before;
  const phase = podPhase(pod.spec as PodSpec, statuses, true);
  return phase === 'Succeeded' ? phase : 'Failed';
};
