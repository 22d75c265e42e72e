/**
 * The "Go round trip": the form upstream's encoder gives an object. Empty optional values go, embedded structs are
 * there even when empty, lists that are never omitted are `null` when empty (storage cannot tell the two apart),
 * times and quantities are in their printed form, fields stand in the type's order and map keys are sorted.
 */
import { readGoMicroTime, readGoTime } from './go-time.ts';
import type { Draft } from './object.ts';
import { echoQuantity, parseQuantity } from './quantity.ts';
import type { Field, Schema } from './schema.ts';
import { dropsZero, isZero, isZeroScalar, makeZero, setOwn, type ZeroValue } from './zero.ts';

/**
 * Returns the value itself when it is canonical already, else a copy of what differs. Never writes. What is the very
 * same value as its part of `known` is canonical.
 */
type Canon = (value: unknown, known?: unknown) => unknown;

/**
 * The canonical form of a draft. Nothing is written to: parts that are canonical already (frozen ones too) are
 * reused, and the draft itself is returned when all of it is. Values of a wrong type are left for validation.
 * Unknown fields are dropped from closed types and kept by open ones. `known` is an object in this form of which the
 * draft may share parts: those are not gone through.
 */
export const toCanonical = (draft: Draft, schema: Schema, known?: unknown): Draft =>
  compileCanon(schema, final)(draft, known) as Draft;

/**
 * The same with lists and maps kept that are there but empty: the form in which upstream holds an object while it
 * defaults and validates it, before it is printed for the store.
 */
export const toWorkingForm = (draft: Draft, schema: Schema, known?: unknown): Draft =>
  compileCanon(schema, working)(draft, known) as Draft;

/** The two forms: what counts as nothing in them, and what is compiled for them. */
interface Form {
  readonly isNothing: (value: unknown) => boolean;
  readonly compiled: WeakMap<Schema, Canon>;
}

const final: Form = { isNothing: isZero, compiled: new WeakMap() };
const working: Form = { isNothing: isZeroScalar, compiled: new WeakMap() };

const compileCanon = (schema: Schema, form: Form): Canon => {
  const { compiled } = form;
  const known = compiled.get(schema);
  if (known) return known;
  let canon: Canon | undefined;
  // A type that contains itself meets this forwarder while it is being compiled.
  compiled.set(schema, (value, known) => (canon ?? keep)(value, known));
  canon = compile(schema, form);
  compiled.set(schema, canon);
  return canon;
};

const keep: Canon = (value) => value;

const compile = (schema: Schema, form: Form): Canon => {
  switch (schema.type) {
    case 'object':
      return compileObject(schema, form);
    case 'map':
      return compileMap(schema, form);
    case 'array':
      return compileArray(schema, form);
    case 'string':
      return compileString(schema);
    case 'any':
      return compileUnion(schema, form);
    default:
      return keep;
  }
};

const compileString = (schema: Schema): Canon => {
  switch (schema.format) {
    case 'date-time':
      return (value) => {
        const result = typeof value === 'string' ? readGoTime(value) : undefined;
        return result?.ok ? result.value : value;
      };
    case 'micro-time':
      return (value) => {
        const result = typeof value === 'string' ? readGoMicroTime(value) : undefined;
        return result?.ok ? result.value : value;
      };
    case 'quantity':
      return (value) => {
        if (typeof value !== 'string' && typeof value !== 'number') return value;
        const result = parseQuantity(String(value));
        return result.ok ? echoQuantity(result.value) : value;
      };
    default:
      return keep;
  }
};

const isRecord = (value: unknown): value is Draft =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Only objects and lists are told to be the very same. */
const isPart = (value: unknown): value is object => typeof value === 'object' && value !== null;

interface CanonField {
  readonly name: string;
  readonly canon: Canon;
  readonly zero: ZeroValue;
  readonly dropsZero: boolean;
  readonly nullable: boolean;
  /** Place in the order of the type. */
  readonly place: number;
}

const compileField = (field: Field, place: number, form: Form): CanonField => ({
  name: field.name,
  canon: compileCanon(field.schema, form),
  zero: makeZero(field),
  dropsZero: dropsZero(field),
  nullable: field.schema.nullable === true,
  place,
});

/** The canonical value of a field; `undefined` when the field is not printed. */
const canonField = (field: CanonField, value: unknown, { isNothing }: Form, known?: unknown): unknown => {
  const isAbsent = value === undefined || (value === null && !field.nullable);
  if (isAbsent || (field.dropsZero && isNothing(value)))
    return field.zero.kind === 'struct' ? field.zero.make() : field.zero.value;
  return value === null ? null : field.canon(value, known);
};

const compileObject = (schema: Schema, form: Form): Canon => {
  const isOpen =
    schema.preserveUnknownFields === true || schema.items !== undefined || schema.fields === undefined;
  const rest = schema.items ? compileCanon(schema.items, form) : keep;
  let fields: ReadonlyMap<string, CanonField> | undefined;
  let always = 0;
  const load = (): ReadonlyMap<string, CanonField> => {
    const list = [...(schema.fields?.values() ?? [])].map((field, place) => compileField(field, place, form));
    always = list.filter((field) => field.zero.kind !== 'absent').length;
    fields = new Map(list.map((field) => [field.name, field]));
    return fields;
  };

  const rebuild = (value: Draft, plan: ReadonlyMap<string, CanonField>, known: Draft | undefined): Draft => {
    const result: Draft = {};
    for (const field of plan.values()) {
      const current = Object.hasOwn(value, field.name) ? value[field.name] : undefined;
      const before = known?.[field.name];
      const canonised =
        isPart(current) && current === before ? current : canonField(field, current, form, before);
      if (canonised !== undefined) setOwn(result, field.name, canonised);
    }
    if (isOpen)
      for (const name of Object.keys(value)) if (!plan.has(name)) setOwn(result, name, rest(value[name]));
    return result;
  };

  return (value, given) => {
    if (!isRecord(value)) return value;
    const plan = fields ?? load();
    const known = isRecord(given) ? given : undefined;
    let place = -1;
    let there = 0;
    for (const name in value) {
      const field = plan.get(name);
      if (!field) {
        if (isOpen && rest(value[name]) === value[name]) continue;
        return rebuild(value, plan, known);
      }
      const current = value[name];
      if (field.place < place) return rebuild(value, plan, known);
      const before = known?.[name];
      const isKnown = isPart(current) && current === before;
      if (!isKnown && (current === undefined || canonField(field, current, form, before) !== current))
        return rebuild(value, plan, known);
      place = field.place;
      if (field.zero.kind !== 'absent') there++;
    }
    return there === always ? value : rebuild(value, plan, known);
  };
};

const compileMap = (schema: Schema, form: Form): Canon => {
  const items = schema.items ?? { type: 'any' };
  const canon = compileCanon(items, form);
  const zero = makeZero({ name: '', schema: items, omit: 'never', pointer: false });
  const item = (value: unknown): unknown =>
    value === null || value === undefined
      ? zero.kind === 'struct'
        ? zero.make()
        : zero.value
      : canon(value);
  return (value) => {
    if (!isRecord(value)) return value;
    let last = '';
    let isSame = true;
    for (const key in value) {
      if (key < last || item(value[key]) !== value[key]) {
        isSame = false;
        break;
      }
      last = key;
    }
    if (isSame) return value;
    const sorted: Draft = {};
    for (const key of Object.keys(value).sort()) setOwn(sorted, key, item(value[key]));
    return sorted;
  };
};

const compileArray = (schema: Schema, form: Form): Canon => {
  const items = schema.items ?? { type: 'any' };
  const canon = compileCanon(items, form);
  const zero = makeZero({ name: '', schema: items, omit: 'never', pointer: false });
  const keepsNull = items.nullable === true || items.type === 'any';
  const item = (value: unknown): unknown => {
    if (value !== null && value !== undefined) return canon(value);
    if (keepsNull) return null;
    return zero.kind === 'struct' ? zero.make() : zero.value;
  };
  return (value) => {
    if (!Array.isArray(value)) return value;
    for (let index = 0; index < value.length; index++) {
      const canonised = item(value[index]);
      if (canonised === value[index]) continue;
      return value.map((each, at) => (at < index ? each : at === index ? canonised : item(each)));
    }
    return value;
  };
};

/** JSON Schema's unions: only their schema side has a form. */
const compileUnion = (schema: Schema, form: Form): Canon => {
  if (!schema.items) return keep;
  const one = compileCanon(schema.items, form);
  const many = compileArray({ type: 'array', items: schema.items }, form);
  return (value) => (Array.isArray(value) ? many(value) : isRecord(value) ? one(value) : value);
};
