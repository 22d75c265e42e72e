import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createWriteStream, existsSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Home, StartError, writeFileAtomically } from './home.ts';

/** The runtime drains open streams on SIGTERM and would wait for them for ever. */
const GRACE_MS = 1000;
const LEFTOVER_MS = 5000;

interface Lock {
  readonly supervisor: number;
  readonly server: number;
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
};

/** The command line of a process: pids are used again, so a pid alone says nothing. */
const commandOf = (pid: number): string => {
  try {
    return execFileSync('ps', ['-o', 'args=', '-p', String(pid)], { encoding: 'utf8' });
  } catch {
    return '';
  }
};

/**
 * Refuses when another server runs on this directory. A runtime whose supervisor was killed is a leftover: it is
 * ended, its data is durable.
 */
export const claimHome = async (home: Home): Promise<void> => {
  if (!existsSync(home.lock)) return;
  const lock = JSON.parse(readFileSync(home.lock, 'utf8')) as Lock;
  const isOurs = isAlive(lock.server) && commandOf(lock.server).includes(home.config);
  if (!isOurs) return;
  if (
    lock.supervisor !== process.pid &&
    isAlive(lock.supervisor) &&
    commandOf(lock.supervisor).includes('start')
  ) {
    throw new StartError(
      `another server (process ${lock.supervisor}) is running with the state in ${home.path}`,
    );
  }
  process.kill(lock.server, 'SIGKILL');
  const patience = Date.now() + LEFTOVER_MS;
  while (isAlive(lock.server) && Date.now() < patience) await sleep(20);
};

/** Throws a StartError when the port on the loopback address is not free. */
export const requireFreePort = (port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', (error: NodeJS.ErrnoException) => {
      const why = error.code === 'EADDRINUSE' ? 'is already in use' : `cannot be used (${error.code})`;
      reject(new StartError(`port ${port} on 127.0.0.1 ${why}; set KUBICLE_PORT to another one`));
    });
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve()));
  });

/** A running server. */
export interface Server {
  /** Settles when the process has ended, however that came. */
  readonly ended: Promise<number | null>;
  /** Ends it: asks, waits a little, insists. */
  stop(): Promise<void>;
}

/** Ends the runtime when this process dies without having said so: its end of the pipe closes then. */
const startWatchdog = (pid: number): ChildProcess => {
  const watchdog = spawn('sh', ['-c', 'read _; kill -9 "$0" 2>/dev/null', String(pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  watchdog.on('error', () => undefined);
  watchdog.unref();
  return watchdog;
};

/** The runtime's output goes to the home's log, and what an operator must see to the console too. */
const keepLog = (child: ChildProcess, home: Home): void => {
  const log = createWriteStream(home.log, { mode: 0o600 });
  for (const stream of [child.stdout, child.stderr]) {
    if (stream === null) continue;
    createInterface({ input: stream }).on('line', (line) => {
      log.write(`${line}\n`);
      if (!line.startsWith('{"level":"info"')) console.error(line);
    });
  }
};

/**
 * Starts the runtime on the home's configuration; `drain` is asked to end open streams before the runtime is told to stop.
 */
export const startServer = (
  home: Home,
  workerd: string,
  environment: Readonly<Record<string, string>>,
  drain: () => Promise<unknown>,
): Server => {
  const child = spawn(workerd, ['serve', home.config], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...environment },
  });
  keepLog(child, home);
  const ended = new Promise<number | null>((resolve) => {
    child.once('error', () => resolve(null));
    child.once('exit', (code) => resolve(code));
  });
  const pid = child.pid;
  if (pid === undefined) throw new StartError(`cannot run ${workerd}`);
  writeFileAtomically(home.lock, JSON.stringify({ supervisor: process.pid, server: pid } satisfies Lock));
  const watchdog = startWatchdog(pid);
  const release = (): void => {
    watchdog.kill('SIGKILL');
    rmSync(home.lock, { force: true });
  };
  void ended.then(release);
  return {
    ended,
    stop: async () => {
      const grace = setTimeout(() => child.kill('SIGKILL'), GRACE_MS);
      await drain().catch(() => undefined);
      child.kill('SIGTERM');
      await ended;
      clearTimeout(grace);
    },
  };
};
