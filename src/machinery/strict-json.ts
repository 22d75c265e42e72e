/**
 * JSON bodies as Go reads them. The normal path is `JSON.parse`; what it cannot tell (duplicate names, Go's words
 * for a syntax error) is found by scanning the text, and only when it matters.
 */
import { jsonSyntaxError } from './json-syntax-error.ts';
import { bad, good, type Result } from './result.ts';

/**
 * Differs: upstream refuses 10 000 nested levels. Every recursive walk of this product must survive the deepest
 * accepted body on a small stack, and no real object comes near.
 */
export const MAX_DEPTH = 500;

const isDeeperThan = (text: string, limit: number): boolean => {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x22) at = endOfString(text, at);
    else if (code === 0x7b || code === 0x5b) {
      if (++depth > limit) return true;
    } else if (code === 0x7d || code === 0x5d) depth--;
  }
  return false;
};

/** Position of the closing quote of the string that opens at `open`. The text is known to be valid JSON. */
const endOfString = (text: string, open: number): number => {
  let at = text.indexOf('"', open + 1);
  while (at > 0 && text.charCodeAt(at - 1) === 0x5c && isEscaped(text, at)) at = text.indexOf('"', at + 1);
  return at < 0 ? text.length : at;
};

const isEscaped = (text: string, quote: number): boolean => {
  let slashes = 0;
  while (text.charCodeAt(quote - 1 - slashes) === 0x5c) slashes++;
  return slashes % 2 === 1;
};

/** Parses one JSON value. Refusals are Go's texts: syntax errors, `exceeded max depth`. */
export const parseJson = (text: string): Result<unknown> => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The engine's own message names positions and engines; clients know Go's.
    return bad(jsonSyntaxError(text));
  }
  if (text.length > MAX_DEPTH && isDeeperThan(text, MAX_DEPTH)) return bad('exceeded max depth');
  return good(SURROGATE.test(text) ? wellFormed(value) : value);
};

const SURROGATE = /\\u[dD][89a-fA-F]/;

/** Lone surrogates become U+FFFD, as Go's decoder makes them. */
const wellFormed = (value: unknown): unknown => {
  if (typeof value === 'string') return value.toWellFormed();
  if (Array.isArray(value)) return value.map(wellFormed);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, item]) => [key.toWellFormed(), wellFormed(item)] as const);
  return Object.fromEntries(entries);
};

/** How many members the objects of a valid JSON text have, duplicates counted. */
export const countMembers = (text: string): number => {
  let count = 0;
  for (let at = text.indexOf('"'); at >= 0; at = text.indexOf('"', at + 1)) {
    at = endOfString(text, at);
    let next = at + 1;
    let code = text.charCodeAt(next);
    while (code === 0x20 || (code >= 0x09 && code <= 0x0d)) code = text.charCodeAt(++next);
    if (code === 0x3a) count++;
  }
  return count;
};

/** Called for each member of each object in the order of the text; true asks to see inside the member's value. */
export type MemberVisitor = (path: string, name: string, isDuplicate: boolean) => boolean;

/**
 * Walks a valid JSON text in its own order, duplicates included. Paths read `spec.containers[0]`, without the
 * member's own name, and are '' at the top.
 */
export const visitMembers = (text: string, visit: MemberVisitor): void => {
  let at = 0;
  const space = (): number => {
    let code = text.charCodeAt(at);
    while (code === 0x20 || (code >= 0x09 && code <= 0x0d)) code = text.charCodeAt(++at);
    return code;
  };
  const string = (): string => {
    const end = endOfString(text, at);
    const raw = text.slice(at, end + 1);
    at = end + 1;
    return JSON.parse(raw) as string;
  };
  const value = (path: string, isSeen: boolean): void => {
    const code = space();
    if (code === 0x22) at = endOfString(text, at) + 1;
    else if (code === 0x7b) object(path, isSeen);
    else if (code === 0x5b) array(path, isSeen);
    else while (at < text.length && !/[,\]}\s]/.test(text.charAt(at))) at++;
  };
  const array = (path: string, isSeen: boolean): void => {
    at++;
    for (let index = 0; space() !== 0x5d; index++) {
      value(`${path}[${index}]`, isSeen);
      if (space() === 0x2c) at++;
    }
    at++;
  };
  const object = (path: string, isSeen: boolean): void => {
    const names = new Set<string>();
    at++;
    while (space() !== 0x7d) {
      const name = string();
      space();
      at++;
      const goesOn = isSeen && visit(path, name, names.has(name));
      names.add(name);
      value(path === '' ? name : `${path}.${name}`, goesOn);
      if (space() === 0x2c) at++;
    }
    at++;
  };
  value('', true);
};

const membersOf = (value: unknown): number => {
  if (typeof value !== 'object' || value === null) return 0;
  const values = Array.isArray(value) ? value : Object.values(value);
  let count = Array.isArray(value) ? 0 : values.length;
  for (const item of values) count += membersOf(item);
  return count;
};

/** Whether a text repeats names of an object of the value it was parsed to. */
export const hasDuplicates = (text: string, value: unknown): boolean =>
  countMembers(text) !== membersOf(value);

/** Strict reading of a text without a type: `duplicate field "metadata.name"`, in the order of the text. */
export const duplicateFields = (text: string, value: unknown): readonly string[] => {
  if (!hasDuplicates(text, value)) return [];
  const found: string[] = [];
  visitMembers(text, (path, name, isDuplicate) => {
    if (isDuplicate) found.push(`duplicate field "${path === '' ? name : `${path}.${name}`}"`);
    return true;
  });
  return found;
};
