/** The protobuf wire format: varints, fixed numbers and length-delimited bytes; no knowledge of messages. */

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: false, ignoreBOM: true });

/** Wire types that Kubernetes uses. */
export const VARINT = 0;
export const FIXED64 = 1;
export const BYTES = 2;
const FIXED32 = 5;

/** Grows a byte buffer field by field. Length-delimited parts are opened and closed, never measured first. */
export class WireWriter {
  private bytes = new Uint8Array(1024);
  private at = 0;

  /** What was written. The writer starts afresh afterwards. */
  finish(): Uint8Array {
    const result = this.bytes.slice(0, this.at);
    this.at = 0;
    return result;
  }

  private need(count: number): void {
    if (this.at + count <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(this.bytes.length * 2, this.at + count));
    grown.set(this.bytes.subarray(0, this.at));
    this.bytes = grown;
  }

  /** The tag of a field. */
  tag(number: number, wireType: number): void {
    this.varint(number * 8 + wireType);
  }

  /** An integer as a (sign-extended, 64 bit) varint. */
  varint(value: number): void {
    this.need(10);
    if (value < 0 || value > Number.MAX_SAFE_INTEGER) {
      this.bigVarint(BigInt.asUintN(64, BigInt(Math.trunc(value))));
      return;
    }
    let rest = value;
    while (rest > 127) {
      this.bytes[this.at++] = (rest % 128) | 128;
      rest = Math.floor(rest / 128);
    }
    this.bytes[this.at++] = rest;
  }

  /** A 64-bit varint of a whole number that a double may not hold. */
  bigVarint(value: bigint): void {
    this.need(10);
    let rest = BigInt.asUintN(64, value);
    while (rest > 127n) {
      this.bytes[this.at++] = Number(rest & 127n) | 128;
      rest >>= 7n;
    }
    this.bytes[this.at++] = Number(rest);
  }

  double(value: number): void {
    this.need(8);
    new DataView(this.bytes.buffer).setFloat64(this.at, value, true);
    this.at += 8;
  }

  /** Bytes with their length. */
  raw(value: Uint8Array): void {
    this.varint(value.length);
    this.append(value);
  }

  /** Bytes without a length. */
  append(value: Uint8Array): void {
    this.need(value.length);
    this.bytes.set(value, this.at);
    this.at += value.length;
  }

  /** Text with its length. Short ASCII, which nearly all of it is, needs no encoder. */
  text(value: string): void {
    if (value.length < 128) {
      this.need(value.length + 1);
      const start = this.at;
      this.bytes[this.at++] = value.length;
      for (let index = 0; index < value.length; index++) {
        const code = value.charCodeAt(index);
        if (code > 127) break;
        this.bytes[this.at++] = code;
      }
      if (this.at - start === value.length + 1) return;
      this.at = start;
    }
    this.raw(encoder.encode(value));
  }

  /** Opens a length-delimited part; the result goes to `close`. */
  open(): number {
    this.need(1);
    return this.at++;
  }

  /** Closes a part: its length goes where it was opened. */
  close(mark: number): void {
    const length = this.at - mark - 1;
    if (length < 128) {
      this.bytes[mark] = length;
      return;
    }
    let size = 1;
    for (let rest = Math.floor(length / 128); rest > 0; rest = Math.floor(rest / 128)) size++;
    this.need(size);
    this.bytes.copyWithin(mark + size, mark + 1, this.at);
    const end = this.at + size - 1;
    this.at = mark;
    this.varint(length);
    this.at = end;
  }
}

/** Bytes that are no protobuf: caught by `protobuf.ts`. */
export class WireError extends Error {}

/** Reads fields one after the other. */
export class WireReader {
  private readonly bytes: Uint8Array;
  private at: number;
  private readonly end: number;
  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.bytes = bytes;
    this.at = start;
    this.end = end;
  }

  /** True while there are fields left. */
  more(): boolean {
    return this.at < this.end;
  }

  private byte(): number {
    const value = this.at < this.end ? this.bytes[this.at] : undefined;
    if (value === undefined) throw new WireError('unexpected EOF');
    this.at++;
    return value;
  }

  /** A varint that is read as unsigned and small: tags and lengths. */
  size(): number {
    let value = 0;
    for (let scale = 1; scale < 2 ** 49; scale *= 128) {
      const byte = this.byte();
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
    throw new WireError('proto: integer overflow');
  }

  /** A signed 64-bit varint as a number (rounded beyond 2^53). */
  integer(): number {
    let value = 0;
    const start = this.at;
    for (let scale = 1; scale < 2 ** 49; scale *= 128) {
      const byte = this.byte();
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
    this.at = start;
    let big = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.byte();
      big |= BigInt(byte & 127) << shift;
      if (byte < 128) return Number(BigInt.asIntN(64, big));
    }
    throw new WireError('proto: integer overflow');
  }

  double(): number {
    if (this.end - this.at < 8) throw new WireError('unexpected EOF');
    const view = new DataView(this.bytes.buffer, this.bytes.byteOffset + this.at, 8);
    this.at += 8;
    return view.getFloat64(0, true);
  }

  private take(): number {
    const length = this.size();
    if (length > this.end - this.at) throw new WireError('unexpected EOF');
    this.at += length;
    return length;
  }

  /** Length-delimited bytes, without copying. */
  raw(): Uint8Array {
    const length = this.take();
    return this.bytes.subarray(this.at - length, this.at);
  }

  text(): string {
    const length = this.take();
    if (length < 24) {
      let text = '';
      for (let index = this.at - length; index < this.at; index++) {
        const code = this.bytes[index] ?? 0;
        if (code > 127) return decoder.decode(this.bytes.subarray(this.at - length, this.at));
        text += String.fromCharCode(code);
      }
      return text;
    }
    return decoder.decode(this.bytes.subarray(this.at - length, this.at));
  }

  /** A reader of a length-delimited message. */
  message(): WireReader {
    const length = this.take();
    return new WireReader(this.bytes, this.at - length, this.at);
  }

  /** Passes over a field of an unknown number. */
  skip(wireType: number): void {
    switch (wireType) {
      case VARINT:
        this.integer();
        return;
      case FIXED64:
        this.double();
        return;
      case BYTES:
        this.take();
        return;
      case FIXED32:
        for (let count = 0; count < 4; count++) this.byte();
        return;
      default:
        throw new WireError(`proto: illegal wireType ${wireType}`);
    }
  }
}
