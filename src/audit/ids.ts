import { deriveInteger } from '../machinery/random.ts';
import type { Instant } from '../machinery/time.ts';

/** The last step of a common 32-bit hash: every bit of the input reaches every bit of the result. */
const mix = (word: number): number => {
  let mixed = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
};

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

const byteAt = (word: number, shift: number): string => HEX[(word >>> shift) & 0xff] ?? '';

const half = (word: number, shift: number): string => byteAt(word, shift + 8) + byteAt(word, shift);

/**
 * Audit ids as version 4 UUIDs, a function of the cluster's seed, a record's number and its instant. Every request has
 * one, so it is made of a few multiplications instead of hashed texts. The instant keeps ids apart when a number is
 * given twice, because a record in memory was lost.
 */
export const makeAuditIds = (seed: string): ((seq: number, at: Instant) => string) => {
  const words = [0, 1, 2, 3].map((index) => deriveInteger(seed, 0x100000000, 'audit', index));
  return (seq, at) => {
    const low = at >>> 0;
    const high = Math.floor(at / 0x100000000);
    const word = (index: number): number =>
      mix(mix(mix(((words[index] ?? 0) + Math.imul(seq, 0x9e3779b1)) | 0) ^ low) ^ high ^ index);
    const [a, b, c, d] = [word(0), word(1), word(2), word(3)];
    const third = (b & 0x0fff) | 0x4000;
    const fourth = ((c >>> 16) & 0x3fff) | 0x8000;
    return `${half(a, 16)}${half(a, 0)}-${half(b, 16)}-${half(third, 0)}-${half(fourth, 0)}-${half(c, 0)}${half(d, 16)}${half(d, 0)}`;
  };
};
