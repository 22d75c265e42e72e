/**
 * Values of expressions. Ints are bigints, doubles numbers, lists arrays, maps `CelMap`; objects of the API are read
 * through their type when a field is asked for, so that nothing is converted that no rule looks at.
 */

import { Uint } from './ast.ts';
import type { CelType, ObjectType } from './types.ts';

export { Uint };

export type CelValue =
  | string
  | number
  | bigint
  | boolean
  | null
  | Uint
  | Uint8Array
  | readonly CelValue[]
  | CelMap
  | CelObject
  | CelOptional
  | CelOpaque
  | CelTime
  | CelDuration
  | CelTypeValue;

/** An evaluation failed; the text is cel-go's. */
export class CelError extends Error {}

/** An instant with nanoseconds. */
export class CelTime {
  readonly nanos: bigint;
  constructor(nanos: bigint) {
    this.nanos = nanos;
  }
}

/** A span in nanoseconds. */
export class CelDuration {
  readonly nanos: bigint;
  constructor(nanos: bigint) {
    this.nanos = nanos;
  }
}

/** The value `type(x)` gives. */
export class CelTypeValue {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

/** Something that may be absent. */
export class CelOptional {
  readonly value: CelValue | undefined;
  constructor(value: CelValue | undefined) {
    this.value = value;
  }
}

/** Values of libraries: quantities, addresses, URLs, versions, formats, authorizers. */
export abstract class CelOpaque {
  abstract readonly type: string;
  equals(other: CelValue): boolean {
    return this === other;
  }
}

export const NONE = new CelOptional(undefined);

type MapKey = string | bigint | boolean | number;

/** Keys that are equal as numbers are the same key. */
const keyOf = (key: CelValue): MapKey | undefined => {
  if (key instanceof Uint) return key.value;
  if (typeof key === 'number') return Number.isInteger(key) ? BigInt(key) : key;
  return typeof key === 'string' || typeof key === 'bigint' || typeof key === 'boolean' ? key : undefined;
};

/** A map value. */
export class CelMap {
  readonly #entries = new Map<MapKey, CelValue>();

  get size(): number {
    return this.#entries.size;
  }

  set(key: CelValue, value: CelValue): void {
    const known = keyOf(key);
    if (known === undefined) throw new CelError(`unsupported key type: ${typeNameOf(key)}`);
    this.#entries.set(known, value);
  }

  get(key: CelValue): CelValue | undefined {
    const known = keyOf(key);
    return known === undefined ? undefined : this.#entries.get(known);
  }

  has(key: CelValue): boolean {
    const known = keyOf(key);
    return known !== undefined && this.#entries.has(known);
  }

  keys(): readonly CelValue[] {
    return [...this.#entries.keys()];
  }

  entries(): readonly (readonly [CelValue, CelValue])[] {
    return [...this.#entries];
  }
}

/** An object of the API as its type describes it. */
export class CelObject {
  readonly raw: Readonly<Record<string, unknown>>;
  readonly type: ObjectType;
  readonly #convert: Convert;

  constructor(raw: Readonly<Record<string, unknown>>, type: ObjectType, convert: Convert) {
    this.raw = raw;
    this.type = type;
    this.#convert = convert;
  }

  get(name: string): CelValue | undefined {
    const field = this.type.field(name);
    const jsonName = field?.jsonName ?? name;
    if (!Object.hasOwn(this.raw, jsonName)) return undefined;
    const value = this.raw[jsonName];
    return field === undefined || value === undefined ? undefined : this.#convert(value, field.type);
  }
}

/** Turns JSON into a value of a type. */
export type Convert = (value: unknown, type: CelType) => CelValue;

/** The runtime type's name, as `type(x)` and failures show it. */
export const typeNameOf = (value: CelValue): string => {
  if (value === null) return 'null_type';
  if (value instanceof Uint) return 'uint';
  if (value instanceof Uint8Array) return 'bytes';
  if (value instanceof CelMap) return 'map';
  if (value instanceof CelObject) return value.type.name;
  if (value instanceof CelOptional) return 'optional_type';
  if (value instanceof CelOpaque) return value.type;
  if (value instanceof CelTime) return 'google.protobuf.Timestamp';
  if (value instanceof CelDuration) return 'google.protobuf.Duration';
  if (value instanceof CelTypeValue) return 'type';
  if (Array.isArray(value)) return 'list';
  switch (typeof value) {
    case 'string':
      return 'string';
    case 'bigint':
      return 'int';
    case 'number':
      return 'double';
    default:
      return 'bool';
  }
};

const numberOf = (value: CelValue): number | bigint | undefined => {
  if (typeof value === 'number' || typeof value === 'bigint') return value;
  return value instanceof Uint ? value.value : undefined;
};

/** Order of two numbers of whatever kinds; `undefined` when one is none (or NaN). */
export const compareNumbers = (left: CelValue, right: CelValue): number | undefined => {
  const [a, b] = [numberOf(left), numberOf(right)];
  if (a === undefined || b === undefined) return undefined;
  // JavaScript compares bigints and numbers by value; only NaN is neither less, greater nor equal.
  return a < b ? -1 : a > b ? 1 : a <= b ? 0 : undefined;
};

const sameBytes = (left: Uint8Array, right: Uint8Array): boolean =>
  left.length === right.length && left.every((byte, index) => byte === right[index]);

const sameObject = (left: CelObject, right: CelObject): boolean => {
  const names = new Set([...Object.keys(left.raw), ...Object.keys(right.raw)]);
  for (const name of names) {
    const [a, b] = [left.get(name), right.get(name)];
    if (a === undefined || b === undefined ? a !== b : !equals(a, b)) return false;
  }
  return true;
};

/** CEL's equality: numbers by value, lists and maps by parts; different kinds differ. */
export const equals = (left: CelValue, right: CelValue): boolean => {
  if (left === right) return true;
  const order = compareNumbers(left, right);
  if (order !== undefined) return order === 0;
  if (Array.isArray(left)) {
    return (
      Array.isArray(right) &&
      left.length === right.length &&
      left.every((item: CelValue, index) => equals(item, right[index] as CelValue))
    );
  }
  if (left instanceof CelMap) {
    if (!(right instanceof CelMap) || left.size !== right.size) return false;
    return left.entries().every(([key, value]) => {
      const other = right.get(key);
      return other !== undefined && equals(value, other);
    });
  }
  if (left instanceof CelObject) return right instanceof CelObject && sameObject(left, right);
  if (left instanceof Uint8Array) return right instanceof Uint8Array && sameBytes(left, right);
  if (left instanceof CelTime) return right instanceof CelTime && left.nanos === right.nanos;
  if (left instanceof CelDuration) return right instanceof CelDuration && left.nanos === right.nanos;
  if (left instanceof CelTypeValue) return right instanceof CelTypeValue && left.name === right.name;
  if (left instanceof CelOptional) {
    if (!(right instanceof CelOptional)) return false;
    if (left.value === undefined || right.value === undefined) return left.value === right.value;
    return equals(left.value, right.value);
  }
  return left instanceof CelOpaque && left.equals(right);
};
