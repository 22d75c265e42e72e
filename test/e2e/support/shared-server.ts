import type { TestProject } from 'vitest/node';
import {
  freePort,
  makeHome,
  type RunningServer,
  removeHome,
  type ServerAddress,
  startServer,
} from './server.ts';

declare module 'vitest' {
  interface ProvidedContext {
    server: ServerAddress;
  }
}

/** One server for all files that do not stop theirs. */
export default async ({ provide }: TestProject): Promise<() => Promise<void>> => {
  const home = makeHome();
  const server: RunningServer = await startServer(home, await freePort());
  const { url, apiKey, kubeconfig } = server;
  provide('server', { home, url, apiKey, kubeconfig });
  return async () => {
    await server.stop();
    // Bugs answered with a 500 are in the journal; say so where the reader of a failed run looks.
    const bugs = server
      .output()
      .split('\n')
      .filter((line) => /request failed|reconcile failed/.test(line));
    if (bugs.length > 0) process.stderr.write(`journal of the server:\n${bugs.slice(0, 10).join('\n')}\n`);
    removeHome(home);
  };
};
