/** Kubernetes' protobuf at the edges of the api: bodies in, answers and watch frames out. */

import { schemaOfKind } from '../kinds/schema-facts.ts';
import { parseGroupVersion } from '../machinery/names.ts';
import {
  decodeProtobuf,
  encodeProtobuf,
  encodeProtobufList,
  encodeWatchFrame,
  readEnvelope,
} from '../machinery/protobuf.ts';
import { bad, type Result } from '../machinery/result.ts';
import type { Schema } from '../machinery/schema.ts';

interface Typed {
  readonly apiVersion?: string;
  readonly kind?: string;
}

const schemaOf = ({ apiVersion = '', kind = '' }: Typed): Schema | undefined => {
  const gv = parseGroupVersion(apiVersion);
  return gv && schemaOfKind(gv.group, gv.version, kind);
};

/** An object with kind and apiVersion as protobuf; `undefined` when its type has no protobuf form. */
export const toProtobuf = (object: object): Uint8Array | undefined => {
  const schema = schemaOf(object as Typed);
  return schema && encodeProtobuf(object as Readonly<Record<string, unknown>>, schema);
};

/** A list as protobuf; `undefined` when its type has no protobuf form. */
export const toProtobufList = (list: Parameters<typeof encodeProtobufList>[0]): Uint8Array | undefined => {
  const fields = schemaOf(list)?.fields;
  const item = fields?.get('items')?.schema.items;
  const metadata = fields?.get('metadata')?.schema;
  if (item === undefined || metadata === undefined) return undefined;
  return encodeProtobufList(list, { item, metadata });
};

/** A watch frame around an object; `undefined` when its type has no protobuf form. */
export const toProtobufFrame = (type: string, object: object): Uint8Array | undefined => {
  const bytes = toProtobuf(object);
  return bytes && encodeWatchFrame(type, bytes);
};

/**
 * The JSON value a protobuf body stands for, with apiVersion and kind as the envelope has them. An envelope that
 * names no kind is read as `expected`. Refusals are upstream's texts.
 */
export const fromProtobuf = (body: Uint8Array, expected: Schema | undefined): Result<unknown> => {
  const envelope = readEnvelope(body);
  if (!envelope.ok) return envelope;
  const { apiVersion, kind } = envelope.value;
  const schema = schemaOf({ apiVersion, kind }) ?? expected;
  if (schema === undefined)
    return bad(`no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)}`);
  return decodeProtobuf(envelope.value, schema);
};
