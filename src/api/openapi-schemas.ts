/** Schema nodes as OpenAPI schema objects, for both versions of the document. */

import type { Descriptions } from '../machinery/descriptions.ts';
import type { Field, Schema } from '../machinery/schema.ts';
import { makeZero } from '../machinery/zero.ts';

/** A part of a document under construction. */
export type Json = { [name: string]: unknown };

/** 3 is `/openapi/v3`, 2 is `/openapi/v2` (Swagger). */
export type OpenApiVersion = 2 | 3;

/** Collects the definitions a document refers to, each once. */
export interface SchemaPrinter {
  /** A reference to a named node; the definition is noted. */
  reference(schema: Schema): Json;
  /** A reference to a definition that is written down elsewhere. */
  referenceTo(name: string): Json;
  /** The whole of an unnamed node. */
  inline(schema: Schema): Json;
  /** Definitions of everything referred to so far, sorted by name. */
  definitions(): Json;
}

/** Where references point. */
export const referencePrefix = (version: OpenApiVersion): string =>
  version === 3 ? '#/components/schemas/' : '#/definitions/';

/** What a named leaf looks like; it has no fields. */
const leafBody = (schema: Schema, version: OpenApiVersion): Json => {
  switch (schema.format) {
    case 'date-time':
    case 'micro-time':
      return { type: 'string', format: 'date-time' };
    case 'int-or-string':
      return version === 3
        ? { oneOf: [{ type: 'integer' }, { type: 'string' }], format: 'int-or-string' }
        : { type: 'string', format: 'int-or-string' };
    case 'quantity':
      return version === 3 ? { oneOf: [{ type: 'string' }, { type: 'number' }] } : { type: 'string' };
    case 'duration':
      return { type: 'string' };
    case 'fields-v1':
      return { type: 'object' };
    case 'raw':
      return schema.name?.endsWith('RawExtension') === true ? { type: 'object' } : {};
    default:
      return {};
  }
};

const patchExtensions = (field: Field): Json => ({
  ...(field.patchMergeKey === undefined ? {} : { 'x-kubernetes-patch-merge-key': field.patchMergeKey }),
  ...(field.patchStrategy === undefined
    ? {}
    : { 'x-kubernetes-patch-strategy': field.patchStrategy.join(',') }),
});

const listExtensions = (schema: Schema): Json => ({
  ...(schema.listType === undefined ? {} : { 'x-kubernetes-list-type': schema.listType }),
  ...(schema.listMapKeys === undefined ? {} : { 'x-kubernetes-list-map-keys': schema.listMapKeys }),
});

/** A field's default: its own, or the zero that Go prints for it. Leaves print theirs without saying so. */
const defaultOf = (field: Field): Json => {
  if (field.default !== undefined) return { default: field.default };
  if (field.schema.default !== undefined) return { default: field.schema.default };
  const zero = makeZero(field);
  if (zero.kind === 'struct') return { default: {} };
  const isPlain = field.schema.name === undefined && field.schema.format !== 'byte';
  return zero.kind === 'value' && zero.value !== null && isPlain ? { default: zero.value } : {};
};

/** A printer for one document. `kindsOf` names the kinds a definition stands for. */
export const makeSchemaPrinter = (
  version: OpenApiVersion,
  descriptions: Descriptions,
  kindsOf: (definition: string) => readonly Json[],
): SchemaPrinter => {
  const wanted = new Map<string, Schema>();
  const written = new Map<string, Json>();

  const referenceTo = (name: string): Json => ({ $ref: `${referencePrefix(version)}${name}` });
  const reference = (schema: Schema): Json => {
    const name = schema.name ?? '';
    if (!written.has(name) && !wanted.has(name)) wanted.set(name, schema);
    return referenceTo(name);
  };

  /** A reference with something beside it. */
  const extended = (body: Json, extras: Json): Json => {
    if (Object.keys(extras).length === 0) return body;
    return version === 3 && body['$ref'] !== undefined
      ? { ...extras, allOf: [body] }
      : { ...body, ...extras };
  };

  const item = (schema: Schema): Json => {
    const body = print(schema);
    if (version === 2) return body;
    const fallback = schema.default ?? zeroItem(schema);
    return fallback === undefined ? body : extended(body, { default: fallback });
  };

  const print = (schema: Schema): Json => (schema.name === undefined ? inline(schema) : reference(schema));

  const inline = (schema: Schema): Json => {
    switch (schema.type) {
      case 'object':
        return object(schema);
      case 'map':
        return { type: 'object', ...(schema.items ? { additionalProperties: item(schema.items) } : {}) };
      case 'array':
        return {
          type: 'array',
          ...(schema.items ? { items: item(schema.items) } : {}),
          ...listExtensions(schema),
        };
      case 'any':
        return {};
      default:
        return {
          ...(schema.format === 'int-or-string'
            ? leafBody(schema, version)
            : { type: schema.type, ...(schema.format === undefined ? {} : { format: schema.format }) }),
          ...(schema.enum === undefined ? {} : { enum: schema.enum }),
          ...(schema.nullable === true && version === 3 ? { nullable: true } : {}),
        };
    }
  };

  const object = (schema: Schema): Json => {
    const fields = [...(schema.fields?.values() ?? [])];
    const prose = schema.name === undefined ? undefined : descriptions[schema.name];
    const required = fields.filter((field) => field.required === true).map((field) => field.name);
    const properties: Json = {};
    for (const field of fields.sort((a, b) => (a.name < b.name ? -1 : 1)))
      properties[field.name] = property(
        field,
        schema.name,
        prose?.[1][field.name] ?? aboutType(field.schema),
      );
    const kinds = schema.name === undefined ? [] : kindsOf(schema.name);
    return {
      ...(prose === undefined || prose[0] === '' ? {} : { description: prose[0] }),
      type: 'object',
      ...(required.length === 0 ? {} : { required }),
      ...(fields.length === 0 ? {} : { properties }),
      ...(schema.items === undefined ? {} : { additionalProperties: item(schema.items) }),
      ...(kinds.length === 0 ? {} : { 'x-kubernetes-group-version-kind': kinds }),
      ...(schema.mapType === undefined ? {} : { 'x-kubernetes-map-type': schema.mapType }),
      ...(schema.preserveUnknownFields === true ? { 'x-kubernetes-preserve-unknown-fields': true } : {}),
      ...(schema.embeddedResource === true ? { 'x-kubernetes-embedded-resource': true } : {}),
      ...(schema.nullable === true && version === 3 ? { nullable: true } : {}),
    };
  };

  const property = (field: Field, owner: string | undefined, description: string | undefined): Json => {
    const { schema } = field;
    // A map type of the field's own, not of the type it refers to.
    const mapType = schema.type === 'map' && schema.mapType !== undefined ? schema.mapType : undefined;
    return extended(print(schema), {
      ...(description === undefined ? {} : { description }),
      ...(version === 3 && owner !== undefined ? defaultOf(field) : explicitDefault(field)),
      ...(mapType === undefined ? {} : { 'x-kubernetes-map-type': mapType }),
      ...patchExtensions(field),
    });
  };

  /** Fields of a named type have no prose of their own in the source: they get the start of the type's. */
  const aboutType = (schema: Schema): string | undefined => {
    const prose = schema.name === undefined ? undefined : descriptions[schema.name]?.[0];
    return prose === undefined || prose === '' ? undefined : /^.*?[.](?=\s|$)|^.*/s.exec(prose)?.[0];
  };

  const definitionOf = (schema: Schema): Json => {
    if (schema.type === 'object') return object(schema);
    const prose = descriptions[schema.name ?? ''];
    return { ...(prose === undefined ? {} : { description: prose[0] }), ...leafBody(schema, version) };
  };

  return {
    reference,
    referenceTo,
    inline,
    definitions: () => {
      for (const [name, schema] of wanted) {
        // Printing a definition may want further ones; a Map's iteration sees them.
        written.set(name, definitionOf(schema));
      }
      wanted.clear();
      return Object.fromEntries([...written].sort(([a], [b]) => (a < b ? -1 : 1)));
    },
  };
};

const explicitDefault = (field: Field): Json => {
  const value = field.default ?? field.schema.default;
  return value === undefined ? {} : { default: value };
};

const zeroItem = (schema: Schema): unknown => {
  if (schema.type === 'object') return schema.name === undefined ? undefined : {};
  if (schema.name !== undefined || schema.format === 'byte') return undefined;
  switch (schema.type) {
    case 'string':
      return '';
    case 'integer':
    case 'number':
      return 0;
    case 'boolean':
      return false;
    default:
      return undefined;
  }
};
