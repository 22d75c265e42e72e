/** Warnings about addresses in forms that will be refused some day (upstream: validation GetWarningsForIP, 1.36). */

import { isIpv4, parseCidr, parseIp, printCidr, printIp } from '../../machinery/ip.ts';

const FUTURE = 'will be considered invalid in a future Kubernetes release';

/** Warnings about an address; none when it is no address at all, which validation says. */
export const addressWarnings = (path: string, value: string): string[] => {
  const loose = parseIp(value, { leadingZeros: true });
  if (!loose) return [];
  const canonical = printIp(loose);
  if (!parseIp(value) || loose.mapped) {
    return [`${path}: non-standard IP address "${value}" ${FUTURE}: use "${canonical}"`];
  }
  if (isIpv4(loose) || canonical === value) return [];
  return [`${path}: IPv6 address "${value}" should be in RFC 5952 canonical format ("${canonical}")`];
};

/** The same for a prefix; bits after it count as non-standard too. */
export const prefixWarnings = (path: string, value: string): string[] => {
  const loose = parseCidr(value, { leadingZeros: true });
  if (!loose) return [];
  const canonical = printCidr(loose);
  const strict = parseCidr(value);
  const address = printIp(loose.address);
  if (!strict || loose.address.mapped || !canonical.startsWith(`${address}/`)) {
    return [`${path}: non-standard CIDR value "${value}" ${FUTURE}: use "${canonical}"`];
  }
  if (isIpv4(loose.address) || canonical === value) return [];
  return [`${path}: IPv6 CIDR value "${value}" should be in RFC 5952 canonical format ("${canonical}")`];
};
