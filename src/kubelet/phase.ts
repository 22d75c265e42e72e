/** The phase of a pod from its containers (pkg/kubelet/kubelet_pods.go getPhase, 1.36). */

import type { Container, ContainerStatus, PodSpec } from '../kinds/generated/types.ts';
import { isSidecar } from './conditions.ts';

export type Phase = 'Pending' | 'Running' | 'Succeeded' | 'Failed';

const matchesRule = (container: Container, exitCode: number): boolean | undefined => {
  for (const rule of container.restartPolicyRules ?? []) {
    const values = rule.exitCodes?.values ?? [];
    const isIn = values.includes(exitCode);
    const matches = rule.exitCodes?.operator === 'NotIn' ? !isIn : isIn;
    if (matches) return rule.action !== 'None';
  }
  return undefined;
};

/** Whether a container that exited with this code is started again. Init containers restart only on failure. */
export const shouldRestart = (
  container: Container,
  spec: PodSpec,
  exitCode: number,
  isInit: boolean,
): boolean => {
  const byRule = container.restartPolicy === undefined ? undefined : matchesRule(container, exitCode);
  if (byRule !== undefined) return byRule;
  const policy = container.restartPolicy ?? spec.restartPolicy ?? 'Always';
  if (policy === 'Never') return false;
  if (exitCode !== 0) return true;
  return policy === 'Always' && (!isInit || isSidecar(container));
};

/** The last exit of a container that is not running: now terminated, or waiting after an exit. */
const exitOf = (status: ContainerStatus): number | undefined =>
  status.state?.terminated?.exitCode ??
  (status.state?.running === undefined ? status.lastState?.terminated?.exitCode : undefined);

interface Count {
  pending: number;
  unknown: number;
  running: number;
  waiting: number;
  stopped: number;
  final: number;
  succeeded: number;
}

const countInits = (
  spec: PodSpec,
  find: (name: string) => ContainerStatus | undefined,
  count: Count,
): boolean => {
  for (const container of spec.initContainers ?? []) {
    const status = find(container.name);
    const exit = status && exitOf(status);
    if (isSidecar(container)) {
      if (status === undefined) count.unknown += 1;
      else if (status.state?.running !== undefined) count.running += 1;
      else if (exit === undefined) count.waiting += 1;
      continue;
    }
    if (status === undefined || status.state?.running !== undefined || exit === undefined) count.pending += 1;
    else if (exit !== 0) {
      if (!shouldRestart(container, spec, exit, true)) return false;
      // Upstream leaves a failed init container out of the count; the main containers are waiting anyway.
    }
  }
  return true;
};

const countMains = (
  spec: PodSpec,
  find: (name: string) => ContainerStatus | undefined,
  count: Count,
): void => {
  for (const container of spec.containers) {
    const status = find(container.name);
    const exit = status && exitOf(status);
    if (status === undefined) count.unknown += 1;
    else if (status.state?.running !== undefined) count.running += 1;
    else if (exit === undefined) count.waiting += 1;
    else {
      count.stopped += 1;
      if (!shouldRestart(container, spec, exit, false)) count.final += 1;
      if (status.state?.terminated?.exitCode === 0) count.succeeded += 1;
    }
  }
};

/**
 * The phase. `isTerminal` says that the pod's containers will not be restarted whatever its policy (it is being
 * deleted, or over its deadline).
 */
export const podPhase = (spec: PodSpec, statuses: readonly ContainerStatus[], isTerminal: boolean): Phase => {
  const count: Count = { pending: 0, unknown: 0, running: 0, waiting: 0, stopped: 0, final: 0, succeeded: 0 };
  const find = (name: string): ContainerStatus | undefined => statuses.find((status) => status.name === name);
  if (!countInits(spec, find, count)) return 'Failed';
  countMains(spec, find, count);
  if (count.pending > 0 || count.waiting > 0) return 'Pending';
  if (count.running > 0 && count.unknown === 0) return 'Running';
  if (count.running === 0 && count.stopped > 0 && count.unknown === 0) {
    if (!isTerminal && count.stopped !== count.final) return 'Running';
    return count.stopped === count.succeeded ? 'Succeeded' : 'Failed';
  }
  return 'Pending';
};
