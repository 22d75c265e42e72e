import { GRADE_REQUEST_HEADER } from '../../durable-objects/rpc.ts';
import type { Grading } from '../exercise/contract.ts';
import { makeProblem } from '../platform/problem.ts';
import type { ClusterStub } from './env.ts';
import { type Guard, keepAsking } from './guard.ts';

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

/** What a stream is fed with, and how its client sees it. */
interface Feed {
  readonly socket: WebSocket;
  readonly form: Form;
  readonly view: (grading: Grading) => Promise<unknown>;
  readonly gone: AbortSignal;
  readonly guard: Guard;
}

const closeQuietly = (close: () => void): void => {
  try {
    close();
  } catch {
    // The other side was faster.
  }
};

/** Feeds a stream from the object's socket until either side ends; returns what ends it. */
const feed = (
  controller: ReadableStreamDefaultController<Uint8Array>,
  { socket, form, view, gone, guard }: Feed,
): (() => void) => {
  const encoder = new TextEncoder();
  let ended = false;
  let queue: Promise<unknown> = Promise.resolve();
  const end = (): void => {
    if (ended) return;
    ended = true;
    clearInterval(heartbeat);
    clearTimeout(timer);
    stopAsking();
    closeQuietly(() => socket.close(1000));
    closeQuietly(() => controller.close());
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
  const stopAsking = keepAsking(guard, end);
  socket.addEventListener('message', ({ data }) => {
    const grading = JSON.parse(String(data)) as Grading;
    queue = queue
      .then(async () => push(form.print(await view(grading))))
      .catch((error: unknown) => {
        // The environment has gone, or we have a bug; either way the client comes back and is told.
        console.error(JSON.stringify({ event: 'grade-stream-ended', error: String(error) }));
        end();
      });
  });
  // What was sent before the end is still delivered.
  socket.addEventListener('close', () => void queue.then(end));
  socket.addEventListener('error', end);
  gone.addEventListener('abort', end);
  socket.accept();
  return end;
};

/**
 * A stream of grades: the present one at once, then one whenever a write or a request changed it. The object pushes;
 * nobody polls. `view` turns a grading into what the client gets, one after the other. Ends when the client is no longer
 * welcome.
 */
export const streamGrades = async (
  object: ClusterStub,
  client: Request,
  view: (grading: Grading) => Promise<unknown>,
  guard: Guard,
): Promise<Response> => {
  const socket = await openSocket(object);
  const form = client.headers.get('accept')?.includes('text/event-stream') === true ? EVENTS : LINES;
  let stop = (): void => undefined;
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => {
      stop = feed(controller, { socket, form, view, gone: client.signal, guard });
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
