/** RSA signatures, verified only: RFC 8017 sections 8.1.2 (PSS) and 8.2.2 (PKCS #1 v1.5). */

import { bigintOf, bytesOfBigint, concatBytes, hexOf, sameBytes } from './der.ts';

/** A public key. */
export interface RsaKey {
  readonly modulus: bigint;
  readonly exponent: number;
}

/** A hash function: bytes to bytes. */
export type Hash = (bytes: Uint8Array) => Uint8Array;

/** The length of a number in bits. */
export const bitLength = (value: bigint): number => (value === 0n ? 0 : value.toString(2).length);

const power = (base: bigint, exponent: number, modulus: bigint): bigint => {
  let result = 1n;
  let square = base % modulus;
  for (let left = exponent; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) result = (result * square) % modulus;
    square = (square * square) % modulus;
  }
  return result;
};

/** The signature to the power of the exponent, as bytes of the modulus' length; `undefined` when it is out of range. */
const open = ({ modulus, exponent }: RsaKey, signature: Uint8Array, bits: number): Uint8Array | undefined => {
  const size = Math.ceil(bitLength(modulus) / 8);
  const value = bigintOf(signature);
  if (signature.length !== size || value >= modulus) return undefined;
  const opened = power(value, exponent, modulus);
  const length = Math.ceil(bits / 8);
  return bitLength(opened) > length * 8 ? undefined : bytesOfBigint(opened, length);
};

/** Whether the signature is the padded digest. `prefix` is the DER of DigestInfo up to the digest, in hexadecimal. */
export const verifyPkcs1 = (
  key: RsaKey,
  prefix: string,
  digest: Uint8Array,
  signature: Uint8Array,
): boolean => {
  const bits = bitLength(key.modulus);
  const opened = open(key, signature, bits);
  if (opened === undefined) return false;
  const tail = `00${prefix}${hexOf(digest)}`;
  const padding = opened.length - 2 - tail.length / 2;
  return padding >= 8 && hexOf(opened) === `0001${'ff'.repeat(padding)}${tail}`;
};

const mask = (seed: Uint8Array, length: number, hash: Hash): Uint8Array => {
  let made: Uint8Array = new Uint8Array();
  for (let counter = 0; made.length < length; counter += 1)
    made = concatBytes(made, hash(concatBytes(seed, bytesOfBigint(BigInt(counter), 4))));
  return made.subarray(0, length);
};

/** Whether the signature is good in PSS with a salt as long as the digest and MGF1 of the same hash. */
export const verifyPss = (key: RsaKey, hash: Hash, digest: Uint8Array, signature: Uint8Array): boolean => {
  const bits = bitLength(key.modulus) - 1;
  const opened = open(key, signature, bits);
  const size = digest.length;
  if (opened === undefined || opened.length < 2 * size + 2 || opened.at(-1) !== 0xbc) return false;
  const masked = opened.subarray(0, opened.length - size - 1);
  const check = opened.subarray(opened.length - size - 1, -1);
  const spare = 8 * opened.length - bits;
  if ((masked[0] ?? 0) >> (8 - spare) !== 0 && spare > 0) return false;
  const pattern = mask(check, masked.length, hash);
  const block = masked.map((byte, at) => byte ^ (pattern[at] ?? 0));
  block[0] = (block[0] ?? 0) & (0xff >> spare);
  const start = block.length - size - 1;
  if (block.subarray(0, start).some((byte) => byte !== 0) || block[start] !== 1) return false;
  const again = hash(concatBytes(new Uint8Array(8), digest, block.subarray(start + 1)));
  return sameBytes(again, check);
};
