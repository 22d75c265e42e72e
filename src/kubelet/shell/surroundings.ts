/** What goes into a play of a script and what comes out of it. */

/** What a script sees of its container. */
export interface Surroundings {
  readonly hostname: string;
  readonly env: Readonly<Record<string, string>>;
  /** Text of a file that was there before; `undefined` when there is none. */
  readonly fileBefore: (path: string) => string | undefined;
  /** Names in a folder that was there before; `undefined` when it is none. */
  readonly folderBefore: (path: string) => readonly string[] | undefined;
  /** A program of this name is in the image; what is in no image is not found. */
  readonly hasProgram: (name: string) => boolean;
  /** Whether a host name resolves so many milliseconds after the start. */
  readonly resolves: (host: string, atMs: number) => boolean;
  /** The instant at which the script starts, for `date`. */
  readonly startedAt: number;
  /** Busybox words its errors differently from GNU tools. */
  readonly isBusybox: boolean;
  /** Exit code of the image's own servers after their stop signal. */
  readonly stopCode: number;
  /** Derived randomness in [0, 1). */
  readonly random: (step: number) => number;
}

/** A file that exists from one time (milliseconds after the start) to another. */
export interface FileSpan {
  readonly path: string;
  readonly fromMs: number;
  readonly toMs?: number;
}

export interface Line {
  readonly atMs: number;
  readonly text: string;
}

/** How a process ends that does not end by itself. */
export interface Endless {
  readonly heedsStop: boolean;
  readonly stopCode: number;
}

export interface Played {
  /** Time it took; until it went on for ever, when `endless`. */
  readonly ms: number;
  readonly code: number;
  readonly endless?: Endless;
  readonly files: readonly FileSpan[];
  readonly lines: readonly Line[];
  /** Exit code of the handler the script set for its stop signal. */
  readonly trapCode?: number;
  /** Contents of files at the end. */
  readonly contents: ReadonlyMap<string, string>;
}
