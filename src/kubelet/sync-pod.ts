/** One look at a pod that is to run: containers in their order, then phase and conditions (syncPod, 1.36). */

import type { ContainerStatus, PodSpec, PodStatus } from '../kinds/generated/types.ts';
import { sumPodLimits, sumPodRequests } from '../machinery/pod-resources.ts';
import { canonicalResource, type Quantity } from '../machinery/quantity.ts';
import { type Instant, printTime } from '../machinery/time.ts';
import { isSidecar, podConditions } from './conditions.ts';
import { containerFacts } from './container-id.ts';
import { pick } from './latency.ts';
import { launch, launchMs, notePulling, waitingStatus } from './launch.ts';
import { podPhase, shouldRestart } from './phase.ts';
import { freeAddress, hostAddress } from './pod-address.ts';
import { missingVolumes } from './references.ts';
import { live, settle } from './running.ts';
import { stopInOrder } from './stop-pod.ts';
import { drawFor, instantOf, lookAgain, notePod, type Role, type Sync, type Unit, unitsOf } from './sync.ts';

/** Whether the container was ever started. */
const hasRun = (status: ContainerStatus | undefined): status is ContainerStatus =>
  status?.containerID !== undefined && status.containerID !== '';

/** Containers started in one look at most, so that a look stays within its writes. */
const MOST_LAUNCHES = 4;

/** Starts containers one after the other, as a kubelet's worker does. */
class Launcher {
  readonly #sync: Sync;
  /** When the worker is free for the next container; `undefined` while it is busy with one. */
  #free: Instant | undefined;
  /** True when the worker became free in this look, so that a turn begins now. */
  #isFresh: boolean;
  readonly #default: string;
  #launches = 0;

  constructor(sync: Sync, free: Instant | undefined, isFresh: boolean) {
    this.#sync = sync;
    this.#free = free;
    this.#isFresh = isFresh;
    this.#default =
      (sync.pod.spec?.initContainers ?? []).length > 0 ? 'PodInitializing' : 'ContainerCreating';
  }

  /** The status of a container that waits for its turn. */
  wait(unit: Unit): ContainerStatus {
    return unit.status ?? waitingStatus(unit, this.#default);
  }

  /** A container that never ran. */
  first(unit: Unit): ContainerStatus {
    const sync = this.#sync;
    if (this.#free === undefined) return this.wait(unit);
    // An ephemeral container that was just added has its turn from now on.
    if (unit.role === 'ephemeral' && unit.status === undefined) this.free(sync.now, true);
    if (this.#isFresh) notePulling(sync, unit);
    if (this.#launches === MOST_LAUNCHES) {
      this.block();
      lookAgain(sync, sync.now);
      return this.wait(unit);
    }
    this.#launches += 1;
    const due = this.#free + launchMs(sync, unit);
    if (due > sync.now) {
      this.#free = undefined;
      lookAgain(sync, due);
      return this.wait(unit);
    }
    const status = settle(sync, unit, launch(sync, unit, due, 0));
    if (status.containerID !== unit.status?.containerID) this.free(sync.now, true);
    return status;
  }

  /** A container that ran or runs: the worker got free when it started. */
  again(unit: Unit, status: ContainerStatus): ContainerStatus {
    if (status.restartCount === 0) {
      const text = status.state?.running?.startedAt ?? status.state?.terminated?.startedAt;
      this.free(containerFacts(status.containerID, text, 0).startedAt, false);
    }
    return live(this.#sync, unit, status);
  }

  /** The worker is free from then on. */
  free(at: Instant, isFresh: boolean): void {
    if (this.#free === undefined || at < this.#free) return;
    this.#free = at;
    this.#isFresh = isFresh;
  }

  /** Nothing may start any more. */
  block(): void {
    this.#free = undefined;
  }
}

const isDone = (unit: Unit, status: ContainerStatus): boolean =>
  isSidecar(unit.container) ? status.started === true : status.state?.terminated?.exitCode === 0;

const syncInits = (sync: Sync, launcher: Launcher): readonly ContainerStatus[] => {
  const hasBegun = unitsOf(sync.pod, 'main').some(({ status }) => hasRun(status));
  let isBlocked = false;
  return unitsOf(sync.pod, 'init').map((unit) => {
    const sidecar = isSidecar(unit.container);
    if (isBlocked) return launcher.wait(unit);
    // Once the main containers run, init containers stay as they ended; sidecars go on.
    if (hasBegun && !sidecar) return launcher.wait(unit);
    const wasRunning = unit.status?.state?.running !== undefined;
    const status = hasRun(unit.status) ? launcher.again(unit, unit.status) : launcher.first(unit);
    if (isDone(unit, status)) {
      const finished = status.state?.terminated?.finishedAt;
      if (finished !== undefined) launcher.free(wasRunning ? sync.now : instantOf(finished), wasRunning);
    } else if (!hasBegun) {
      isBlocked = true;
      launcher.block();
    }
    return status;
  });
};

const syncAll = (sync: Sync, launcher: Launcher, role: Role): readonly ContainerStatus[] =>
  unitsOf(sync.pod, role).map((unit) =>
    hasRun(unit.status) ? launcher.again(unit, unit.status) : launcher.first(unit),
  );

const addressOf = (sync: Sync): string | undefined => {
  const { pod, node, context } = sync;
  if (pod.status?.podIP) return pod.status.podIP;
  if (pod.spec?.hostNetwork === true) return hostAddress(node);
  const taken = sync.addresses.taken(context.log, context.lookup);
  return freeAddress(node.spec?.podCIDR, taken, drawFor(sync, 'address'));
};

/** Retries of a mount that fails: 0.5 s doubling to about 2 min, so many of them are told about. */
const MOUNT_TRIES = 10;

/** Whether all volumes can be mounted; notes why not. */
const mounts = (sync: Sync, admitted: Instant, isFirst: boolean): boolean => {
  const missing = missingVolumes(sync.pod, sync.context.lookup);
  if (missing.length === 0) return true;
  // Counted from the whole second, which is all that the status keeps.
  const since = Math.floor(admitted / 1000) * 1000;
  const points = Array.from(
    { length: MOUNT_TRIES },
    (_, index) => since + 500 * (2 ** Math.min(index + 1, 8) - 1),
  );
  if (isFirst || points.includes(sync.now)) {
    for (const { message } of missing) notePod(sync, 'Warning', 'FailedMount', message);
  }
  const next = points.find((point) => point > sync.now);
  if (next !== undefined) lookAgain(sync, next);
  return false;
};

/** Notes which of the pod's pull secrets do not exist: pulls are tried all the same. */
const notePullSecrets = (sync: Sync): void => {
  const { pod, context } = sync;
  const missing = (pod.spec?.imagePullSecrets ?? [])
    .map(({ name = '' }) => name)
    .filter((name) => context.lookup.get('secrets', pod.metadata.namespace ?? '', name) === undefined);
  if (missing.length === 0) return;
  const names = missing.join(', ');
  const text = `Unable to retrieve some image pull secrets (${names}); attempting to pull the image may not succeed.`;
  notePod(sync, 'Warning', 'FailedToRetrieveImagePullSecret', text);
};

const makeLauncher = (sync: Sync): Launcher => {
  const { pod, pace } = sync;
  const isFirst = pod.status?.startTime === undefined;
  if (isFirst) notePullSecrets(sync);
  const admitted = isFirst ? sync.now : instantOf(pod.status?.startTime);
  const hasMounted = pod.status?.podIP !== undefined || mounts(sync, admitted, isFirst);
  if (!hasMounted) return new Launcher(sync, undefined, false);
  return new Launcher(sync, admitted + pick(pace.sandboxMs, drawFor(sync, 'sandbox')), isFirst);
};

const hasOutcome = (status: ContainerStatus): boolean => {
  const reason = status.state?.waiting?.reason;
  return reason !== 'ContainerCreating' && reason !== 'PodInitializing';
};

/** What the kubelet reports about itself and its network. */
const networkStatus = (sync: Sync, isUp: boolean): Partial<PodStatus> => {
  const host = hostAddress(sync.node);
  const address = isUp || sync.pod.spec?.hostNetwork === true ? addressOf(sync) : sync.pod.status?.podIP;
  return {
    ...(host === '' ? {} : { hostIP: host, hostIPs: [{ ip: host }] }),
    ...(address === undefined ? {} : { podIP: address, podIPs: [{ ip: address }] }),
  };
};

/** Whether all main containers have ended for good. */
const areOver = (spec: PodSpec, mains: readonly ContainerStatus[]): boolean =>
  mains.length > 0 &&
  mains.every((status, index) => {
    const exit = status.state?.terminated;
    const container = spec.containers[index];
    return (
      exit !== undefined && container !== undefined && !shouldRestart(container, spec, exit.exitCode, false)
    );
  });

/** Sidecars do not outlive the main containers: they are stopped, the last one first. */
const endSidecars = (
  sync: Sync,
  inits: readonly ContainerStatus[],
  mains: readonly ContainerStatus[],
): readonly ContainerStatus[] => {
  if (!inits.some(({ state }) => state?.running !== undefined)) return inits;
  const isNew = unitsOf(sync.pod, 'main').some(({ status }) => status?.state?.terminated === undefined);
  const ended = Math.max(...mains.map(({ state }) => instantOf(state?.terminated?.finishedAt)));
  const graceMs = (sync.pod.spec?.terminationGracePeriodSeconds ?? 30) * 1000;
  const units = unitsOf(sync.pod, 'init').map((unit, index) => ({ ...unit, status: inits[index] }));
  const stop = { since: isNew ? sync.now : ended, graceMs, isNew };
  return stopInOrder(sync, units, stop, 0).map(
    (status, index) => status ?? (inits[index] as ContainerStatus),
  );
};

type Amounts = Readonly<Record<string, string>>;

const printed = (amounts: ReadonlyMap<string, Quantity>, names?: readonly string[]): Amounts | undefined => {
  const entries = [...amounts]
    .filter(([name]) => names === undefined || names.includes(name))
    .map(([name, amount]) => [name, canonicalResource(amount)] as const);
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
};

/** What the pod's group of processes gets: the sum of its containers; limits only count when all containers have one. */
const podResources = (spec: PodSpec, phase: string): Pick<PodStatus, 'allocatedResources' | 'resources'> => {
  const isRunning = phase === 'Running';
  const isLimited = (name: string): boolean =>
    spec.resources?.limits?.[name] !== undefined ||
    spec.containers.every(({ resources }) => resources?.limits?.[name] !== undefined);
  const counted = ['cpu', 'memory'];
  const requests = sumPodRequests(spec);
  const all = printed(requests);
  const requested = isRunning ? printed(requests, counted) : all;
  const limits = printed(sumPodLimits(spec), isRunning ? counted.filter(isLimited) : undefined);
  return {
    ...(all === undefined ? {} : { allocatedResources: all }),
    resources: { ...(limits ? { limits } : {}), ...(requested ? { requests: requested } : {}) },
  };
};

/** The pod's status at the sync's instant. */
export const syncPod = (sync: Sync): PodStatus => {
  const { pod } = sync;
  const spec = pod.spec as PodSpec;
  const launcher = makeLauncher(sync);
  const begun = syncInits(sync, launcher);
  const mains = syncAll(sync, launcher, 'main');
  const inits = areOver(spec, mains) ? endSidecars(sync, begun, mains) : begun;
  const ephemerals = syncAll(sync, launcher, 'ephemeral');
  const statuses = [...inits, ...mains];
  const phase = podPhase(spec, statuses, false);
  const isUp = statuses.some(hasOutcome);
  const isOver = phase === 'Succeeded' || phase === 'Failed';
  if (isOver) sync.next = undefined;
  return {
    ...pod.status,
    ...(pod.metadata.generation === undefined ? {} : { observedGeneration: pod.metadata.generation }),
    phase,
    conditions: podConditions(pod, { phase, hasSandbox: isUp && !isOver, statuses, now: sync.now }),
    startTime: pod.status?.startTime ?? printTime(sync.now),
    ...networkStatus(sync, isUp),
    ...(inits.length > 0 ? { initContainerStatuses: inits } : {}),
    containerStatuses: mains,
    ...(ephemerals.length > 0 ? { ephemeralContainerStatuses: ephemerals } : {}),
    ...podResources(spec, phase),
  };
};
