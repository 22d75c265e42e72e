/** Operators and functions of the language itself (cel-go's standard library). */

import { parseDuration } from '../../duration.ts';
import { compilePattern } from '../../structural/patterns.ts';
import { instantPart, printInstant, readInstant } from '../instants.ts';
import { overload } from '../overloads.ts';
import {
  CelDuration,
  CelError,
  CelMap,
  CelObject,
  CelTime,
  CelTypeValue,
  type CelValue,
  compareNumbers,
  equals,
  typeNameOf,
  Uint,
} from '../values.ts';

const INT_LIMIT = 2n ** 63n;
const UINT_LIMIT = 2n ** 64n;

const int = (value: bigint): bigint => {
  if (value >= INT_LIMIT || value < -INT_LIMIT) throw new CelError('integer overflow');
  return value;
};

const uint = (value: bigint): Uint => {
  if (value < 0n || value >= UINT_LIMIT) throw new CelError('unsigned integer overflow');
  return new Uint(value);
};

const big = (value: CelValue): bigint => (value instanceof Uint ? value.value : (value as bigint));
const num = (value: CelValue): number => value as number;
const text = (value: CelValue): string => value as string;
const list = (value: CelValue): readonly CelValue[] => value as readonly CelValue[];
const nanos = (value: CelValue): bigint => (value as CelTime | CelDuration).nanos;

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

const cannotConvert = (value: CelValue, to: string): CelError =>
  new CelError(`type conversion error from '${typeNameOf(value)}' to '${to}'`);

const divisor = (value: bigint): bigint => {
  if (value === 0n) throw new CelError('division by zero');
  return value;
};

const modulus = (value: bigint): bigint => {
  if (value === 0n) throw new CelError('modulus by zero');
  return value;
};

const concatBytes = (a: CelValue, b: CelValue): Uint8Array =>
  Uint8Array.from([...(a as Uint8Array), ...(b as Uint8Array)]);

const arithmetic = [
  overload('_+_(int, int) int', (a, b) => int(big(a) + big(b))),
  overload('_+_(uint, uint) uint', (a, b) => uint(big(a) + big(b))),
  overload('_+_(double, double) double', (a, b) => num(a) + num(b)),
  overload('_+_(string, string) string', (a, b) => text(a) + text(b)),
  overload('_+_(bytes, bytes) bytes', concatBytes),
  overload('_+_(list<A>, list<A>) list<A>', (a, b) => [...list(a), ...list(b)]),
  overload('_+_(timestamp, duration) timestamp', (a, b) => new CelTime(nanos(a) + nanos(b))),
  overload('_+_(duration, timestamp) timestamp', (a, b) => new CelTime(nanos(a) + nanos(b))),
  overload('_+_(duration, duration) duration', (a, b) => new CelDuration(nanos(a) + nanos(b))),
  overload('_-_(int, int) int', (a, b) => int(big(a) - big(b))),
  overload('_-_(uint, uint) uint', (a, b) => uint(big(a) - big(b))),
  overload('_-_(double, double) double', (a, b) => num(a) - num(b)),
  overload('_-_(timestamp, timestamp) duration', (a, b) => new CelDuration(nanos(a) - nanos(b))),
  overload('_-_(timestamp, duration) timestamp', (a, b) => new CelTime(nanos(a) - nanos(b))),
  overload('_-_(duration, duration) duration', (a, b) => new CelDuration(nanos(a) - nanos(b))),
  overload('_*_(int, int) int', (a, b) => int(big(a) * big(b))),
  overload('_*_(uint, uint) uint', (a, b) => uint(big(a) * big(b))),
  overload('_*_(double, double) double', (a, b) => num(a) * num(b)),
  overload('_/_(int, int) int', (a, b) => int(big(a) / divisor(big(b)))),
  overload('_/_(uint, uint) uint', (a, b) => uint(big(a) / divisor(big(b)))),
  overload('_/_(double, double) double', (a, b) => num(a) / num(b)),
  overload('_%_(int, int) int', (a, b) => big(a) % modulus(big(b))),
  overload('_%_(uint, uint) uint', (a, b) => uint(big(a) % modulus(big(b)))),
  overload('-_(int) int', (a) => int(-big(a))),
  overload('-_(double) double', (a) => -num(a)),
];

const order = (a: CelValue, b: CelValue): number => {
  if (typeof a === 'string' && typeof b === 'string') return compareText(a, b);
  if (typeof a === 'boolean' && typeof b === 'boolean') return Number(a) - Number(b);
  if (a instanceof CelTime || a instanceof CelDuration)
    return Number(nanos(a) > nanos(b)) - Number(nanos(a) < nanos(b));
  if (a instanceof Uint8Array && b instanceof Uint8Array) {
    const length = Math.min(a.length, b.length);
    for (let index = 0; index < length; index += 1) {
      const difference = (a[index] ?? 0) - (b[index] ?? 0);
      if (difference !== 0) return difference;
    }
    return a.length - b.length;
  }
  return compareNumbers(a, b) ?? Number.NaN;
};

/** Texts are ordered by code point. */
const compareText = (a: string, b: string): number => {
  if (a === b) return 0;
  const [left, right] = [[...a], [...b]];
  for (let index = 0; index < left.length && index < right.length; index += 1) {
    const difference = (left[index]?.codePointAt(0) ?? 0) - (right[index]?.codePointAt(0) ?? 0);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
};

/** Order of two values of comparable types; NaN when they have none. */
export const compareValues = order;

const ORDERED = ['bool', 'int', 'uint', 'double', 'string', 'bytes', 'timestamp', 'duration'];
const NUMBERS = ['int', 'uint', 'double'];

const relations: readonly (readonly [string, (sign: number) => boolean])[] = [
  ['_<_', (sign) => sign < 0],
  ['_<=_', (sign) => sign <= 0],
  ['_>_', (sign) => sign > 0],
  ['_>=_', (sign) => sign >= 0],
];

const comparisons = relations.flatMap(([name, holds]) => [
  ...ORDERED.map((type) => overload(`${name}(${type}, ${type}) bool`, (a, b) => holds(order(a, b)))),
  ...NUMBERS.flatMap((left) =>
    NUMBERS.filter((right) => right !== left).map((right) =>
      overload(`${name}(${left}, ${right}) bool`, (a, b) => holds(order(a, b))),
    ),
  ),
]);

const sizeOf = (value: CelValue): bigint => {
  if (typeof value === 'string') {
    let count = 0n;
    for (const _char of value) count += 1n;
    return count;
  }
  if (value instanceof CelMap) return BigInt(value.size);
  if (value instanceof CelObject) return BigInt(Object.keys(value.raw).length);
  return BigInt((value as readonly CelValue[] | Uint8Array).length);
};

const contains = (item: CelValue, holder: CelValue): boolean => {
  if (holder instanceof CelMap) return holder.has(item);
  if (holder instanceof CelObject) return typeof item === 'string' && holder.get(item) !== undefined;
  return list(holder).some((each) => equals(each, item));
};

const basics = [
  overload('_==_(A, A) bool', (a, b) => equals(a, b)),
  overload('_!=_(A, A) bool', (a, b) => !equals(a, b)),
  overload('!_(bool) bool', (a) => !a),
  overload('@in(A, list<A>) bool', contains),
  overload('@in(A, map<A, B>) bool', contains),
  ...['string', 'bytes', 'list<A>', 'map<A, B>'].flatMap((type) => [
    overload(`size(${type}) int`, sizeOf),
    overload(`${type}.size() int`, sizeOf),
  ]),
  overload('type(A) type', (value) => new CelTypeValue(typeNameOf(value))),
  overload('dyn(A) dyn', (value) => value),
];

const matches = (value: CelValue, pattern: CelValue): boolean => {
  const made = compilePattern(text(pattern));
  if (!made.ok) throw new CelError(made.error);
  return made.value.matcher(text(value)).find();
};

const texts = [
  overload('string.contains(string) bool', (a, b) => text(a).includes(text(b))),
  overload('string.startsWith(string) bool', (a, b) => text(a).startsWith(text(b))),
  overload('string.endsWith(string) bool', (a, b) => text(a).endsWith(text(b))),
  overload('string.matches(string) bool', matches),
  overload('matches(string, string) bool', matches),
];

const intOf = (value: CelValue): bigint => {
  if (typeof value === 'bigint') return value;
  if (value instanceof Uint) return int(value.value);
  if (typeof value === 'number') {
    if (!Number.isFinite(value) || Math.abs(value) >= 2 ** 63) throw new CelError('integer overflow');
    return BigInt(Math.trunc(value));
  }
  if (value instanceof CelTime)
    return value.nanos / 1_000_000_000n - (value.nanos % 1_000_000_000n < 0n ? 1n : 0n);
  if (value instanceof CelDuration) return value.nanos;
  if (typeof value !== 'string' || !/^[+-]?\d+$/.test(value)) throw cannotConvert(value, 'int');
  const parsed = BigInt(value.replace(/^\+/, ''));
  if (parsed >= INT_LIMIT || parsed < -INT_LIMIT) throw cannotConvert(value, 'int');
  return parsed;
};

const uintOf = (value: CelValue): Uint => {
  if (value instanceof Uint) return value;
  if (typeof value === 'bigint') return uint(value);
  if (typeof value === 'number') {
    if (!Number.isFinite(value) || value < 0 || value >= 2 ** 64)
      throw new CelError('unsigned integer overflow');
    return new Uint(BigInt(Math.trunc(value)));
  }
  if (typeof value !== 'string' || !/^\d+$/.test(value) || BigInt(value) >= UINT_LIMIT)
    throw cannotConvert(value, 'uint');
  return new Uint(BigInt(value));
};

const DOUBLE = /^[+-]?(?:\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?|inf(?:inity)?|nan)$/i;

const doubleOf = (value: CelValue): number => {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint' || value instanceof Uint) return Number(big(value));
  if (typeof value !== 'string' || !DOUBLE.test(value)) throw cannotConvert(value, 'double');
  const special = /^([+-]?)(inf|nan)/i.exec(value);
  if (special)
    return special[2]?.toLowerCase() === 'nan' ? Number.NaN : special[1] === '-' ? -Infinity : Infinity;
  return Number(value);
};

/** A double as Go prints it shortest. */
export const printDouble = (value: number): string => {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  const magnitude = Math.abs(value);
  if (magnitude !== 0 && (magnitude < 1e-4 || magnitude >= 1e21)) {
    return value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2');
  }
  return String(value);
};

/** A duration as protobuf's JSON prints it. */
export const printSeconds = (span: bigint): string => {
  const sign = span < 0n ? '-' : '';
  const whole = span < 0n ? -span : span;
  const rest = whole % 1_000_000_000n;
  const decimals = rest === 0n ? '' : `.${rest.toString().padStart(9, '0').replace(/0+$/, '')}`;
  return `${sign}${whole / 1_000_000_000n}${decimals}s`;
};

const stringOf = (value: CelValue): string => {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return printDouble(value);
  if (value instanceof CelTime) return printInstant(value.nanos);
  if (value instanceof CelDuration) return printSeconds(value.nanos);
  if (value instanceof Uint) return String(value.value);
  if (value instanceof Uint8Array) {
    try {
      return decoder.decode(value);
    } catch {
      throw new CelError('invalid UTF-8 in bytes, cannot convert to string');
    }
  }
  return String(value);
};

const BOOLS: Readonly<Record<string, boolean>> = {
  '1': true,
  t: true,
  T: true,
  true: true,
  True: true,
  TRUE: true,
  '0': false,
  f: false,
  F: false,
  false: false,
  False: false,
  FALSE: false,
};

const boolOf = (value: CelValue): boolean => {
  if (typeof value === 'boolean') return value;
  const known = typeof value === 'string' && Object.hasOwn(BOOLS, value) ? BOOLS[value] : undefined;
  if (known === undefined) throw cannotConvert(value, 'bool');
  return known;
};

const timeOf = (value: CelValue): CelTime => {
  if (value instanceof CelTime) return value;
  if (typeof value === 'bigint') return new CelTime(value * 1_000_000_000n);
  const read = /T/i.test(text(value)) ? readInstant(text(value)) : undefined;
  if (read === undefined) throw cannotConvert(value, 'google.protobuf.Timestamp');
  return new CelTime(read);
};

const durationOf = (value: CelValue): CelDuration => {
  if (value instanceof CelDuration) return value;
  if (typeof value === 'bigint') return new CelDuration(value);
  const parsed = parseDuration(text(value));
  if (!parsed.ok) throw cannotConvert(value, 'google.protobuf.Duration');
  return new CelDuration(parsed.value);
};

const conversions = [
  ...['int', 'uint', 'double', 'string', 'timestamp', 'duration'].map((type) =>
    overload(`int(${type}) int`, intOf),
  ),
  ...['int', 'uint', 'double', 'string'].map((type) => overload(`uint(${type}) uint`, uintOf)),
  ...['int', 'uint', 'double', 'string'].map((type) => overload(`double(${type}) double`, doubleOf)),
  ...['int', 'uint', 'double', 'bool', 'string', 'bytes', 'timestamp', 'duration'].map((type) =>
    overload(`string(${type}) string`, stringOf),
  ),
  overload('bool(bool) bool', boolOf),
  overload('bool(string) bool', boolOf),
  overload('bytes(bytes) bytes', (value) => value),
  overload('bytes(string) bytes', (value) => encoder.encode(text(value))),
  overload('timestamp(timestamp) timestamp', timeOf),
  overload('timestamp(string) timestamp', timeOf),
  overload('timestamp(int) timestamp', timeOf),
  overload('duration(duration) duration', durationOf),
  overload('duration(string) duration', durationOf),
  overload('duration(int) duration', durationOf),
];

const PARTS = [
  'getFullYear',
  'getMonth',
  'getDate',
  'getDayOfMonth',
  'getDayOfWeek',
  'getDayOfYear',
  'getHours',
  'getMinutes',
  'getSeconds',
  'getMilliseconds',
];

const UNITS: readonly (readonly [string, bigint])[] = [
  ['getHours', 3_600_000_000_000n],
  ['getMinutes', 60_000_000_000n],
  ['getSeconds', 1_000_000_000n],
  ['getMilliseconds', 1_000_000n],
];

const times = [
  ...PARTS.flatMap((name) => [
    overload(`timestamp.${name}() int`, (value) => instantPart(nanos(value), name, '')),
    overload(`timestamp.${name}(string) int`, (value, zone) => instantPart(nanos(value), name, text(zone))),
  ]),
  ...UNITS.map(([name, unit]) => overload(`duration.${name}() int`, (value) => nanos(value) / unit)),
];

/** Everything of the standard library that is not grammar. */
export const standardFunctions = [
  ...arithmetic,
  ...comparisons,
  ...basics,
  ...texts,
  ...conversions,
  ...times,
];
