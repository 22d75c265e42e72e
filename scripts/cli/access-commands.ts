import { stringify } from 'yaml';
import { organisationOption, withCluster } from './cluster-commands.ts';
import {
  argument,
  type Column,
  type Command,
  EXIT,
  type Invocation,
  number,
  text,
  texts,
} from './command.ts';

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

const RESOURCE_HELP = 'RESOURCE is written as for kubectl: pods, deployments.apps, pods/log.';

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

/** `Role/reader`, as kubectl names things. */
const named = (value: unknown): string => {
  const { kind, name } = part(value);
  return `${kind}/${name}`;
};

const whoCanColumns: readonly Column[] = [
  ['KIND', ({ subject }) => part(subject)['kind']],
  ['NAMESPACE', ({ subject }) => part(subject)['namespace']],
  ['NAME', ({ subject }) => part(subject)['name']],
  ['BY', ({ ways }) => (ways as Part[]).map(({ binding }) => named(binding))],
];

const whoCan: Command = {
  name: 'cluster who-can',
  summary: 'List who may do something',
  arguments: ['CLUSTER', 'VERB', 'RESOURCE'],
  help: RESOURCE_HELP,
  options: subjectOptions,
  run: async (invocation) => {
    const { api, path } = await withCluster(invocation);
    const json = await api.call<{ subjects: Part[] }>('GET', `${path}/authz/who-can`, {
      query: decisionQuery(invocation),
    });
    return { json, table: { rows: json.subjects, columns: whoCanColumns } };
  },
};

/** A decision as a person would tell it. */
const tell = (answer: Part): string => {
  const sentences = (list: unknown) => ((list ?? []) as Part[]).map(({ sentence }) => `  ${sentence}`);
  const misses = ((answer['nearestMisses'] ?? []) as Part[]).flatMap(({ sentence, fix }) => [
    `  ${sentence}`,
    ...((part(fix)['commands'] ?? []) as string[]).map((command) => `      ${command}`),
  ]);
  return [
    answer['allowed'] === true ? 'yes' : 'no',
    String(answer['sentence'] ?? ''),
    ...sentences(answer['grants']),
    ...(misses.length === 0 ? [] : ['Nearest misses:', ...misses]),
  ]
    .filter((line) => line !== '')
    .join('\n');
};

const explain: Command = {
  name: 'cluster explain',
  summary: 'Say why somebody may or may not do something',
  arguments: ['CLUSTER', 'VERB', 'RESOURCE'],
  help: `${RESOURCE_HELP} Ends with 4 when they may not.`,
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
    const json = await api.call('GET', `${path}/authz/explain`, { query });
    return { json, text: tell(json), exitCode: json['allowed'] === true ? EXIT.ok : EXIT.unmet };
  },
};

const matrixColumns: readonly Column[] = [
  ['NAMESPACE', ({ namespace }) => namespace],
  ['RESOURCE', ({ group, resource }) => (group === '' ? resource : `${resource}.${group}`)],
  ['VERBS', ({ verbs }) => verbs],
];

const matrix: Command = {
  name: 'cluster matrix',
  summary: 'Show everything somebody may do',
  arguments: ['CLUSTER', 'USER'],
  options: {
    group: { type: 'string', value: 'NAME', multiple: true, help: 'in this group' },
    namespace: { type: 'string', short: 'n', value: 'NAME', help: 'in this namespace' },
    ...organisationOption,
  },
  run: async (invocation) => {
    const { api, path } = await withCluster(invocation);
    const groups = texts(invocation, 'group');
    const query = {
      user: argument(invocation, 1),
      groups: groups.length === 0 ? undefined : groups.join(','),
      namespace: text(invocation, 'namespace'),
    };
    const json = await api.call<{ scopes: { namespace: string; resources: Part[] }[] }>(
      'GET',
      `${path}/authz/matrix`,
      { query },
    );
    const rows = json.scopes.flatMap(({ namespace, resources }) =>
      resources.map((resource) => ({ ...resource, namespace: namespace === '' ? '(all)' : namespace })),
    );
    return { json, table: { rows, columns: matrixColumns } };
  },
};

const leastPrivilege: Command = {
  name: 'cluster least-privilege',
  summary: 'Derive the roles that allow what somebody did, and nothing else',
  arguments: ['CLUSTER', 'USER'],
  help: 'The output goes to kubectl apply -f -.',
  options: {
    since: { type: 'string', value: 'TIME', help: 'RFC 3339, or a span such as 1h' },
    until: { type: 'string', value: 'TIME', help: 'the same' },
    names: { type: 'boolean', help: 'limit rules to the names that were used' },
    namespace: { type: 'string', short: 'n', value: 'NAME', help: 'in this namespace' },
    ...organisationOption,
  },
  run: async (invocation) => {
    const { api, path } = await withCluster(invocation);
    const query = {
      user: argument(invocation, 1),
      since: text(invocation, 'since'),
      until: text(invocation, 'until'),
      namespace: text(invocation, 'namespace'),
      names: invocation.options['names'] === true ? 'true' : undefined,
    };
    const json = await api.call<{ manifests: Part[] }>('GET', `${path}/authz/least-privilege`, { query });
    const manifests = json.manifests.map((manifest) => `---\n${stringify(manifest)}`).join('');
    return { json, text: manifests === '' ? '# nothing was done that needs a role' : manifests.trimEnd() };
  },
};

/** Who may what, and who did what. */
export const accessCommands: readonly Command[] = [audit, whoCan, explain, matrix, leastPrivilege];
