/** Objects to protobuf messages, byte for byte as upstream's generated marshallers print them. */
import { bytesOfBase64 } from './base64.ts';
import { parseDuration } from './duration.ts';
import { type MessagePlan, messagePlan } from './protobuf-plan.ts';
import { BYTES, FIXED64, VARINT, type WireWriter } from './protobuf-wire.ts';
import type { Field, Schema } from './schema.ts';
import { parseTime } from './time.ts';

type Value = Readonly<Record<string, unknown>>;

const isRecord = (value: unknown): value is Value =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Writes the inside of a message. Absent fields that are no pointers are written as zeros. */
export const encodeStruct = (value: Value, schema: Schema, writer: WireWriter): void =>
  encodePlan(value, messagePlan(schema), writer);

const encodePlan = (value: Value, plan: MessagePlan, writer: WireWriter): void => {
  for (const part of plan.parts) {
    if ('field' in part) {
      encodeField(value[part.field.name], part.field, part.number, writer);
      continue;
    }
    writer.tag(part.number, BYTES);
    const mark = writer.open();
    encodePlan(value, part.embedded, writer);
    writer.close(mark);
  }
};

const encodeField = (value: unknown, field: Field, number: number, writer: WireWriter): void => {
  const { schema } = field;
  if (schema.type === 'map') {
    encodeMap(value, schema, number, writer);
    return;
  }
  if (schema.type === 'array' && schema.wrapped !== true) {
    if (!Array.isArray(value) || !schema.items) return;
    for (const item of value) encodeValue(item, schema.items, number, writer);
    return;
  }
  const isAbsent = value === undefined || value === null;
  if (isAbsent && (field.pointer || schema.wrapped === true)) return;
  if (schema.format === 'byte' && (isAbsent || value === '')) return;
  encodeValue(value, schema, number, writer);
};

const encodeMap = (value: unknown, schema: Schema, number: number, writer: WireWriter): void => {
  if (!isRecord(value) || !schema.items) return;
  for (const key of Object.keys(value).sort()) {
    writer.tag(number, BYTES);
    const mark = writer.open();
    writer.tag(1, BYTES);
    writer.text(key);
    const item = value[key];
    if (schema.items.format !== 'byte' || (item !== null && item !== ''))
      encodeValue(item, schema.items, 2, writer);
    writer.close(mark);
  }
};

/** One value with its tag, whatever it is: zero values are written too. */
const encodeValue = (value: unknown, schema: Schema, number: number, writer: WireWriter): void => {
  switch (schema.type) {
    case 'integer':
      writer.tag(number, VARINT);
      writer.varint(typeof value === 'number' ? value : 0);
      return;
    case 'boolean':
      writer.tag(number, VARINT);
      writer.varint(value === true ? 1 : 0);
      return;
    case 'number':
      writer.tag(number, FIXED64);
      writer.double(typeof value === 'number' ? value : 0);
      return;
    case 'string':
      if (schema.format === undefined) {
        writer.tag(number, BYTES);
        writer.text(typeof value === 'string' ? value : '');
        return;
      }
      if (schema.format === 'byte') {
        writer.tag(number, BYTES);
        writer.raw(bytesOfBase64(typeof value === 'string' ? value : ''));
        return;
      }
  }
  writer.tag(number, BYTES);
  const mark = writer.open();
  encodeMessage(value, schema, writer);
  writer.close(mark);
};

/** The inside of a value that is a message to protobuf. */
const encodeMessage = (value: unknown, schema: Schema, writer: WireWriter): void => {
  if (schema.type === 'object') {
    encodeStruct(isRecord(value) ? value : {}, schema, writer);
    return;
  }
  if (schema.type === 'array') {
    for (const item of Array.isArray(value) ? value : [])
      encodeValue(item, schema.items ?? { type: 'string' }, 1, writer);
    return;
  }
  switch (schema.format) {
    case 'date-time':
    case 'micro-time':
      encodeTime(value, schema.format, writer);
      return;
    case 'quantity':
      writer.tag(1, BYTES);
      writer.text(value === undefined || value === null ? '0' : String(value));
      return;
    case 'duration': {
      const result = typeof value === 'string' ? parseDuration(value) : undefined;
      writer.tag(1, VARINT);
      writer.bigVarint(result?.ok ? result.value : 0n);
      return;
    }
    case 'int-or-string':
      writer.tag(1, VARINT);
      writer.varint(typeof value === 'string' ? 1 : 0);
      writer.tag(2, VARINT);
      writer.varint(typeof value === 'number' ? value : 0);
      writer.tag(3, BYTES);
      writer.text(typeof value === 'string' ? value : '');
      return;
    case 'schema-or-bool':
    case 'schema-or-array':
    case 'schema-or-strings':
      encodeUnion(value, schema, writer);
      return;
    default:
      if (value === undefined || value === null) return;
      writer.tag(1, BYTES);
      writer.text(JSON.stringify(value));
  }
};

const encodeTime = (value: unknown, format: 'date-time' | 'micro-time', writer: WireWriter): void => {
  const at = typeof value === 'string' ? parseTime(value) : undefined;
  if (typeof value !== 'string' || at === undefined) return;
  const micros = format === 'micro-time' ? (/\.(\d{1,6})/.exec(value)?.[1] ?? '').padEnd(6, '0') : '0';
  writer.tag(1, VARINT);
  writer.varint(Math.floor(at / 1000));
  writer.tag(2, VARINT);
  writer.varint(Number(micros) * 1000);
};

const encodeUnion = (value: unknown, schema: Schema, writer: WireWriter): void => {
  const one = schema.items ?? { type: 'any' };
  if (schema.format === 'schema-or-bool') {
    writer.tag(1, VARINT);
    writer.varint(value === false || value === undefined || value === null ? 0 : 1);
    if (isRecord(value)) encodeValue(value, one, 2, writer);
    return;
  }
  if (isRecord(value)) encodeValue(value, one, 1, writer);
  else if (Array.isArray(value))
    for (const item of value)
      encodeValue(item, schema.format === 'schema-or-array' ? one : { type: 'string' }, 2, writer);
};
