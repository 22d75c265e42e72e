/** Wall clocks of IANA time zones, as pure functions of an instant. */
import type { Instant } from './time.ts';

const MINUTE = 60_000;

const formatters = new Map<string, Intl.DateTimeFormat | undefined>();

const formatterOf = (zone: string): Intl.DateTimeFormat | undefined => {
  if (formatters.has(zone)) return formatters.get(zone);
  let formatter: Intl.DateTimeFormat | undefined;
  try {
    formatter = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      era: 'short',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  } catch {
    formatter = undefined;
  }
  formatters.set(zone, formatter);
  return formatter;
};

/**
 * Whether Go's zone database has a zone of this name: names are case-sensitive, `''` and `UTC` are UTC, `Local` is the
 * server's own zone, which is UTC.
 */
export const isTimeZone = (name: string): boolean => {
  if (name === '' || name === 'UTC' || name === 'Local') return true;
  if (!/^[A-Z][A-Za-z0-9_+\-/]*$/.test(name)) return false;
  const known = formatterOf(name)?.resolvedOptions().timeZone;
  if (known === undefined) return false;
  // The platform ignores case; where it knows the name by itself, its spelling is the database's.
  return known.toLowerCase() !== name.toLowerCase() || known === name;
};

const isUtc = (zone: string): boolean => zone === '' || zone === 'UTC' || zone === 'Local';

/** Offsets by zone and quarter of an hour: clocks change at such instants only, since 1972. */
const offsets = new Map<string, Map<number, number>>();
const QUARTER = 15 * MINUTE;
const MAX_KNOWN = 4096;

const readOffset = (formatter: Intl.DateTimeFormat, at: Instant): number => {
  const parts: Record<string, number> = {};
  for (const { type, value } of formatter.formatToParts(at)) parts[type] = Number(value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(at / 1000) * 1000;
};

/** What a zone's clocks are ahead of UTC at an instant, in milliseconds; 0 for an unknown zone. */
export const zoneOffset = (zone: string, at: Instant): number => {
  if (isUtc(zone)) return 0;
  const formatter = formatterOf(zone);
  if (formatter === undefined) return 0;
  let known = offsets.get(zone);
  if (known === undefined || known.size > MAX_KNOWN) {
    known = new Map();
    offsets.set(zone, known);
  }
  const quarter = Math.floor(at / QUARTER);
  let offset = known.get(quarter);
  if (offset === undefined) {
    offset = readOffset(formatter, quarter * QUARTER);
    known.set(quarter, offset);
  }
  return offset;
};

/** The fields of a wall clock. `month` is 1 to 12, `weekday` 0 (Sunday) to 6. */
export interface WallClock {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly weekday: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

/** What a zone's clocks show at an instant. */
export const wallClock = (zone: string, at: Instant): WallClock => {
  const local = new Date(at + zoneOffset(zone, at));
  return {
    year: local.getUTCFullYear(),
    month: local.getUTCMonth() + 1,
    day: local.getUTCDate(),
    weekday: local.getUTCDay(),
    hour: local.getUTCHours(),
    minute: local.getUTCMinutes(),
    second: local.getUTCSeconds(),
  };
};

/**
 * The instant at which a zone's clocks show these fields, out-of-range ones carried over (Go's `time.Date`): of a time
 * that clocks skip or show twice, the one Go takes.
 */
export const instantOf = (
  zone: string,
  year: number,
  month: number,
  day: number,
  hour = 0,
  minute = 0,
  second = 0,
): Instant => {
  const asUtc = Date.UTC(year, month - 1, day, hour, minute, second);
  const first = zoneOffset(zone, asUtc);
  return first === 0 ? asUtc : asUtc - zoneOffset(zone, asUtc - first);
};

const two = (value: number): string => String(value).padStart(2, '0');

/** RFC 3339 with whole seconds and the zone's offset, `Z` for none. */
export const printZoned = (at: Instant, zone: string): string => {
  const minutes = Math.round(zoneOffset(zone, at) / MINUTE);
  const local = new Date(at + minutes * MINUTE).toISOString().slice(0, 19);
  if (minutes === 0) return `${local}Z`;
  const size = Math.abs(minutes);
  return `${local}${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`;
};
