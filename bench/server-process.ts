import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The product as its users start it, on a free port and a state folder of its own. */
export interface RunningServer {
  readonly port: number;
  /** Its state directory. */
  readonly home: string;
  readonly apiKey: string;
  readonly startedInMs: number;
  /** Resident memory of the server's processes in MB. */
  memory(): number;
  call(method: string, path: string, options?: CallOptions): Promise<Answer>;
  /** Calls `onLine` for each line of a streamed answer until `close`. */
  stream(path: string, onLine: (line: string) => void): Promise<() => void>;
  stop(): Promise<void>;
}

export interface CallOptions {
  readonly body?: unknown;
  readonly type?: string;
  readonly token?: string;
}

export interface Answer {
  readonly status: number;
  readonly text: string;
}

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });

const untilReady = (child: ChildProcess): Promise<void> =>
  new Promise((resolve, reject) => {
    let output = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      if (output.includes('kubicle ready:')) resolve();
    });
    child.once('exit', (code) => reject(new Error(`the server ended with ${code}: ${output}`)));
  });

/** Resident kilobytes of a process and everything it started. */
const residentOf = (pid: number): number => {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const own = Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0);
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  return (
    own +
    (children === '' ? 0 : children.split(' ').reduce((sum, child) => sum + residentOf(Number(child)), 0))
  );
};

/** Starts the product; `stop` ends it and removes its state. */
export const startServer = async (): Promise<RunningServer> => {
  const home = mkdtempSync(join(tmpdir(), 'kubicle-bench-'));
  const port = await freePort();
  const start = performance.now();
  const child = spawn(process.execPath, ['scripts/start.ts'], {
    cwd: new URL('..', import.meta.url).pathname,
    env: { ...process.env, KUBICLE_HOME: home, KUBICLE_PORT: String(port) },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await untilReady(child);
  const startedInMs = performance.now() - start;
  const ca = readFileSync(join(home, 'ca.crt'));
  const apiKey = readFileSync(join(home, 'api-key'), 'utf8').trim();
  const agent = new Agent({ keepAlive: true, ca, maxSockets: 256 });

  const open = (method: string, path: string, options: CallOptions) => {
    const body = options.body === undefined ? undefined : JSON.stringify(options.body);
    const outgoing = request({
      host: '127.0.0.1',
      port,
      path,
      method,
      agent,
      headers: {
        authorization: `Bearer ${options.token ?? apiKey}`,
        accept: 'application/json',
        ...(body === undefined
          ? {}
          : {
              'content-type': options.type ?? 'application/json',
              'content-length': Buffer.byteLength(body),
            }),
      },
    });
    outgoing.end(body);
    return outgoing;
  };

  return {
    port,
    home,
    apiKey,
    startedInMs,
    memory: () => residentOf(child.pid ?? 0) / 1024,
    call: (method, path, options = {}) =>
      new Promise((resolve, reject) => {
        const outgoing = open(method, path, options);
        outgoing.once('error', reject);
        outgoing.once('response', (incoming) => {
          const chunks: Buffer[] = [];
          incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
          incoming.once('end', () =>
            resolve({ status: incoming.statusCode ?? 0, text: Buffer.concat(chunks).toString() }),
          );
          incoming.once('error', reject);
        });
      }),
    stream: (path, onLine) =>
      new Promise((resolve, reject) => {
        const outgoing = open('GET', path, {});
        outgoing.once('error', reject);
        outgoing.once('response', (incoming) => {
          let rest = '';
          incoming.setEncoding('utf8');
          incoming.on('data', (chunk: string) => {
            const lines = (rest + chunk).split('\n');
            rest = lines.pop() ?? '';
            for (const line of lines) if (line !== '') onLine(line);
          });
          incoming.on('error', () => undefined);
          resolve(() => outgoing.destroy());
        });
      }),
    stop: () =>
      new Promise((resolve) => {
        child.once('exit', () => {
          rmSync(home, { recursive: true, force: true });
          resolve();
        });
        agent.destroy();
        child.kill('SIGTERM');
      }),
  };
};
