import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { CommandError, EXIT } from './command.ts';

/** Where the server is and how to get in. */
export interface Connection {
  readonly server: string;
  readonly apiKey: string | undefined;
  /** PEM of the authority behind the server's certificate; absent: the usual ones. */
  readonly caCertificate: string | undefined;
}

/** What `kubicle login` keeps. */
interface Saved {
  readonly server: string;
  readonly apiKey: string;
  /** Id of the key, to revoke it by. */
  readonly apiKeyId?: string;
  readonly caCertificate?: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

const DEFAULT_SERVER = 'https://127.0.0.1:8443';
const ROOT = join(import.meta.dirname, '../..');

/** The file of saved credentials: `KUBICLE_CONFIG`, or `kubicle/config.json` in the user's configuration directory. */
export const configPath = (environment: Environment): string =>
  environment['KUBICLE_CONFIG'] ??
  join(
    environment['XDG_CONFIG_HOME'] || join(environment['HOME'] ?? homedir(), '.config'),
    'kubicle',
    'config.json',
  );

/** What was saved by a login; `undefined` before the first. */
export const readSaved = (environment: Environment): Saved | undefined => {
  const path = configPath(environment);
  if (!existsSync(path)) return undefined;
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Saved;
  } catch {
    throw new CommandError(`${path} is not readable; remove it and log in again`);
  }
};

/** Keeps credentials, readable by their owner only. */
export const save = (environment: Environment, saved: Saved): string => {
  const path = configPath(environment);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  writeFileSync(path, `${JSON.stringify(saved, undefined, 2)}\n`, { mode: 0o600 });
  // The mode above counts for new files only.
  chmodSync(path, 0o600);
  return path;
};

/** Forgets saved credentials. */
export const forget = (environment: Environment): void => rmSync(configPath(environment), { force: true });

const readIfThere = (path: string): string | undefined =>
  existsSync(path) ? readFileSync(path, 'utf8').trim() : undefined;

/** The server of this checkout: what `npm start` leaves in its home. */
const readLocal = (environment: Environment): Connection | undefined => {
  const home = environment['KUBICLE_HOME'] ?? join(ROOT, '.kubicle');
  const apiKey = readIfThere(join(home, 'api-key'));
  if (apiKey === undefined) return undefined;
  const kubeconfig = readIfThere(join(home, 'kubeconfig')) ?? '';
  const server = /server: "?(https?:\/\/[^/"\s]+)/.exec(kubeconfig)?.[1] ?? DEFAULT_SERVER;
  return { server, apiKey, caCertificate: readIfThere(join(home, 'ca.crt')) };
};

/** What the command line says about the server. */
export interface ServerOptions {
  readonly server?: string | undefined;
  readonly certificateAuthority?: string | undefined;
}

const readAuthority = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new CommandError(`cannot read ${path}: ${(error as Error).message}`);
  }
};

/**
 * The connection to use. What is said wins: options, then `KUBICLE_SERVER`, `KUBICLE_API_KEY` and `KUBICLE_CA`, then
 * what a login saved, then the local server of `KUBICLE_HOME` or of this checkout. A saved or local key is only ever
 * sent to the server it belongs to.
 */
export const findConnection = (environment: Environment, options: ServerOptions): Connection => {
  const saved = readSaved(environment);
  const local = readLocal(environment);
  // KUBICLE_HOME says which server is meant more loudly than a login of long ago.
  const known = environment['KUBICLE_HOME'] === undefined ? (saved ?? local) : (local ?? saved);
  const server = (options.server ?? environment['KUBICLE_SERVER'] ?? known?.server ?? DEFAULT_SERVER).replace(
    /\/+$/,
    '',
  );
  const owned = [saved, local].find((candidate) => candidate?.server === server);
  const authority = options.certificateAuthority ?? environment['KUBICLE_CA'];
  return {
    server,
    apiKey: environment['KUBICLE_API_KEY'] ?? owned?.apiKey,
    caCertificate: authority === undefined ? owned?.caCertificate : readAuthority(authority),
  };
};

/** The same, for commands that need credentials. */
export const requireConnection = (environment: Environment, options: ServerOptions): Connection => {
  const connection = findConnection(environment, options);
  if (connection.apiKey === undefined) {
    throw new CommandError(`no credentials for ${connection.server}: run "kubicle login"`, EXIT.unreachable);
  }
  return connection;
};
