import { describe, expect, it } from 'vitest';
import { isTimeZone, parseCron, printZoned } from './cron.ts';

const at = (text: string): number => Date.parse(text);

const next = (schedule: string, after: string, zone?: string): string | undefined => {
  const parsed = parseCron(schedule, zone);
  if (!parsed.ok) throw new Error(parsed.error);
  const found = parsed.value.next(at(after));
  return found === undefined ? undefined : new Date(found).toISOString();
};

describe('next firing', () => {
  it.each([
    // From robfig/cron's own table of activations.
    ['0/15 * * * *', '2012-07-09T14:45:00Z', '2012-07-09T15:00:00.000Z'],
    ['0/15 * * * *', '2012-07-09T14:59:00Z', '2012-07-09T15:00:00.000Z'],
    ['0/15 * * * *', '2012-07-09T14:59:59Z', '2012-07-09T15:00:00.000Z'],
    ['20-35/15 * * * *', '2012-07-09T15:45:00Z', '2012-07-09T16:20:00.000Z'],
    ['*/15 * * * *', '2012-07-09T23:46:00Z', '2012-07-10T00:00:00.000Z'],
    ['20-35/15 * * * *', '2012-07-09T23:45:00Z', '2012-07-10T00:20:00.000Z'],
    ['20-35/15 1/2 * * *', '2012-07-09T23:35:51Z', '2012-07-10T01:20:00.000Z'],
    ['20-35/15 10-12 * * *', '2012-07-09T23:35:51Z', '2012-07-10T10:20:00.000Z'],
    ['20-35/15 1/2 */2 * *', '2012-07-09T23:35:51Z', '2012-07-11T01:20:00.000Z'],
    ['20-35/15 * 9-20 * *', '2012-07-09T23:35:51Z', '2012-07-10T00:20:00.000Z'],
    ['20-35/15 * 9-20 Jul *', '2012-07-09T23:35:51Z', '2012-07-10T00:20:00.000Z'],
    ['0 0 9 Apr-Oct ?', '2012-07-09T23:35:00Z', '2012-08-09T00:00:00.000Z'],
    ['0 0 */5 Apr,Aug,Oct Mon', '2012-07-09T23:35:00Z', '2012-08-01T00:00:00.000Z'],
    ['0 0 */5 Oct Mon', '2012-07-09T23:35:00Z', '2012-10-01T00:00:00.000Z'],
    ['0 0 * Feb Mon', '2012-07-09T23:35:00Z', '2013-02-04T00:00:00.000Z'],
    ['0 0 * Feb Mon/2', '2012-07-09T23:35:00Z', '2013-02-01T00:00:00.000Z'],
    ['0 0 29 2 ?', '2012-07-09T23:35:00Z', '2016-02-29T00:00:00.000Z'],
    ['@hourly', '2026-01-01T00:00:00Z', '2026-01-01T01:00:00.000Z'],
    ['@daily', '2026-01-01T00:00:00Z', '2026-01-02T00:00:00.000Z'],
    ['@weekly', '2026-01-01T00:00:00Z', '2026-01-04T00:00:00.000Z'],
    ['@monthly', '2026-01-01T00:00:00Z', '2026-02-01T00:00:00.000Z'],
    ['@yearly', '2026-01-01T00:00:00Z', '2027-01-01T00:00:00.000Z'],
    ['@every 90s', '2026-01-01T00:00:00Z', '2026-01-01T00:01:30.000Z'],
    ['@every 1h5m10s', '2026-01-01T00:00:00Z', '2026-01-01T01:05:10.000Z'],
    ['@every 10ms', '2026-01-01T00:00:00Z', '2026-01-01T00:00:01.000Z'],
    ['* * * * *', '2026-01-01T00:00:00.500Z', '2026-01-01T00:01:00.000Z'],
    ['0 12 13 * 5', '2026-02-01T00:00:00Z', '2026-02-06T12:00:00.000Z'],
    ['30 3 * * SUN', '2026-03-27T00:00:00Z', '2026-03-29T03:30:00.000Z'],
  ])('%s after %s is %s', (schedule, after, expected) => {
    expect(next(schedule, after)).toBe(expected);
  });

  it('is none for a day that no month has', () => {
    expect(next('0 0 30 2 *', '2012-07-09T23:35:00Z')).toBeUndefined();
    expect(next('0 0 31 4 *', '2012-07-09T23:35:00Z')).toBeUndefined();
  });

  it.each([
    // New York, 2012: clocks go forward on 11 March at two and back on 4 November at two (robfig/cron's table).
    ['0 0 * * *', '2012-03-11T00:00:00-05:00', '2012-03-12T00:00:00-04:00'],
    ['30 2 11 Mar ?', '2012-03-11T00:00:00-05:00', '2013-03-11T02:30:00-04:00'],
    ['0 * * * *', '2012-03-11T00:00:00-05:00', '2012-03-11T01:00:00-05:00'],
    ['0 * * * *', '2012-03-11T01:00:00-05:00', '2012-03-11T03:00:00-04:00'],
    ['0 * * * *', '2012-03-11T03:00:00-04:00', '2012-03-11T04:00:00-04:00'],
    ['0 1 * * *', '2012-03-11T00:00:00-05:00', '2012-03-11T01:00:00-05:00'],
    ['0 1 * * *', '2012-03-11T01:00:00-05:00', '2012-03-12T01:00:00-04:00'],
    ['0 2 * * *', '2012-03-11T00:00:00-05:00', '2012-03-12T02:00:00-04:00'],
    ['30 2 04 Nov ?', '2012-11-04T00:00:00-04:00', '2012-11-04T02:30:00-05:00'],
    ['45 1 04 Nov ?', '2012-11-04T01:30:00-04:00', '2012-11-04T01:45:00-04:00'],
    ['0 * * * *', '2012-11-04T00:00:00-04:00', '2012-11-04T01:00:00-04:00'],
    ['0 * * * *', '2012-11-04T01:00:00-04:00', '2012-11-04T01:00:00-05:00'],
    ['0 * * * *', '2012-11-04T01:00:00-05:00', '2012-11-04T02:00:00-05:00'],
    ['0 0 * * *', '2012-11-04T00:00:00-04:00', '2012-11-05T00:00:00-05:00'],
    ['0 1 * * *', '2012-11-04T00:00:00-04:00', '2012-11-04T01:00:00-04:00'],
    ['0 1 * * *', '2012-11-04T01:00:00-04:00', '2012-11-04T01:00:00-05:00'],
    ['0 1 * * *', '2012-11-04T01:00:00-05:00', '2012-11-05T01:00:00-05:00'],
    ['0 2 * * *', '2012-11-04T00:00:00-04:00', '2012-11-04T02:00:00-05:00'],
  ])('in New York %s after %s is %s', (schedule, after, expected) => {
    expect(next(schedule, after, 'America/New_York')).toBe(new Date(expected).toISOString());
    expect(next(`TZ=America/New_York ${schedule}`, after)).toBe(new Date(expected).toISOString());
    expect(next(`CRON_TZ=America/New_York ${schedule}`, after)).toBe(new Date(expected).toISOString());
  });

  it('passes midnights that clocks skip', () => {
    // Sao Paulo, 2018-11-04: midnight does not exist.
    expect(next('0 9 10 Nov ?', '2018-11-01T05:00:00Z', 'America/Sao_Paulo')).toBe(
      new Date('2018-11-10T09:00:00-02:00').toISOString(),
    );
    expect(next('0 14 14 Aug *', '2009-08-12T00:00:00Z', 'Asia/Kolkata')).toBe('2009-08-14T08:30:00.000Z');
  });
});

describe('refusals', () => {
  it.each([
    ['', 'empty spec string'],
    ['* * * *', 'expected exactly 5 fields, found 4: [* * * *]'],
    ['* * * * * *', 'expected exactly 5 fields, found 6: [* * * * * *]'],
    ['* * * * 8', 'end of range (8) above maximum (6): 8'],
    ['*/0 * * * *', 'step of range should be a positive number: */0'],
    ['5-1 * * * *', 'beginning of range (5) beyond end of range (1): 5-1'],
    ['* * 0 * *', 'beginning of range (0) below minimum (1): 0'],
    ['H * * * *', 'failed to parse int from H: strconv.Atoi: parsing "H": invalid syntax'],
    ['1-2-3 * * * *', 'too many hyphens: 1-2-3'],
    ['1/2/3 * * * *', 'too many slashes: 1/2/3'],
    ['-5 * * * *', 'failed to parse int from : strconv.Atoi: parsing "": invalid syntax'],
    ['@fortnightly', 'unrecognized descriptor: @fortnightly'],
    ['@every x', 'failed to parse duration @every x: time: invalid duration "x"'],
    ['TZ=Mars/Phobos * * * * *', 'provided bad location Mars/Phobos: unknown time zone Mars/Phobos'],
  ])('%s', (schedule, error) => {
    expect(parseCron(schedule)).toEqual({ ok: false, error });
  });

  it('refuses a prefix beside a zone', () => {
    expect(parseCron('TZ=UTC * * * * *', 'Europe/Berlin').ok).toBe(false);
  });
});

describe('time zones', () => {
  it.each([
    ['Europe/Berlin', true],
    ['US/Eastern', true],
    ['Asia/Calcutta', true],
    ['Asia/Kolkata', true],
    ['UTC', true],
    ['Etc/GMT+5', true],
    ['europe/berlin', false],
    ['Mars/Phobos', false],
    ['+01:00', false],
    ['with space', false],
    ['utc', false],
  ])('%s: %s', (zone, known) => {
    expect(isTimeZone(zone)).toBe(known);
  });

  it('prints offsets', () => {
    expect(printZoned(at('2026-07-01T10:00:00Z'), 'Europe/Berlin')).toBe('2026-07-01T12:00:00+02:00');
    expect(printZoned(at('2026-01-01T10:00:00Z'), 'America/St_Johns')).toBe('2026-01-01T06:30:00-03:30');
    expect(printZoned(at('2026-01-01T10:00:00Z'), 'UTC')).toBe('2026-01-01T10:00:00Z');
  });
});

it.each(['* * * * *', '7 */3 * * 1-5', '0 0 29 2 *', '59 23 31 12 *'])(
  'what %s remembers is what it would find',
  (text) => {
    const start = Date.UTC(2027, 11, 31, 23, 50);
    const kept = parseCron(text);
    for (let step = 0; step < 400; step += 1) {
      // Back and forth, over the edges of spans and to the millisecond.
      const after = start + ((step * 7919) % 400) * 30_000 - (step % 3);
      // Another zone without changes of its clocks remembers nothing.
      const afresh = parseCron(text, 'Etc/UTC');
      if (!kept.ok || !afresh.ok) throw new Error('no schedule');
      expect(kept.value.next(after)).toBe(afresh.value.next(after));
    }
  },
);
