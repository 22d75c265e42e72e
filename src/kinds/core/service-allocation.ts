/**
 * Addresses and node ports of services: derived from the services that exist, so there is no counter to lose
 * (upstream: pkg/registry/core/service/{ipallocator,portallocator}, 1.36).
 */

import type { KubeObject } from '../../machinery/object.ts';
import type { Kind, StrategyContext } from '../define.ts';
import type { Service } from '../generated/types.ts';
import {
  type AddressRange,
  canonicalAddress,
  FIRST_NODE_PORT,
  LAST_NODE_PORT,
  printAddress,
  rangeContains,
  serviceRanges,
  staticBand,
} from './service-range.ts';

const ADDRESS_INDEX = 'services/clusterip';
const PORT_INDEX = 'services/nodeport';

const addressesOf = (object: KubeObject): readonly string[] =>
  ((object as Service).spec?.clusterIPs ?? []).filter((address) => address !== 'None');

const portsOf = (object: KubeObject): readonly string[] => {
  const { ports = [], healthCheckNodePort } = (object as Service).spec ?? {};
  const all = [...ports.map(({ nodePort }) => nodePort ?? 0), healthCheckNodePort ?? 0];
  return [...new Set(all.filter((port) => port > 0))].map(String);
};

/** Services by the addresses and node ports they hold. */
export const serviceIndexes: Kind['indexes'] = {
  [ADDRESS_INDEX]: addressesOf,
  [PORT_INDEX]: portsOf,
};

/** Takes the first free value of a range at or after a derived starting point, behind the static band first. */
const pick = (
  first: number,
  last: number,
  band: number,
  random: (bound: number) => number,
  isFree: (value: number) => boolean,
): number | undefined => {
  const split = first + band;
  const upper = last - split + 1;
  const start = upper > 0 ? random(upper) : 0;
  for (let step = 0; step < upper; step += 1) {
    const value = split + ((start + step) % upper);
    if (isFree(value)) return value;
  }
  for (let value = first; value < Math.min(split, last + 1); value += 1) if (isFree(value)) return value;
  return undefined;
};

/** One write's view of what is taken: the store, and what this write has taken already. */
export class ServiceAllocator {
  private readonly context: StrategyContext;
  private readonly ownUid: string | undefined;
  private readonly taken = new Set<number>();

  /** `ownUid` is the service being updated: what it holds itself is not in its own way. */
  constructor(context: StrategyContext, ownUid?: string) {
    this.context = context;
    this.ownUid = ownUid;
  }

  /** A dry run upstream does not look at what others hold. */
  private isHeld(index: string, value: string): boolean {
    if (this.context.dryRun === true) return false;
    const holders = this.context.lookup.byIndex('services', index, value);
    return holders.some((holder) => holder.metadata.uid !== this.ownUid);
  }

  /** Why a requested address cannot be had, in upstream's words; `undefined` when it can. */
  refuseAddress(address: string): string | undefined {
    const ranges = serviceRanges(this.context.lookup);
    if (!ranges.some((range) => rangeContains(range, address))) {
      const valid = ranges.map((range) => range.cidr).join(', ');
      return `the provided IP (${address}) is not in the valid range. The range of valid IPs is ${valid}`;
    }
    return this.isHeld(ADDRESS_INDEX, canonicalAddress(address))
      ? 'provided IP is already allocated'
      : undefined;
  }

  /** A free address; `undefined` when every range is full. */
  nextAddress(): string | undefined {
    for (const range of serviceRanges(this.context.lookup)) {
      const value = this.addressIn(range);
      if (value !== undefined) return printAddress(value);
    }
    return undefined;
  }

  private addressIn({ first, last }: AddressRange): number | undefined {
    const band = staticBand(last - first + 1, 16, 16, 256);
    const isFree = (value: number) => !this.isHeld(ADDRESS_INDEX, printAddress(value));
    return pick(first, last, band, (bound) => this.context.random('service/address', bound), isFree);
  }

  /** Takes a requested node port, or says why it cannot be had. */
  takePort(port: number): string | undefined {
    // Nor at the range of node ports.
    if (this.context.dryRun !== true && (port < FIRST_NODE_PORT || port > LAST_NODE_PORT)) {
      return `provided port is not in the valid range. The range of valid ports is ${FIRST_NODE_PORT}-${LAST_NODE_PORT}`;
    }
    if (this.taken.has(port) || this.isHeld(PORT_INDEX, String(port)))
      return 'provided port is already allocated';
    this.taken.add(port);
    return undefined;
  }

  /** Takes a free node port; `undefined` when none is left. */
  nextPort(): number | undefined {
    const band = staticBand(LAST_NODE_PORT - FIRST_NODE_PORT + 1, 32, 16, 128);
    const isFree = (port: number) => !this.taken.has(port) && !this.isHeld(PORT_INDEX, String(port));
    const random = (bound: number) => this.context.random(`service/port/${this.taken.size}`, bound);
    const port = pick(FIRST_NODE_PORT, LAST_NODE_PORT, band, random, isFree);
    if (port !== undefined) this.taken.add(port);
    return port;
  }
}
