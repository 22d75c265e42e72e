import { describe, expect, it } from 'vitest';
import { BODY_LIMIT, readBody } from './read-body.ts';

const post = (body: BodyInit | null, headers: HeadersInit = {}): Request =>
  new Request('https://kubicle.test/', {
    method: 'POST',
    body,
    headers,
    // Needed for streams.
    duplex: 'half',
  } as RequestInit);

const streamOf = (chunks: readonly Uint8Array[], ends = true): ReadableStream<Uint8Array> => {
  const left = [...chunks];
  return new ReadableStream({
    pull: (controller) => {
      const next = left.shift();
      if (next !== undefined) controller.enqueue(next);
      else if (ends) controller.close();
      else return new Promise(() => undefined);
      return undefined;
    },
  });
};

describe('a body', () => {
  it('is read whole, with and without a declared length', async () => {
    expect(await readBody(new Request('https://kubicle.test/'))).toHaveLength(0);
    expect(new TextDecoder().decode(await readBody(post('hello')))).toBe('hello');
    const chunks = [new Uint8Array(10).fill(1), new Uint8Array(5).fill(2)];
    expect([...(await readBody(post(streamOf(chunks))))]).toEqual([
      ...Array(10).fill(1),
      ...Array(5).fill(2),
    ]);
  });

  it('may be as large as the limit', async () => {
    expect(await readBody(post(streamOf([new Uint8Array(BODY_LIMIT)])))).toHaveLength(BODY_LIMIT);
  });

  it('is refused one byte above, declared or not', async () => {
    const tooMuch = new Uint8Array(BODY_LIMIT + 1);
    for (const request of [
      post(streamOf([tooMuch])),
      post(tooMuch, { 'content-length': String(tooMuch.byteLength) }),
    ]) {
      await expect(readBody(request)).rejects.toMatchObject({ status: { code: 413 } });
    }
  });

  it('is refused when it never ends', async () => {
    const request = post(streamOf([new Uint8Array(3)], false));
    await expect(readBody(request, 20)).rejects.toMatchObject({ status: { code: 408, reason: 'Timeout' } });
  });
});
