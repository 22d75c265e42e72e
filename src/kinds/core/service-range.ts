/** Where service addresses and node ports come from. */

import { type IpAddress, isIpv4, networkOf, parseCidr, parseIp, printIp } from '../../machinery/ip.ts';
import type { Lookup } from '../define.ts';

/** The service range of a new cluster, as its first ServiceCIDR object says. */
export const DEFAULT_SERVICE_CIDR = '10.0.0.0/24';

export const FIRST_NODE_PORT = 30_000;
export const LAST_NODE_PORT = 32_767;

/** IPv4 addresses `first`..`last` as numbers, without the network and broadcast addresses. */
export interface AddressRange {
  readonly cidr: string;
  readonly first: number;
  readonly last: number;
}

const numberOf = (address: IpAddress): number =>
  address.bytes.slice(-4).reduce((value, byte) => value * 256 + byte, 0);

/** An IPv4 address from its number. */
export const printAddress = (value: number): string =>
  [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255].join('.');

const rangeOf = (cidr: string): AddressRange | undefined => {
  const prefix = parseCidr(cidr);
  if (prefix?.address.family !== 4) return undefined;
  const network = numberOf(networkOf(prefix));
  const size = 2 ** (32 - prefix.bits);
  return { cidr, first: network + 1, last: network + Math.max(size - 2, 1) };
};

/**
 * The IPv4 ranges that ServiceCIDR objects give, oldest name order; those being deleted give no new addresses.
 * The default range when there is no object yet.
 */
export const serviceRanges = (lookup: Lookup): readonly AddressRange[] => {
  const cidrs = lookup
    .list('servicecidrs.networking.k8s.io')
    .filter((object) => object.metadata.deletionTimestamp === undefined)
    .flatMap((object) => object.spec?.cidrs ?? []);
  const ranges = cidrs.map(rangeOf).filter((range) => range !== undefined);
  const fallback = rangeOf(DEFAULT_SERVICE_CIDR);
  return ranges.length > 0 || !fallback ? ranges : [fallback];
};

/** Whether an address text is an IPv4 address that the range gives, canonical or not. */
export const rangeContains = ({ first, last }: AddressRange, text: string): boolean => {
  const address = parseIp(text, { leadingZeros: true });
  if (address === undefined || !isIpv4(address)) return false;
  const value = numberOf(address);
  return value >= first && value <= last;
};

/** Canonical text of an address; the text itself when it is none. */
export const canonicalAddress = (text: string): string => {
  const address = parseIp(text, { leadingZeros: true });
  return address ? printIp(address) : text;
};

/**
 * How many values at the start of a range are kept for explicit requests (upstream: the "static" band of the
 * allocators): dynamic ones come from behind it while there is room.
 */
export const staticBand = (size: number, divisor: number, minimum: number, maximum: number): number => {
  if (size < minimum) return 0;
  return Math.min(Math.max(minimum, Math.floor(size / divisor)), maximum);
};
