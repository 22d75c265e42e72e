/** Randomness as a function: the same seed, purpose and parts give the same value for ever. */

/** 53 well-mixed bits of a text (two 32-bit multiplicative hashes with a final avalanche), as [0, 1). */
const unit = (text: string): number => {
  let a = 0xdeadbeef;
  let b = 0x41c6ce57;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    a = Math.imul(a ^ code, 2654435761);
    b = Math.imul(b ^ code, 1597334677);
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909);
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909);
  return (4294967296 * (2097151 & b) + (a >>> 0)) / 9007199254740992;
};

/** A value in [0, 1) derived from the cluster's seed, a purpose and parts that already lie in the store. */
export const deriveUnit = (seed: string, purpose: string, ...parts: readonly (string | number)[]): number =>
  unit(`${seed}\u0000${purpose}\u0000${parts.join('\u0000')}`);

/** An integer in [0, bound) derived likewise; `bound` is at most 2^32. */
export const deriveInteger = (
  seed: string,
  bound: number,
  purpose: string,
  ...parts: readonly (string | number)[]
): number => Math.floor(deriveUnit(seed, purpose, ...parts) * bound);
