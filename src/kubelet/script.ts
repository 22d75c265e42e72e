/** Plays a command against the clock: how long it runs and how it exits. */

import type { Fate } from './commands.ts';
import type { ImageProfile } from './images.ts';

/** One step's outcome: `undefined` code means that it never ends. */
interface Step {
  readonly ms: number;
  readonly code: number | undefined;
}

const UNITS: Readonly<Record<string, number>> = { '': 1000, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

const sleepMs = (words: readonly string[]): number | undefined => {
  let total = 0;
  for (const word of words) {
    const match = /^(\d+(?:\.\d+)?|\.\d+)([smhd]?)$/.exec(word);
    if (match === null) return undefined;
    total += Number(match[1]) * (UNITS[match[2] ?? ''] ?? 1000);
  }
  return total;
};

const QUICK = new Set(
  'echo printf date ls cat env printenv hostname pwd uname id whoami touch rm mkdir cp mv chmod chown ln export set cd ps df free mount wc grep sed awk cut sort head tr nslookup dig wget curl ping which test expr seq true :'.split(
    ' ',
  ),
);

const RUN_ON: Step = { ms: 0, code: undefined };

const playSimple = (words: readonly string[]): Step => {
  const [path = '', ...rest] = words;
  const program = path.slice(path.lastIndexOf('/') + 1);
  if (program === '' || QUICK.has(program)) return { ms: 0, code: 0 };
  if (program === 'false') return { ms: 0, code: 1 };
  if (program === 'exit') return { ms: 0, code: Number(rest[0] ?? 0) & 255 };
  if (program === 'exec') return playSimple(rest);
  if (program === 'sleep') {
    const ms = sleepMs(rest);
    return ms === undefined
      ? rest[0] === 'infinity' || rest[0] === 'inf'
        ? RUN_ON
        : { ms: 0, code: 1 }
      : { ms, code: 0 };
  }
  if (program === 'perl' && rest.some((word) => word.includes('bpi'))) return { ms: 4000, code: 0 };
  return RUN_ON;
};

const wordsOf = (text: string): string[] =>
  (text.match(/"(?:\\.|[^"\\])*"|'[^']*'|[^\s"']+/g) ?? []).map((word) =>
    word.replace(/^(["'])(.*)\1$/s, '$2'),
  );

const playLine = (text: string): Step => {
  const parts = text.split(/(;|&&|\|\||\n)/);
  let ms = 0;
  let code = 0;
  let operator = ';';
  for (const [index, part] of parts.entries()) {
    if (index % 2 === 1) {
      operator = part;
      continue;
    }
    const words = wordsOf(part);
    if (words.length === 0) continue;
    if ((operator === '&&' && code !== 0) || (operator === '||' && code === 0)) continue;
    if (['while', 'until', 'for', 'if', 'trap', 'function', '{', '('].includes(words[0] ?? '')) {
      return { ms, code: undefined };
    }
    const step = playSimple(words);
    ms += step.ms;
    if (step.code === undefined) return { ms, code: undefined };
    code = step.code;
    if (words[0] === 'exit') break;
  }
  return { ms, code };
};

/** Time a process needs to start and end, so that no container lives for no time at all. */
const PROCESS_MS = 15;

/** The fate of a container whose main process is this command. */
export const playScript = (words: readonly string[], profile: ImageProfile): Fate => {
  const [path = '', flag = '', script = ''] = words;
  const program = path.slice(path.lastIndexOf('/') + 1);
  const isShell = /^(sh|bash|ash|dash)$/.test(program) && /^-\w*c$/.test(flag);
  const step = isShell ? playLine(script) : playSimple(words);
  const isDeaf = isShell || ['sleep', 'tail', 'cat', 'top', 'watch'].includes(program);
  const stop = isDeaf ? { heedsStop: false, stopCode: 137 } : { heedsStop: true, stopCode: profile.stopCode };
  if (step.code === undefined) return { exitCode: 0, ...stop };
  return { endsAfterMs: step.ms + PROCESS_MS, exitCode: step.code, ...stop };
};
