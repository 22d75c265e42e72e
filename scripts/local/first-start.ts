import { createHmac } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import type { Answer, ApiClient } from './api-client.ts';
import { type Home, StartError, writeFileAtomically } from './home.ts';

const EMAIL = 'local@kubicle.localhost';
const PLAYGROUND = 'playground';
const KUBECONFIG_SECONDS = 365 * 24 * 3600;
const RENEW_SECONDS = 30 * 24 * 3600;

const expect = (what: string, answer: Answer, ...good: readonly number[]): Answer => {
  if (good.includes(answer.status)) return answer;
  throw new StartError(`${what} failed: ${answer.status} ${answer.text}`);
};

/** The local account's password follows from the signing key, so that losing the API key loses nothing. */
const passwordOf = (signingKey: string): string =>
  createHmac('sha256', signingKey).update('local account').digest('base64url');

const makeApiKey = async (api: ApiClient, signingKey: string): Promise<string> => {
  const credentials = { email: EMAIL, password: passwordOf(signingKey) };
  expect('making the local account', await api('POST', '/v1/accounts', { body: credentials }), 201, 409);
  const signedIn = expect('signing in', await api('POST', '/v1/sessions', { body: credentials }), 201);
  const { token } = JSON.parse(signedIn.text) as { token: string };
  const made = await api('POST', '/v1/api-keys', { token, body: { name: 'local' } });
  return (JSON.parse(expect('making the API key', made, 201).text) as { key: string }).key;
};

/** The owner's API key, from the home or made anew. */
export const ensureApiKey = async (
  api: ApiClient,
  operate: ApiClient,
  home: Home,
  signingKey: string,
): Promise<string> => {
  if (existsSync(home.apiKey)) {
    const key = readFileSync(home.apiKey, 'utf8').trim();
    if ((await api('GET', '/v1/clusters?limit=1', { token: key })).status === 200) return key;
  }
  const key = await makeApiKey(api, signingKey);
  // Who runs the server is held back by the machine alone.
  const planned = await operate('PUT', `/operator/accounts/${EMAIL}/plan`, { body: { plan: 'unlimited' } });
  expect('setting the plan of the local account', planned, 200);
  writeFileAtomically(home.apiKey, `${key}\n`, 0o600);
  return key;
};

/** The id of the playground cluster: the known one, or a new one. */
export const ensurePlayground = async (
  api: ApiClient,
  apiKey: string,
  known: string | undefined,
): Promise<string> => {
  if (known !== undefined) {
    const found = await api('GET', `/v1/clusters/${known}`, { token: apiKey });
    if (found.status === 200) return known;
  }
  const made = await api('POST', '/v1/clusters', { token: apiKey, body: { name: PLAYGROUND } });
  return (JSON.parse(expect('making the playground', made, 201).text) as { id: string }).id;
};

/** Whether a kubeconfig points at this server and its token lives for another month. */
const isCurrent = (kubeconfig: string, server: string, now: number): boolean => {
  if (!kubeconfig.includes(`${server}"`)) return false;
  const payload = /token: "[^".]+\.([^".]+)\./.exec(kubeconfig)?.[1];
  if (payload === undefined) return false;
  const { exp } = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as { exp: number };
  return exp - now / 1000 > RENEW_SECONDS;
};

/** Writes the owner's kubeconfig unless the one there still works: people add contexts to it. */
export const ensureKubeconfig = async (
  api: ApiClient,
  apiKey: string,
  home: Home,
  cluster: { readonly id: string; readonly server: string },
): Promise<void> => {
  if (
    existsSync(home.kubeconfig) &&
    isCurrent(readFileSync(home.kubeconfig, 'utf8'), cluster.server, Date.now())
  ) {
    return;
  }
  const made = await api('POST', `/v1/clusters/${cluster.id}/kubeconfigs`, {
    token: apiKey,
    body: { ttlSeconds: KUBECONFIG_SECONDS },
  });
  writeFileAtomically(home.kubeconfig, expect('making the kubeconfig', made, 201).text, 0o600);
};
