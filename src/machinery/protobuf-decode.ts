/** Protobuf messages to drafts in the form JSON decoding gives: zeros dropped, structs there, maps sorted. */
import { base64OfBytes } from './base64.ts';
import { printDuration } from './duration.ts';
import type { Draft } from './object.ts';
import { type MessagePlan, messagePlan } from './protobuf-plan.ts';
import { BYTES, FIXED64, VARINT, WireError, type WireReader } from './protobuf-wire.ts';
import { echoQuantity, parseQuantity } from './quantity.ts';
import type { Field, Schema } from './schema.ts';
import { MAX_DEPTH, parseJson } from './strict-json.ts';
import { printTime } from './time.ts';
import { isZero, makeZero, setOwn, zeroFields } from './zero.ts';

type PlanIndex = ReadonlyMap<number, Field | PlanIndex>;

const indexes = new WeakMap<MessagePlan, PlanIndex>();

const indexOf = (plan: MessagePlan): PlanIndex => {
  const known = indexes.get(plan);
  if (known) return known;
  const index = new Map<number, Field | PlanIndex>(
    plan.parts.map((part) => [part.number, 'field' in part ? part.field : indexOf(part.embedded)]),
  );
  indexes.set(plan, index);
  return index;
};

/** The draft of one struct. Throws a WireError on bytes that do not fit the schema. */
export const decodeStruct = (reader: WireReader, schema: Schema, depth = 0): Draft => {
  if (depth > MAX_DEPTH) throw new WireError('exceeded max depth');
  const found = new Map<string, unknown>();
  readFields(reader, indexOf(messagePlan(schema)), found, depth);
  const draft: Draft = {};
  for (const { name, zero, dropsZero } of zeroFields(schema)) {
    const value = found.get(name);
    if (value !== undefined && value !== null && !(dropsZero && isZero(value))) draft[name] = value;
    else if (zero.kind === 'value') draft[name] = zero.value;
    else if (zero.kind === 'struct') draft[name] = zero.make();
  }
  return draft;
};

const readFields = (
  reader: WireReader,
  index: PlanIndex,
  found: Map<string, unknown>,
  depth: number,
): void => {
  while (reader.more()) {
    const tag = reader.size();
    const wireType = tag & 7;
    const entry = index.get(tag >>> 3);
    if (entry === undefined) reader.skip(wireType);
    else if (entry instanceof Map) readFields(reader.message(), entry, found, depth + 1);
    else readField(reader, wireType, entry as Field, found, depth);
  }
};

const readField = (
  reader: WireReader,
  wireType: number,
  field: Field,
  found: Map<string, unknown>,
  depth: number,
): void => {
  const { name, schema } = field;
  const items = schema.items ?? { type: 'any' };
  if (schema.type === 'map') {
    const map = (found.get(name) as Draft | undefined) ?? {};
    found.set(name, map);
    readEntry(reader.message(), items, map, depth);
  } else if (schema.type === 'array' && schema.wrapped !== true) {
    const list = (found.get(name) as unknown[] | undefined) ?? [];
    found.set(name, list);
    if (wireType === BYTES && (items.type === 'integer' || items.type === 'boolean')) {
      const packed = reader.message();
      while (packed.more()) list.push(readValue(packed, VARINT, items, depth));
    } else list.push(readValue(reader, wireType, items, depth));
  } else found.set(name, readValue(reader, wireType, schema, depth));
};

const readEntry = (reader: WireReader, items: Schema, map: Draft, depth: number): void => {
  let key = '';
  let value: unknown;
  while (reader.more()) {
    const tag = reader.size();
    if (tag >>> 3 === 1) key = reader.text();
    else if (tag >>> 3 === 2) value = readValue(reader, tag & 7, items, depth);
    else reader.skip(tag & 7);
  }
  const zero = makeZero({ name: '', schema: items, omit: 'never', pointer: false });
  setOwn(map, key, value ?? (zero.kind === 'struct' ? zero.make() : zero.value));
};

const expectWire = (wireType: number, wanted: number): void => {
  if (wireType !== wanted) throw new WireError(`proto: wrong wireType = ${wireType}`);
};

const readValue = (reader: WireReader, wireType: number, schema: Schema, depth: number): unknown => {
  switch (schema.type) {
    case 'integer': {
      expectWire(wireType, VARINT);
      const value = reader.integer();
      return schema.format === 'int32' ? value | 0 : value;
    }
    case 'boolean':
      expectWire(wireType, VARINT);
      return reader.integer() !== 0;
    case 'number':
      expectWire(wireType, FIXED64);
      return reader.double();
  }
  expectWire(wireType, BYTES);
  if (schema.type === 'string' && schema.format === undefined) return reader.text();
  if (schema.type === 'string' && schema.format === 'byte') return base64OfBytes(reader.raw());
  const message = reader.message();
  if (schema.type === 'object') return decodeStruct(message, schema, depth + 1);
  if (schema.type === 'array') {
    const list: unknown[] = [];
    for (const [, type] of fieldsOf(message, 1))
      list.push(readValue(message, type, schema.items ?? { type: 'any' }, depth));
    return list;
  }
  return readSpecial(message, schema, depth);
};

/** The fields of a message with one interesting number; the caller reads each before going on. */
function* fieldsOf(reader: WireReader, highest: number): Generator<readonly [number, number]> {
  while (reader.more()) {
    const tag = reader.size();
    if (tag >>> 3 > highest) reader.skip(tag & 7);
    else yield [tag >>> 3, tag & 7];
  }
}

const readSpecial = (reader: WireReader, schema: Schema, depth: number): unknown => {
  switch (schema.format) {
    case 'date-time':
    case 'micro-time':
      return readTime(reader, schema.format);
    case 'quantity': {
      let text = '0';
      for (const _ of fieldsOf(reader, 1)) text = reader.text();
      const result = parseQuantity(text);
      if (!result.ok) throw new WireError(result.error);
      return echoQuantity(result.value);
    }
    case 'duration': {
      let nanoseconds = 0;
      for (const _ of fieldsOf(reader, 1)) nanoseconds = reader.integer();
      return printDuration(BigInt(nanoseconds));
    }
    case 'int-or-string': {
      let isText = false;
      let integer = 0;
      let text = '';
      for (const [number] of fieldsOf(reader, 3)) {
        if (number === 1) isText = reader.integer() === 1;
        else if (number === 2) integer = reader.integer() | 0;
        else text = reader.text();
      }
      return isText ? text : integer;
    }
    case 'schema-or-bool':
    case 'schema-or-array':
    case 'schema-or-strings':
      return readUnion(reader, schema, depth);
    default: {
      let value: unknown = null;
      for (const _ of fieldsOf(reader, 1)) value = readRaw(reader.text());
      return value;
    }
  }
};

const readRaw = (text: string): unknown => {
  if (text === '') return null;
  const result = parseJson(text);
  if (!result.ok) throw new WireError(result.error);
  return result.value;
};

/** An empty message is Go's zero time, which JSON prints as null. */
const readTime = (reader: WireReader, format: 'date-time' | 'micro-time'): string | null => {
  if (!reader.more()) return null;
  let seconds = 0;
  let nanos = 0;
  for (const [number] of fieldsOf(reader, 2)) {
    if (number === 1) seconds = reader.integer();
    else nanos = reader.integer();
  }
  if (Math.abs(seconds) > 253_402_300_799) throw new WireError('proto: time out of range');
  const text = printTime(seconds * 1000);
  if (format === 'date-time') return text;
  const micros = String(Math.trunc(nanos / 1000)).padStart(6, '0');
  return text.replace('Z', `.${micros}Z`);
};

const readUnion = (reader: WireReader, schema: Schema, depth: number): unknown => {
  const one = schema.items ?? { type: 'any' };
  let isAllowed = false;
  let single: unknown;
  const list: unknown[] = [];
  for (const [number] of fieldsOf(reader, 2)) {
    if (schema.format === 'schema-or-bool') {
      if (number === 1) isAllowed = reader.integer() !== 0;
      else single = readValue(reader, BYTES, one, depth);
    } else if (number === 1) single = readValue(reader, BYTES, one, depth);
    else
      list.push(schema.format === 'schema-or-array' ? readValue(reader, BYTES, one, depth) : reader.text());
  }
  if (single !== undefined) return single;
  return schema.format === 'schema-or-bool' ? isAllowed : list;
};
