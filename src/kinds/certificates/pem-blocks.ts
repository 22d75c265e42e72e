/**
 * Requests and certificates in PEM, as far as validation looks at them: blocks, their types and headers, and that what
 * what certificates hold is one DER element. What that says is the signer's business.
 */

import { readPemBlock } from '../../machinery/x509/pem.ts';
import { parseSigningRequest, requestSignatureComplaint } from '../../machinery/x509/signing-request.ts';

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

/** What is wrong with a signing request; `undefined` when nothing is. Its sender must hold the key. */
export const requestComplaint = (text: string): string | undefined => {
  const request = parseSigningRequest(text);
  return request.ok ? requestSignatureComplaint(request.value) : request.error;
};

/** What is wrong with issued certificates; `undefined` when nothing is, or nothing is there. */
export const certificateComplaint = (text: string): string | undefined => {
  if (text === '') return undefined;
  let rest = text;
  let count = 0;
  for (;;) {
    const next = readPemBlock(rest);
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
