import type { Lookup } from '../kinds/define.ts';
import type { EndpointSlice, Pod, Service } from '../kinds/generated/types.ts';
import { deepEqual, stableJson } from '../machinery/deep.ts';
import { type Instant, printTime } from '../machinery/time.ts';
import { controllerRef } from './common/pods.ts';
import {
  type Backend,
  backendsOf,
  type EndpointPort,
  HEADLESS,
  hasEndpoints,
  isHeadless,
  selectedPods,
  serviceKeys,
  serviceKeysOfPod,
  TRIGGER_TIME,
  takeTriggerTime,
} from './common/service-endpoints.ts';
import { type Context, type Controller, splitKey, watch } from './contract.ts';

const RESOURCE = 'endpointslices.discovery.k8s.io';
/** Label of a slice: the Service it belongs to. */
export const SERVICE_NAME = 'kubernetes.io/service-name';
/** Label of a slice: who keeps it. */
export const MANAGED_BY = 'endpointslice.kubernetes.io/managed-by';
const MANAGER = 'endpointslice-controller.k8s.io';
const MOST_ENDPOINTS = 100;
/** After a pod that was left out (endpointslice_controller.go, defaultSyncBackOff). */
const LEFT_OUT = { firstMs: 1_000, longestMs: 1_000_000 };
const ZONE = 'topology.kubernetes.io/zone';

/** One entry of a slice. */
export type Endpoint = NonNullable<EndpointSlice['endpoints']>[number];

const CLOSE: readonly string[] = ['PreferClose', 'PreferSameZone', 'PreferSameNode'];

/** Asks for hints by the older way, an annotation. */
const hasTopologyMode = ({ metadata }: Service): boolean => {
  const { annotations } = metadata;
  const mode =
    annotations?.['service.kubernetes.io/topology-aware-hints'] ??
    annotations?.['service.kubernetes.io/topology-mode'];
  return mode === 'Auto' || mode === 'auto';
};

/** Where traffic should come from, when the Service asks for closeness (`spec.trafficDistribution`). */
const hintsOf = (service: Service, backend: Backend, zone: string | undefined): Endpoint['hints'] => {
  const wish = service.spec?.trafficDistribution ?? '';
  if (!CLOSE.includes(wish) || !backend.ready || hasTopologyMode(service)) return undefined;
  const node = wish === 'PreferSameNode' ? (backend.pod.spec?.nodeName ?? '') : '';
  if (zone === undefined && node === '') return undefined;
  return {
    ...(zone === undefined ? {} : { forZones: [{ name: zone }] }),
    ...(node === '' ? {} : { forNodes: [{ name: node }] }),
  };
};

const endpointOf = (lookup: Lookup, service: Service, backend: Backend): Endpoint => {
  const { pod, ip, ready, serving, terminating, hostname } = backend;
  const nodeName = pod.spec?.nodeName ?? '';
  const label = lookup.get('nodes', '', nodeName)?.metadata.labels?.[ZONE];
  const zone = label === '' ? undefined : label;
  const hints = hintsOf(service, backend, zone);
  return {
    addresses: [ip],
    conditions: { ready, serving, terminating },
    ...(hostname === undefined ? {} : { hostname }),
    targetRef: {
      kind: 'Pod',
      namespace: pod.metadata.namespace ?? '',
      name: pod.metadata.name ?? '',
      uid: pod.metadata.uid ?? '',
    },
    ...(nodeName === '' ? {} : { nodeName }),
    ...(zone === undefined ? {} : { zone }),
    ...(hints === undefined ? {} : { hints }),
  };
};

const identityOf = (endpoint: Endpoint): string =>
  `${endpoint.targetRef?.uid ?? ''}/${endpoint.addresses[0] ?? ''}`;

const labelsOf = (service: Service): Readonly<Record<string, string>> => {
  const {
    [HEADLESS]: _,
    [SERVICE_NAME]: _name,
    [MANAGED_BY]: _by,
    ...labels
  } = service.metadata.labels ?? {};
  return {
    ...labels,
    ...(isHeadless(service) ? { [HEADLESS]: '' } : {}),
    [SERVICE_NAME]: service.metadata.name ?? '',
    [MANAGED_BY]: MANAGER,
  };
};

/** A slice as it should be: an existing one under its name, or a new one. */
interface Draft {
  readonly existing?: EndpointSlice;
  readonly ports: readonly EndpointPort[];
  endpoints: Endpoint[];
  changed: boolean;
}

const portsKey = (ports: EndpointSlice['ports'] | readonly EndpointPort[]): string =>
  stableJson(
    [...(ports ?? [])]
      .map((port) => ({ ...port }))
      .sort((a, b) => ((a.name ?? '') < (b.name ?? '') ? -1 : 1)),
  );

/** Packs the endpoints of one set of ports into slices, moving as few as possible (reconciler.go). */
const pack = (
  existing: readonly EndpointSlice[],
  ports: readonly EndpointPort[],
  wanted: ReadonlyMap<string, Endpoint>,
  labels: Readonly<Record<string, string>>,
): readonly Draft[] => {
  const left = new Map(wanted);
  const drafts: Draft[] = existing.map((slice) => {
    const endpoints: Endpoint[] = [];
    let changed = !deepEqual(slice.metadata.labels, labels);
    for (const old of slice.endpoints ?? []) {
      const id = identityOf(old);
      const now = left.get(id);
      if (now === undefined) {
        changed = true;
        continue;
      }
      left.delete(id);
      if (!deepEqual(now, old)) changed = true;
      endpoints.push(now);
    }
    return { existing: slice, ports, endpoints, changed };
  });
  const rest = [...left.values()];
  const fill = (draft: Draft): void => {
    draft.changed = true;
    draft.endpoints.push(...rest.splice(0, MOST_ENDPOINTS - draft.endpoints.length));
  };
  const bySize = (a: Draft, b: Draft): number => b.endpoints.length - a.endpoints.length;
  const touched = drafts.filter((draft) => draft.changed && draft.endpoints.length > 0);
  for (const draft of touched.sort(bySize)) if (rest.length > 0) fill(draft);
  while (rest.length > 0) {
    const roomy = drafts
      .filter((draft) => !draft.changed && draft.endpoints.length + rest.length <= MOST_ENDPOINTS)
      .sort(bySize)[0];
    const target = rest.length < MOST_ENDPOINTS ? roomy : undefined;
    if (target !== undefined) fill(target);
    else {
      const fresh: Draft = { ports, endpoints: [], changed: true };
      fill(fresh);
      drafts.push(fresh);
    }
  }
  return drafts;
};

/** Slices of one address family as they should be; there is always at least one. */
const plan = (
  service: Service,
  existing: readonly EndpointSlice[],
  backends: readonly Backend[],
  lookup: Lookup,
): readonly Draft[] => {
  const labels = labelsOf(service);
  const groups = new Map<string, { ports: readonly EndpointPort[]; wanted: Map<string, Endpoint> }>();
  for (const backend of backends) {
    const key = portsKey(backend.ports);
    const group = groups.get(key) ?? { ports: backend.ports, wanted: new Map() };
    const endpoint = endpointOf(lookup, service, backend);
    group.wanted.set(identityOf(endpoint), endpoint);
    groups.set(key, group);
  }
  const drafts: Draft[] = [];
  const spare = existing.filter((slice) => !groups.has(portsKey(slice.ports)));
  for (const [key, { ports, wanted }] of groups) {
    const own = existing.filter((slice) => portsKey(slice.ports) === key);
    drafts.push(...pack(own, ports, wanted, labels));
  }
  for (const slice of spare) drafts.push({ existing: slice, ports: [], endpoints: [], changed: true });
  return reuse(drafts, labels);
};

/** New slices take the names of emptied ones; without any endpoint one empty slice stays as a placeholder. */
const reuse = (drafts: readonly Draft[], labels: Readonly<Record<string, string>>): readonly Draft[] => {
  const empty = drafts.filter((draft) => draft.endpoints.length === 0);
  const full = drafts.filter((draft) => draft.endpoints.length > 0);
  const result = full.map((draft) => {
    if (draft.existing !== undefined) return draft;
    const donor = empty.shift()?.existing;
    return donor === undefined ? draft : { ...draft, existing: donor };
  });
  if (result.length === 0) {
    const [first] = empty.splice(0, 1);
    const slice = first?.existing;
    const same =
      slice !== undefined &&
      (slice.endpoints ?? []).length === 0 &&
      (slice.ports ?? []).length === 0 &&
      deepEqual(slice.metadata.labels, labels);
    return [
      { ...(slice === undefined ? {} : { existing: slice }), ports: [], endpoints: [], changed: !same },
      ...empty,
    ];
  }
  return [...result, ...empty];
};

const annotationsOf = (old: EndpointSlice | undefined, trigger: Instant | undefined) => {
  const { [TRIGGER_TIME]: _, ...rest } = old?.metadata.annotations ?? {};
  return trigger === undefined ? rest : { ...rest, [TRIGGER_TIME]: printTime(trigger) };
};

const orNull = <Item>(items: readonly Item[]): readonly Item[] =>
  // An empty list of Go's nil slices prints as null.
  (items.length === 0 ? null : items) as readonly Item[];

const write = (
  context: Context,
  service: Service,
  drafts: readonly Draft[],
  family: string,
  trigger?: Instant,
): void => {
  const { client } = context;
  const { namespace = '', name = '' } = service.metadata;
  const labels = labelsOf(service);
  const keep = drafts.length === 1 && drafts[0]?.endpoints.length === 0;
  for (const { existing, ports, endpoints, changed } of drafts) {
    if (existing !== undefined && endpoints.length === 0 && !(keep || existing === drafts[0]?.existing)) {
      client.delete(RESOURCE, namespace, existing.metadata.name ?? '');
      continue;
    }
    if (!changed || (existing === undefined && service.metadata.deletionTimestamp !== undefined)) continue;
    const annotations = annotationsOf(existing, trigger);
    const content = { addressType: family, endpoints: orNull(endpoints), ports: orNull(ports) };
    if (existing === undefined) {
      client.create(RESOURCE, {
        apiVersion: 'discovery.k8s.io/v1',
        kind: 'EndpointSlice',
        metadata: {
          generateName: `${name}-`,
          namespace,
          labels,
          annotations,
          ownerReferences: [controllerRef(service)],
        },
        ...content,
      } as EndpointSlice);
    } else {
      client.update(
        RESOURCE,
        namespace,
        existing.metadata.name ?? '',
        (it) => ({ ...it, metadata: { ...it.metadata, labels, annotations }, ...content }) as EndpointSlice,
      );
    }
  }
};

const slicesOf = (lookup: Lookup, namespace: string, service: string): readonly EndpointSlice[] =>
  lookup
    .byIndex(RESOURCE, 'endpointslices/service', `${namespace}/${service}`)
    .filter(
      (slice) =>
        slice.metadata.labels?.[MANAGED_BY] === MANAGER && slice.metadata.deletionTimestamp === undefined,
    );

const isOwnedBy = (slice: EndpointSlice, service: Service): boolean =>
  (slice.metadata.ownerReferences ?? []).some(
    ({ uid, kind, apiVersion }) => uid === service.metadata.uid && kind === 'Service' && apiVersion === 'v1',
  );

/** Slices of the Service; those of one that had its name before go. */
const takeSlices = (context: Context, service: Service): readonly EndpointSlice[] => {
  const { namespace = '', name = '' } = service.metadata;
  return slicesOf(context.lookup, namespace, name).filter((slice) => {
    if (isOwnedBy(slice, service)) return true;
    context.client.delete(RESOURCE, namespace, slice.metadata.name ?? '');
    return false;
  });
};

/** Pods on a node that does not exist are left out, unless unready ones are wanted too: they go, or the node comes. */
const isPlaced = (lookup: Lookup, service: Service, pod: Pod): boolean =>
  service.spec?.publishNotReadyAddresses === true ||
  lookup.get('nodes', '', pod.spec?.nodeName ?? '') !== undefined;

/** True when a pod had to be left out, which is worth another look. */
const sync = (context: Context, service: Service): boolean => {
  const { lookup } = context;
  const all = selectedPods(lookup, service);
  const pods = all.filter((pod) => isPlaced(lookup, service, pod));
  const slices = takeSlices(context, service);
  const trigger = takeTriggerTime(context, service, all);
  const families = service.spec?.ipFamilies ?? [];
  for (const family of families.length === 0 ? ['IPv4'] : families) {
    const own = slices.filter((slice) => slice.addressType === family);
    const drafts = plan(service, own, backendsOf(service, pods, family === 'IPv6'), lookup);
    write(context, service, drafts, family, trigger);
  }
  const leftOut = all.filter((pod) => !isPlaced(lookup, service, pod));
  return backendsOf(service, leftOut, false).length > 0;
};

/** Keeps the EndpointSlices of every Service with a selector (pkg/controller/endpointslice, release 1.36). */
export const endpointSliceController: Controller = {
  name: 'endpointslice-controller',
  watches: [
    watch('services', serviceKeys),
    watch('pods', serviceKeysOfPod),
    watch(RESOURCE, ({ op, object }) => {
      const service = object.metadata.labels?.[SERVICE_NAME];
      if (op !== 'delete' || service === undefined || object.metadata.labels?.[MANAGED_BY] !== MANAGER)
        return [];
      return [`${object.metadata.namespace ?? ''}/${service}`];
    }),
  ],
  reconcile: (context, key) => {
    const { namespace, name } = splitKey(key);
    const service = context.lookup.get('services', namespace, name);
    if (service === undefined) context.notes.set(key, undefined);
    if (service === undefined || !hasEndpoints(service)) return undefined;
    const owner = context.lookup.get('namespaces', '', namespace);
    const closing = owner?.metadata.deletionTimestamp !== undefined;
    if (closing && slicesOf(context.lookup, namespace, name).length === 0) return undefined;
    return sync(context, service) ? { at: context.now, retry: true, backoff: LEFT_OUT } : undefined;
  },
};
