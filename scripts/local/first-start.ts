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

/** Local accounts of earlier releases have a password, which follows from the signing key. */
const passwordOf = (signingKey: string): string =>
  createHmac('sha256', signingKey).update('local account').digest('base64url');

const signInForApiKey = async (api: ApiClient, signingKey: string): Promise<string> => {
  const credentials = { email: EMAIL, password: passwordOf(signingKey) };
  const signedIn = expect('signing in', await api('POST', '/v1/sessions', { body: credentials }), 201);
  const { token } = JSON.parse(signedIn.text) as { token: string };
  const made = await api('POST', '/v1/api-keys', { token, body: { name: 'local' } });
  return (JSON.parse(expect('making the API key', made, 201).text) as { key: string }).key;
};

/** Who runs the server is held back by the machine alone, and needs no password: the signing key makes API keys. */
const makeApiKey = async (api: ApiClient, operate: ApiClient, signingKey: string): Promise<string> => {
  const made = await operate('POST', `/operator/accounts/${EMAIL}/api-keys`, { body: { plan: 'unlimited' } });
  if (made.status === 409) return signInForApiKey(api, signingKey);
  return (JSON.parse(expect('making the API key', made, 201).text) as { key: string }).key;
};

/** The owner's API key, from the home or made anew: losing it loses nothing. */
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
  const key = await makeApiKey(api, operate, signingKey);
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
