/**
 * A small honest model of what a container's command does: how long it runs, how it exits, which files it leaves. It
 * understands sequences of everyday commands; anything else is a program that runs on.
 */

import type { Container } from '../kinds/generated/types.ts';
import type { Image, ImageProfile } from './images.ts';
import { playScript } from './script.ts';

/** How a container's main process fares when nobody interferes. */
export interface Fate {
  /** Milliseconds from its start to its exit; absent when it runs on. */
  readonly endsAfterMs?: number;
  readonly exitCode: number;
  /** Whether the process heeds its stop signal, and the code it then exits with. */
  readonly heedsStop: boolean;
  readonly stopCode: number;
  /** Which files exist when, for exec probes; absent when the command leaves none. */
  readonly files?: readonly FileSpan[];
  /** Text it writes to its termination log. */
  readonly message?: string;
}

/** A file that exists from one instant (milliseconds after the start) to another. */
export interface FileSpan {
  readonly path: string;
  readonly fromMs: number;
  readonly toMs?: number;
}

const serves = (profile: ImageProfile): Fate => ({
  exitCode: 0,
  heedsStop: true,
  stopCode: profile.stopCode,
});

const isShell = (program: string): boolean => /^(.*\/)?(sh|bash|ash|dash)$/.test(program);

/** What runs in the container: its command, or the image's with the container's arguments. */
const argumentsOf = (container: Container, profile: ImageProfile): readonly string[] => {
  const { command = [], args = [] } = container;
  if (command.length > 0) return [...command, ...args];
  if (args.length === 0 || profile.ownsArguments === true) return [];
  // Entrypoint scripts of server images run a first argument that is not an option as a command.
  return args[0]?.startsWith('-') === true ? [] : args;
};

/** How the container fares. */
export const fateOf = (container: Container, image: Image): Fate => {
  const { profile } = image;
  const words = argumentsOf(container, profile);
  if (words.length === 0) {
    const keepsShell = container.stdin === true && profile.does === 'exits';
    if (profile.does === 'serves') return serves(profile);
    if (keepsShell) return { exitCode: 0, heedsStop: false, stopCode: 137 };
    return { endsAfterMs: 20, exitCode: 0, heedsStop: true, stopCode: 143 };
  }
  const [program = '', ...rest] = words;
  if (
    isShell(program) &&
    rest.every((word) => !word.startsWith('-') || word === '-i' || word === '-l') &&
    rest.length < 2
  ) {
    // An interactive shell: ends with its input.
    if (container.stdin === true) return { exitCode: 0, heedsStop: false, stopCode: 137 };
    if (rest.length === 0) return { endsAfterMs: 20, exitCode: 0, heedsStop: false, stopCode: 137 };
  }
  return playScript(words, profile);
};
