/**
 * `/openapi/v2` in the protobuf form that older kubectl insists on: gnostic's `openapi.v2.Document`, whose
 * messages are written down here as tables of field numbers.
 */

import { BYTES, VARINT, WireWriter } from '../machinery/protobuf-wire.ts';

type Value = Readonly<Record<string, unknown>>;

/**
 * How a member is written: `text`, `flag`, `any` (YAML text), a message, or lists and maps of these. Unknown members
 * that start with `x-` go to the message's `extensions`.
 */
type Kind =
  | 'text'
  | 'flag'
  | 'any'
  | { readonly message: string }
  | { readonly list: 'text' | 'any' | { readonly message: string } }
  | { readonly named: string; readonly number: number };

interface Message {
  readonly fields: Readonly<Record<string, readonly [number: number, kind: Kind]>>;
  readonly extensions?: number;
}

const of = (message: string): Kind => ({ message });
const text: Kind = 'text';
const texts: Kind = { list: 'text' };

const MESSAGES: Readonly<Record<string, Message>> = {
  Document: {
    fields: {
      swagger: [1, text],
      info: [2, of('Info')],
      paths: [8, { named: 'PathItem', number: 2 }],
      definitions: [9, { named: 'Schema', number: 1 }],
    },
  },
  Info: { fields: { title: [1, text], version: [2, text] } },
  PathItem: {
    fields: {
      get: [2, of('Operation')],
      put: [3, of('Operation')],
      post: [4, of('Operation')],
      delete: [5, of('Operation')],
      patch: [8, of('Operation')],
      parameters: [9, { list: { message: 'ParametersItem' } }],
    },
    extensions: 10,
  },
  Operation: {
    fields: {
      tags: [1, texts],
      operationId: [5, text],
      produces: [6, texts],
      consumes: [7, texts],
      parameters: [8, { list: { message: 'ParametersItem' } }],
      responses: [9, { named: 'ResponseValue', number: 1 }],
      schemes: [10, texts],
    },
    extensions: 13,
  },
  ResponseValue: { fields: { response: [1, of('Response')] } },
  Response: { fields: { description: [1, text], schema: [2, of('SchemaItem')] } },
  SchemaItem: { fields: { schema: [1, of('Schema')] } },
  ParametersItem: { fields: { parameter: [1, of('Parameter')] } },
  Parameter: { fields: { body: [1, of('BodyParameter')], other: [2, of('NonBodyParameter')] } },
  NonBodyParameter: { fields: { query: [3, of('QueryParameter')], path: [4, of('PathParameter')] } },
  BodyParameter: {
    fields: { name: [2, text], in: [3, text], required: [4, 'flag'], schema: [5, of('Schema')] },
  },
  QueryParameter: {
    fields: { in: [2, text], name: [4, text], type: [6, text], uniqueItems: [20, 'flag'] },
  },
  PathParameter: {
    fields: {
      required: [1, 'flag'],
      in: [2, text],
      name: [4, text],
      type: [5, text],
      uniqueItems: [19, 'flag'],
    },
  },
  Schema: {
    fields: {
      $ref: [1, text],
      format: [2, text],
      description: [4, text],
      default: [5, 'any'],
      pattern: [13, text],
      required: [19, texts],
      enum: [20, { list: 'any' }],
      additionalProperties: [21, of('AdditionalProperties')],
      type: [22, of('TypeItem')],
      items: [23, of('ItemsItem')],
      allOf: [24, { list: { message: 'Schema' } }],
      properties: [25, { named: 'Schema', number: 1 }],
    },
    extensions: 31,
  },
  AdditionalProperties: { fields: { schema: [1, of('Schema')], boolean: [2, 'flag'] } },
  TypeItem: { fields: { value: [1, texts] } },
  ItemsItem: { fields: { schema: [1, of('Schema')] } },
};

/** Members whose message wraps what JSON has in its place. */
const wrap = (message: string, value: unknown): Value => {
  switch (message) {
    case 'ResponseValue':
      return { response: value };
    case 'SchemaItem':
    case 'ItemsItem':
      return { schema: value };
    case 'TypeItem':
      return { value: [value] };
    case 'AdditionalProperties':
      return typeof value === 'boolean' ? { boolean: value } : { schema: value };
    case 'ParametersItem': {
      const parameter = value as Value;
      const place = parameter['in'];
      if (place === 'body') return { parameter: { body: parameter } };
      return { parameter: { other: { [place === 'path' ? 'path' : 'query']: parameter } } };
    }
    default:
      return value as Value;
  }
};

const writeText = (writer: WireWriter, number: number, value: string): void => {
  writer.tag(number, BYTES);
  writer.text(value);
};

const inside = (writer: WireWriter, number: number, write: () => void): void => {
  writer.tag(number, BYTES);
  const mark = writer.open();
  write();
  writer.close(mark);
};

/** JSON is YAML, which is what the reader expects here. */
const writeAny = (writer: WireWriter, number: number, value: unknown): void =>
  inside(writer, number, () => writeText(writer, 2, JSON.stringify(value)));

const writeMember = (writer: WireWriter, number: number, kind: Kind, value: unknown): void => {
  if (kind === 'text') writeText(writer, number, String(value));
  else if (kind === 'any') writeAny(writer, number, value);
  else if (kind === 'flag') {
    writer.tag(number, VARINT);
    writer.varint(value === true ? 1 : 0);
  } else if ('message' in kind)
    inside(writer, number, () => writeMessage(writer, kind.message, wrap(kind.message, value)));
  else if ('list' in kind)
    for (const item of value as readonly unknown[]) writeMember(writer, number, kind.list, item);
  else
    inside(writer, number, () => {
      for (const [name, item] of Object.entries(value as Value))
        inside(writer, kind.number, () => {
          writeText(writer, 1, name);
          inside(writer, 2, () => writeMessage(writer, kind.named, wrap(kind.named, item)));
        });
    });
};

const writeMessage = (writer: WireWriter, name: string, value: Value): void => {
  const message = MESSAGES[name];
  if (message === undefined) throw new Error(`no OpenAPI message ${name}`);
  for (const [member, item] of Object.entries(value)) {
    const field = message.fields[member];
    if (field) writeMember(writer, field[0], field[1], item);
    else if (message.extensions !== undefined && member.startsWith('x-'))
      inside(writer, message.extensions, () => {
        writeText(writer, 1, member);
        writeAny(writer, 2, item);
      });
  }
};

/** The protobuf form of a version 2 document made by `openapi.ts`; members it never uses are not written. */
export const encodeOpenApiV2 = (document: Value): Uint8Array => {
  const writer = new WireWriter();
  writeMessage(writer, 'Document', document);
  return writer.finish();
};
