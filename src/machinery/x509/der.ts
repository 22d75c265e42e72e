/**
 * X.509 as far as a Kubernetes control plane needs it: signing requests are read and checked, certificates are made,
 * read and checked. Pure and synchronous; curves come from @noble/curves. Nothing here knows a cluster.
 */

/** Tags of the universal class, as they stand in the first byte. */
export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  objectIdentifier: 0x06,
  utf8String: 0x0c,
  numericString: 0x12,
  printableString: 0x13,
  t61String: 0x14,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  bmpString: 0x1e,
  sequence: 0x30,
  set: 0x31,
} as const;

/** The constructed, context-specific tag `[number]`. */
export const contextTag = (number: number): number => 0xa0 | number;

/** Thrown inside this folder for bytes that are not what they should be; its parsers turn it into a `Result`. */
export class DerError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'DerError';
  }
}

/** One element: its tag, what it holds, and the whole of it with tag and length. */
export interface DerValue {
  readonly tag: number;
  readonly body: Uint8Array;
  readonly whole: Uint8Array;
}

const MOST_LENGTH_BYTES = 4;

const readLength = (bytes: Uint8Array, at: number): { readonly length: number; readonly start: number } => {
  const first = bytes[at];
  if (first === undefined) throw new DerError('asn1: syntax error: truncated tag or length');
  if (first < 0x80) return { length: first, start: at + 1 };
  const count = first & 0x7f;
  if (count === 0) throw new DerError('asn1: syntax error: indefinite length found (not DER)');
  if (count > MOST_LENGTH_BYTES) throw new DerError('asn1: structure error: length too large');
  let length = 0;
  for (let index = 1; index <= count; index += 1) {
    const byte = bytes[at + index];
    if (byte === undefined) throw new DerError('asn1: syntax error: truncated tag or length');
    length = length * 256 + byte;
    if (length === 0) throw new DerError('asn1: structure error: superfluous leading zeros in length');
  }
  if (length < 0x80) throw new DerError('asn1: structure error: non-minimal length');
  return { length, start: at + 1 + count };
};

/** Reads the elements of some bytes one after the other. Every method throws `DerError` for what is not DER. */
export class DerReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get done(): boolean {
    return this.#at >= this.#bytes.length;
  }

  /** The tag of the next element; `undefined` at the end. */
  get tag(): number | undefined {
    return this.#bytes[this.#at];
  }

  next(): DerValue {
    const { tag } = this;
    if (tag === undefined) throw new DerError('asn1: syntax error: sequence truncated');
    if ((tag & 0x1f) === 0x1f) throw new DerError('asn1: structure error: tag numbers above 30 are not used');
    const { length, start } = readLength(this.#bytes, this.#at + 1);
    const end = start + length;
    if (end > this.#bytes.length) throw new DerError('asn1: syntax error: data truncated');
    const value = { tag, body: this.#bytes.subarray(start, end), whole: this.#bytes.subarray(this.#at, end) };
    this.#at = end;
    return value;
  }

  /** The length the next element claims. */
  nextLength(): number {
    return readLength(this.#bytes, this.#at + 1).length;
  }

  expect(tag: number): DerValue {
    if (this.tag !== undefined && this.tag !== tag)
      throw new DerError("asn1: structure error: tags don't match");
    return this.next();
  }

  /** The next element when it bears the tag; otherwise nothing is consumed. */
  optional(tag: number): DerValue | undefined {
    return this.tag === tag ? this.next() : undefined;
  }

  /** A reader of what the next element with this tag holds. */
  inside(tag: number): DerReader {
    return new DerReader(this.expect(tag).body);
  }

  /** Throws when something is left. */
  end(): void {
    if (!this.done) throw new DerError('asn1: syntax error: trailing data');
  }
}

/** Bytes one after the other. */
export const concatBytes = (...parts: readonly Uint8Array[]): Uint8Array => {
  const joined = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
};

/** An element with this tag that holds the parts. */
export const der = (tag: number, ...parts: readonly Uint8Array[]): Uint8Array => {
  const body = concatBytes(...parts);
  const size: number[] = [];
  for (let left = body.length; left > 0; left >>>= 8) size.unshift(left & 0xff);
  const length = body.length < 0x80 ? [body.length] : [0x80 | size.length, ...size];
  return concatBytes(Uint8Array.of(tag, ...length), body);
};

/** A sequence of elements. */
export const sequence = (...parts: readonly Uint8Array[]): Uint8Array => der(TAG.sequence, ...parts);

const compareBytes = (one: Uint8Array, other: Uint8Array): number => {
  const size = Math.min(one.length, other.length);
  for (let at = 0; at < size; at += 1) {
    const difference = (one[at] ?? 0) - (other[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return one.length - other.length;
};

/** A set: DER wants its elements in order of their bytes. */
export const setOf = (...parts: readonly Uint8Array[]): Uint8Array =>
  der(TAG.set, ...[...parts].sort(compareBytes));

/** An octet string. */
export const octets = (content: Uint8Array): Uint8Array => der(TAG.octetString, content);

/** A bit string whose last byte has some unused bits. */
export const bits = (content: Uint8Array, unused = 0): Uint8Array =>
  der(TAG.bitString, Uint8Array.of(unused), content);

/** A positive integer from its bytes: shortest form, with the zero that keeps it positive. */
export const positiveInteger = (bytes: Uint8Array): Uint8Array => {
  const start = bytes.findIndex((byte) => byte !== 0);
  const digits = start < 0 ? Uint8Array.of(0) : bytes.subarray(start);
  return der(TAG.integer, (digits[0] ?? 0) >= 0x80 ? concatBytes(Uint8Array.of(0), digits) : digits);
};

/** An object identifier from its dotted form. */
export const objectIdentifier = (dotted: string): Uint8Array => {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const bytes = [first * 40 + second];
  for (const arc of rest) {
    const groups = [arc & 0x7f];
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128))
      groups.unshift((left & 0x7f) | 0x80);
    bytes.push(...groups);
  }
  return der(TAG.objectIdentifier, Uint8Array.from(bytes));
};

/** The dotted form of an object identifier's body. Arcs above 2^53 make no sense here and are a `DerError`. */
export const readObjectIdentifier = (body: Uint8Array): string => {
  const arcs: number[] = [];
  let arc = 0;
  for (const [index, byte] of body.entries()) {
    arc = arc * 128 + (byte & 0x7f);
    if (!Number.isSafeInteger(arc)) throw new DerError('asn1: structure error: base 128 integer too large');
    if (byte >= 0x80) {
      if (index === body.length - 1) throw new DerError('asn1: syntax error: truncated base 128 integer');
      continue;
    }
    if (arcs.length > 0) arcs.push(arc);
    else arcs.push(Math.min(2, Math.floor(arc / 40)), arc - 40 * Math.min(2, Math.floor(arc / 40)));
    arc = 0;
  }
  if (arcs.length === 0) throw new DerError('asn1: syntax error: zero length OBJECT IDENTIFIER');
  return arcs.join('.');
};

/** The bytes of a bit string that uses all bits of its last byte. */
export const readBits = (body: Uint8Array): Uint8Array => {
  if (body.length === 0 || body[0] !== 0)
    throw new DerError('asn1: syntax error: invalid padding bits in BIT STRING');
  return body.subarray(1);
};

/** A non-negative integer; negative ones and superfluous zeros are a `DerError`. */
export const readInteger = (body: Uint8Array): bigint => {
  const [first, second] = body;
  if (first === undefined) throw new DerError('asn1: structure error: empty integer');
  if (first === 0 && second !== undefined && second < 0x80)
    throw new DerError('asn1: structure error: integer not minimally-encoded');
  if (first >= 0x80) throw new DerError('asn1: structure error: negative integer');
  return bigintOf(body);
};

/** Big-endian bytes as a number. */
export const bigintOf = (bytes: Uint8Array): bigint => BigInt(`0x0${hexOf(bytes)}`);

/** Lower-case hexadecimal. */
export const hexOf = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

/** A number as big-endian bytes of this length. */
export const bytesOfBigint = (value: bigint, length: number): Uint8Array => {
  const digits = value.toString(16).padStart(length * 2, '0');
  return Uint8Array.from({ length }, (_, at) => Number.parseInt(digits.slice(at * 2, at * 2 + 2), 16));
};

/** Whether two byte strings are the same. */
export const sameBytes = (one: Uint8Array, other: Uint8Array): boolean =>
  one.length === other.length && compareBytes(one, other) === 0;
