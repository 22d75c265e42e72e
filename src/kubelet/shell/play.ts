/**
 * Plays a script against the clock: how long it runs, how it exits, what it prints, which files it leaves when. A model
 * for commands in manifests, not a shell: what it does not know is a program that runs on.
 */

import type { Call, Reply } from './call.ts';
import { arithmetic, expand, type Scope } from './expand.ts';
import { canLeave, isAlways } from './loops.ts';
import { type Node, parseScript, type Simple } from './parse.ts';
import { programs } from './programs.ts';
import type { Endless, FileSpan, Line, Played, Surroundings } from './surroundings.ts';

/** Commands a script may run before it is taken to run on. */
const MOST_STEPS = 3000;
/** The same when its output is wanted. */
const MOST_LOGGED_STEPS = 60_000;
/** Lines of output that are kept, and characters of a line, a variable or a file. */
const MOST_LINES = 20_000;
const LONGEST_TEXT = 8192;
/** Characters of output in all. */
const MOST_OUTPUT = 1_000_000;
/** Words of a command that is still looked at. */
const MOST_WORDS = 1000;

const SHELL = /^(sh|bash|ash|dash)$/;

const cut = (text: string): string => (text.length > LONGEST_TEXT ? text.slice(0, LONGEST_TEXT) : text);

type Flow = 'next' | 'exit' | 'endless' | 'break' | 'continue';

/** One play of a script. */
export class Player implements Scope {
  readonly #around: Surroundings;
  /** Play on to this time, for the output; absent: stop as soon as it is clear that the script runs on. */
  readonly #untilMs: number | undefined;
  readonly #vars = new Map<string, string>();
  readonly #arrays = new Map<string, readonly string[]>();
  readonly #files = new Map<string, { readonly text: string; readonly fromMs: number }>();
  readonly #gone = new Set<string>();
  readonly #spans: FileSpan[] = [];
  #lines: Line[] = [];
  #ms = 0;
  #code = 0;
  #steps = 0;
  #printed = 0;
  #endless: Endless | undefined;
  #trapCode: number | undefined;

  constructor(around: Surroundings, untilMs?: number) {
    this.#around = around;
    this.#untilMs = untilMs;
  }

  get #isSpent(): boolean {
    if (this.#untilMs === undefined) return this.#steps > MOST_STEPS;
    return this.#steps > MOST_LOGGED_STEPS || this.#ms > this.#untilMs;
  }

  variable(name: string): string {
    if (name === '?') return String(this.#code);
    if (name === '$') return '1';
    if (name === 'RANDOM') return String(Math.floor(this.#around.random(this.#steps) * 32_768));
    if (name === 'HOSTNAME') return this.#vars.get(name) ?? this.#around.env[name] ?? this.#around.hostname;
    return this.#vars.get(name) ?? this.#around.env[name] ?? '';
  }

  element(name: string, index: string): string {
    const items = this.#arrays.get(name) ?? [this.variable(name)];
    if (index === '@' || index === '*') return items.join(' ');
    return items[arithmetic(index, this)] ?? '';
  }

  #assign(name: string, value: string): void {
    const isArray = value.startsWith('(') && value.endsWith(')');
    if (!isArray) {
      this.#vars.set(name, cut(expand(value, this).join(' ')));
      return;
    }
    const words = value.slice(1, -1).match(/"[^"]*"|'[^']*'|\S+/g) ?? [];
    const items = words.flatMap((word) => expand(word, this)).map(cut);
    this.#arrays.set(name, items);
    this.#vars.set(name, items[0] ?? '');
  }

  substitute(command: string): string {
    const node = parseScript(command);
    if (node === undefined) return '';
    return this.#capture(() => void this.#run(node));
  }

  /** Runs a script to its end, or to where it goes on for ever. */
  playScript(text: string): Played {
    const node = parseScript(text);
    if (node === undefined) this.#endless = { heedsStop: false, stopCode: 137 };
    else this.#run(node);
    return this.#played();
  }

  /** Runs one program with its arguments, as they are. */
  playWords(words: readonly string[]): Played {
    this.#program(words, '');
    return this.#played();
  }

  #played(): Played {
    const open = [...this.#files].map(([path, { fromMs }]) => ({ path, fromMs }));
    return {
      ms: this.#ms,
      code: this.#code,
      ...(this.#endless ? { endless: this.#endless } : {}),
      files: [...this.#spans, ...open],
      lines: this.#lines,
      ...(this.#trapCode === undefined ? {} : { trapCode: this.#trapCode }),
      contents: new Map([...this.#files].map(([path, { text }]) => [path, text])),
    };
  }

  #capture(work: () => void): string {
    const outer = this.#lines;
    this.#lines = [];
    work();
    const text = this.#lines.map((line) => line.text).join('\n');
    this.#lines = outer;
    return text;
  }

  #run(node: Node): Flow {
    if (this.#endless !== undefined) return 'endless';
    switch (node.kind) {
      case 'simple':
        return this.#simple(node, '');
      case 'list':
        return this.#list(node.items);
      case 'pipe':
        return this.#pipe(node.parts, node.negated);
      case 'loop':
        return this.#loop(node.test, node.body, node.until);
      case 'for':
        return this.#for(node.name, node.words, node.body);
      case 'if':
        return this.#if(node);
      case 'group': {
        const flow = this.#run(node.body);
        return flow;
      }
      default:
        return node satisfies never;
    }
  }

  #list(items: Extract<Node, { kind: 'list' }>['items']): Flow {
    for (const { link, node } of items) {
      if ((link === '&&' && this.#code !== 0) || (link === '||' && this.#code === 0)) continue;
      if (link === '&') {
        this.#background(node);
        continue;
      }
      const flow = this.#run(node);
      if (flow !== 'next') return flow;
    }
    return 'next';
  }

  /** A background job takes no time of the script; one that runs on does not hold it up. */
  #background(node: Node): void {
    const before = this.#ms;
    this.#run(node);
    this.#ms = before;
    this.#endless = undefined;
    this.#code = 0;
  }

  #pipe(parts: readonly Node[], negated: boolean): Flow {
    let input = '';
    let flow: Flow = 'next';
    for (const [index, part] of parts.entries()) {
      const isLast = index === parts.length - 1;
      const fed = input;
      const play = (): void => {
        flow = part.kind === 'simple' ? this.#simple(part, fed) : this.#run(part);
      };
      if (isLast) play();
      else input = this.#capture(play);
      if (this.#endless !== undefined) return 'endless';
    }
    if (negated) this.#code = this.#code === 0 ? 1 : 0;
    return flow;
  }

  #loop(test: Node, body: Node, until: boolean): Flow {
    const isEndless = !until && this.#untilMs === undefined && isAlways(test) && !canLeave(body);
    for (let round = 0; ; round += 1) {
      if (isEndless && round === 2) return this.#runOn({ heedsStop: false, stopCode: 137 });
      const tested = this.#run(test);
      if (tested !== 'next') return tested;
      if ((this.#code === 0) === until) {
        this.#code = 0;
        return 'next';
      }
      const flow = this.#run(body);
      if (flow === 'break') return 'next';
      if (flow === 'exit' || flow === 'endless') return flow;
      this.#steps += 1;
      if (this.#isSpent) return this.#runOn({ heedsStop: false, stopCode: 137 });
    }
  }

  #for(name: string, words: readonly string[], body: Node): Flow {
    for (const value of words.flatMap((word) => expand(word, this))) {
      this.#vars.set(name, value);
      const flow = this.#run(body);
      if (flow === 'break') return 'next';
      if (flow === 'exit' || flow === 'endless') return flow;
    }
    return 'next';
  }

  #if(node: Extract<Node, { kind: 'if' }>): Flow {
    for (const { test, body } of node.arms) {
      const tested = this.#run(test);
      if (tested !== 'next') return tested;
      if (this.#code === 0) return this.#run(body);
    }
    this.#code = 0;
    return node.otherwise === undefined ? 'next' : this.#run(node.otherwise);
  }

  #runOn(endless: Endless): Flow {
    this.#endless = endless;
    return 'endless';
  }

  #simple(node: Simple, input: string): Flow {
    this.#steps += 1;
    if (this.#isSpent) return this.#runOn({ heedsStop: false, stopCode: 137 });
    for (const [name, value] of node.assigns) this.#assign(name, value);
    const words = node.words.flatMap((word) => expand(word, this));
    if (words.length === 0) {
      this.#code = 0;
      for (const { path, appends } of node.writes) this.#write(expand(path, this)[0] ?? '', '', appends);
      return 'next';
    }
    if (node.writes.length === 0) return this.#program(words, input);
    let flow: Flow = 'next';
    const text = this.#capture(() => {
      flow = this.#program(words, input);
    });
    for (const { path, appends } of node.writes) this.#write(expand(path, this)[0] ?? '', text, appends);
    return flow;
  }

  #program(words: readonly string[], input: string): Flow {
    if (words.length > MOST_WORDS) return this.#runOn({ heedsStop: false, stopCode: 137 });
    const [first = '', ...rest] = words;
    const name = first.slice(first.lastIndexOf('/') + 1);
    if (name === 'break' || name === 'continue') return name;
    if (name === 'exit') {
      this.#code = rest[0] === undefined ? this.#code : Number.parseInt(rest[0], 10) & 255;
      return 'exit';
    }
    if (name === 'exec' || name === 'nohup' || name === 'time' || name === 'command') {
      if (rest.length === 0) return 'next';
      const flow = this.#program(rest, input);
      return name === 'exec' && flow === 'next' ? 'exit' : flow;
    }
    if (name === 'trap') return this.#trap(rest);
    if (name === 'let') {
      this.#code = arithmetic(rest.join(' '), this) === 0 ? 1 : 0;
      return 'next';
    }
    if (name === 'export' || name === 'readonly' || name === 'local') return this.#export(rest);
    if (SHELL.test(name) && /^-\w*c$/.test(rest[0] ?? '')) return this.#nested(rest[1] ?? '');
    const program = programs[name];
    if (program !== undefined) return this.#apply(program(this.#call(name, rest, input)));
    return this.#file(first, rest) ?? this.#unknown(first, name);
  }

  /** `sh script.sh`, or a script that is called by its path: plays the file. */
  #file(first: string, rest: readonly string[]): Flow | undefined {
    const path = SHELL.test(first) ? (rest.find((word) => !word.startsWith('-')) ?? '') : first;
    const text = path.includes('/') || SHELL.test(first) ? this.#read(path) : undefined;
    return text ? this.#nested(text.replace(/^#!.*\n/, '')) : undefined;
  }

  /** A program nobody knows: it runs on, and heeds its stop signal as the image's own does. */
  #unknown(first: string, name: string): Flow {
    if (this.#around.hasProgram(name)) {
      return this.#runOn({ heedsStop: true, stopCode: this.#around.stopCode });
    }
    return this.#apply({ code: 127, out: `sh: ${first}: not found` });
  }

  #nested(script: string): Flow {
    const node = parseScript(script);
    if (node === undefined) return this.#runOn({ heedsStop: false, stopCode: 137 });
    const flow = this.#run(node);
    return flow === 'endless' ? flow : 'next';
  }

  #export(words: readonly string[]): Flow {
    for (const word of words) {
      const equals = word.indexOf('=');
      if (equals > 0) this.#vars.set(word.slice(0, equals), cut(word.slice(equals + 1)));
    }
    this.#code = 0;
    return 'next';
  }

  #trap(words: readonly string[]): Flow {
    const [action = '', ...signals] = words;
    this.#code = 0;
    if (!signals.some((signal) => /^(SIG)?TERM$|^15$/i.test(signal))) return 'next';
    const exit = /\bexit\s+(\d+)/.exec(action);
    this.#trapCode = exit ? Number(exit[1]) : 0;
    return 'next';
  }

  #call(name: string, args: readonly string[], input: string): Call {
    return {
      name,
      args,
      input,
      around: this.#around,
      atMs: this.#ms,
      read: (path) => this.#read(path),
      list: (path) => this.#folder(path),
      write: (path, text) => this.#write(path, text, false),
      remove: (path) => this.#remove(path),
    };
  }

  #apply(reply: Reply): Flow {
    this.#print(reply.out);
    this.#ms += reply.ms ?? 0;
    if (reply.endless !== undefined) return this.#runOn(reply.endless);
    this.#code = reply.code ?? 0;
    return 'next';
  }

  #print(text: string | undefined): void {
    if (text === undefined || this.#lines.length >= MOST_LINES || this.#printed > MOST_OUTPUT) return;
    this.#printed += text.length;
    for (const line of text.split('\n')) this.#lines.push({ atMs: this.#ms, text: cut(line) });
  }

  #read(path: string): string | undefined {
    return this.#files.get(path)?.text ?? (this.#gone.has(path) ? undefined : this.#around.fileBefore(path));
  }

  #folder(path: string): readonly string[] | undefined {
    const base = path.endsWith('/') ? path : `${path}/`;
    const before = this.#around.folderBefore(base.slice(0, -1));
    const made = [...this.#files.keys()]
      .filter((file) => file.startsWith(base))
      .map((file) => file.slice(base.length).split('/')[0] ?? '');
    if (before === undefined && made.length === 0) return undefined;
    const left = (before ?? []).filter((name) => !this.#gone.has(`${base}${name}`));
    return [...new Set([...left, ...made])].sort();
  }

  #write(path: string, text: string, appends: boolean): void {
    if (path === '') return;
    const before = this.#read(path);
    const whole = appends && before !== undefined && before !== '' ? `${before}\n${text}` : text;
    this.#files.set(path, { text: cut(whole), fromMs: this.#files.get(path)?.fromMs ?? this.#ms });
    this.#gone.delete(path);
  }

  #remove(path: string): boolean {
    const file = this.#files.get(path);
    const existed = this.#read(path) !== undefined;
    if (file !== undefined) {
      this.#spans.push({ path, fromMs: file.fromMs, toMs: this.#ms });
      this.#files.delete(path);
    }
    this.#gone.add(path);
    return existed;
  }
}
