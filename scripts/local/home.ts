/**
 * The local server's state directory, `KUBICLE_HOME`: keys, certificates, databases, what the owner needs to use
 * it. Nothing outside it is written (the bundle in dist/ apart).
 */

import { createPrivateKey, generateKeyPairSync, randomBytes, X509Certificate } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { makeAuthority, makeServerCertificate } from './certificate.ts';

/** Format of the directory. Raise it when an older release could not work with what this one leaves behind. */
const FORMAT = 1;

const AUTHORITY = 'Kubicle local CA';
const SERVER_DAYS = 397;
const RENEW_MS = 30 * 24 * 3600 * 1000;

/** A failure to start that its message explains fully; printed without a stack. */
export class StartError extends Error {}

/** What the directory remembers between starts. */
export interface HomeState {
  readonly format: number;
  /** Migrations of the platform database that have been applied. */
  readonly migrations: readonly string[];
  /** The cluster the local kubeconfig is for. */
  readonly playground?: string;
}

/** Paths inside the directory. */
export interface Home {
  readonly path: string;
  readonly data: string;
  readonly state: string;
  readonly lock: string;
  readonly log: string;
  readonly apiKey: string;
  readonly kubeconfig: string;
  readonly caCertificate: string;
  readonly caKey: string;
  readonly serverCertificate: string;
  readonly serverKey: string;
  readonly signingKey: string;
  readonly config: string;
}

/** Where things lie; makes the directory, readable only by its owner. */
export const openHome = (directory: string): Home => {
  const asked = resolve(directory);
  try {
    mkdirSync(join(asked, 'data'), { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new StartError(`cannot use ${asked} for state: ${(error as Error).message}`);
  }
  const path = realpathSync(asked);
  return {
    path,
    data: join(path, 'data'),
    state: join(path, 'state.json'),
    lock: join(path, 'server.json'),
    log: join(path, 'server.log'),
    apiKey: join(path, 'api-key'),
    kubeconfig: join(path, 'kubeconfig'),
    caCertificate: join(path, 'ca.crt'),
    caKey: join(path, 'ca.key'),
    serverCertificate: join(path, 'tls.crt'),
    serverKey: join(path, 'tls.key'),
    signingKey: join(path, 'signing-key.json'),
    config: join(path, 'server.capnp'),
  };
};

/** Replaces a file in one step: a crash leaves the old or the new one. */
export const writeFileAtomically = (path: string, content: string, mode = 0o644): void => {
  const temporary = `${path}.new`;
  writeFileSync(temporary, content, { mode });
  renameSync(temporary, path);
};

/** Names of the platform database's migrations in this release, in order. */
export const releasedMigrations = (root: string): readonly string[] =>
  readdirSync(join(root, 'migrations/platform'))
    .filter((name) => name.endsWith('.sql'))
    .sort();

/** Reads what the last start left; throws a StartError when that start was of a newer release. */
export const readState = (home: Home, migrations: readonly string[]): HomeState => {
  if (!existsSync(home.state)) return { format: FORMAT, migrations: [] };
  const state = JSON.parse(readFileSync(home.state, 'utf8')) as HomeState;
  const unknown = state.migrations.filter((name) => !migrations.includes(name));
  if (state.format > FORMAT || unknown.length > 0) {
    throw new StartError(
      `the state in ${home.path} is from a newer version of Kubicle; update, or set KUBICLE_HOME to another directory`,
    );
  }
  return state;
};

/** Notes what this start is about to leave behind. */
export const writeState = (home: Home, state: Omit<HomeState, 'format'>): void =>
  writeFileAtomically(home.state, `${JSON.stringify({ format: FORMAT, ...state }, undefined, 2)}\n`);

const isFresh = (path: string, now: Date): boolean => {
  if (!existsSync(path)) return false;
  return Date.parse(new X509Certificate(readFileSync(path)).validTo) - now.getTime() > RENEW_MS;
};

/** Makes the authority on first start, and the server's certificate then and a month before it ends. */
export const ensureCertificates = (home: Home, now: Date): void => {
  if (!existsSync(home.caKey) || !isFresh(home.caCertificate, now)) {
    const authority = makeAuthority(AUTHORITY, now);
    writeFileAtomically(home.caKey, authority.key, 0o600);
    writeFileAtomically(home.caCertificate, authority.certificate);
  } else if (existsSync(home.serverKey) && isFresh(home.serverCertificate, now)) return;
  const authority = { name: AUTHORITY, key: createPrivateKey(readFileSync(home.caKey)) };
  const names = { dns: ['localhost'], ipv4: ['127.0.0.1'] };
  const server = makeServerCertificate(authority, names, SERVER_DAYS, now);
  writeFileAtomically(home.serverKey, server.key, 0o600);
  writeFileAtomically(home.serverCertificate, server.certificate);
};

/** The installation's token key as JWK text; made on first start. */
export const ensureSigningKey = (home: Home): string => {
  if (!existsSync(home.signingKey)) {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const jwk = { ...privateKey.export({ format: 'jwk' }), kid: randomBytes(8).toString('hex') };
    writeFileAtomically(home.signingKey, `${JSON.stringify(jwk)}\n`, 0o600);
  }
  return readFileSync(home.signingKey, 'utf8').trim();
};
