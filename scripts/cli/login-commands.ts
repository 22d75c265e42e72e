import { hostname } from 'node:os';
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { makeApi } from './api.ts';
import { type Command, CommandError, EXIT, type Invocation, text } from './command.ts';
import { findConnection, forget, readSaved, save } from './connection.ts';

const readAll = async (): Promise<string> => {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8').trim();
};

/** Asks a person; what they type is not shown when `secret`. */
const ask = async (question: string, secret: boolean): Promise<string> => {
  if (process.stdin.isTTY !== true)
    throw new CommandError(`${question.trim()} is missing, and nobody is here to ask`);
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({
    input: process.stdin,
    output: secret ? silent : process.stderr,
    terminal: true,
  });
  if (secret) process.stderr.write(question);
  const answer = await lines.question(secret ? '' : question);
  lines.close();
  if (secret) process.stderr.write('\n');
  return answer.trim();
};

interface Me {
  readonly account: { readonly id: string; readonly email: string };
  readonly credential: { readonly id: string; readonly kind: string; readonly scopes: readonly string[] };
  readonly organisations: readonly { readonly id: string; readonly name: string; readonly role: string }[];
}

const serverOptions = (invocation: Invocation) => ({
  server: text(invocation, 'server'),
  certificateAuthority: text(invocation, 'certificate-authority'),
});

const login: Command = {
  name: 'login',
  summary: 'Log in and keep an API key',
  help: `Signs in with email and password, makes an API key for this machine and keeps it in the user's configuration
directory. With --api-key-stdin an existing key is kept instead.`,
  options: {
    email: { type: 'string', value: 'EMAIL', help: 'the account' },
    'password-stdin': { type: 'boolean', help: 'read the password from standard input' },
    'api-key-stdin': { type: 'boolean', help: 'read an API key from standard input' },
    'sign-up': { type: 'boolean', help: 'make the account first' },
  },
  run: async (invocation) => {
    const { options, environment } = invocation;
    const { server, caCertificate } = findConnection(environment, serverOptions(invocation));
    const keep = { server, ...(caCertificate === undefined ? {} : { caCertificate }) };
    if (options['api-key-stdin'] === true) {
      const apiKey = await readAll();
      const me = await makeApi({ server, caCertificate, apiKey }).call<Me>('GET', '/me');
      const path = save(environment, { ...keep, apiKey });
      return { json: me, text: `Logged in to ${server} as ${me.account.email}; key kept in ${path}` };
    }
    const email = text(invocation, 'email') ?? (await ask('Email: ', false));
    const password = options['password-stdin'] === true ? await readAll() : await ask('Password: ', true);
    const anonymous = makeApi({ server, caCertificate, apiKey: undefined });
    const body = { email, password };
    if (options['sign-up'] === true) await anonymous.call('POST', '/accounts', { body });
    const session = await anonymous.call<{ id: string; token: string }>('POST', '/sessions', { body });
    const signedIn = makeApi({ server, caCertificate, apiKey: session.token });
    const name = `kubicle on ${hostname()}`;
    const key = await signedIn.call<{ id: string; key: string }>('POST', '/api-keys', { body: { name } });
    await signedIn.call('DELETE', '/sessions/current');
    const path = save(environment, { ...keep, apiKey: key.key, apiKeyId: key.id });
    const json = { server, email, apiKeyId: key.id, path };
    return { json, text: `Logged in to ${server} as ${email}; key kept in ${path}` };
  },
};

const logout: Command = {
  name: 'logout',
  summary: 'Revoke the key of the login and forget it',
  run: async ({ environment }) => {
    const saved = readSaved(environment);
    if (saved === undefined) return { json: { loggedOut: false }, text: 'Nobody was logged in.' };
    const { server, apiKey, apiKeyId, caCertificate } = saved;
    if (apiKeyId !== undefined) {
      const api = makeApi({ server, apiKey, caCertificate });
      // A key that was revoked already is as good as revoked.
      await api.call('DELETE', `/api-keys/${apiKeyId}`).catch((error: unknown) => {
        if (!(error instanceof CommandError) || error.exitCode !== EXIT.refused) throw error;
      });
    }
    forget(environment);
    return { json: { loggedOut: true }, text: `Logged out of ${server}.` };
  },
};

const whoami: Command = {
  name: 'whoami',
  summary: 'Show the account and the key in use',
  run: async ({ api, connect }) => {
    const me = await (await api()).call<Me>('GET', '/me');
    const { server } = await connect();
    const scopes = me.credential.scopes.length === 0 ? 'everything' : me.credential.scopes.join(', ');
    const organisations = me.organisations
      .map(({ name, role, id }) => `\n  ${name} (${role}, ${id})`)
      .join('');
    return {
      json: me,
      text: `${me.account.email} on ${server}\nmay: ${scopes}${organisations === '' ? '' : `\norganisations:${organisations}`}`,
    };
  },
};

/** Getting in and out. */
export const loginCommands: readonly Command[] = [login, logout, whoami];
