/**
 * Exact resource quantities (apimachinery api/resource). A quantity is a whole number of billionths, which
 * is upstream's finest grain, plus the notation it was written in. Nothing here is ever a float.
 */
import { bad, good, type Result } from './result.ts';

export type QuantityFormat = 'decimal' | 'binary' | 'exponent';

export interface Quantity {
  /** The value in billionths. */
  readonly nano: bigint;
  readonly format: QuantityFormat;
  /** The text as upstream would repeat it; absent when it prints the canonical form. */
  readonly text?: string;
}

const NANO = 1_000_000_000n;
const MAX = (2n ** 63n - 1n) * NANO;

export const QUANTITY_FORMAT_ERROR =
  "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
const SUFFIX_ERROR = "unable to parse quantity's suffix";
const NUMERIC_ERROR = 'unable to parse numeric part of quantity';

const BINARY_POWERS: Readonly<Record<string, number>> = { Ki: 10, Mi: 20, Gi: 30, Ti: 40, Pi: 50, Ei: 60 };
const DECIMAL_POWERS: Readonly<Record<string, number>> = {
  n: -9,
  u: -6,
  m: -3,
  '': 0,
  k: 3,
  M: 6,
  G: 9,
  T: 12,
  P: 15,
  E: 18,
};
const BINARY_SUFFIXES = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];
const DECIMAL_SUFFIXES: Readonly<Record<number, string>> = Object.fromEntries(
  Object.entries(DECIMAL_POWERS).map(([suffix, power]) => [power, suffix]),
);

interface Scale {
  readonly base: 2 | 10;
  readonly exponent: number;
  readonly format: QuantityFormat;
}

const scaleOf = (suffix: string): Scale | undefined => {
  const binary = Object.hasOwn(BINARY_POWERS, suffix) ? BINARY_POWERS[suffix] : undefined;
  if (binary !== undefined) return { base: 2, exponent: binary, format: 'binary' };
  const decimal = Object.hasOwn(DECIMAL_POWERS, suffix) ? DECIMAL_POWERS[suffix] : undefined;
  if (decimal !== undefined) return { base: 10, exponent: decimal, format: 'decimal' };
  if (!/^[eE][-+]?[0-9]+$/.test(suffix)) return undefined;
  const exponent = Number(suffix.slice(1));
  // Far beyond any cap; a larger power would only cost time.
  return { base: 10, exponent: Math.max(-400, Math.min(400, exponent)), format: 'exponent' };
};

const divideUp = (value: bigint, by: bigint): bigint =>
  value % by === 0n ? value / by : value / by + (value < 0n ? -1n : 1n);

const SHAPE = /^([+-]?)0*([0-9]*)(?:\.([0-9]*))?([eEinumkKMGTP]*[-+]?[0-9]*)$/;

const parse = (text: string): Result<Quantity> => {
  if (text === '') return bad(QUANTITY_FORMAT_ERROR);
  const match = SHAPE.exec(text);
  if (!match) return bad(QUANTITY_FORMAT_ERROR);
  const [, sign, whole = '', fraction = '', suffix = ''] = match;
  const scale = scaleOf(suffix);
  if (!scale) return bad(SUFFIX_ERROR);
  const hasDigits = /[0-9]/.test(text.slice(0, text.length - suffix.length));
  if (!hasDigits && suffix !== '') return bad(NUMERIC_ERROR);
  const digits = BigInt(`${whole}${fraction}` || '0');
  const negative = sign === '-';
  let places = -fraction.length;
  let unscaled = digits;
  if (scale.base === 2) unscaled <<= BigInt(scale.exponent);
  else places += scale.exponent;
  const shift = places + 9;
  let nano = shift >= 0 ? unscaled * 10n ** BigInt(shift) : divideUp(unscaled, 10n ** BigInt(-shift));
  let format = scale.format;
  const short = (whole || '0').length + fraction.length;
  const room =
    scale.base === 10
      ? 18 - short
      : fraction === ''
        ? 15 - short - Math.trunc((scale.exponent * 3) / 10) - 1
        : -1;
  const repeats = room >= 0 && places >= -9;
  if (!repeats && format === 'binary') {
    if (nano > MAX) nano = MAX;
    if (nano < NANO && nano > 0n) format = 'decimal';
  }
  const value = negative ? -nano : nano;
  return good(repeats && text !== '0' ? { nano: value, format, text } : { nano: value, format });
};

const parsed = new Map<string, Result<Quantity>>();

/** Parses a quantity (`100m`, `1.5Gi`, `2e3`); refusals carry upstream's texts. Surrounding space is refused. */
export const parseQuantity = (text: string): Result<Quantity> => {
  const known = parsed.get(text);
  if (known) return known;
  const result = parse(text);
  // A memo of a pure function: only its size needs bounding.
  if (parsed.size > 4096) parsed.clear();
  parsed.set(text, result);
  return result;
};

const zero: Quantity = { nano: 0n, format: 'decimal' };

/**
 * A quantity already accepted by validation, as it stands in an object (text, or a bare number). Absent or
 * unreadable values count as zero, so that calculations over stored objects need no error path.
 */
export const quantityOf = (value: unknown): Quantity => {
  if (typeof value !== 'string' && typeof value !== 'number') return zero;
  const result = parseQuantity(String(value).trim());
  return result.ok ? result.value : zero;
};

/** A quantity of whole units. */
export const wholeQuantity = (units: number | bigint, format: QuantityFormat = 'decimal'): Quantity => ({
  nano: BigInt(units) * NANO,
  format,
});

/** A quantity of thousandths, the grain of CPU. */
export const milliQuantity = (milli: number | bigint, format: QuantityFormat = 'decimal'): Quantity => ({
  nano: BigInt(milli) * 1_000_000n,
  format,
});

const printDecimal = (nano: bigint, format: QuantityFormat): string => {
  let mantissa = nano;
  let exponent = -9;
  while (mantissa % 1000n === 0n && (format === 'exponent' || exponent < 18)) {
    mantissa /= 1000n;
    exponent += 3;
  }
  if (format === 'exponent') return exponent === 0 ? String(mantissa) : `${mantissa}e${exponent}`;
  return `${mantissa}${DECIMAL_SUFFIXES[exponent] ?? ''}`;
};

/** Canonical text: no fraction, the largest suffix that keeps the value whole, notation kept if exact. */
export const printQuantity = (quantity: Quantity): string => {
  const { nano, format } = quantity;
  if (nano === 0n) return '0';
  if (format !== 'binary') return printDecimal(nano, format);
  const small = nano > -1024n * NANO && nano < 1024n * NANO;
  if (small || nano % NANO !== 0n) return printDecimal(nano, 'decimal');
  let value = nano / NANO;
  let power = 0;
  while (value % 1024n === 0n && power < 6) {
    value /= 1024n;
    power++;
  }
  return `${value}${BINARY_SUFFIXES[power]}`;
};

/**
 * How a server repeats a quantity it read: text within its fast path's precision comes back as written
 * (`1000Mi`, `0.5`), everything else canonical. Fields inside a resource list are canonical always, because
 * defaulting rounds them: see `canonicalResource`.
 */
export const echoQuantity = (quantity: Quantity): string => quantity.text ?? printQuantity(quantity);

/** The canonical text of an entry of a resource list: rounded up to thousandths, as defaulting does. */
export const canonicalResource = (quantity: Quantity): string =>
  printQuantity({ nano: divideUp(quantity.nano, 1_000_000n) * 1_000_000n, format: quantity.format });

/** Sum, in the left operand's notation (the right one's when the left is zero). */
export const addQuantity = (left: Quantity, right: Quantity): Quantity => ({
  nano: left.nano + right.nano,
  format: left.nano === 0n ? right.format : left.format,
});

/** Difference, in the left operand's notation (the right one's when the left is zero). */
export const subQuantity = (left: Quantity, right: Quantity): Quantity => ({
  nano: left.nano - right.nano,
  format: left.nano === 0n ? right.format : left.format,
});

/** -1, 0 or 1. */
export const compareQuantity = (left: Quantity, right: Quantity): -1 | 0 | 1 => {
  if (left.nano === right.nano) return 0;
  return left.nano < right.nano ? -1 : 1;
};

/** -1, 0 or 1. */
export const signOfQuantity = (quantity: Quantity): -1 | 0 | 1 =>
  quantity.nano === 0n ? 0 : quantity.nano < 0n ? -1 : 1;

/** Whole units, fractions rounded away from zero (`Value()`); exact up to 2^53. */
export const quantityValue = (quantity: Quantity): number => Number(divideUp(quantity.nano, NANO));

/** Thousandths, finer parts rounded away from zero (`MilliValue()`); exact up to 2^53. */
export const quantityMilli = (quantity: Quantity): number => Number(divideUp(quantity.nano, 1_000_000n));

/** Whether the quantity is a whole number of thousandths, of units... `grain` in billionths. */
export const isWholeIn = (quantity: Quantity, grain: 'unit' | 'milli'): boolean =>
  quantity.nano % (grain === 'unit' ? NANO : 1_000_000n) === 0n;
