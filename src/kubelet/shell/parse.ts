/** Reads the command language of sh as far as container commands in manifests use it. */

/** A word as written, quotes and expansions included. */
export type Word = string;

export interface Simple {
  readonly kind: 'simple';
  readonly words: readonly Word[];
  readonly assigns: readonly (readonly [name: string, value: Word])[];
  /** Files written by redirections of standard output; `/dev/null` and the like are left out. */
  readonly writes: readonly { readonly path: Word; readonly appends: boolean }[];
  readonly reads?: Word;
}

export type Node =
  | Simple
  | { readonly kind: 'pipe'; readonly parts: readonly Node[]; readonly negated: boolean }
  | {
      readonly kind: 'list';
      readonly items: readonly { readonly link: ';' | '&&' | '||' | '&'; readonly node: Node }[];
    }
  | { readonly kind: 'loop'; readonly until: boolean; readonly test: Node; readonly body: Node }
  | { readonly kind: 'for'; readonly name: string; readonly words: readonly Word[]; readonly body: Node }
  | {
      readonly kind: 'if';
      readonly arms: readonly { readonly test: Node; readonly body: Node }[];
      readonly otherwise?: Node;
    }
  | { readonly kind: 'group'; readonly body: Node };

const OPERATORS = [
  '&&',
  '||',
  ';;',
  '>>',
  '2>&1',
  '2>',
  '1>',
  '&>',
  '>&2',
  '>',
  '<',
  ';',
  '|',
  '&',
  '(',
  ')',
  '\n',
];

/** The end of a quoted or substituted piece that begins at `from`; the text's length when it never ends. */
const endOfPiece = (text: string, from: number): number => {
  const open = text[from];
  if (open === "'") {
    const end = text.indexOf("'", from + 1);
    return end < 0 ? text.length : end + 1;
  }
  if (open === '"' || open === '`') {
    for (let at = from + 1; at < text.length; at += 1) {
      if (text[at] === '\\') at += 1;
      else if (text[at] === open) return at + 1;
      else if (open === '"' && text.startsWith('$(', at)) at = endOfPiece(text, at) - 1;
    }
    return text.length;
  }
  // $( ... ) and ${ ... }
  const close = text[from + 1] === '{' ? '}' : ')';
  const nested = text[from + 1] ?? '';
  let depth = 0;
  for (let at = from + 1; at < text.length; at += 1) {
    if (text[at] === nested) depth += 1;
    else if (text[at] === close) {
      depth -= 1;
      if (depth === 0) return at + 1;
    }
  }
  return text.length;
};

interface Token {
  readonly text: string;
  readonly isOperator: boolean;
}

const ARRAY = /^[A-Za-z_]\w*=$/;

const tokenize = (text: string): readonly Token[] => {
  const tokens: Token[] = [];
  let word = '';
  const flush = () => {
    if (word !== '') tokens.push({ text: word, isOperator: false });
    word = '';
  };
  for (let at = 0; at < text.length; ) {
    const char = text[at] ?? '';
    if (char === '\\') {
      if (text[at + 1] !== '\n') word += text.slice(at, at + 2);
      at += 2;
    } else if (
      char === "'" ||
      char === '"' ||
      char === '`' ||
      text.startsWith('$(', at) ||
      text.startsWith('${', at)
    ) {
      const end = endOfPiece(text, at);
      word += text.slice(at, end);
      at = end;
    } else if (char === '(' && ARRAY.test(word)) {
      // The items of an array stay one word with their parentheses.
      const end = text.indexOf(')', at);
      word += text.slice(at, end < 0 ? text.length : end + 1);
      at = end < 0 ? text.length : end + 1;
    } else if (char === '#' && word === '') {
      const end = text.indexOf('\n', at);
      at = end < 0 ? text.length : end;
    } else if (char === ' ' || char === '\t' || char === '\r') {
      flush();
      at += 1;
    } else {
      const operator = OPERATORS.find(
        (candidate) => text.startsWith(candidate, at) && (!/^\d/.test(candidate) || word === ''),
      );
      if (operator === undefined) {
        word += char;
        at += 1;
      } else {
        flush();
        tokens.push({ text: operator, isOperator: true });
        at += operator.length;
      }
    }
  }
  flush();
  return tokens;
};

const CLOSERS = new Set(['do', 'done', 'then', 'elif', 'else', 'fi', '}', 'esac']);
/** Operators that end a list. */
const ENDS = new Set([')', ';;']);
const ASSIGN = /^([A-Za-z_]\w*)=(.*)$/s;

class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;
  failed = false;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  get done(): boolean {
    return this.#at >= this.#tokens.length;
  }

  #peek(): Token | undefined {
    return this.#tokens[this.#at];
  }

  #is(text: string): boolean {
    return this.#peek()?.text === text;
  }

  #take(text: string): boolean {
    if (!this.#is(text)) return false;
    this.#at += 1;
    return true;
  }

  #need(text: string): void {
    if (!this.#take(text)) this.failed = true;
  }

  #skipBreaks(): void {
    while (this.#is('\n') || this.#is(';')) this.#at += 1;
  }

  list(): Node {
    const items: { link: ';' | '&&' | '||' | '&'; node: Node }[] = [];
    let link: ';' | '&&' | '||' = ';';
    this.#skipBreaks();
    while (!this.done && !this.failed) {
      const token = this.#peek();
      if (token === undefined || ENDS.has(token.text) || (!token.isOperator && CLOSERS.has(token.text)))
        break;
      const node = this.#pipe();
      const isBackground = this.#is('&');
      items.push({ link: isBackground && link === ';' ? '&' : link, node });
      link = ';';
      if (this.#take('&&')) link = '&&';
      else if (this.#take('||')) link = '||';
      else if (!this.#take('&') && !this.#is('\n') && !this.#is(';') && !this.done) {
        const next = this.#peek();
        if (!ENDS.has(next?.text ?? '') && !(next !== undefined && CLOSERS.has(next.text)))
          this.failed = true;
      }
      this.#skipBreaks();
    }
    return { kind: 'list', items };
  }

  #pipe(): Node {
    const negated = this.#take('!');
    const parts = [this.#command()];
    while (this.#take('|')) {
      this.#skipBreaks();
      parts.push(this.#command());
    }
    const [only] = parts;
    return parts.length === 1 && only !== undefined && !negated ? only : { kind: 'pipe', parts, negated };
  }

  #command(): Node {
    if (this.#take('(')) return this.#group(')');
    if (this.#take('{')) return this.#group('}');
    if (this.#is('while') || this.#is('until')) return this.#loop();
    if (this.#take('for')) return this.#for();
    if (this.#take('if')) return this.#if();
    if (this.#take('case')) return this.#case();
    if (this.#is('function') || this.#is('select')) this.failed = true;
    return this.#simple();
  }

  #group(close: string): Node {
    const body = this.list();
    this.#need(close);
    this.#redirections([], []);
    return { kind: 'group', body };
  }

  #loop(): Node {
    const until = this.#is('until');
    this.#at += 1;
    const test = this.list();
    return { kind: 'loop', until, test, body: this.#body() };
  }

  #body(): Node {
    this.#need('do');
    const body = this.list();
    this.#need('done');
    this.#redirections([], []);
    return body;
  }

  #for(): Node {
    const name = this.#peek()?.text ?? '';
    this.#at += 1;
    const words: Word[] = [];
    if (this.#take('in')) {
      while (!this.done && this.#peek()?.isOperator === false) {
        words.push(this.#peek()?.text ?? '');
        this.#at += 1;
      }
    }
    this.#skipBreaks();
    return { kind: 'for', name, words, body: this.#body() };
  }

  #if(): Node {
    const arms: { test: Node; body: Node }[] = [];
    let otherwise: Node | undefined;
    do {
      const test = this.list();
      this.#need('then');
      arms.push({ test, body: this.list() });
    } while (this.#take('elif') && !this.failed);
    if (this.#take('else')) otherwise = this.list();
    this.#need('fi');
    return { kind: 'if', arms, ...(otherwise ? { otherwise } : {}) };
  }

  /** `case` becomes `if` with a test for each pattern; patterns other than `*` are compared as they are. */
  #case(): Node {
    const subject = this.#peek()?.text ?? '';
    this.#at += 1;
    this.#skipBreaks();
    this.#need('in');
    const arms: { test: Node; body: Node }[] = [];
    for (this.#skipBreaks(); !this.failed && !this.#is('esac') && !this.done; this.#skipBreaks()) {
      this.#take('(');
      const tests: { link: '||'; node: Node }[] = [];
      do {
        const pattern = this.#peek()?.text ?? '';
        this.#at += 1;
        if (pattern !== '*' && /[*?[]/.test(pattern)) this.failed = true;
        const words =
          pattern === '*' ? ['true'] : ['[', `"${subject.replaceAll('"', '')}"`, '=', pattern, ']'];
        tests.push({ link: '||', node: { kind: 'simple', words, assigns: [], writes: [] } });
      } while (this.#take('|'));
      this.#need(')');
      const [first, ...others] = tests;
      const items = first === undefined ? [] : [{ link: ';' as const, node: first.node }, ...others];
      arms.push({ test: { kind: 'list', items }, body: this.list() });
      this.#take(';;');
    }
    this.#need('esac');
    return { kind: 'if', arms };
  }

  #simple(): Node {
    const words: Word[] = [];
    const assigns: [string, Word][] = [];
    const writes: { path: Word; appends: boolean }[] = [];
    const reads: Word[] = [];
    for (;;) {
      this.#redirections(writes, reads);
      const token = this.#peek();
      if (token === undefined || token.isOperator) break;
      const match = words.length === 0 ? ASSIGN.exec(token.text) : null;
      if (match) assigns.push([match[1] ?? '', match[2] ?? '']);
      else words.push(token.text);
      this.#at += 1;
    }
    if (words.length === 0 && assigns.length === 0 && writes.length === 0) this.failed = true;
    const [read] = reads;
    return { kind: 'simple', words, assigns, writes, ...(read === undefined ? {} : { reads: read }) };
  }

  #redirections(writes: { path: Word; appends: boolean }[], reads: Word[]): void {
    for (;;) {
      if (this.#take('2>&1') || this.#take('>&2')) continue;
      const operator = ['>>', '2>', '1>', '&>', '>', '<'].find((candidate) => this.#is(candidate));
      if (operator === undefined) return;
      this.#at += 1;
      const target = this.#peek();
      if (target === undefined || target.isOperator) {
        this.failed = true;
        return;
      }
      this.#at += 1;
      if (operator === '<') reads.push(target.text);
      else if (operator !== '2>' && !target.text.startsWith('/dev/') && !target.text.startsWith('/proc/')) {
        writes.push({ path: target.text, appends: operator === '>>' });
      } else if (operator !== '2>' && target.text === '/dev/termination-log') {
        writes.push({ path: target.text, appends: false });
      }
    }
  }
}

const LONGEST = 40_000;
/** Openings that may nest: more of them are not read, so that no script can exhaust the stack. */
const MOST_OPENINGS = 150;

/** The script as a tree; `undefined` when it uses what is not understood here (functions, here-documents). */
export const parseScript = (text: string): Node | undefined => {
  if (text.length > LONGEST) return undefined;
  if ((text.match(/[({]|\b(?:while|until|if|for|case)\b/g) ?? []).length > MOST_OPENINGS) return undefined;
  if (text.includes('<<') || /^\s*\w+\s*\(\)/m.test(text)) return undefined;
  const parser = new Parser(tokenize(text));
  const node = parser.list();
  return parser.failed || !parser.done ? undefined : node;
};
