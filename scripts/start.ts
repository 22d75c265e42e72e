/**
 * `npm start`: the whole product on this machine, offline, on embedded storage. Builds what changed, starts the
 * runtime with TLS on the loopback address, sets up the owner on first start and says when it is ready.
 */

import { existsSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ApiClient, makeApiClient } from './local/api-client.ts';
import { bundle } from './local/bundle.ts';
import { ensureApiKey, ensureKubeconfig, ensurePlayground } from './local/first-start.ts';
import {
  ensureCertificates,
  ensureSigningKey,
  type Home,
  openHome,
  readState,
  releasedMigrations,
  StartError,
  writeState,
} from './local/home.ts';
import { claimHome, requireFreePort, type Server, startServer } from './local/process.ts';
import { type ConfigInput, printConfig, SECRETS } from './local/workerd-config.ts';

const ROOT = realpathSync(join(import.meta.dirname, '..'));
const READY_MS = 60_000;
const PARENT_CHECK_MS = 200;

const readPort = (): number => {
  const text = process.env['KUBICLE_PORT'] ?? '8443';
  const port = Number(text);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  throw new StartError(`KUBICLE_PORT is not a port: ${text}`);
};

/** Where webhooks of clusters may go: nowhere unless the environment says so. */
const readWebhooks = (): Pick<ConfigInput, 'webhookHosts' | 'webhookAuthority'> => {
  const hosts = process.env['KUBICLE_WEBHOOK_HOSTS'] ?? '';
  const authority = process.env['KUBICLE_WEBHOOK_CA'] ?? '';
  if (hosts === '') return {};
  if (authority === '') return { webhookHosts: hosts };
  try {
    return { webhookHosts: hosts, webhookAuthority: readFileSync(authority, 'utf8') };
  } catch {
    throw new StartError(`KUBICLE_WEBHOOK_CA cannot be read: ${authority}`);
  }
};

const workerdPath = (): string => {
  const module = createRequire(import.meta.url)('workerd') as { default: string };
  return module.default;
};

const logTail = (home: Home): string =>
  readFileSync(home.log, 'utf8').split('\n').slice(-20).join('\n').trim();

const waitUntilReady = async (api: ApiClient, server: Server, home: Home): Promise<void> => {
  let running = true;
  void server.ended.then(() => {
    running = false;
  });
  const patience = Date.now() + READY_MS;
  while (running && Date.now() < patience) {
    const answer = await api('GET', '/readyz').catch(() => undefined);
    if (answer?.status === 200) return;
    await sleep(15);
  }
  throw new StartError(`the server did not start:\n${logTail(home)}`);
};

const launch = async (): Promise<{ server: Server; announce: () => void }> => {
  const port = readPort();
  const home = openHome(process.env['KUBICLE_HOME'] ?? join(ROOT, '.kubicle'));
  const migrations = releasedMigrations(ROOT);
  const state = readState(home, migrations);
  await claimHome(home);
  await requireFreePort(port);
  ensureCertificates(home, new Date());
  const signingKey = ensureSigningKey(home);
  const bundles = await bundle(ROOT);

  const publicUrl = `https://127.0.0.1:${port}`;
  const scripts = migrations.map(
    (name) => [name, readFileSync(join(ROOT, 'migrations/platform', name), 'utf8')] as const,
  );
  const config = { home, bundles, port, publicUrl, migrations: scripts, ...readWebhooks() };
  writeFileSync(home.config, printConfig(config));
  writeState(home, { ...state, migrations });
  const caCertificate = readFileSync(home.caCertificate, 'utf8');
  const secrets = { [SECRETS.signingKey]: signingKey, [SECRETS.caCertificate]: caCertificate };
  const api = makeApiClient(port, caCertificate);
  // Needed at the first start and at the end: the supervisor stays small in between.
  const loadSigning = () => import('../src/platform/tokens.ts');
  const operate: ApiClient = async (method, path, options) => {
    const { makeOperatorClaims, openTokenSigner } = await loadSigning();
    const signer = await openTokenSigner(signingKey);
    return api(method, path, { ...options, token: await signer.sign(makeOperatorClaims(Date.now())) });
  };
  const drain = (): Promise<unknown> => operate('POST', '/operator/drain');
  const server = startServer(home, workerdPath(), secrets, drain);
  // While the server starts.
  if (!existsSync(home.apiKey)) void loadSigning();
  try {
    await waitUntilReady(api, server, home);
    const apiKey = await ensureApiKey(api, operate, home, signingKey);
    const playground = await ensurePlayground(api, apiKey, state.playground);
    writeState(home, { migrations, playground });
    await ensureKubeconfig(api, apiKey, home, {
      id: playground,
      server: `${publicUrl}/clusters/${playground}`,
    });
  } catch (error) {
    await server.stop();
    throw error;
  }
  return { server, announce: () => announce(home, publicUrl) };
};

const announce = (home: Home, publicUrl: string): void => {
  const show = (path: string): string => {
    const short = relative(process.cwd(), path);
    return short.startsWith('..') ? path : short;
  };
  console.log(`
  kubeconfig   ${show(home.kubeconfig)}
  API key      ${show(home.apiKey)}
  authority    ${show(home.caCertificate)}

  KUBECONFIG=${show(home.kubeconfig)} kubectl get nodes
`);
  console.log(`kubicle ready: ${publicUrl}`);
};

/**
 * npm passes no signals on, so its going away is the signal. Only under `npm start`: a script started by hand may
 * outlive its shell.
 */
const onNpmGone = (stop: () => void): void => {
  if (process.env['npm_lifecycle_event'] !== 'start') return;
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) stop();
  }, PARENT_CHECK_MS).unref();
};

const main = async (): Promise<void> => {
  const { server, announce } = await launch();
  let stopping = false;
  const stop = (): void => {
    if (stopping) return;
    stopping = true;
    void server.stop();
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
  onNpmGone(stop);
  announce();
  const code = await server.ended;
  if (stopping) process.exit(0);
  console.error(`kubicle: the server ended unexpectedly (${code ?? 'signal'}); its log has more`);
  process.exit(1);
};

main().catch((error: unknown) => {
  console.error(error instanceof StartError ? `kubicle: ${error.message}` : error);
  process.exit(1);
});
