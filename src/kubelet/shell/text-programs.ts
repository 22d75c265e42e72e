/** Filters over text in the model: what pipes in manifests are made of. */

import type { Call, Program } from './call.ts';

const isFlag = (word: string): boolean => word.startsWith('-') && word !== '-';

/** Values of options such as `-d= -f2`, `-n 5`: by letter. */
const optionsOf = (args: readonly string[], letters: string): ReadonlyMap<string, string> => {
  const found = new Map<string, string>();
  for (const [index, word] of args.entries()) {
    const letter = word[1] ?? '';
    if (!isFlag(word) || !letters.includes(letter)) continue;
    found.set(letter, word.length > 2 ? word.slice(2) : (args[index + 1] ?? ''));
  }
  return found;
};

/** Words that are neither options nor the values of those letters. */
const plainWords = (args: readonly string[], letters: string): readonly string[] =>
  args.filter((word, index) => {
    const before = args[index - 1] ?? '';
    const isValue = isFlag(before) && before.length === 2 && letters.includes(before[1] ?? '');
    return !isFlag(word) && !isValue;
  });

/** The text of the named files, or what was piped in; without the newline at its end. */
const textOf = (call: Call, paths: readonly string[]): string => {
  const text = paths.length === 0 ? call.input : paths.map((path) => call.read(path) ?? '').join('\n');
  return text.endsWith('\n') ? text.slice(0, -1) : text;
};

const linesOf = (call: Call, paths: readonly string[]): readonly string[] => {
  const text = textOf(call, paths);
  return text === '' ? [] : text.split('\n');
};

const print = (lines: readonly string[]) => (lines.length === 0 ? {} : { out: lines.join('\n') });

const numbersOf = (list: string): readonly number[] =>
  list.split(',').flatMap((part) => {
    const [from = 1, to = from] = part.split('-').map(Number);
    return Array.from({ length: Math.min(100, Math.max(0, to - from + 1)) }, (_, index) => from + index);
  });

const cut: Program = (call) => {
  const options = optionsOf(call.args, 'dfc');
  const delimiter = options.get('d') ?? '\t';
  const wanted = numbersOf(options.get('f') ?? options.get('c') ?? '1');
  const byCharacter = options.has('c');
  const lines = linesOf(call, plainWords(call.args, 'dfc')).map((line) => {
    const fields = byCharacter ? [...line] : line.split(delimiter);
    if (!byCharacter && fields.length === 1) return line;
    return wanted.flatMap((number) => fields[number - 1] ?? []).join(byCharacter ? '' : delimiter);
  });
  return print(lines);
};

const countOf = (args: readonly string[]): number => {
  const short = args.find((word) => /^-\d+$/.test(word));
  return Number(short?.slice(1) ?? optionsOf(args, 'n').get('n') ?? 10);
};

const head: Program = (call) => print(linesOf(call, plainWords(call.args, 'n')).slice(0, countOf(call.args)));

/** The last lines of files or of what is piped in. */
export const lastLines: Program = (call) => {
  const count = countOf(call.args);
  return print(count === 0 ? [] : linesOf(call, plainWords(call.args, 'n')).slice(-count));
};

const wordCount: Program = (call) => {
  const paths = plainWords(call.args, '');
  const lines = linesOf(call, paths);
  const text = `${lines.join('\n')}${lines.length > 0 ? '\n' : ''}`;
  const counts = {
    l: lines.length,
    w: text.split(/\s+/).filter((word) => word !== '').length,
    c: text.length,
  };
  const flags = call.args.filter(isFlag).join('');
  const shown = (['l', 'w', 'c'] as const).filter((letter) => flags === '' || flags.includes(letter));
  return { out: [...shown.map((letter) => String(counts[letter])), ...paths].join(' ') };
};

const sort: Program = (call) => {
  const flags = call.args.filter(isFlag).join('');
  const lines = [...linesOf(call, plainWords(call.args, ''))];
  if (flags.includes('n')) lines.sort((a, b) => Number.parseFloat(a) - Number.parseFloat(b));
  else lines.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  if (flags.includes('r')) lines.reverse();
  return print(flags.includes('u') ? [...new Set(lines)] : lines);
};

const uniq: Program = (call) => {
  const lines = linesOf(call, plainWords(call.args, ''));
  const kept = lines.filter((line, index) => line !== lines[index - 1]);
  return print(kept);
};

/** `a-z` written out. */
const characters = (set: string): readonly string[] => {
  const names: Readonly<Record<string, string>> = {
    '[:upper:]': 'A-Z',
    '[:lower:]': 'a-z',
    '[:digit:]': '0-9',
  };
  const text = (names[set] ?? set).replaceAll('\\n', '\n').replaceAll('\\t', '\t');
  const found: string[] = [];
  for (let at = 0; at < text.length; at += 1) {
    const [from = '', dash, to] = [text[at], text[at + 1], text[at + 2]];
    if (dash !== '-' || to === undefined) {
      found.push(from);
      continue;
    }
    for (let code = from.charCodeAt(0); code <= to.charCodeAt(0); code += 1)
      found.push(String.fromCharCode(code));
    at += 2;
  }
  return found;
};

const translate: Program = (call) => {
  const deletes = call.args.includes('-d');
  const [from = '', to = ''] = plainWords(call.args, '').map((set) => set);
  const [source, target] = [characters(from), characters(to)];
  const text = [...`${call.input}\n`].map((char) => {
    const index = source.indexOf(char);
    if (index < 0) return char;
    return deletes ? '' : (target[Math.min(index, target.length - 1)] ?? char);
  });
  return { out: text.join('').replace(/\n$/, '') };
};

/** `s/a/b/g` with a plain text or a simple pattern; other scripts leave the text as it is. */
const sed: Program = (call) => {
  const [script = '', ...paths] = plainWords(call.args, '');
  const [, , from = '', to = '', flags = ''] = /^s(.)(.*?)\1(.*?)\1([gI]*)$/.exec(script) ?? [];
  const text = textOf(call, paths);
  if (from === '') return text === '' ? {} : { out: text };
  // Only what is surely plain text is searched for: a pattern from a manifest must not cost more than its length.
  const isPlain = /^[\w\s.:=/@,"'-]+$/.test(from);
  const search = isPlain ? from.replaceAll('\\', '') : undefined;
  if (search === undefined) return { out: text };
  const lines = text
    .split('\n')
    .map((line) => (flags.includes('g') ? line.replaceAll(search, to) : line.replace(search, to)));
  return { out: lines.join('\n') };
};

/** `{print $1, $3}`; other programs leave the text as it is. */
const awk: Program = (call) => {
  const words = plainWords(call.args, 'F');
  const [program = '', ...paths] = words;
  const wanted = /^\s*\{\s*print\s+([^}]*)\}\s*$/.exec(program)?.[1];
  const lines = linesOf(call, paths);
  if (wanted === undefined) return print(lines);
  const separator = optionsOf(call.args, 'F').get('F');
  const parts = wanted.split(',').map((part) => part.trim());
  const field = (line: string, part: string): string => {
    const fields = separator === undefined ? line.trim().split(/\s+/) : line.split(separator);
    if (part === '$0') return line;
    if (part === '$NF') return fields.at(-1) ?? '';
    return part.startsWith('$') ? (fields[Number(part.slice(1)) - 1] ?? '') : part.replaceAll('"', '');
  };
  return print(lines.map((line) => parts.map((part) => field(line, part)).join(' ')));
};

const reverse: Program = (call) =>
  print(linesOf(call, plainWords(call.args, '')).map((line) => [...line].reverse().join('')));

/** Programs by name. */
export const textPrograms: Readonly<Record<string, Program>> = {
  cut,
  head,
  wc: wordCount,
  sort,
  uniq,
  tr: translate,
  sed,
  awk,
  rev: reverse,
};
