import {
  printHeaderJson,
  WATCH_REQUEST_HEADER,
  WATCH_START_HEADER,
  type WatchStart,
} from '../../durable-objects/rpc.ts';
import type { CoreRequest } from '../api/contract.ts';
import { WEBSOCKET_BEARER } from './authenticate.ts';
import type { ClusterTarget } from './core-request.ts';
import type { ClusterStub } from './env.ts';
import { type Guard, HEARTBEAT_MS, keepAsking } from './guard.ts';

/** A client that lets this much pile up is dropped, as a slow watcher is upstream; it resumes by itself. */
const BACKLOG_BYTES = 16 * 1024 * 1024;
const NORMAL_CLOSURE = 1000;
const BEAT = new TextEncoder().encode('\n');

/** Whether a request asks for a watch; the core has the last word. */
export const isWatch = (method: string, { path, query }: ClusterTarget): boolean => {
  if (method !== 'GET') return false;
  if (query.includes('watch')) {
    const watch = new URLSearchParams(query).get('watch');
    if (watch !== null && watch.toLowerCase() !== 'false' && watch !== '0') return true;
  }
  return /^\/(?:api\/v1|apis\/[^/]+\/[^/]+)\/watch\//.test(path);
};

const closeQuietly = (socket: WebSocket): void => {
  try {
    socket.close(NORMAL_CLOSURE);
  } catch {
    // Closed already: that is all we want.
  }
};

const typeOf = ({ headers }: WatchStart): string => headers['content-type'] ?? headers['Content-Type'] ?? '';

/**
 * The client's HTTP stream, fed from the object's socket. It ends when the time is up, when the object ends the
 * watch, when the client is no longer welcome, and when the socket is lost (a deploy, a restart): clients resume from
 * their last resource version.
 */
const streamFrom = (
  socket: WebSocket,
  start: WatchStart,
  gone: AbortSignal,
  guard: Guard,
): ReadableStream<Uint8Array> => {
  let stop = (): void => undefined;
  return new ReadableStream<Uint8Array>(
    {
      start: (controller) => {
        let ended = false;
        const end = (): void => {
          if (ended) return;
          ended = true;
          clearTimeout(timer);
          clearInterval(heartbeat);
          stopAsking();
          closeQuietly(socket);
          try {
            controller.close();
          } catch {
            // The client has gone.
          }
        };
        const push = (bytes: Uint8Array): void => {
          if (ended) return;
          try {
            controller.enqueue(bytes);
          } catch {
            end();
          }
          if ((controller.desiredSize ?? 0) < -BACKLOG_BYTES) end();
        };
        const timer = setTimeout(end, start.timeoutSeconds * 1000);
        const heartbeat = setInterval(() => {
          if (typeOf(start).includes('json')) push(BEAT);
        }, guard.heartbeatMs ?? HEARTBEAT_MS);
        const stopAsking = keepAsking(guard, end);
        socket.addEventListener('message', ({ data }) => {
          push(new Uint8Array(data as ArrayBuffer));
        });
        socket.addEventListener('close', end);
        socket.addEventListener('error', end);
        // Seen on the first write after the client left, hence the heartbeat.
        gone.addEventListener('abort', end);
        stop = end;
        socket.accept();
      },
      cancel: () => stop(),
    },
    new ByteLengthQueuingStrategy({ highWaterMark: 64 * 1024 }),
  );
};

/** Browsers drop a socket whose offered subprotocols were all ignored; the one that carries the token is no offer. */
const chosenProtocol = (headers: Headers): string | undefined =>
  headers
    .get('sec-websocket-protocol')
    ?.split(',')
    .map((name) => name.trim())
    .find((name) => !name.startsWith(WEBSOCKET_BEARER));

/** The same for clients that upgraded: one message a frame. */
const relay = (socket: WebSocket, start: WatchStart, guard: Guard): WebSocket => {
  const [client, server] = Object.values(new WebSocketPair()) as [WebSocket, WebSocket];
  const end = (): void => {
    clearTimeout(timer);
    stopAsking();
    closeQuietly(socket);
    closeQuietly(server);
  };
  const timer = setTimeout(end, start.timeoutSeconds * 1000);
  const stopAsking = keepAsking(guard, end);
  const isText = !typeOf(start).includes('protobuf');
  const decoder = new TextDecoder();
  socket.addEventListener('message', ({ data }) => {
    try {
      if (!isText) server.send(data);
      else
        for (const frame of decoder.decode(data as ArrayBuffer).split('\n'))
          if (frame !== '') server.send(frame);
    } catch {
      end();
    }
  });
  for (const side of [socket, server]) {
    side.addEventListener('close', end);
    side.addEventListener('error', end);
  }
  server.accept();
  socket.accept();
  return client;
};

/**
 * Opens a watch: the Worker holds the client's stream, and a hibernatable socket to the object, so that a quiet
 * watch does not keep the object in memory. What fails before the start is a plain answer.
 */
export const bridgeWatch = async (
  object: ClusterStub,
  request: CoreRequest,
  client: Request,
  guard: Guard = {},
): Promise<Response> => {
  const { body: _none, ...described } = request;
  const opened = await object.fetch('https://cluster/', {
    headers: { upgrade: 'websocket', [WATCH_REQUEST_HEADER]: printHeaderJson(described) },
  });
  const socket = opened.webSocket;
  if (socket === null) return new Response(opened.body, opened);
  // Frames come as bytes, which arrive as a Blob unless asked for otherwise.
  socket.binaryType = 'arraybuffer';
  const start = JSON.parse(opened.headers.get(WATCH_START_HEADER) ?? '{}') as WatchStart;
  if (client.headers.get('upgrade')?.toLowerCase() === 'websocket') {
    const protocol = chosenProtocol(client.headers);
    return new Response(null, {
      status: 101,
      webSocket: relay(socket, start, guard),
      headers: protocol === undefined ? {} : { 'sec-websocket-protocol': protocol },
    });
  }
  return new Response(streamFrom(socket, start, client.signal, guard), {
    headers: {
      ...start.headers,
      // Compression in between would hold frames back.
      'content-encoding': 'identity',
      'cache-control': 'no-cache, private, no-transform',
    },
  });
};
