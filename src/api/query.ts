/** The query of a request as Go's `url.ParseQuery` reads it, and its values as the API's option types read them. */

import { badRequest } from '../machinery/status.ts';

const decodePart = (text: string): string | undefined => {
  const spaced = text.includes('+') ? text.replaceAll('+', ' ') : text;
  if (!spaced.includes('%')) return spaced;
  try {
    return decodeURIComponent(spaced);
  } catch {
    return undefined;
  }
};

/** Values by name, in the order given. Pairs with a broken escape or a semicolon are left out, as upstream does. */
export type Query = ReadonlyMap<string, readonly string[]>;

const empty: Query = new Map();

/** Parses the text after `?`. */
export const parseQuery = (text: string): Query => {
  if (text === '') return empty;
  const query = new Map<string, string[]>();
  for (const pair of text.split('&')) {
    if (pair === '' || pair.includes(';')) continue;
    const equals = pair.indexOf('=');
    const name = decodePart(equals < 0 ? pair : pair.slice(0, equals));
    const value = decodePart(equals < 0 ? '' : pair.slice(equals + 1));
    if (name === undefined || value === undefined) continue;
    const values = query.get(name);
    if (values) values.push(value);
    else query.set(name, [value]);
  }
  return query;
};

/** The first value, or `undefined` when the name is absent. */
export const first = (query: Query, name: string): string | undefined => query.get(name)?.[0];

/** The first value, or the empty text. */
export const textOf = (query: Query, name: string): string => query.get(name)?.[0] ?? '';

const INTEGER = /^[+-]?\d+$/;
const MAX_INT64 = 9223372036854775807n;

/**
 * An int64 option; absent or empty is `undefined`. Throws 400 with Go's `strconv` wording.
 */
export const integerOf = (query: Query, name: string): number | undefined => {
  const text = first(query, name);
  if (text === undefined || text === '') return undefined;
  if (!INTEGER.test(text))
    throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  const value = BigInt(text.startsWith('+') ? text.slice(1) : text);
  if (value > MAX_INT64 || value < -MAX_INT64 - 1n) {
    throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: value out of range`);
  }
  return Number(value);
};

/** A boolean option: absent, `false` and `0` are false, any other text (also the empty one) is true. */
export const booleanOf = (query: Query, name: string): boolean => flagOf(query, name) ?? false;

/** Like `booleanOf`, but absent is `undefined` (options that are pointers upstream). */
export const flagOf = (query: Query, name: string): boolean | undefined => {
  const text = first(query, name);
  if (text === undefined) return undefined;
  const lower = text.toLowerCase();
  return lower !== 'false' && lower !== '0';
};
