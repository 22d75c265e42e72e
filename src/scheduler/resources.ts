import type { Container, Node, Pod } from '../kinds/generated/types.ts';
import { quantityMilli, quantityOf, quantityValue } from '../machinery/quantity.ts';

/** Amounts by resource name: cpu in thousandths, everything else in whole units (bytes, pods, devices). */
export type Amounts = ReadonlyMap<string, number>;

const amountOf = (name: string, quantity: unknown): number =>
  name === 'cpu' ? quantityMilli(quantityOf(quantity)) : quantityValue(quantityOf(quantity));

/** Parses a resource list. */
export const amountsOf = (list: Readonly<Record<string, unknown>> | undefined): Map<string, number> => {
  const amounts = new Map<string, number>();
  for (const [name, quantity] of Object.entries(list ?? {})) amounts.set(name, amountOf(name, quantity));
  return amounts;
};

const add = (total: Map<string, number>, more: Amounts): void => {
  for (const [name, amount] of more) total.set(name, (total.get(name) ?? 0) + amount);
};

const raise = (total: Map<string, number>, other: Amounts): void => {
  for (const [name, amount] of other) total.set(name, Math.max(total.get(name) ?? 0, amount));
};

const DEFAULT_MILLI_CPU = 100;
const DEFAULT_MEMORY = 200 * 1024 * 1024;

const withDefaults = (requests: Map<string, number>): Map<string, number> => {
  if (!requests.has('cpu')) requests.set('cpu', DEFAULT_MILLI_CPU);
  if (!requests.has('memory')) requests.set('memory', DEFAULT_MEMORY);
  return requests;
};

const containerRequests = (container: Container, nonZero: boolean): Map<string, number> => {
  const requests = amountsOf(container.resources?.requests);
  return nonZero ? withDefaults(requests) : requests;
};

/**
 * What a pod needs: the larger of its running containers (with the sidecars started before) and of each init
 * container at its turn, plus overhead; pod-level requests win where set (resource helpers of component-helpers, 1.36).
 */
const computeRequests = (pod: Pod, nonZero: boolean): Map<string, number> => {
  const total = new Map<string, number>();
  for (const container of pod.spec?.containers ?? []) add(total, containerRequests(container, nonZero));
  const sidecars = new Map<string, number>();
  const atInit = new Map<string, number>();
  for (const container of pod.spec?.initContainers ?? []) {
    const requests = containerRequests(container, nonZero);
    if (container.restartPolicy === 'Always') {
      add(total, requests);
      add(sidecars, requests);
      raise(atInit, sidecars);
    } else {
      add(requests, sidecars);
      raise(atInit, requests);
    }
  }
  raise(total, atInit);
  for (const [name, amount] of amountsOf(pod.spec?.resources?.requests)) total.set(name, amount);
  if (pod.spec?.overhead !== undefined) add(total, amountsOf(pod.spec.overhead));
  return total;
};

const memo = (nonZero: boolean) => {
  const known = new WeakMap<Pod, Amounts>();
  return (pod: Pod): Amounts => {
    const found = known.get(pod);
    if (found !== undefined) return found;
    const computed = computeRequests(pod, nonZero);
    known.set(pod, computed);
    return computed;
  };
};

/** Requests of a pod, for fitting. */
export const podRequests = memo(false);

/** Requests with defaults for containers that name none (100m, 200Mi), for scoring. */
export const podRequestsForScore = memo(true);

/** What a node offers. */
export const allocatableOf = (node: Node): Map<string, number> => amountsOf(node.status?.allocatable);

/** Host ports a pod claims: protocol, address and port. */
export interface HostPort {
  readonly protocol: string;
  readonly ip: string;
  readonly port: number;
}

/** Ports of all containers and sidecars that bind on the host. */
export const hostPortsOf = (pod: Pod): readonly HostPort[] => {
  const sidecars = (pod.spec?.initContainers ?? []).filter(
    (container) => container.restartPolicy === 'Always',
  );
  return [...(pod.spec?.containers ?? []), ...sidecars].flatMap((container) =>
    (container.ports ?? [])
      .filter((port) => (port.hostPort ?? 0) > 0)
      .map((port) => ({
        protocol: port.protocol ?? 'TCP',
        ip: port.hostIP || '0.0.0.0',
        port: port.hostPort ?? 0,
      })),
  );
};
