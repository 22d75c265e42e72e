import { argument, type Column, type Command, compact, text, texts } from './command.ts';

const columns: readonly Column[] = [
  ['ID', ({ id }) => id],
  ['URL', ({ url }) => url],
  ['EVENTS', ({ events }) => events],
  [
    'ENABLED',
    ({ enabled, disabledReason }) => (enabled === true ? 'yes' : `no: ${disabledReason ?? 'by hand'}`),
  ],
];

const deliveryColumns: readonly Column[] = [
  ['ID', ({ id }) => id],
  ['EVENT', ({ type }) => type],
  ['STATUS', ({ status }) => status],
  ['ATTEMPTS', ({ attempts }) => (attempts as unknown[]).length],
  [
    'LAST',
    ({ attempts }) => {
      const last = (attempts as { statusCode?: number; error?: string }[]).at(-1);
      return last?.statusCode ?? last?.error;
    },
  ],
  ['NEXT', ({ nextAttemptAt }) => nextAttemptAt],
];

const organisation = {
  organisation: { type: 'string', value: 'ID', help: 'of this organisation' },
} as const;

type Invocation = Parameters<Command['run']>[0];

const ownerOf = (invocation: Invocation) => ({ organisation: text(invocation, 'organisation') });

const pathOf = (invocation: Invocation): string => `/webhooks/${argument(invocation, 0)}`;

const create: Command = {
  name: 'webhook create',
  summary: 'Register a webhook; prints the secret when one was made',
  arguments: ['URL'],
  options: {
    event: {
      type: 'string',
      value: 'NAME',
      multiple: true,
      help: 'e.g. environment.passed, cluster.* (all)',
    },
    secret: { type: 'string', value: 'TEXT', help: 'sign with this secret' },
    ...organisation,
  },
  run: async (invocation) => {
    const events = texts(invocation, 'event');
    const body = compact({
      url: argument(invocation, 0),
      events: events.length === 0 ? undefined : events,
      secret: text(invocation, 'secret'),
      organisationId: text(invocation, 'organisation'),
    });
    const made = await (await invocation.api()).call('POST', '/webhooks', { body });
    const secret = made['secret'] === undefined ? '' : `\nsecret, shown this once: ${made['secret']}`;
    return { json: made, text: `${made['id']}${secret}` };
  },
};

const list: Command = {
  name: 'webhook list',
  summary: 'List webhooks',
  options: organisation,
  run: async (invocation) => {
    const rows = await (await invocation.api()).list('/webhooks', ownerOf(invocation));
    return { json: { items: rows }, table: { rows, columns } };
  },
};

const deliveries: Command = {
  name: 'webhook deliveries',
  summary: 'Show what became of events',
  arguments: ['WEBHOOK'],
  options: {
    status: { type: 'string', value: 'pending|delivered|failed', help: 'only these' },
    ...organisation,
  },
  run: async (invocation) => {
    const query = { ...ownerOf(invocation), status: text(invocation, 'status') };
    const rows = await (await invocation.api()).list(`${pathOf(invocation)}/deliveries`, query, 100);
    return { json: { items: rows }, table: { rows, columns: deliveryColumns } };
  },
};

const ping: Command = {
  name: 'webhook ping',
  summary: 'Send a test event',
  arguments: ['WEBHOOK'],
  options: organisation,
  run: async (invocation) => {
    const query = ownerOf(invocation);
    const sent = await (await invocation.api()).call('POST', `${pathOf(invocation)}/ping`, { query });
    return { json: sent, text: `${sent['id']} is on its way` };
  },
};

const remove: Command = {
  name: 'webhook delete',
  summary: 'Remove a webhook',
  arguments: ['WEBHOOK'],
  options: organisation,
  run: async (invocation) => {
    await (await invocation.api()).call('DELETE', pathOf(invocation), { query: ownerOf(invocation) });
    const id = argument(invocation, 0);
    return { json: { id, deleted: true }, text: `${id} deleted` };
  },
};

/** Being told of what happens. */
export const webhookCommands: readonly Command[] = [create, list, deliveries, ping, remove];
