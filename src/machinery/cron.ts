/**
 * Five-field schedules as CronJobs have them (robfig/cron v3.0.1, standard parser and SpecSchedule): macros, `@every`,
 * names, ranges, steps, `TZ=` prefixes, and what happens when clocks change.
 */
import { parseDuration } from './duration.ts';
import { bad, good, type Result } from './result.ts';
import type { Instant } from './time.ts';
import { instantOf, isTimeZone, wallClock } from './zoned-time.ts';

export { isTimeZone, printZoned } from './zoned-time.ts';

/** A parsed schedule. */
export interface CronSchedule {
  /** The first time strictly after an instant; `undefined` when there is none within five years. */
  next(after: Instant): Instant | undefined;
}

interface Bounds {
  readonly min: number;
  readonly max: number;
  readonly names?: readonly string[];
}

const MINUTES: Bounds = { min: 0, max: 59 };
const HOURS: Bounds = { min: 0, max: 23 };
const DAYS: Bounds = { min: 1, max: 31 };
const MONTHS: Bounds = {
  min: 1,
  max: 12,
  names: ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'],
};
const WEEKDAYS: Bounds = { min: 0, max: 6, names: ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] };

/** The values of one field; `any` when it says `*`, which lets the other day field decide alone. */
interface Values {
  readonly values: ReadonlySet<number>;
  readonly any: boolean;
}

class CronError extends Error {}

const MAX_INT = 2n ** 63n - 1n;

const parseInteger = (text: string): number => {
  const quoted = JSON.stringify(text);
  const fail = (problem: string): never => {
    throw new CronError(`failed to parse int from ${text}: strconv.Atoi: parsing ${quoted}: ${problem}`);
  };
  if (!/^[+-]?\d+$/.test(text)) return fail('invalid syntax');
  const value = BigInt(text.replace(/^\+/, ''));
  if (value > MAX_INT || value < -MAX_INT - 1n) return fail('value out of range');
  if (value < 0n) throw new CronError(`negative number (${value}) not allowed: ${text}`);
  return Number(value);
};

const parseValue = (text: string, bounds: Bounds): number => {
  const index = bounds.names?.indexOf(text.toLowerCase()) ?? -1;
  return index < 0 ? parseInteger(text) : index + bounds.min;
};

interface Range {
  readonly start: number;
  readonly end: number;
  readonly step: number;
  readonly any: boolean;
}

const parseRange = (text: string, bounds: Bounds): Range => {
  const [range = '', stepText, ...moreSteps] = text.split('/');
  const [low = '', high, ...moreEnds] = range.split('-');
  const isAny = low === '*' || low === '?';
  const start = isAny ? bounds.min : parseValue(low, bounds);
  let end = isAny ? bounds.max : start;
  if (!isAny && high !== undefined) {
    if (moreEnds.length > 0) throw new CronError(`too many hyphens: ${text}`);
    end = parseValue(high, bounds);
  }
  let step = 1;
  if (stepText !== undefined) {
    if (moreSteps.length > 0) throw new CronError(`too many slashes: ${text}`);
    step = parseInteger(stepText);
    // `5/10` means from five to the end.
    if (high === undefined) end = bounds.max;
  }
  if (start < bounds.min) {
    throw new CronError(`beginning of range (${start}) below minimum (${bounds.min}): ${text}`);
  }
  if (end > bounds.max) throw new CronError(`end of range (${end}) above maximum (${bounds.max}): ${text}`);
  if (start > end) {
    throw new CronError(`beginning of range (${start}) beyond end of range (${end}): ${text}`);
  }
  if (step === 0) throw new CronError(`step of range should be a positive number: ${text}`);
  return { start, end, step, any: isAny && step === 1 };
};

const parseField = (text: string, bounds: Bounds): Values => {
  const values = new Set<number>();
  let any = false;
  for (const part of text.split(',').filter((each) => each !== '')) {
    const range = parseRange(part, bounds);
    for (let value = range.start; value <= range.end; value += range.step) values.add(value);
    any ||= range.any;
  }
  return { values, any };
};

interface Fields {
  readonly minute: Values;
  readonly hour: Values;
  readonly day: Values;
  readonly month: Values;
  readonly weekday: Values;
}

const YEARS = 5;
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

const dayMatches = ({ day, weekday }: Fields, zone: string, at: Instant): boolean => {
  const clock = wallClock(zone, at);
  const byDay = day.values.has(clock.day);
  const byWeekday = weekday.values.has(clock.weekday);
  return day.any || weekday.any ? byDay && byWeekday : byDay || byWeekday;
};

/** Midnight of the next day; an hour off where clocks change at midnight is put right. */
const nextDay = (zone: string, at: Instant): Instant => {
  const clock = wallClock(zone, at);
  const next = instantOf(
    zone,
    clock.year,
    clock.month,
    clock.day + 1,
    clock.hour,
    clock.minute,
    clock.second,
  );
  const { hour } = wallClock(zone, next);
  if (hour === 0) return next;
  return next + (hour > 12 ? 24 - hour : -hour) * HOUR;
};

/** A search for the next time: each step rounds down once, then counts up until its field fits. */
class Search {
  at: Instant;
  #rounded = false;
  readonly #zone: string;
  readonly #fields: Fields;

  constructor(zone: string, fields: Fields, after: Instant) {
    this.#zone = zone;
    this.#fields = fields;
    this.at = Math.floor(after / SECOND) * SECOND + SECOND;
  }

  #round(to: () => Instant): void {
    if (this.#rounded) return;
    this.#rounded = true;
    this.at = to();
  }

  /** Each returns false when its field wrapped around, and the search starts over. */
  month(): boolean {
    const zone = this.#zone;
    let clock = wallClock(zone, this.at);
    while (!this.#fields.month.values.has(clock.month)) {
      const { year, month } = clock;
      this.#round(() => instantOf(zone, year, month, 1));
      clock = wallClock(zone, this.at);
      this.at = instantOf(
        zone,
        clock.year,
        clock.month + 1,
        clock.day,
        clock.hour,
        clock.minute,
        clock.second,
      );
      clock = wallClock(zone, this.at);
      if (clock.month === 1) return false;
    }
    return true;
  }

  day(): boolean {
    const zone = this.#zone;
    while (!dayMatches(this.#fields, zone, this.at)) {
      const { year, month, day } = wallClock(zone, this.at);
      this.#round(() => instantOf(zone, year, month, day));
      this.at = nextDay(zone, this.at);
      if (wallClock(zone, this.at).day === 1) return false;
    }
    return true;
  }

  hour(): boolean {
    const zone = this.#zone;
    for (let clock = wallClock(zone, this.at); !this.#fields.hour.values.has(clock.hour); ) {
      const { year, month, day, hour } = clock;
      this.#round(() => instantOf(zone, year, month, day, hour));
      this.at += HOUR;
      clock = wallClock(zone, this.at);
      if (clock.hour === 0) return false;
    }
    return true;
  }

  minute(): boolean {
    const zone = this.#zone;
    for (let { minute } = wallClock(zone, this.at); !this.#fields.minute.values.has(minute); ) {
      this.#round(() => Math.floor(this.at / MINUTE) * MINUTE);
      this.at += MINUTE;
      minute = wallClock(zone, this.at).minute;
      if (minute === 0) return false;
    }
    return true;
  }

  second(): boolean {
    if (this.at % MINUTE === 0) return true;
    this.#round(() => this.at);
    const before = this.at;
    this.at = Math.ceil(before / MINUTE) * MINUTE;
    return false;
  }
}

const nextOf = (fields: Fields, zone: string, after: Instant): Instant | undefined => {
  const search = new Search(zone, fields, after);
  const limit = wallClock(zone, search.at).year + YEARS;
  while (wallClock(zone, search.at).year <= limit) {
    const found = search.month() && search.day() && search.hour() && search.minute() && search.second();
    if (found) return search.at;
  }
  return undefined;
};

const MACROS: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
};

const EVERY = '@every ';

/** A constant delay in whole seconds, at least one; it runs from the instant it is asked about. */
const parseEvery = (text: string): CronSchedule => {
  const delay = parseDuration(text.slice(EVERY.length));
  if (!delay.ok) throw new CronError(`failed to parse duration ${text}: ${delay.error}`);
  const seconds = delay.value / 1_000_000_000n;
  const delayMs = seconds < 1n ? SECOND : Number(seconds) * SECOND;
  return { next: (after) => Math.floor(after / SECOND) * SECOND + delayMs };
};

const parseFields = (text: string): Fields => {
  const fields = text.split(/\s+/).filter((field) => field !== '');
  if (fields.length !== 5) {
    throw new CronError(`expected exactly 5 fields, found ${fields.length}: [${fields.join(' ')}]`);
  }
  const [minute = '', hour = '', day = '', month = '', weekday = ''] = fields;
  return {
    minute: parseField(minute, MINUTES),
    hour: parseField(hour, HOURS),
    day: parseField(day, DAYS),
    month: parseField(month, MONTHS),
    weekday: parseField(weekday, WEEKDAYS),
  };
};

const splitZone = (text: string): readonly [zone: string | undefined, rest: string] => {
  if (!text.startsWith('TZ=') && !text.startsWith('CRON_TZ=')) return [undefined, text];
  const space = text.indexOf(' ');
  const end = space < 0 ? text.length : space;
  const zone = text.slice(text.indexOf('=') + 1, end);
  if (!isTimeZone(zone)) throw new CronError(`provided bad location ${zone}: unknown time zone ${zone}`);
  return [zone, text.slice(end).trim()];
};

const parse = (text: string, timeZone: string | undefined): CronSchedule => {
  if (text === '') throw new CronError('empty spec string');
  // A zone of its own is put in front, so that a prefix of the schedule's own is a field too many (upstream).
  const [zone = 'UTC', rest] = splitZone(timeZone === undefined ? text : `TZ=${timeZone} ${text}`);
  if (rest.startsWith(EVERY)) return parseEvery(rest);
  const macro = Object.hasOwn(MACROS, rest) ? MACROS[rest] : undefined;
  if (rest.startsWith('@') && macro === undefined) throw new CronError(`unrecognized descriptor: ${rest}`);
  const fields = parseFields(macro ?? rest);
  const next = (after: Instant) => nextOf(fields, zone, after);
  return { next: zone === 'UTC' ? remembering(next) : next };
};

/** Spans a schedule remembers: who asks looks at the last time, the next one and the one after it. */
const SPANS = 4;

/**
 * The same answers, with the newest spans in mind: between an instant and the next time after it the answer stays the
 * same. So it is where clocks do not change.
 */
const remembering = (next: CronSchedule['next']): CronSchedule['next'] => {
  const spans: { readonly from: Instant; readonly until: Instant }[] = [];
  return (after) => {
    const known = spans.find(({ from, until }) => from <= after && after < until);
    if (known !== undefined) return known.until;
    const until = next(after);
    if (until !== undefined) {
      if (spans.length >= SPANS) spans.shift();
      spans.push({ from: after, until });
    }
    return until;
  };
};

/** Schedules by zone and text, for they are looked at again and again. */
const parsed = new Map<string, Result<CronSchedule>>();
const MOST_PARSED = 1000;

/**
 * Parses a schedule, in the zone given or else its own prefix or UTC. The error is upstream's text. The schedule itself
 * may be empty only to be refused.
 */
export const parseCron = (text: string, timeZone?: string): Result<CronSchedule> => {
  const name = `${timeZone ?? ''}\n${timeZone === undefined}\n${text}`;
  const known = parsed.get(name);
  if (known !== undefined) return known;
  const result = tryParse(text, timeZone);
  if (parsed.size >= MOST_PARSED) parsed.clear();
  parsed.set(name, result);
  return result;
};

const tryParse = (text: string, timeZone: string | undefined): Result<CronSchedule> => {
  try {
    return good(parse(text, timeZone));
  } catch (failure) {
    if (failure instanceof CronError) return bad(failure.message);
    throw failure;
  }
};
