/** Certification requests: PKCS #10 (RFC 2986), read and checked. */

import { bad, good, type Result } from '../result.ts';
import { type AlternativeNames, NO_NAMES, readAlternativeNames } from './alternative-names.ts';
import { contextTag, DerError, DerReader, readBits, readInteger, readObjectIdentifier, TAG } from './der.ts';
import { type DistinguishedName, readName } from './name.ts';
import { readPemBlock } from './pem.ts';
import {
  type PublicKey,
  readPublicKey,
  readScheme,
  type SignatureScheme,
  signatureComplaint,
} from './public-key.ts';

/** What a request asks for. */
export interface SigningRequest {
  readonly subject: DistinguishedName;
  readonly publicKey: PublicKey;
  readonly names: AlternativeNames;
  /** The signed part, its signature, and how it was made. */
  readonly signed: Uint8Array;
  readonly signature: Uint8Array;
  readonly scheme: SignatureScheme | undefined;
}

const EXTENSION_REQUEST = '1.2.840.113549.1.9.14';
const SUBJECT_ALTERNATIVE_NAME = '2.5.29.17';

/** One extension; `value` is what its octet string holds. */
export interface Extension {
  readonly id: string;
  readonly isCritical: boolean;
  readonly value: Uint8Array;
}

/** Reads a sequence of extensions. Throws `DerError`. */
export const readExtensions = (reader: DerReader): Extension[] => {
  const list = reader.inside(TAG.sequence);
  const extensions: Extension[] = [];
  while (!list.done) {
    const one = list.inside(TAG.sequence);
    const id = readObjectIdentifier(one.expect(TAG.objectIdentifier).body);
    const isCritical = one.optional(TAG.boolean)?.body[0] === 0xff;
    extensions.push({ id, isCritical, value: one.expect(TAG.octetString).body });
    one.end();
  }
  return extensions;
};

const readRequestedNames = (attributes: DerReader): AlternativeNames => {
  let names = NO_NAMES;
  while (!attributes.done) {
    const attribute = attributes.inside(TAG.sequence);
    const id = readObjectIdentifier(attribute.expect(TAG.objectIdentifier).body);
    if (id !== EXTENSION_REQUEST) continue;
    const values = attribute.inside(TAG.set);
    for (const extension of readExtensions(values)) {
      if (extension.id === SUBJECT_ALTERNATIVE_NAME) names = readAlternativeNames(extension.value);
    }
  }
  return names;
};

const readRequest = (bytes: Uint8Array): SigningRequest => {
  const outer = new DerReader(bytes);
  const request = outer.inside(TAG.sequence);
  outer.end();
  const info = request.expect(TAG.sequence);
  const scheme = readScheme(request);
  const signature = readBits(request.expect(TAG.bitString).body);
  request.end();
  const reader = new DerReader(info.body);
  readInteger(reader.expect(TAG.integer).body);
  const subject = readName(reader);
  const publicKey = readPublicKey(reader);
  const attributes = reader.optional(contextTag(0));
  const names = attributes === undefined ? NO_NAMES : readRequestedNames(new DerReader(attributes.body));
  return { subject, publicKey, names, signed: info.whole, signature, scheme };
};

/** What Go says of bytes that are another element altogether; its decoder prints its own types. */
const otherElement = (bytes: Uint8Array): string | undefined => {
  const reader = new DerReader(bytes);
  const { tag = TAG.sequence } = reader;
  if (tag === TAG.sequence) return undefined;
  const seen = `{class:${tag >> 6} tag:${tag & 0x1f} length:${reader.nextLength()} isCompound:${(tag & 0x20) !== 0}}`;
  const parameters =
    '{optional:false explicit:false application:false private:false defaultValue:<nil> tag:<nil> stringType:0 timeType:0 set:false omitEmpty:false}';
  return `asn1: structure error: tags don't match (16 vs ${seen}) ${parameters} certificateRequest @2`;
};

const WRONG_TYPE = 'PEM block type must be CERTIFICATE REQUEST';

/** Reads the first PEM block of a text as a request; the error is Go's where it names a cause. The signature is not checked. */
export const parseSigningRequest = (pem: string): Result<SigningRequest> => {
  const [block] = readPemBlock(pem) ?? [];
  if (block?.type !== 'CERTIFICATE REQUEST') return bad(WRONG_TYPE);
  try {
    const other = otherElement(block.bytes);
    return other === undefined ? good(readRequest(block.bytes)) : bad(other);
  } catch (error) {
    if (error instanceof DerError) return bad(error.message);
    throw error;
  }
};

/** Why the request does not prove that its sender holds the key; `undefined` when it does. */
export const requestSignatureComplaint = (request: SigningRequest): string | undefined =>
  signatureComplaint(request.publicKey, request.scheme, request.signed, request.signature);
