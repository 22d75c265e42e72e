/** Bodies of requests: media types, JSON, YAML and protobuf, type meta, and the decoded draft. */

import { isCollection, isPair, isScalar, LineCounter, type Node, parseDocument, visit } from 'yaml';
import type { ServedVersion } from '../kinds/define.ts';
import { schemaOfKind } from '../kinds/schema-facts.ts';
import {
  type DecodedBody,
  decodeBody,
  decodeValue,
  readTypeMeta,
  unrecognizedBody,
} from '../machinery/decode.ts';
import { keepReset } from '../machinery/managed-entries.ts';
import { parseGroupVersion, printGroupVersion } from '../machinery/names.ts';
import type { Draft } from '../machinery/object.ts';
import type { Schema } from '../machinery/schema.ts';
import {
  badRequest,
  makeStatus,
  requestEntityTooLarge,
  StatusError,
  unsupportedMediaType,
} from '../machinery/status.ts';
import { parseJson } from '../machinery/strict-json.ts';
import type { CoreRequest } from './contract.ts';
import { type Encoding, MEDIA_TYPES } from './negotiate.ts';
import type { FieldValidation } from './options.ts';
import { fromProtobuf } from './protobuf.ts';
import { AliasCount } from './yaml-aliases.ts';
import { printGoSyntax, yamlRefusal } from './yaml-errors.ts';

/** Upstream's limit of a request body, in bytes. */
export const MAX_BODY_BYTES = 3 * 1024 * 1024;

/** Throws 413 for a body over the limit. */
export const checkBodySize = (request: CoreRequest): void => {
  if (request.body.length > MAX_BODY_BYTES) {
    throw requestEntityTooLarge(`Request entity too large: limit is ${MAX_BODY_BYTES}`);
  }
};

/** The media type without parameters, lower case; '' when absent. */
export const mediaTypeOf = (request: CoreRequest): string => {
  const header = request.headers['content-type'] ?? '';
  const semicolon = header.indexOf(';');
  return (semicolon < 0 ? header : header.slice(0, semicolon)).trim().toLowerCase();
};

const encodingOf = (mediaType: string): Encoding => {
  if (mediaType === '' || mediaType === MEDIA_TYPES.json) return 'json';
  if (mediaType === MEDIA_TYPES.yaml) return 'yaml';
  if (mediaType === MEDIA_TYPES.protobuf) return 'protobuf';
  throw unsupportedMediaType([MEDIA_TYPES.json, MEDIA_TYPES.yaml, MEDIA_TYPES.protobuf]);
};

const decoder = new TextDecoder('utf-8', { fatal: false, ignoreBOM: true });

/** A body as a JSON value; `text` is set when it was JSON text; `error` says why it is none, in Go's words. */
export interface ParsedBody {
  readonly value: unknown;
  readonly text?: string;
  readonly error?: string;
  /** Repeated keys of a YAML body, in Go's words. */
  readonly duplicates: readonly string[];
}

/**
 * Differs: larger texts must be JSON, which is YAML too (clients that apply large objects send JSON under YAML's name).
 * A megabyte of hostile YAML takes seconds to refuse; of JSON, milliseconds.
 */
const YAML_LIMIT = 1024 * 1024;

/** As much of a key that is no text as a refusal shows. */
const SHOWN_KEY = 1000;

const parseLargeYaml = (text: string): ParsedBody => {
  const parsed = parseJson(text);
  if (parsed.ok) return { value: parsed.value, duplicates: [] };
  const error = `yaml: document is larger than ${YAML_LIMIT} bytes and not JSON`;
  return { value: undefined, error, duplicates: [] };
};

/** YAML 1.1 as the API reads it: no timestamps, no sexagesimals, string keys. */
export const parseYaml = (text: string): ParsedBody => {
  if (text.length > YAML_LIMIT) return parseLargeYaml(text);
  const lines = new LineCounter();
  const document = parseDocument(text, {
    version: '1.1',
    // The reader's own warnings are nobody's business: what a client wrote must not reach the log.
    logLevel: 'error',
    uniqueKeys: false,
    // Of thousands of errors each would be printed with its surroundings; one is told.
    prettyErrors: false,
    lineCounter: lines,
    customTags: (tags) =>
      tags.filter(
        (tag) =>
          typeof tag === 'string' ||
          !(tag.tag === 'tag:yaml.org,2002:timestamp' || ('format' in tag && tag.format === 'TIME')),
      ),
  });
  // Go's reader stops after the first document, whatever follows.
  const problem = document.errors.find(({ code }) => code !== 'MULTIPLE_DOCS');
  if (problem !== undefined) {
    problem.linePos = [lines.linePos(problem.pos[0])];
    return { value: undefined, error: yamlRefusal(problem, text), duplicates: [] };
  }
  const duplicates: string[] = [];
  const aliases = new AliasCount();
  let badKey: Node | undefined;
  visit(document, {
    Alias: (_key, alias) => (aliases.use(alias) ? visit.BREAK : undefined),
    Seq: (_key, list) => aliases.define(list),
    Scalar: (_key, scalar) => aliases.define(scalar),
    Map: (_key, map) => {
      aliases.define(map);
      const seen = new Set<string>();
      for (const item of map.items) {
        if (!isPair(item)) continue;
        if (isCollection(item.key)) badKey ??= item.key;
        if (!isScalar(item.key)) continue;
        const name = String(item.key.value);
        if (seen.has(name)) {
          const offset = item.key.range?.[0] ?? 0;
          duplicates.push(
            `line ${lines.linePos(offset).line}: key ${JSON.stringify(name)} already set in map`,
          );
        }
        seen.add(name);
      }
    },
  });
  if (aliases.refusal !== undefined) return { value: undefined, error: aliases.refusal, duplicates: [] };
  if (badKey !== undefined) {
    const key = printGoSyntax(badKey.toJS(document)).slice(0, SHOWN_KEY);
    return { value: undefined, error: `yaml: invalid map key: ${key}`, duplicates: [] };
  }
  const json = JSON.stringify(document.toJS({ mapAsMap: false, maxAliasCount: -1 }) ?? null);
  // The JSON reader has the last word on depth and on lone surrogates.
  const parsed = parseJson(json);
  return parsed.ok
    ? { value: parsed.value, duplicates }
    : { value: undefined, error: parsed.error, duplicates };
};

/** Parses a body by its media type; throws 415 for one that is not read. */
export const parseBody = (request: CoreRequest, schema: Schema | undefined): ParsedBody => {
  checkBodySize(request);
  const encoding = encodingOf(mediaTypeOf(request));
  if (encoding === 'protobuf') {
    const read = fromProtobuf(request.body, schema);
    return read.ok
      ? { value: read.value, duplicates: [] }
      : { value: undefined, error: read.error, duplicates: [] };
  }
  const text = decoder.decode(request.body);
  if (encoding === 'yaml') return parseYaml(text);
  const parsed = parseJson(text);
  if (!parsed.ok) {
    return {
      value: undefined,
      error: `couldn't get version/kind; json parse error: ${parsed.error}`,
      duplicates: [],
    };
  }
  return { value: parsed.value, text, duplicates: [] };
};

/** What a body must turn out to be. */
export interface Expected {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly schema: ServedVersion['schema'];
  readonly custom?: boolean;
}

/** The refusal of another kind: one that exists cannot be converted, one that does not is not registered. */
const wrongKind = (apiVersion: string, kind: string, expected: Expected): string => {
  const { group = '', version = '' } = parseGroupVersion(apiVersion) ?? {};
  const head = `${kind} in version ${JSON.stringify(version)} cannot be handled as a ${expected.kind}`;
  if (schemaOfKind(group, version, kind) === undefined) {
    const scheme = 'pkg/api/legacyscheme/scheme.go:30';
    return `${head}: no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)} in scheme ${JSON.stringify(scheme)}`;
  }
  const internal = expected.group === '' ? 'core' : expected.group.split('.')[0];
  return `${head}: converting (${version}.${kind}) to (${internal}.${expected.kind}): unknown conversion`;
};

const checkTypeMeta = (parsed: ParsedBody, expected: Expected, body: Uint8Array): void => {
  const meta = parsed.error === undefined ? readTypeMeta(parsed.value) : undefined;
  if (meta === undefined || !meta.ok) {
    const error = parsed.error ?? (meta !== undefined && !meta.ok ? meta.error : '');
    throw badRequest(unrecognizedBody(expected.kind, error, body));
  }
  const { apiVersion, kind } = meta.value;
  const wanted = printGroupVersion(expected);
  if (kind !== '' && kind !== expected.kind) {
    const named = apiVersion === '' ? wanted : apiVersion;
    throw badRequest(wrongKind(named, kind, expected));
  }
  if (apiVersion !== '' && apiVersion !== wanted) {
    const { group = '', version = '' } = parseGroupVersion(apiVersion) ?? {};
    if (expected.custom !== true && schemaOfKind(group, version, expected.kind) === undefined) {
      throw badRequest(wrongKind(apiVersion, expected.kind, expected));
    }
    throw badRequest(
      `the API version in the data (${apiVersion}) does not match the expected API version (${wanted})`,
    );
  }
};

/** Decodes a parsed body as the expected kind; `apiVersion` and `kind` are filled in. Throws 400. */
export const decodeParsed = (
  parsed: ParsedBody,
  expected: Expected,
  validation: FieldValidation,
  body: Uint8Array,
): DecodedBody => {
  checkTypeMeta(parsed, expected, body);
  const target = {
    kind: expected.kind,
    version: expected.version,
    schema: expected.schema,
    ...(expected.custom === true ? { custom: true } : {}),
  };
  const decoded = decodeBody(parsed.value, target, validation, parsed.text);
  const { draft } = decoded;
  keepReset(parsed.value, draft);
  draft['apiVersion'] = printGroupVersion(expected);
  draft['kind'] = expected.kind;
  if (parsed.duplicates.length === 0 || validation === 'Ignore') return decoded;
  const text = `yaml: unmarshal errors:\n${parsed.duplicates.map((line) => `  ${line}`).join('\n')}`;
  if (validation === 'Strict') {
    throw badRequest(
      `${expected.kind} in version ${JSON.stringify(expected.version)} cannot be handled as a ${expected.kind}: strict decoding error: ${text}`,
    );
  }
  return { draft, warnings: [text, ...decoded.warnings] };
};

/** Upstream hands on what its decoder of options says as it is: a failure without a reason. */
const optionsFailure = (text: string): StatusError => new StatusError(makeStatus(500, undefined, text));

/** Reads an options body (DeleteOptions); an empty body is `undefined`. Throws 415, and 500 for what cannot be read. */
export const decodeOptions = (request: CoreRequest, kind: string): Draft | undefined => {
  if (request.body.length === 0) return undefined;
  const schema = schemaOfKind('', 'v1', kind);
  if (schema === undefined) throw new Error(`no schema of ${kind}`);
  const parsed = parseBody(request, schema);
  if (parsed.error !== undefined) throw optionsFailure(parsed.error);
  const meta = readTypeMeta(parsed.value);
  if (!meta.ok) throw optionsFailure(meta.error);
  if (meta.value.kind !== '' && meta.value.kind !== kind)
    throw optionsFailure(`decoded object cannot be converted to ${kind}`);
  const decoded = decodeValue(parsed.value, schema, 'json');
  if (!decoded.ok) throw optionsFailure(decoded.error);
  return decoded.value.draft;
};
