import { writeFileSync } from 'node:fs';
import { giveKubeconfig } from './cluster-commands.ts';
import {
  argument,
  type Column,
  type Command,
  CommandError,
  compact,
  EXIT,
  parseSpan,
  span,
  text,
} from './command.ts';

type Part = Readonly<Record<string, unknown>>;

const columns: readonly Column[] = [
  ['ID', ({ id }) => id],
  ['TEMPLATE', ({ template, version }) => `${template}@${version}`],
  ['LEARNER', ({ learnerRef }) => learnerRef],
  ['STATUS', ({ status }) => status],
  [
    'SCORE',
    ({ grade }) => {
      const { score, max } = (grade ?? {}) as Part;
      return score === undefined ? undefined : `${score}/${max}`;
    },
  ],
  ['EXPIRES', ({ expiresAt }) => expiresAt ?? 'never'],
];

const lang = { lang: { type: 'string', value: 'en|zh', help: 'language of the texts' } } as const;

const pathOf = (invocation: Parameters<Command['run']>[0]): string =>
  `/environments/${argument(invocation, 0)}`;

const describe = (environment: Part): string => {
  const tasks = ((environment['tasks'] ?? []) as Part[]).map(
    ({ title, points, text: body }) =>
      `\n${title} (${points} points)\n${typeof body === 'string' ? body.trimEnd() : ''}`,
  );
  const personas = ((environment['personas'] ?? []) as Part[]).map(({ name }) => name).join(', ');
  return [
    `${environment['id']}   ${environment['template']}@${environment['version']}   ${environment['status']}`,
    `personas: ${personas}`,
    `expires: ${environment['expiresAt'] ?? 'never'}`,
    ...tasks,
  ].join('\n');
};

const create: Command = {
  name: 'env create',
  summary: 'Make an environment from a template',
  arguments: ['TEMPLATE'],
  help: 'TEMPLATE is its name, or NAME@VERSION.',
  options: {
    seed: { type: 'string', value: 'TEXT', help: 'the same seed gives the same environment' },
    learner: { type: 'string', value: 'REF', help: 'your own name for the learner' },
    ttl: { type: 'string', value: 'SPAN', help: 'how long it lives: 90m, 8h, 2d' },
    organisation: { type: 'string', value: 'ID', help: 'it belongs to this organisation' },
    ...lang,
  },
  run: async (invocation) => {
    const [template, version] = argument(invocation, 0).split('@');
    const body = compact({
      template,
      version,
      seed: text(invocation, 'seed'),
      learnerRef: text(invocation, 'learner'),
      ttlSeconds: span(invocation, 'ttl'),
      organisationId: text(invocation, 'organisation'),
    });
    const query = { lang: text(invocation, 'lang') };
    const environment = await (await invocation.api()).call('POST', '/environments', { body, query });
    return { json: environment, text: describe(environment) };
  },
};

const list: Command = {
  name: 'env list',
  summary: 'List environments',
  options: {
    template: { type: 'string', value: 'NAME', help: 'made from this template' },
    learner: { type: 'string', value: 'REF', help: 'of this learner' },
    organisation: { type: 'string', value: 'ID', help: 'of this organisation' },
  },
  run: async (invocation) => {
    const query = {
      template: text(invocation, 'template'),
      learnerRef: text(invocation, 'learner'),
      organisation: text(invocation, 'organisation'),
    };
    const rows = await (await invocation.api()).list('/environments', query);
    return { json: { items: rows }, table: { rows, columns } };
  },
};

const get: Command = {
  name: 'env get',
  summary: 'Show an environment with its tasks',
  arguments: ['ENVIRONMENT'],
  options: lang,
  run: async (invocation) => {
    const query = { lang: text(invocation, 'lang') };
    const environment = await (await invocation.api()).call('GET', pathOf(invocation), { query });
    return { json: environment, text: describe(environment) };
  },
};

const kubeconfig: Command = {
  name: 'env kubeconfig',
  summary: "Get a persona's kubeconfig",
  arguments: ['ENVIRONMENT', '[PERSONA]'],
  help: 'Without PERSONA it is that of the first one.',
  options: {
    file: { type: 'string', short: 'f', value: 'FILE', help: 'write it here instead of printing it' },
  },
  run: async (invocation) => {
    const api = await invocation.api();
    let persona = invocation.arguments[1];
    if (persona === undefined) {
      const { personas } = await api.call<{ personas: { name: string }[] }>('GET', pathOf(invocation));
      persona = personas[0]?.name;
    }
    if (persona === undefined) throw new CommandError('the environment has no persona', EXIT.refused);
    const found = await api.read('GET', `${pathOf(invocation)}/kubeconfigs/${persona}`);
    return giveKubeconfig(found, text(invocation, 'file'));
  },
};

const printCheck = ({ title, passed, status, earned, points, evidence, hint }: Part): string => {
  const mark = passed === true ? '✓' : status === 'error' ? '!' : '✗';
  const more = passed === true ? [] : [evidence, hint === undefined ? undefined : `hint: ${hint}`];
  return [
    `${mark} ${title} (${earned}/${points})`,
    ...more.filter((line) => line).map((line) => `    ${String(line).replaceAll('\n', '\n    ')}`),
  ].join('\n');
};

const grade: Command = {
  name: 'env grade',
  summary: 'Grade an environment',
  arguments: ['ENVIRONMENT'],
  help: 'Ends with 4 when not all checks pass.',
  options: lang,
  run: async (invocation) => {
    const query = { lang: text(invocation, 'lang') };
    const found = await (await invocation.api()).call('POST', `${pathOf(invocation)}/grade`, { query });
    const checks = (found['checks'] ?? []) as Part[];
    return {
      json: found,
      text: [...checks.map(printCheck), '', `${found['score']} of ${found['max']} points`].join('\n'),
      exitCode: found['passed'] === true ? EXIT.ok : EXIT.unmet,
    };
  },
};

const reset: Command = {
  name: 'env reset',
  summary: 'Put an environment back to its beginning',
  arguments: ['ENVIRONMENT'],
  run: async (invocation) => {
    const environment = await (await invocation.api()).call('POST', `${pathOf(invocation)}/reset`);
    return { json: environment, text: `${argument(invocation, 0)} is as it was at its beginning` };
  },
};

const extend: Command = {
  name: 'env extend',
  summary: "Move an environment's end",
  arguments: ['ENVIRONMENT', 'SPAN'],
  help: 'SPAN counts from now: 90m, 8h, 2d.',
  run: async (invocation) => {
    const body = { ttlSeconds: parseSpan(argument(invocation, 1), 'SPAN') };
    const environment = await (await invocation.api()).call('POST', `${pathOf(invocation)}/extend`, { body });
    return { json: environment, text: `${argument(invocation, 0)} expires ${environment['expiresAt']}` };
  },
};

const remove: Command = {
  name: 'env delete',
  summary: 'Delete an environment with its cluster',
  arguments: ['ENVIRONMENT'],
  run: async (invocation) => {
    await (await invocation.api()).call('DELETE', pathOf(invocation));
    const id = argument(invocation, 0);
    return { json: { id, deleted: true }, text: `${id} deleted` };
  },
};

const hint: Command = {
  name: 'env hint',
  summary: 'Ask for the next hint of a task',
  arguments: ['ENVIRONMENT', 'TASK'],
  options: lang,
  run: async (invocation) => {
    const query = { lang: text(invocation, 'lang') };
    const body = { task: argument(invocation, 1) };
    const given = await (await invocation.api()).call('POST', `${pathOf(invocation)}/hints`, { body, query });
    return { json: given, text: String(given['text']) };
  },
};

const exportAttempt: Command = {
  name: 'env export',
  summary: 'Export an attempt: what was changed, the audit log, the grade',
  arguments: ['ENVIRONMENT'],
  options: {
    file: { type: 'string', short: 'f', value: 'FILE', help: 'write it here instead of printing it' },
  },
  run: async (invocation) => {
    const attempt = await (await invocation.api()).call('GET', `${pathOf(invocation)}/attempt`);
    const file = text(invocation, 'file');
    if (file === undefined) return { json: attempt };
    writeFileSync(file, `${JSON.stringify(attempt, undefined, 2)}\n`);
    return { json: { file }, text: `${file} written` };
  },
};

/** Exercises in use. */
export const environmentCommands: readonly Command[] = [
  create,
  list,
  get,
  kubeconfig,
  grade,
  hint,
  reset,
  extend,
  exportAttempt,
  remove,
];
