import { describe, expect, it } from 'vitest';
import type { Pod } from '../kinds/generated/types.ts';
import { printTime } from '../machinery/time.ts';
import { type BackoffRecord, mayStartAt, nextRecord } from './job-backoff.ts';

const at = (seconds: number): Pod =>
  ({
    metadata: { name: 'pod' },
    status: {
      containerStatuses: [{ state: { terminated: { finishedAt: printTime(seconds * 1000), exitCode: 1 } } }],
    },
  }) as unknown as Pod;

const record = (failures: number, seconds: number): BackoffRecord => ({ failures, last: seconds * 1000 });

describe('the record of failures', () => {
  const rows: readonly [string, BackoffRecord, readonly number[], readonly number[], BackoffRecord][] = [
    ['stays when nothing finished', record(2, 5), [], [], record(2, 5)],
    ['adds failures, the last of them in time', record(1, 5), [], [9, 7], record(3, 9)],
    ['is forgotten at a success', record(3, 5), [8], [], record(0, 0)],
    ['keeps failures after the last success only', record(3, 5), [6, 8], [7, 9, 10], record(2, 10)],
    ['forgets failures of the second of the success', record(0, 0), [8], [8], record(0, 0)],
  ];
  it.each(rows)('%s', (_, before, succeeded, failed, after) => {
    expect(nextRecord(before, succeeded.map(at), failed.map(at))).toEqual(after);
  });

  it.each([
    [1, 10],
    [2, 20],
    [3, 40],
    [6, 320],
    [7, 600],
    [50, 600],
  ])('after %i failures the next pod waits %i s', (failures, seconds) => {
    expect(mayStartAt(record(failures, 100))).toBe((100 + seconds) * 1000);
  });

  it('does not wait without failures', () => {
    expect(mayStartAt(record(0, 0))).toBe(0);
  });
});
