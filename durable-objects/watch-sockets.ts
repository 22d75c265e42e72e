import type { Drained, Subscription } from '../src/api/contract.ts';
import type { Cluster } from '../src/cluster/contract.ts';
import type { Revision } from '../src/store/reader.ts';

/** Attachments hold 16 KiB; larger subscriptions lie in a row and the attachment names it. */
const ATTACHMENT_BYTES = 15 * 1024;
/** Frames are joined up to this size, so that a burst is a few messages and a long list not one huge one. */
const MESSAGE_CHARS = 256 * 1024;
const NORMAL_CLOSURE = 1000;
/** The platform's limit for a socket's tag. */
const LONGEST_TAG = 256;
const ROW_PREFIX = 'subscription:';

/** `record` is the number of the audit record of the watch's start. */
type Attachment = (
  | { readonly subscription: Subscription }
  | { readonly row: string; readonly cursor: Revision }
) & { readonly record?: number | undefined };

type Frame = string | Uint8Array;

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

const tokenTag = (tokenId: string): string => `token/${tokenId}`;

/**
 * The open watches of an object: hibernatable sockets whose attachments hold subscription and cursor. What is in
 * memory is only a copy; after an eviction it is read back from the sockets.
 */
export class WatchSockets {
  readonly #state: DurableObjectState;
  readonly #onEnd: (record: number) => void;
  #live: Map<WebSocket, Subscription> | undefined;

  /** `onEnd` is told the audit record of each watch that ends, once. */
  constructor(state: DurableObjectState, onEnd: (record: number) => void = () => undefined) {
    this.#state = state;
    this.#onEnd = onEnd;
  }

  /** How many watches are open. */
  get size(): number {
    return this.#subscriptions().size;
  }

  /** Accepts the object's end of a new watch and sends its first frames. */
  accept(
    socket: WebSocket,
    subscription: Subscription,
    frames: readonly Frame[],
    record: number | undefined,
    tokenId?: string,
  ): void {
    const live = this.#subscriptions();
    const tags = [`${subscription.group}/${subscription.resource}`, ...(tokenId ? [tokenTag(tokenId)] : [])];
    this.#state.acceptWebSocket(
      socket,
      tags.map((tag) => tag.slice(0, LONGEST_TAG)),
    );
    this.#remember(socket, subscription, record);
    live.set(socket, subscription);
    for (const message of packFrames(frames)) socket.send(message);
  }

  /**
   * Sends every watch what it is owed up to the revision. Equal watches are read and encoded once. True when some
   * watch got a part only and has to be drained again.
   */
  drain(cluster: Cluster, revision: Revision): boolean {
    let partly = false;
    const shared = new Map<string, { drained: Drained; messages: readonly Frame[] }>();
    for (const [socket, subscription] of this.#subscriptions()) {
      if (subscription.cursor >= revision) continue;
      const key = JSON.stringify(subscription);
      let owed = shared.get(key);
      if (owed === undefined) {
        const drained = cluster.drain(subscription);
        owed = { drained, messages: packFrames(drained.frames) };
        shared.set(key, owed);
      }
      this.#deliver(socket, owed.drained, owed.messages);
      const reached = owed.drained.subscription.cursor;
      if (!owed.drained.ended && reached > subscription.cursor && reached < revision) partly = true;
    }
    return partly;
  }

  /** The socket is gone, whoever closed it. */
  forget(socket: WebSocket): void {
    const attachment = this.#attachmentOf(socket);
    if (attachment !== undefined && 'row' in attachment) this.#state.storage.kv.delete(attachment.row);
    const isFirst = this.#subscriptions().delete(socket);
    if (isFirst && attachment?.record !== undefined) this.#onEnd(attachment.record);
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
    for (const socket of [...this.#subscriptions().keys()]) this.close(socket);
  }

  #deliver(socket: WebSocket, { subscription, ended }: Drained, messages: readonly Frame[]): void {
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
    this.#subscriptions().set(socket, subscription);
    this.#remember(socket, subscription);
  }

  #remember(socket: WebSocket, subscription: Subscription, first?: number): void {
    const before = this.#attachmentOf(socket);
    const record = before?.record ?? first;
    const { cursor } = subscription;
    if (before !== undefined && 'row' in before) {
      socket.serializeAttachment({ row: before.row, cursor, record } satisfies Attachment);
      return;
    }
    if (JSON.stringify(subscription).length <= ATTACHMENT_BYTES) {
      socket.serializeAttachment({ subscription, record } satisfies Attachment);
      return;
    }
    const row = ROW_PREFIX + crypto.randomUUID();
    this.#state.storage.kv.put(row, subscription);
    socket.serializeAttachment({ row, cursor, record } satisfies Attachment);
  }

  #attachmentOf(socket: WebSocket): Attachment | undefined {
    return (socket.deserializeAttachment() as Attachment | null) ?? undefined;
  }

  #subscriptions(): Map<WebSocket, Subscription> {
    if (this.#live !== undefined) return this.#live;
    const live = new Map<WebSocket, Subscription>();
    for (const socket of this.#state.getWebSockets()) {
      const attachment = this.#attachmentOf(socket);
      if (attachment === undefined) continue;
      if ('subscription' in attachment) live.set(socket, attachment.subscription);
      else if ('row' in attachment) {
        const stored = this.#state.storage.kv.get<Subscription>(attachment.row);
        if (stored !== undefined) live.set(socket, { ...stored, cursor: attachment.cursor });
      }
    }
    this.#live = live;
    return live;
  }
}
