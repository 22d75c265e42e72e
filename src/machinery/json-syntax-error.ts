/** Go's words for malformed JSON; only reached when the engine's parser has refused a text. */

const quoteCharacter = (character: string): string => {
  if (character === "'") return `'\\''`;
  if (character === '"') return `'"'`;
  return `'${JSON.stringify(character).slice(1, -1)}'`;
};

const END = 'unexpected end of JSON input';

/**
 * The message of Go's encoding/json for a text that is not JSON (`invalid character 'a' looking for beginning of
 * value`). Never recurses: the text may be hostile.
 */
export const jsonSyntaxError = (text: string): string => {
  let at = 0;
  const fail = (context: string): string => {
    if (at >= text.length) return END;
    const character = String.fromCodePoint(text.codePointAt(at) ?? 0);
    return `invalid character ${quoteCharacter(character)} ${context}`;
  };
  const space = (): string => {
    while (/[ \t\r\n]/.test(text.charAt(at))) at++;
    return text.charAt(at);
  };
  const string = (): string | undefined => {
    for (at++; at < text.length; at++) {
      const character = text.charAt(at);
      if (character === '"') {
        at++;
        return undefined;
      }
      if (character < ' ') return fail('in string literal');
      if (character !== '\\') continue;
      at++;
      const escaped = text.charAt(at);
      if (escaped === 'u') {
        for (let digit = 0; digit < 4; digit++)
          if (!/[0-9a-fA-F]/.test(text.charAt(++at))) return fail('in \\u hexadecimal character escape');
      } else if (!/["\\/bfnrt]/.test(escaped)) return fail('in string escape code');
    }
    return END;
  };
  const word = (literal: string): string | undefined => {
    for (const [index, expected] of [...literal].entries()) {
      if (text.charAt(at) !== expected)
        return fail(index === 0 ? '' : `in literal ${literal} (expecting ${quoteCharacter(expected)})`);
      at++;
    }
    return undefined;
  };
  const number = (): string | undefined => {
    if (text.charAt(at) === '-') at++;
    if (!/\d/.test(text.charAt(at))) return fail('in numeric literal');
    if (text.charAt(at) === '0') at++;
    else while (/\d/.test(text.charAt(at))) at++;
    if (text.charAt(at) === '.') {
      at++;
      if (!/\d/.test(text.charAt(at))) return fail('after decimal point in numeric literal');
      while (/\d/.test(text.charAt(at))) at++;
    }
    if (/[eE]/.test(text.charAt(at))) {
      at++;
      if (/[+-]/.test(text.charAt(at))) at++;
      if (!/\d/.test(text.charAt(at))) return fail('in exponent of numeric literal');
      while (/\d/.test(text.charAt(at))) at++;
    }
    return undefined;
  };
  const memberName = (): string | undefined => {
    if (space() !== '"') return fail('looking for beginning of object key string');
    const error = string();
    if (error !== undefined) return error;
    if (space() !== ':') return fail('after object key');
    at++;
    return undefined;
  };
  const open: ('{' | '[')[] = [];
  for (;;) {
    const character = space();
    if (at >= text.length) return END;
    let error: string | undefined;
    if (character === '{' || character === '[') {
      if (open.length >= 10_000) return 'exceeded max depth';
      open.push(character);
      at++;
      const close = character === '{' ? '}' : ']';
      if (space() !== close) {
        if (character === '{') error = memberName();
        if (error !== undefined) return error;
        continue;
      }
      at++;
      open.pop();
    } else if (character === '"') error = string();
    else if (character === 't') error = word('true');
    else if (character === 'f') error = word('false');
    else if (character === 'n') error = word('null');
    else if (character === '-' || /\d/.test(character)) error = number();
    else return fail('looking for beginning of value');
    if (error !== undefined) return error;
    // After a value: close what ends here, then a comma before the next one.
    for (;;) {
      const next = space();
      const inside = open.at(-1);
      if (inside === undefined) return at >= text.length ? END : fail('after top-level value');
      if (next === (inside === '{' ? '}' : ']')) {
        at++;
        open.pop();
        continue;
      }
      if (next !== ',') return fail(inside === '{' ? 'after object key:value pair' : 'after array element');
      at++;
      if (inside === '{') error = memberName();
      if (error !== undefined) return error;
      break;
    }
  }
};
