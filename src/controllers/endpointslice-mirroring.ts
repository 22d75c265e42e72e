import type { Lookup } from '../kinds/define.ts';
import type { EndpointSlice, Endpoints, Service } from '../kinds/generated/types.ts';
import { deepEqual, stableJson } from '../machinery/deep.ts';
import type { OwnerReference } from '../machinery/object.ts';
import { controllerRef } from './common/pods.ts';
import { type Context, type Controller, keyOf, splitKey, watch } from './contract.ts';
import { type Endpoint, MANAGED_BY, SERVICE_NAME } from './endpointslice-plan.ts';

const RESOURCE = 'endpointslices.discovery.k8s.io';
const MANAGER = 'endpointslicemirroring-controller.k8s.io';
const SKIP = 'endpointslice.kubernetes.io/skip-mirror';
const LEADER = 'control-plane.alpha.kubernetes.io/leader';
const TRIGGER_TIME = 'endpoints.kubernetes.io/last-change-trigger-time';
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';
const MOST_PER_SUBSET = 1000;

type Subset = NonNullable<Endpoints['subsets']>[number];

/** Whether hand-made Endpoints of a Service without selector are to be mirrored. */
const isMirrored = (endpoints: Endpoints | undefined, service: Service | undefined): endpoints is Endpoints =>
  endpoints !== undefined &&
  service !== undefined &&
  service.spec?.selector === undefined &&
  endpoints.metadata.labels?.[SKIP] !== 'true' &&
  endpoints.metadata.labels?.['endpoints.kubernetes.io/managed-by'] !== 'endpoint-controller' &&
  endpoints.metadata.annotations?.[LEADER] === undefined;

interface Wanted {
  readonly addressType: 'IPv4' | 'IPv6';
  readonly ports: EndpointSlice['ports'];
  readonly endpoints: readonly Endpoint[];
}

const entryOf = (address: NonNullable<Subset['addresses']>[number], ready: boolean): Endpoint =>
  ({
    addresses: [address.ip],
    conditions: { ready },
    ...(address.hostname ? { hostname: address.hostname } : {}),
    ...(address.targetRef === undefined ? {} : { targetRef: address.targetRef }),
    ...(address.nodeName === undefined ? {} : { nodeName: address.nodeName }),
  }) as Endpoint;

const entriesOf = (subset: Subset): readonly Endpoint[] => [
  ...(subset.addresses ?? []).map((it) => entryOf(it, true)),
  ...(subset.notReadyAddresses ?? []).map((it) => entryOf(it, false)),
];

/** Slices for the subsets: one by address family and ports, of at most so many addresses a subset. */
const wantedSlices = (endpoints: Endpoints): readonly Wanted[] => {
  const groups = new Map<string, Wanted & { endpoints: Endpoint[] }>();
  for (const subset of endpoints.subsets ?? []) {
    const ports = (subset.ports ?? []).map((port) => ({
      name: port.name ?? '',
      protocol: port.protocol ?? 'TCP',
      port: port.port,
      ...(port.appProtocol === undefined ? {} : { appProtocol: port.appProtocol }),
    }));
    for (const entry of entriesOf(subset).slice(0, MOST_PER_SUBSET)) {
      const addressType = (entry.addresses[0] ?? '').includes(':') ? 'IPv6' : 'IPv4';
      const key = `${addressType} ${stableJson(ports)}`;
      const group = groups.get(key) ?? { addressType, ports, endpoints: [] };
      groups.set(key, group);
      if (group.endpoints.length < MOST_PER_SUBSET) group.endpoints.push(entry);
    }
  }
  return [...groups.values()];
};

/** Tells of addresses that are too many to be mirrored. */
const noteSkipped = (context: Context, endpoints: Endpoints): void => {
  const skipped = (endpoints.subsets ?? []).reduce(
    (sum, subset) => sum + Math.max(0, entriesOf(subset).length - MOST_PER_SUBSET),
    0,
  );
  if (skipped === 0) return;
  const message = `A max of ${MOST_PER_SUBSET} addresses can be mirrored to EndpointSlices per Endpoints subset. ${skipped} addresses were skipped`;
  context.client.event(endpoints, { type: 'Warning', reason: 'TooManyAddressesToMirror', message });
};

const labelsOf = (endpoints: Endpoints): Readonly<Record<string, string>> => ({
  ...endpoints.metadata.labels,
  [SERVICE_NAME]: endpoints.metadata.name ?? '',
  [MANAGED_BY]: MANAGER,
});

const annotationsOf = (endpoints: Endpoints): Readonly<Record<string, string>> => {
  const {
    [TRIGGER_TIME]: _trigger,
    [LAST_APPLIED]: _applied,
    ...rest
  } = endpoints.metadata.annotations ?? {};
  return rest;
};

const slicesOf = (lookup: Lookup, key: string): readonly EndpointSlice[] =>
  lookup
    .byIndex(RESOURCE, 'endpointslices/service', key)
    .filter((slice) => slice.metadata.labels?.[MANAGED_BY] === MANAGER);

const make = (endpoints: Endpoints, wanted: Wanted, owner: OwnerReference): EndpointSlice => {
  const annotations = annotationsOf(endpoints);
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      generateName: `${endpoints.metadata.name ?? ''}-`,
      namespace: endpoints.metadata.namespace ?? '',
      labels: labelsOf(endpoints),
      ...(Object.keys(annotations).length > 0 ? { annotations } : {}),
      ownerReferences: [owner],
    },
    addressType: wanted.addressType,
    endpoints: wanted.endpoints,
    ports: wanted.ports,
  } as EndpointSlice;
};

/** The slice that is to hold what is wanted: of the same ports, or else one that would go otherwise. */
const takeSlice = (left: EndpointSlice[], wanted: Wanted, ofPorts: boolean): EndpointSlice | undefined => {
  const at = left.findIndex(
    (slice) =>
      slice.addressType === wanted.addressType && (!ofPorts || deepEqual(slice.ports ?? [], wanted.ports)),
  );
  return at < 0 ? undefined : left.splice(at, 1)[0];
};

const write = (context: Context, fresh: EndpointSlice, old: EndpointSlice | undefined): void => {
  const { client } = context;
  if (old === undefined) {
    client.create(RESOURCE, fresh);
    return;
  }
  const { labels, annotations } = fresh.metadata;
  if (
    deepEqual(old.endpoints, fresh.endpoints) &&
    deepEqual(old.ports, fresh.ports) &&
    deepEqual(old.metadata.labels, labels) &&
    deepEqual(old.metadata.annotations ?? {}, annotations ?? {})
  ) {
    return;
  }
  client.update(RESOURCE, old.metadata.namespace ?? '', old.metadata.name ?? '', (it) => {
    // Upstream's update is made from a fresh object, which has a name instead of a prefix.
    const { generateName: _, annotations: _old, ...metadata } = it.metadata;
    return {
      ...it,
      metadata: {
        ...metadata,
        ...(labels === undefined ? {} : { labels }),
        ...(annotations === undefined ? {} : { annotations }),
      },
      endpoints: fresh.endpoints,
      ports: fresh.ports,
    } as EndpointSlice;
  });
};

const sync = (context: Context, endpoints: Endpoints, key: string): void => {
  noteSkipped(context, endpoints);
  const namespace = endpoints.metadata.namespace ?? '';
  const left = [...slicesOf(context.lookup, key)];
  const owner = controllerRef(endpoints);
  const homeless: Wanted[] = [];
  for (const wanted of wantedSlices(endpoints)) {
    const old = takeSlice(left, wanted, true);
    if (old === undefined) homeless.push(wanted);
    else write(context, make(endpoints, wanted, owner), old);
  }
  for (const wanted of homeless) {
    write(context, make(endpoints, wanted, owner), takeSlice(left, wanted, false));
  }
  for (const slice of left) context.client.delete(RESOURCE, namespace, slice.metadata.name ?? '');
};

/** Mirrors hand-made Endpoints of Services without selector (pkg/controller/endpointslicemirroring, release 1.36). */
export const endpointSliceMirroring: Controller = {
  name: 'endpointslicemirroring-controller',
  watches: [
    watch('endpoints', ({ object, previous, op }) =>
      op === 'update' &&
      deepEqual(object.subsets, previous?.subsets) &&
      deepEqual(object.metadata.labels, previous?.metadata.labels) &&
      deepEqual(object.metadata.annotations, previous?.metadata.annotations)
        ? []
        : [keyOf(object)],
    ),
    watch('services', ({ op, object, previous }) =>
      op === 'update' && deepEqual(object.spec?.selector, previous?.spec?.selector) ? [] : [keyOf(object)],
    ),
  ],
  reconcile: (context, key) => {
    const { namespace, name } = splitKey(key);
    const endpoints = context.lookup.get('endpoints', namespace, name);
    const service = context.lookup.get('services', namespace, name);
    if (isMirrored(endpoints, service)) {
      sync(context, endpoints, key);
      return undefined;
    }
    for (const slice of slicesOf(context.lookup, key)) {
      context.client.delete(RESOURCE, namespace, slice.metadata.name ?? '');
    }
    return undefined;
  },
};
