import { organisationOption, withCluster } from './cluster-commands.ts';
import { argument, type Column, type Command, compact, span, text, texts } from './command.ts';

const columns: readonly Column[] = [
  ['ID', ({ id }) => id],
  ['NAME', ({ name }) => name],
  ['USER', ({ user }) => user],
  ['GROUPS', ({ groups }) => (Array.isArray(groups) ? groups.join(',') : '')],
  ['CREATED', ({ createdAt }) => createdAt],
  ['EXPIRES', ({ expiresAt }) => expiresAt],
];

const list: Command = {
  name: 'token list',
  summary: 'List the live tokens of a cluster’s users',
  arguments: ['CLUSTER'],
  options: organisationOption,
  run: async (invocation) => {
    const { api, path } = await withCluster(invocation);
    const items = await api.list(`${path}/tokens`);
    return { json: { items }, table: { rows: items, columns } };
  },
};

const create: Command = {
  name: 'token create',
  summary: 'Make a token for a user of a cluster',
  arguments: ['CLUSTER', 'USER'],
  options: {
    group: {
      type: 'string',
      multiple: true,
      value: 'NAME',
      help: 'a group they are in; several times for several',
    },
    uid: { type: 'string', value: 'TEXT', help: 'their uid' },
    name: { type: 'string', value: 'TEXT', help: 'what the list calls it' },
    ttl: { type: 'string', value: 'SPAN', help: 'how long it is good: 15m, 2h, 1d (30 days)' },
    ...organisationOption,
  },
  run: async (invocation) => {
    const { api, path } = await withCluster(invocation);
    const body = compact({
      user: argument(invocation, 1),
      groups: texts(invocation, 'group'),
      uid: text(invocation, 'uid'),
      name: text(invocation, 'name'),
      ttlSeconds: span(invocation, 'ttl'),
    });
    const made = await api.call('POST', `${path}/tokens`, { body });
    return { json: made, text: String(made['token']) };
  },
};

const revoke: Command = {
  name: 'token revoke',
  summary: 'Refuse a token from the next request on',
  arguments: ['CLUSTER', 'TOKEN-ID'],
  options: organisationOption,
  run: async (invocation) => {
    const { api, path } = await withCluster(invocation);
    const id = argument(invocation, 1);
    await api.call('DELETE', `${path}/tokens/${encodeURIComponent(id)}`);
    return { json: { id }, text: `${id} revoked` };
  },
};

const rotate: Command = {
  name: 'cluster rotate-key',
  summary: 'Begin a new key for service-account tokens',
  arguments: ['CLUSTER'],
  options: {
    forget: { type: 'boolean', help: 'refuse every token made so far' },
    ...organisationOption,
  },
  run: async (invocation) => {
    const { api, path } = await withCluster(invocation);
    const body = { forget: invocation.options['forget'] === true };
    const { keys } = await api.call<{ keys: { kid: string }[] }>('POST', `${path}/signing-keys`, { body });
    return { json: { keys }, text: keys.map(({ kid }) => kid).join('\n') };
  },
};

/** Tokens of a cluster's users, and the key of its own. */
export const tokenCommands: readonly Command[] = [list, create, revoke, rotate];
