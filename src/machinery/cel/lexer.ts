/** Tokens of the Common Expression Language. */

import { type Issue, type Literal, Uint } from './ast.ts';

export type TokenKind = 'ident' | 'literal' | 'punctuation' | 'end';

export interface Token {
  readonly kind: TokenKind;
  /** The text as written. */
  readonly text: string;
  readonly at: number;
  readonly value?: Literal;
}

const PUNCTUATION = /&&|\|\||[=!<>]=|[-+*/%<>!?:.,()[\]{}]/y;
const IDENT = /[A-Za-z_][A-Za-z0-9_]*/y;
const QUOTED = /`[A-Za-z0-9_.\-/ ]+`/y;
const FLOAT = /(?:\d+\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+|\.\d+(?:[eE][+-]?\d+)?)/y;
const INTEGER = /(?:0x[0-9a-fA-F]+|\d+)/y;
const SPACE = /(?:[ \t\r\n\f]+|\/\/[^\n]*)/y;
const TEXT =
  /(?:[rR]?[bB]?|[bB][rR])(?:"""(?:[^\\]|\\[\s\S])*?"""|'''(?:[^\\]|\\[\s\S])*?'''|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')/y;
const RAW = /(?:[rR][bB]?|[bB][rR])(?:"""[\s\S]*?"""|'''[\s\S]*?'''|"[^"\n]*"|'[^'\n]*')/y;

const ESCAPES: Readonly<Record<string, string>> = {
  a: '\u0007',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  "'": "'",
  '"': '"',
  '`': '`',
  '?': '?',
};

const encoder = new TextEncoder();

/** Body of a text or bytes literal with its escapes read; numbers above 255 in bytes are characters' encodings. */
const readEscapes = (body: string, isBytes: boolean): string | Uint8Array | undefined => {
  const bytes: number[] = [];
  let text = '';
  const put = (part: string) => {
    if (isBytes) bytes.push(...encoder.encode(part));
    else text += part;
  };
  for (let index = 0; index < body.length; index += 1) {
    const char = body[index] ?? '';
    if (char !== '\\') {
      put(char);
      continue;
    }
    const rest = body.slice(index + 1);
    const numeric = /^(?:[xX]([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-3][0-7]{2}))/.exec(
      rest,
    );
    if (numeric) {
      const code = Number.parseInt(
        numeric[1] ?? numeric[2] ?? numeric[3] ?? numeric[4] ?? '',
        numeric[4] ? 8 : 16,
      );
      if (code > 0x10ffff) return undefined;
      if (isBytes && (numeric[1] || numeric[4])) bytes.push(code);
      else put(String.fromCodePoint(code));
      index += numeric[0].length;
      continue;
    }
    const simple = ESCAPES[rest[0] ?? ''];
    if (simple === undefined) return undefined;
    put(simple);
    index += 1;
  }
  return isBytes ? Uint8Array.from(bytes) : text;
};

const readText = (source: string): string | Uint8Array | undefined => {
  const prefix = /^[rRbB]*/.exec(source)?.[0].toLowerCase() ?? '';
  const quoted = source.slice(prefix.length);
  const width = /^(?:"""|''')/.test(quoted) ? 3 : 1;
  const body = quoted.slice(width, -width);
  const isBytes = prefix.includes('b');
  if (!prefix.includes('r')) return readEscapes(body, isBytes);
  return isBytes ? encoder.encode(body) : body;
};

const MAX_INT = 2n ** 63n;
const MAX_UINT = 2n ** 64n;

/** Reads all tokens; what is none is reported and skipped. */
export const tokenize = (source: string): { readonly tokens: readonly Token[]; readonly issues: Issue[] } => {
  const tokens: Token[] = [];
  const issues: Issue[] = [];
  let at = 0;
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    return pattern.exec(source)?.[0];
  };
  const literal = (text: string, value: Literal): void => {
    tokens.push({ kind: 'literal', text, at, value });
    at += text.length;
  };
  const integer = (text: string): void => {
    const isUint = /[uU]/.test(source[at + text.length] ?? '');
    const value = BigInt(text);
    // The sign belongs to the parser: the least int has one digit too many without it.
    if (isUint ? value >= MAX_UINT : value > MAX_INT)
      issues.push({ at, message: `invalid ${isUint ? 'uint' : 'int'} literal` });
    literal(isUint ? `${text}u` : text, isUint ? new Uint(value) : value);
  };
  while (at < source.length) {
    const space = take(SPACE);
    if (space !== undefined) {
      at += space.length;
      continue;
    }
    const text = take(RAW) ?? take(TEXT);
    if (text !== undefined) {
      const value = readText(text);
      if (value === undefined)
        issues.push({ at, message: `Syntax error: token recognition error at: '${text}'` });
      literal(text, value ?? '');
      continue;
    }
    const float = take(FLOAT);
    if (float !== undefined) {
      literal(float, Number(float));
      continue;
    }
    const digits = take(INTEGER);
    if (digits !== undefined) {
      integer(digits);
      continue;
    }
    const ident = take(IDENT) ?? take(QUOTED);
    if (ident !== undefined) {
      if (ident === 'true' || ident === 'false') literal(ident, ident === 'true');
      else if (ident === 'null') literal(ident, null);
      else {
        tokens.push({ kind: ident === 'in' ? 'punctuation' : 'ident', text: ident, at });
        at += ident.length;
      }
      continue;
    }
    const mark = take(PUNCTUATION);
    if (mark !== undefined) {
      tokens.push({ kind: 'punctuation', text: mark, at });
      at += mark.length;
      continue;
    }
    const rest = /["']/.test(source[at] ?? '') ? source.slice(at).split('\n')[0] : source[at];
    issues.push({ at, message: `Syntax error: token recognition error at: '${rest ?? ''}'` });
    at += rest?.length ?? 1;
  }
  tokens.push({ kind: 'end', text: '<EOF>', at: source.length });
  return { tokens, issues };
};
