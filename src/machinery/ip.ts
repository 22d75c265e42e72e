/**
 * IP addresses and prefixes, read as strictly or as loosely as upstream does per field
 * (apimachinery util/validation/ip.go, utils/net). Pure arithmetic on byte arrays.
 */

export interface IpAddress {
  /** 4 or 16 bytes; an IPv4-mapped IPv6 address keeps 16 bytes and has `mapped`. */
  readonly bytes: readonly number[];
  readonly family: 4 | 6;
  /** `::ffff:a.b.c.d` was written; Go treats it as IPv4 almost everywhere. */
  readonly mapped: boolean;
}

export interface IpPrefix {
  readonly address: IpAddress;
  /** Leading bits of the written family. */
  readonly bits: number;
}

const parseV4 = (text: string, leadingZeros: boolean): number[] | undefined => {
  const parts = text.split('.');
  if (parts.length !== 4) return undefined;
  const bytes: number[] = [];
  for (const part of parts) {
    if (!/^[0-9]{1,}$/.test(part) || (!leadingZeros && part.length > 1 && part.startsWith('0')))
      return undefined;
    const value = Number(part);
    if (value > 255) return undefined;
    bytes.push(value);
  }
  return bytes;
};

const parseGroups = (text: string, leadingZeros: boolean): number[] | undefined => {
  if (text === '') return [];
  const bytes: number[] = [];
  const groups = text.split(':');
  for (const [i, group] of groups.entries()) {
    if (group.includes('.')) {
      const tail = i === groups.length - 1 ? parseV4(group, leadingZeros) : undefined;
      if (!tail) return undefined;
      bytes.push(...tail);
    } else {
      if (!/^[0-9a-fA-F]{1,4}$/.test(group)) return undefined;
      const value = Number.parseInt(group, 16);
      bytes.push(value >> 8, value & 255);
    }
  }
  return bytes;
};

const parseV6 = (text: string, leadingZeros: boolean): number[] | undefined => {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const head = parseGroups(halves[0] ?? '', leadingZeros);
  if (!head) return undefined;
  if (halves.length === 1) return head.length === 16 ? head : undefined;
  if ((halves[0] ?? '').includes('.')) return undefined;
  const tail = parseGroups(halves[1] ?? '', leadingZeros);
  if (!tail || head.length + tail.length > 14) return undefined;
  return [...head, ...new Array<number>(16 - head.length - tail.length).fill(0), ...tail];
};

const isMapped = (bytes: readonly number[]): boolean =>
  bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 255 && bytes[11] === 255;

/**
 * Parses an address without zone. `leadingZeros` accepts `010.0.0.1` as decimal, as the legacy fields do
 * (`ParseIPSloppy`); without it the text must be what `netip.ParseAddr` reads. `undefined` when invalid.
 */
export const parseIp = (text: string, options: { leadingZeros?: boolean } = {}): IpAddress | undefined => {
  const leadingZeros = options.leadingZeros ?? false;
  if (text.includes(':')) {
    const bytes = parseV6(text, leadingZeros);
    return bytes && { bytes, family: 6, mapped: isMapped(bytes) };
  }
  const bytes = parseV4(text, leadingZeros);
  return bytes && { bytes, family: 4, mapped: false };
};

/** True for IPv4 as Go's `To4` sees it: written as IPv4 or IPv4-mapped. */
export const isIpv4 = (address: IpAddress): boolean => address.family === 4 || address.mapped;

/** The family kube-proxy and the allocators would call it. */
export const familyOf = (address: IpAddress): 'IPv4' | 'IPv6' => (isIpv4(address) ? 'IPv4' : 'IPv6');

const printV6 = (bytes: readonly number[]): string => {
  const groups: number[] = [];
  for (let i = 0; i < 16; i += 2) groups.push(((bytes[i] ?? 0) << 8) | (bytes[i + 1] ?? 0));
  let best = { start: -1, length: 1 };
  for (let start = 0; start < 8; start++) {
    let length = 0;
    while (start + length < 8 && groups[start + length] === 0) length++;
    if (length > best.length) best = { start, length };
  }
  const hex = (part: readonly number[]): string => part.map((group) => group.toString(16)).join(':');
  if (best.start < 0) return hex(groups);
  return `${hex(groups.slice(0, best.start))}::${hex(groups.slice(best.start + best.length))}`;
};

/** Canonical text (RFC 5952); an IPv4-mapped address prints as IPv4, as `net.IP.String` does. */
export const printIp = (address: IpAddress): string => {
  if (address.family === 4) return address.bytes.join('.');
  return address.mapped ? address.bytes.slice(12).join('.') : printV6(address.bytes);
};

/** Parses `address/bits`. With `leadingZeros` as the legacy fields do. `undefined` when invalid. */
export const parseCidr = (text: string, options: { leadingZeros?: boolean } = {}): IpPrefix | undefined => {
  const slash = text.indexOf('/');
  if (slash < 0) return undefined;
  const address = parseIp(text.slice(0, slash), options);
  const bitsText = text.slice(slash + 1);
  const plain = options.leadingZeros ? /^[0-9]+$/ : /^(0|[1-9][0-9]{0,2})$/;
  if (!address || !plain.test(bitsText)) return undefined;
  const bits = Number(bitsText);
  return bits <= address.bytes.length * 8 ? { address, bits } : undefined;
};

/** The address with everything after the prefix cleared. */
export const networkOf = (prefix: IpPrefix): IpAddress => ({
  ...prefix.address,
  bytes: prefix.address.bytes.map((byte, i) => {
    const kept = Math.max(0, Math.min(8, prefix.bits - i * 8));
    return byte & (0xff00 >> kept) & 255;
  }),
});

/** `network/bits` in canonical text. */
export const printCidr = (prefix: IpPrefix): string => {
  const mapped = prefix.address.mapped && prefix.bits >= 96;
  return `${printIp(networkOf(prefix))}/${mapped ? prefix.bits - 96 : prefix.bits}`;
};

const lastFour = (address: IpAddress): readonly number[] =>
  address.family === 6 && address.mapped ? address.bytes.slice(12) : address.bytes;

/** Whether the address lies in the prefix; different families never match. */
export const cidrContains = (prefix: IpPrefix, address: IpAddress): boolean => {
  const network = lastFour(networkOf(prefix));
  const bytes = lastFour(address);
  if (network.length !== bytes.length) return false;
  const bits = prefix.bits - (prefix.address.mapped ? 96 : 0);
  return bytes.every((byte, i) => {
    const kept = Math.max(0, Math.min(8, bits - i * 8));
    return (byte & (0xff00 >> kept) & 255) === network[i];
  });
};

const IP_MESSAGE = 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)';
const CIDR_MESSAGE = 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)';

/** Rule of the long-standing address fields: leading zeros and mapped addresses are accepted. */
export const legacyIp = (value: string): string[] =>
  parseIp(value, { leadingZeros: true }) ? [] : [IP_MESSAGE];

/** Rule of newer address fields: no leading zeros, no IPv4-mapped IPv6. */
export const strictIp = (value: string): string[] => {
  const sloppy = parseIp(value, { leadingZeros: true });
  if (!sloppy) return [IP_MESSAGE];
  const errors: string[] = [];
  if (!parseIp(value)) errors.push('must not have leading 0s');
  if (sloppy.mapped) errors.push('must not be an IPv4-mapped IPv6 address');
  return errors;
};

/** Rule of the long-standing prefix fields. */
export const legacyCidr = (value: string): string[] =>
  parseCidr(value, { leadingZeros: true }) ? [] : [CIDR_MESSAGE];

/** Rule of newer prefix fields: no leading zeros, no mapped address, no bits after the prefix. */
export const strictCidr = (value: string): string[] => {
  const sloppy = parseCidr(value, { leadingZeros: true });
  if (!sloppy) return [CIDR_MESSAGE];
  const errors: string[] = [];
  if (!parseCidr(value)) errors.push('must not have leading 0s in IP or prefix length');
  if (sloppy.address.mapped) errors.push('must not have an IPv4-mapped IPv6 address');
  if (printIp(networkOf(sloppy)) !== printIp(sloppy.address)) {
    errors.push('must not have bits set beyond the prefix length');
  }
  return errors;
};

/** Rule of IPv4-only fields. */
export const ipv4Address = (value: string): string[] => {
  const address = parseIp(value, { leadingZeros: true });
  return address && isIpv4(address) ? [] : ['must be a valid IPv4 address'];
};

/** Rule of IPv6-only fields. */
export const ipv6Address = (value: string): string[] => {
  const address = parseIp(value, { leadingZeros: true });
  return address && !isIpv4(address) ? [] : ['must be a valid IPv6 address'];
};

/** Warning text for an accepted but odd address, without the field path; `undefined` when canonical. */
export const ipWarning = (value: string): string | undefined => {
  const sloppy = parseIp(value, { leadingZeros: true });
  if (!sloppy) return undefined;
  const canonical = printIp(sloppy);
  if (!parseIp(value) || sloppy.mapped) {
    return `non-standard IP address ${JSON.stringify(value)} will be considered invalid in a future Kubernetes release: use ${JSON.stringify(canonical)}`;
  }
  if (sloppy.family === 6 && canonical !== value) {
    return `IPv6 address ${JSON.stringify(value)} should be in RFC 5952 canonical format (${JSON.stringify(canonical)})`;
  }
  return undefined;
};
