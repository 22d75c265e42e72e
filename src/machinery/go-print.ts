/** Values as Go prints them; some upstream messages embed such text. */

const ESCAPES: Readonly<Record<string, string>> = {
  '\u0007': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '"': '\\"',
  '\\': '\\\\',
};

const escapeChar = (char: string): string => {
  const known = ESCAPES[char];
  if (known !== undefined) return known;
  const code = char.codePointAt(0) ?? 0;
  if (code < 0x80) return `\\x${code.toString(16).padStart(2, '0')}`;
  if (code < 0x10000) return `\\u${code.toString(16).padStart(4, '0')}`;
  return `\\U${code.toString(16).padStart(8, '0')}`;
};

const UNPRINTABLE = /["\\]|[\p{C}\p{Zl}\p{Zp}]|(?! )\p{Zs}/gu;
const PLAIN = /^[ !#-[\]-~]*$/;

/** A text as Go's `%q` prints it. */
export const quoteGo = (text: string): string =>
  PLAIN.test(text) ? `"${text}"` : `"${text.replace(UNPRINTABLE, escapeChar)}"`;

const compare = (left: string, right: string): number => (left < right ? -1 : left > right ? 1 : 0);

/** `fmt.Sprint` of a decoded JSON value: `map[a:1 b:[x y]]`, keys sorted, null as `<nil>`. */
export const printGoValue = (value: unknown): string => {
  if (value === null || value === undefined) return '<nil>';
  if (Array.isArray(value)) return `[${value.map(printGoValue).join(' ')}]`;
  if (typeof value === 'object') {
    const entries = Object.entries(value).sort(([left], [right]) => compare(left, right));
    return `map[${entries.map(([key, item]) => `${key}:${printGoValue(item)}`).join(' ')}]`;
  }
  return String(value);
};

/** The Go type a decoded JSON value has in upstream's generic form; null prints as Go's bad verb. */
export const printGoType = (value: unknown): string => {
  if (value === null || value === undefined) return '%!s(<nil>)';
  if (Array.isArray(value)) return '[]interface {}';
  switch (typeof value) {
    case 'object':
      return 'map[string]interface {}';
    case 'boolean':
      return 'bool';
    case 'number':
      return Number.isInteger(value) ? 'int64' : 'float64';
    default:
      return 'string';
  }
};

/** The word Go's JSON decoder uses for a value in `json: cannot unmarshal <word> into Go ...`. */
export const printJsonKind = (value: unknown): string => {
  if (value === null || value === undefined) return 'null';
  if (Array.isArray(value)) return 'array';
  return typeof value === 'boolean' ? 'bool' : typeof value;
};
