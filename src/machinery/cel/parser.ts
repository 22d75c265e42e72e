/** Expressions from text: cel-go's grammar and macros, with the two-variable and optional ones Kubernetes enables. */

import { type Entry, type Expr, type Issue, type Item, type Member, Uint } from './ast.ts';
import { type Token, tokenize } from './lexer.ts';
import { expandGlobal, expandMember } from './macros.ts';

const EXPECTED =
  "{'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}";

const RESERVED: ReadonlySet<string> = new Set([
  'as',
  'break',
  'const',
  'continue',
  'else',
  'for',
  'function',
  'if',
  'import',
  'let',
  'loop',
  'package',
  'namespace',
  'return',
  'var',
  'void',
  'while',
]);

const RELATIONS: ReadonlySet<string> = new Set(['==', '!=', '<', '<=', '>', '>=', 'in']);
const CHAINS: readonly ReadonlySet<string>[] = [RELATIONS, new Set(['+', '-']), new Set(['*', '/', '%'])];

const MAX_DEPTH = 250;
const MAX_POINTS = 100_000;
const MAX_INT = 2n ** 63n;

/** Thrown to leave the grammar at the first syntax error. */
class SyntaxIssue extends Error {
  readonly issue: Issue;
  constructor(issue: Issue) {
    super(issue.message);
    this.issue = issue;
  }
}

/** Function name of an operator. */
const operator = (text: string): string => (text === 'in' ? '@in' : `_${text}_`);

/** Terms between `&&` or `||` as a tree of little depth. */
const balanced = (
  name: string,
  terms: readonly Expr[],
  marks: readonly number[],
  first: number,
  last: number,
): Expr => {
  const only = terms[first];
  if (first === last && only !== undefined) return only;
  const middle = Math.floor((first + last) / 2);
  const args = [balanced(name, terms, marks, first, middle), balanced(name, terms, marks, middle + 1, last)];
  return { op: 'call', at: marks[middle] ?? -1, name, args };
};

class Parser {
  readonly #tokens: readonly Token[];
  readonly issues: Issue[] = [];
  #next = 0;
  #depth = 0;
  /** Brackets and conditions that are open. */
  #open = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  parse(): Expr {
    const expr = this.#conditional();
    const token = this.#peek();
    if (token.kind !== 'end') this.#refuse(token, `extraneous input '${token.text}' expecting <EOF>`);
    return expr;
  }

  #peek(): Token {
    return this.#tokens[this.#next] ?? { kind: 'end', text: '<EOF>', at: 0 };
  }

  #take(): Token {
    const token = this.#peek();
    this.#next += 1;
    return token;
  }

  #isNext(text: string): boolean {
    const token = this.#peek();
    return token.kind === 'punctuation' && token.text === text;
  }

  #accept(text: string): boolean {
    if (!this.#isNext(text)) return false;
    this.#next += 1;
    return true;
  }

  #expect(text: string): Token {
    const token = this.#peek();
    if (!this.#isNext(text)) this.#refuse(token, `mismatched input '${token.text}' expecting '${text}'`);
    return this.#take();
  }

  /**
   * The end of a group, or of what is given to a function. As ANTLR recovers: one token too many is passed over, and
   * an end that is missing is taken for granted where the whole may end.
   */
  #close(): void {
    const token = this.#peek();
    const after = this.#tokens[this.#next + 1];
    if (this.#accept(')')) return;
    const say = (message: string): void => {
      this.issues.push({ at: token.at, message: `Syntax error: ${message}` });
    };
    if (after?.kind === 'punctuation' && after.text === ')' && token.kind !== 'end') {
      say(`extraneous input '${token.text}' expecting ')'`);
      this.#next += 2;
    } else if (token.kind === 'end' && this.#open === 0) say("missing ')' at '<EOF>'");
    else this.#expect(')');
  }

  /** What stands between brackets, or between a condition and its alternative. */
  #within<Result>(work: () => Result): Result {
    this.#open += 1;
    const result = work();
    this.#open -= 1;
    return result;
  }

  #refuse(token: Token, message: string): never {
    throw new SyntaxIssue({ at: token.at, message: `Syntax error: ${message}` });
  }

  #nested<Result>(work: () => Result): Result {
    this.#depth += 1;
    if (this.#depth > MAX_DEPTH)
      throw new SyntaxIssue({ at: -1, message: `expression recursion limit exceeded: ${MAX_DEPTH}` });
    const result = work();
    this.#depth -= 1;
    return result;
  }

  /** A chain of selections or operators is as deep as it is long. */
  #lengthen(length: number): void {
    if (this.#depth + length > MAX_DEPTH)
      throw new SyntaxIssue({ at: -1, message: 'max recursion depth exceeded' });
  }

  #conditional(): Expr {
    return this.#nested(() => {
      const test = this.#binary(0);
      const mark = this.#peek();
      if (!this.#accept('?')) return test;
      const yes = this.#within(() => this.#binary(0));
      this.#expect(':');
      const no = this.#conditional();
      return { op: 'call', at: mark.at, name: '_?_:_', args: [test, yes, no] };
    });
  }

  #binary(level: 0 | 1): Expr {
    const text = level === 0 ? '||' : '&&';
    const terms: Expr[] = [];
    const marks: number[] = [];
    for (;;) {
      terms.push(level === 0 ? this.#binary(1) : this.#chain(0));
      const token = this.#peek();
      if (!this.#accept(text)) return balanced(operator(text), terms, marks, 0, marks.length);
      marks.push(token.at);
    }
  }

  #chain(level: number): Expr {
    const texts = CHAINS[level];
    if (texts === undefined) return this.#unary();
    let left = this.#chain(level + 1);
    for (let length = 1; ; length += 1) {
      const token = this.#peek();
      if (token.kind !== 'punctuation' || !texts.has(token.text)) return left;
      this.#lengthen(length);
      this.#next += 1;
      const right = this.#chain(level + 1);
      left = { op: 'call', at: token.at, name: operator(token.text), args: [left, right] };
    }
  }

  /** A run of signs: two of them are none. */
  #unary(): Expr {
    const token = this.#peek();
    const sign = this.#isNext('!') ? '!' : '-';
    let count = 0;
    while (this.#accept(sign)) count += 1;
    const next = this.#peek();
    if (sign === '-' && count > 0 && next.kind === 'literal') {
      const { value } = next;
      if (typeof value === 'bigint' || typeof value === 'number') {
        this.#next += 1;
        const negative = this.#suffixes({ op: 'literal', at: token.at, value: -value });
        return count % 2 === 1 ? negative : { op: 'call', at: token.at, name: '-_', args: [negative] };
      }
    }
    const operand =
      this.#isNext('!') || this.#isNext('-') ? this.#nested(() => this.#unary()) : this.#member();
    return count % 2 === 1 ? { op: 'call', at: token.at, name: `${sign}_`, args: [operand] } : operand;
  }

  #member(): Expr {
    return this.#suffixes(this.#primary());
  }

  #suffixes(start: Expr): Expr {
    let expr = start;
    for (let length = 1; ; length += 1) {
      const mark = this.#peek();
      if (this.#isNext('.') || this.#isNext('[')) this.#lengthen(length);
      if (this.#accept('.')) expr = this.#field(expr, mark);
      else if (this.#accept('[')) {
        const optional = this.#accept('?');
        const index = this.#within(() => this.#conditional());
        this.#expect(']');
        expr = { op: 'call', at: mark.at, name: optional ? '_[?_]' : '_[_]', args: [expr, index] };
      } else return expr;
    }
  }

  #field(operand: Expr, mark: Token): Expr {
    const optional = this.#accept('?');
    const token = this.#take();
    if (token.kind !== 'ident')
      this.#refuse(token, `no viable alternative at input '.${token.kind === 'end' ? '' : token.text}'`);
    const name = token.text.replaceAll('`', '');
    const open = this.#peek();
    if (optional || !this.#accept('('))
      return { op: 'select', at: mark.at, operand, field: name, ...(optional ? { optional: true } : {}) };
    const args = this.#arguments();
    return (
      expandMember(operand, name, args, open.at, this.issues) ?? {
        op: 'call',
        at: open.at,
        name,
        target: operand,
        args,
      }
    );
  }

  #arguments(): readonly Expr[] {
    const args: Expr[] = [];
    if (this.#accept(')')) return args;
    do args.push(this.#within(() => this.#conditional()));
    while (this.#accept(','));
    this.#close();
    return args;
  }

  #primary(): Expr {
    const token = this.#take();
    if (token.kind === 'literal') {
      if (typeof token.value === 'bigint' && token.value === MAX_INT)
        this.issues.push({ at: token.at, message: 'invalid int literal' });
      return { op: 'literal', at: token.at, value: token.value ?? null };
    }
    if (token.kind === 'ident') return this.#named(token);
    if (token.kind === 'punctuation') {
      if (token.text === '(') {
        const inner = this.#within(() => this.#conditional());
        this.#close();
        return inner;
      }
      if (token.text === '[') return { op: 'list', at: token.at, items: this.#within(() => this.#items()) };
      if (token.text === '{')
        return { op: 'map', at: token.at, entries: this.#within(() => this.#entries()) };
      if (token.text === '.' && this.#peek().kind === 'ident') return this.#named(this.#take());
    }
    return this.#refuse(token, `mismatched input '${token.text}' expecting ${EXPECTED}`);
  }

  #named(token: Token): Expr {
    const name = token.text;
    if (RESERVED.has(name)) this.issues.push({ at: token.at, message: `reserved identifier: ${name}` });
    const open = this.#peek();
    if (this.#accept('(')) {
      const args = this.#arguments();
      return expandGlobal(name, args, open.at, this.issues) ?? { op: 'call', at: open.at, name, args };
    }
    return this.#structAt(token) ?? { op: 'ident', at: token.at, name };
  }

  /** `a.b.C{...}`: looks ahead, because a brace after a name is nothing else. */
  #structAt(token: Token): Expr | undefined {
    let look = this.#next;
    let name = token.text;
    while (this.#tokens[look]?.text === '.' && this.#tokens[look + 1]?.kind === 'ident') {
      name += `.${this.#tokens[look + 1]?.text ?? ''}`;
      look += 2;
    }
    const brace = this.#tokens[look];
    if (brace?.kind !== 'punctuation' || brace.text !== '{') return undefined;
    this.#next = look + 1;
    const fields: Member[] = [];
    while (!this.#accept('}')) {
      const optional = this.#accept('?');
      const field = this.#take();
      if (field.kind !== 'ident')
        this.#refuse(
          field,
          `mismatched input '${field.text}' expecting {'}', ',', '?', IDENTIFIER, ESC_IDENTIFIER}`,
        );
      const colon = this.#expect(':');
      fields.push({
        name: field.text.replaceAll('`', ''),
        value: this.#within(() => this.#conditional()),
        optional,
        at: colon.at,
      });
      if (!this.#accept(',')) {
        this.#expect('}');
        break;
      }
    }
    return { op: 'struct', at: brace.at, name, fields };
  }

  #items(): readonly Item[] {
    const items: Item[] = [];
    while (!this.#accept(']')) {
      const optional = this.#accept('?');
      items.push({ value: this.#conditional(), optional });
      if (this.#accept(',')) continue;
      this.#expect(']');
      break;
    }
    return items;
  }

  #entries(): readonly Entry[] {
    const entries: Entry[] = [];
    while (!this.#accept('}')) {
      const optional = this.#accept('?');
      const key = this.#conditional();
      const colon = this.#expect(':');
      entries.push({ key, value: this.#conditional(), optional, at: colon.at });
      if (this.#accept(',')) continue;
      this.#expect('}');
      break;
    }
    return entries;
  }
}

/** A parsed expression, or what is wrong with it. */
export type Parsed =
  | { readonly ok: true; readonly expr: Expr }
  | { readonly ok: false; readonly issues: readonly Issue[] };

/** Parses an expression. */
export const parseCel = (source: string): Parsed => {
  const size = source.length > MAX_POINTS ? [...source].length : 0;
  if (size > MAX_POINTS) {
    const message = `expression code point size exceeds limit: size: ${size}, limit ${MAX_POINTS}`;
    return { ok: false, issues: [{ at: -1, message }] };
  }
  const { tokens, issues } = tokenize(source);
  const parser = new Parser(tokens);
  try {
    const expr = parser.parse();
    const all = [...issues, ...parser.issues];
    return all.length === 0 ? { ok: true, expr } : { ok: false, issues: all };
  } catch (error) {
    if (!(error instanceof SyntaxIssue)) throw error;
    return { ok: false, issues: [...issues, ...parser.issues, error.issue] };
  }
};

/** True for a literal whose value is an unsigned integer. */
export const isUint = (value: unknown): value is Uint => value instanceof Uint;
