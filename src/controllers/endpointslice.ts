import type { Lookup } from '../kinds/define.ts';
import type { EndpointSlice, Pod, Service } from '../kinds/generated/types.ts';
import { type Instant, printTime } from '../machinery/time.ts';
import { controllerRef } from './common/pods.ts';
import {
  backendsOf,
  hasEndpoints,
  selectedPods,
  serviceKeys,
  serviceKeysOfPod,
  TRIGGER_TIME,
  takeTriggerTime,
} from './common/service-endpoints.ts';
import { type Context, type Controller, keyOf, splitKey, watch } from './contract.ts';
import {
  type Draft,
  hasTopologyMode,
  labelsOf,
  MANAGED_BY,
  MANAGER,
  plan,
  SERVICE_NAME,
} from './endpointslice-plan.ts';
import {
  changesShares,
  clearHints,
  type HintNote,
  isOverloaded,
  spreadHints,
  zoneShares,
} from './endpointslice-topology.ts';

const RESOURCE = 'endpointslices.discovery.k8s.io';
const annotationsOf = (old: EndpointSlice | undefined, trigger: Instant | undefined) => {
  const { [TRIGGER_TIME]: _, ...rest } = old?.metadata.annotations ?? {};
  return trigger === undefined ? rest : { ...rest, [TRIGGER_TIME]: printTime(trigger) };
};

/** After a pod that was left out (endpointslice_controller.go, defaultSyncBackOff). */
const LEFT_OUT = { firstMs: 1_000, longestMs: 1_000_000 };

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

/**
 * Hints by the annotation: spread over the zones as their CPUs are. Whether the Service has them is remembered, because
 * only a change is worth an Event.
 */
const withHints = (
  context: Context,
  service: Service,
  planned: readonly Draft[],
  family: string,
): { readonly drafts: readonly Draft[]; readonly note?: HintNote } => {
  const key = `hints ${keyOf(service)}`;
  const had = context.notes.get(key) !== undefined;
  if (!hasTopologyMode(service)) {
    if (!had) return { drafts: planned };
    context.notes.set(key, undefined);
    const message = `Topology Aware Hints has been disabled, addressType: ${family}`;
    return { drafts: planned, note: { type: 'Warning', reason: 'TopologyAwareHintsDisabled', message } };
  }
  const spread = spreadHints(planned, zoneShares(context.lookup.list('nodes')));
  if (typeof spread === 'object') {
    context.notes.set(key, 'given');
    if (had) return { drafts: spread.drafts };
    const message = `Topology Aware Hints has been enabled, addressType: ${family}`;
    return { drafts: spread.drafts, note: { type: 'Normal', reason: 'TopologyAwareHintsEnabled', message } };
  }
  context.notes.set(key, undefined);
  const message = `${spread}, addressType: ${family}`;
  const note: HintNote = { type: 'Warning', reason: 'TopologyAwareHintsDisabled', message };
  return { drafts: planned.map(clearHints), note };
};

/** Services whose hints no longer fit the zones that there are. */
const overloaded = (lookup: Lookup): readonly string[] => {
  const services = lookup.list('services').filter(hasTopologyMode);
  if (services.length === 0) return [];
  const shares = zoneShares(lookup.list('nodes'));
  return services.map(keyOf).filter((key) => {
    const { namespace, name } = splitKey(key);
    return isOverloaded(slicesOf(lookup, namespace, name), shares);
  });
};

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
    const planned = plan(service, own, backendsOf(service, pods, family === 'IPv6'), lookup);
    const { drafts, note } = withHints(context, service, planned, family);
    write(context, service, drafts, family, trigger);
    if (note !== undefined) {
      context.client.event(service, { ...note, component: 'endpoint-slice-controller' });
    }
  }
  const leftOut = all.filter((pod) => !isPlaced(lookup, service, pod));
  return backendsOf(service, leftOut, false).length > 0;
};

/** Keeps the EndpointSlices of every Service with a selector (pkg/controller/endpointslice, release 1.36). */
export const endpointSliceController: Controller = {
  name: 'endpointslice-controller',
  watches: [
    watch('services', serviceKeys),
    // Looks at Services with hints by annotation show in Events: each reason for one counts.
    watch('pods', (change, lookup) => serviceKeysOfPod(change, lookup, hasTopologyMode)),
    watch('nodes', (change, lookup) => (changesShares(change) ? overloaded(lookup) : [])),
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
    if (service === undefined) {
      context.notes.set(key, undefined);
      context.notes.set(`hints ${key}`, undefined);
    }
    if (service === undefined || !hasEndpoints(service)) return undefined;
    const owner = context.lookup.get('namespaces', '', namespace);
    const closing = owner?.metadata.deletionTimestamp !== undefined;
    if (closing && slicesOf(context.lookup, namespace, name).length === 0) return undefined;
    return sync(context, service) ? { at: context.now, retry: true, backoff: LEFT_OUT } : undefined;
  },
};
