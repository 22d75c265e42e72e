/** Paths into a schema as definitions write them: `.a.b` and `['a']` (apiextensions-apiserver schema/cel ValidFieldPath). */

import { additionalOf, type Props } from './props.ts';

/** A path that was followed: how upstream writes it, its first name, and the schema it leads to. */
export type FoundPath =
  | { readonly ok: true; readonly text: string; readonly root: string; readonly props: Props | undefined }
  | { readonly ok: false; readonly error: string };

const DELIMITERS = '.[]';

/** Delimiters one by one, quoted texts with their quotes, and what is between. */
const tokensOf = (path: string): readonly string[] => {
  const tokens: string[] = [];
  let at = 0;
  while (at < path.length) {
    const end = endOfToken(path, at);
    // A quote that is never closed ends the reading, and what it began is taken whole.
    tokens.push(path.slice(at, end));
    at = end;
  }
  return tokens;
};

const endOfToken = (path: string, start: number): number => {
  if (path[start] === "'") {
    for (let at = start + 1; at < path.length; at += 1)
      if (path[at] === "'" && path[at - 1] !== '\\') return at + 1;
    return path.length;
  }
  if (DELIMITERS.includes(path[start] ?? '')) return start + 1;
  let at = start;
  while (at < path.length && !DELIMITERS.includes(path[at] ?? '')) at += 1;
  return at;
};

const ESCAPES: Readonly<Record<string, string>> = {
  a: '\u0007',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  "'": "'",
  '\\': '\\',
};

const INVALID = { ok: false, error: 'does not refer to a valid field' } as const;
const ENDED = { ok: false, error: 'unexpected end of JSON path' } as const;

const unquote = (token: string): { readonly text: string } | { readonly error: string } => {
  let wrong: string | undefined;
  const text = token.slice(1, -1).replace(/\\./g, (written) => {
    const plain = ESCAPES[written[1] ?? ''];
    if (plain === undefined) wrong = written;
    return plain ?? '';
  });
  return wrong === undefined ? { text } : { error: `invalid string literal: invalid escape char ${wrong}` };
};

class Walk {
  text = '';
  root = '';
  props: Props | undefined;

  constructor(props: Props) {
    this.props = props;
  }

  /** Goes down by a name; false when there is nothing of that name. */
  down(name: string): boolean {
    const { props } = this;
    const isNamed = props?.properties !== undefined;
    if (props === undefined || (!isNamed && props.additionalProperties === undefined)) return false;
    if (this.text === '') this.root = isNamed ? name : `[${name}]`;
    if (!isNamed) this.text += `[${name}]`;
    else this.text += this.text === '' ? name : `.${name}`;
    this.props = isNamed ? props.properties?.[name] : additionalOf(props);
    return !isNamed || this.props !== undefined;
  }
}

/** Follows a path; `brackets` tells whether quoted names in brackets may be used. */
export const followPath = (path: string, props: Props, brackets = true): FoundPath => {
  const walk = new Walk(props);
  const tokens = tokensOf(path);
  for (let at = 0; at < tokens.length; ) {
    const token = tokens[at] ?? '';
    if (token !== '[' && token !== '.') return { ok: false, error: `expected [ or . but got: ${token}` };
    if (token === '[' && !brackets) return { ok: false, error: 'array notation is not allowed' };
    const name = tokens[at + 1];
    if (name === undefined) return ENDED;
    if (token === '.') {
      if (!walk.down(name)) return INVALID;
      at += 2;
      continue;
    }
    if (!/^'.*'$/s.test(name) || name.length < 2)
      return { ok: false, error: `expected single quoted string but got ${name}` };
    const plain = unquote(name);
    if ('error' in plain) return { ok: false, error: plain.error };
    if (!walk.down(plain.text)) return INVALID;
    const close = tokens[at + 2];
    if (close === undefined) return ENDED;
    if (close !== ']') return { ok: false, error: `expected ] but got ${close}` };
    at += 3;
  }
  return { ok: true, text: walk.text, root: walk.root, props: walk.props };
};
