/** What a program is in the model: a pure function of its call. */

import type { Endless, Surroundings } from './surroundings.ts';

/** One call of a program. */
export interface Call {
  readonly name: string;
  readonly args: readonly string[];
  /** Standard input, from a pipe. */
  readonly input: string;
  readonly around: Surroundings;
  readonly atMs: number;
  readonly read: (path: string) => string | undefined;
  /** Names in a folder, sorted; `undefined` when it is none. */
  readonly list: (path: string) => readonly string[] | undefined;
  readonly write: (path: string, text: string) => void;
  /** False when there was no such file. */
  readonly remove: (path: string) => boolean;
}

/** What came of it. Absent: code 0, no time, no output. */
export interface Reply {
  readonly code?: number;
  readonly ms?: number;
  readonly out?: string;
  readonly endless?: Endless;
}

/** A program. */
export type Program = (call: Call) => Reply;

/** A process that ends only when it is killed. */
export const DEAF: Endless = { heedsStop: false, stopCode: 137 };
