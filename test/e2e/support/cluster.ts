import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { call, type ServerAddress } from './server.ts';

/** A cluster of its own for one test file. */
export interface TestCluster {
  readonly id: string;
  /** Path of its API on the front. */
  readonly path: string;
  /** Writes a kubeconfig and returns its file. Without `wanted`: the owner's. */
  kubeconfig(wanted?: Readonly<Record<string, unknown>>): Promise<string>;
}

let files = 0;

/** Makes a cluster with the owner's API key. */
export const makeCluster = async (
  server: ServerAddress,
  options: Readonly<Record<string, unknown>> = {},
): Promise<TestCluster> => {
  const made = await call(server, 'POST', '/v1/clusters', { body: options });
  if (made.status !== 201) throw new Error(`no cluster: ${made.status} ${made.text}`);
  const { id } = made.json<{ id: string }>();
  return {
    id,
    path: `/clusters/${id}`,
    kubeconfig: async (wanted = {}) => {
      const minted = await call(server, 'POST', `/v1/clusters/${id}/kubeconfigs`, { body: wanted });
      if (minted.status !== 201) throw new Error(`no kubeconfig: ${minted.status} ${minted.text}`);
      files += 1;
      const file = join(server.home, `test-${process.pid}-${id}-${files}.yaml`);
      writeFileSync(file, minted.text, { mode: 0o600 });
      return file;
    },
  };
};

/** The token in a kubeconfig's text. */
export const tokenIn = (kubeconfig: string): string => /token: "([^"]+)"/.exec(kubeconfig)?.[1] ?? '';
