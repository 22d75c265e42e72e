import { makeStatus, requestEntityTooLarge, StatusError } from '../machinery/status.ts';

/** Largest request body, as kube-apiserver's default (3 MiB). */
export const BODY_LIMIT = 3 * 1024 * 1024;

/** How long a body may take to arrive; who needs longer for so little is not writing but holding on. */
const BODY_MS = 60_000;

const NOTHING = new Uint8Array();

const tooLarge = () => requestEntityTooLarge(`Request entity too large: limit is ${BODY_LIMIT}`);

const tooSlow = () =>
  new StatusError(makeStatus(408, 'Timeout', `the body did not arrive within ${BODY_MS / 1000} seconds`));

/** How much of a body that is refused is still read: a client that is cut off while it writes sees no answer. */
const POLITENESS = 16 * 1024 * 1024;

type Reader = ReadableStreamDefaultReader<Uint8Array>;

/** Takes the rest of a body, within limits, and keeps nothing. */
const discard = async (reader: Reader, already: number): Promise<void> => {
  let size = already;
  while (size < POLITENESS) {
    const { done, value } = await reader.read();
    if (done) return;
    size += value.byteLength;
  }
  await reader.cancel();
};

const joinChunks = (chunks: readonly Uint8Array[], size: number): Uint8Array => {
  const body = new Uint8Array(size);
  let offset = 0;
  for (const chunk of chunks) {
    body.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return body;
};

const readAll = async (request: Request, stream: ReadableStream): Promise<Uint8Array> => {
  const declared = request.headers.get('content-length');
  if (declared !== null && Number(declared) > BODY_LIMIT) {
    await discard(stream.getReader() as Reader, 0);
    throw tooLarge();
  }
  if (declared !== null) return new Uint8Array(await request.arrayBuffer());
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = stream.getReader() as Reader;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return joinChunks(chunks, size);
    size += value.byteLength;
    if (size > BODY_LIMIT) {
      await discard(reader, size);
      throw tooLarge();
    }
    chunks.push(value);
  }
};

/**
 * The whole body. Throws 413 as soon as it is known to be over the limit, without holding more than that, and 408 when
 * it takes more than `patienceMs`.
 */
export const readBody = async (request: Request, patienceMs = BODY_MS): Promise<Uint8Array> => {
  if (request.body === null) return NOTHING;
  let expire = (): void => undefined;
  const late = new Promise<never>((_resolve, reject) => {
    expire = () => reject(tooSlow());
  });
  const timer = setTimeout(() => expire(), patienceMs);
  try {
    return await Promise.race([readAll(request, request.body), late]);
  } finally {
    if (timer !== undefined) clearTimeout(timer);
  }
};
