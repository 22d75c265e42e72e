import { describe, expect, it } from 'vitest';
import { EPOCH, Harness } from '../../test/support/harness.ts';
import type { CronJob, Event, Job } from '../kinds/generated/types.ts';

const BATCH = '/apis/batch/v1/namespaces/default';
const MERGE = { 'content-type': 'application/merge-patch+json' };
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const made = (spec: object, start = EPOCH): Harness => {
  const harness = new Harness({ start, settings: { latency: 'fast' } });
  harness.expect(201, 'POST', `${BATCH}/cronjobs`, {
    body: {
      apiVersion: 'batch/v1',
      kind: 'CronJob',
      metadata: { name: 'tick' },
      spec: {
        jobTemplate: {
          spec: {
            template: {
              spec: {
                restartPolicy: 'Never',
                containers: [{ name: 'main', image: 'busybox', command: ['sleep', '5'] }],
              },
            },
          },
        },
        ...spec,
      },
    },
  });
  return harness;
};

const change = (harness: Harness, spec: object): void =>
  void harness.expect(200, 'PATCH', `${BATCH}/cronjobs/tick`, { body: { spec }, headers: MERGE });

const cronJob = (harness: Harness): CronJob => harness.get<CronJob>(`${BATCH}/cronjobs/tick`);

const jobs = (harness: Harness): readonly string[] =>
  harness
    .get<{ items: Job[] }>(`${BATCH}/jobs`)
    .items.map(
      ({ metadata }) => metadata.annotations?.['batch.kubernetes.io/cronjob-scheduled-timestamp'] ?? '',
    );

const told = (harness: Harness, reason: string): readonly Event[] =>
  harness
    .get<{ items: Event[] }>('/api/v1/namespaces/default/events')
    .items.filter((event) => event.involvedObject.kind === 'CronJob' && event.reason === reason);

describe('a CronJob', () => {
  it('does not start what another schedule would have started before', () => {
    const harness = made({ schedule: '0 12 * * *' });
    harness.advance(90_000);
    change(harness, { schedule: '*/10 * * * *' });
    harness.advance(MINUTE);
    expect(jobs(harness)).toEqual([]);
    harness.advance(8 * MINUTE);
    expect(jobs(harness)).toEqual(['2026-01-01T00:10:00Z']);
    harness.advance(10 * MINUTE);
    expect(jobs(harness)).toEqual(['2026-01-01T00:10:00Z', '2026-01-01T00:20:00Z']);
    expect(told(harness, 'SuccessfulCreate').map(({ count }) => count)).toEqual([1, 1]);
  });

  it('waits for the new schedule even when an old time has passed under it', () => {
    const harness = made({ schedule: '0 12 * * *' });
    harness.advance(HOUR + 30 * MINUTE);
    change(harness, { schedule: '0 * * * *' });
    harness.advance(5 * MINUTE);
    expect(jobs(harness)).toEqual([]);
    harness.advance(30 * MINUTE);
    expect(jobs(harness)).toEqual(['2026-01-01T02:00:00Z']);
  });

  it('looks once when the schedule changed and changed again', () => {
    const harness = made({ schedule: '*/30 * * * *', concurrencyPolicy: 'Forbid' });
    harness.advance(MINUTE);
    change(harness, { schedule: '*/20 * * * *' });
    harness.advance(MINUTE);
    change(harness, { schedule: '*/5 * * * *' });
    harness.advance(4 * MINUTE);
    expect(jobs(harness)).toEqual(['2026-01-01T00:05:00Z']);
    harness.advance(60 * MINUTE);
    expect(cronJob(harness).status?.lastScheduleTime).toBe('2026-01-01T01:05:00Z');
    expect(told(harness, 'JobAlreadyActive')).toEqual([]);
  });

  it('is told that its schedule has no time', () => {
    const harness = made({ schedule: '0 0 31 2 *' });
    harness.advance(MINUTE);
    expect(told(harness, 'InvalidSchedule')[0]?.message).toBe(
      'invalid schedule: 0 0 31 2 * : time difference between two schedules is less than 1 second',
    );
  });

  const days: readonly [string, string, string, string, number, readonly string[]][] = [
    [
      'skips the hour that clocks skip, for a fixed hour',
      '30 2 * * *',
      'Europe/Berlin',
      '2026-03-28T12:00:00Z',
      46,
      ['2026-03-30T02:30:00+02:00'],
    ],
    [
      'goes on each hour where clocks skip one',
      '30 * * * *',
      'Europe/Berlin',
      '2026-03-29T00:10:00Z',
      3,
      ['2026-03-29T01:30:00+01:00', '2026-03-29T03:30:00+02:00', '2026-03-29T04:30:00+02:00'],
    ],
    [
      'starts twice at an hour that clocks show twice',
      '30 2 * * *',
      'Europe/Berlin',
      '2026-10-24T23:00:00Z',
      12,
      ['2026-10-25T02:30:00+02:00', '2026-10-25T02:30:00+01:00'],
    ],
    [
      'keeps midnight where clocks change at midnight',
      '0 0 * * *',
      'America/Santiago',
      '2026-09-05T12:00:00Z',
      46,
      ['2026-09-07T00:00:00-03:00'],
    ],
  ];
  it.each(days)('%s', (_, schedule, timeZone, start, hours, expected) => {
    const harness = made({ schedule, timeZone, successfulJobsHistoryLimit: 10 }, Date.parse(start));
    harness.advance(hours * HOUR);
    expect(jobs(harness)).toEqual(expected);
  });
});
