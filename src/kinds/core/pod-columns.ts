/** Pods in tables (upstream: printPod, pkg/printers/internalversion/printers.go, 1.36). */

import { humanDuration } from '../../machinery/duration.ts';
import type { KubeObject } from '../../machinery/object.ts';
import { type Instant, parseTime } from '../../machinery/time.ts';
import { ageColumn, column, nameColumn, wideColumn } from '../common/columns.ts';
import type { Column, RowCondition } from '../define.ts';
import type {
  Container,
  ContainerStateTerminated,
  ContainerStatus,
  Pod,
  PodCondition,
} from '../generated/types.ts';

interface Summary {
  readonly ready: number;
  readonly total: number;
  readonly reason: string;
  readonly restarts: number;
  readonly lastRestart: Instant | undefined;
}

const isTrue = (conditions: readonly PodCondition[] | undefined, type: string): boolean =>
  conditions?.find((condition) => condition.type === type)?.status === 'True';

const isSidecar = (container: Container | undefined): boolean => container?.restartPolicy === 'Always';

const finished = (status: ContainerStatus): Instant | undefined =>
  parseTime(status.lastState?.terminated?.finishedAt ?? '');

const later = (left: Instant | undefined, right: Instant | undefined): Instant | undefined => {
  if (left === undefined) return right;
  return right === undefined || right < left ? left : right;
};

const endReason = (end: ContainerStateTerminated): string => {
  if (end.reason) return end.reason;
  return end.signal ? `Signal:${end.signal}` : `ExitCode:${end.exitCode}`;
};

interface InitSummary {
  /** Why initialization is not over; `undefined` when it is. */
  readonly blocked: string | undefined;
  readonly readySidecars: number;
  readonly restarts: number;
  readonly lastRestart: Instant | undefined;
  readonly sidecarRestarts: number;
  readonly lastSidecarRestart: Instant | undefined;
}

const blockReason = (status: ContainerStatus, index: number, total: number): string => {
  const { terminated, waiting } = status.state ?? {};
  if (terminated) return `Init:${endReason(terminated)}`;
  if (waiting?.reason && waiting.reason !== 'PodInitializing') return `Init:${waiting.reason}`;
  return `Init:${index}/${total}`;
};

const summarizeInit = (pod: Pod): InitSummary => {
  const containers = pod.spec?.initContainers ?? [];
  let restarts = 0;
  let sidecarRestarts = 0;
  let lastRestart: Instant | undefined;
  let lastSidecarRestart: Instant | undefined;
  let readySidecars = 0;
  let blocked: string | undefined;
  for (const [index, status] of (pod.status?.initContainerStatuses ?? []).entries()) {
    const sidecar = isSidecar(containers.find((container) => container.name === status.name));
    restarts += status.restartCount;
    lastRestart = later(lastRestart, finished(status));
    if (sidecar) {
      sidecarRestarts += status.restartCount;
      lastSidecarRestart = later(lastSidecarRestart, finished(status));
    }
    if (status.state?.terminated?.exitCode === 0) continue;
    if (sidecar && status.started === true) {
      if (status.ready) readySidecars += 1;
      continue;
    }
    blocked = blockReason(status, index, containers.length);
    break;
  }
  return { blocked, readySidecars, restarts, lastRestart, sidecarRestarts, lastSidecarRestart };
};

const firstReason = (pod: Pod): string => {
  const gated = pod.status?.conditions?.some(
    (condition) => condition.type === 'PodScheduled' && condition.reason === 'SchedulingGated',
  );
  return gated ? 'SchedulingGated' : pod.status?.reason || pod.status?.phase || '';
};

/** Phases that a pod never leaves. */
const isOver = (pod: Pod): boolean => pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';

const deletionReason = (pod: Pod, reason: string): string => {
  if (pod.metadata.deletionTimestamp === undefined) return reason;
  if (pod.status?.reason === 'NodeLost') return 'Unknown';
  return isOver(pod) ? reason : 'Terminating';
};

const runningReason = (status: ContainerStatus): string | undefined => {
  const { waiting, terminated } = status.state ?? {};
  if (waiting?.reason) return waiting.reason;
  return terminated ? endReason(terminated) : undefined;
};

const summarizeMain = (pod: Pod, init: InitSummary, before: string): Omit<Summary, 'total'> => {
  let { sidecarRestarts: restarts, lastSidecarRestart: lastRestart, readySidecars: ready } = init;
  let reason = before;
  let running = false;
  for (const status of [...(pod.status?.containerStatuses ?? [])].reverse()) {
    restarts += status.restartCount;
    lastRestart = later(lastRestart, finished(status));
    const why = runningReason(status);
    if (why !== undefined) reason = why;
    else if (status.ready && status.state?.running) {
      running = true;
      ready += 1;
    }
  }
  if (reason === 'Completed' && running)
    reason = isTrue(pod.status?.conditions, 'Ready') ? 'Running' : 'NotReady';
  return { ready, reason, restarts, lastRestart };
};

/** What the columns of a pod say. */
export const summarizePod = (pod: Pod): Summary => {
  const sidecars = (pod.spec?.initContainers ?? []).filter(isSidecar).length;
  const total = (pod.spec?.containers?.length ?? 0) + sidecars;
  const init = summarizeInit(pod);
  const before = init.blocked ?? firstReason(pod);
  const initialized = init.blocked === undefined || isTrue(pod.status?.conditions, 'Initialized');
  const main = initialized
    ? summarizeMain(pod, init, before)
    : { ready: init.readySidecars, reason: before, restarts: init.restarts, lastRestart: init.lastRestart };
  return { ...main, total, reason: deletionReason(pod, main.reason) };
};

const printRestarts = (pod: Pod, now: Instant): string => {
  const { restarts, lastRestart } = summarizePod(pod);
  if (restarts === 0 || lastRestart === undefined) return String(restarts);
  return `${restarts} (${humanDuration(now - lastRestart)} ago)`;
};

const printReady = (pod: Pod): string => {
  const { ready, total } = summarizePod(pod);
  return `${ready}/${total}`;
};

const printGates = (pod: Pod): string => {
  const gates = pod.spec?.readinessGates ?? [];
  if (gates.length === 0) return '<none>';
  const met = gates.filter((gate) => isTrue(pod.status?.conditions, gate.conditionType));
  return `${met.length}/${gates.length}`;
};

export const podColumns: readonly Column[] = [
  nameColumn,
  column<Pod>('Ready', 'string', printReady),
  column<Pod>('Status', 'string', (pod) => summarizePod(pod).reason),
  column<Pod>('Restarts', 'string', printRestarts),
  ageColumn,
  wideColumn<Pod>('IP', 'string', (pod) => pod.status?.podIPs?.[0]?.ip || '<none>'),
  wideColumn<Pod>('Node', 'string', (pod) => pod.spec?.nodeName || '<none>'),
  wideColumn<Pod>('Nominated Node', 'string', (pod) => pod.status?.nominatedNodeName || '<none>'),
  wideColumn<Pod>('Readiness Gates', 'string', printGates),
];

/** Marks rows of pods that ran to their end. */
export const podRowConditions = (object: KubeObject): readonly RowCondition[] => {
  const phase = (object as Pod).status?.phase;
  if (phase !== 'Succeeded' && phase !== 'Failed') return [];
  const message = phase === 'Succeeded' ? 'The pod has completed successfully.' : 'The pod failed.';
  return [{ type: 'Completed', status: 'True', reason: phase, message }];
};
