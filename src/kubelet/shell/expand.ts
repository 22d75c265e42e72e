/** Expansion of words: quotes, variables, arithmetic, command substitution. */

export interface Scope {
  /** Value of a variable; '' when unset. */
  variable(name: string): string;
  /** An item of an array, by the text of its index; `@` and `*` are all of them. */
  element(name: string, index: string): string;
  /** Output of a command, for substitutions. */
  substitute(command: string): string;
}

const closing = (text: string, from: number, open: string, close: string): number => {
  let depth = 0;
  for (let at = from; at < text.length; at += 1) {
    if (text[at] === open) depth += 1;
    else if (text[at] === close) {
      depth -= 1;
      if (depth === 0) return at;
    }
  }
  return text.length;
};

const NUMBER = /^\d+$/;

/** The value of an arithmetic expression over + - * / % ( ) and comparisons; 0 when it cannot be read. */
export const arithmetic = (text: string, scope: Scope): number => {
  const tokens = text.match(/\d+|\$?[A-Za-z_]\w*|<=|>=|==|!=|[-+*/%()<>]/g) ?? [];
  let at = 0;
  const atom = (): number => {
    const token = tokens[at] ?? '0';
    at += 1;
    if (token === '(') {
      const value = compare();
      at += 1;
      return value;
    }
    if (token === '-') {
      let sign = -1;
      for (; tokens[at] === '-'; at += 1) sign = -sign;
      return sign * atom();
    }
    if (NUMBER.test(token)) return Number(token);
    return Number.parseInt(scope.variable(token.replace('$', '')), 10) || 0;
  };
  const product = (): number => {
    let value = atom();
    for (let op = tokens[at]; op === '*' || op === '/' || op === '%'; op = tokens[at]) {
      at += 1;
      const right = atom();
      value =
        op === '*' ? value * right : right === 0 ? 0 : op === '/' ? Math.trunc(value / right) : value % right;
    }
    return value;
  };
  const sum = (): number => {
    let value = product();
    for (let op = tokens[at]; op === '+' || op === '-'; op = tokens[at]) {
      at += 1;
      value += op === '+' ? product() : -product();
    }
    return value;
  };
  const compare = (): number => {
    const left = sum();
    const op = tokens[at];
    if (op === undefined || !/^(<=?|>=?|==|!=)$/.test(op)) return left;
    at += 1;
    const right = sum();
    const holds = {
      '<': left < right,
      '<=': left <= right,
      '>': left > right,
      '>=': left >= right,
      '==': left === right,
      '!=': left !== right,
    }[op];
    return holds === true ? 1 : 0;
  };
  return compare();
};

/** One expansion that begins with `$` at `from`: its text and where it ends. */
const dollar = (text: string, from: number, scope: Scope): readonly [value: string, end: number] => {
  if (text.startsWith('$((', from)) {
    const end = closing(text, from + 1, '(', ')');
    return [String(arithmetic(text.slice(from + 3, end - 1), scope)), end + 1];
  }
  if (text.startsWith('$(', from)) {
    const end = closing(text, from + 1, '(', ')');
    return [scope.substitute(text.slice(from + 2, end)), end + 1];
  }
  if (text.startsWith('${', from)) {
    const end = closing(text, from + 1, '{', '}');
    const inner = text.slice(from + 2, end);
    const item = /^(\w+)\[(.+)\]$/s.exec(inner);
    if (item !== null) return [scope.element(item[1] ?? '', item[2] ?? ''), end + 1];
    const match = /^(\w+)(?::?([-+=?])(.*))?$/s.exec(inner);
    const value = scope.variable(match?.[1] ?? inner);
    if (match?.[2] === '+') return [value === '' ? '' : (match[3] ?? ''), end + 1];
    return [value !== '' || match?.[2] === undefined ? value : (match[3] ?? ''), end + 1];
  }
  const name = /^\$(\w+|[?$!#@*])/.exec(text.slice(from))?.[1];
  if (name === undefined) return ['$', from + 1];
  return [scope.variable(name), from + 1 + name.length];
};

/** The fields a word expands to: unquoted expansions are split at blanks and may vanish. */
export const expand = (word: string, scope: Scope): readonly string[] => {
  const fields: string[] = [];
  let field = '';
  let isQuoted = false;
  const addSplit = (value: string): void => {
    const parts = value.split(/\s+/);
    for (const [index, part] of parts.entries()) {
      if (index > 0 && field !== '') {
        fields.push(field);
        field = '';
      }
      field += part;
    }
  };
  for (let at = 0; at < word.length; ) {
    const char = word[at] ?? '';
    if (char === '\\') {
      field += word[at + 1] ?? '';
      at += 2;
    } else if (char === "'") {
      const end = word.indexOf("'", at + 1);
      field += word.slice(at + 1, end < 0 ? undefined : end);
      isQuoted = true;
      at = end < 0 ? word.length : end + 1;
    } else if (char === '"') {
      const [value, end] = quoted(word, at + 1, scope);
      field += value;
      isQuoted = true;
      at = end;
    } else if (char === '$') {
      const [value, end] = dollar(word, at, scope);
      addSplit(value);
      at = end;
    } else if (char === '`') {
      const end = word.indexOf('`', at + 1);
      addSplit(scope.substitute(word.slice(at + 1, end < 0 ? undefined : end)));
      at = end < 0 ? word.length : end + 1;
    } else {
      field += char;
      at += 1;
    }
  }
  if (field !== '' || isQuoted) fields.push(field);
  return fields.flatMap(braces);
};

const quoted = (word: string, from: number, scope: Scope): readonly [value: string, end: number] => {
  let value = '';
  let at = from;
  while (at < word.length && word[at] !== '"') {
    if (word[at] === '\\' && /["\\$`]/.test(word[at + 1] ?? '')) {
      value += word[at + 1];
      at += 2;
    } else if (word[at] === '$') {
      const [part, end] = dollar(word, at, scope);
      value += part;
      at = end;
    } else {
      value += word[at];
      at += 1;
    }
  }
  return [value, at + 1];
};

/** `{1..5}` as bash expands it. */
const braces = (field: string): readonly string[] => {
  const match = /^\{(\d+)\.\.(\d+)\}$/.exec(field);
  if (match === null) return [field];
  const [first, last] = [Number(match[1]), Number(match[2])];
  const count = Math.min(Math.abs(last - first) + 1, 10_000);
  return Array.from({ length: count }, (_, index) => String(first + (last < first ? -index : index)));
};
