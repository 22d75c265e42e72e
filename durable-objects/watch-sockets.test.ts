import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Drained, Subscription } from '../src/api/contract.ts';
import type { Cluster } from '../src/cluster/contract.ts';
import { packFrames, WatchSockets } from './watch-sockets.ts';

describe('packFrames', () => {
  it.each([
    ['nothing is nothing', [], []],
    ['small frames are one message', ['a\n', 'b\n'], ['a\nb\n']],
    ['bytes are joined too', [new Uint8Array([1]), new Uint8Array([2, 3])], [new Uint8Array([1, 2, 3])]],
    ['texts and bytes do not mix', ['a', new Uint8Array([1]), 'b'], ['a', new Uint8Array([1]), 'b']],
  ])('%s', (_name, frames, messages) => {
    expect(packFrames(frames)).toEqual(messages);
  });

  it('bounds messages and keeps a larger frame whole', () => {
    const frame = 'x'.repeat(100 * 1024);
    const huge = 'y'.repeat(1024 * 1024);
    const sizes = packFrames([frame, frame, frame, huge, frame]).map((message) => message.length / 1024);
    expect(sizes).toEqual([200, 100, 1024, 100]);
  });
});

/** A hibernatable socket: what was sent, and what stays when memory is lost. */
class FakeSocket {
  sent: string[] = [];
  notes = 0;
  isClosed = false;
  #attachment = 'null';

  send(message: Uint8Array): void {
    if (this.isClosed) throw new Error('closed');
    this.sent.push(new TextDecoder().decode(message));
  }

  close(): void {
    this.isClosed = true;
  }

  serializeAttachment(value: unknown): void {
    this.notes += 1;
    this.#attachment = JSON.stringify(value);
  }

  deserializeAttachment(): unknown {
    return JSON.parse(this.#attachment);
  }
}

const subscription: Subscription = {
  group: '',
  version: 'v1',
  resource: 'configmaps',
  namespace: 'default',
  form: 'object',
  encoding: 'json',
  bookmarks: false,
  cursor: 0,
};

/** An object with so many watches on a cluster in which each revision is one frame, and how often it was read. */
const watched = (count: number, first: Partial<Subscription> = {}) => {
  const sockets: FakeSocket[] = [];
  const rows = new Map<string, unknown>();
  const ended: number[] = [];
  const state = {
    acceptWebSocket: (socket: FakeSocket) => void sockets.push(socket),
    getWebSockets: () => sockets.filter(({ isClosed }) => !isClosed),
    storage: {
      kv: {
        put: (key: string, value: unknown) => void rows.set(key, value),
        get: (key: string) => rows.get(key),
        delete: (key: string) => rows.delete(key),
      },
    },
  } as unknown as DurableObjectState;
  const cluster = { revision: 0, reads: 0 };
  const drain = (from: Subscription): Drained => {
    cluster.reads += 1;
    const frames = Array.from(
      { length: cluster.revision - from.cursor },
      (_, at) => `${from.cursor + at + 1}\n`,
    );
    return { frames, subscription: { ...from, cursor: cluster.revision }, ended: false };
  };
  const open = () => new WatchSockets(state, (record) => void ended.push(record));
  const watches = open();
  for (let index = 0; index < count; index += 1) {
    watches.accept(new FakeSocket() as unknown as WebSocket, { ...subscription, ...first }, [], index);
  }
  const write = (to: WatchSockets) => {
    cluster.revision += 1;
    return to.drain({ drain } as unknown as Cluster, cluster.revision);
  };
  return { sockets, rows, ended, cluster, open, watches, write };
};

describe('watches', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('that are equal are read once', () => {
    const { sockets, cluster, watches, write } = watched(50);
    write(watches);
    write(watches);
    expect(cluster.reads).toBe(2);
    for (const { sent } of sockets) expect(sent).toEqual(['1\n', '2\n']);
  });

  it('have their progress noted once for a burst, soon after it', () => {
    const { sockets, watches, write } = watched(2);
    expect(sockets.map(({ notes }) => notes)).toEqual([1, 1]);
    for (let writes = 0; writes < 40; writes += 1) {
      write(watches);
      vi.advanceTimersByTime(1);
    }
    expect(sockets.map(({ notes }) => notes)).toEqual([1, 1]);
    vi.advanceTimersByTime(10);
    expect(sockets.map(({ notes }) => notes)).toEqual([2, 2]);
    vi.runAllTimers();
    expect(sockets.map(({ notes }) => notes)).toEqual([2, 2]);
  });

  it.each([
    ['an ordinary subscription', {}],
    ['one that is too large for an attachment', { labelSelector: 'x'.repeat(20_000) }],
  ])('of %s miss nothing and get nothing twice when memory is lost after a pause', (_name, first) => {
    const { sockets, watches, open, write } = watched(2, first);
    write(watches);
    write(watches);
    vi.runAllTimers();
    const later = open();
    expect(later.size).toBe(2);
    write(later);
    for (const { sent } of sockets) expect(sent.join('')).toBe('1\n2\n3\n');
  });

  it('leave no row and tell their end once', () => {
    const { sockets, rows, ended, watches } = watched(2, { labelSelector: 'x'.repeat(20_000) });
    expect(rows.size).toBe(2);
    for (const socket of [sockets[0], sockets[0]]) watches.close(socket as unknown as WebSocket);
    expect([watches.size, rows.size, ended]).toEqual([1, 1, [0]]);
  });

  it('whose socket broke are forgotten, the others go on', () => {
    const { sockets, watches, write } = watched(3);
    sockets[1]?.close();
    write(watches);
    expect(watches.size).toBe(2);
    expect(sockets.map(({ sent }) => sent.length)).toEqual([1, 0, 1]);
  });
});

describe('the rest after a drain', () => {
  it.each([
    [0, 0],
    [1, 0.1],
    [50, 5],
    [250, 25],
    [1000, 25],
  ])('that sent %i messages is %d ms', (count, restMs) => {
    const { watches, write } = watched(count);
    expect(write(watches)).toEqual({ partly: false, restMs });
  });

  it('that sent nothing is none', () => {
    const { watches } = watched(50);
    const silent = {
      drain: (from: Subscription) => ({ frames: [], subscription: { ...from, cursor: 1 }, ended: false }),
    };
    expect(watches.drain(silent as unknown as Cluster, 1).restMs).toBe(0);
  });
});
