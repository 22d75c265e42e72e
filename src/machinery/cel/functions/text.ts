/** Text functions: cel-go's strings extension, Kubernetes' regular expressions and named formats. */

import { dns1035Label, dns1123Label, dns1123Subdomain, labelValue, qualifiedName } from '../../name-rules.ts';
import { formatCheck } from '../../structural/formats.ts';
import { compilePattern } from '../../structural/patterns.ts';
import { printInstant } from '../instants.ts';
import { overload } from '../overloads.ts';
import {
  CelDuration,
  CelError,
  CelMap,
  CelOpaque,
  CelOptional,
  CelTime,
  type CelValue,
  NONE,
  typeNameOf,
  Uint,
} from '../values.ts';
import { printDouble, printSeconds } from './standard.ts';

const text = (value: CelValue | undefined): string => value as string;
const chars = (value: CelValue | undefined): readonly string[] => [...text(value)];
const whole = (value: CelValue | undefined): number => Number(value as bigint);
const list = (value: CelValue | undefined): readonly CelValue[] => value as readonly CelValue[];

const outOfRange = (index: number): CelError => new CelError(`index out of range: ${index}`);

const indexOf = (value: CelValue, part: CelValue, from: CelValue = 0n): bigint => {
  const [source, wanted, start] = [chars(value), chars(part), whole(from)];
  if (start < 0 || start > source.length) throw outOfRange(start);
  for (let index = start; index + wanted.length <= source.length; index += 1) {
    if (wanted.every((char, at) => source[index + at] === char)) return BigInt(index);
  }
  return wanted.length === 0 ? BigInt(start) : -1n;
};

const lastIndexOf = (value: CelValue, part: CelValue, from?: CelValue): bigint => {
  const [source, wanted] = [chars(value), chars(part)];
  const end = from === undefined ? source.length : whole(from);
  if (end < 0 || end > source.length) throw outOfRange(end);
  for (let index = Math.min(end, source.length - wanted.length); index >= 0; index -= 1) {
    if (wanted.every((char, at) => source[index + at] === char)) return BigInt(index);
  }
  return -1n;
};

const substring = (value: CelValue, from: CelValue, to?: CelValue): string => {
  const source = chars(value);
  const [start, end] = [whole(from), to === undefined ? source.length : whole(to)];
  if (start < 0 || start > source.length) throw outOfRange(start);
  if (end < 0 || end > source.length) throw outOfRange(end);
  if (start > end) throw new CelError(`invalid substring range. start: ${start}, end: ${end}`);
  return source.slice(start, end).join('');
};

const replace = (value: CelValue, old: CelValue, next: CelValue, count?: CelValue): string => {
  const limit = count === undefined ? -1 : whole(count);
  if (limit < 0) return text(value).replaceAll(text(old), () => text(next));
  const parts = text(value).split(text(old));
  return parts
    .map((part, index) => (index === 0 ? part : (index <= limit ? text(next) : text(old)) + part))
    .join('');
};

const split = (value: CelValue, separator: CelValue, count?: CelValue): readonly string[] => {
  const limit = count === undefined ? -1 : whole(count);
  const parts = text(separator) === '' ? [...text(value)] : text(value).split(text(separator));
  if (limit < 0 || parts.length <= limit) return limit === 0 ? [] : parts;
  if (limit === 0) return [];
  return [...parts.slice(0, limit - 1), parts.slice(limit - 1).join(text(separator))];
};

const charAt = (value: CelValue, at: CelValue): string => {
  const source = chars(value);
  const index = whole(at);
  if (index < 0 || index > source.length) throw outOfRange(index);
  return source[index] ?? '';
};

const lower = (value: CelValue): string => text(value).replaceAll(/[A-Z]/g, (char) => char.toLowerCase());
const upper = (value: CelValue): string => text(value).replaceAll(/[a-z]/g, (char) => char.toUpperCase());

const quote = (value: CelValue): string => {
  const escapes: Readonly<Record<string, string>> = {
    '\u0007': '\\a',
    '\b': '\\b',
    '\f': '\\f',
    '\n': '\\n',
    '\r': '\\r',
    '\t': '\\t',
    '\v': '\\v',
    '\\': '\\\\',
    '"': '\\"',
  };
  return `"${[...text(value)].map((char) => escapes[char] ?? char).join('')}"`;
};

const printed = (value: CelValue): string => {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return printDouble(value);
  if (value instanceof Uint) return String(value.value);
  if (value instanceof Uint8Array) return new TextDecoder().decode(value);
  if (value instanceof CelTime) return printInstant(value.nanos);
  if (value instanceof CelDuration) return printSeconds(value.nanos);
  if (Array.isArray(value)) return `[${value.map((item: CelValue) => printed(item)).join(', ')}]`;
  if (value instanceof CelMap) {
    const entries = value.entries().map(([key, item]) => `${printed(key)}: ${printed(item)}`);
    return `{${entries.sort().join(', ')}}`;
  }
  return String(value);
};

const wholeOf = (value: CelValue, verb: string): bigint => {
  if (typeof value === 'bigint') return value;
  if (value instanceof Uint) return value.value;
  throw new CelError(
    `error during formatting: ${verb} clause can only be used on integers, was given ${typeNameOf(value)}`,
  );
};

const fraction = (value: CelValue, digits: number, isScientific: boolean): string => {
  const number =
    typeof value === 'number' ? value : Number(wholeOf(value, isScientific ? 'scientific' : 'fixed-point'));
  if (!Number.isFinite(number)) return printDouble(number).replace('Inf', 'Infinity').replace('+', '');
  return isScientific
    ? number.toExponential(digits).replace(/e([+-])(\d)$/, 'e$10$2')
    : number.toFixed(digits);
};

const hex = (value: CelValue): string => {
  if (typeof value === 'string')
    return [...new TextEncoder().encode(value)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  if (value instanceof Uint8Array)
    return [...value].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return wholeOf(value, 'hex').toString(16);
};

const formatOne = (verb: string, digits: number, value: CelValue): string => {
  switch (verb) {
    case 's':
      return printed(value);
    case 'd':
      return typeof value === 'number' && !Number.isFinite(value)
        ? printed(value)
        : String(wholeOf(value, 'decimal'));
    case 'f':
      return fraction(value, digits, false);
    case 'e':
      return fraction(value, digits, true);
    case 'b':
      return typeof value === 'boolean' ? String(Number(value)) : wholeOf(value, 'binary').toString(2);
    case 'o':
      return wholeOf(value, 'octal').toString(8);
    case 'x':
      return hex(value);
    case 'X':
      return hex(value).toUpperCase();
    default:
      throw new CelError(`could not parse formatting clause: unrecognized formatting clause "${verb}"`);
  }
};

const formatText = (template: CelValue, args: CelValue): string => {
  let next = 0;
  return text(template).replaceAll(
    /%(?:%|(?:\.(\d+))?(.))/gs,
    (whole_, digits: string | undefined, verb: string) => {
      if (whole_ === '%%') return '%';
      const value = list(args)[next];
      if (value === undefined) throw new CelError(`index ${next} out of range`);
      next += 1;
      return formatOne(verb, Number(digits ?? 6), value);
    },
  );
};

const find = (value: CelValue, pattern: CelValue): string => {
  const made = compilePattern(text(pattern));
  if (!made.ok) throw new CelError(`Illegal regex: ${made.error}`);
  const matcher = made.value.matcher(text(value));
  return matcher.find() ? (matcher.group() ?? '') : '';
};

const findAll = (value: CelValue, pattern: CelValue, count?: CelValue): readonly string[] => {
  const made = compilePattern(text(pattern));
  if (!made.ok) throw new CelError(`Illegal regex: ${made.error}`);
  const limit = count === undefined ? -1 : whole(count);
  const matcher = made.value.matcher(text(value));
  const found: string[] = [];
  while ((limit < 0 || found.length < limit) && matcher.find()) found.push(matcher.group() ?? '');
  return found;
};

/** A named format: judges texts. */
class CelFormat extends CelOpaque {
  readonly type = 'kubernetes.NamedFormat';
  readonly name: string;
  readonly check: (value: string) => readonly string[];

  constructor(name: string, check: (value: string) => readonly string[]) {
    super();
    this.name = name;
    this.check = check;
  }

  override equals(other: CelValue): boolean {
    return other instanceof CelFormat && other.name === this.name;
  }
}

const bySchema =
  (format: string, message: string) =>
  (value: string): readonly string[] =>
    formatCheck(format)?.(value) === false ? [message] : [];

const isPrefix =
  (rule: (value: string) => readonly string[]) =>
  (value: string): readonly string[] =>
    rule(value.replace(/-$/, 'a'));

const FORMATS: Readonly<Record<string, (value: string) => readonly string[]>> = {
  dns1123Label,
  dns1123Subdomain,
  dns1035Label,
  qualifiedName,
  dns1123LabelPrefix: isPrefix(dns1123Label),
  dns1123SubdomainPrefix: isPrefix(dns1123Subdomain),
  dns1035LabelPrefix: isPrefix(dns1035Label),
  labelValue,
  uri: (value) => {
    if (formatCheck('uri')?.(value) !== false && /^[a-zA-Z][a-zA-Z0-9+.-]*:|^\//.test(value)) return [];
    return [`parse ${JSON.stringify(value)}: invalid URI for request`];
  },
  uuid: bySchema('uuid', 'does not match the UUID format'),
  byte: bySchema('byte', 'invalid base64'),
  date: bySchema('date', 'invalid date'),
  datetime: bySchema('datetime', 'invalid datetime'),
};

const named = Object.fromEntries(
  Object.entries(FORMATS).map(([name, check]) => [name, new CelFormat(name, check)] as const),
);

const validate = (format: CelValue, value: CelValue): CelValue => {
  const errors = (format as CelFormat).check(text(value));
  return errors.length === 0 ? NONE : new CelOptional([...errors]);
};

const formats = [
  ...Object.entries(named).map(([name, format]) => overload(`format.${name}() Format`, () => format)),
  overload('format.named(string) optional<Format>', (name) => {
    const format = Object.hasOwn(named, text(name)) ? named[text(name)] : undefined;
    return format === undefined ? NONE : new CelOptional(format);
  }),
  overload('Format.validate(string) optional<list<string>>', validate),
];

/** Functions over texts. */
export const textFunctions = [
  overload('string.charAt(int) string', charAt),
  overload('string.indexOf(string) int', indexOf),
  overload('string.indexOf(string, int) int', indexOf),
  overload('string.lastIndexOf(string) int', lastIndexOf),
  overload('string.lastIndexOf(string, int) int', lastIndexOf),
  overload('string.substring(int) string', substring),
  overload('string.substring(int, int) string', substring),
  overload('string.replace(string, string) string', replace),
  overload('string.replace(string, string, int) string', replace),
  overload('string.split(string) list<string>', split),
  overload('string.split(string, int) list<string>', split),
  overload('string.lowerAscii() string', lower),
  overload('string.upperAscii() string', upper),
  overload('string.trim() string', (value) => text(value).replace(/^[\s\u0085]+|[\s\u0085]+$/gu, '')),
  overload('list<string>.join() string', (items) => list(items).map(text).join('')),
  overload('list<string>.join(string) string', (items, by) => list(items).map(text).join(text(by))),
  overload('strings.quote(string) string', quote),
  overload('string.format(list<dyn>) string', formatText),
  overload('string.find(string) string', find),
  overload('string.findAll(string) list<string>', findAll),
  overload('string.findAll(string, int) list<string>', findAll),
  ...formats,
];
