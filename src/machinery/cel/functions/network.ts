/** Addresses, networks and URLs (apiserver pkg/cel/library ip, cidr, urls). */

import {
  cidrContains,
  type IpAddress,
  type IpPrefix,
  networkOf,
  parseCidr,
  parseIp,
  printCidr,
  printIp,
} from '../../ip.ts';
import { overload } from '../overloads.ts';
import { CelError, CelMap, CelOpaque, type CelValue } from '../values.ts';

const text = (value: CelValue | undefined): string => value as string;

class CelIp extends CelOpaque {
  readonly type = 'net.IP';
  readonly address: IpAddress;
  constructor(address: IpAddress) {
    super();
    this.address = address;
  }
  override equals(other: CelValue): boolean {
    return other instanceof CelIp && printIp(other.address) === printIp(this.address);
  }
}

class CelCidr extends CelOpaque {
  readonly type = 'net.CIDR';
  readonly prefix: IpPrefix;
  constructor(prefix: IpPrefix) {
    super();
    this.prefix = prefix;
  }
  override equals(other: CelValue): boolean {
    return other instanceof CelCidr && printCidr(other.prefix) === printCidr(this.prefix);
  }
}

const readIp = (value: string): IpAddress | undefined => {
  const address = value.includes('%') ? undefined : parseIp(value);
  return address === undefined || address.mapped ? undefined : address;
};

/** Why a text is no address, in the words of Go's netip. */
const addressProblem = (value: string): string => {
  const say = (why: string): string => `ParseAddr(${JSON.stringify(value)}): ${why}`;
  if (value.includes(':') || !value.includes('.')) return say('unable to parse IP');
  const parts = value.split('.');
  if (parts.some((part) => !/^\d*$/.test(part))) return say('unexpected character');
  if (parts.some((part) => part === '')) return say('IPv4 field must have at least one digit');
  if (parts.some((part) => /^0\d/.test(part))) return say('IPv4 field has octet with leading zero');
  if (parts.some((part) => Number(part) > 255)) return say('IPv4 field has value >255');
  return say(parts.length < 4 ? 'IPv4 address too short' : 'IPv4 address too long');
};

const ipOf = (value: CelValue | undefined): IpAddress => {
  if (value instanceof CelIp) return value.address;
  const address = readIp(text(value));
  if (address !== undefined) return address;
  const shown = JSON.stringify(text(value));
  if (parseIp(text(value))?.mapped) throw new CelError(`IPv4-mapped IPv6 address ${shown} is not allowed`);
  if (text(value).includes('%')) throw new CelError(`IP address ${shown} with zone value is not allowed`);
  throw new CelError(
    `IP Address ${shown} parse error during conversion from string: ${addressProblem(text(value))}`,
  );
};

const readCidr = (value: string): IpPrefix | undefined => {
  const prefix = value.includes('%') ? undefined : parseCidr(value);
  return prefix === undefined || prefix.address.mapped ? undefined : prefix;
};

const cidrProblem = (value: string): string => {
  if (!value.includes('/')) return "no '/'";
  const [address = '', bits = ''] = value.split('/');
  if (parseIp(address) === undefined) return addressProblem(address);
  return `bad bits after slash: ${JSON.stringify(bits)}`;
};

const cidrOf = (value: CelValue | undefined): IpPrefix => {
  if (value instanceof CelCidr) return value.prefix;
  const prefix = readCidr(text(value));
  if (prefix !== undefined) return prefix;
  const head = 'network address parse error during conversion from string: ';
  throw new CelError(
    `${head}${head}netip.ParsePrefix(${JSON.stringify(text(value))}): ${cidrProblem(text(value))}`,
  );
};

const within = (ranges: readonly string[]) => {
  const prefixes = ranges.map((range) => parseCidr(range)).filter((prefix) => prefix !== undefined);
  return (value: CelValue): boolean => prefixes.some((prefix) => cidrContains(prefix, ipOf(value)));
};

const isUnspecified = within(['0.0.0.0/32', '::/128']);
const isLoopback = within(['127.0.0.0/8', '::1/128']);
const isLinkLocalMulticast = within(['224.0.0.0/24', 'ff02::/16']);
const isLinkLocalUnicast = within(['169.254.0.0/16', 'fe80::/10']);
const isMulticast = within(['224.0.0.0/4', 'ff00::/8']);
const isBroadcast = within(['255.255.255.255/32']);

const isGlobal = (value: CelValue): boolean =>
  ![isUnspecified, isLoopback, isMulticast, isLinkLocalUnicast, isBroadcast].some((is) => is(value));

const isCanonical = (value: CelValue): boolean => printIp(ipOf(value)) === text(value);

const containsCidr = (outer: CelValue, inner: CelValue): boolean => {
  const [a, b] = [cidrOf(outer), cidrOf(inner)];
  return a.address.family === b.address.family && b.bits >= a.bits && cidrContains(a, networkOf(b));
};

const addresses = [
  overload('ip(string) IP', (value) => new CelIp(ipOf(value))),
  overload('ip.isCanonical(string) bool', isCanonical),
  overload('isIP(string) bool', (value) => readIp(text(value)) !== undefined),
  overload('string(IP) string', (value) => printIp(ipOf(value))),
  overload('IP.family() int', (value) => (ipOf(value).family === 4 ? 4n : 6n)),
  overload('IP.isUnspecified() bool', isUnspecified),
  overload('IP.isLoopback() bool', isLoopback),
  overload('IP.isLinkLocalMulticast() bool', isLinkLocalMulticast),
  overload('IP.isLinkLocalUnicast() bool', isLinkLocalUnicast),
  overload('IP.isGlobalUnicast() bool', isGlobal),
];

const networks = [
  overload('cidr(string) CIDR', (value) => new CelCidr(cidrOf(value))),
  overload('isCIDR(string) bool', (value) => readCidr(text(value)) !== undefined),
  overload('string(CIDR) string', (value) => `${printIp(cidrOf(value).address)}/${cidrOf(value).bits}`),
  ...['string', 'IP'].map((type) =>
    overload(`CIDR.containsIP(${type}) bool`, (outer, inner) => cidrContains(cidrOf(outer), ipOf(inner))),
  ),
  ...['string', 'CIDR'].map((type) => overload(`CIDR.containsCIDR(${type}) bool`, containsCidr)),
  overload('CIDR.ip() IP', (value) => new CelIp(cidrOf(value).address)),
  overload('CIDR.masked() CIDR', (value) => {
    const prefix = cidrOf(value);
    return new CelCidr({ ...prefix, address: networkOf(prefix) });
  }),
  overload('CIDR.prefixLength() int', (value) => BigInt(cidrOf(value).bits)),
];

interface UrlParts {
  readonly scheme: string;
  readonly host: string;
  readonly path: string;
  readonly query: string;
}

class CelUrl extends CelOpaque {
  readonly type = 'kubernetes.URL';
  readonly text: string;
  readonly parts: UrlParts;
  constructor(source: string, parts: UrlParts) {
    super();
    this.text = source;
    this.parts = parts;
  }
  override equals(other: CelValue): boolean {
    return other instanceof CelUrl && other.text === this.text;
  }
}

const URL_PATTERN = /^(?:([a-zA-Z][a-zA-Z0-9+.-]*):)?(?:\/\/([^/?]*))?(\/[^?]*)?(?:\?(.*))?$/s;

/** Go's ParseRequestURI: an absolute URI or an absolute path; fragments are not split off. */
const readUrl = (source: string): UrlParts | undefined => {
  const match = URL_PATTERN.exec(source);
  if (match === null || /[\u0000-\u001f\u007f]/.test(source)) return undefined;
  const [, scheme = '', authority, path = '', query = ''] = match;
  if (scheme === '' && (authority !== undefined || path === '')) {
    if (!source.startsWith('/')) return undefined;
  }
  const host = authority?.slice(authority.lastIndexOf('@') + 1) ?? '';
  if (/[\s<>"]/.test(host) || /:(?!\d*$)[^\]]*$/.test(host.replace(/^\[.*\]/, ''))) return undefined;
  if (/%(?![0-9a-fA-F]{2})/.test(path)) return undefined;
  return { scheme: scheme.toLowerCase(), host, path, query };
};

const urlOf = (value: CelValue | undefined): UrlParts => (value as CelUrl).parts;

const hostname = (host: string): string =>
  host.startsWith('[') ? host.slice(1, host.indexOf(']')) : host.replace(/:\d*$/, '');

const decodeQuery = (value: string): string => {
  try {
    return decodeURIComponent(value.replaceAll('+', ' '));
  } catch {
    return value;
  }
};

const queryOf = (value: CelValue): CelMap => {
  const grouped = new Map<string, string[]>();
  for (const pair of urlOf(value).query.split('&')) {
    if (pair === '') continue;
    const equal = pair.indexOf('=');
    const name = decodeQuery(equal < 0 ? pair : pair.slice(0, equal));
    const list = grouped.get(name) ?? [];
    list.push(equal < 0 ? '' : decodeQuery(pair.slice(equal + 1)));
    grouped.set(name, list);
  }
  const map = new CelMap();
  for (const [name, values] of grouped) map.set(name, values);
  return map;
};

const encodePath = (path: string): string =>
  path.replaceAll(/[^A-Za-z0-9\-._~!$&'()*+,;=:@/%]/gu, (char) => encodeURIComponent(char));

const urls = [
  overload('url(string) URL', (value) => {
    const parts = readUrl(text(value));
    if (parts === undefined) {
      const shown = JSON.stringify(text(value));
      throw new CelError(
        `URL parse error during conversion from string: parse ${shown}: invalid URI for request`,
      );
    }
    return new CelUrl(text(value), parts);
  }),
  overload('isURL(string) bool', (value) => readUrl(text(value)) !== undefined),
  overload('URL.getScheme() string', (value) => urlOf(value).scheme),
  overload('URL.getHost() string', (value) => urlOf(value).host),
  overload('URL.getHostname() string', (value) => hostname(urlOf(value).host)),
  overload('URL.getPort() string', (value) => /:(\d*)$/.exec(urlOf(value).host)?.[1] ?? ''),
  overload('URL.getEscapedPath() string', (value) => encodePath(urlOf(value).path)),
  overload('URL.getQuery() map<string, list<string>>', queryOf),
];

/** Functions over addresses, networks and URLs. */
export const networkFunctions = [...addresses, ...networks, ...urls];
