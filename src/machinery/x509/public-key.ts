/** Public keys and the signatures they verify: RSA, ECDSA over P-256, P-384 and P-521, Ed25519. */

import { ed25519 } from '@noble/curves/ed25519.js';
import { p256, p384, p521 } from '@noble/curves/nist.js';
import { sha1 } from '@noble/hashes/legacy.js';
import { sha256, sha384, sha512 } from '@noble/hashes/sha2.js';
import { DerError, DerReader, readBits, readInteger, readObjectIdentifier, TAG } from './der.ts';
import { bitLength, type Hash, type RsaKey, verifyPkcs1, verifyPss } from './rsa.ts';

const CURVES = { 'P-256': p256, 'P-384': p384, 'P-521': p521 } as const;

/** A curve of ECDSA keys. */
export type Curve = keyof typeof CURVES;

/** A key; `raw` is the SubjectPublicKeyInfo it was read from. Keys of other algorithms are `unknown`. */
export type PublicKey = { readonly raw: Uint8Array } & (
  | ({ readonly algorithm: 'RSA' } & RsaKey)
  | { readonly algorithm: 'ECDSA'; readonly curve: Curve; readonly point: Uint8Array }
  | { readonly algorithm: 'Ed25519'; readonly point: Uint8Array }
  | { readonly algorithm: 'unknown' }
);

const CURVE_IDS: ReadonlyMap<string, Curve> = new Map([
  ['1.2.840.10045.3.1.7', 'P-256'],
  ['1.3.132.0.34', 'P-384'],
  ['1.3.132.0.35', 'P-521'],
]);

const MOST_RSA_BITS = 16_384;
const LEAST_RSA_BITS = 1024;

const readRsa = (bytes: Uint8Array): RsaKey => {
  const reader = new DerReader(bytes);
  const pair = reader.inside(TAG.sequence);
  reader.end();
  const modulus = readInteger(pair.expect(TAG.integer).body);
  const exponent = readInteger(pair.expect(TAG.integer).body);
  pair.end();
  if (modulus === 0n) throw new DerError('x509: RSA modulus is not a positive number');
  if (exponent === 0n) throw new DerError('x509: RSA public exponent is not a positive number');
  if (exponent > 0x7fffffffn) throw new DerError('x509: RSA public exponent too large');
  if (bitLength(modulus) > MOST_RSA_BITS) throw new DerError('x509: RSA modulus too large');
  return { modulus, exponent: Number(exponent) };
};

const isOnCurve = (curve: Curve, point: Uint8Array): boolean => {
  try {
    CURVES[curve].Point.fromBytes(point).assertValidity();
    return true;
  } catch {
    // The library throws for every kind of bad point; the caller says what that means.
    return false;
  }
};

const readCurvePoint = (parameters: DerReader, point: Uint8Array) => {
  const curve = CURVE_IDS.get(readObjectIdentifier(parameters.expect(TAG.objectIdentifier).body));
  if (curve === undefined) throw new DerError('x509: unsupported elliptic curve');
  if (point[0] !== 4 || !isOnCurve(curve, point))
    throw new DerError('x509: failed to unmarshal elliptic curve point');
  return { algorithm: 'ECDSA' as const, curve, point };
};

/** Reads the next SubjectPublicKeyInfo. Throws `DerError`. */
export const readPublicKey = (reader: DerReader): PublicKey => {
  const { body, whole: raw } = reader.expect(TAG.sequence);
  const info = new DerReader(body);
  const parameters = info.inside(TAG.sequence);
  const id = readObjectIdentifier(parameters.expect(TAG.objectIdentifier).body);
  const key = readBits(info.expect(TAG.bitString).body);
  info.end();
  if (id === '1.2.840.113549.1.1.1') return { raw, algorithm: 'RSA', ...readRsa(key) };
  if (id === '1.2.840.10045.2.1') return { raw, ...readCurvePoint(parameters, key) };
  if (id !== '1.3.101.112') return { raw, algorithm: 'unknown' };
  if (key.length !== 32) throw new DerError('x509: wrong Ed25519 public key size');
  return { raw, algorithm: 'Ed25519', point: key };
};

type Family = 'RSA' | 'RSA-PSS' | 'ECDSA' | 'Ed25519';

/** A way to sign: the kind of key and the hash, with the DER before its digest in PKCS #1. */
export interface SignatureScheme {
  readonly name: string;
  readonly family: Family;
  readonly hash?: Hash;
  readonly prefix?: string;
}

const RSA = '1.2.840.113549.1.1';
const ECDSA = '1.2.840.10045.4';
const PREFIX = {
  sha1: '3021300906052b0e03021a05000414',
  sha256: '3031300d060960864801650304020105000420',
  sha384: '3041300d060960864801650304020205000430',
  sha512: '3051300d060960864801650304020305000440',
} as const;

/** Schemes by the identifier of their algorithm. MD5 stands here to be refused by name, as Go does. */
const SCHEMES: Readonly<Record<string, SignatureScheme>> = {
  [`${RSA}.4`]: { name: 'MD5-RSA', family: 'RSA' },
  [`${RSA}.5`]: { name: 'SHA1-RSA', family: 'RSA', hash: sha1, prefix: PREFIX.sha1 },
  [`${RSA}.11`]: { name: 'SHA256-RSA', family: 'RSA', hash: sha256, prefix: PREFIX.sha256 },
  [`${RSA}.12`]: { name: 'SHA384-RSA', family: 'RSA', hash: sha384, prefix: PREFIX.sha384 },
  [`${RSA}.13`]: { name: 'SHA512-RSA', family: 'RSA', hash: sha512, prefix: PREFIX.sha512 },
  [`${ECDSA}.1`]: { name: 'ECDSA-SHA1', family: 'ECDSA', hash: sha1 },
  [`${ECDSA}.3.2`]: { name: 'ECDSA-SHA256', family: 'ECDSA', hash: sha256 },
  [`${ECDSA}.3.3`]: { name: 'ECDSA-SHA384', family: 'ECDSA', hash: sha384 },
  [`${ECDSA}.3.4`]: { name: 'ECDSA-SHA512', family: 'ECDSA', hash: sha512 },
  '1.3.101.112': { name: 'Ed25519', family: 'Ed25519' },
};

const PSS_HASHES: Readonly<Record<string, Hash>> = {
  '2.16.840.1.101.3.4.2.1': sha256,
  '2.16.840.1.101.3.4.2.2': sha384,
  '2.16.840.1.101.3.4.2.3': sha512,
};

const readPss = (parameters: DerReader): SignatureScheme | undefined => {
  const outer = parameters.optional(TAG.sequence);
  const first = outer && new DerReader(outer.body).optional(0xa0);
  if (first === undefined) return undefined;
  const hash =
    PSS_HASHES[readObjectIdentifier(new DerReader(first.body).inside(TAG.sequence).expect(6).body)];
  return hash === undefined ? undefined : { name: 'RSAPSS', family: 'RSA-PSS', hash };
};

/** Reads the next AlgorithmIdentifier of a signature; `undefined` for algorithms nobody here knows. */
export const readScheme = (reader: DerReader): SignatureScheme | undefined => {
  const parameters = reader.inside(TAG.sequence);
  const id = readObjectIdentifier(parameters.expect(TAG.objectIdentifier).body);
  return id === `${RSA}.10` ? readPss(parameters) : SCHEMES[id];
};

const GO_TYPES = { RSA: '*rsa.PublicKey', ECDSA: '*ecdsa.PublicKey', Ed25519: 'ed25519.PublicKey' } as const;

const verifyRsa = (
  key: RsaKey,
  { family, hash, prefix }: SignatureScheme,
  data: Uint8Array,
  signature: Uint8Array,
): string | undefined => {
  const size = bitLength(key.modulus);
  if (size < LEAST_RSA_BITS) {
    return `crypto/rsa: ${size}-bit keys are insecure (see https://go.dev/pkg/crypto/rsa#hdr-Minimum_key_size)`;
  }
  if (hash === undefined) return 'x509: cannot verify signature: algorithm unimplemented';
  const digest = hash(data);
  const isGood =
    family === 'RSA-PSS'
      ? verifyPss(key, hash, digest, signature)
      : verifyPkcs1(key, prefix ?? '', digest, signature);
  return isGood ? undefined : 'crypto/rsa: verification error';
};

const attempt = (verify: () => boolean): boolean => {
  try {
    return verify();
  } catch {
    // A signature that is no signature at all; the answer is the same as for a wrong one.
    return false;
  }
};

/**
 * Checks a signature; `undefined` when it is good, otherwise why not, in Go's words (crypto/x509, checkSignature).
 * ECDSA signatures are in DER.
 */
export const signatureComplaint = (
  key: PublicKey,
  scheme: SignatureScheme | undefined,
  data: Uint8Array,
  signature: Uint8Array,
): string | undefined => {
  if (scheme === undefined || key.algorithm === 'unknown')
    return 'x509: cannot verify signature: algorithm unimplemented';
  if (scheme.name === 'MD5-RSA') return 'x509: cannot verify signature: insecure algorithm MD5-RSA';
  const wanted = scheme.family === 'RSA-PSS' ? 'RSA' : scheme.family;
  if (wanted !== key.algorithm) {
    return `x509: signature algorithm specifies an ${wanted} public key, but have public key of type ${GO_TYPES[key.algorithm]}`;
  }
  if (key.algorithm === 'RSA') return verifyRsa(key, scheme, data, signature);
  if (key.algorithm === 'Ed25519') {
    const isGood = attempt(() => ed25519.verify(signature, data, key.point, { zip215: false }));
    return isGood ? undefined : 'x509: Ed25519 verification failure';
  }
  const { hash } = scheme;
  if (hash === undefined) return 'x509: cannot verify signature: algorithm unimplemented';
  const options = { prehash: false, lowS: false, format: 'der' } as const;
  const isGood = attempt(() => CURVES[key.curve].verify(signature, hash(data), key.point, options));
  return isGood ? undefined : 'x509: ECDSA verification failure';
};

const JOSE: Readonly<Record<string, { readonly scheme: SignatureScheme; readonly curve?: Curve }>> = {
  RS256: { scheme: { name: 'RS256', family: 'RSA', hash: sha256, prefix: PREFIX.sha256 } },
  RS384: { scheme: { name: 'RS384', family: 'RSA', hash: sha384, prefix: PREFIX.sha384 } },
  RS512: { scheme: { name: 'RS512', family: 'RSA', hash: sha512, prefix: PREFIX.sha512 } },
  PS256: { scheme: { name: 'PS256', family: 'RSA-PSS', hash: sha256 } },
  ES256: { scheme: { name: 'ES256', family: 'ECDSA', hash: sha256 }, curve: 'P-256' },
  ES384: { scheme: { name: 'ES384', family: 'ECDSA', hash: sha384 }, curve: 'P-384' },
  ES512: { scheme: { name: 'ES512', family: 'ECDSA', hash: sha512 }, curve: 'P-521' },
  EdDSA: { scheme: { name: 'EdDSA', family: 'Ed25519' } },
};

/** Whether a signature of RFC 7518 is good: the algorithm must be the key's own, ECDSA signatures are r and s. */
export const verifyJose = (
  key: PublicKey,
  algorithm: string,
  data: Uint8Array,
  signature: Uint8Array,
): boolean => {
  const known = Object.hasOwn(JOSE, algorithm) ? JOSE[algorithm] : undefined;
  if (known === undefined) return false;
  if (key.algorithm !== 'ECDSA') {
    return signatureComplaint(key, known.scheme, data, signature) === undefined;
  }
  const { hash } = known.scheme;
  if (known.curve !== key.curve || hash === undefined) return false;
  const options = { prehash: false, lowS: false, format: 'compact' } as const;
  return attempt(() => CURVES[key.curve].verify(signature, hash(data), key.point, options));
};
