import type { CoreResponse } from '../src/api/contract.ts';
import type { ServedResponse } from './rpc.ts';

/** Bodies from this many characters or bytes on are streamed. */
const STREAM_FROM = 8 * 1024 * 1024;
const CHUNK = 1024 * 1024;

/** The body piece by piece, as it is asked for. */
const streamOf = (body: string | Uint8Array): ReadableStream<Uint8Array> => {
  const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body;
  let offset = 0;
  return new ReadableStream({
    type: 'bytes',
    pull: (controller) => {
      if (offset >= bytes.byteLength) {
        controller.close();
        return;
      }
      // A copy: the stream takes the buffer of what it is given.
      controller.enqueue(bytes.slice(offset, offset + CHUNK));
      offset += CHUNK;
    },
  });
};

/** Takes a large body out of the answer and makes it a stream. */
export const withLargeBodyStreamed = (answer: CoreResponse): ServedResponse =>
  answer.body.length < STREAM_FROM ? answer : { ...answer, body: '', stream: streamOf(answer.body) };
