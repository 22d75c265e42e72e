/** The frame of the command line: what a command is, and what it gets and gives. */

import type { Api } from './api.ts';
import type { Connection } from './connection.ts';

/** An option of a command. */
export interface Option {
  readonly type: 'string' | 'boolean';
  readonly short?: string;
  /** May be given several times. */
  readonly multiple?: true;
  /** How its value is called in the help: `FILE`, `N`. */
  readonly value?: string;
  readonly help: string;
}

/** The value of an option as it came. */
export type OptionValue = string | boolean | readonly string[];

/** What a command gets. */
export interface Invocation {
  readonly arguments: readonly string[];
  readonly options: Readonly<Record<string, OptionValue | undefined>>;
  /** The server and the credentials; throws a usage error when nobody logged in. */
  readonly connect: () => Promise<Connection>;
  /** The control API behind them. */
  readonly api: () => Promise<Api>;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** A column of a table: heading, and what stands in it. */
export type Column = readonly [heading: string, cell: (row: Readonly<Record<string, unknown>>) => unknown];

/** What a command says: a value, as a table or as a text for people, and always as JSON. */
export interface Output {
  readonly json: unknown;
  readonly table?: { readonly rows: readonly unknown[]; readonly columns: readonly Column[] };
  readonly text?: string;
  /** Other than 0: the command worked, but what it asked about did not hold. */
  readonly exitCode?: number;
}

/** One command: a row of the table in `commands.ts`. */
export interface Command {
  /** Words, e.g. `cluster create`. */
  readonly name: string;
  readonly summary: string;
  /** Positional arguments: `NAME`, `[NAME]` when it may be left out, `NAME...` for several. */
  readonly arguments?: readonly string[];
  readonly options?: Readonly<Record<string, Option>>;
  /** Further lines of its help. */
  readonly help?: string;
  readonly run: (invocation: Invocation) => Promise<Output>;
}

/** Exit codes, as documented in docs/cli.md. */
export const EXIT = { ok: 0, refused: 1, usage: 2, unreachable: 3, unmet: 4 } as const;

/** A failure that its message explains fully. */
export class CommandError extends Error {
  readonly exitCode: number;

  constructor(message: string, exitCode: number = EXIT.usage) {
    super(message);
    this.name = 'CommandError';
    this.exitCode = exitCode;
  }
}

/** The option's text, if it was given. */
export const text = ({ options }: Invocation, name: string): string | undefined => {
  const value = options[name];
  return typeof value === 'string' ? value : undefined;
};

/** The option's texts. */
export const texts = ({ options }: Invocation, name: string): readonly string[] => {
  const value = options[name];
  return Array.isArray(value) ? value : [];
};

/** The option as a number. */
export const number = (invocation: Invocation, name: string): number | undefined => {
  const value = text(invocation, name);
  if (value === undefined) return undefined;
  const read = Number(value);
  if (value.trim() === '' || !Number.isFinite(read))
    throw new CommandError(`--${name} must be a number, not "${value}"`);
  return read;
};

const UNITS: Readonly<Record<string, number>> = { '': 1, s: 1, m: 60, h: 3600, d: 86_400 };

/** A span of time in seconds: `90`, `90s`, `15m`, `2h`, `1d`, `1h30m`. */
export const parseSpan = (value: string, name: string): number => {
  if (!/^(?:\d+[smhd]?)+$/.test(value))
    throw new CommandError(`--${name} must be a time such as 90s, 15m, 2h or 1d`);
  let seconds = 0;
  for (const [, count, unit = ''] of value.matchAll(/(\d+)([smhd]?)/g))
    seconds += Number(count) * (UNITS[unit] ?? 1);
  return seconds;
};

/** The option as a span in seconds. */
export const span = (invocation: Invocation, name: string): number | undefined => {
  const value = text(invocation, name);
  return value === undefined ? undefined : parseSpan(value, name);
};

/** An object without what is undefined. */
export const compact = (fields: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));

/** The argument at this place; the frame has checked that it is there. */
export const argument = ({ arguments: given }: Invocation, index: number): string => given[index] ?? '';
