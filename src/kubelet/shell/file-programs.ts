/** Programs over files in the model. */

import { type Call, DEAF, type Program, type Reply } from './call.ts';
import { lastLines } from './text-programs.ts';

/** A filter: it prints what it is given. */
export const pass: Program = ({ input }) => (input === '' ? {} : { out: input });

const noFile = (call: Call, path: string, verb = 'open'): string =>
  call.around.isBusybox
    ? `${call.name}: can't ${verb} '${path}': No such file or directory`
    : `${call.name}: ${path}: No such file or directory`;

const files = (call: Call): readonly string[] => call.args.filter((word) => !word.startsWith('-'));

const cat: Program = (call) => {
  const paths = files(call);
  if (paths.length === 0) return { out: call.input || undefined } as Reply;
  const lines: string[] = [];
  let code = 0;
  for (const path of paths) {
    const text = call.read(path);
    if (text === undefined) {
      lines.push(noFile(call, path));
      code = 1;
    } else if (text !== '') lines.push(text.replace(/\n$/, ''));
  }
  return { code, ...(lines.length > 0 ? { out: lines.join('\n') } : {}) };
};

/** One line of `ls -l`: times of files are not kept, so that they are as old as the process. */
const longLine = (call: Call, name: string): string => {
  const at = new Date(call.around.startedAt);
  const [day = '', month = ''] = at.toUTCString().split(' ').slice(1);
  return `-rw-r--r--    1 root     root             0 ${month} ${day} ${at.toISOString().slice(11, 16)} ${name}`;
};

const ls: Program = (call) => {
  const paths = files(call);
  const isLong = call.args.some((word) => /^-\w*l/.test(word));
  const lines: string[] = [];
  let code = 0;
  for (const path of paths.length === 0 ? ['/'] : paths) {
    const names = call.list(path);
    if (names === undefined && call.read(path) === undefined) {
      lines.push(
        call.around.isBusybox
          ? `ls: ${path}: No such file or directory`
          : `ls: cannot access '${path}': No such file or directory`,
      );
      code = call.around.isBusybox ? 1 : 2;
    } else if (names === undefined) lines.push(isLong ? longLine(call, path) : path);
    else {
      if (isLong) lines.push(`total ${names.length * 4}`);
      lines.push(...names.map((name) => (isLong ? longLine(call, name) : name)));
    }
  }
  return { code, ...(lines.length > 0 ? { out: lines.join('\n') } : {}) };
};

const remove: Program = (call) => {
  const isForced = call.args.some((word) => /^-\w*f/.test(word));
  let absent: string | undefined;
  for (const path of files(call)) if (!call.remove(path)) absent ??= path;
  if (absent === undefined || isForced) return {};
  return { code: 1, out: `rm: cannot remove '${absent}': No such file or directory` };
};

const writeAll =
  (text: string): Program =>
  (call) => {
    for (const path of files(call)) call.write(path, call.read(path) ?? text);
    return {};
  };

const copy: Program = (call) => {
  const paths = files(call);
  const target = paths.at(-1);
  const source = paths[0];
  if (paths.length < 2 || target === undefined || source === undefined) return { code: 1 };
  const text = call.read(source);
  if (text === undefined && call.name === 'mv')
    return { code: 1, out: `mv: cannot stat '${source}': No such file or directory` };
  call.write(target, text ?? '');
  if (call.name === 'mv') call.remove(source);
  return {};
};

/** Plain text with `^` and `$`, alternatives apart by `|`: other patterns are taken as they are written. */
const matcherOf = (pattern: string, ignoresCase: boolean): ((line: string) => boolean) => {
  const fold = (text: string): string => (ignoresCase ? text.toLowerCase() : text);
  const alternatives = pattern.split(/\\?\|/).map((part) => ({
    text: fold(part.replace(/^\^/, '').replace(/\$$/, '').replaceAll('\\', '')),
    begins: part.startsWith('^'),
    ends: part.endsWith('$'),
  }));
  return (line) =>
    alternatives.some(({ text, begins, ends }) => {
      const folded = fold(line);
      if (begins && ends) return folded === text;
      if (begins) return folded.startsWith(text);
      return ends ? folded.endsWith(text) : folded.includes(text);
    });
};

const grep: Program = (call) => {
  const flags = call.args.filter((word) => /^-\w/.test(word)).join('');
  const [pattern = '', ...paths] = call.args.filter((word) => !word.startsWith('-'));
  const text = paths.length > 0 ? paths.map((path) => call.read(path) ?? '').join('\n') : call.input;
  const matches = matcherOf(pattern, flags.includes('i'));
  const wanted = !flags.includes('v');
  const all = text === '' ? [] : text.replace(/\n$/, '').split('\n');
  const lines = all.filter((line) => matches(line) === wanted);
  const code = lines.length > 0 ? 0 : 1;
  if (flags.includes('q')) return { code };
  if (flags.includes('c')) return { code, out: String(lines.length) };
  return { code, ...(lines.length > 0 ? { out: lines.join('\n') } : {}) };
};

const tail: Program = (call) =>
  call.args.some((word) => /^-\w*[fF]/.test(word)) ? { endless: DEAF } : lastLines(call);

const tee: Program = (call) => {
  for (const path of files(call)) call.write(path, call.input);
  return pass(call);
};

/** Programs by name. */
export const filePrograms: Readonly<Record<string, Program>> = {
  cat,
  ls,
  rm: remove,
  touch: writeAll(''),
  cp: copy,
  mv: copy,
  tee,
  grep,
  egrep: grep,
  tail,
  dd: (call) => {
    const target = call.args.find((word) => word.startsWith('of='))?.slice(3);
    if (target !== undefined) call.write(target, '');
    return {};
  },
};
