/** Types of expressions from schema nodes, for checking policies against the kinds they judge. */

import type { Schema } from '../schema.ts';
import {
  BOOL,
  BYTES,
  type CelType,
  DOUBLE,
  DYN,
  INT,
  listOf,
  mapOf,
  type ObjectField,
  STRING,
  TIMESTAMP,
} from './types.ts';

const made = new WeakMap<Schema, CelType>();

const textType = (schema: Schema): CelType => {
  switch (schema.format) {
    case 'date-time':
    case 'micro-time':
      return TIMESTAMP;
    case 'byte':
      return BYTES;
    case 'int-or-string':
      return DYN;
    default:
      return STRING;
  }
};

const objectType = (schema: Schema): CelType => {
  const known = new Map<string, ObjectField>();
  return {
    of: 'object',
    name: schema.name ?? 'object',
    field: (name) => {
      const found = known.get(name);
      if (found !== undefined) return found;
      const field = schema.fields?.get(name);
      if (field === undefined) return undefined;
      const made_ = { type: celTypeOfSchema(field.schema), jsonName: name };
      known.set(name, made_);
      return made_;
    },
  };
};

const convert = (schema: Schema): CelType => {
  switch (schema.type) {
    case 'object':
      return objectType(schema);
    case 'map':
      return mapOf(STRING, schema.items === undefined ? DYN : celTypeOfSchema(schema.items));
    case 'array':
      return listOf(schema.items === undefined ? DYN : celTypeOfSchema(schema.items));
    case 'string':
      return textType(schema);
    case 'integer':
      return INT;
    case 'number':
      return DOUBLE;
    case 'boolean':
      return BOOL;
    case 'any':
      return DYN;
    default:
      return schema.type satisfies never;
  }
};

/** The type of values of a node; the same for the same node. */
export const celTypeOfSchema = (schema: Schema): CelType => {
  const known = made.get(schema);
  if (known !== undefined) return known;
  const type = convert(schema);
  made.set(schema, type);
  return type;
};
