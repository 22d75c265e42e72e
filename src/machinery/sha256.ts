/** SHA-256 without a platform: the core is synchronous, and WebCrypto is not. */

const fractionBits = (root: number): number => Math.floor((root - Math.floor(root)) * 2 ** 32) | 0;

const firstPrimes = (count: number): number[] => {
  const primes: number[] = [];
  for (let candidate = 2; primes.length < count; candidate += 1) {
    if (primes.every((prime) => candidate % prime !== 0)) primes.push(candidate);
  }
  return primes;
};

interface Constants {
  readonly initial: readonly number[];
  readonly rounds: readonly number[];
}

let constants: Constants | undefined;

const constantsOf = (): Constants => {
  constants ??= {
    initial: firstPrimes(8).map((prime) => fractionBits(Math.sqrt(prime))),
    rounds: firstPrimes(64).map((prime) => fractionBits(Math.cbrt(prime))),
  };
  return constants;
};

const rotate = (word: number, by: number): number => (word >>> by) | (word << (32 - by));

const padded = (bytes: Uint8Array): DataView => {
  const blocks = Math.ceil((bytes.length + 9) / 64);
  const buffer = new Uint8Array(blocks * 64);
  buffer.set(bytes);
  buffer[bytes.length] = 0x80;
  const view = new DataView(buffer.buffer);
  view.setUint32(buffer.length - 8, Math.floor(bytes.length / 2 ** 29));
  view.setUint32(buffer.length - 4, (bytes.length << 3) >>> 0);
  return view;
};

const schedule = (view: DataView, offset: number): Int32Array => {
  const words = new Int32Array(64);
  for (let index = 0; index < 16; index += 1) words[index] = view.getInt32(offset + index * 4);
  for (let index = 16; index < 64; index += 1) {
    const near = words[index - 2] ?? 0;
    const far = words[index - 15] ?? 0;
    const mixedNear = rotate(near, 17) ^ rotate(near, 19) ^ (near >>> 10);
    const mixedFar = rotate(far, 7) ^ rotate(far, 18) ^ (far >>> 3);
    words[index] = (mixedNear + (words[index - 7] ?? 0) + mixedFar + (words[index - 16] ?? 0)) | 0;
  }
  return words;
};

const compress = (state: Int32Array, words: Int32Array, rounds: readonly number[]): void => {
  let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state;
  for (let index = 0; index < 64; index += 1) {
    const sumE = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
    const choice = (e & f) ^ (~e & g);
    const first = (h + sumE + choice + (rounds[index] ?? 0) + (words[index] ?? 0)) | 0;
    const sumA = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
    const second = (sumA + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    [h, g, f, e, d, c, b, a] = [g, f, e, (d + first) | 0, c, b, a, (first + second) | 0];
  }
  const mixed = [a, b, c, d, e, f, g, h];
  for (let index = 0; index < 8; index += 1) state[index] = (state[index] ?? 0) + (mixed[index] ?? 0);
};

/** The 32-byte digest of bytes, or of a text in UTF-8. */
export const sha256 = (input: string | Uint8Array): Uint8Array => {
  const bytes = typeof input === 'string' ? new TextEncoder().encode(input) : input;
  const { initial, rounds } = constantsOf();
  const state = Int32Array.from(initial);
  const view = padded(bytes);
  for (let offset = 0; offset < view.byteLength; offset += 64)
    compress(state, schedule(view, offset), rounds);
  const digest = new DataView(new ArrayBuffer(32));
  state.forEach((word, index) => {
    digest.setInt32(index * 4, word);
  });
  return new Uint8Array(digest.buffer);
};

/** The digest in lower-case hexadecimal. */
export const sha256Hex = (input: string | Uint8Array): string =>
  [...sha256(input)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
