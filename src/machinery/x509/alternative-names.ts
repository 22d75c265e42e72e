/** Subject alternative names: RFC 5280 section 4.2.1.6, the four kinds that Go reads. */

import { DerError, DerReader, der, sequence, TAG } from './der.ts';

/** Names beside the subject. Addresses are raw, 4 or 16 bytes. */
export interface AlternativeNames {
  readonly dnsNames: readonly string[];
  readonly emailAddresses: readonly string[];
  readonly ipAddresses: readonly Uint8Array[];
  readonly uris: readonly string[];
}

/** No names at all. */
export const NO_NAMES: AlternativeNames = { dnsNames: [], emailAddresses: [], ipAddresses: [], uris: [] };

const CONTEXT = { email: 0x81, dns: 0x82, uri: 0x86, ip: 0x87 } as const;

const readAscii = (body: Uint8Array, what: string): string => {
  if (body.some((byte) => byte > 0x7f)) throw new DerError(`x509: SAN ${what} is malformed`);
  return String.fromCharCode(...body);
};

const readUri = (body: Uint8Array): string => {
  const text = readAscii(body, 'uniformResourceIdentifier');
  if (/[\s\u0000-\u001f\u007f]|%(?![0-9a-fA-F]{2})/.test(text))
    throw new DerError(`x509: cannot parse URI ${JSON.stringify(text)}`);
  return text;
};

const readAddress = (body: Uint8Array): Uint8Array => {
  if (body.length === 4 || body.length === 16) return body;
  throw new DerError(`x509: cannot parse IP address of length ${body.length}`);
};

/** Reads the value of the extension; other kinds of names are skipped. Throws `DerError`. */
export const readAlternativeNames = (value: Uint8Array): AlternativeNames => {
  const names = { dnsNames: [] as string[], emailAddresses: [] as string[], uris: [] as string[] };
  const ipAddresses: Uint8Array[] = [];
  const outer = new DerReader(value);
  const reader = outer.inside(TAG.sequence);
  outer.end();
  while (!reader.done) {
    const { tag, body } = reader.next();
    if (tag === CONTEXT.email) names.emailAddresses.push(readAscii(body, 'rfc822Name'));
    else if (tag === CONTEXT.dns) names.dnsNames.push(readAscii(body, 'dNSName'));
    else if (tag === CONTEXT.uri) names.uris.push(readUri(body));
    else if (tag === CONTEXT.ip) ipAddresses.push(readAddress(body));
  }
  return { ...names, ipAddresses };
};

/** The extension's value, in Go's order; `undefined` when there are no names. */
export const printAlternativeNames = (names: AlternativeNames): Uint8Array | undefined => {
  const text = (tag: number, list: readonly string[]) =>
    list.map((one) => der(tag, new TextEncoder().encode(one)));
  const parts = [
    ...text(CONTEXT.dns, names.dnsNames),
    ...text(CONTEXT.email, names.emailAddresses),
    ...names.ipAddresses.map((address) => der(CONTEXT.ip, address)),
    ...text(CONTEXT.uri, names.uris),
  ];
  return parts.length === 0 ? undefined : sequence(...parts);
};
