/** JSON to values of expressions and back. */

import { base64OfBytes, bytesOfBase64 } from '../base64.ts';
import { parseDuration, printDuration } from '../duration.ts';
import { setOwn } from '../zero.ts';
import { printInstant, readInstant } from './instants.ts';
import { type CelType, DYN } from './types.ts';
import {
  CelDuration,
  CelError,
  CelMap,
  CelObject,
  CelOptional,
  CelTime,
  type CelValue,
  typeNameOf,
  Uint,
} from './values.ts';

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const numberValue = (value: number, type: CelType): CelValue => {
  if (type.of === 'double') return value;
  if (type.of === 'uint') return new Uint(BigInt(Math.trunc(value)));
  return Number.isInteger(value) ? BigInt(value) : value;
};

const textValue = (value: string, type: CelType): CelValue => {
  switch (type.of) {
    case 'timestamp': {
      const nanos = readInstant(value);
      if (nanos === undefined) throw new CelError(`failed to parse ${JSON.stringify(value)} as a timestamp`);
      return new CelTime(nanos);
    }
    case 'duration': {
      const parsed = parseDuration(value);
      if (!parsed.ok) throw new CelError(`failed to parse ${JSON.stringify(value)} as a duration`);
      return new CelDuration(parsed.value);
    }
    case 'bytes':
      return bytesOfBase64(value);
    default:
      return value;
  }
};

/** JSON as a value of a type; of an unknown one, whole numbers are ints and objects are maps. */
export const toCel = (value: unknown, type: CelType = DYN): CelValue => {
  if (value === null || value === undefined) return null;
  if (typeof value === 'number') return numberValue(value, type);
  if (typeof value === 'string') return textValue(value, type);
  if (typeof value === 'boolean') return value;
  if (Array.isArray(value)) {
    const item = type.of === 'list' ? type.item : DYN;
    return value.map((each) => toCel(each, item));
  }
  if (!isRecord(value)) return null;
  if (type.of === 'object') return new CelObject(value, type, toCel);
  const map = new CelMap();
  const inner = type.of === 'map' ? type.value : DYN;
  for (const key of Object.keys(value)) map.set(key, toCel(value[key], inner));
  return map;
};

/** A value as JSON, for patches and messages. Throws CelError for what JSON has no form for. */
export const fromCel = (value: CelValue): unknown => {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof Uint) return Number(value.value);
  if (value instanceof Uint8Array) return base64OfBytes(value);
  if (value instanceof CelTime) return printInstant(value.nanos);
  if (value instanceof CelDuration) return printDuration(value.nanos);
  if (value instanceof CelObject) return value.raw;
  if (value instanceof CelOptional) return value.value === undefined ? null : fromCel(value.value);
  if (Array.isArray(value)) return value.map((item: CelValue) => fromCel(item));
  if (!(value instanceof CelMap))
    throw new CelError(`unsupported conversion of ${typeNameOf(value)} to JSON`);
  const record: Record<string, unknown> = {};
  for (const [key, item] of value.entries()) setOwn(record, String(key), fromCel(item));
  return record;
};
