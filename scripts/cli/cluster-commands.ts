import { writeFileSync } from 'node:fs';
import type { Api } from './api.ts';
import {
  argument,
  type Column,
  type Command,
  CommandError,
  compact,
  EXIT,
  type Invocation,
  number,
  type Output,
  parseSpan,
  span,
  text,
  texts,
} from './command.ts';

const CLUSTER_ID = /^c[a-z2-7]{20}$/;

const columns: readonly Column[] = [
  ['ID', ({ id }) => id],
  ['NAME', ({ name }) => name],
  ['PHASE', ({ phase }) => phase],
  ['CREATED', ({ createdAt }) => createdAt],
  ['EXPIRES', ({ expiresAt }) => expiresAt ?? 'never'],
];

const organisation = {
  organisation: { type: 'string', value: 'ID', help: 'of this organisation, not your own' },
} as const;

/** The id of a cluster that was named by its id or its name. */
const resolveCluster = async (api: Api, given: string, invocation: Invocation): Promise<string> => {
  if (CLUSTER_ID.test(given)) return given;
  const query = { name: given, organisation: text(invocation, 'organisation') };
  const found = await api.list('/clusters', query, 2);
  if (found.length === 1) return String(found[0]?.['id']);
  throw new CommandError(
    found.length === 0
      ? `no cluster is called "${given}"`
      : `several clusters are called "${given}": give the id`,
    EXIT.refused,
  );
};

const withCluster = async (invocation: Invocation): Promise<{ api: Api; path: string; id: string }> => {
  const api = await invocation.api();
  const id = await resolveCluster(api, argument(invocation, 0), invocation);
  return { api, id, path: `/clusters/${id}` };
};

const one = (cluster: Readonly<Record<string, unknown>>): Output => ({
  json: cluster,
  table: { rows: [cluster], columns },
});

/** Prints a kubeconfig, or writes it to a file that only its owner reads. */
export const giveKubeconfig = (kubeconfig: string, file: string | undefined): Output => {
  if (file === undefined) return { json: { kubeconfig }, text: kubeconfig.trimEnd() };
  writeFileSync(file, kubeconfig, { mode: 0o600 });
  return { json: { file }, text: `${file} written; KUBECONFIG=${file} kubectl get nodes` };
};

const create: Command = {
  name: 'cluster create',
  summary: 'Make a cluster',
  arguments: ['[NAME]'],
  options: {
    nodes: { type: 'string', value: 'N', help: 'workers (3)' },
    latency: {
      type: 'string',
      value: 'instant|fast|realistic',
      help: 'how long simulated work takes (fast)',
    },
    seed: { type: 'string', value: 'TEXT', help: 'the source of everything random' },
    ttl: { type: 'string', value: 'SPAN', help: 'delete it after this long: 90s, 15m, 2h, 1d' },
    kubeconfig: { type: 'string', value: 'FILE', help: "write the owner's kubeconfig here" },
    ...organisation,
  },
  run: async (invocation) => {
    const api = await invocation.api();
    const body = compact({
      name: invocation.arguments[0],
      nodes: number(invocation, 'nodes'),
      latency: text(invocation, 'latency'),
      seed: text(invocation, 'seed'),
      ttlSeconds: span(invocation, 'ttl'),
      organisationId: text(invocation, 'organisation'),
    });
    const cluster = await api.call('POST', '/clusters', { body });
    const file = text(invocation, 'kubeconfig');
    if (file !== undefined) {
      giveKubeconfig(await api.read('POST', `/clusters/${cluster['id']}/kubeconfigs`, { body: {} }), file);
    }
    return one(cluster);
  },
};

const list: Command = {
  name: 'cluster list',
  summary: 'List clusters',
  options: {
    ...organisation,
    shared: { type: 'boolean', help: 'those that others share with you' },
    name: { type: 'string', value: 'PREFIX', help: 'whose names begin so' },
  },
  run: async (invocation) => {
    const query = {
      organisation: text(invocation, 'organisation'),
      shared: invocation.options['shared'] === true ? 'true' : undefined,
      namePrefix: text(invocation, 'name'),
    };
    const rows = await (await invocation.api()).list('/clusters', query);
    return { json: { items: rows }, table: { rows, columns } };
  },
};

const get: Command = {
  name: 'cluster get',
  summary: 'Show a cluster',
  arguments: ['CLUSTER'],
  options: organisation,
  run: async (invocation) => {
    const { api, path } = await withCluster(invocation);
    return one(await api.call('GET', path));
  },
};

const remove: Command = {
  name: 'cluster delete',
  summary: 'Delete a cluster with all its data',
  arguments: ['CLUSTER'],
  options: organisation,
  run: async (invocation) => {
    const { api, path, id } = await withCluster(invocation);
    await api.call('DELETE', path);
    return { json: { id, deleted: true }, text: `${id} deleted` };
  },
};

const extend: Command = {
  name: 'cluster extend',
  summary: "Move a cluster's end",
  arguments: ['CLUSTER', 'SPAN'],
  help: 'SPAN counts from now: 90s, 15m, 2h, 1d; never lets it live until it is deleted.',
  options: organisation,
  run: async (invocation) => {
    const { api, path } = await withCluster(invocation);
    const given = argument(invocation, 1);
    const ttlSeconds = given === 'never' ? null : parseSpan(given, 'SPAN');
    return one(await api.call('PATCH', path, { body: { ttlSeconds } }));
  },
};

const serviceAccountOf = (given: string | undefined): unknown => {
  if (given === undefined) return undefined;
  const [namespace, name, more] = given.split('/');
  if (!namespace || !name || more !== undefined)
    throw new CommandError('--service-account must be NAMESPACE/NAME');
  return { namespace, name };
};

const kubeconfig: Command = {
  name: 'cluster kubeconfig',
  summary: 'Make a kubeconfig',
  arguments: ['CLUSTER'],
  help: 'Without further options it is for the owner, as cluster-admin.',
  options: {
    user: { type: 'string', value: 'NAME', help: 'for this user' },
    group: { type: 'string', value: 'NAME', multiple: true, help: 'in this group' },
    'service-account': { type: 'string', value: 'NAMESPACE/NAME', help: 'for this service account' },
    namespace: { type: 'string', short: 'n', value: 'NAME', help: "the context's namespace" },
    ttl: { type: 'string', value: 'SPAN', help: 'how long it is good for (30d)' },
    file: { type: 'string', short: 'f', value: 'FILE', help: 'write it here instead of printing it' },
    ...organisation,
  },
  run: async (invocation) => {
    const { api, path } = await withCluster(invocation);
    const groups = texts(invocation, 'group');
    const body = compact({
      user: text(invocation, 'user'),
      groups: groups.length === 0 ? undefined : groups,
      serviceAccount: serviceAccountOf(text(invocation, 'service-account')),
      namespace: text(invocation, 'namespace'),
      ttlSeconds: span(invocation, 'ttl'),
    });
    return giveKubeconfig(await api.read('POST', `${path}/kubeconfigs`, { body }), text(invocation, 'file'));
  },
};

const clockColumns: readonly Column[] = [
  ['NOW', ({ now }) => now],
  ['PAUSED', ({ paused }) => paused],
  ['RATE', ({ rate }) => rate],
];

const clock: Command = {
  name: 'cluster clock',
  summary: "Show a cluster's clock, or change it",
  arguments: ['CLUSTER'],
  options: {
    pause: { type: 'boolean', help: 'stop its time' },
    resume: { type: 'boolean', help: 'let its time go on' },
    rate: { type: 'string', value: 'N', help: 'cluster seconds a second' },
    advance: { type: 'string', value: 'SPAN', help: 'do everything due in this span: 15m, 24h' },
    until: { type: 'string', value: 'TIME', help: 'do everything due until this time (RFC 3339)' },
    ...organisation,
  },
  run: async (invocation) => {
    const { api, path } = await withCluster(invocation);
    const { pause, resume } = invocation.options;
    if (pause === true && resume === true) throw new CommandError('--pause and --resume exclude each other');
    const change = compact({
      paused: pause === true ? true : resume === true ? false : undefined,
      rate: number(invocation, 'rate'),
    });
    if (Object.keys(change).length > 0) await api.call('PATCH', `${path}/clock`, { body: change });
    const move = compact({ seconds: span(invocation, 'advance'), until: text(invocation, 'until') });
    if (Object.keys(move).length > 0) await api.call('POST', `${path}/clock/advance`, { body: move });
    const state = await api.call('GET', `${path}/clock`);
    return { json: state, table: { rows: [state], columns: clockColumns } };
  },
};

/** Commands on the directory of clusters and on one cluster's time. */
export const clusterCommands: readonly Command[] = [create, list, get, remove, extend, kubeconfig, clock];

/** For commands of other files that name a cluster first. */
export { organisation as organisationOption, withCluster };
