/** A container after its start: it runs, exits, waits, starts again. */

import type { ContainerStateTerminated, ContainerStatus, PodSpec } from '../kinds/generated/types.ts';
import { printMilliseconds } from '../machinery/duration.ts';
import { type Instant, printTime } from '../machinery/time.ts';
import { backoffMs, FORGIVEN_AFTER_MS } from './backoff.ts';
import { type Fate, fateOf } from './commands.ts';
import { containerFacts } from './container-id.ts';
import { printImageName } from './image-name.ts';
import { findImage } from './images.ts';
import { launch, waitingStatus } from './launch.ts';
import { shouldRestart } from './phase.ts';
import { judge } from './probes.ts';
import { podLabel } from './references.ts';
import { instantOf, lookAgain, noteContainer, type Sync, type Unit } from './sync.ts';

/** The fate of the container as its image and command decide it. */
export const unitFate = (unit: Unit): Fate => {
  const image = findImage(unit.container.image ?? '');
  return typeof image === 'string'
    ? { exitCode: 0, heedsStop: true, stopCode: 0 }
    : fateOf(unit.container, image);
};

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
  started: false,
});

/** True when the pod's spec names another image than the one that runs. */
const hasNewImage = (unit: Unit, status: ContainerStatus): boolean => {
  const image = findImage(unit.container.image ?? '');
  return typeof image === 'string' || printImageName(image.name) !== status.image;
};

const run = (sync: Sync, unit: Unit, status: ContainerStatus): ContainerStatus => {
  const { startedAt } = containerFacts(
    status.containerID,
    status.state?.running?.startedAt,
    status.restartCount,
  );
  const fate = unitFate(unit);
  const endsAt = fate.endsAfterMs === undefined ? undefined : startedAt + fate.endsAfterMs;
  if (endsAt !== undefined && endsAt <= sync.now) {
    const ended = endedStatus(status, fate.exitCode, endsAt, fate.message ? { message: fate.message } : {});
    lookAgain(sync, sync.now + sync.pace.reactMs);
    return unit.role === 'init' && fate.exitCode === 0 ? { ...ended, ready: true } : ended;
  }
  if (unit.role !== 'ephemeral' && hasNewImage(unit, status)) {
    noteContainer(
      sync,
      unit,
      'Normal',
      'Killing',
      `Container ${unit.container.name} definition changed, will be restarted`,
    );
    lookAgain(sync, sync.now + sync.pace.reactMs);
    return endedStatus(status, fate.heedsStop ? fate.stopCode : 137, sync.now);
  }
  const health = judge(sync, unit, startedAt, fate);
  if (health.killAt !== undefined && health.killAt <= sync.now) {
    lookAgain(sync, sync.now + sync.pace.reactMs);
    return endedStatus(status, fate.heedsStop ? fate.stopCode : 137, sync.now);
  }
  if (endsAt !== undefined) lookAgain(sync, endsAt);
  if (health.started === status.started && health.ready === status.ready) return status;
  return { ...status, started: health.started, ready: health.ready };
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
  const isForgiven = finishedAt - instantOf(exit.startedAt) > FORGIVEN_AFTER_MS;
  const waitMs = backoffMs(isForgiven ? 0 : streak);
  const due = finishedAt + Math.max(waitMs, sync.pace.reactMs);
  if (due <= sync.now) {
    const fresh: Unit = { ...unit, status };
    return settle(sync, unit, launch(sync, fresh, due, isForgiven ? 1 : streak + 1));
  }
  lookAgain(sync, due);
  if (status.state?.waiting !== undefined || waitMs === 0) return status;
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
