/** Base64 of JSON byte fields, as Go's encoding/base64 StdEncoding reads and prints it. */
import { bad, good, type Result } from './result.ts';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

const SHAPE = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

const refuse = (at: number): Result<string> => bad(`illegal base64 data at input byte ${at}`);

/**
 * The canonical base64 of a text: line breaks are dropped and bits that padding hides are cleared, as a round
 * trip through bytes does. Refusals are Go's, with the offset of the first bad byte.
 */
export const readBase64 = (text: string): Result<string> => {
  if (SHAPE.test(text)) return good(clearHiddenBits(text));
  let significant = 0;
  let clean = '';
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at);
    if (character === '\r' || character === '\n') continue;
    if (character === '=') {
      const phase = significant % 4;
      if (phase < 2) return refuse(at);
      return readPadding(text, at, clean, phase);
    }
    if (!ALPHABET.includes(character)) return refuse(at);
    clean += character;
    significant++;
  }
  return significant % 4 === 0 ? good(clean) : refuse(text.length - (significant % 4));
};

const readPadding = (text: string, start: number, clean: string, phase: number): Result<string> => {
  let at = start + 1;
  const skip = (): void => {
    while (text.charAt(at) === '\r' || text.charAt(at) === '\n') at++;
  };
  if (phase === 2) {
    skip();
    if (at === text.length) return refuse(text.length);
    if (text.charAt(at) !== '=') return refuse(at);
    at++;
  }
  skip();
  return at < text.length ? refuse(at) : good(clearHiddenBits(`${clean}${phase === 2 ? '==' : '='}`));
};

const clearHiddenBits = (text: string): string => {
  if (!text.endsWith('=')) return text;
  const padding = text.endsWith('==') ? 2 : 1;
  const last = text.length - padding - 1;
  const value = ALPHABET.indexOf(text.charAt(last));
  const kept = padding === 2 ? value & 0b110000 : value & 0b111100;
  if (kept === value) return text;
  return text.slice(0, last) + ALPHABET.charAt(kept) + '='.repeat(padding);
};

const decodeTable: readonly number[] = Array.from({ length: 128 }, (_, code) =>
  ALPHABET.indexOf(String.fromCharCode(code)),
);

/** Bytes of canonical base64 (see `readBase64`). */
export const bytesOfBase64 = (text: string): Uint8Array => {
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  const bytes = new Uint8Array((text.length / 4) * 3 - padding);
  let out = 0;
  for (let at = 0; at < text.length; at += 4) {
    const word =
      ((decodeTable[text.charCodeAt(at)] ?? 0) << 18) |
      ((decodeTable[text.charCodeAt(at + 1)] ?? 0) << 12) |
      (Math.max(0, decodeTable[text.charCodeAt(at + 2)] ?? 0) << 6) |
      Math.max(0, decodeTable[text.charCodeAt(at + 3)] ?? 0);
    bytes[out++] = word >> 16;
    if (out < bytes.length) bytes[out++] = word >> 8;
    if (out < bytes.length) bytes[out++] = word;
  }
  return bytes;
};

/** Canonical base64 of bytes. */
export const base64OfBytes = (bytes: Uint8Array): string => {
  let text = '';
  for (let at = 0; at < bytes.length; at += 3) {
    const left = bytes.length - at;
    const word = ((bytes[at] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
    text += ALPHABET.charAt(word >> 18) + ALPHABET.charAt((word >> 12) & 63);
    text += left > 1 ? ALPHABET.charAt((word >> 6) & 63) : '=';
    text += left > 2 ? ALPHABET.charAt(word & 63) : '=';
  }
  return text;
};
