import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../../..');
/** What a start may take on a machine that is busy with others. */
const START_MS = 60_000;

/** Where a server is and how its owner gets in: plain data, so that it can be handed to test files. */
export interface ServerAddress {
  readonly home: string;
  readonly url: string;
  readonly apiKey: string;
  readonly kubeconfig: string;
}

/** A server started by `npm start`. */
export interface RunningServer extends ServerAddress {
  /** Process id of `npm start`. */
  readonly pid: number;
  /** What it printed so far. */
  output(): string;
  /** Ends it by a signal; resolves with its exit code when everything is gone. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

const FIRST_PORT = 20_000;
const PORTS = 12_000;

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });

/**
 * A port that is free, from below those which systems give to outgoing connections: until the server listens on it no
 * client of another test can be given it.
 */
export const freePort = async (): Promise<number> => {
  for (;;) {
    const port = FIRST_PORT + Math.floor(Math.random() * PORTS);
    if (await isFree(port)) return port;
  }
};

/** A new empty state directory. */
export const makeHome = (): string => mkdtempSync(join(tmpdir(), 'kubicle-e2e-'));

/** Removes a state directory. */
export const removeHome = (home: string): void => rmSync(home, { recursive: true, force: true });

/** The outcome of a start that ended before it was ready. */
export interface FailedStart {
  readonly code: number | null;
  readonly output: string;
}

const launch = (
  home: string,
  port: number,
  environment: Readonly<Record<string, string>>,
): { child: ChildProcess; output: () => string } => {
  const child = spawn('npm', ['start', '--silent'], {
    cwd: ROOT,
    env: { ...process.env, ...environment, KUBICLE_HOME: home, KUBICLE_PORT: String(port) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  return { child, output: () => text };
};

/** Runs `npm start` until it is ready. Rejects with a FailedStart when it ends before. */
export const startServer = (
  home: string,
  port: number,
  environment: Readonly<Record<string, string>> = {},
): Promise<RunningServer> =>
  new Promise((resolve, reject) => {
    const { child, output } = launch(home, port, environment);
    const ended = new Promise<number | null>((settle) => child.once('close', (code) => settle(code)));
    const url = `https://127.0.0.1:${port}`;
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`not ready after ${START_MS} ms:\n${output()}`));
    }, START_MS);
    void ended.then((code) => {
      clearTimeout(timer);
      reject({ code, output: output() } satisfies FailedStart);
    });
    child.stdout?.on('data', () => {
      if (!output().includes(`kubicle ready: ${url}\n`)) return;
      clearTimeout(timer);
      resolve({
        home,
        url,
        pid: child.pid ?? 0,
        apiKey: readFileSync(join(home, 'api-key'), 'utf8').trim(),
        kubeconfig: join(home, 'kubeconfig'),
        output,
        stop: (signal = 'SIGTERM') => {
          child.kill(signal);
          return ended;
        },
      });
    });
  });

/** An answer of the front. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
  json<Value = Record<string, unknown>>(): Value;
}

/** What a call carries. */
export interface CallOptions {
  readonly token?: string | null;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** One call of the front over TLS. `path` starts with a slash; `token` defaults to the owner's API key. */
export const call = (
  server: ServerAddress,
  method: string,
  path: string,
  options: CallOptions = {},
): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const { body, token = server.apiKey } = options;
    const sent = request(
      server.url + path,
      {
        method,
        agent: agentOf(server),
        headers: {
          ...(token === null ? {} : { authorization: `Bearer ${token}` }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...options.headers,
        },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          const status = response.statusCode ?? 0;
          resolve({ status, headers: response.headers, text, json: () => JSON.parse(text) });
        });
      },
    );
    sent.on('error', (error: NodeJS.ErrnoException) => {
      // The server had closed the idle connection, which was not yet known here: nothing of the request was read.
      if (sent.reusedSocket && error.code === 'ECONNRESET') resolve(call(server, method, path, options));
      else reject(error);
    });
    sent.end(body === undefined || typeof body === 'string' ? body : JSON.stringify(body));
  });

const agents = new Map<string, Agent>();

const agentOf = ({ home }: ServerAddress): Agent => {
  const known = agents.get(home);
  if (known !== undefined) return known;
  const agent = new Agent({ keepAlive: true, ca: readFileSync(join(home, 'ca.crt')) });
  agents.set(home, agent);
  return agent;
};
