import { expect, test } from 'vitest';
import type { CronJob } from '../kinds/generated/types.ts';
import { type CronSchedule, parseCron } from '../machinery/cron.ts';
import { printTime } from '../machinery/time.ts';
import { findMissed, nextWake } from './cronjob-schedule.ts';

const T = Date.UTC(2026, 0, 1, 12);
const MINUTE = 60_000;

const schedule = (text: string): CronSchedule => {
  const parsed = parseCron(text);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value;
};

const cron = (created: number, last?: number, deadline?: number): CronJob =>
  ({
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: { creationTimestamp: printTime(created) },
    spec: deadline === undefined ? {} : { startingDeadlineSeconds: deadline },
    status: last === undefined ? {} : { lastScheduleTime: printTime(last) },
  }) as never;

const every = schedule('* * * * *');

test('nothing is missed before the first time', () => {
  expect(findMissed(cron(T + 1000), every, T + 30_000, true)).toMatchObject({
    latest: undefined,
    count: 'none',
  });
});

test('one unmet time is the first one', () => {
  expect(findMissed(cron(T + 1000), every, T + MINUTE + 100, true)).toMatchObject({
    latest: T + MINUTE,
    count: 'none',
  });
});

test('of several unmet times the newest counts', () => {
  expect(findMissed(cron(T), every, T + 5 * MINUTE + 5, true)).toMatchObject({
    latest: T + 5 * MINUTE,
    count: 'few',
  });
});

test('more than a hundred unmet times are many', () => {
  expect(findMissed(cron(T), every, T + 200 * MINUTE, true)).toMatchObject({ count: 'many' });
});

test('the starting deadline hides what is older', () => {
  expect(findMissed(cron(T, T, 30), every, T + 10 * MINUTE + 10_000, true)).toMatchObject({
    latest: T + 10 * MINUTE,
  });
  expect(findMissed(cron(T, T, 5), every, T + 10 * MINUTE + 10_000, true)).toMatchObject({
    latest: undefined,
  });
});

test('the next look is a tenth of a second after the next time', () => {
  expect(nextWake(cron(T + 1000), every, T + 2000)).toBe(T + MINUTE + 100);
  expect(nextWake(cron(T, T + MINUTE), every, T + MINUTE + 100)).toBe(T + 2 * MINUTE + 100);
});
