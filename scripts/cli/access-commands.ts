import { organisationOption, withCluster } from './cluster-commands.ts';
import { argument, type Column, type Command, type Invocation, number, text, texts } from './command.ts';

type Part = Readonly<Record<string, unknown>>;

const part = (value: unknown): Part => (typeof value === 'object' && value !== null ? (value as Part) : {});

const auditColumns: readonly Column[] = [
  ['TIME', ({ requestReceivedTimestamp }) => requestReceivedTimestamp],
  ['USER', ({ user, impersonatedUser }) => part(impersonatedUser)['username'] ?? part(user)['username']],
  ['VERB', ({ verb }) => verb],
  [
    'RESOURCE',
    ({ objectRef, requestURI }) => {
      const { resource, subresource } = part(objectRef);
      return resource === undefined
        ? requestURI
        : subresource === undefined
          ? resource
          : `${resource}/${subresource}`;
    },
  ],
  ['NAMESPACE', ({ objectRef }) => part(objectRef)['namespace']],
  ['NAME', ({ objectRef }) => part(objectRef)['name']],
  ['CODE', ({ responseStatus }) => part(responseStatus)['code']],
];

const audit: Command = {
  name: 'cluster audit',
  summary: 'Show what was done in a cluster',
  arguments: ['CLUSTER'],
  options: {
    user: { type: 'string', value: 'NAME', help: 'by this user' },
    verb: { type: 'string', value: 'VERB', help: 'one verb, or several with commas' },
    resource: { type: 'string', value: 'NAME', help: 'pods, pods/log, pods/*' },
    namespace: { type: 'string', short: 'n', value: 'NAME', help: 'in this namespace' },
    name: { type: 'string', value: 'NAME', help: 'of this object' },
    since: { type: 'string', value: 'TIME', help: 'RFC 3339, or a span such as 15m' },
    until: { type: 'string', value: 'TIME', help: 'the same' },
    code: { type: 'string', value: 'CODE', help: '403, 4xx' },
    decision: { type: 'string', value: 'allow|forbid', help: 'what authorization said' },
    limit: { type: 'string', value: 'N', help: 'at most so many (50)' },
    ...organisationOption,
  },
  run: async (invocation) => {
    const { api, path } = await withCluster(invocation);
    const names = ['user', 'verb', 'resource', 'namespace', 'name', 'since', 'until', 'code', 'decision'];
    const query = Object.fromEntries(names.map((name) => [name, text(invocation, name)]));
    const items = await api.list(`${path}/audit`, query, number(invocation, 'limit') ?? 50);
    return { json: { items }, table: { rows: items, columns: auditColumns } };
  },
};

/** `pods`, `deployments.apps`, `pods/log`: as kubectl takes it. */
const resourceQuery = (given: string): Record<string, string | undefined> => {
  const [resource = '', subresource] = given.split('/');
  const dot = resource.indexOf('.');
  return {
    resource: dot < 0 ? resource : resource.slice(0, dot),
    group: dot < 0 ? undefined : resource.slice(dot + 1),
    subresource,
  };
};

const subjectOptions = {
  namespace: { type: 'string', short: 'n', value: 'NAME', help: 'in this namespace' },
  name: { type: 'string', value: 'NAME', help: 'of this object only' },
  ...organisationOption,
} as const;

const decisionQuery = (invocation: Invocation) => ({
  verb: argument(invocation, 1),
  ...resourceQuery(argument(invocation, 2)),
  namespace: text(invocation, 'namespace'),
  name: text(invocation, 'name'),
});

const whoCan: Command = {
  name: 'cluster who-can',
  summary: 'List who may do something',
  arguments: ['CLUSTER', 'VERB', 'RESOURCE'],
  help: 'RESOURCE is written as for kubectl: pods, deployments.apps, pods/log.',
  options: subjectOptions,
  run: async (invocation) => {
    const { api, path } = await withCluster(invocation);
    const json = await api.call('GET', `${path}/authz/who-can`, { query: decisionQuery(invocation) });
    const subjects = (json['subjects'] ?? json['items'] ?? []) as Part[];
    const columns: readonly Column[] = [
      ['KIND', ({ kind }) => kind],
      ['NAMESPACE', ({ namespace }) => namespace],
      ['NAME', ({ name }) => name],
    ];
    return { json, table: { rows: subjects, columns } };
  },
};

const explain: Command = {
  name: 'cluster explain',
  summary: 'Say why somebody may or may not do something',
  arguments: ['CLUSTER', 'VERB', 'RESOURCE'],
  help: 'RESOURCE is written as for kubectl: pods, deployments.apps, pods/log.',
  options: {
    user: {
      type: 'string',
      short: 'u',
      value: 'NAME',
      help: 'this user, or system:serviceaccount:NAMESPACE:NAME',
    },
    group: { type: 'string', value: 'NAME', multiple: true, help: 'in this group' },
    ...subjectOptions,
  },
  run: async (invocation) => {
    const { api, path } = await withCluster(invocation);
    const groups = texts(invocation, 'group');
    const query = {
      user: text(invocation, 'user'),
      groups: groups.length === 0 ? undefined : groups.join(','),
      ...decisionQuery(invocation),
    };
    return { json: await api.call('GET', `${path}/authz/explain`, { query }) };
  },
};

/** Who may what, and who did what. */
export const accessCommands: readonly Command[] = [audit, whoCan, explain];
