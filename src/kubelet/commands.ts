/** How a container's main process fares: what its image and its command make of it. */

import type { Container } from '../kinds/generated/types.ts';
import { quantityOf, quantityValue } from '../machinery/quantity.ts';
import { type Image, type ImageProfile, isPlainBusybox } from './images.ts';
import { applets } from './shell/applets.ts';
import { Player } from './shell/play.ts';
import { programs } from './shell/programs.ts';
import type { FileSpan, Played, Surroundings } from './shell/surroundings.ts';

/** How a container's main process fares when nobody interferes. */
export interface Fate {
  /** Milliseconds from its start to its exit; absent when it runs on. */
  readonly endsAfterMs?: number;
  readonly exitCode: number;
  /** Whether the process heeds its stop signal, and the code it then exits with. */
  readonly heedsStop: boolean;
  readonly stopCode: number;
  /** Which files exist when, for exec probes. */
  readonly files: readonly FileSpan[];
  /** Ports it listens on; absent when that is anyone's guess: then those its container declares, or any. */
  readonly listens?: readonly number[];
  /** Text it leaves in its termination log. */
  readonly message?: string;
  /** The end of what it printed. */
  readonly lastLines?: string;
  /** The special server it is, for probes. */
  readonly server?: string;
  /** The runtime's word for its end, when it is neither Completed nor Error. */
  readonly exitReason?: string;
  /** Why the runtime cannot start it. */
  readonly startError?: string;
}

const TERMINATION_LOG = '/dev/termination-log';

/** Time a process needs to start and end, so that no container lives for no time at all. */
const PROCESS_MS = 15;

const DEAF = { heedsStop: false, stopCode: 137 };

const isShell = (program: string): boolean => /^(.*\/)?(sh|bash|ash|dash)$/.test(program);

/** What runs in the container: its command, or its arguments where the image's entrypoint runs them. */
const commandOf = (container: Container, profile: ImageProfile): readonly string[] => {
  const { command = [], args = [] } = container;
  if (command.length > 0) return [...command, ...args];
  if (args.length === 0 || profile.ownsArguments === true) return [];
  // Entrypoint scripts of server images run a first argument that is not an option as a command.
  return args[0]?.startsWith('-') === true ? [] : args;
};

/** `$(NAME)` in a command stands for a variable of the container, `$$` for a dollar sign (third_party/forked/golang/expansion). */
const withVariables = (words: readonly string[], around: Surroundings): readonly string[] =>
  words.map((word) =>
    word.includes('$')
      ? word.replace(/\$(?:\$|\(([\w.-]+)\))/g, (whole, name: string | undefined) =>
          name === undefined ? '$' : (around.env[name] ?? whole),
        )
      : word,
  );

/** agnhost's subcommands by what they do: ports, or nothing for those that pause. */
const AGNHOST: Readonly<Record<string, readonly number[]>> = {
  netexec: [8080, 8081],
  'serve-hostname': [9376],
  liveness: [8080],
  'test-webserver': [80],
  'http-server': [8080],
  guestbook: [3000],
  porter: [80],
  'grpc-health-checking': [5000, 8080],
};

const declaredPort = (args: readonly string[]): number | undefined => {
  const match = /--(?:http-)?port[= ](\d+)/.exec(args.join(' '));
  return match === null ? undefined : Number(match[1]);
};

const ownServer = (container: Container, profile: ImageProfile): Fate => {
  const { args = [] } = container;
  const [subcommand = ''] = args;
  const ports = AGNHOST[subcommand];
  const given = declaredPort(args);
  const stop = { exitCode: 0, heedsStop: true, stopCode: profile.stopCode, files: [] };
  if (ports !== undefined)
    return { ...stop, server: subcommand, listens: given === undefined ? ports : [given, ...ports.slice(1)] };
  if (profile.ports.length > 0) return { ...stop, listens: given === undefined ? profile.ports : [given] };
  return stop;
};

/** The image's own doing, with no command. */
const ownFate = (container: Container, profile: ImageProfile): Fate => {
  if (profile.does === 'serves') return ownServer(container, profile);
  // A shell without a command ends with its input.
  if (container.stdin === true) return { exitCode: 0, ...DEAF, files: [], listens: [] };
  return { endsAfterMs: PROCESS_MS, exitCode: 0, ...DEAF, files: [], listens: [] };
};

/** The ports of a process that a command started: those of the image if its own server runs, else unknown. */
const listensOf = (
  played: Played,
  words: readonly string[],
  profile: ImageProfile,
): Pick<Fate, 'listens'> => {
  if (played.endless === undefined) return { listens: [] };
  if (
    !played.endless.heedsStop &&
    !/\b(nc|httpd|http\.server|socat|serve|listen|nginx|server)\b/.test(words.join(' '))
  )
    return { listens: [] };
  return profile.ports.length > 0 && words[0] !== undefined && !isShell(words[0])
    ? { listens: profile.ports }
    : {};
};

/** A termination message has at most so many lines and characters of the log. */
const MESSAGE_LINES = 80;
const MESSAGE_LENGTH = 2048;

const lastLinesOf = ({ lines }: Played): string =>
  lines
    .slice(-MESSAGE_LINES)
    .map(({ text }) => `${text}\n`)
    .join('')
    .slice(-MESSAGE_LENGTH);

const fateOfPlay = (played: Played, words: readonly string[], profile: ImageProfile): Fate => {
  const message = played.contents.get(TERMINATION_LOG);
  const common = {
    files: played.files,
    ...listensOf(played, words, profile),
    ...(message ? { message } : {}),
    ...(played.endless === undefined && played.lines.length > 0 ? { lastLines: lastLinesOf(played) } : {}),
  };
  const trap = played.trapCode === undefined ? undefined : { heedsStop: true, stopCode: played.trapCode };
  if (played.endless !== undefined) return { exitCode: 0, ...played.endless, ...trap, ...common };
  return { endsAfterMs: played.ms + PROCESS_MS, exitCode: played.code, ...DEAF, ...trap, ...common };
};

/** A program that is in no image: made-up names, or a whole script given as the name of a program. */
const MADE_UP =
  /^(?:.*\/)?(?:non-?existent|no-?such|does-?not-?exist|not-?a-?|invalid|bad|bogus|missing|foo-?bar).*$/i;

/** A file of another folder may be mounted: those are not judged. */
const isInBusybox = (program: string): boolean => {
  const name = /^(?:\/(?:usr\/)?s?bin\/)?([^/]+)$/.exec(program)?.[1];
  return name === undefined || isShell(name) || programs[name] !== undefined || applets.has(name);
};

/** Why the runtime cannot start the container's program; `undefined` when it can. */
export const startErrorOf = (container: Container, image: Image): string | undefined => {
  const [program = ''] = commandOf(container, image.profile);
  const isAbsent = program !== '' && isPlainBusybox(image) && !isInBusybox(program);
  if (!isAbsent && !MADE_UP.test(program) && !/\s/.test(program)) return undefined;
  const why = program.includes('/')
    ? `stat ${program}: no such file or directory`
    : 'executable file not found in $PATH';
  return (
    'failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start ' +
    `container process: error during container init: exec: ${JSON.stringify(program)}: ${why}: unknown`
  );
};

/** Plays words as a main process: a shell with `-c` plays its script. */
const playWords = (words: readonly string[], around: Surroundings, untilMs?: number): Played => {
  const player = new Player(around, untilMs);
  const [program = '', flag = '', script = ''] = words;
  return isShell(program) && /^-\w*c$/.test(flag) ? player.playScript(script) : player.playWords(words);
};

/** Memory that a load generator asks for, in bytes: of polinux/stress (`--vm-bytes 250M`) or vish/stress (`-mem-total`). */
const memoryLoad = (words: readonly string[]): number => {
  const match = /(?:--vm-bytes|-mem-total)[= ](\d+)([KMGkmg]?)/.exec(words.join(' '));
  if (match === null) return 0;
  return Number(match[1]) * ({ k: 1024, m: 1024 ** 2, g: 1024 ** 3 }[(match[2] ?? '').toLowerCase()] ?? 1);
};

const OUT_OF_MEMORY_MS = 900;

/** How the container fares. */
export const fateOf = (container: Container, image: Image, around: Surroundings): Fate => {
  const limit = container.resources?.limits?.['memory'];
  const load =
    limit === undefined ? 0 : memoryLoad([...(container.command ?? []), ...(container.args ?? [])]);
  if (limit !== undefined && load > quantityValue(quantityOf(limit))) {
    return { endsAfterMs: OUT_OF_MEMORY_MS, exitCode: 137, exitReason: 'OOMKilled', ...DEAF, files: [] };
  }
  return fateOfCommand(container, image, around);
};

const fateOfCommand = (container: Container, image: Image, around: Surroundings): Fate => {
  const { profile } = image;
  const words = withVariables(commandOf(container, profile), around);
  const [program = '', ...rest] = words;
  if (words.length === 0 || (isShell(program) && rest.every((word) => /^-[il]+$/.test(word)))) {
    return words.length === 0
      ? ownFate(container, profile)
      : ownFate(container, { ...profile, does: 'exits' });
  }
  const startError = startErrorOf(container, image);
  if (startError !== undefined) return { endsAfterMs: 0, exitCode: 128, ...DEAF, files: [], startError };
  return fateOfPlay(playWords(words, around), words, profile);
};

/** What the container's main process printed up to so many milliseconds after its start. */
export const outputOf = (
  container: Container,
  image: Image,
  around: Surroundings,
  untilMs: number,
): Played['lines'] => {
  const words = withVariables(commandOf(container, image.profile), around);
  if (words.length === 0) return [];
  return playWords(words, around, untilMs).lines.filter(({ atMs }) => atMs <= untilMs);
};

/** Plays the command of a hook or an exec probe in a container whose files are these. */
export const execute = (words: readonly string[], around: Surroundings): Played => playWords(words, around);

/** What the container's main process left in files when it ended. */
export const filesOf = (
  container: Container,
  image: Image,
  around: Surroundings,
): ReadonlyMap<string, string> => {
  const words = withVariables(commandOf(container, image.profile), around);
  return words.length === 0 ? new Map() : playWords(words, around).contents;
};
