/**
 * Kubernetes' protobuf media type (`application/vnd.kubernetes.protobuf`): four magic bytes, then a
 * runtime.Unknown with apiVersion, kind and the object's own message.
 */
import type { Draft } from './object.ts';
import { decodeStruct } from './protobuf-decode.ts';
import { encodeStruct } from './protobuf-encode.ts';
import { BYTES, WireError, WireReader, WireWriter } from './protobuf-wire.ts';
import { bad, good, type Result } from './result.ts';
import type { Schema } from './schema.ts';

const MAGIC = Uint8Array.of(0x6b, 0x38, 0x73, 0);

/** What the envelope says, and the message inside it. */
export interface ProtobufEnvelope {
  readonly apiVersion: string;
  readonly kind: string;
  readonly message: Uint8Array;
}

const guarded = <T>(read: () => T): Result<T> => {
  try {
    return good(read());
  } catch (error) {
    if (error instanceof WireError) return bad(error.message);
    throw error;
  }
};

/** Opens an envelope; the error tells what is wrong with the bytes. */
export const readEnvelope = (bytes: Uint8Array): Result<ProtobufEnvelope> => {
  if (bytes.length < MAGIC.length || MAGIC.some((byte, at) => bytes[at] !== byte))
    return bad('provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]');
  return guarded(() => {
    const envelope = { apiVersion: '', kind: '', message: new Uint8Array() };
    const reader = new WireReader(bytes, MAGIC.length);
    while (reader.more()) {
      const tag = reader.size();
      if (tag === 0x0a) {
        const meta = reader.message();
        while (meta.more()) {
          const inner = meta.size();
          if (inner === 0x0a) envelope.apiVersion = meta.text();
          else if (inner === 0x12) envelope.kind = meta.text();
          else meta.skip(inner & 7);
        }
      } else if (tag === 0x12) envelope.message = Uint8Array.from(reader.raw());
      else reader.skip(tag & 7);
    }
    return envelope;
  });
};

/**
 * The draft of an enveloped object, in the form JSON decoding gives. Fields of unknown numbers are passed over, as
 * upstream does: protobuf has no strict mode.
 */
export const decodeProtobuf = (envelope: ProtobufEnvelope, schema: Schema): Result<Draft> =>
  guarded(() => {
    const { apiVersion, kind } = envelope;
    const message = decodeStruct(new WireReader(envelope.message), schema);
    const head: Draft = {};
    if (schema.fields?.has('kind') && kind !== '') head['kind'] = kind;
    if (schema.fields?.has('apiVersion') && apiVersion !== '') head['apiVersion'] = apiVersion;
    return Object.assign(head, message);
  });

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/** Opens an envelope around a message of a type; `write` writes the message. */
const enveloped = (apiVersion: string, kind: string, write: (writer: WireWriter) => void): Uint8Array => {
  const writer = new WireWriter();
  writer.append(MAGIC);
  writer.tag(1, BYTES);
  const meta = writer.open();
  writer.tag(1, BYTES);
  writer.text(apiVersion);
  writer.tag(2, BYTES);
  writer.text(kind);
  writer.close(meta);
  writer.tag(2, BYTES);
  const message = writer.open();
  write(writer);
  writer.close(message);
  writer.tag(3, BYTES);
  writer.text('');
  writer.tag(4, BYTES);
  writer.text('');
  return writer.finish();
};

/** An object with its envelope. `apiVersion` and `kind` are the object's own. */
export const encodeProtobuf = (object: Readonly<Record<string, unknown>>, schema: Schema): Uint8Array =>
  enveloped(text(object['apiVersion']), text(object['kind']), (writer) =>
    encodeStruct(object, schema, writer),
  );

/** Messages of frozen objects, for as long as somebody holds the object. */
const messages = new WeakMap<Schema, WeakMap<object, Uint8Array>>();

const messagesOf = (schema: Schema): WeakMap<object, Uint8Array> => {
  const known = messages.get(schema) ?? new WeakMap<object, Uint8Array>();
  messages.set(schema, known);
  return known;
};

const METADATA = 1;
const ITEMS = 2;

/**
 * A list of objects of one type with its envelope. What is frozen is encoded once: rows that the store's cache holds
 * cost a copy the next time.
 */
export const encodeProtobufList = (
  list: {
    readonly apiVersion: string;
    readonly kind: string;
    readonly metadata: Readonly<Record<string, unknown>>;
    readonly items: readonly object[];
  },
  schemas: { readonly metadata: Schema; readonly item: Schema },
): Uint8Array =>
  enveloped(list.apiVersion, list.kind, (writer) => {
    writer.tag(METADATA, BYTES);
    const metadata = writer.open();
    encodeStruct(list.metadata, schemas.metadata, writer);
    writer.close(metadata);
    const known = messagesOf(schemas.item);
    const scratch = new WireWriter();
    for (const item of list.items) {
      let message = known.get(item);
      if (message === undefined) {
        encodeStruct(item as Readonly<Record<string, unknown>>, schemas.item, scratch);
        message = scratch.finish();
        if (Object.isFrozen(item)) known.set(item, message);
      }
      writer.tag(ITEMS, BYTES);
      writer.raw(message);
    }
  });

/** A frame of a protobuf watch: a length in four big-endian bytes, then a bare WatchEvent around the object. */
export const encodeWatchFrame = (type: string, object: Uint8Array): Uint8Array => {
  const writer = new WireWriter();
  writer.append(new Uint8Array(4));
  writer.tag(1, BYTES);
  writer.text(type);
  writer.tag(2, BYTES);
  const raw = writer.open();
  writer.tag(1, BYTES);
  writer.raw(object);
  writer.close(raw);
  const frame = writer.finish();
  new DataView(frame.buffer).setUint32(0, frame.length - 4);
  return frame;
};
