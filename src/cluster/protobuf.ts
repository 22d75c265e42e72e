import { schemaOfKind } from '../kinds/schema-facts.ts';
import { parseGroupVersion } from '../machinery/names.ts';
import { decodeProtobuf, encodeProtobuf, encodeWatchFrame, readEnvelope } from '../machinery/protobuf.ts';
import type { Schema } from '../machinery/schema.ts';
import { badRequest } from '../machinery/status.ts';

type Typed = Readonly<Record<string, unknown>>;

const schemaFor = (apiVersion: string, kind: string): Schema | undefined => {
  const gv = parseGroupVersion(apiVersion);
  return gv === undefined ? undefined : schemaOfKind(gv.group, gv.version, kind);
};

/** Bytes of an object with its envelope; `undefined` for types that have no protobuf form (custom ones). */
const encode = (object: object): Uint8Array | undefined => {
  const typed = object as Typed;
  const schema = schemaFor(String(typed['apiVersion'] ?? ''), String(typed['kind'] ?? ''));
  return schema === undefined ? undefined : encodeProtobuf(typed, schema);
};

/** The object in a protobuf body. Throws 400 for bytes that are no object of a known type. */
const decode = (body: Uint8Array): unknown => {
  const envelope = readEnvelope(body);
  if (!envelope.ok) throw badRequest(envelope.error);
  const { apiVersion, kind } = envelope.value;
  const schema = schemaFor(apiVersion, kind);
  if (schema === undefined) {
    throw badRequest(`no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)}`);
  }
  const decoded = decodeProtobuf(envelope.value, schema);
  if (!decoded.ok) throw badRequest(decoded.error);
  return { ...decoded.value, apiVersion, kind };
};

/** Protobuf for the api layer: the codec over the built-in types. */
export const protobufCodec = {
  encode,
  decode,
  encodeEvent: (type: string, object: object): Uint8Array | undefined => {
    const bytes = encode(object);
    return bytes === undefined ? undefined : encodeWatchFrame(type, bytes);
  },
} as const;
