/** The one calculation behind Endpoints and EndpointSlices: which pods stand behind a Service, on which ports. */

import type { Lookup } from '../../kinds/define.ts';
import type { Pod, Service } from '../../kinds/generated/types.ts';
import { deepEqual } from '../../machinery/deep.ts';
import { type Instant, parseTime } from '../../machinery/time.ts';
import { type Context, keyOf, type ObjectChange } from '../contract.ts';
import { findCondition } from './conditions.ts';
import { matchAll } from './labels.ts';
import { isFinished, isReady } from './pods.ts';

/** Annotation with the instant of the change that made an update necessary. */
export const TRIGGER_TIME = 'endpoints.kubernetes.io/last-change-trigger-time';
/** Label that marks what belongs to a headless Service. */
export const HEADLESS = 'service.kubernetes.io/headless';

export interface EndpointPort {
  readonly name: string;
  readonly port: number;
  readonly protocol: string;
  readonly appProtocol?: string;
}

/** One pod behind a Service. */
export interface Backend {
  readonly pod: Pod;
  readonly ip: string;
  readonly ready: boolean;
  readonly serving: boolean;
  readonly terminating: boolean;
  readonly hostname?: string;
  readonly ports: readonly EndpointPort[];
}

/** True when the controllers keep endpoints for the Service: it has a selector and is not an alias. */
export const hasEndpoints = (service: Service): boolean =>
  service.spec?.selector !== undefined && service.spec.type !== 'ExternalName';

/** True for a Service without a cluster IP. */
export const isHeadless = (service: Service): boolean => {
  const ip = service.spec?.clusterIP ?? '';
  return ip === '' || ip === 'None';
};

const isV6 = (ip: string): boolean => ip.includes(':');

const addressOf = (pod: Pod, v6: boolean): string | undefined => {
  const all = (pod.status?.podIPs ?? []).map((entry) => entry.ip ?? '');
  const ips = all.length > 0 ? all : [pod.status?.podIP ?? ''];
  return ips.find((ip) => ip !== '' && isV6(ip) === v6);
};

const portOf = (pod: Pod, target: string | number | undefined, fallback: number, protocol: string) => {
  if (typeof target === 'number') return target === 0 ? fallback : target;
  if (target === undefined) return fallback;
  for (const container of [
    ...(pod.spec?.containers ?? []),
    ...(pod.spec?.initContainers ?? []).filter((it) => it.restartPolicy === 'Always'),
  ]) {
    for (const port of container.ports ?? []) {
      if (port.name === target && (port.protocol ?? 'TCP') === protocol) return port.containerPort;
    }
  }
  return undefined;
};

/** The Service's ports as they are on this pod; named ports the pod does not have are left out. */
const portsOf = (service: Service, pod: Pod): readonly EndpointPort[] =>
  (service.spec?.ports ?? []).flatMap((entry) => {
    const protocol = entry.protocol ?? 'TCP';
    const port = portOf(pod, entry.targetPort, entry.port, protocol);
    if (port === undefined) return [];
    const { appProtocol } = entry;
    return [
      { name: entry.name ?? '', port, protocol, ...(appProtocol === undefined ? {} : { appProtocol }) },
    ];
  });

/** Pods in the Service's selection, whatever their state. */
export const selectedPods = (lookup: Lookup, service: Service): readonly Pod[] => {
  const matches = matchAll(service.spec?.selector);
  return lookup.list('pods', service.metadata.namespace ?? '').filter((pod) => matches(pod.metadata.labels));
};

/** Backends of one address family: pods with an address that have not finished. */
export const backendsOf = (service: Service, pods: readonly Pod[], v6: boolean): readonly Backend[] => {
  const tolerant = service.spec?.publishNotReadyAddresses === true;
  return pods.flatMap((pod) => {
    const ip = isFinished(pod) ? undefined : addressOf(pod, v6);
    if (ip === undefined) return [];
    const serving = isReady(pod);
    const terminating = pod.metadata.deletionTimestamp !== undefined;
    const { hostname, subdomain } = pod.spec ?? {};
    const named = hostname !== undefined && hostname !== '' && subdomain === service.metadata.name;
    return [
      {
        pod,
        ip,
        serving,
        terminating,
        ready: tolerant || (serving && !terminating),
        ports: portsOf(service, pod),
        ...(named ? { hostname } : {}),
      },
    ];
  });
};

/** When the pod last became ready or stopped to be; 0 when it never said. */
const readyChangeOf = (pod: Pod): Instant =>
  parseTime(findCondition(pod.status?.conditions, 'Ready')?.lastTransitionTime ?? '') ?? 0;

/** Of more pods than this only the latest change is remembered. */
const MOST_REMEMBERED = 200;

/** What is remembered of a Service: its creation, and the last change of each pod (or the latest of all). */
interface Seen {
  readonly service: Instant;
  readonly pods?: Readonly<Record<string, Instant>>;
  readonly latest?: Instant;
}

const seenOf = (service: Instant, pods: readonly Pod[]): Seen => {
  const times = pods.map((pod) => [pod.metadata.name ?? '', readyChangeOf(pod)] as const);
  const said = times.filter(([, at]) => at > 0);
  return said.length > MOST_REMEMBERED
    ? { service, latest: Math.max(...said.map(([, at]) => at)) }
    : { service, pods: Object.fromEntries(said) };
};

/**
 * The instant to publish as what triggered an update (endpointslice/util/trigger_time_tracker.go): the earliest change
 * since the controller last looked; of a Service that it has not seen before, its creation. `undefined` (the annotation
 * goes) when the change was none of readiness, e.g. a deletion. What is seen is remembered: ask once a look.
 */
export const takeTriggerTime = (
  { notes }: Context,
  service: Service,
  pods: readonly Pod[],
): Instant | undefined => {
  const key = keyOf(service);
  const created = parseTime(service.metadata.creationTimestamp ?? '') ?? 0;
  const text = notes.get(key);
  const now = JSON.stringify(seenOf(created, pods));
  if (now !== text) notes.set(key, now);
  if (text === undefined) return created;
  const seen = JSON.parse(text) as Seen;
  const times = pods.filter((pod) => {
    const before = seen.pods === undefined ? (seen.latest ?? 0) : (seen.pods[pod.metadata.name ?? ''] ?? 0);
    return readyChangeOf(pod) > before;
  });
  const changes = times.map(readyChangeOf);
  if (created > seen.service) changes.push(created);
  return changes.length === 0 ? undefined : Math.min(...changes);
};

const containerPorts = (pod: Pod) => pod.spec?.containers?.map((container) => container.ports);

/** True when a change of a pod can show in endpoints. */
const podShows = ({ op, object, previous }: ObjectChange<Pod>): boolean => {
  if (op !== 'update' || previous === undefined) return true;
  const now = findCondition(object.status?.conditions, 'Ready');
  const then = findCondition(previous.status?.conditions, 'Ready');
  return (
    object.metadata.deletionTimestamp !== previous.metadata.deletionTimestamp ||
    isFinished(object) !== isFinished(previous) ||
    now?.status !== then?.status ||
    now?.lastTransitionTime !== then?.lastTransitionTime ||
    object.status?.podIP !== previous.status?.podIP ||
    object.spec?.nodeName !== previous.spec?.nodeName ||
    !deepEqual(object.status?.podIPs, previous.status?.podIPs) ||
    !deepEqual(object.metadata.labels, previous.metadata.labels) ||
    !deepEqual(containerPorts(object), containerPorts(previous))
  );
};

/**
 * Keys of the Services whose selection the pod is or was in. A pod without an address shows nowhere: it is a reason to look
 * for those only whose looks can be told from outside (`seen`), when it is new.
 */
export const serviceKeysOfPod = (
  change: ObjectChange<Pod>,
  lookup: Lookup,
  seen: (service: Service) => boolean = () => false,
): readonly string[] => {
  const { op, object, previous } = change;
  const isNowhere = (object.status?.podIP ?? previous?.status?.podIP ?? '') === '';
  if (isNowhere ? op !== 'create' : !podShows(change)) return [];
  const keys: string[] = [];
  for (const service of lookup.list('services', object.metadata.namespace ?? '')) {
    if (!hasEndpoints(service) || (isNowhere && !seen(service))) continue;
    const matches = matchAll(service.spec?.selector);
    if (matches(object.metadata.labels) || (previous !== undefined && matches(previous.metadata.labels))) {
      keys.push(keyOf(service));
    }
  }
  return keys;
};

/** Keys of a Service when something of it that shows changed. */
export const serviceKeys = ({ op, object, previous }: ObjectChange<Service>): readonly string[] =>
  op === 'update' &&
  deepEqual(object.spec, previous?.spec) &&
  deepEqual(object.metadata.labels, previous?.metadata.labels) &&
  deepEqual(object.metadata.annotations, previous?.metadata.annotations)
    ? []
    : [keyOf(object)];
