/** What everyday programs do in the model: a table of pure functions. */

import { type Call, DEAF, type Program } from './call.ts';
import { filePrograms, pass } from './file-programs.ts';
import { networkPrograms } from './network-programs.ts';
import { piDigits } from './pi.ts';
import { textPrograms } from './text-programs.ts';

const UNITS: Readonly<Record<string, number>> = { '': 1000, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Milliseconds of sleep's arguments; `undefined` when they are wrong, Infinity for ever. */
const sleepMs = (words: readonly string[]): number | undefined => {
  if (words.length === 0) return undefined;
  let total = 0;
  for (const word of words) {
    if (/^inf(inity)?$/i.test(word)) return Number.POSITIVE_INFINITY;
    const match = /^(\d+(?:\.\d*)?|\.\d+)([smhd]?)$/.exec(word);
    if (match === null) return undefined;
    total += Number(match[1]) * (UNITS[match[2] ?? ''] ?? 1000);
  }
  return Math.round(total);
};

const sleep: Program = ({ args, around }) => {
  const ms = sleepMs(args.filter((word) => word !== '--'));
  if (ms === undefined) {
    const said = args[0] === undefined ? 'missing operand' : `invalid number '${args[0]}'`;
    return {
      code: 1,
      out: around.isBusybox ? `sleep: ${said}` : `sleep: ${said.replace('number', 'time interval')}`,
    };
  }
  return ms === Number.POSITIVE_INFINITY ? { endless: DEAF } : { ms };
};

const compare = (left: string, operator: string, right: string): boolean => {
  const [a, b] = [Number(left), Number(right)];
  switch (operator) {
    case '=':
    case '==':
      return left === right;
    case '!=':
      return left !== right;
    case '-eq':
      return a === b;
    case '-ne':
      return a !== b;
    case '-lt':
      return a < b;
    case '-le':
      return a <= b;
    case '-gt':
      return a > b;
    case '-ge':
      return a >= b;
    default:
      return false;
  }
};

/** Longer tests than this are not read. */
const LONGEST_TEST = 200;

const holds = (words: readonly string[], call: Call): boolean => {
  if (words.length > LONGEST_TEST) return false;
  const or = words.indexOf('-o');
  if (or > 0) return holds(words.slice(0, or), call) || holds(words.slice(or + 1), call);
  const and = words.indexOf('-a');
  if (and > 0) return holds(words.slice(0, and), call) && holds(words.slice(and + 1), call);
  const [first = '', second = '', third] = words;
  if (first === '!') return !holds(words.slice(1), call);
  if (words.length === 0) return false;
  if (words.length === 1) return first !== '';
  if (words.length >= 3) return compare(first, second, third ?? '');
  if (first === '-z') return second === '';
  if (first === '-n') return second !== '';
  if (first === '-s') return (call.read(second) ?? '') !== '';
  if (/^-[a-zA-Z]$/.test(first)) return call.read(second) !== undefined;
  return false;
};

const test: Program = (call) => {
  const words = call.args.filter((word) => word !== ']' && word !== ']]');
  return { code: holds(words, call) ? 0 : 1 };
};

const sequence: Program = ({ args }) => {
  const numbers = args.filter((word) => /^-?\d+$/.test(word)).map(Number);
  const [first = 1, step = 1, last = 1] =
    numbers.length === 1 ? [1, 1, numbers[0]] : numbers.length === 2 ? [numbers[0], 1, numbers[1]] : numbers;
  const out: number[] = [];
  for (let value = first; step > 0 ? value <= last : value >= last; value += step || 1) {
    out.push(value);
    if (out.length > 20_000) break;
  }
  return { out: out.join('\n') };
};

const echo: Program = ({ args }) => {
  const options = args.findIndex((word) => !/^-[neE]+$/.test(word));
  const words = options < 0 ? [] : args.slice(options);
  const text = words.join(' ');
  const isEscaped = args.slice(0, Math.max(options, 0)).some((word) => word.includes('e'));
  return { out: isEscaped ? text.replaceAll('\\n', '\n').replaceAll('\\t', '\t') : text };
};

const printf: Program = ({ args }) => {
  const [format = '', ...values] = args;
  let index = 0;
  const text = format
    .replaceAll('\\n', '\n')
    .replaceAll('\\t', '\t')
    .replace(/%(?:[-0-9.]*)[sdiuf%]/g, (spec) => (spec === '%%' ? '%' : (values[index++] ?? '')));
  return { out: text.replace(/\n$/, '') };
};

const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

const two = (value: number): string => String(value).padStart(2, '0');

const date: Program = ({ args, around, atMs }) => {
  const at = new Date(around.startedAt + atMs);
  const clock = `${two(at.getUTCHours())}:${two(at.getUTCMinutes())}:${two(at.getUTCSeconds())}`;
  const [weekday, month] = [WEEKDAYS[at.getUTCDay()], MONTHS[at.getUTCMonth()]];
  const format = args.find((word) => word.startsWith('+'));
  if (format === undefined) {
    return {
      out: `${weekday} ${month} ${String(at.getUTCDate()).padStart(2)} ${clock} UTC ${at.getUTCFullYear()}`,
    };
  }
  const parts: Readonly<Record<string, string>> = {
    Y: String(at.getUTCFullYear()),
    m: two(at.getUTCMonth() + 1),
    d: two(at.getUTCDate()),
    H: two(at.getUTCHours()),
    M: two(at.getUTCMinutes()),
    S: two(at.getUTCSeconds()),
    s: String(Math.floor(at.getTime() / 1000)),
    T: clock,
    F: at.toISOString().slice(0, 10),
    N: `${String(at.getUTCMilliseconds()).padStart(3, '0')}000000`,
    a: weekday ?? '',
    b: month ?? '',
    Z: 'UTC',
    z: '+0000',
  };
  return { out: format.slice(1).replace(/%(\w)/g, (whole, letter: string) => parts[letter] ?? whole) };
};

const quiet: Program = () => ({});

/** Interpreters: a one-liner ends soon, unless it serves, loops or sleeps; a script file runs on. */
const interpreter: Program = ({ args, around }) => {
  const at = args.findIndex((word) => /^-(c|e|p|we|Mbignum.*)$/.test(word) || /^-\w*e$/.test(word));
  const code = at < 0 ? '' : args.slice(at + 1).join(' ');
  if (code === '' && args.every((word) => word !== '--version' && word !== '-V' && word !== '-v')) {
    return { endless: { heedsStop: true, stopCode: around.stopCode } };
  }
  const pause = /sleep\((\d+(?:\.\d+)?)\)/.exec(code);
  if (/while\s*(\(?\s*(True|true|1)\b|:)|serve|listen|set.nterval/.test(code)) {
    return { endless: { heedsStop: true, stopCode: 143 } };
  }
  const failure = /exit\((\d+)\)/.exec(code);
  const digits = /\bbpi\((\d+)\)/.exec(code)?.[1];
  const ms = digits === undefined ? 60 + (pause === null ? 0 : Number(pause[1]) * 1000) : 4000;
  const printed = digits === undefined ? undefined : piDigits(Number(digits));
  return { code: failure === null ? 0 : Number(failure[1]), ms, ...(printed ? { out: printed } : {}) };
};

const serves =
  (stopCode: number): Program =>
  () => ({ endless: { heedsStop: true, stopCode } });

const expr: Program = ({ args }) => {
  const [left = '0', operator = '+', right = '0'] = args;
  const [a, b] = [Number.parseInt(left, 10), Number.parseInt(right, 10)];
  const value = { '+': a + b, '-': a - b, '*': a * b, '/': Math.trunc(a / b), '%': a % b }[operator] ?? 0;
  return { out: String(value), code: value === 0 ? 1 : 0 };
};

const environment: Program = ({ args, around }) => {
  const [name] = args;
  const all = {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    HOSTNAME: around.hostname,
    ...around.env,
  };
  if (name !== undefined) {
    const value = (all as Readonly<Record<string, string>>)[name];
    return value === undefined ? { code: 1 } : { out: value };
  }
  return {
    out: Object.entries(all)
      .map(([key, value]) => `${key}=${value}`)
      .join('\n'),
  };
};

const QUIET =
  'true : mkdir chmod chown ln set cd df free mount umask wait kill sync unset apt-get apt apk yum pip pip3 npm install ps netstat ss touch-none stty renice ulimit fsync tar gzip gunzip unzip git make';
const PASSING = 'xargs less more base64 md5sum sha256sum jq column fold';

const table = (names: string, program: Program): Readonly<Record<string, Program>> =>
  Object.fromEntries(names.split(' ').map((name) => [name, program]));

/** Programs by name. */
export const programs: Readonly<Record<string, Program>> = {
  ...table(QUIET, quiet),
  ...table(PASSING, pass),
  false: () => ({ code: 1 }),
  sleep,
  usleep: ({ args }) => ({ ms: Math.round(Number(args[0] ?? 0) / 1000) || 0 }),
  echo,
  printf,
  date,
  test,
  '[': test,
  '[[': test,
  seq: sequence,
  expr,
  env: environment,
  printenv: environment,
  hostname: ({ around }) => ({ out: around.hostname }),
  whoami: () => ({ out: 'root' }),
  id: ({ args }) => ({ out: args.includes('-u') ? '0' : 'uid=0(root) gid=0(root) groups=0(root)' }),
  uname: ({ args, around }) => ({
    out: args.includes('-a') ? `Linux ${around.hostname} 6.1.0-41-amd64 #1 SMP x86_64 GNU/Linux` : 'Linux',
  }),
  pwd: () => ({ out: '/' }),
  nproc: () => ({ out: '4' }),
  top: () => ({ endless: DEAF }),
  watch: () => ({ endless: DEAF }),
  yes: () => ({ endless: DEAF }),
  ...filePrograms,
  ...textPrograms,
  ...networkPrograms,
  'redis-cli': quiet,
  mysqladmin: quiet,
  mysql: quiet,
  mongo: quiet,
  mongosh: quiet,
  'rabbitmq-diagnostics': quiet,
  etcdctl: quiet,
  pgrep: quiet,
  pidof: quiet,
  pkill: quiet,
  killall: quiet,
  python: interpreter,
  python3: interpreter,
  perl: interpreter,
  ruby: interpreter,
  node: interpreter,
  nginx: ({ args }) =>
    args.some((word) => word.includes('quit') || word.includes('reload') || word === '-t')
      ? {}
      : serves(0)({} as Call),
  httpd: serves(0),
  'httpd-foreground': serves(0),
  'redis-server': serves(0),
  postgres: serves(0),
  mysqld: serves(0),
  mongod: serves(0),
  'docker-entrypoint.sh': serves(0),
  java: serves(143),
  pause: serves(0),
};
