import { describe, expect, it } from 'vitest';
import { packFrames } from './watch-sockets.ts';

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
