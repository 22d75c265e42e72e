/**
 * Structural schemas: the one description of a type's shape that defaulting, strict decoding, canonical
 * form, patches, server-side apply, protobuf and OpenAPI all read. Built-in types come from the generated
 * facts (`kinds/generated`), custom types from a CustomResourceDefinition; nothing downstream can tell.
 */

export type SchemaType = 'object' | 'map' | 'array' | 'string' | 'integer' | 'number' | 'boolean' | 'any';

/** Formats that change how a value is read or printed. */
export type SchemaFormat =
  | 'int32'
  | 'int64'
  | 'double'
  | 'byte'
  | 'date-time'
  | 'micro-time'
  | 'quantity'
  | 'int-or-string'
  | 'duration'
  | 'raw'
  | 'fields-v1'
  // JSON Schema's own unions, in CustomResourceDefinitions: `items` is the schema side of the union.
  | 'schema-or-bool'
  | 'schema-or-array'
  | 'schema-or-strings';

/**
 * One node. `object` has `fields` (and, for custom types, may also have `items` for additionalProperties);
 * `map` and `array` have `items`; `any` is opaque JSON. Nodes may be cyclic: never walk one without a value.
 */
export interface Schema {
  readonly type: SchemaType;
  readonly format?: SchemaFormat;
  /** OpenAPI definition name of a named type, e.g. `io.k8s.api.core.v1.PodSpec`. */
  readonly name?: string;
  /** Fields by JSON name, in wire order. */
  readonly fields?: ReadonlyMap<string, Field>;
  readonly items?: Schema;
  /** How server-side apply treats a list; absent means atomic. */
  readonly listType?: 'atomic' | 'set' | 'map';
  readonly listMapKeys?: readonly string[];
  /** Whether apply treats an object or a map as one value; absent means granular. */
  readonly mapType?: 'atomic' | 'granular';
  readonly nullable?: boolean;
  readonly enum?: readonly string[];
  /** Custom types only: x-kubernetes-preserve-unknown-fields and x-kubernetes-embedded-resource. */
  readonly preserveUnknownFields?: boolean;
  readonly embeddedResource?: boolean;
  /** Arrays only: protobuf wraps the list in a message of its own (`items` = 1), so that nil and empty differ. */
  readonly wrapped?: boolean;
  /** Strings only: the Go type's name where it is not `string`; shows in decoding errors only. */
  readonly goType?: string;
  /** Default of the node itself (custom types, list items); a built-in field's default sits on the field. */
  readonly default?: unknown;
}

/** A Go struct that JSON inlines into the one around it. */
export interface Wrapper {
  readonly number: number;
  readonly name: string;
}

/** One field of an object. */
export interface Field {
  readonly name: string;
  readonly schema: Schema;
  /** Protobuf field number; absent for custom types and for `kind` and `apiVersion`, which the envelope has. */
  readonly number?: number;
  /**
   * The embedded structs around the field, outermost first: JSON inlines such a Go struct (VolumeSource in
   * Volume), protobuf nests it under a number of its own. The name shows in decoding errors only.
   */
  readonly wrappers?: readonly Wrapper[];
  readonly required?: boolean;
  /**
   * What the upstream JSON encoder leaves out: `never` prints zero values (`""`, `0`, `null` lists, `{}`),
   * `empty` leaves out empty scalars, lists, maps and absent pointers but prints `{}` for an embedded struct,
   * `zero` also leaves out an embedded struct that is wholly zero.
   */
  readonly omit: 'never' | 'empty' | 'zero';
  /** True when an explicit zero (`0`, `false`, `""`, `{}`) differs from absence and is kept. */
  readonly pointer: boolean;
  readonly default?: unknown;
  readonly patchStrategy?: readonly ('merge' | 'replace' | 'retainKeys')[];
  readonly patchMergeKey?: string;
}
