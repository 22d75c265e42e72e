/**
 * The shapes of all built-in types as linked `Schema` nodes, read on demand from the generated facts.
 *
 * The table (`generated/facts.ts`) holds one line a type: options, then fields, separated by `|`. Options are
 * `kind` or `list` for types with apiVersion and kind, and `atomic`. A field is `name type number flags` and
 * further `x=` parts:
 * - type: a scalar, `[]item`, `{}value` (map), `w[]item` (list in a protobuf message of its own), `@Enum`,
 *   `%Name` (a string type), or a type of the same package, or `package.Type`;
 * - number: the protobuf number or `-`;
 * - flags: `-` never omitted, `e` omitted when empty, `z` omitted when zero; `!` required; `*` pointer;
 * - `w=` numbers and names of embedded structs; `p=` patch strategies; `k=` patch merge key; `l=` list type and keys;
 *   `m=` map type; `d=` default as JSON.
 */
import type { Field, Schema, SchemaFormat, Wrapper } from '../machinery/schema.ts';
import { facts } from './generated/facts.ts';

/** The generated table. */
export interface FactsTable {
  readonly packages: Readonly<
    Record<string, { readonly prefix: string; readonly group: string; readonly version: string }>
  >;
  readonly types: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly enums: Readonly<Record<string, readonly string[]>>;
}

/** A built-in type with apiVersion and kind. */
export interface BuiltInKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  /** Definition name, e.g. `io.k8s.api.core.v1.Pod`. */
  readonly definition: string;
  readonly isList: boolean;
}

const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1';
const apiextensions = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1';

const scalars: Readonly<Record<string, Schema>> = {
  string: { type: 'string' },
  bool: { type: 'boolean' },
  int32: { type: 'integer', format: 'int32' },
  int64: { type: 'integer', format: 'int64' },
  double: { type: 'number', format: 'double' },
  bytes: { type: 'string', format: 'byte' },
  any: { type: 'any' },
  time: { type: 'string', format: 'date-time', name: `${meta}.Time` },
  'micro-time': { type: 'string', format: 'micro-time', name: `${meta}.MicroTime` },
  duration: { type: 'string', format: 'duration', name: `${meta}.Duration` },
  fields: { type: 'any', format: 'fields-v1', name: `${meta}.FieldsV1` },
  quantity: {
    type: 'string',
    format: 'quantity',
    name: 'io.k8s.apimachinery.pkg.api.resource.Quantity',
  },
  'int-or-string': {
    type: 'string',
    format: 'int-or-string',
    name: 'io.k8s.apimachinery.pkg.util.intstr.IntOrString',
  },
  raw: { type: 'any', format: 'raw', name: 'io.k8s.apimachinery.pkg.runtime.RawExtension' },
  json: { type: 'any', format: 'raw', name: `${apiextensions}.JSON` },
};

const unions: Readonly<Record<string, { readonly format: SchemaFormat; readonly name: string }>> = {
  'schema-or-bool': { format: 'schema-or-bool', name: `${apiextensions}.JSONSchemaPropsOrBool` },
  'schema-or-array': { format: 'schema-or-array', name: `${apiextensions}.JSONSchemaPropsOrArray` },
  'schema-or-strings': {
    format: 'schema-or-strings',
    name: `${apiextensions}.JSONSchemaPropsOrStringArray`,
  },
};

interface Reader {
  definition(name: string): Schema | undefined;
  schemaOfKind(group: string, version: string, kind: string): Schema | undefined;
  kinds(): readonly BuiltInKind[];
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

const omits = { '-': 'never', e: 'empty', z: 'zero' } as const;

const readWrapper = (text: string): Wrapper => {
  const [number, name = ''] = text.split(':');
  return { number: Number(number), name };
};

const strategies = (text: string): Field['patchStrategy'] =>
  text
    .split(',')
    .map((name) => (name === 'retainKeys' ? 'retainKeys' : name === 'replace' ? 'replace' : 'merge'));

/** A reader of one table. Nodes are built once and linked; types may refer to themselves. */
export const makeFactsReader = (table: FactsTable): Reader => {
  const built = new Map<string, Schema>();

  const typeNamed = (short: string, name: string): Schema => {
    const key = `${short}.${name}`;
    const known = built.get(key);
    if (known) return known;
    const text = table.types[short]?.[name];
    const owner = table.packages[short];
    if (text === undefined || owner === undefined) throw new Error(`schema facts: no type ${key}`);
    const [options = '', ...lines] = text.split('|');
    const fields = new Map<string, Field>();
    const schema: Schema = {
      type: 'object',
      name: `${owner.prefix}.${name}`,
      fields,
      ...(options.includes('atomic') ? { mapType: 'atomic' } : {}),
    };
    built.set(key, schema);
    for (const line of lines) {
      const field = readField(short, line);
      fields.set(field.name, field);
    }
    return schema;
  };

  const readType = (short: string, text: string): Schema => {
    const scalar = scalars[text];
    if (scalar) return scalar;
    if (text.startsWith('[]')) return { type: 'array', items: readType(short, text.slice(2)) };
    if (text.startsWith('w[]'))
      return { type: 'array', items: readType(short, text.slice(3)), wrapped: true };
    if (text.startsWith('{}')) return { type: 'map', items: readType(short, text.slice(2)) };
    const union = unions[text];
    if (union) return { type: 'any', ...union, items: typeNamed('apiextensions.v1', 'JSONSchemaProps') };
    const name = /^[@%]/.test(text) ? text.slice(1) : text;
    const dot = name.lastIndexOf('.');
    const owner = dot < 0 ? short : name.slice(0, dot);
    const own = name.slice(dot + 1);
    if (name === text) return typeNamed(owner, own);
    const goType = `${owner === 'types' ? owner : (table.packages[owner]?.version ?? owner)}.${own}`;
    if (text.startsWith('%')) return { type: 'string', goType };
    return { type: 'string', goType, enum: table.enums[`${owner}.${own}`] ?? [] };
  };

  const readField = (short: string, line: string): Field => {
    const [name = '', type = '', number = '-', flags = '-', ...parts] = line.split(' ');
    let schema: Mutable<Schema> = readType(short, type);
    const field: Mutable<Field> = {
      name,
      schema,
      omit: omits[flags.charAt(0) as keyof typeof omits],
      pointer: flags.includes('*'),
    };
    if (flags.includes('!')) field.required = true;
    if (number !== '-') field.number = Number(number);
    for (const part of parts) {
      const value = part.slice(2);
      if (part.startsWith('w=')) field.wrappers = value.split(',').map(readWrapper);
      else if (part.startsWith('p=')) field.patchStrategy = strategies(value);
      else if (part.startsWith('k=')) field.patchMergeKey = value;
      else if (part.startsWith('d=')) field.default = JSON.parse(value);
      else if (part.startsWith('l=')) {
        const [listType, ...keys] = value.split(',');
        schema = { ...schema, listType: listType as 'atomic' | 'set' | 'map' };
        if (keys.length > 0) schema.listMapKeys = keys;
      } else if (part.startsWith('m=')) schema = { ...schema, mapType: value as 'atomic' | 'granular' };
    }
    field.schema = schema;
    return field;
  };

  const shortOf = new Map(
    Object.entries(table.packages).map(([short, entry]) => [`${entry.group}/${entry.version}`, short]),
  );
  const shortByPrefix = new Map(
    Object.entries(table.packages).map(([short, entry]) => [entry.prefix, short]),
  );
  const leaves = new Map(Object.values(scalars).map((schema) => [schema.name, schema]));
  const hasKind = (short: string, kind: string): boolean => {
    const types = table.types[short];
    // Names come from bodies: `__proto__` must not find anything.
    const text = types !== undefined && Object.hasOwn(types, kind) ? types[kind] : undefined;
    return text !== undefined && (text.startsWith('kind') || text.startsWith('list'));
  };

  return {
    definition: (name) => {
      const leaf = leaves.get(name);
      if (leaf) return leaf;
      const dot = name.lastIndexOf('.');
      const short = shortByPrefix.get(name.slice(0, dot));
      const own = name.slice(dot + 1);
      if (short === undefined) return undefined;
      const union = Object.keys(unions).find((key) => unions[key]?.name === name);
      if (union) return readType(short, union);
      return table.types[short]?.[own] === undefined ? undefined : typeNamed(short, own);
    },
    schemaOfKind: (group, version, kind) => {
      const short = shortOf.get(`${group}/${version}`);
      if (short !== undefined && hasKind(short, kind)) return typeNamed(short, kind);
      return hasKind('meta.v1', kind) ? typeNamed('meta.v1', kind) : undefined;
    },
    kinds: () =>
      Object.entries(table.types).flatMap(([short, types]) => {
        const { prefix, group, version } = table.packages[short] ?? { prefix: '', group: '', version: '' };
        return Object.keys(types)
          .filter((kind) => hasKind(short, kind))
          .map((kind) => ({
            group,
            version,
            kind,
            definition: `${prefix}.${kind}`,
            isList: types[kind]?.startsWith('list') === true,
          }));
      }),
  };
};

let reader: Reader | undefined;
const builtIn = (): Reader => (reader ??= makeFactsReader(facts));

/**
 * The node of a built-in type by its OpenAPI name (`io.k8s.api.core.v1.PodSpec`); `undefined` when unknown.
 * Always the same node for one name.
 */
export const definition = (name: string): Schema | undefined => builtIn().definition(name);

/**
 * The node of a built-in kind. Kinds of meta/v1 (Status, DeleteOptions, Table, ...) belong to every group and
 * version, as upstream registers them; `undefined` when there is no such kind.
 */
export const schemaOfKind = (group: string, version: string, kind: string): Schema | undefined =>
  builtIn().schemaOfKind(group, version, kind);

/** Every built-in type with apiVersion and kind, lists included, in the order of the facts. */
export const builtInKinds = (): readonly BuiltInKind[] => builtIn().kinds();
