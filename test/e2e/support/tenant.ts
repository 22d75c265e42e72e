import { tokenIn } from './cluster.ts';
import { call, type ServerAddress } from './server.ts';

/** Somebody who signed up, with a cluster. */
export interface Tenant {
  readonly email: string;
  readonly password: string;
  readonly accountId: string;
  readonly session: string;
  readonly apiKey: string;
  readonly clusterId: string;
  /** Path of the cluster's API on the front. */
  readonly path: string;
  /** Token of a kubeconfig: the owner's, or that of any user. */
  token(wanted?: Readonly<Record<string, unknown>>): Promise<string>;
}

let people = 0;

/** Signs somebody up. */
export const makeTenant = async (server: ServerAddress): Promise<Tenant> => {
  people += 1;
  const email = `tenant-${process.pid}-${Date.now()}-${people}@example.com`;
  const password = 'not so secret';
  const post = async <Value>(path: string, token: string | null, body: unknown): Promise<Value> => {
    const answer = await call(server, 'POST', path, { token, body });
    if (answer.status !== 201) throw new Error(`${path}: ${answer.status} ${answer.text}`);
    return answer.json<Value>();
  };
  const { id: accountId } = await post<{ id: string }>('/v1/accounts', null, { email, password });
  const { token: session } = await post<{ token: string }>('/v1/sessions', null, { email, password });
  const { key: apiKey } = await post<{ key: string }>('/v1/api-keys', session, { name: 'test' });
  const { id: clusterId } = await post<{ id: string }>('/v1/clusters', apiKey, {});
  return {
    email,
    password,
    accountId,
    session,
    apiKey,
    clusterId,
    path: `/clusters/${clusterId}`,
    token: async (wanted = {}) => {
      const made = await call(server, 'POST', `/v1/clusters/${clusterId}/kubeconfigs`, {
        token: apiKey,
        body: wanted,
      });
      if (made.status !== 201) throw new Error(`no kubeconfig: ${made.status} ${made.text}`);
      return tokenIn(made.text);
    },
  };
};
