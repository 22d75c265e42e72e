import { expect, test } from 'vitest';
import { modelCodec } from '../../test/model/reference.ts';
import { ObjectCache } from './object-cache.ts';

const text = (size: number): string => JSON.stringify({ metadata: {}, data: { content: 'x'.repeat(size) } });

test('what it holds stays within its bytes, decoded or not', () => {
  const cache = new ObjectCache(modelCodec, 100_000);
  for (let revision = 1; revision <= 500; revision += 1) {
    cache.add('/pods/a/x', revision, text(1000)).object;
    expect(cache.bytes).toBeLessThanOrEqual(100_000);
  }
  const held = Array.from({ length: 500 }, (_, at) => cache.find(at + 1)).filter(
    (found) => found !== undefined,
  );
  expect(held.length).toBeGreaterThan(15);
  for (let revision = 1; revision <= 500; revision += 1) cache.forget(revision);
  expect(cache.bytes).toBe(0);
});

test('entries that are evicted while somebody holds them still decode, and are not charged', () => {
  const cache = new ObjectCache(modelCodec, 5000);
  const early = cache.add('/pods/a/x', 1, text(1000));
  for (let revision = 2; revision <= 20; revision += 1) cache.add('/pods/a/x', revision, text(1000));
  const before = cache.bytes;
  expect(cache.find(1)).toBeUndefined();
  expect(early.object.kind).toBe('Thing');
  expect(cache.bytes).toBe(before);
});

test('what is asked for again and again survives a scan of more than fits', () => {
  const cache = new ObjectCache(modelCodec, 20_000);
  for (let revision = 1; revision <= 5; revision += 1) cache.add('/pods/a/x', revision, text(500));
  for (let revision = 100; revision <= 300; revision += 1) {
    if (revision % 5 === 0) for (let hot = 1; hot <= 5; hot += 1) cache.find(hot);
    cache.add('/pods/a/y', revision, text(500));
  }
  expect([1, 2, 3, 4, 5].every((revision) => cache.find(revision) !== undefined)).toBe(true);
});

test('an object decodes once, and none is kept with no capacity', () => {
  let decoded = 0;
  const codec = {
    ...modelCodec,
    decode: (key: string, stored: string) => {
      decoded += 1;
      return modelCodec.decode(key, stored);
    },
  };
  const stored = new ObjectCache(codec, 10_000).add('/pods/a/x', 1, text(10));
  expect([decoded, stored.object, stored.object, decoded]).toEqual([0, stored.object, stored.object, 1]);
  const off = new ObjectCache(codec, 0);
  off.add('/pods/a/x', 1, text(10));
  expect(off.find(1)).toBeUndefined();
});
