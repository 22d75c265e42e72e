/** Continue tokens: base64url of `{"v":"meta.k8s.io/v1","rv":N,"start":"key\u0000"}` (apiserver storage/continue.go). */

import { printJsonKind } from '../machinery/go-print.ts';
import { badRequest } from '../machinery/status.ts';
import type { Revision } from '../store/reader.ts';

/** Where a list goes on. A revision of -1 stands for the newest state (an inconsistent continuation). */
export interface Continuation {
  readonly revision: Revision | -1;
  /** Last key of the page before, relative to the list's prefix. */
  readonly after: string;
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

const encodeBase64 = (text: string): string =>
  btoa(String.fromCharCode(...new TextEncoder().encode(text)))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');

const refuse = (detail: string): Error => badRequest(`invalid continue token: ${detail}`);

const decodeBase64 = (text: string): string => {
  for (let index = 0; index < text.length; index += 1) {
    if (!ALPHABET.includes(text[index] ?? '')) {
      throw refuse(`continue key is not valid: illegal base64 data at input byte ${index}`);
    }
  }
  if (text.length % 4 === 1) {
    throw refuse(`continue key is not valid: illegal base64 data at input byte ${text.length - 1}`);
  }
  const bytes = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  return new TextDecoder().decode(Uint8Array.from(bytes, (byte) => byte.charCodeAt(0)));
};

/** Prints a token. `after` is the last key that was delivered, relative to the list's prefix. */
export const printContinue = (next: Continuation): string =>
  encodeBase64(JSON.stringify({ v: 'meta.k8s.io/v1', rv: next.revision, start: `${next.after}\u0000` }));

const controlByte = (text: string): string => {
  const code = text.charCodeAt(0);
  return `\\x${code.toString(16).padStart(2, '0')}`;
};

/** Go's wording for the commonest malformed texts; others are told apart by their first character only. */
const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    if (text === '') throw refuse('continue key is not valid: unexpected end of JSON input');
    const control = [...text].find((character) => character < ' ' && !'\t\n\r'.includes(character));
    if (control !== undefined && text.startsWith('{')) {
      const detail = `invalid character '${controlByte(control)}' in string literal`;
      throw refuse(`continue key is not valid: ${detail}`);
    }
    const first = text.trimStart()[0] ?? '';
    const shown = first >= ' ' && first <= '~' ? first : controlByte(first);
    throw refuse(`continue key is not valid: invalid character '${shown}' looking for beginning of value`);
  }
};

const FIELDS = { v: 'string', rv: 'int64', start: 'string' } as const;

/** What of a token is of another type than upstream's struct has, in Go's words. */
const typeProblem = (value: unknown): string | undefined => {
  if (value === null) return undefined;
  if (typeof value !== 'object' || Array.isArray(value))
    return `${printJsonKind(value)} into Go value of type storage.continueToken`;
  for (const [name, field] of Object.entries(value)) {
    const type = FIELDS[name as keyof typeof FIELDS] as string | undefined;
    if (type === undefined || field === null) continue;
    const fits = type === 'string' ? typeof field === 'string' : Number.isInteger(field);
    const shown = typeof field === 'number' && type === 'int64' ? `number ${field}` : printJsonKind(field);
    if (!fits) return `${shown} into Go struct field continueToken.${name} of type ${type}`;
  }
  return undefined;
};

/** Reads a token; throws 400 with upstream's wording when it is not one of ours. */
export const parseContinue = (token: string): Continuation => {
  const value = parseJson(decodeBase64(token));
  const wrong = typeProblem(value);
  if (wrong !== undefined) throw refuse(`continue key is not valid: json: cannot unmarshal ${wrong}`);
  const { v, rv, start } = (value ?? {}) as Record<string, unknown>;
  if (v !== 'meta.k8s.io/v1') {
    throw refuse(
      `continue key is not valid: server does not recognize this encoded version ${typeof v === 'string' ? v : ''}`,
    );
  }
  if (typeof rv !== 'number' || rv === 0) {
    throw refuse(
      'continue key is not valid: incorrect encoded start resourceVersion (version meta.k8s.io/v1)',
    );
  }
  if (typeof start !== 'string' || start === '') {
    throw refuse('continue key is not valid: encoded start key empty (version meta.k8s.io/v1)');
  }
  const key = start.startsWith('/') ? start.slice(1) : start;
  const parts = key.split('/');
  if (parts.some((part) => part === '' || part === '.' || part === '..')) {
    throw refuse(`continue key is not valid: ${start}`);
  }
  return { revision: rv < 0 ? -1 : Math.floor(rv), after: key.endsWith('\u0000') ? key.slice(0, -1) : key };
};
