import type { Drained, Subscription } from '../src/api/contract.ts';
import type { Cluster } from '../src/cluster/contract.ts';
import type { Revision } from '../src/store/reader.ts';
import { onceLater } from './once-later.ts';

/** Attachments hold 16 KiB; larger subscriptions lie in a row and the attachment names it. */
const ATTACHMENT_BYTES = 15 * 1024;
/** Frames are joined up to this size, so that a burst is a few messages and a long list not one huge one. */
const MESSAGE_CHARS = 256 * 1024;
const NORMAL_CLOSURE = 1000;
/** The platform's limit for a socket's tag. */
const LONGEST_TAG = 256;
const ROW_PREFIX = 'subscription:';
/**
 * How far a watch is told is noted in its attachment so long after. Meanwhile a timer runs, and an object with a timer
 * stays in memory: whoever loses the memory in spite of it loses the sockets as well.
 */
const NOTE_MS = 50;
/**
 * A message takes about this long on its way through the object and the front. So long no more is sent: in a burst of
 * writes watches get fewer and larger messages, rather than ever later ones.
 */
const MESSAGE_MS = 0.1;
const LONGEST_REST_MS = 25;

/** `record` is the number of the audit record of the watch's start. */
type Attachment = (
  | { readonly subscription: Subscription }
  | { readonly row: string; readonly cursor: Revision }
) & { readonly record?: number | undefined };

type Frame = string | Uint8Array;

/** An open watch. */
interface Live {
  subscription: Subscription;
  readonly record: number | undefined;
  /** Name of the row that holds a subscription too large for an attachment. */
  readonly row: string | undefined;
  /** Whether the attachment says how far it is. */
  isNoted: boolean;
}

/** What came of a drain. */
export interface DrainReport {
  /** Some watch got a part only and has to be drained again. */
  readonly partly: boolean;
  /** Milliseconds after which the next drain is worth it. */
  readonly restMs: number;
}

const joinBytes = (frames: readonly Uint8Array[]): Uint8Array => {
  const joined = new Uint8Array(frames.reduce((size, frame) => size + frame.byteLength, 0));
  let offset = 0;
  for (const frame of frames) {
    joined.set(frame, offset);
    offset += frame.byteLength;
  }
  return joined;
};

/** Joins neighbouring frames of one type into messages of bounded size; a larger frame is its own message. */
export const packFrames = (frames: readonly Frame[]): Frame[] => {
  const messages: Frame[] = [];
  let texts: string[] = [];
  let bytes: Uint8Array[] = [];
  let size = 0;
  const flush = (): void => {
    if (texts.length > 0) messages.push(texts.join(''));
    if (bytes.length > 0) messages.push(joinBytes(bytes));
    texts = [];
    bytes = [];
    size = 0;
  };
  for (const frame of frames) {
    const mixed = typeof frame === 'string' ? bytes.length > 0 : texts.length > 0;
    if (mixed || size + frame.length > MESSAGE_CHARS) flush();
    if (typeof frame === 'string') texts.push(frame);
    else bytes.push(frame);
    size += frame.length;
  }
  flush();
  return messages;
};

const encoder = new TextEncoder();

/** Messages as bytes, which the front passes on as they are: a text would be decoded and encoded for each watch. */
const messagesOf = (frames: readonly Frame[]): readonly Uint8Array[] =>
  packFrames(frames).map((message) => (typeof message === 'string' ? encoder.encode(message) : message));

interface Shared {
  readonly drained: Drained;
  readonly messages: readonly Uint8Array[];
}

/** What watches are owed, read and encoded once for all that are equal. */
class Owed {
  readonly #cluster: Cluster;
  readonly #shared = new Map<string, Shared>();

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  of(subscription: Subscription): Shared {
    const key = JSON.stringify(subscription);
    const known = this.#shared.get(key);
    if (known !== undefined) return known;
    const drained = this.#cluster.drain(subscription);
    const made = { drained, messages: messagesOf(drained.frames) };
    this.#shared.set(key, made);
    return made;
  }
}

/** Notes in the attachment how far the watch is. */
const note = (socket: WebSocket, live: Live): void => {
  const { subscription, row, record } = live;
  const attachment: Attachment =
    row === undefined ? { subscription, record } : { row, cursor: subscription.cursor, record };
  socket.serializeAttachment(attachment);
  live.isNoted = true;
};

const tokenTag = (tokenId: string): string => `token/${tokenId}`;

/**
 * The open watches of an object: hibernatable sockets whose attachments hold subscription and cursor. What is in
 * memory is only a copy; after an eviction it is read back from the sockets.
 */
export class WatchSockets {
  readonly #state: DurableObjectState;
  readonly #onEnd: (record: number) => void;
  #live: Map<WebSocket, Live> | undefined;

  /** `onEnd` is told the audit record of each watch that ends, once. */
  constructor(state: DurableObjectState, onEnd: (record: number) => void = () => undefined) {
    this.#state = state;
    this.#onEnd = onEnd;
  }

  /** How many watches are open. */
  get size(): number {
    return this.#watches().size;
  }

  /** Accepts the object's end of a new watch and sends its first frames. */
  accept(
    socket: WebSocket,
    subscription: Subscription,
    frames: readonly Frame[],
    record: number | undefined,
    tokenId?: string,
  ): void {
    const tags = [`${subscription.group}/${subscription.resource}`, ...(tokenId ? [tokenTag(tokenId)] : [])];
    this.#state.acceptWebSocket(
      socket,
      tags.map((tag) => tag.slice(0, LONGEST_TAG)),
    );
    const row = this.#rowFor(subscription);
    const live: Live = { subscription, record, row, isNoted: false };
    this.#watches().set(socket, live);
    note(socket, live);
    for (const message of messagesOf(frames)) socket.send(message);
  }

  /** Sends every watch what it is owed up to the revision. Equal watches are read and encoded once. */
  drain(cluster: Cluster, revision: Revision): DrainReport {
    let partly = false;
    let sent = 0;
    const owed = new Owed(cluster);
    for (const [socket, live] of this.#watches()) {
      const { cursor } = live.subscription;
      if (cursor >= revision) continue;
      const { drained, messages } = owed.of(live.subscription);
      sent += messages.length;
      this.#deliver(socket, live, drained, messages);
      const reached = drained.subscription.cursor;
      if (!drained.ended && reached > cursor && reached < revision) partly = true;
    }
    this.#noteSoon();
    return { partly, restMs: Math.min(LONGEST_REST_MS, sent * MESSAGE_MS) };
  }

  /** The socket is gone, whoever closed it. */
  forget(socket: WebSocket): void {
    const live = this.#watches().get(socket);
    if (live === undefined) return;
    this.#watches().delete(socket);
    if (live.row !== undefined) this.#state.storage.kv.delete(live.row);
    if (live.record !== undefined) this.#onEnd(live.record);
  }

  /** Ends a watch, or answers a close of the other side. */
  close(socket: WebSocket): void {
    this.forget(socket);
    try {
      socket.close(NORMAL_CLOSURE);
    } catch {
      // The other side was faster.
    }
  }

  /** Ends the watches that were opened with a token. */
  closeOf(tokenId: string): void {
    for (const socket of this.#state.getWebSockets(tokenTag(tokenId).slice(0, LONGEST_TAG)))
      this.close(socket);
  }

  /** Ends every watch; clients find out what became of the cluster when they come back. */
  closeAll(): void {
    for (const socket of [...this.#watches().keys()]) this.close(socket);
  }

  #deliver(
    socket: WebSocket,
    live: Live,
    { subscription, ended }: Drained,
    messages: readonly Uint8Array[],
  ): void {
    try {
      for (const message of messages) socket.send(message);
    } catch {
      this.forget(socket);
      return;
    }
    if (ended) {
      this.close(socket);
      return;
    }
    live.subscription = subscription;
    live.isNoted = false;
  }

  readonly #noteSoon = onceLater(() => {
    for (const [socket, live] of this.#watches()) if (!live.isNoted) note(socket, live);
  }, NOTE_MS);

  /** Stores a subscription that is too large for an attachment; the name of its row. */
  #rowFor(subscription: Subscription): string | undefined {
    if (JSON.stringify(subscription).length <= ATTACHMENT_BYTES) return undefined;
    const row = ROW_PREFIX + crypto.randomUUID();
    this.#state.storage.kv.put(row, subscription);
    return row;
  }

  #watches(): Map<WebSocket, Live> {
    if (this.#live !== undefined) return this.#live;
    const live = new Map<WebSocket, Live>();
    for (const socket of this.#state.getWebSockets()) {
      const attachment = socket.deserializeAttachment() as Attachment | null;
      const subscription = attachment === null ? undefined : this.#subscriptionOf(attachment);
      if (attachment === null || subscription === undefined) continue;
      const row = 'row' in attachment ? attachment.row : undefined;
      live.set(socket, { subscription, record: attachment.record, row, isNoted: true });
    }
    this.#live = live;
    return live;
  }

  #subscriptionOf(attachment: Attachment): Subscription | undefined {
    if ('subscription' in attachment) return attachment.subscription;
    // Sockets of another kind have attachments as well.
    if (!('row' in attachment)) return undefined;
    const stored = this.#state.storage.kv.get<Subscription>(attachment.row);
    return stored === undefined ? undefined : { ...stored, cursor: attachment.cursor };
  }
}
