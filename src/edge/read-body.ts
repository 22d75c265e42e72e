import { requestEntityTooLarge } from '../machinery/status.ts';

/** Largest request body, as kube-apiserver's default (3 MiB). */
export const BODY_LIMIT = 3 * 1024 * 1024;

const NOTHING = new Uint8Array();

const tooLarge = () => requestEntityTooLarge(`Request entity too large: limit is ${BODY_LIMIT}`);

/** How much of a body that is refused is still read: a client that is cut off while it writes sees no answer. */
const POLITENESS = 16 * 1024 * 1024;

/** Takes the rest of a body, within limits, and keeps nothing. */
const discard = async (reader: ReadableStreamDefaultReader<Uint8Array>, already: number): Promise<void> => {
  let size = already;
  while (size < POLITENESS) {
    const { done, value } = await reader.read();
    if (done) return;
    size += value.byteLength;
  }
  await reader.cancel();
};

/** The whole body. Throws 413 as soon as it is known to be over the limit, without holding more than that. */
export const readBody = async (request: Request): Promise<Uint8Array> => {
  if (request.body === null) return NOTHING;
  const declared = request.headers.get('content-length');
  if (declared !== null) {
    if (Number(declared) > BODY_LIMIT) {
      await discard(request.body.getReader() as ReadableStreamDefaultReader<Uint8Array>, 0);
      throw tooLarge();
    }
    return new Uint8Array(await request.arrayBuffer());
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = request.body.getReader() as ReadableStreamDefaultReader<Uint8Array>;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.byteLength;
    if (size > BODY_LIMIT) {
      await discard(reader, size);
      throw tooLarge();
    }
    chunks.push(value);
  }
  const body = new Uint8Array(size);
  let offset = 0;
  for (const chunk of chunks) {
    body.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return body;
};
