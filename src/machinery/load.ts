/** What a container's command says about the load it makes: its own appetite, and requests it sends to others. */

/** A container as far as its command tells. */
export interface Commanded {
  readonly image?: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
}

/** CPU and memory a container takes beyond what its image needs to live. */
export interface Appetite {
  readonly cpuMilli: number;
  readonly memoryBytes: number;
}

/** Requests a container sends in a loop: each client waits for its answer, pauses and asks again. */
export interface RequestLoop {
  readonly host: string;
  readonly clients: number;
  readonly pauseMs: number;
}

/** Longer commands than this are not looked at. */
const LONGEST = 4096;

const textOf = ({ command = [], args = [] }: Commanded): string =>
  [...command, ...args].join(' ').slice(0, LONGEST);

const UNITS: Readonly<Record<string, number>> = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };

/** `--vm 1 --vm-bytes 150M` of polinux/stress and stress-ng, `-mem-total 950Mi` of vish/stress: bytes. */
const stressedMemory = (text: string): number => {
  const match = /(?:--vm-bytes|-mem-total)[= ](\d+)([KMGkmg]?)i?/.exec(text);
  if (match === null) return 0;
  const workers = Number(/--vm[= ](\d+)/.exec(text)?.[1] ?? 1);
  return Number(match[1]) * (UNITS[(match[2] ?? '').toLowerCase()] ?? 1) * workers;
};

/** `-cpus 2`, `--cpu 2`, `-c 2` of the stress programs: cores. */
const stressedCores = (text: string): number =>
  Number(/(?:^|\s)(?:-cpus|--cpus?|-c)[= "]+(\d+(?:\.\d+)?)/.exec(text)?.[1] ?? 0);

/** Loops and programs that never wait keep one core busy. */
const BUSY = [
  /\bwhile\s+(?:true|:|\[ 1 \])\s*;?\s*do\s*(?::|true)?\s*;?\s*done/,
  /\byes\b[^|;]*>\s*\/dev\/null/,
  /\bdd\s+if=\/dev\/(?:zero|urandom)\s+of=\/dev\/null(?!.*\bcount=)/,
  /\b(?:md5sum|sha\d+sum|gzip -c|cat)\s+(?:<\s*)?\/dev\/(?:urandom|zero)/,
] as const;

/** What the command takes for itself. */
export const appetiteOf = (container: Commanded): Appetite => {
  const text = textOf(container);
  if (text === '') return { cpuMilli: 0, memoryBytes: 0 };
  const isStress = /stress/.test(container.image ?? '') || /\bstress(?:-ng)?\b/.test(text);
  if (isStress) return { cpuMilli: stressedCores(text) * 1000, memoryBytes: stressedMemory(text) };
  const loops = BUSY.reduce((count, pattern) => count + (pattern.test(text) ? 1 : 0), 0);
  const sends = loops === 0 && requestLoopOf(container) !== undefined;
  return { cpuMilli: loops * 1000 + (sends ? 30 : 0), memoryBytes: 0 };
};

const LOAD_TOOLS = /\b(?:ab|hey|wrk|siege|fortio|vegeta|bombardier|k6|locust|oha|boom)\b/;
const CLIENTS = /\b(?:wget|curl|http|nc)\b/;
/** Where requests go: a URL with its scheme, else the first word of the client that is no option. */
const URL = /https?:\/\/(\$\{?\w+\}?|[\w.-]+)/;
const BARE = /\b(?:wget|curl)\s+(?:-\S*\s+)*([a-z][\w.-]*)/;

const sleptMs = (text: string): number => {
  const match = /\b(u?)sleep\s+(\d*\.?\d+)/.exec(text);
  if (match === null) return 0;
  return match[1] === 'u' ? Number(match[2]) / 1000 : Number(match[2]) * 1000;
};

/** The requests a command sends for as long as it runs; `undefined` for commands that send none or only a few. */
export const requestLoopOf = (container: Commanded): RequestLoop | undefined => {
  const text = textOf(container);
  const isTool = LOAD_TOOLS.test(`${text} ${container.image ?? ''}`);
  if (!isTool && !(CLIENTS.test(text) && /\b(?:while|until|for)\b/.test(text))) return undefined;
  const host = (URL.exec(text) ?? BARE.exec(text))?.[1];
  if (host === undefined) return undefined;
  const clients = isTool
    ? Number(/(?:-c|-t|--concurrency|--vus)[= ]*(\d+)/.exec(text)?.[1] ?? 10)
    : Math.max(1, (text.match(CLIENTS_EACH) ?? []).length);
  return { host, clients: Math.min(clients, MOST_CLIENTS), pauseMs: isTool ? 0 : sleptMs(text) };
};

/** A client put into the background runs beside the others. */
const CLIENTS_EACH = /\b(?:wget|curl)\b[^;|&]*&(?!&)/g;
const MOST_CLIENTS = 1000;

/** Milliseconds of a request that cost the server nothing: starting a client, the way there and back. */
const WAY_MS = 15;

/** CPU (thousandths of a core) that the loop costs who serves it, when a request takes so much CPU time. */
export const demandOf = ({ clients, pauseMs }: RequestLoop, requestMs: number): number =>
  (clients * 1000 * requestMs) / (pauseMs + WAY_MS + requestMs);
