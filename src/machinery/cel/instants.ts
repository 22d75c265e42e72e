/** Timestamps of expressions: RFC 3339 with nanoseconds, and their parts in a time zone. */

import { CelError } from './values.ts';

const RFC3339 =
  /^(\d{4})-(\d{2})-(\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?(?:[Zz]|([+-])(\d{2}):(\d{2}))$/;
const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;

const NANOS = 1_000_000n;

/** Nanoseconds since the epoch of an RFC 3339 time or a plain date. */
export const readInstant = (text: string): bigint | undefined => {
  const date = DATE.exec(text);
  if (date) return readInstant(`${text}T00:00:00Z`);
  const match = RFC3339.exec(text);
  if (!match) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  if (month < 1 || month > 12 || hour > 23 || minute > 59 || second > 59) return undefined;
  if (day < 1 || day > new Date(Date.UTC(year, month, 0)).getUTCDate()) return undefined;
  const offset = (Number(match[9] ?? 0) * 60 + Number(match[10] ?? 0)) * (match[8] === '-' ? -1 : 1);
  const seconds = Date.UTC(year, month - 1, day, hour, minute, second) / 1000 - offset * 60;
  const fraction = BigInt((match[7] ?? '').padEnd(9, '0'));
  return BigInt(seconds) * 1000n * NANOS + fraction;
};

const floorDiv = (value: bigint, by: bigint): bigint => {
  const quotient = value / by;
  return value % by < 0n ? quotient - 1n : quotient;
};

/** RFC 3339 in UTC, with as many decimals as there are. */
export const printInstant = (nanos: bigint): string => {
  const seconds = floorDiv(nanos, 1000n * NANOS);
  const rest = nanos - seconds * 1000n * NANOS;
  const whole = new Date(Number(seconds) * 1000).toISOString().slice(0, 19);
  const decimals = rest === 0n ? '' : `.${rest.toString().padStart(9, '0').replace(/0+$/, '')}`;
  return `${whole}${decimals}Z`;
};

const zoneOffset = (zone: string, at: number): number => {
  const fixed = /^([+-]?)(\d{2}):(\d{2})$/.exec(zone);
  if (fixed) return (Number(fixed[2]) * 60 + Number(fixed[3])) * (fixed[1] === '-' ? -1 : 1) * 60_000;
  try {
    const format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    const parts = new Map(format.formatToParts(new Date(at)).map(({ type, value }) => [type, Number(value)]));
    const part = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0;
    const local = Date.UTC(
      part('year'),
      part('month') - 1,
      part('day'),
      part('hour'),
      part('minute'),
      part('second'),
    );
    return local - Math.floor(at / 1000) * 1000;
  } catch {
    throw new CelError(`unknown time zone ${zone}`);
  }
};

const DAY = 86_400_000;

/** A part of an instant by the name of its function, e.g. `getFullYear`. */
export const instantPart = (nanos: bigint, name: string, zone: string): bigint => {
  const at = Number(floorDiv(nanos, NANOS));
  const local = new Date(at + (zone === '' || zone === 'UTC' ? 0 : zoneOffset(zone, at)));
  switch (name) {
    case 'getFullYear':
      return BigInt(local.getUTCFullYear());
    case 'getMonth':
      return BigInt(local.getUTCMonth());
    case 'getDate':
      return BigInt(local.getUTCDate());
    case 'getDayOfMonth':
      return BigInt(local.getUTCDate() - 1);
    case 'getDayOfWeek':
      return BigInt(local.getUTCDay());
    case 'getDayOfYear':
      return BigInt(Math.floor((local.getTime() - Date.UTC(local.getUTCFullYear(), 0, 1)) / DAY));
    case 'getHours':
      return BigInt(local.getUTCHours());
    case 'getMinutes':
      return BigInt(local.getUTCMinutes());
    case 'getSeconds':
      return BigInt(local.getUTCSeconds());
    default:
      return BigInt(local.getUTCMilliseconds());
  }
};
