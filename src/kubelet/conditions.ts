/** The conditions a kubelet keeps on its pods (pkg/kubelet/status/generate.go, 1.36). */

import type { Container, ContainerStatus, Pod, PodCondition } from '../kinds/generated/types.ts';
import { type Instant, printTime } from '../machinery/time.ts';

/** In the order in which the kubelet writes them. */
const OWNED = [
  'PodReadyToStartContainers',
  'Initialized',
  'Ready',
  'ContainersReady',
  'PodScheduled',
] as const;

type Verdict = Pick<PodCondition, 'status' | 'reason' | 'message'>;

const TRUE: Verdict = { status: 'True' };

const falseFor = (reason: string, message?: string): Verdict => ({
  status: 'False',
  reason,
  ...(message === undefined || message === '' ? {} : { message }),
});

/** A list as Go prints it: `[a b]`. */
const goList = (names: readonly string[]): string => `[${names.join(' ')}]`;

/** A restartable init container. */
export const isSidecar = (container: Container): boolean => container.restartPolicy === 'Always';

const messageOf = (unknown: readonly string[], lacking: readonly string[], what: string): string =>
  [
    ...(unknown.length > 0 ? [`containers with unknown status: ${goList(unknown)}`] : []),
    ...(lacking.length > 0 ? [`containers with ${what} status: ${goList(lacking)}`] : []),
  ].join(', ');

const terminal = (phase: string): Verdict => falseFor(phase === 'Failed' ? 'PodFailed' : 'PodCompleted');

const containersReady = (
  pod: Pod,
  statuses: ReadonlyMap<string, ContainerStatus>,
  phase: string,
): Verdict => {
  const counted = [...(pod.spec?.initContainers ?? []).filter(isSidecar), ...(pod.spec?.containers ?? [])];
  const unknown = counted.filter(({ name }) => !statuses.has(name)).map(({ name }) => name);
  const unready = counted.filter(({ name }) => statuses.get(name)?.ready === false).map(({ name }) => name);
  if (phase === 'Succeeded' && unknown.length === 0) return terminal(phase);
  if (phase === 'Failed') return terminal(phase);
  const message = messageOf(unknown, unready, 'unready');
  return message === '' ? TRUE : falseFor('ContainersNotReady', message);
};

const ready = (pod: Pod, containers: Verdict): Verdict => {
  if (containers.status !== 'True') return containers;
  const lacking: string[] = [];
  for (const { conditionType } of pod.spec?.readinessGates ?? []) {
    const condition = pod.status?.conditions?.find(({ type }) => type === conditionType);
    if (condition === undefined) {
      lacking.push(`corresponding condition of pod readiness gate "${conditionType}" does not exist.`);
    } else if (condition.status !== 'True') {
      lacking.push(
        `the status of pod readiness gate "${conditionType}" is not "True", but ${condition.status}`,
      );
    }
  }
  return lacking.length === 0 ? TRUE : falseFor('ReadinessGatesNotReady', lacking.join(', '));
};

const initialized = (pod: Pod, statuses: ReadonlyMap<string, ContainerStatus>, phase: string): Verdict => {
  const inits = pod.spec?.initContainers ?? [];
  const unknown = inits.filter(({ name }) => !statuses.has(name)).map(({ name }) => name);
  if (phase === 'Succeeded' && unknown.length === 0) return { status: 'True', reason: 'PodCompleted' };
  const hasStarted = (pod.spec?.containers ?? []).some(({ name }) => {
    const status = statuses.get(name);
    return (
      status?.state?.running !== undefined ||
      status?.state?.terminated !== undefined ||
      status?.lastState?.terminated !== undefined
    );
  });
  if (hasStarted) return TRUE;
  const incomplete = inits
    .filter((container) => {
      const status = statuses.get(container.name);
      if (status === undefined) return false;
      return isSidecar(container) ? status.started !== true : !status.ready;
    })
    .map(({ name }) => name);
  const message = messageOf(unknown, incomplete, 'incomplete');
  return message === '' ? TRUE : falseFor('ContainersNotInitialized', message);
};

export interface ConditionFacts {
  readonly phase: string;
  readonly hasSandbox: boolean;
  readonly statuses: readonly ContainerStatus[];
  readonly now: Instant;
}

/**
 * The pod's conditions: those of others first, then the kubelet's own. A condition whose status did not change keeps
 * its transition time.
 */
export const podConditions = (pod: Pod, facts: ConditionFacts): readonly PodCondition[] => {
  const statuses = new Map(facts.statuses.map((status) => [status.name, status]));
  const containers = containersReady(pod, statuses, facts.phase);
  const verdicts: Readonly<Record<(typeof OWNED)[number], Verdict>> = {
    PodReadyToStartContainers: facts.hasSandbox ? TRUE : { status: 'False' },
    Initialized: initialized(pod, statuses, facts.phase),
    Ready: ready(pod, containers),
    ContainersReady: containers,
    PodScheduled: TRUE,
  };
  const before = pod.status?.conditions ?? [];
  const others = before.filter(({ type }) => !OWNED.some((owned) => owned === type));
  return [
    ...others,
    ...OWNED.map((type) => {
      const old = before.find((condition) => condition.type === type);
      const verdict = verdicts[type];
      return {
        type,
        ...(pod.metadata.generation === undefined ? {} : { observedGeneration: pod.metadata.generation }),
        status: verdict.status,
        lastTransitionTime:
          old?.status === verdict.status && old.lastTransitionTime !== undefined
            ? old.lastTransitionTime
            : printTime(facts.now),
        ...(verdict.reason === undefined ? {} : { reason: verdict.reason }),
        ...(verdict.message === undefined ? {} : { message: verdict.message }),
      };
    }),
  ];
};
