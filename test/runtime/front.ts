/// <reference types="@cloudflare/vitest-plugin/types" />
/** The front as a client sees it, for tests inside the runtime. */

import { applyD1Migrations, type D1Migration, env, SELF } from 'cloudflare:test';
import { contractBreaches } from './contract.ts';

/** Bindings of the test Worker. */
export const bindings = env as unknown as {
  readonly CLUSTER: DurableObjectNamespace;
  readonly PLATFORM_DB: D1Database;
  readonly MIGRATIONS: D1Migration[];
};

const ORIGIN = 'https://kubicle.test';

/**
 * A call of the front; `token` becomes the bearer. Good answers of the control API are held to what their routes say:
 * an error is thrown when they break it.
 */
export const call = async (
  method: string,
  path: string,
  { token, body, headers = {} }: { token?: string; body?: unknown; headers?: Record<string, string> } = {},
): Promise<Response> => {
  const answer = await SELF.fetch(ORIGIN + path, {
    method,
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  if (path.startsWith('/v1/') && answer.status !== 204) {
    const breaches = await contractBreaches(method, path, answer);
    if (breaches.length > 0) throw new Error(breaches.join('\n'));
  }
  return answer;
};

/** Makes the tables. */
export const migrate = (): Promise<void> => applyD1Migrations(bindings.PLATFORM_DB, bindings.MIGRATIONS);

let accounts = 0;

/** Signs a new account up and returns an API key of it. */
export const makeAccount = async (): Promise<string> => {
  accounts += 1;
  const credentials = { email: `user-${accounts}@kubicle.test`, password: 'correct horse' };
  await call('POST', '/v1/accounts', { body: credentials });
  const session = (await (await call('POST', '/v1/sessions', { body: credentials })).json()) as {
    token: string;
  };
  const made = await call('POST', '/v1/api-keys', { token: session.token, body: { name: 'test' } });
  return ((await made.json()) as { key: string }).key;
};

/** A new cluster of the account: its id and its path. */
export const makeCluster = async (
  key: string,
  options: Readonly<Record<string, unknown>> = {},
): Promise<{ id: string; path: string }> => {
  const made = await call('POST', '/v1/clusters', { token: key, body: { nodes: 1, ...options } });
  if (made.status !== 201) throw new Error(`no cluster: ${made.status} ${await made.text()}`);
  const { id } = (await made.json()) as { id: string };
  return { id, path: `/clusters/${id}` };
};

/** The token in a new kubeconfig of the cluster. */
export const makeToken = async (key: string, id: string, wanted: unknown = {}): Promise<string> => {
  const made = await call('POST', `/v1/clusters/${id}/kubeconfigs`, { token: key, body: wanted });
  return /token: "([^"]+)"/.exec(new TextDecoder().decode(await made.arrayBuffer()))?.[1] ?? '';
};

/** Reads whole lines of a stream one by one. */
export const readLines = (
  response: Response,
): { next(): Promise<string | undefined>; cancel(): Promise<void> } => {
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  const decoder = new TextDecoder();
  let buffered = '';
  return {
    next: async () => {
      for (;;) {
        const end = buffered.indexOf('\n');
        if (end >= 0) {
          const line = buffered.slice(0, end);
          buffered = buffered.slice(end + 1);
          if (line !== '') return line;
          continue;
        }
        const { done, value } = await reader.read();
        if (done) return undefined;
        buffered += decoder.decode(value, { stream: true });
      }
    },
    cancel: () => reader.cancel(),
  };
};
