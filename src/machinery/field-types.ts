/**
 * Schema nodes as server-side apply sees them (structured-merge-diff v6 schema, kube-openapi schemaconv): what a node
 * may hold, which lists are merged by key, what is owned as one value. Made once a node, links followed on demand.
 */
import type { Field, Schema } from './schema.ts';
import { dropsZero, makeZero, type ZeroValue } from './zero.ts';

export type ScalarType = 'string' | 'numeric' | 'boolean' | 'untyped';

/** A key of a keyed list; the default stands in for an absent one. */
export interface ListKey {
  readonly name: string;
  /** The name as JSON with a colon, as it stands in path elements. */
  readonly label: string;
  readonly default?: unknown;
}

export interface ListType {
  readonly atomic: boolean;
  /** Empty for sets. */
  readonly keys: readonly ListKey[];
  /** Keys in name order, as path elements have them. */
  readonly sortedKeys: readonly ListKey[];
  readonly items: FieldType;
}

/** A declared field of an object. */
export interface MemberType {
  readonly name: string;
  /** Path element, `f:` and the name. */
  readonly element: string;
  readonly type: FieldType;
  /** What stands for absence in a typed object. */
  readonly zero: ZeroValue;
  /** Whether an explicit zero of a typed object is the same as absence. */
  readonly dropsZero: boolean;
}

export interface MapType {
  readonly atomic: boolean;
  readonly fields: ReadonlyMap<string, MemberType>;
  /** Fields a typed object always has, if only with a zero. */
  readonly always: readonly MemberType[];
  /** Type of members that are not declared; absent where there may be none. */
  readonly items?: FieldType;
}

/** A type. A deduced one may hold anything; otherwise exactly one of the three is there. */
export interface FieldType {
  readonly scalar?: ScalarType;
  readonly list?: ListType;
  readonly map?: MapType;
}

const NO_FIELDS: ReadonlyMap<string, MemberType> = new Map();

/** Values of no declared type: maps are merged, lists are one value. */
class DeducedType implements FieldType {
  readonly scalar = 'untyped';
  readonly list: ListType = { atomic: true, keys: [], sortedKeys: [], items: this };
  readonly map: MapType = { atomic: false, fields: NO_FIELDS, always: [], items: this };
}

/** The type of what no schema describes. */
export const deducedType: FieldType = new DeducedType();

const ATOMIC_LIST: FieldType = { list: { atomic: true, keys: [], sortedKeys: [], items: deducedType } };

const scalarOf = (schema: Schema): FieldType => {
  if (schema.type === 'boolean') return { scalar: 'boolean' };
  if (schema.type === 'integer' || schema.type === 'number') return { scalar: 'numeric' };
  const isText = schema.format === undefined || schema.format === 'byte';
  return { scalar: isText ? 'string' : 'untyped' };
};

/** RawExtension and the like are objects without declared fields; the unions of JSON Schema may be anything. */
const anyOf = (schema: Schema): FieldType => {
  const isObject =
    schema.format === 'fields-v1' || (schema.format === 'raw' && schema.name?.endsWith('.JSON') !== true);
  return isObject
    ? { map: { atomic: false, fields: NO_FIELDS, always: [], items: deducedType } }
    : deducedType;
};

/** Zero values are also the defaults that OpenAPI states for fields which are never omitted. */
const keyDefault = (items: Schema | undefined, name: string): unknown => {
  const field = items?.fields?.get(name);
  if (field === undefined) return undefined;
  const stated = field.default ?? field.schema.default;
  if (stated !== undefined) return stated;
  const zero = makeZero(field);
  return zero.kind === 'value' && zero.value !== null ? zero.value : undefined;
};

const byName = (left: ListKey, right: ListKey): number => (left.name < right.name ? -1 : 1);

class Lists implements ListType {
  readonly atomic: boolean;
  readonly keys: readonly ListKey[];
  readonly sortedKeys: readonly ListKey[];
  readonly #schema: Schema | undefined;
  readonly #open: boolean;
  #items: FieldType | undefined;

  constructor(schema: Schema, field: Field | undefined, open: boolean) {
    const { listType } = schema;
    const merges = listType === undefined && field?.patchStrategy?.includes('merge') === true;
    const names = merges
      ? field.patchMergeKey === undefined
        ? []
        : [field.patchMergeKey]
      : (schema.listMapKeys ?? []);
    this.atomic = !(merges || listType === 'set' || listType === 'map');
    this.keys = names.map((name) => ({
      name,
      label: `${JSON.stringify(name)}:`,
      default: keyDefault(schema.items, name),
    }));
    this.sortedKeys = [...this.keys].sort(byName);
    this.#schema = schema.items;
    this.#open = open;
  }

  get items(): FieldType {
    this.#items ??=
      this.#schema === undefined ? deducedType : typeWithin(this.#schema, undefined, this.#open);
    return this.#items;
  }
}

class Members implements MapType {
  readonly atomic: boolean;
  readonly #schema: Schema;
  readonly #open: boolean;
  #fields: ReadonlyMap<string, MemberType> | undefined;
  #always: readonly MemberType[] | undefined;
  #items: FieldType | undefined;

  constructor(schema: Schema, open: boolean) {
    this.atomic = schema.mapType === 'atomic';
    this.#schema = schema;
    this.#open = open || schema.preserveUnknownFields === true;
  }

  get fields(): ReadonlyMap<string, MemberType> {
    if (this.#fields === undefined) {
      const entries = [...(this.#schema.fields?.values() ?? [])].map((field) => {
        const member: MemberType = {
          name: field.name,
          element: `f:${field.name}`,
          type: typeWithin(field.schema, field, this.#open),
          zero: makeZero(field),
          dropsZero: dropsZero(field),
        };
        return [field.name, member] as const;
      });
      this.#fields = new Map(entries);
    }
    return this.#fields;
  }

  get always(): readonly MemberType[] {
    this.#always ??= [...this.fields.values()].filter((member) => member.zero.kind !== 'absent');
    return this.#always;
  }

  get items(): FieldType | undefined {
    if (this.#items !== undefined) return this.#items;
    const { items, fields } = this.#schema;
    if (items !== undefined) this.#items = typeWithin(items, undefined, this.#open);
    else if (this.#open || fields === undefined || fields.size === 0) this.#items = deducedType;
    return this.#items;
  }
}

const types = new WeakMap<Schema, FieldType>();
const openTypes = new WeakMap<Schema, FieldType>();

const makeType = (schema: Schema, field: Field | undefined, open: boolean): FieldType => {
  switch (schema.type) {
    case 'object':
    case 'map':
      return { map: new Members(schema, open) };
    case 'array':
      return schema.items === undefined ? ATOMIC_LIST : { list: new Lists(schema, field, open) };
    case 'any':
      return anyOf(schema);
    default:
      return scalarOf(schema);
  }
};

/** `open`: inside a node that keeps unknown fields, nodes below do so too. */
const typeWithin = (schema: Schema, field: Field | undefined, open: boolean): FieldType => {
  // A field's patch strategy belongs to the field: its list may not be shared with other fields of the node.
  if (field?.patchStrategy !== undefined && schema.listType === undefined)
    return makeType(schema, field, open);
  const cache = open ? openTypes : types;
  const known = cache.get(schema);
  if (known !== undefined) return known;
  const type = makeType(schema, field, open);
  cache.set(schema, type);
  return type;
};

/** The type of a schema node; the same for the same node. */
export const fieldTypeOf = (schema: Schema): FieldType => typeWithin(schema, undefined, false);
