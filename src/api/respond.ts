/** Answers: headers, Status objects, encodings. */

import { stringify } from 'yaml';
import { type Status, StatusError } from '../machinery/status.ts';
import type { CoreResponse } from './contract.ts';
import { type Form, MEDIA_TYPES } from './negotiate.ts';
import { toProtobuf } from './protobuf.ts';

const CACHE = 'no-cache, private';

const header = (contentType: string): Record<string, string> => ({
  'Cache-Control': CACHE,
  'Content-Type': contentType,
});

const JSON_HEADERS: Readonly<Record<string, string>> = Object.freeze(header('application/json'));

/** An answer of JSON text. */
export const jsonText = (status: number, body: string): CoreResponse => ({
  kind: 'response',
  status,
  headers: JSON_HEADERS,
  body,
});

/** Plain text, as the health checks answer. */
export const plainText = (
  status: number,
  body: string,
  contentType = 'text/plain; charset=utf-8',
): CoreResponse => ({
  kind: 'response',
  status,
  headers: { ...header(contentType), 'X-Content-Type-Options': 'nosniff' },
  body,
});

/** What Go's router answers for a path nobody serves. */
export const pageNotFound = (): CoreResponse => plainText(404, '404 page not found\n');

/** YAML as the API prints it: sorted keys, block style, long texts folded. */
export const printYaml = (value: unknown): string =>
  stringify(value, {
    sortMapEntries: true,
    version: '1.1',
    indentSeq: false,
    aliasDuplicateObjects: false,
    lineWidth: 80,
  });

/** JSON text in the wanted encoding. `object` is parsed from the text only where the encoding needs it. */
export const encodeText = (
  text: string,
  form: Pick<Form, 'encoding' | 'pretty'>,
): { readonly body: string | Uint8Array; readonly contentType: string } => {
  if (form.encoding === 'protobuf') {
    const bytes = toProtobuf(JSON.parse(text) as object);
    if (bytes !== undefined) return { body: bytes, contentType: MEDIA_TYPES.protobuf };
    return { body: text, contentType: MEDIA_TYPES.json };
  }
  if (form.encoding === 'yaml') return { body: printYaml(JSON.parse(text)), contentType: MEDIA_TYPES.yaml };
  if (form.pretty)
    return { body: `${JSON.stringify(JSON.parse(text), null, 2)}\n`, contentType: MEDIA_TYPES.json };
  return { body: text, contentType: MEDIA_TYPES.json };
};

/** An answer whose bytes are there already. */
export const encoded = (status: number, body: Uint8Array, encoding: 'protobuf'): CoreResponse => ({
  kind: 'response',
  status,
  headers: header(MEDIA_TYPES[encoding]),
  body,
});

/** An answer in the form the client asked for. */
export const answerText = (status: number, text: string, form: Form): CoreResponse => {
  if (form.encoding === 'json' && !form.pretty) return jsonText(status, text);
  const { body, contentType } = encodeText(text, form);
  return { kind: 'response', status, headers: header(contentType), body };
};

/** A Status in a form; failures carry their own headers (Retry-After). */
export const answerStatus = (
  status: Status,
  form: Pick<Form, 'encoding' | 'pretty'>,
  extra: Readonly<Record<string, string>> = {},
): CoreResponse => {
  const { body, contentType } = encodeText(`${JSON.stringify(status)}\n`, form);
  return { kind: 'response', status: status.code, headers: { ...header(contentType), ...extra }, body };
};

const MOST_CHARACTERS = 4096;
const MOST_OF_ONE = 256;

const lengthOf = (text: string): number => [...text].length;

/**
 * Warnings as far as they fit into a header (upstream: endpoints/filters/warning.go): beyond 4,096 characters in all
 * each is cut to 256, and those beyond that are left out.
 */
const limited = (texts: readonly string[]): readonly string[] => {
  if (texts.reduce((sum, text) => sum + lengthOf(text), 0) <= MOST_CHARACTERS) return texts;
  const told: string[] = [];
  let written = 0;
  for (const text of texts) {
    if (written >= MOST_CHARACTERS) break;
    const cut = [...text.slice(0, MOST_OF_ONE * 2)].slice(0, MOST_OF_ONE).join('');
    written += lengthOf(cut);
    told.push(cut);
  }
  return told;
};

/** Headers with `Warning: 299 - "text"`; several are joined with commas, each text is told once. */
export const warned = (
  headers: Readonly<Record<string, string>>,
  warnings: readonly string[],
): Readonly<Record<string, string>> => {
  const told = headers['Warning'];
  const printed = limited([...new Set(warnings)]).map((text) => `299 - ${quote(text)}`);
  const all = told === undefined ? printed : [...printed.filter((text) => !told.includes(text)), told];
  return { ...headers, Warning: all.join(', ') };
};

/** An answer with warnings. */
export const withWarnings = (response: CoreResponse, warnings: readonly string[]): CoreResponse =>
  warnings.length === 0 ? response : { ...response, headers: warned(response.headers, warnings) };

/** Texts of users stand in warnings: none of them may end the header. */
const quote = (text: string): string =>
  `"${text
    .replaceAll('\\', '\\\\')
    .replaceAll('"', '\\"')
    .replaceAll(/\p{Cc}+/gu, ' ')}"`;

/** The Status of anything thrown; what is not a StatusError is a bug and must not leak. */
export const statusOf = (error: unknown): StatusError | undefined =>
  error instanceof StatusError ? error : undefined;
