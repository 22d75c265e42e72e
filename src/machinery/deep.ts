/** Structural operations on plain JSON values: equality, freezing, copying, hashing, the safe alphabet. */

type Loose = { readonly [key: string]: unknown };

/**
 * Structural equality of JSON values; an absent key and a key holding `undefined` are the same, the order
 * of keys does not matter, the order of items does. Shared (frozen) subtrees are equal at once.
 */
export const deepEqual = (left: unknown, right: unknown): boolean => {
  if (left === right) return true;
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return false;
  if (Array.isArray(left)) {
    if (!Array.isArray(right) || left.length !== right.length) return false;
    for (let i = 0; i < left.length; i++) if (!deepEqual(left[i], right[i])) return false;
    return true;
  }
  if (Array.isArray(right)) return false;
  let surplus = 0;
  for (const key in left) {
    const value = (left as Loose)[key];
    if (value === undefined) continue;
    surplus++;
    if (!deepEqual(value, (right as Loose)[key])) return false;
  }
  for (const key in right) if ((right as Loose)[key] !== undefined) surplus--;
  return surplus === 0;
};

const isNothing = (value: unknown): boolean => {
  if (value === undefined || value === null) return true;
  if (typeof value !== 'object') return false;
  if (Array.isArray(value)) return value.length === 0;
  for (const _ in value) return false;
  return true;
};

/**
 * Equality as upstream's validation means it (apimachinery equality.Semantic): a list or map that is there but empty
 * equals one that is not there. Differs: so does an empty struct.
 */
export const semanticEqual = (left: unknown, right: unknown): boolean => {
  if (left === right) return true;
  if (isNothing(left) || isNothing(right)) return isNothing(left) && isNothing(right);
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return false;
  if (Array.isArray(left) || Array.isArray(right)) {
    if (!Array.isArray(left) || !Array.isArray(right) || left.length !== right.length) return false;
    return left.every((item, index) => semanticEqual(item, right[index]));
  }
  for (const key in left) if (!semanticEqual((left as Loose)[key], (right as Loose)[key])) return false;
  for (const key in right) if (!(key in left) && !isNothing((right as Loose)[key])) return false;
  return true;
};

/**
 * Freezes a value and all below it, in place, and returns it. Stops at what is frozen already, which is
 * therefore taken to be frozen throughout.
 */
export const deepFreeze = <T>(value: T): T => {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  if (Array.isArray(value)) for (const item of value) deepFreeze(item);
  else for (const key in value) deepFreeze((value as Loose)[key]);
  return value;
};

/** A JSON tree that may be written to. */
export type Mutable = null | boolean | number | string | Mutable[] | { [key: string]: Mutable };

const copy = (value: unknown): unknown => {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    const items: unknown[] = new Array(value.length);
    for (let i = 0; i < value.length; i++) items[i] = copy(value[i]);
    return items;
  }
  const result: Record<string, unknown> = {};
  for (const key in value) {
    const field = (value as Loose)[key];
    if (field === undefined) continue;
    if (key === '__proto__') {
      Object.defineProperty(result, key, {
        value: copy(field),
        enumerable: true,
        writable: true,
        configurable: true,
      });
    } else result[key] = copy(field);
  }
  return result;
};

/** An unfrozen deep copy of a JSON value; keys that hold `undefined` are left out. */
export const cloneJson = <T>(value: T): T => copy(value) as T;

/**
 * An unfrozen copy of an object that shares its `metadata.managedFields`: those are only ever replaced as a whole, and
 * are often half of an object.
 */
export const cloneObject = <T extends { readonly metadata: { readonly managedFields?: unknown } }>(
  object: T,
): T => {
  const { managedFields, ...rest } = object.metadata;
  const clone = cloneJson({ ...object, metadata: rest }) as T;
  if (managedFields !== undefined) {
    (clone.metadata as { managedFields?: unknown }).managedFields = managedFields;
  }
  return clone;
};

/** JSON text with sorted keys and without `undefined`: equal values give equal texts. */
export const stableJson = (value: unknown): string => {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  if (Array.isArray(value)) return `[${value.map(stableJson).join(',')}]`;
  const record = value as Loose;
  const parts: string[] = [];
  for (const key of Object.keys(record).sort()) {
    if (record[key] !== undefined) parts.push(`${JSON.stringify(key)}:${stableJson(record[key])}`);
  }
  return `{${parts.join(',')}}`;
};

/** Calls `each` with every byte of the UTF-8 form of the text; lone surrogates become U+FFFD. */
const forEachByte = (text: string, each: (byte: number) => void): void => {
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) {
      each(unit);
      continue;
    }
    let point = text.codePointAt(i) ?? 0xfffd;
    if (point > 0xffff) i++;
    if (point >= 0xd800 && point <= 0xdfff) point = 0xfffd;
    if (point < 0x800) each(0xc0 | (point >> 6));
    else {
      if (point < 0x10000) each(0xe0 | (point >> 12));
      else {
        each(0xf0 | (point >> 18));
        each(0x80 | ((point >> 12) & 63));
      }
      each(0x80 | ((point >> 6) & 63));
    }
    each(0x80 | (point & 63));
  }
};

/** Number of bytes of the text in UTF-8, which is what upstream's length limits count. */
export const utf8Length = (text: string): number => {
  let bytes = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) continue;
    if (unit < 0x800) bytes += 1;
    else {
      bytes += 2;
      const pair = unit >= 0xd800 && unit <= 0xdbff && (text.codePointAt(i) ?? 0) > 0xffff;
      if (pair) i++;
    }
  }
  return bytes;
};

/** FNV-1a of the text's UTF-8 bytes, 32 bits, unsigned (Go `hash/fnv.New32a`). */
export const fnv32a = (text: string): number => {
  let hash = 0x811c9dc5;
  forEachByte(text, (byte) => {
    hash = Math.imul(hash ^ byte, 0x01000193);
  });
  return hash >>> 0;
};

/** FNV-1 (multiply first), 32 bits, unsigned (Go `hash/fnv.New32`). */
export const fnv32 = (text: string): number => {
  let hash = 0x811c9dc5;
  forEachByte(text, (byte) => {
    hash = Math.imul(hash, 0x01000193) ^ byte;
  });
  return hash >>> 0;
};

/** No vowels and no look-alikes, so that generated names spell nothing (apimachinery util/rand). */
export const SAFE_ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';

/** Maps every byte of the text into the safe alphabet (`rand.SafeEncodeString`). */
export const safeEncode = (text: string): string => {
  let out = '';
  forEachByte(text, (byte) => {
    out += SAFE_ALPHABET[byte % SAFE_ALPHABET.length];
  });
  return out;
};

/**
 * The `pod-template-hash` of a template: stable across key order, different for another collision count.
 * Differs: upstream hashes a dump of the Go struct, so the letters are not the ones a real cluster would use.
 */
export const templateHash = (template: unknown, collisionCount?: number): string =>
  safeEncode(
    String(fnv32a(stableJson(template) + (collisionCount === undefined ? '' : `\n${collisionCount}`))),
  );

/** A name suffix of `length` safe letters derived from a seed text: same seed, same suffix. */
export const safeSuffix = (seed: string, length = 5): string => {
  let out = '';
  let state = fnv32a(seed);
  for (let i = 0; i < length; i++) {
    // A 32-bit finaliser over the seed and the position: neighbouring seeds give unrelated letters.
    state = Math.imul(state ^ (state >>> 16) ^ (i + 0x9e3779b9), 0x85ebca6b);
    state = Math.imul(state ^ (state >>> 13), 0xc2b2ae35);
    state ^= state >>> 16;
    out += SAFE_ALPHABET[(state >>> 0) % SAFE_ALPHABET.length];
  }
  return out;
};
