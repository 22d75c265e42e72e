import { ALLOCATOR, addressOf, allocatedAddresses, MANAGED_BY } from '../kinds/core/service-ip-address.ts';
import type { IPAddress, ServiceCIDR } from '../kinds/generated/types.ts';
import { cidrContains, parseCidr, parseIp } from '../machinery/ip.ts';
import { parseTime, printTime } from '../machinery/time.ts';
import { type Context, type Controller, type Outcome, watch } from './contract.ts';

const ADDRESSES = 'ipaddresses.networking.k8s.io';
const RANGES = 'servicecidrs.networking.k8s.io';
const FINALIZER = 'networking.k8s.io/service-cidr-finalizer';

/** Writers that have not seen the deletion yet may still take addresses for this long. */
const DELETION_GRACE_MS = 10_000;

const isOurs = (address: IPAddress): boolean => address.metadata.labels?.[MANAGED_BY] === ALLOCATOR;

/**
 * An IPAddress for each cluster IP. Upstream's API server makes it just before the Service; here it follows in the
 * same instant, because the Service's own index is what keeps addresses unique.
 */
export const serviceAddresses: Controller = {
  name: 'service-ip-address-controller',
  watches: [
    watch('services', ({ op, object, previous }) => {
      if (op === 'update' && previous?.spec.clusterIPs?.join() === object.spec.clusterIPs?.join()) return [];
      return [
        ...new Set([
          ...allocatedAddresses(object),
          ...(previous === undefined ? [] : allocatedAddresses(previous)),
        ]),
      ];
    }),
    watch(ADDRESSES, ({ op, object }) =>
      op === 'delete' && isOurs(object) ? [object.metadata.name ?? ''] : [],
    ),
  ],
  reconcile: (context, ip): Outcome => {
    const [service] = context.lookup.byIndex('services', 'services/clusterip', ip);
    const address = context.lookup.get(ADDRESSES, '', ip);
    if (service !== undefined && address === undefined)
      context.client.create(ADDRESSES, addressOf(ip, service));
    if (service === undefined && address !== undefined && isOurs(address)) {
      context.client.delete(ADDRESSES, '', ip);
    }
    return undefined;
  },
};

const contains = (range: ServiceCIDR, ip: string): boolean => {
  const address = parseIp(ip);
  return (
    address !== undefined &&
    (range.spec.cidrs ?? []).some((text) => {
      const cidr = parseCidr(text);
      return cidr !== undefined && cidrContains(cidr, address);
    })
  );
};

/** True when an address of the range would be left without one. */
const isNeeded = (context: Context, range: ServiceCIDR): boolean => {
  const others = context.lookup
    .list(RANGES)
    .filter(
      (other) => other.metadata.uid !== range.metadata.uid && other.metadata.deletionTimestamp === undefined,
    );
  return context.lookup.list(ADDRESSES).some((address) => {
    const ip = address.metadata.name ?? '';
    return contains(range, ip) && !others.some((other) => contains(other, ip));
  });
};

const setReady = (
  context: Context,
  range: ServiceCIDR,
  status: 'True' | 'False',
  reason: string,
  message: string,
): void => {
  const known = range.status?.conditions?.find(({ type }) => type === 'Ready');
  if (known?.status === status && known.message === message) return;
  const lastTransitionTime = printTime(context.now);
  const condition = { type: 'Ready', status, lastTransitionTime, reason, message };
  context.client.updateStatus(RANGES, '', range.metadata.name ?? '', (current) => ({
    ...current,
    status: {
      conditions: [...(current.status?.conditions ?? []).filter(({ type }) => type !== 'Ready'), condition],
    },
  }));
};

/** Holds a range that is being deleted while it is in use, and for a while after nobody takes from it any more. */
const retire = (context: Context, range: ServiceCIDR): Outcome => {
  if (isNeeded(context, range)) {
    setReady(
      context,
      range,
      'False',
      'Terminating',
      'There are still IPAddresses referencing the ServiceCIDR, please remove them or create a new ServiceCIDR',
    );
    return undefined;
  }
  const free = (parseTime(range.metadata.deletionTimestamp ?? '') ?? 0) + DELETION_GRACE_MS;
  if (free > context.now) return { at: free };
  context.client.update(RANGES, '', range.metadata.name ?? '', (current) => ({
    ...current,
    metadata: {
      ...current.metadata,
      finalizers: (current.metadata.finalizers ?? []).filter((item) => item !== FINALIZER),
    },
  }));
  return undefined;
};

const rangeNames = (ranges: readonly ServiceCIDR[]): readonly string[] =>
  ranges.map(({ metadata }) => metadata.name ?? '');

/** Readies ranges of service addresses and holds back those still in use (pkg/controller/servicecidrs). */
export const serviceCidrs: Controller = {
  name: 'service-cidr-controller',
  watches: [
    watch(RANGES, ({ op, object }, lookup) =>
      op === 'delete'
        ? rangeNames(lookup.list(RANGES))
        : [...new Set([object.metadata.name ?? '', ...leaving(lookup.list(RANGES))])],
    ),
    watch(ADDRESSES, ({ op }, lookup) => (op === 'delete' ? leaving(lookup.list(RANGES)) : [])),
  ],
  reconcile: (context, name): Outcome => {
    const range = context.lookup.get(RANGES, '', name);
    if (range === undefined) return undefined;
    if (range.metadata.deletionTimestamp !== undefined) {
      return range.metadata.finalizers?.includes(FINALIZER) === true ? retire(context, range) : undefined;
    }
    const held =
      range.metadata.finalizers?.includes(FINALIZER) === true
        ? range
        : context.client.update(RANGES, '', name, (current) => ({
            ...current,
            metadata: {
              ...current.metadata,
              finalizers: [...(current.metadata.finalizers ?? []), FINALIZER],
            },
          }));
    if (held !== undefined) setReady(context, held, 'True', '', 'Kubernetes Service CIDR is ready');
    return undefined;
  },
};

const leaving = (ranges: readonly ServiceCIDR[]): readonly string[] =>
  rangeNames(ranges.filter(({ metadata }) => metadata.deletionTimestamp !== undefined));
