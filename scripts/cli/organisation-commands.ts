import { argument, type Column, type Command, compact, number, span, text } from './command.ts';

const columns: readonly Column[] = [
  ['ID', ({ id }) => id],
  ['NAME', ({ name }) => name],
  ['ROLE', ({ role }) => role],
  ['CREATED', ({ createdAt }) => createdAt],
];

const memberColumns: readonly Column[] = [
  ['ACCOUNT', ({ accountId }) => accountId],
  ['EMAIL', ({ email }) => email],
  ['ROLE', ({ role }) => role],
  ['SINCE', ({ createdAt }) => createdAt],
];

const pathOf = (invocation: Parameters<Command['run']>[0]): string =>
  `/organisations/${argument(invocation, 0)}`;

const create: Command = {
  name: 'org create',
  summary: 'Make an organisation',
  arguments: ['NAME'],
  run: async (invocation) => {
    const made = await (await invocation.api()).call('POST', '/organisations', {
      body: { name: argument(invocation, 0) },
    });
    return { json: made, table: { rows: [made], columns } };
  },
};

const list: Command = {
  name: 'org list',
  summary: 'List the organisations you belong to',
  run: async (invocation) => {
    const rows = await (await invocation.api()).list('/organisations');
    return { json: { items: rows }, table: { rows, columns } };
  },
};

const members: Command = {
  name: 'org members',
  summary: 'List the members of an organisation',
  arguments: ['ORGANISATION'],
  options: { role: { type: 'string', value: 'owner|instructor|learner', help: 'of this role' } },
  run: async (invocation) => {
    const query = { role: text(invocation, 'role') };
    const rows = await (await invocation.api()).list(`${pathOf(invocation)}/members`, query);
    return { json: { items: rows }, table: { rows, columns: memberColumns } };
  },
};

const invite: Command = {
  name: 'org invite',
  summary: 'Invite somebody; prints the token to hand on',
  arguments: ['ORGANISATION'],
  help: 'With --email for one person, without for as many learners as --uses says.',
  options: {
    email: { type: 'string', value: 'EMAIL', help: 'whom it is for' },
    role: { type: 'string', value: 'owner|instructor|learner', help: 'as what (learner)' },
    uses: { type: 'string', value: 'N', help: 'how many may accept it (1)' },
    ttl: { type: 'string', value: 'SPAN', help: 'how long it is open (7d)' },
  },
  run: async (invocation) => {
    const body = compact({
      email: text(invocation, 'email'),
      role: text(invocation, 'role'),
      uses: number(invocation, 'uses'),
      ttlSeconds: span(invocation, 'ttl'),
    });
    const made = await (await invocation.api()).call('POST', `${pathOf(invocation)}/invitations`, { body });
    return { json: made, text: String(made['token']) };
  },
};

const join: Command = {
  name: 'org join',
  summary: 'Join an organisation by an invitation',
  arguments: ['TOKEN'],
  run: async (invocation) => {
    const body = { token: argument(invocation, 0) };
    const joined = await (await invocation.api()).call('POST', '/invitations/accept', { body });
    return { json: joined, table: { rows: [joined], columns } };
  },
};

const remove: Command = {
  name: 'org remove',
  summary: 'Remove a member, or leave',
  arguments: ['ORGANISATION', 'ACCOUNT'],
  run: async (invocation) => {
    const account = argument(invocation, 1);
    await (await invocation.api()).call('DELETE', `${pathOf(invocation)}/members/${account}`);
    return { json: { accountId: account, removed: true }, text: `${account} removed` };
  },
};

/** Who works together. */
export const organisationCommands: readonly Command[] = [create, list, members, invite, join, remove];
