/** PEM blocks (RFC 7468), read as Go's encoding/pem does and printed with lines of 64. */

import { base64OfBytes, bytesOfBase64, readBase64 } from '../base64.ts';

/** One block. */
export interface PemBlock {
  readonly type: string;
  readonly hasHeaders: boolean;
  readonly bytes: Uint8Array;
}

const BLOCK = /-----BEGIN ([^\n-]*)-----[ \t]*\r?\n([\s\S]*?)-----END \1-----[ \t]*(?:\r?\n|$)/;
const HEADERS = /^(?:[^\n:]+:[^\n]*\r?\n)+\r?\n/;

/** The first block and what follows it; `undefined` when there is none. */
export const readPemBlock = (text: string): readonly [PemBlock, string] | undefined => {
  const match = BLOCK.exec(text);
  if (!match) return undefined;
  const [whole, type = '', body = ''] = match;
  const headers = HEADERS.exec(body);
  const data = (headers ? body.slice(headers[0].length) : body).replace(/\s/g, '');
  const read = readBase64(data);
  if (!read.ok) return undefined;
  const block = { type, hasHeaders: headers !== null, bytes: bytesOfBase64(read.value) };
  return [block, text.slice(match.index + whole.length)];
};

/** Prints bytes as one block. */
export const printPem = (type: string, bytes: Uint8Array): string => {
  const lines = base64OfBytes(bytes).match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${type}-----`, ...lines, `-----END ${type}-----`, ''].join('\n');
};
