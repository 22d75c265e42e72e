import { GRADE_REQUEST_HEADER } from '../../durable-objects/rpc.ts';
import type { Grading } from '../exercise/contract.ts';
import { makeProblem } from '../platform/problem.ts';
import type { ClusterStub } from './env.ts';

/** How long a stream may be silent: a client that left is noticed only on a write. */
const HEARTBEAT_MS = 15_000;
/** A stream ends after this; clients come back and get the present grade first. */
const LONGEST_MS = 3600 * 1000;

/** How gradings stand in a stream: server-sent events, or lines of JSON. */
interface Form {
  readonly contentType: string;
  readonly beat: string;
  print(value: unknown): string;
}

const EVENTS: Form = {
  contentType: 'text/event-stream',
  beat: ':\n\n',
  print: (value) => `event: grade\ndata: ${JSON.stringify(value)}\n\n`,
};

const LINES: Form = {
  contentType: 'application/x-ndjson',
  beat: '\n',
  print: (value) => `${JSON.stringify(value)}\n`,
};

const openSocket = async (object: ClusterStub): Promise<WebSocket> => {
  const opened = await object.fetch('https://cluster/', {
    headers: { upgrade: 'websocket', [GRADE_REQUEST_HEADER]: '1' },
  });
  if (opened.webSocket === null) throw makeProblem('gone', 'the environment has no cluster any more');
  return opened.webSocket;
};

/**
 * A stream of grades: the present one at once, then one whenever a write or a request changed it. The object pushes;
 * nobody polls. `view` turns a grading into what the client gets, one after the other.
 */
export const streamGrades = async (
  object: ClusterStub,
  client: Request,
  view: (grading: Grading) => Promise<unknown>,
): Promise<Response> => {
  const socket = await openSocket(object);
  const form = client.headers.get('accept')?.includes('text/event-stream') === true ? EVENTS : LINES;
  const encoder = new TextEncoder();
  let stop = (): void => undefined;
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => {
      let ended = false;
      let queue: Promise<unknown> = Promise.resolve();
      const end = (): void => {
        if (ended) return;
        ended = true;
        clearInterval(heartbeat);
        clearTimeout(timer);
        try {
          socket.close(1000);
        } catch {
          // The object was faster.
        }
        try {
          controller.close();
        } catch {
          // The client has gone.
        }
      };
      const push = (text: string): void => {
        if (ended) return;
        try {
          controller.enqueue(encoder.encode(text));
        } catch {
          end();
        }
      };
      const heartbeat = setInterval(() => push(form.beat), HEARTBEAT_MS);
      const timer = setTimeout(end, LONGEST_MS);
      socket.addEventListener('message', ({ data }) => {
        const grading = JSON.parse(String(data)) as Grading;
        queue = queue.then(async () => push(form.print(await view(grading)))).catch(end);
      });
      // What was sent before the end is still delivered.
      socket.addEventListener('close', () => void queue.then(end));
      socket.addEventListener('error', end);
      client.signal.addEventListener('abort', end);
      stop = end;
      socket.accept();
    },
    cancel: () => stop(),
  });
  return new Response(body, {
    headers: {
      'content-type': form.contentType,
      // Compression in between would hold grades back.
      'content-encoding': 'identity',
      'cache-control': 'no-store, no-transform',
    },
  });
};
