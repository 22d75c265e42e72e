import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';

/** A kubectl binary. */
export interface Kubectl {
  readonly path: string;
  /** Like `1.33`. */
  readonly version: string;
}

const onPath = (name: string): string | undefined =>
  (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find((path) => existsSync(path));

const versionOf = (path: string): string => {
  const text = execFileSync(path, ['version', '--client', '-o', 'json'], { encoding: 'utf8' });
  const { clientVersion } = JSON.parse(text) as { clientVersion: { gitVersion: string } };
  return /v(\d+\.\d+)/.exec(clientVersion.gitVersion)?.[1] ?? '';
};

const minorOf = ({ version }: Kubectl): number => Number(version.split('.')[1]);

/** Candidates: `KUBICLE_KUBECTL` (paths), `kubectl` on the PATH and versioned ones beside it. */
const candidates = (): string[] => {
  const named = (process.env['KUBICLE_KUBECTL'] ?? '').split(delimiter).filter((path) => path !== '');
  const found = onPath('kubectl');
  if (found === undefined) return named;
  const folder = dirname(realpathSync(found));
  const versioned = readdirSync(folder).filter((name) => /^kubectl\.1\.\d+$/.test(name));
  return [...named, ...(versioned.length > 0 ? versioned.map((name) => join(folder, name)) : [found])];
};

/** The oldest kubectl that is tried: far beyond the skew upstream supports. */
const OLDEST = 29;

/** Every kubectl at hand from 1.29 on, one a version, oldest first. Throws when there is none: tests need it. */
export const findKubectls = (): readonly Kubectl[] => {
  const byVersion = new Map<string, Kubectl>();
  for (const path of candidates()) {
    const kubectl = { path, version: versionOf(path) };
    if (minorOf(kubectl) >= OLDEST && !byVersion.has(kubectl.version))
      byVersion.set(kubectl.version, kubectl);
  }
  const all = [...byVersion.values()].sort((a, b) => minorOf(a) - minorOf(b));
  if (all.length === 0) throw new Error('no kubectl of 1.29 or later on the PATH or in KUBICLE_KUBECTL');
  return all;
};

/** What a run printed and how it ended. */
export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs kubectl with one kubeconfig. */
export interface Runner {
  /** Runs to the end; never rejects for a failing command. `input` is its standard input. */
  run(args: readonly string[], options?: RunOptions): Promise<Outcome>;
  /** Runs and expects success; returns standard output. */
  ok(...args: readonly string[]): Promise<string>;
  /** Starts in the background. */
  start(...args: readonly string[]): Running;
}

/** Input and environment of a run. */
export interface RunOptions {
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** A kubectl in the background. */
export interface Running {
  output(): string;
  readonly ended: Promise<Outcome>;
  stop(): void;
}

const LIMIT_MS = 150_000;
/** All that kubectl says when the machine was too busy for a handshake within ten seconds: nothing was sent yet. */
const NOT_CONNECTED = 'Unable to connect to the server: net/http: TLS handshake timeout\n';

const begin = (path: string, kubeconfig: string, args: readonly string[], options: RunOptions) => {
  const child: ChildProcess = spawn(path, [...args], {
    env: { ...process.env, ...options.env, KUBECONFIG: kubeconfig, HOME: dirname(kubeconfig) },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  child.stdin?.end(options.input ?? '');
  const ended = new Promise<Outcome>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
  return { child, ended, output: () => stdout };
};

/** A runner of this kubectl with this kubeconfig file. */
export const makeRunner = (kubectl: Kubectl, kubeconfig: string): Runner => {
  const run = async (args: readonly string[], options: RunOptions = {}, tries = 3): Promise<Outcome> => {
    const { child, ended } = begin(kubectl.path, kubeconfig, args, options);
    const timer = setTimeout(() => child.kill('SIGKILL'), LIMIT_MS);
    const outcome = await ended;
    clearTimeout(timer);
    const isUnheard = outcome.code !== 0 && outcome.stdout === '' && outcome.stderr === NOT_CONNECTED;
    return isUnheard && tries > 1 ? run(args, options, tries - 1) : outcome;
  };
  return {
    run: (args, options) => run(args, options),
    ok: async (...args) => {
      const { code, stdout, stderr } = await run(args);
      if (code !== 0) throw new Error(`kubectl ${args.join(' ')} ended with ${code}:\n${stderr}${stdout}`);
      return stdout;
    },
    start: (...args) => {
      const { child, ended, output } = begin(kubectl.path, kubeconfig, args, {});
      return { ended, output, stop: () => child.kill('SIGINT') };
    },
  };
};
