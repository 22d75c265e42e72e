/** Ending a pod: hooks, signals, grace, the last status (syncTerminatingPod and syncTerminatedPod, 1.36). */

import type { Container, ContainerStatus, Pod, PodSpec, PodStatus } from '../kinds/generated/types.ts';
import type { Instant } from '../machinery/time.ts';
import { podConditions } from './conditions.ts';
import { pick } from './latency.ts';
import { podPhase } from './phase.ts';
import { endedStatus, unitFate } from './running.ts';
import { drawFor, lookAgain, noteContainer, type Role, type Sync, type Unit } from './sync.ts';
import { unitsOf } from './sync-pod.ts';

/** Why and since when the pod is stopped. */
export interface Stop {
  readonly since: Instant;
  readonly graceMs: number;
  /** True in the look that begins the stop. */
  readonly isNew: boolean;
  /** Phase, reason and message that the stop gives the pod at once (deadline, eviction). */
  readonly verdict?: Pick<PodStatus, 'phase' | 'reason' | 'message'>;
}

/** How long a preStop hook keeps the container alive. */
const hookMs = (container: Container): number => {
  const hook = container.lifecycle?.preStop;
  if (hook === undefined) return 0;
  if (hook.sleep !== undefined) return hook.sleep.seconds * 1000;
  const words = hook.exec?.command ?? [];
  const sleep = /(?:^|[\s;&])sleep\s+(\d+)/.exec(words.join(' '));
  return sleep === null ? 0 : Number(sleep[1]) * 1000;
};

/** Time from the beginning of the stop to the container's end, and its exit code. */
const endOf = (sync: Sync, unit: Unit, graceMs: number): { readonly ms: number; readonly code: number } => {
  const fate = unitFate(unit);
  const hook = hookMs(unit.container);
  const sharesProcesses = sync.pod.spec?.shareProcessNamespace === true;
  if (!fate.heedsStop && !sharesProcesses) return { ms: graceMs, code: 137 };
  const stop = pick(sync.pace.stopMs, drawFor(sync, 'stop', unit.container.name));
  const code = fate.heedsStop ? fate.stopCode : 143;
  if (hook + stop > graceMs && graceMs === 0) return { ms: 0, code: 137 };
  return { ms: Math.min(hook, graceMs) + stop, code };
};

const UNKNOWN = {
  reason: 'ContainerStatusUnknown',
  message: 'The container could not be located when the pod was terminated',
  exitCode: 137,
};

const stopUnit = (sync: Sync, unit: Unit, stop: Stop): ContainerStatus | undefined => {
  const { status } = unit;
  if (status?.state?.running === undefined) return status;
  if (stop.isNew) noteContainer(sync, unit, 'Normal', 'Killing', `Stopping container ${unit.container.name}`);
  const { ms, code } = endOf(sync, unit, stop.graceMs);
  if (stop.since + ms > sync.now) {
    lookAgain(sync, stop.since + ms);
    return status;
  }
  return endedStatus(status, code, sync.now);
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
  const stopAll = (role: Role) => present(unitsOf(pod, role).map((unit) => stopUnit(sync, unit, stop)));
  const inits = stopAll('init');
  const running = stopAll('main');
  const ephemerals = stopAll('ephemeral');
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
