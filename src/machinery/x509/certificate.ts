/** Certificates (RFC 5280): made as Go's crypto/x509 does, signed with ECDSA over P-256, and read. */

import { p256 } from '@noble/curves/nist.js';
import { sha1 } from '@noble/hashes/legacy.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { bad, good, type Result } from '../result.ts';
import type { Instant } from '../time.ts';
import { type AlternativeNames, NO_NAMES, printAlternativeNames } from './alternative-names.ts';
import {
  bits,
  bytesOfBigint,
  contextTag,
  DerError,
  DerReader,
  der,
  objectIdentifier,
  octets,
  positiveInteger,
  readBits,
  readInteger,
  readObjectIdentifier,
  sequence,
  TAG,
} from './der.ts';
import { type DistinguishedName, printName, readName } from './name.ts';
import {
  type PublicKey,
  readPublicKey,
  readScheme,
  type SignatureScheme,
  signatureComplaint,
} from './public-key.ts';
import { type Extension, readExtensions } from './signing-request.ts';

const EXTENSION = {
  keyUsage: '2.5.29.15',
  extendedKeyUsage: '2.5.29.37',
  basicConstraints: '2.5.29.19',
  subjectKeyIdentifier: '2.5.29.14',
  authorityKeyIdentifier: '2.5.29.35',
  subjectAlternativeName: '2.5.29.17',
} as const;

const TRUE = der(TAG.boolean, Uint8Array.of(0xff));
const ECDSA_SHA256 = sequence(objectIdentifier('1.2.840.10045.4.3.2'));

/** A private P-256 key with its public point, uncompressed. */
export interface KeyPair {
  readonly secret: Uint8Array;
  readonly point: Uint8Array;
}

const ORDER = p256.Point.Fn.ORDER;

/** A key pair from 32 random bytes or more: the bytes modulo the order of the curve, never zero. */
export const makeKeyPair = (random: Uint8Array): KeyPair => {
  const number = BigInt(`0x${Array.from(random, (byte) => byte.toString(16).padStart(2, '0')).join('')}`);
  const secret = bytesOfBigint((number % (ORDER - 1n)) + 1n, 32);
  return { secret, point: p256.getPublicKey(secret, false) };
};

/** An ES256 signature as r and s (RFC 7518), deterministic (RFC 6979). */
export const signCompact = ({ secret }: KeyPair, data: Uint8Array): Uint8Array =>
  p256.sign(sha256(data), secret, { prehash: false, lowS: false, format: 'compact' });

const signDer = ({ secret }: KeyPair, data: Uint8Array): Uint8Array =>
  p256.sign(sha256(data), secret, { prehash: false, lowS: false, format: 'der' });

/** The SubjectPublicKeyInfo of a P-256 point. */
export const printPublicKey = (point: Uint8Array): Uint8Array =>
  sequence(
    sequence(objectIdentifier('1.2.840.10045.2.1'), objectIdentifier('1.2.840.10045.3.1.7')),
    bits(point),
  );

/** Times until 2049 are UTCTime, later ones GeneralizedTime; both end with seconds. */
const printInstant = (at: Instant): Uint8Array => {
  const date = new Date(at);
  const text = `${date.toISOString().replace(/[-:T]/g, '').slice(0, 14)}Z`;
  const year = date.getUTCFullYear();
  return year < 2050
    ? der(TAG.utcTime, new TextEncoder().encode(text.slice(2)))
    : der(TAG.generalizedTime, new TextEncoder().encode(text));
};

/** Bits of the key usage extension by their number; trailing zero bits are left out. */
const printKeyUsage = (numbers: readonly number[]): Uint8Array => {
  const last = Math.max(...numbers);
  const bytes = new Uint8Array(Math.floor(last / 8) + 1);
  for (const number of numbers) {
    const at = Math.floor(number / 8);
    bytes[at] = (bytes[at] ?? 0) | (0x80 >> (number % 8));
  }
  return bits(bytes, 7 - (last % 8));
};

/** What a certificate is to say. */
export interface CertificateTemplate {
  /** Big-endian, positive. */
  readonly serial: Uint8Array;
  readonly subject: DistinguishedName;
  /** SubjectPublicKeyInfo. */
  readonly publicKey: Uint8Array;
  readonly notBefore: Instant;
  readonly notAfter: Instant;
  /** Numbers of the bits of RFC 5280 section 4.2.1.3. */
  readonly keyUsage: readonly number[];
  /** Object identifiers. */
  readonly extendedKeyUsage: readonly string[];
  readonly isAuthority: boolean;
  readonly names?: AlternativeNames;
}

/** Who signs: the name and key of the authority. */
export interface Signer {
  readonly name: DistinguishedName;
  readonly keys: KeyPair;
}

const extension = (id: string, isCritical: boolean, value: Uint8Array): Uint8Array =>
  sequence(objectIdentifier(id), ...(isCritical ? [TRUE] : []), octets(value));

const keyIdentifier = (point: Uint8Array): Uint8Array => sha1(point);

/** Extensions in the order Go writes them. */
const printExtensions = (template: CertificateTemplate, signer: Signer): Uint8Array[] => {
  const { keyUsage, extendedKeyUsage, isAuthority, names = NO_NAMES } = template;
  const alternatives = printAlternativeNames(names);
  const isNameless = printName(template.subject).length === 2;
  const own = keyIdentifier(signer.keys.point);
  return [
    ...(keyUsage.length > 0 ? [extension(EXTENSION.keyUsage, true, printKeyUsage(keyUsage))] : []),
    ...(extendedKeyUsage.length > 0
      ? [extension(EXTENSION.extendedKeyUsage, false, sequence(...extendedKeyUsage.map(objectIdentifier)))]
      : []),
    extension(EXTENSION.basicConstraints, true, sequence(...(isAuthority ? [TRUE] : []))),
    ...(isAuthority ? [extension(EXTENSION.subjectKeyIdentifier, false, octets(own))] : []),
    ...(isAuthority ? [] : [extension(EXTENSION.authorityKeyIdentifier, false, sequence(der(0x80, own)))]),
    ...(alternatives === undefined
      ? []
      : [extension(EXTENSION.subjectAlternativeName, isNameless, alternatives)]),
  ];
};

/** Makes and signs a certificate; the result is DER. */
export const makeCertificate = (template: CertificateTemplate, signer: Signer): Uint8Array => {
  const body = sequence(
    der(contextTag(0), der(TAG.integer, Uint8Array.of(2))),
    positiveInteger(template.serial),
    ECDSA_SHA256,
    printName(signer.name),
    sequence(printInstant(template.notBefore), printInstant(template.notAfter)),
    printName(template.subject),
    template.publicKey,
    der(contextTag(3), sequence(...printExtensions(template, signer))),
  );
  return sequence(body, ECDSA_SHA256, bits(signDer(signer.keys, body)));
};

/** A certificate as read. */
export interface Certificate {
  readonly subject: DistinguishedName;
  readonly publicKey: PublicKey;
  readonly notBefore: Instant;
  readonly notAfter: Instant;
  /** The issuer's name as it stands there. */
  readonly issuer: Uint8Array;
  /** Object identifiers; `undefined` without the extension, which allows every use. */
  readonly extendedKeyUsage: readonly string[] | undefined;
  readonly signed: Uint8Array;
  readonly signature: Uint8Array;
  readonly scheme: SignatureScheme | undefined;
}

const TIMES: Readonly<Record<number, RegExp>> = {
  [TAG.utcTime]: /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/,
  [TAG.generalizedTime]: /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/,
};

const readInstant = (reader: DerReader): Instant => {
  const { tag, body } = reader.next();
  const match = TIMES[tag]?.exec(String.fromCharCode(...body));
  if (!match) throw new DerError('x509: malformed time');
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1).map(Number);
  const full = tag === TAG.generalizedTime ? year : year + (year < 50 ? 2000 : 1900);
  return Date.UTC(full, month - 1, day, hour, minute, second);
};

const readUses = (extensions: readonly Extension[]): readonly string[] | undefined => {
  const found = extensions.find(({ id }) => id === EXTENSION.extendedKeyUsage);
  if (found === undefined) return undefined;
  const list = new DerReader(found.value).inside(TAG.sequence);
  const uses: string[] = [];
  while (!list.done) uses.push(readObjectIdentifier(list.expect(TAG.objectIdentifier).body));
  return uses;
};

const readCertificate = (bytes: Uint8Array): Certificate => {
  const outer = new DerReader(bytes);
  const certificate = outer.inside(TAG.sequence);
  outer.end();
  const signed = certificate.expect(TAG.sequence);
  const scheme = readScheme(certificate);
  const signature = readBits(certificate.expect(TAG.bitString).body);
  certificate.end();
  const reader = new DerReader(signed.body);
  reader.optional(contextTag(0));
  readInteger(reader.expect(TAG.integer).body);
  reader.expect(TAG.sequence);
  const issuer = reader.expect(TAG.sequence).whole;
  const validity = reader.inside(TAG.sequence);
  const notBefore = readInstant(validity);
  const notAfter = readInstant(validity);
  const subject = readName(reader);
  const publicKey = readPublicKey(reader);
  const rest = reader.optional(contextTag(3));
  const extendedKeyUsage = readUses(rest === undefined ? [] : readExtensions(new DerReader(rest.body)));
  return {
    subject,
    publicKey,
    notBefore,
    notAfter,
    issuer,
    extendedKeyUsage,
    signed: signed.whole,
    signature,
    scheme,
  };
};

/** Reads a certificate from DER; nothing about it is checked. */
export const parseCertificate = (bytes: Uint8Array): Result<Certificate> => {
  try {
    return good(readCertificate(bytes));
  } catch (error) {
    if (error instanceof DerError) return bad(error.message);
    throw error;
  }
};

/** Whether the authority signed this certificate. */
export const isSignedBy = (certificate: Certificate, authority: Certificate): boolean =>
  signatureComplaint(authority.publicKey, certificate.scheme, certificate.signed, certificate.signature) ===
  undefined;
