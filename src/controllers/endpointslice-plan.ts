/** What the slices of a Service should hold: endpoints with their hints, packed (k8s.io/endpointslice, 1.36). */

import type { Lookup } from '../kinds/define.ts';
import type { EndpointSlice, Service } from '../kinds/generated/types.ts';
import { deepEqual, stableJson } from '../machinery/deep.ts';
import { type Backend, type EndpointPort, HEADLESS, isHeadless } from './common/service-endpoints.ts';

/** Label of a slice: the Service it belongs to. */
export const SERVICE_NAME = 'kubernetes.io/service-name';
/** Label of a slice: who keeps it. */
export const MANAGED_BY = 'endpointslice.kubernetes.io/managed-by';
/** Value of that label for slices of Services with a selector. */
export const MANAGER = 'endpointslice-controller.k8s.io';
const MOST_ENDPOINTS = 100;
const ZONE = 'topology.kubernetes.io/zone';

/** One entry of a slice. */
export type Endpoint = NonNullable<EndpointSlice['endpoints']>[number];

const CLOSE: readonly string[] = ['PreferClose', 'PreferSameZone', 'PreferSameNode'];

/** Asks for hints by the older way, an annotation. */
export const hasTopologyMode = ({ metadata }: Service): boolean => {
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

/** Labels of a Service's slices: the Service's own, and whose they are. */
export const labelsOf = (service: Service): Readonly<Record<string, string>> => {
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
export interface Draft {
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

/** The endpoint without its hints. */
export const withoutHints = ({ hints: _, ...rest }: Endpoint): Endpoint => rest;

/**
 * Packs the endpoints of one set of ports into slices, moving as few as possible (reconciler.go). With `keepsHints`
 * somebody else decides about hints: those that are there stay.
 */
const pack = (
  existing: readonly EndpointSlice[],
  ports: readonly EndpointPort[],
  wanted: ReadonlyMap<string, Endpoint>,
  labels: Readonly<Record<string, string>>,
  keepsHints: boolean,
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
      const kept = keepsHints && deepEqual(now, withoutHints(old)) ? old : now;
      if (!deepEqual(kept, old)) changed = true;
      endpoints.push(kept);
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
export const plan = (
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
    drafts.push(...pack(own, ports, wanted, labels, hasTopologyMode(service)));
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
