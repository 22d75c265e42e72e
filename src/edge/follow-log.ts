import type { ServedResponse } from '../../durable-objects/rpc.ts';
import type { CoreRequest } from '../api/contract.ts';
import { type Guard, keepAsking } from './guard.ts';

/** Set by the cluster on the answer to `logs -f` while there is more to come. */
const CURSOR_HEADER = 'x-kubicle-log-cursor';
const CURSOR_QUERY = 'kubicle-cursor';

/** How often the cluster is asked for more: a quiet log less and less. */
const POLL_MS = 500;
const SLOWEST_POLL_MS = 4000;
/** A client that left is noticed only on a write, so a log that says nothing for so long is ended. */
const QUIET_MS = 3_600_000;

/** Whether the answer is a log that goes on. */
export const goesOn = (answer: ServedResponse): boolean => answer.headers[CURSOR_HEADER] !== undefined;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const withCursor = (request: CoreRequest, cursor: string): CoreRequest => ({
  ...request,
  continues: true,
  query: `${request.query}&${CURSOR_QUERY}=${encodeURIComponent(cursor)}`,
});

const bytesOf = (body: string | Uint8Array): Uint8Array =>
  typeof body === 'string' ? new TextEncoder().encode(body) : body;

/**
 * Streams a log to a client that follows it: the cluster is asked for what is new while the client stays, so that
 * nothing keeps it awake between two questions. Ends when the container has ended or the pod is gone, and when the
 * client is no longer welcome.
 */
export const followLog = (
  first: ServedResponse,
  request: CoreRequest,
  ask: (request: CoreRequest) => Promise<ServedResponse>,
  gone: AbortSignal,
  guard: Guard,
): Response => {
  let hasLeft = false;
  let isUnwelcome = false;
  const stopAsking = keepAsking(guard, () => {
    isUnwelcome = true;
  });
  const pump = async (controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> => {
    let answer = first;
    let quiet = 0;
    let wait = POLL_MS;
    for (;;) {
      const isQuiet = answer.body.length === 0;
      if (!isQuiet) controller.enqueue(bytesOf(answer.body));
      quiet = isQuiet ? quiet + wait : 0;
      wait = isQuiet ? Math.min(wait * 1.2, SLOWEST_POLL_MS) : POLL_MS;
      const cursor = answer.headers[CURSOR_HEADER];
      if (cursor === undefined || quiet > QUIET_MS) break;
      await pause(wait);
      if (hasLeft || gone.aborted) return;
      if (isUnwelcome) break;
      answer = await ask(withCursor(request, cursor));
      if (answer.status !== 200) break;
    }
    controller.close();
  };
  const stream = new ReadableStream<Uint8Array>({
    start: (controller) => {
      pump(controller)
        .catch((error: unknown) => {
          if (!hasLeft) controller.error(error);
        })
        .finally(stopAsking);
    },
    cancel: () => {
      hasLeft = true;
    },
  });
  // Compression would hold lines back.
  const headers = {
    'content-type': 'text/plain',
    'content-encoding': 'identity',
    'cache-control': 'no-transform',
  };
  return new Response(stream, { status: first.status, headers });
};
