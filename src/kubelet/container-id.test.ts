import { expect, test } from 'vitest';
import { containerFacts, makeContainerId } from './container-id.ts';

const random = '0123456789abcdef'.repeat(4);
const startedAt = Date.UTC(2026, 0, 1) + 345;

test('an identifier carries its start and its streak', () => {
  const id = makeContainerId({ startedAt, streak: 4 }, random);
  expect(id).toMatch(/^containerd:\/\/[0-9a-f]{64}$/);
  expect(containerFacts(id, '2026-01-01T00:00:00Z', 9)).toEqual({ startedAt, streak: 4 });
});

test('streaks end at 15', () => {
  const id = makeContainerId({ startedAt, streak: 99 }, random);
  expect(containerFacts(id, '2026-01-01T00:00:00Z', 0).streak).toBe(15);
});

test.each([undefined, 'containerd://c', `containerd://${'f'.repeat(64)}`, 'docker://0'])(
  'of an identifier made by others (%s) the status is believed',
  (id) =>
    expect(containerFacts(id, '2026-01-01T00:00:07Z', 2)).toEqual({
      startedAt: Date.UTC(2026, 0, 1) + 7000,
      streak: 2,
    }),
);
