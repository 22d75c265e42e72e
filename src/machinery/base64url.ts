/** Base64url without padding (RFC 4648 section 5), as tokens use it. */

import { base64OfBytes, bytesOfBase64, readBase64 } from './base64.ts';

/** Prints bytes. */
export const base64UrlOfBytes = (bytes: Uint8Array): string =>
  base64OfBytes(bytes).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');

/** Reads a text; `undefined` when it is anything but the one way to print its bytes. */
export const bytesOfBase64Url = (text: string): Uint8Array | undefined => {
  if (!/^[A-Za-z0-9_-]*$/.test(text) || text.length % 4 === 1) return undefined;
  const standard = text.replaceAll('-', '+').replaceAll('_', '/');
  const padded = standard + '='.repeat((4 - (standard.length % 4)) % 4);
  const read = readBase64(padded);
  return read.ok && read.value === padded ? bytesOfBase64(padded) : undefined;
};
