/**
 * X.509 certificates of the local front: just enough DER for a P-256 authority and one server certificate.
 * Fields and extensions as RFC 5280 wants them.
 */

import {
  createHash,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
} from 'node:crypto';

const der = (tag: number, ...parts: readonly Uint8Array[]): Buffer => {
  const content = Buffer.concat(parts);
  const { length } = content;
  if (length < 0x80) return Buffer.concat([Buffer.from([tag, length]), content]);
  const size = length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
};

const sequence = (...parts: readonly Uint8Array[]): Buffer => der(0x30, ...parts);
const set = (...parts: readonly Uint8Array[]): Buffer => der(0x31, ...parts);
const octets = (content: Uint8Array): Buffer => der(0x04, content);
const bits = (content: Uint8Array, unused = 0): Buffer => der(0x03, Buffer.from([unused]), content);
const utf8 = (text: string): Buffer => der(0x0c, Buffer.from(text));
const TRUE = der(0x01, Buffer.from([0xff]));

/** DER wants the shortest form: no leading zeros but the one that keeps the number positive. */
export const positiveInteger = (bytes: Uint8Array): Buffer => {
  const start = bytes.findIndex((byte) => byte !== 0);
  const digits = start < 0 ? Buffer.from([0]) : Buffer.from(bytes.subarray(start));
  return der(0x02, (digits[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.from([0]), digits]) : digits);
};

const oid = (dotted: string): Buffer => {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const bytes = [first * 40 + second];
  for (const arc of rest) {
    const groups = [arc & 0x7f];
    for (let left = arc >> 7; left > 0; left >>= 7) groups.unshift((left & 0x7f) | 0x80);
    bytes.push(...groups);
  }
  return der(0x06, Buffer.from(bytes));
};

/** GeneralizedTime; years below 2050 must be UTCTime. */
const time = (at: Date): Buffer => {
  const text = `${at.toISOString().replace(/[-:T]/g, '').slice(0, 14)}Z`;
  return at.getUTCFullYear() < 2050 ? der(0x17, Buffer.from(text.slice(2))) : der(0x18, Buffer.from(text));
};

const commonName = (name: string): Buffer => sequence(set(sequence(oid('2.5.4.3'), utf8(name))));

const extension = (id: string, content: Uint8Array, critical = false): Buffer =>
  sequence(oid(id), ...(critical ? [TRUE] : []), octets(content));

const spki = (key: KeyObject): Buffer => key.export({ format: 'der', type: 'spki' });

const keyIdentifier = (key: KeyObject): Buffer => createHash('sha1').update(spki(key)).digest();

const ECDSA_SHA256 = sequence(oid('1.2.840.10045.4.3.2'));

const toPem = (content: Buffer): string =>
  `-----BEGIN CERTIFICATE-----\n${content.toString('base64').replace(/(.{64})(?!$)/g, '$1\n')}\n-----END CERTIFICATE-----\n`;

interface CertificateInput {
  readonly subject: string;
  readonly key: KeyObject;
  readonly issuer: string;
  readonly issuerKey: KeyObject;
  readonly from: Date;
  readonly until: Date;
  readonly extensions: readonly Buffer[];
}

const makeCertificate = (input: CertificateInput): string => {
  const issuerPublicKey = createPublicKey(input.issuerKey);
  const body = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    positiveInteger(randomBytes(16)),
    ECDSA_SHA256,
    commonName(input.issuer),
    sequence(time(input.from), time(input.until)),
    commonName(input.subject),
    spki(input.key),
    der(
      0xa3,
      sequence(
        ...input.extensions,
        extension('2.5.29.14', octets(keyIdentifier(input.key))),
        extension('2.5.29.35', sequence(der(0x80, keyIdentifier(issuerPublicKey)))),
      ),
    ),
  );
  return toPem(sequence(body, ECDSA_SHA256, bits(sign('sha256', body, input.issuerKey))));
};

/** A certificate and its private key, both PEM. */
export interface KeyedCertificate {
  readonly certificate: string;
  readonly key: string;
}

const newKey = (): { publicKey: KeyObject; privateKey: KeyObject } =>
  generateKeyPairSync('ec', { namedCurve: 'P-256' });

const exportKey = (key: KeyObject): string => key.export({ format: 'pem', type: 'pkcs8' }).toString();

const DAY_MS = 24 * 3600 * 1000;

/** A new authority, good for ten years from `now`. */
export const makeAuthority = (name: string, now: Date): KeyedCertificate => {
  const { publicKey, privateKey } = newKey();
  const certificate = makeCertificate({
    subject: name,
    key: publicKey,
    issuer: name,
    issuerKey: privateKey,
    from: new Date(now.getTime() - DAY_MS),
    until: new Date(now.getTime() + 3650 * DAY_MS),
    extensions: [
      extension('2.5.29.19', sequence(TRUE), true),
      // keyCertSign and cRLSign, digitalSignature
      extension('2.5.29.15', bits(Buffer.from([0x86]), 1), true),
    ],
  });
  return { certificate, key: exportKey(privateKey) };
};

const subjectAlternatives = (dnsNames: readonly string[], ipv4: readonly string[]): Buffer =>
  sequence(
    ...dnsNames.map((name) => der(0x82, Buffer.from(name))),
    ...ipv4.map((address) => der(0x87, Buffer.from(address.split('.').map(Number)))),
  );

/** A server certificate for these names, signed by the authority; good for `days` from `now`. */
export const makeServerCertificate = (
  authority: { readonly name: string; readonly key: KeyObject },
  names: { readonly dns: readonly string[]; readonly ipv4: readonly string[] },
  days: number,
  now: Date,
): KeyedCertificate => {
  const { publicKey, privateKey } = newKey();
  const certificate = makeCertificate({
    subject: names.dns[0] ?? names.ipv4[0] ?? 'server',
    key: publicKey,
    issuer: authority.name,
    issuerKey: authority.key,
    from: new Date(now.getTime() - DAY_MS),
    until: new Date(now.getTime() + days * DAY_MS),
    extensions: [
      extension('2.5.29.19', sequence(), true),
      extension('2.5.29.15', bits(Buffer.from([0x80]), 7), true),
      extension('2.5.29.37', sequence(oid('1.3.6.1.5.5.7.3.1'))),
      extension('2.5.29.17', subjectAlternatives(names.dns, names.ipv4)),
    ],
  });
  return { certificate, key: exportKey(privateKey) };
};
