import type { Endpoints, Service } from '../kinds/generated/types.ts';
import { deepEqual, stableJson } from '../machinery/deep.ts';
import { printTime } from '../machinery/time.ts';
import {
  type Backend,
  backendsOf,
  HEADLESS,
  hasEndpoints,
  isHeadless,
  selectedPods,
  serviceKeys,
  serviceKeysOfPod,
  TRIGGER_TIME,
  takeTriggerTime,
} from './common/service-endpoints.ts';
import { type Context, type Controller, keyOf, splitKey, watch } from './contract.ts';

type Subset = NonNullable<Endpoints['subsets']>[number];
type Address = NonNullable<Subset['addresses']>[number];

const MANAGED_BY = 'endpoints.kubernetes.io/managed-by';
const OVER_CAPACITY = 'endpoints.kubernetes.io/over-capacity';
const MOST_ADDRESSES = 1000;

const byIp = (a: Address, b: Address): number => {
  if (a.ip !== b.ip) return (a.ip ?? '') < (b.ip ?? '') ? -1 : 1;
  return (a.targetRef?.uid ?? '') < (b.targetRef?.uid ?? '') ? -1 : 1;
};

const addressOf = ({ ip, hostname, pod }: Backend): Address => ({
  ip,
  ...(hostname === undefined ? {} : { hostname }),
  nodeName: pod.spec?.nodeName ?? '',
  targetRef: {
    kind: 'Pod',
    namespace: pod.metadata.namespace ?? '',
    name: pod.metadata.name ?? '',
    uid: pod.metadata.uid ?? '',
  },
});

/** Groups backends by their ports; pods that terminate are left out unless unready ones are published. */
const subsetsOf = (service: Service, backends: readonly Backend[]): readonly Subset[] => {
  const groups = new Map<string, { ports: Subset['ports']; ready: Address[]; notReady: Address[] }>();
  for (const backend of backends) {
    if (backend.terminating && service.spec?.publishNotReadyAddresses !== true) continue;
    if (backend.ports.length === 0 && (service.spec?.ports ?? []).length > 0) continue;
    const ports = backend.ports.map(({ name, ...rest }) => (name === '' ? rest : { name, ...rest }));
    const key = stableJson(ports);
    const group = groups.get(key) ?? { ports, ready: [], notReady: [] };
    (backend.ready ? group.ready : group.notReady).push(addressOf(backend));
    groups.set(key, group);
  }
  return [...groups.values()].map(({ ports, ready, notReady }) => ({
    ...(ready.length > 0 ? { addresses: ready.sort(byIp) } : {}),
    ...(notReady.length > 0 ? { notReadyAddresses: notReady.sort(byIp) } : {}),
    ...(ports !== undefined && ports.length > 0 ? { ports } : {}),
  }));
};

/** At most 1000 addresses, ready ones first. */
const truncated = (
  subsets: readonly Subset[],
): { readonly subsets: readonly Subset[]; readonly over: boolean } => {
  const total = subsets.reduce(
    (sum, it) => sum + (it.addresses?.length ?? 0) + (it.notReadyAddresses?.length ?? 0),
    0,
  );
  if (total <= MOST_ADDRESSES) return { subsets, over: false };
  let left = MOST_ADDRESSES;
  const take = (addresses: readonly Address[] | undefined): readonly Address[] => {
    const kept = (addresses ?? []).slice(0, left);
    left -= kept.length;
    return kept;
  };
  const ready = subsets.map((subset) => take(subset.addresses));
  const cut = subsets.map((subset, index) => {
    const addresses = ready[index] ?? [];
    const notReadyAddresses = take(subset.notReadyAddresses);
    return {
      ...(addresses.length > 0 ? { addresses } : {}),
      ...(notReadyAddresses.length > 0 ? { notReadyAddresses } : {}),
      ...(subset.ports === undefined ? {} : { ports: subset.ports }),
    };
  });
  return {
    subsets: cut.filter((it) => it.addresses !== undefined || it.notReadyAddresses !== undefined),
    over: true,
  };
};

const labelsOf = (service: Service): Readonly<Record<string, string>> => {
  const { [HEADLESS]: _, ...labels } = service.metadata.labels ?? {};
  return {
    ...labels,
    ...(isHeadless(service) ? { [HEADLESS]: '' } : {}),
    [MANAGED_BY]: 'endpoint-controller',
  };
};

const annotationsOf = (
  current: Endpoints | undefined,
  trigger: number | undefined,
  over: boolean,
): Readonly<Record<string, string>> => {
  const { [TRIGGER_TIME]: _trigger, [OVER_CAPACITY]: _over, ...rest } = current?.metadata.annotations ?? {};
  return {
    ...rest,
    ...(trigger === undefined ? {} : { [TRIGGER_TIME]: printTime(trigger) }),
    ...(over ? { [OVER_CAPACITY]: 'truncated' } : {}),
  };
};

const sync = (context: Context, service: Service): void => {
  const { lookup, client } = context;
  const { namespace = '', name = '' } = service.metadata;
  const pods = selectedPods(lookup, service);
  const v6 = (service.spec?.ipFamilies?.[0] ?? 'IPv4') === 'IPv6';
  const trigger = takeTriggerTime(context, service, pods);
  const { subsets, over } = truncated(subsetsOf(service, backendsOf(service, pods, v6)));
  const labels = labelsOf(service);
  const current = lookup.get('endpoints', namespace, name);
  const wasOver = current?.metadata.annotations?.[OVER_CAPACITY] === 'truncated';
  if (
    current !== undefined &&
    wasOver === over &&
    deepEqual(current.subsets ?? [], subsets) &&
    deepEqual(current.metadata.labels, labels)
  ) {
    return;
  }
  const annotations = annotationsOf(current, trigger, over);
  const make = (metadata: Endpoints['metadata']): Endpoints => ({
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: { ...metadata, labels, annotations },
    ...(subsets.length > 0 ? { subsets } : {}),
  });
  if (current === undefined) client.create('endpoints', make({ name, namespace }));
  else client.update('endpoints', namespace, name, (it) => make(it.metadata));
};

/** Keeps the Endpoints of every Service with a selector (pkg/controller/endpoint, release 1.36). */
export const endpointsController: Controller = {
  name: 'endpoint-controller',
  watches: [
    watch('services', serviceKeys),
    watch('pods', (change, lookup) => serviceKeysOfPod(change, lookup)),
    watch('endpoints', ({ op, object }) => (op === 'delete' ? [keyOf(object)] : [])),
  ],
  reconcile: (context, key) => {
    const { namespace, name } = splitKey(key);
    const service = context.lookup.get('services', namespace, name);
    if (service === undefined) {
      context.notes.set(key, undefined);
      context.client.delete('endpoints', namespace, name);
      return undefined;
    }
    const owner = context.lookup.get('namespaces', '', namespace);
    if (hasEndpoints(service) && owner?.metadata.deletionTimestamp === undefined) sync(context, service);
    else if (hasEndpoints(service) && context.lookup.get('endpoints', namespace, name) !== undefined) {
      sync(context, service);
    }
    return undefined;
  },
};
