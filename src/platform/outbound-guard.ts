/**
 * The one door for calls that leave the installation: webhooks of accounts, and of clusters. Whoever chooses the
 * address is not trusted. The names are checked here; that a public name does not lead to a private address is the
 * network's part (the platform reaches public addresses only, and so does the local server's configuration).
 */

import { cidrContains, type IpAddress, parseCidr, parseIp } from '../machinery/ip.ts';

/** Where calls may go. */
export interface OutboundPolicy {
  /** Loopback addresses too, at any port: only where the server belongs to the one who uses it. */
  readonly loopback: boolean;
  /** Origin of the installation itself, which must not call itself. */
  readonly ownOrigin?: string;
}

/** An address or an answer that is refused; the message is for the person who chose the address. */
export class OutboundRefused extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = 'OutboundRefused';
  }
}

const LONGEST_URL = 2048;
const PORTS: ReadonlySet<string> = new Set(['', '443', '8443', '9443']);
/** Names that only mean something inside a network, or that lead back to the host. */
const INSIDE = /(?:^|\.)(?:localhost|local|localdomain|internal|intranet|lan|home|corp|private|arpa|onion)$/;

/** What is not a public host (IANA's special-purpose registries). */
const REFUSED: readonly string[] = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/3',
  '2001::/23',
  '2001:db8::/32',
  '2002::/16',
  '3fff::/20',
];
/** Public IPv6 addresses; everything that wraps an IPv4 address lies outside, or above. */
const GLOBAL_V6 = '2000::/3';
const LOOPBACK: readonly string[] = ['127.0.0.0/8', '::1/128'];

const lies = (address: IpAddress, ranges: readonly string[]): boolean =>
  ranges.some((range) => {
    const prefix = parseCidr(range);
    return prefix !== undefined && cidrContains(prefix, address);
  });

const isPublic = (address: IpAddress): boolean =>
  !lies(address, REFUSED) && (address.family === 4 || (!address.mapped && lies(address, [GLOBAL_V6])));

/** The host without a final dot, and its address if it is one. */
const hostOf = (url: URL): { readonly name: string; readonly address: IpAddress | undefined } => {
  const name = url.hostname.replace(/\.$/, '');
  return { name, address: parseIp(name.replace(/^\[|\]$/g, '')) };
};

const parse = (text: string): URL => {
  if (text.length > LONGEST_URL)
    throw new OutboundRefused(`must be no longer than ${LONGEST_URL} characters`);
  // A URL parser drops these silently: what was checked must be what was written.
  if (/[\s\\]|[^\x21-\x7e]/.test(text)) throw new OutboundRefused('must be a URL in plain ASCII');
  try {
    return new URL(text);
  } catch {
    throw new OutboundRefused('must be an absolute URL');
  }
};

const checkHost = (url: URL): void => {
  const { name, address } = hostOf(url);
  if (address !== undefined) {
    if (!isPublic(address)) throw new OutboundRefused(`${name} is not a public address`);
    return;
  }
  if (!name.includes('.') || INSIDE.test(name)) throw new OutboundRefused(`${name} is not a public name`);
};

/** Whether the address is the caller's own machine, by number or by name. */
const leadsToLoopback = (url: URL): boolean => {
  const { name, address } = hostOf(url);
  return address === undefined ? name === 'localhost' : lies(address, LOOPBACK);
};

/**
 * The URL, if a call may go there. Throws `OutboundRefused` for anything but https to a public host at a usual port
 * (443, 8443, 9443), and for credentials in the URL. Where the policy allows loopback, http and any port are fine there.
 */
export const checkOutboundUrl = (text: string, policy: OutboundPolicy): URL => {
  const url = parse(text);
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    throw new OutboundRefused('must be an https URL');
  if (url.username !== '' || url.password !== '') throw new OutboundRefused('must not carry credentials');
  if (policy.ownOrigin !== undefined && url.origin === policy.ownOrigin) {
    throw new OutboundRefused('must not lead back to this server');
  }
  if (policy.loopback && leadsToLoopback(url)) return url;
  if (url.protocol !== 'https:') throw new OutboundRefused('must be an https URL');
  if (!PORTS.has(url.port))
    throw new OutboundRefused(`port ${url.port} is not allowed; use 443, 8443 or 9443`);
  checkHost(url);
  return url;
};

/** What came back. */
export interface OutboundAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Uint8Array;
}

/** Bounds of one call. */
export interface OutboundBounds {
  readonly timeoutMs: number;
  /** Bytes of the answer that are read; more is refused. */
  readonly maxBytes: number;
}

const readBounded = async (answer: Response, maxBytes: number): Promise<Uint8Array> => {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = answer.body?.getReader() as ReadableStreamDefaultReader<Uint8Array> | undefined;
  while (reader !== undefined) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.byteLength;
    if (size > maxBytes) {
      await reader.cancel();
      throw new OutboundRefused(`the answer is larger than ${maxBytes} bytes`);
    }
    chunks.push(value);
  }
  const body = new Uint8Array(size);
  let offset = 0;
  for (const chunk of chunks) {
    body.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return body;
};

/**
 * Makes a call that left the choice of address to somebody else. Follows no redirects (a redirect is an answer like any
 * other), reads at most `maxBytes`, and gives up after `timeoutMs` in all. Throws `OutboundRefused` for what the guard
 * refuses, and whatever `fetch` throws.
 */
export const guardedFetch = async (
  text: string,
  init: {
    readonly method: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string | Uint8Array;
  },
  policy: OutboundPolicy,
  { timeoutMs, maxBytes }: OutboundBounds,
): Promise<OutboundAnswer> => {
  const url = checkOutboundUrl(text, policy);
  const answer = await fetch(url, { ...init, redirect: 'manual', signal: AbortSignal.timeout(timeoutMs) });
  return { status: answer.status, headers: answer.headers, body: await readBounded(answer, maxBytes) };
};

/** The policy the installation's variables describe. */
export const outboundPolicy = (env: {
  readonly OUTBOUND_LOOPBACK?: string;
  readonly PUBLIC_URL?: string;
}): OutboundPolicy => ({
  loopback: env.OUTBOUND_LOOPBACK === 'allow',
  ...(env.PUBLIC_URL === undefined ? {} : { ownOrigin: new URL(env.PUBLIC_URL).origin }),
});
