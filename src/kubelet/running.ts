/** A container after its start: it runs, exits, waits, starts again. */

import type { ContainerStateTerminated, ContainerStatus, PodSpec, Probe } from '../kinds/generated/types.ts';
import { deepEqual } from '../machinery/deep.ts';
import { printMilliseconds } from '../machinery/duration.ts';
import { type Instant, printTime } from '../machinery/time.ts';
import { backoffMs, FORGIVEN_AFTER_MS } from './backoff.ts';
import { type Fate, fateOf } from './commands.ts';
import { isSidecar } from './conditions.ts';
import { containerFacts } from './container-id.ts';
import { hookMs, postStart } from './hooks.ts';
import { printImageName } from './image-name.ts';
import { findImage } from './images.ts';
import { pick } from './latency.ts';
import { launch, resourcesOf, waitingStatus } from './launch.ts';
import { shouldRestart } from './phase.ts';
import { type Health, judge } from './probes.ts';
import { podLabel } from './references.ts';
import { surroundingsOf } from './surroundings.ts';
import { drawFor, instantOf, lookAgain, noteContainer, type Sync, type Unit } from './sync.ts';

/** A process that runs on and stops when asked: what an image that cannot be named would run. */
const NOBODY: Fate = { exitCode: 0, heedsStop: true, stopCode: 0, files: [] };

/** The fate of the container that started then, as its image and command decide it. */
export const unitFate = (sync: Sync, unit: Unit, startedAt: Instant): Fate => {
  const image = findImage(unit.container.image ?? '');
  if (typeof image === 'string') return NOBODY;
  const fate = fateOf(unit.container, image, surroundingsOf(sync, unit.container, image, startedAt));
  const left = postStart(sync, unit)?.files ?? [];
  return left.length === 0 ? fate : { ...fate, files: [...left, ...fate.files] };
};

/** When the container that runs was started. */
export const startOf = (status: ContainerStatus): Instant =>
  containerFacts(status.containerID, status.state?.running?.startedAt, status.restartCount).startedAt;

/** Marks a running container as ended. */
export const endedStatus = (
  status: ContainerStatus,
  exitCode: number,
  at: Instant,
  extra: Partial<ContainerStateTerminated> = {},
): ContainerStatus => ({
  ...status,
  state: {
    terminated: {
      exitCode,
      reason: exitCode === 0 ? 'Completed' : 'Error',
      startedAt: status.state?.running?.startedAt ?? printTime(at),
      finishedAt: printTime(at),
      ...(status.containerID === undefined ? {} : { containerID: status.containerID }),
      ...extra,
    },
  },
  ready: false,
  ...(status.started === undefined ? {} : { started: false }),
});

/** True when the pod's spec names another image than the one that runs. */
const hasNewImage = (unit: Unit, status: ContainerStatus): boolean => {
  const image = findImage(unit.container.image ?? '');
  return typeof image === 'string' || printImageName(image.name) !== status.image;
};

/** Even a container whose grace is used up gets this long between its stop signal and the kill. */
const LEAST_GRACE_MS = 2000;

/**
 * How long after the wish to end it the container has ended, and its exit code. The stop signal comes after the
 * preStop hook, and not before `turnMs` (sidecars wait for others to end).
 */
export const endOf = (
  sync: Sync,
  unit: Unit,
  fate: Fate,
  graceMs: number,
  turnMs = 0,
): { readonly ms: number; readonly code: number } => {
  const heeds = fate.heedsStop || sync.pod.spec?.shareProcessNamespace === true;
  const stop = pick(sync.pace.stopMs, drawFor(sync, 'stop', unit.container.name));
  if (graceMs === 0) return { ms: 0, code: stop === 0 && fate.heedsStop ? fate.stopCode : 137 };
  const from = Math.min(Math.max(hookMs(sync, unit), turnMs), graceMs);
  if (!heeds) return { ms: Math.max(graceMs, from + LEAST_GRACE_MS), code: 137 };
  return { ms: from + stop, code: fate.heedsStop ? fate.stopCode : 143 };
};

/** When a container that started then exits of itself; `undefined` when it runs on. */
export const ownExit = (fate: Fate, startedAt: Instant): Instant | undefined =>
  fate.endsAfterMs === undefined ? undefined : startedAt + fate.endsAfterMs;

/** Code and start that containerd gives a container that it could not start. */
const UNSTARTED = { exitCode: 128, startedAt: '1970-01-01T00:00:00Z', reason: 'StartError' };

/** A container that the runtime could not start: a wait for the next try, or the end. */
const unstartable = (
  sync: Sync,
  unit: Unit,
  status: ContainerStatus,
  message: string,
  at: Instant,
): ContainerStatus => {
  noteContainer(sync, unit, 'Warning', 'Failed', `Error: ${message}`);
  const ended = endedStatus(status, UNSTARTED.exitCode, at, { ...UNSTARTED, message });
  const spec = sync.pod.spec as PodSpec;
  if (unit.role === 'ephemeral') return ended;
  if (!shouldRestart(unit.container, spec, UNSTARTED.exitCode, unit.role === 'init')) return ended;
  return waitingStatus({ ...unit, status: ended }, 'RunContainerError', message);
};

/** The status of a container that has exited of itself, with what it leaves behind. */
export const exitedStatus = (
  sync: Sync,
  unit: Unit,
  status: ContainerStatus,
  fate: Fate,
  at: Instant,
): ContainerStatus => {
  if (fate.startError !== undefined) return unstartable(sync, unit, status, fate.startError, at);
  const fallsBack =
    unit.container.terminationMessagePolicy === 'FallbackToLogsOnError' && fate.exitCode !== 0;
  const message = fate.message ?? (fallsBack ? fate.lastLines : undefined);
  const ended = endedStatus(status, fate.exitCode, at, {
    ...(message ? { message } : {}),
    ...(fate.exitReason ? { reason: fate.exitReason } : {}),
  });
  return unit.role === 'init' && fate.exitCode === 0 ? { ...ended, ready: true } : ended;
};

const graceOf = (sync: Sync, probe: Probe): number =>
  (probe.terminationGracePeriodSeconds ?? sync.pod.spec?.terminationGracePeriodSeconds ?? 30) * 1000;

const killed = (
  sync: Sync,
  unit: Unit,
  status: ContainerStatus,
  fate: Fate,
  kill: NonNullable<Health['kill']>,
): ContainerStatus | undefined => {
  const { ms, code } = endOf(sync, unit, fate, graceOf(sync, kill.probe));
  if (kill.since === sync.now) {
    const { name } = unit.container;
    const restarts = (unit.container.restartPolicy ?? sync.pod.spec?.restartPolicy) !== 'Never';
    const text = `Container ${name} failed ${kill.name} probe${restarts ? ', will be restarted' : ''}`;
    noteContainer(sync, unit, 'Normal', 'Killing', text);
  }
  if (kill.since + ms > sync.now) {
    lookAgain(sync, kill.since + ms);
    return undefined;
  }
  lookAgain(sync, sync.now + sync.pace.reactMs);
  return endedStatus(status, code, kill.since + ms);
};

const redefined = (sync: Sync, unit: Unit, status: ContainerStatus, fate: Fate): ContainerStatus => {
  const { name } = unit.container;
  noteContainer(sync, unit, 'Normal', 'Killing', `Container ${name} definition changed, will be restarted`);
  lookAgain(sync, sync.now + sync.pace.reactMs);
  return endedStatus(status, fate.heedsStop ? fate.stopCode : 137, sync.now);
};

/** Whether a resource that changed asks for a restart of its container. */
const needsRestart = (unit: Unit, status: ContainerStatus): boolean =>
  (unit.container.resizePolicy ?? []).some(({ resourceName, restartPolicy }) => {
    const { requests, limits } = unit.container.resources ?? {};
    const changed =
      requests?.[resourceName] !== status.resources?.requests?.[resourceName] ||
      limits?.[resourceName] !== status.resources?.limits?.[resourceName];
    return restartPolicy === 'RestartContainer' && changed;
  });

const resizedByRestart = (sync: Sync, unit: Unit, status: ContainerStatus, fate: Fate): ContainerStatus => {
  const { name } = unit.container;
  noteContainer(sync, unit, 'Normal', 'Killing', `Container ${name} resize requires restart`);
  lookAgain(sync, sync.now + sync.pace.reactMs);
  return endedStatus(status, fate.heedsStop ? fate.stopCode : 137, sync.now);
};

const run = (sync: Sync, unit: Unit, status: ContainerStatus): ContainerStatus => {
  const startedAt = startOf(status);
  const image = findImage(unit.container.image ?? '');
  const fate = unitFate(sync, unit, startedAt);
  const endsAt = ownExit(fate, startedAt);
  if (endsAt !== undefined && endsAt <= sync.now) {
    lookAgain(sync, sync.now + sync.pace.reactMs);
    return exitedStatus(sync, unit, status, fate, endsAt);
  }
  if (unit.role !== 'ephemeral' && hasNewImage(unit, status)) return redefined(sync, unit, status, fate);
  if (endsAt !== undefined) lookAgain(sync, endsAt);
  const health: Health =
    typeof image === 'string'
      ? { started: true, ready: true }
      : judge({ sync, unit, image, startedAt, fate });
  const gone = health.kill && killed(sync, unit, status, fate, health.kill);
  if (gone !== undefined) return gone;
  // A plain init container is ready when it has completed, not before.
  const ready = health.ready && (unit.role !== 'init' || isSidecar(unit.container));
  if (unit.role === 'ephemeral') return status;
  const resources = resourcesOf(unit);
  const isResized =
    !deepEqual(resources.allocatedResources, status.allocatedResources) ||
    !deepEqual(resources.resources?.limits, status.resources?.limits);
  if (!isResized && health.started === status.started && ready === status.ready) return status;
  if (isResized && needsRestart(unit, status)) return resizedByRestart(sync, unit, status, fate);
  return { ...status, started: health.started, ready, ...(isResized ? resources : {}) };
};

const afterExit = (
  sync: Sync,
  unit: Unit,
  status: ContainerStatus,
  exit: ContainerStateTerminated,
): ContainerStatus => {
  const spec = sync.pod.spec as PodSpec;
  const isInit = unit.role === 'init';
  if (unit.role === 'ephemeral' || !shouldRestart(unit.container, spec, exit.exitCode, isInit)) return status;
  const { streak } = containerFacts(exit.containerID, exit.startedAt, status.restartCount);
  const finishedAt = instantOf(exit.finishedAt);
  const isForgiven =
    exit.reason !== UNSTARTED.reason && finishedAt - instantOf(exit.startedAt) > FORGIVEN_AFTER_MS;
  const waitMs = backoffMs(isForgiven ? 0 : streak);
  const due = finishedAt + Math.max(waitMs, sync.pace.reactMs);
  if (due <= sync.now) {
    const fresh: Unit = { ...unit, status };
    return settle(sync, unit, launch(sync, fresh, due, isForgiven ? 1 : streak + 1));
  }
  lookAgain(sync, due);
  // RunContainerError and PostStartHookError are seen once, then the wait itself.
  if (status.state?.waiting?.reason === 'CrashLoopBackOff' || waitMs === 0) return status;
  if (sync.now < finishedAt + sync.pace.reactMs) {
    lookAgain(sync, finishedAt + sync.pace.reactMs);
    return status;
  }
  const { name } = unit.container;
  const label = podLabel(sync.pod);
  noteContainer(
    sync,
    unit,
    'Warning',
    'BackOff',
    `Back-off restarting failed container ${name} in pod ${label}`,
  );
  return waitingStatus(
    { ...unit, status },
    'CrashLoopBackOff',
    `back-off ${printMilliseconds(waitMs)} restarting failed container=${name} pod=${label}`,
  );
};

/** A container that has just been started may be ready, or over, at once. */
export const settle = (sync: Sync, unit: Unit, status: ContainerStatus): ContainerStatus =>
  status.state?.running === undefined ? status : run(sync, unit, status);

/** The status at the sync's instant of a container that has run before. */
export const live = (sync: Sync, unit: Unit, status: ContainerStatus): ContainerStatus => {
  if (status.state?.running !== undefined) return run(sync, unit, status);
  const exit = status.state?.terminated ?? status.lastState?.terminated;
  return exit === undefined ? status : afterExit(sync, unit, status, exit);
};
