/** Quantities, versions, lists, sets and optionals (apiserver pkg/cel/library, cel-go ext and optional types). */

import {
  addQuantity,
  compareQuantity,
  parseQuantity,
  type Quantity,
  signOfQuantity,
  subQuantity,
  wholeQuantity,
} from '../../quantity.ts';
import { overload } from '../overloads.ts';
import {
  CelDuration,
  CelError,
  CelMap,
  CelOpaque,
  CelOptional,
  CelTime,
  type CelValue,
  equals,
  NONE,
  typeNameOf,
  Uint,
} from '../values.ts';
import { compareValues } from './standard.ts';

const text = (value: CelValue | undefined): string => value as string;
const list = (value: CelValue | undefined): readonly CelValue[] => value as readonly CelValue[];

class CelQuantity extends CelOpaque {
  readonly type = 'kubernetes.Quantity';
  readonly quantity: Quantity;
  constructor(quantity: Quantity) {
    super();
    this.quantity = quantity;
  }
  override equals(other: CelValue): boolean {
    return other instanceof CelQuantity && compareQuantity(other.quantity, this.quantity) === 0;
  }
}

const NANO = 1_000_000_000n;
const INT_LIMIT = 2n ** 63n;

const quantityOf = (value: CelValue | undefined): Quantity =>
  typeof value === 'bigint' ? wholeQuantity(value) : (value as CelQuantity).quantity;

const isWhole = (value: CelValue): boolean => {
  const { nano } = quantityOf(value);
  return nano % NANO === 0n && nano / NANO < INT_LIMIT && nano / NANO >= -INT_LIMIT;
};

const compare = (a: CelValue, b: CelValue): number => compareQuantity(quantityOf(a), quantityOf(b));

const quantities = [
  overload('quantity(string) Quantity', (value) => {
    const parsed = parseQuantity(text(value));
    if (!parsed.ok) throw new CelError(parsed.error);
    return new CelQuantity(parsed.value);
  }),
  overload('isQuantity(string) bool', (value) => parseQuantity(text(value)).ok),
  overload('Quantity.sign() int', (value) => BigInt(signOfQuantity(quantityOf(value)))),
  overload('Quantity.isInteger() bool', isWhole),
  overload('Quantity.asInteger() int', (value) => {
    if (!isWhole(value)) throw new CelError('cannot convert value to integer');
    return quantityOf(value).nano / NANO;
  }),
  overload('Quantity.asApproximateFloat() double', (value) => Number(quantityOf(value).nano) / 1e9),
  overload('Quantity.isGreaterThan(Quantity) bool', (a, b) => compare(a, b) > 0),
  overload('Quantity.isLessThan(Quantity) bool', (a, b) => compare(a, b) < 0),
  overload('Quantity.compareTo(Quantity) int', (a, b) => BigInt(compare(a, b))),
  ...['Quantity', 'int'].flatMap((type) => [
    overload(
      `Quantity.add(${type}) Quantity`,
      (a, b) => new CelQuantity(addQuantity(quantityOf(a), quantityOf(b))),
    ),
    overload(
      `Quantity.sub(${type}) Quantity`,
      (a, b) => new CelQuantity(subQuantity(quantityOf(a), quantityOf(b))),
    ),
  ]),
];

interface Version {
  readonly numbers: readonly [bigint, bigint, bigint];
  readonly pre: readonly string[];
  readonly build: string;
}

class CelSemver extends CelOpaque {
  readonly type = 'kubernetes.Semver';
  readonly version: Version;
  constructor(version: Version) {
    super();
    this.version = version;
  }
  override equals(other: CelValue): boolean {
    return other instanceof CelSemver && compareVersions(other.version, this.version) === 0;
  }
}

const NUMBER = '(0|[1-9]\\d*)';
const SEMVER = new RegExp(
  `^${NUMBER}\\.${NUMBER}\\.${NUMBER}(?:-([0-9A-Za-z.-]+))?(?:\\+([0-9A-Za-z.-]+))?$`,
);

/** Brings `v1.2` and `01.2.3` to the full form. */
const normalise = (value: string): string => {
  const match = /^v?(\d+)(?:\.(\d+))?(?:\.(\d+))?(.*)$/s.exec(value);
  if (match === null) return value;
  const part = (digits: string | undefined) => (digits ?? '0').replace(/^0+(?=\d)/, '');
  return `${part(match[1])}.${part(match[2])}.${part(match[3])}${match[4] ?? ''}`;
};

const readVersion = (value: string): Version | undefined => {
  const match = SEMVER.exec(value);
  if (match === null) return undefined;
  const pre = match[4] === undefined ? [] : match[4].split('.');
  if (pre.some((part) => part === '' || /^0\d+$/.test(part))) return undefined;
  if (match[5]?.split('.').some((part) => part === '') === true) return undefined;
  const numbers = [BigInt(match[1] ?? 0), BigInt(match[2] ?? 0), BigInt(match[3] ?? 0)] as const;
  return { numbers, pre, build: match[5] ?? '' };
};

const comparePart = (a: string, b: string): number => {
  const [left, right] = [/^\d+$/.test(a), /^\d+$/.test(b)];
  if (left && right) return Number(BigInt(a) > BigInt(b)) - Number(BigInt(a) < BigInt(b));
  if (left !== right) return left ? -1 : 1;
  return a < b ? -1 : a > b ? 1 : 0;
};

const compareVersions = (a: Version, b: Version): number => {
  for (const index of [0, 1, 2] as const) {
    if (a.numbers[index] !== b.numbers[index]) return a.numbers[index] < b.numbers[index] ? -1 : 1;
  }
  if (a.pre.length === 0 || b.pre.length === 0) return Math.sign(b.pre.length - a.pre.length);
  for (let index = 0; index < Math.min(a.pre.length, b.pre.length); index += 1) {
    const order = comparePart(a.pre[index] ?? '', b.pre[index] ?? '');
    if (order !== 0) return order;
  }
  return Math.sign(a.pre.length - b.pre.length);
};

const PARTS = ['major', 'minor', 'patch'] as const;

/** Why a text is no version, in the words of the library upstream uses. */
const versionProblem = (value: string): string => {
  if (value === '') return 'Version string empty';
  const [major, minor, ...rest] = value.split('.');
  if (minor === undefined || rest.length === 0) return 'No Major.Minor.Patch elements found';
  const patch = rest.join('.').replace(/[-+].*$/s, '');
  for (const [index, part] of [major ?? '', minor, patch].entries()) {
    const name = PARTS[index] ?? '';
    if (!/^\d+$/.test(part)) return `Invalid character(s) found in ${name} number ${JSON.stringify(part)}`;
    if (/^0\d/.test(part)) {
      const capital = `${name[0]?.toUpperCase() ?? ''}${name.slice(1)}`;
      return `${capital} number must not contain leading zeroes ${JSON.stringify(part)}`;
    }
  }
  return `Invalid character(s) found in prerelease ${JSON.stringify(value.replace(/^[^-+]*[-+]/, ''))}`;
};

const parsed = (value: CelValue, normalises?: CelValue): Version | undefined =>
  readVersion(normalises === true ? normalise(text(value)) : text(value));

const semver = (value: CelValue, normalises?: CelValue): CelValue => {
  const version = parsed(value, normalises);
  if (version === undefined)
    throw new CelError(versionProblem(normalises === true ? normalise(text(value)) : text(value)));
  return new CelSemver(version);
};

const versionOf = (value: CelValue | undefined): Version => (value as CelSemver).version;
const order = (a: CelValue, b: CelValue): number => compareVersions(versionOf(a), versionOf(b));

const versions = [
  overload('semver(string) Semver', (value) => semver(value)),
  overload('semver(string, bool) Semver', semver),
  overload('isSemver(string) bool', (value) => parsed(value) !== undefined),
  overload('isSemver(string, bool) bool', (value, normalises) => parsed(value, normalises) !== undefined),
  overload('Semver.major() int', (value) => versionOf(value).numbers[0]),
  overload('Semver.minor() int', (value) => versionOf(value).numbers[1]),
  overload('Semver.patch() int', (value) => versionOf(value).numbers[2]),
  overload('Semver.isLessThan(Semver) bool', (a, b) => order(a, b) < 0),
  overload('Semver.isGreaterThan(Semver) bool', (a, b) => order(a, b) > 0),
  overload('Semver.compareTo(Semver) int', (a, b) => BigInt(order(a, b))),
];

const indexOf = (items: CelValue, item: CelValue): bigint =>
  BigInt(list(items).findIndex((each) => equals(each, item)));

const lastIndexOf = (items: CelValue, item: CelValue): bigint =>
  BigInt(list(items).findLastIndex((each) => equals(each, item)));

const isSorted = (items: CelValue): boolean =>
  list(items).every((item, index) => index === 0 || compareValues(list(items)[index - 1] ?? null, item) <= 0);

const extreme = (items: CelValue, sign: number, name: string): CelValue => {
  const [first, ...rest] = list(items);
  if (first === undefined) throw new CelError(`${name} called on empty list`);
  return rest.reduce((best, item) => (compareValues(item, best) * sign > 0 ? item : best), first);
};

const add = (a: CelValue, b: CelValue): CelValue => {
  if (typeNameOf(a) !== typeNameOf(b)) throw new CelError('no such overload');
  if (typeof a === 'bigint') return a + (b as bigint);
  if (a instanceof Uint) return new Uint(a.value + (b as Uint).value);
  if (a instanceof CelDuration) return new CelDuration(a.nanos + (b as CelDuration).nanos);
  return (a as number) + (b as number);
};

const ZEROS: Readonly<Record<string, CelValue>> = {
  int: 0n,
  uint: new Uint(0n),
  double: 0,
  duration: new CelDuration(0n),
};

const SUMMABLE = ['int', 'uint', 'double', 'duration'];
const SORTABLE = [...SUMMABLE, 'bool', 'string', 'timestamp', 'bytes'];

const lists = [
  ...SUMMABLE.map((type) =>
    overload(`list<${type}>.sum() ${type}`, (items) => {
      const [first, ...rest] = list(items);
      return first === undefined ? (ZEROS[type] ?? 0n) : rest.reduce(add, first);
    }),
  ),
  ...SORTABLE.flatMap((type) => [
    overload(`list<${type}>.isSorted() bool`, isSorted),
    overload(`list<${type}>.min() ${type}`, (items) => extreme(items, -1, 'min')),
    overload(`list<${type}>.max() ${type}`, (items) => extreme(items, 1, 'max')),
  ]),
  overload('list<A>.indexOf(A) int', indexOf),
  overload('list<A>.lastIndexOf(A) int', lastIndexOf),
];

const holds = (outer: CelValue, inner: CelValue): boolean =>
  list(inner).every((item) => list(outer).some((each) => equals(each, item)));

const sets = [
  overload('sets.contains(list<A>, list<A>) bool', holds),
  overload('sets.equivalent(list<A>, list<A>) bool', (a, b) => holds(a, b) && holds(b, a)),
  overload('sets.intersects(list<A>, list<A>) bool', (a, b) =>
    list(a).some((item) => list(b).some((each) => equals(each, item))),
  ),
];

const isZero = (value: CelValue): boolean => {
  if (value === null || value === '' || value === 0 || value === 0n || value === false) return true;
  if (value instanceof Uint) return value.value === 0n;
  if (value instanceof CelTime || value instanceof CelDuration) return value.nanos === 0n;
  return Array.isArray(value) ? value.length === 0 : value instanceof CelMap && value.size === 0;
};

const heldBy = (value: CelValue | undefined): CelValue | undefined => (value as CelOptional).value;

const optionals = [
  overload('optional.of(A) optional<A>', (value) => new CelOptional(value)),
  overload('optional.ofNonZeroValue(A) optional<A>', (value) =>
    isZero(value) ? NONE : new CelOptional(value),
  ),
  overload('optional.none() optional<A>', () => NONE),
  overload('optional<A>.hasValue() bool', (value) => heldBy(value) !== undefined),
  overload('optional<A>.value() A', (value) => {
    const held = heldBy(value);
    if (held === undefined) throw new CelError('optional.none() dereference');
    return held;
  }),
  overload('optional<A>.or(optional<A>) optional<A>', (value, other) =>
    heldBy(value) === undefined ? other : value,
  ),
  overload('optional<A>.orValue(A) A', (value, other) => heldBy(value) ?? other),
];

/** Functions over values that are neither texts nor addresses. */
export const valueFunctions = [...quantities, ...versions, ...lists, ...sets, ...optionals];
