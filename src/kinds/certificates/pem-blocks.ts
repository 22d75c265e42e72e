/**
 * Requests and certificates in PEM, as far as validation looks at them: blocks, their types and headers, and that what
 * they hold is one DER element. What the element says is the signer's business.
 */

import { bytesOfBase64, readBase64 } from '../../machinery/base64.ts';

interface PemBlock {
  readonly type: string;
  readonly hasHeaders: boolean;
  readonly bytes: Uint8Array;
}

const BLOCK = /-----BEGIN ([^\n-]*)-----[ \t]*\r?\n([\s\S]*?)-----END \1-----[ \t]*(?:\r?\n|$)/;
const HEADERS = /^(?:[^\n:]+:[^\n]*\r?\n)+\r?\n/;

/** The first block and what follows it; `undefined` when there is none. */
const nextBlock = (text: string): readonly [PemBlock, string] | undefined => {
  const match = BLOCK.exec(text);
  if (!match) return undefined;
  const [whole, type = '', body = ''] = match;
  const headers = HEADERS.exec(body);
  const data = (headers ? body.slice(headers[0].length) : body).replace(/\s/g, '');
  if (!readBase64(data).ok) return undefined;
  const block = { type, hasHeaders: headers !== null, bytes: bytesOfBase64(data) };
  return [block, text.slice(match.index + whole.length)];
};

/** True for bytes that are one DER sequence from end to end. */
const isSequence = (bytes: Uint8Array): boolean => {
  if (bytes[0] !== 0x30) return false;
  const first = bytes[1] ?? 0;
  if (first < 0x80) return bytes.length === first + 2;
  const count = first & 0x7f;
  let length = 0;
  for (const byte of bytes.subarray(2, 2 + count)) length = length * 256 + byte;
  return count > 0 && bytes.length === 2 + count + length;
};

const MALFORMED = "asn1: structure error: tags don't match";

/** What is wrong with a signing request; `undefined` when nothing is. */
export const requestComplaint = (text: string): string | undefined => {
  const [block] = nextBlock(text) ?? [];
  if (block?.type !== 'CERTIFICATE REQUEST') return 'PEM block type must be CERTIFICATE REQUEST';
  return isSequence(block.bytes) ? undefined : MALFORMED;
};

/** What is wrong with issued certificates; `undefined` when nothing is, or nothing is there. */
export const certificateComplaint = (text: string): string | undefined => {
  if (text === '') return undefined;
  let rest = text;
  let count = 0;
  for (;;) {
    const next = nextBlock(rest);
    if (next === undefined) break;
    const [block, after] = next;
    if (block.type !== 'CERTIFICATE') {
      return `only CERTIFICATE PEM blocks are allowed, found ${JSON.stringify(block.type)}`;
    }
    if (block.hasHeaders) return 'no PEM block headers are permitted';
    if (!isSequence(block.bytes)) return MALFORMED;
    count += 1;
    rest = after;
  }
  return count === 0 ? 'must contain at least one CERTIFICATE PEM block' : undefined;
};
