/** Compiles schema nodes into decoders, once a node. See `decode.ts` for what decoding means. */
import { readBase64 } from './base64.ts';
import { type DecodeContext, DecodeFailure, type FieldPlan, NumberLiteral } from './decode-context.ts';
import { parseDuration, printDuration } from './duration.ts';
import { readGoMicroTime, readGoTime } from './go-time.ts';
import type { Draft } from './object.ts';
import { echoQuantity, parseQuantity, QUANTITY_FORMAT_ERROR } from './quantity.ts';
import type { Result } from './result.ts';
import type { Field, Schema } from './schema.ts';
import { dropsZero, isZeroScalar, makeZero, setOwn, type ZeroValue } from './zero.ts';

/** A decoder of one node. The value is neither null nor undefined. */
export type Decoder = (value: unknown, context: DecodeContext) => unknown;

const decoders = new WeakMap<Schema, Decoder>();

/** The decoder of a node; the same function for the same node. */
export const compileDecoder = (schema: Schema): Decoder => {
  const known = decoders.get(schema);
  if (known) return known;
  // Types may contain themselves: whoever meets the node while it is being compiled gets a forwarder.
  let compiled: Decoder | undefined;
  decoders.set(schema, (value, context) => (compiled ?? decodeAny)(value, context));
  compiled = compile(schema);
  decoders.set(schema, compiled);
  return compiled;
};

const compile = (schema: Schema): Decoder => {
  switch (schema.type) {
    case 'object':
      return compileObject(schema);
    case 'map':
      return compileMap(schema);
    case 'array':
      return compileArray(schema);
    case 'string':
      return compileString(schema);
    case 'integer':
      return compileInteger(schema);
    case 'number':
      return (value, context) =>
        typeof value === 'number' || value instanceof NumberLiteral
          ? value
          : context.refuse(value, 'float64');
    case 'boolean':
      return (value, context) => (typeof value === 'boolean' ? value : context.refuse(value, 'bool'));
    case 'any':
      return compileAny(schema);
    default:
      return schema.type satisfies never;
  }
};

/** The Go name of a type, as refusals say it. */
const goTypeOf = (schema: Schema): string => {
  if (schema.type === 'array') return `[]${goTypeOf(schema.items ?? { type: 'any' })}`;
  // The only maps of quantities are resource lists, a named type.
  if (schema.type === 'map' && schema.items?.format === 'quantity') return 'v1.ResourceList';
  if (schema.type === 'map') return `map[string]${goTypeOf(schema.items ?? { type: 'any' })}`;
  if (schema.format === 'byte') return '[]uint8';
  if (schema.name !== undefined) return schema.name.split('.').slice(-2).join('.');
  if (schema.type === 'boolean') return 'bool';
  if (schema.type === 'number') return 'float64';
  return schema.goType ?? schema.format ?? schema.type;
};

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof NumberLiteral);

interface CompiledField extends FieldPlan {
  readonly decode: Decoder;
  readonly zero: ZeroValue;
  /** Whether an explicit zero is the same as absence. */
  readonly dropsZero: boolean;
}

const compileField = (field: Field): CompiledField => ({
  name: field.name,
  errorName: [...(field.wrappers ?? []).map((wrapper) => wrapper.name), field.name].join('.'),
  decode: compileDecoder(field.schema),
  zero: makeZero(field),
  dropsZero: dropsZero(field),
});

const compileObject = (schema: Schema): Decoder => {
  const struct = schema.name?.slice(schema.name.lastIndexOf('.') + 1) ?? '';
  const goType = goTypeOf(schema);
  // Compiled on first use: a type that contains itself has no fields yet while it is being compiled.
  let fields: readonly CompiledField[] | undefined;
  return (value, context) => {
    if (!isRecord(value)) return context.refuse(value, goType, true);
    fields ??= [...(schema.fields?.values() ?? [])].map(compileField);
    const outer = context.struct;
    context.enter();
    const draft: Draft = {};
    let found = 0;
    for (const field of fields) {
      const raw = value[field.name];
      if (raw !== undefined) found++;
      if (raw !== undefined && raw !== null) {
        context.struct = struct;
        context.field = field;
        const decoded = field.decode(raw, context);
        if (!field.dropsZero || !isZeroScalar(decoded)) {
          draft[field.name] = decoded;
          continue;
        }
      }
      const zero = field.zero;
      if (zero.kind === 'value') draft[field.name] = zero.value;
      else if (zero.kind === 'struct') draft[field.name] = zero.make();
    }
    countMembersOf(value, found, schema, context);
    context.leave();
    context.struct = outer;
    return draft;
  };
};

/** Counts an object's members and notes those that no field took. */
const countMembersOf = (
  value: Readonly<Record<string, unknown>>,
  found: number,
  schema: Schema,
  context: DecodeContext,
): void => {
  const names = Object.keys(value);
  context.members += names.length;
  if (names.length === found) return;
  for (const name of names) {
    if (schema.fields?.has(name)) continue;
    context.addUnknown(name);
    decodeAny(value[name], context);
  }
};

const compileMap = (schema: Schema): Decoder => {
  const items = schema.items ?? { type: 'any' };
  const decode = compileDecoder(items);
  const goType = goTypeOf(schema);
  const zero = makeZero({ name: '', schema: items, omit: 'never', pointer: false });
  return (value, context) => {
    if (!isRecord(value)) return context.refuse(value, goType);
    const field = context.field;
    const keys = Object.keys(value);
    context.members += keys.length;
    const map: Draft = {};
    for (const key of keys.sort()) {
      context.field = field;
      context.item = key;
      const raw = value[key];
      const item = raw === null || raw === undefined ? zeroItem(zero) : decode(raw, context);
      setOwn(map, key, item);
    }
    context.item = undefined;
    return map;
  };
};

const zeroItem = (zero: ZeroValue): unknown => (zero.kind === 'struct' ? zero.make() : zero.value);

const compileArray = (schema: Schema): Decoder => {
  const items = schema.items ?? { type: 'any' };
  const decode = compileDecoder(items);
  const goType = goTypeOf(schema);
  const zero = makeZero({ name: '', schema: items, omit: 'never', pointer: false });
  return (value, context) => {
    if (!Array.isArray(value)) return context.refuse(value, goType);
    const field = context.field;
    const list: unknown[] = [];
    for (let index = 0; index < value.length; index++) {
      context.field = field;
      context.item = index;
      const raw: unknown = value[index];
      list.push(raw === null || raw === undefined ? zeroItem(zero) : decode(raw, context));
    }
    context.item = undefined;
    return list;
  };
};

const decodeText =
  (read: (text: string) => Result<string>): Decoder =>
  (value, context) => {
    if (typeof value !== 'string') return context.refuse(value, 'string');
    const result = read(value);
    if (!result.ok) throw new DecodeFailure(result.error);
    return result.value;
  };

const decodeQuantity: Decoder = (value) => {
  if (value instanceof NumberLiteral) return value.source;
  if (typeof value !== 'string' && typeof value !== 'number') throw new DecodeFailure(QUANTITY_FORMAT_ERROR);
  const result = parseQuantity(String(value).trim());
  if (!result.ok) throw new DecodeFailure(result.error);
  return echoQuantity(result.value);
};

const decodeDuration: Decoder = (value, context) => {
  if (typeof value !== 'string') return context.refuse(value, 'string');
  const result = parseDuration(value);
  if (!result.ok) throw new DecodeFailure(result.error);
  return printDuration(result.value);
};

const decodeInt32: Decoder = (value, context) =>
  typeof value === 'number' && (value | 0) === value ? value + 0 : context.refuse(value, 'int32');

const LIMIT = 2 ** 63;

const isInt64 = ({ source }: NumberLiteral): boolean =>
  /^-?\d+$/.test(source) && BigInt.asIntN(64, BigInt(source)) === BigInt(source);

const decodeInt64: Decoder = (value, context) => {
  if (value instanceof NumberLiteral) return isInt64(value) ? value : context.refuse(value, 'int64');
  return typeof value === 'number' && Number.isInteger(value) && value <= LIMIT && value >= -LIMIT
    ? value + 0
    : context.refuse(value, 'int64');
};

const compileInteger = (schema: Schema): Decoder => (schema.format === 'int32' ? decodeInt32 : decodeInt64);

const compileString = (schema: Schema): Decoder => {
  switch (schema.format) {
    case 'byte':
      return (value, context) =>
        typeof value === 'string' ? decodeBase64(value, context) : context.refuse(value, '[]uint8');
    case 'date-time':
      return decodeText(readGoTime);
    case 'micro-time':
      return decodeText(readGoMicroTime);
    case 'quantity':
      return decodeQuantity;
    case 'duration':
      return decodeDuration;
    case 'int-or-string':
      return (value, context) => (typeof value === 'string' ? value : decodeInt32(value, context));
    default: {
      const goType = schema.goType ?? 'string';
      return (value, context) => (typeof value === 'string' ? value : context.refuse(value, goType));
    }
  }
};

const decodeBase64: Decoder = decodeText(readBase64);

const decodeAny: Decoder = (value, context) => {
  if (typeof value !== 'object' || value === null || value instanceof NumberLiteral) return value;
  context.enter();
  let copy: unknown;
  if (Array.isArray(value)) copy = value.map((item) => decodeAny(item, context));
  else {
    const record: Draft = {};
    const entries = Object.entries(value);
    context.members += entries.length;
    for (const [key, item] of entries) setOwn(record, key, decodeAny(item, context));
    copy = record;
  }
  context.leave();
  return copy;
};

/** JSON Schema's unions; upstream reads inside them without looking for unknown fields. */
const compileAny = (schema: Schema): Decoder => {
  const items = schema.items;
  if (!items) return decodeAny;
  const one = compileDecoder(items);
  const quietly = (decode: Decoder, value: unknown, context: DecodeContext): unknown => {
    const noted = context.unknown.length;
    const decoded = decode(value, context);
    context.unknown.length = noted;
    return decoded;
  };
  switch (schema.format) {
    case 'schema-or-bool':
      return (value, context) => {
        if (typeof value === 'boolean') return value;
        if (!isRecord(value)) throw new DecodeFailure('boolean or JSON schema expected');
        return quietly(one, value, context);
      };
    case 'schema-or-array': {
      const many = compileDecoder({ type: 'array', items });
      return (value, context) =>
        Array.isArray(value)
          ? quietly(many, value, context)
          : isRecord(value)
            ? quietly(one, value, context)
            : null;
    }
    case 'schema-or-strings': {
      const many = compileDecoder({ type: 'array', items: { type: 'string' } });
      return (value, context) =>
        Array.isArray(value)
          ? quietly(many, value, context)
          : isRecord(value)
            ? quietly(one, value, context)
            : null;
    }
    default:
      return decodeAny;
  }
};
