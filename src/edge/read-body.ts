import { requestEntityTooLarge } from '../machinery/status.ts';

/** Largest request body, as kube-apiserver's default (3 MiB). */
export const BODY_LIMIT = 3 * 1024 * 1024;

const NOTHING = new Uint8Array();

const tooLarge = () => requestEntityTooLarge(`Request entity too large: limit is ${BODY_LIMIT}`);

/** The whole body. Throws 413 as soon as it is known to be over the limit, without holding more than that. */
export const readBody = async (request: Request): Promise<Uint8Array> => {
  if (request.body === null) return NOTHING;
  const declared = request.headers.get('content-length');
  if (declared !== null) {
    if (Number(declared) > BODY_LIMIT) throw tooLarge();
    return new Uint8Array(await request.arrayBuffer());
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body as unknown as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength;
    if (size > BODY_LIMIT) throw tooLarge();
    chunks.push(chunk);
  }
  const body = new Uint8Array(size);
  let offset = 0;
  for (const chunk of chunks) {
    body.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return body;
};
