/** Go durations (`1h30m`) and the ages kubectl prints. */

import { bad, good, type Result } from './result.ts';
import type { Instant } from './time.ts';

const UNITS: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n,
  μs: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
};
const LIMIT = 1n << 63n;

/** Parses a Go duration into nanoseconds; refusals carry Go's texts (`time: invalid duration "x"`). */
export const parseDuration = (text: string): Result<bigint> => {
  const quoted = JSON.stringify(text);
  const invalid = bad<bigint>(`time: invalid duration ${quoted}`);
  let rest = text.replace(/^[-+]/, '');
  if (rest === '0') return good(0n);
  if (rest === '') return invalid;
  let total = 0n;
  while (rest !== '') {
    const number = /^([0-9]*)(?:\.([0-9]*))?/.exec(rest);
    const whole = number?.[1] ?? '';
    const fraction = number?.[2] ?? '';
    if (whole === '' && fraction === '') return invalid;
    rest = rest.slice(number?.[0].length ?? 0);
    const unitText = /^[^0-9.]*/.exec(rest)?.[0] ?? '';
    if (unitText === '') return bad(`time: missing unit in duration ${quoted}`);
    const unit = Object.hasOwn(UNITS, unitText) ? UNITS[unitText] : undefined;
    if (unit === undefined)
      return bad(`time: unknown unit ${JSON.stringify(unitText)} in duration ${quoted}`);
    rest = rest.slice(unitText.length);
    total += BigInt(whole || '0') * unit;
    if (fraction !== '') total += (BigInt(fraction) * unit) / 10n ** BigInt(fraction.length);
    if (total > LIMIT) return invalid;
  }
  const negative = text.startsWith('-');
  if (!negative && total === LIMIT) return invalid;
  return good(negative ? -total : total);
};

const trimFraction = (value: bigint, digits: number): string => {
  const scale = 10n ** BigInt(digits);
  const fraction = (value % scale).toString().padStart(digits, '0').replace(/0+$/, '');
  return fraction === '' ? String(value / scale) : `${value / scale}.${fraction}`;
};

/** Prints nanoseconds as Go does: `1h0m0s`, `1.5s`, `100ms`, `0s`. */
export const printDuration = (nanoseconds: bigint): string => {
  if (nanoseconds === 0n) return '0s';
  if (nanoseconds < 0n) return `-${printDuration(-nanoseconds)}`;
  if (nanoseconds < 1_000n) return `${nanoseconds}ns`;
  if (nanoseconds < 1_000_000n) return `${trimFraction(nanoseconds, 3)}µs`;
  if (nanoseconds < 1_000_000_000n) return `${trimFraction(nanoseconds, 6)}ms`;
  const minutes = nanoseconds / 60_000_000_000n;
  const seconds = `${trimFraction(nanoseconds % 60_000_000_000n, 9)}s`;
  if (minutes === 0n) return seconds;
  return minutes < 60n ? `${minutes}m${seconds}` : `${minutes / 60n}h${minutes % 60n}m${seconds}`;
};

/** Whole milliseconds of a duration in nanoseconds, cut towards zero. */
export const toMilliseconds = (nanoseconds: bigint): number => Number(nanoseconds / 1_000_000n);

/** Prints milliseconds as a Go duration. */
export const printMilliseconds = (milliseconds: number): string =>
  printDuration(BigInt(Math.trunc(milliseconds)) * 1_000_000n);

const pair = (big: number, bigUnit: string, small: number, smallUnit: string): string =>
  small === 0 ? `${big}${bigUnit}` : `${big}${bigUnit}${small}${smallUnit}`;

/** A span in milliseconds as kubectl's AGE column shows it (apimachinery util/duration.HumanDuration). */
export const humanDuration = (milliseconds: number): string => {
  const seconds = Math.trunc(milliseconds / 1000);
  if (seconds < -1) return '<invalid>';
  if (seconds < 0) return '0s';
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.trunc(seconds / 60);
  if (minutes < 10) return pair(minutes, 'm', seconds % 60, 's');
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.trunc(minutes / 60);
  if (hours < 8) return pair(hours, 'h', minutes % 60, 'm');
  if (hours < 48) return `${hours}h`;
  const days = Math.trunc(hours / 24);
  if (hours < 192) return pair(days, 'd', hours % 24, 'h');
  if (days < 730) return `${days}d`;
  const years = Math.trunc(days / 365);
  return days < 2920 ? pair(years, 'y', days % 365, 'd') : `${years}y`;
};

/** The age of something made at `from`, seen at `now`; absent times are `<unknown>`. */
export const printAge = (from: Instant | undefined, now: Instant): string =>
  from === undefined ? '<unknown>' : humanDuration(now - from);
