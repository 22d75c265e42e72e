/** Expressions of the Common Expression Language (cel-go's grammar), as a tree. Positions are offsets of characters. */

/** What a literal holds: int as bigint, double as number, uint as `Uint`. */
export type Literal = string | number | bigint | boolean | null | Uint | Uint8Array;

/** An unsigned integer; rare, so that only it is boxed. */
export class Uint {
  readonly value: bigint;
  constructor(value: bigint) {
    this.value = value;
  }
}

/** Macros over lists and maps; those named `transform…` build lists or maps. */
export type Fold =
  | 'all'
  | 'exists'
  | 'exists_one'
  | 'map'
  | 'filter'
  | 'transformList'
  | 'transformMap'
  | 'transformMapEntry';

export type Expr =
  | { readonly op: 'literal'; readonly at: number; readonly value: Literal }
  | { readonly op: 'ident'; readonly at: number; readonly name: string }
  | {
      readonly op: 'select';
      readonly at: number;
      readonly operand: Expr;
      readonly field: string;
      /** `has(a.b)` */
      readonly test?: true;
      /** `a.?b` */
      readonly optional?: true;
    }
  | {
      readonly op: 'call';
      readonly at: number;
      readonly name: string;
      readonly target?: Expr;
      readonly args: readonly Expr[];
    }
  | { readonly op: 'list'; readonly at: number; readonly items: readonly Item[] }
  | { readonly op: 'map'; readonly at: number; readonly entries: readonly Entry[] }
  | { readonly op: 'struct'; readonly at: number; readonly name: string; readonly fields: readonly Member[] }
  | {
      readonly op: 'fold';
      readonly at: number;
      readonly fold: Fold;
      readonly range: Expr;
      readonly vars: readonly string[];
      /** Condition of the tests and filters. */
      readonly test?: Expr;
      /** What `map` and the transforms make of an item. */
      readonly make?: Expr;
    }
  | {
      readonly op: 'bind';
      readonly at: number;
      readonly name: string;
      readonly init: Expr;
      readonly body: Expr;
      /** `opt.optMap` binds the value of an optional; `flat` does not wrap the result again. */
      readonly optional?: 'map' | 'flat';
    };

/** A list item; `[?x]` adds what an optional holds. */
export interface Item {
  readonly value: Expr;
  readonly optional: boolean;
}

/** A map entry. */
export interface Entry {
  readonly key: Expr;
  readonly value: Expr;
  readonly optional: boolean;
  readonly at: number;
}

/** A field of an object construction. */
export interface Member {
  readonly name: string;
  readonly value: Expr;
  readonly optional: boolean;
  readonly at: number;
}

/** Something wrong with an expression, at an offset. */
export interface Issue {
  readonly at: number;
  readonly message: string;
}

/** Issues as cel-go prints them: each with its line and a caret. */
export const printIssues = (issues: readonly Issue[], source: string): string => {
  const lines = source.split('\n');
  return [...issues]
    .sort((a, b) => a.at - b.at)
    .map(({ at, message }) => {
      if (at < 0) return `ERROR: <input>:-1:0: ${message}`;
      if (source === '') return `ERROR: <input>:1:0: ${message}`;
      let line = 0;
      let column = at;
      while (line < lines.length - 1 && column > (lines[line] ?? '').length) {
        column -= (lines[line] ?? '').length + 1;
        line += 1;
      }
      const text = (lines[line] ?? '').replaceAll('\t', ' ');
      return `ERROR: <input>:${line + 1}:${column + 1}: ${message}\n | ${text}\n | ${'.'.repeat(column)}^`;
    })
    .join('\n');
};
