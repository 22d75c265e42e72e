import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parse } from 'yaml';
import type { Api, CallOptions } from './api.ts';
import { argument, type Column, type Command, CommandError, EXIT, type Output, text } from './command.ts';

type Part = Readonly<Record<string, unknown>>;

const columns: readonly Column[] = [
  ['NAME', ({ name }) => name],
  ['VERSION', ({ version }) => version],
  ['POINTS', ({ points }) => points],
  ['TASKS', ({ tasks }) => (Array.isArray(tasks) ? tasks.length : undefined)],
  ['ORIGIN', ({ origin }) => origin],
  ['TITLE', ({ title }) => title],
];

const LARGEST_BUNDLE_FILES = 200;

const bundleFiles = (folder: string): Record<string, string> => {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(?:ya?ml|md|json)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  if (names.length > LARGEST_BUNDLE_FILES)
    throw new CommandError(`${folder} holds too many files for a template`);
  return Object.fromEntries(
    names.map((name) => [relative(folder, name).replaceAll('\\', '/'), readFileSync(name, 'utf8')]),
  );
};

/** A template to send: one file as it is, or the files of a folder together. */
const readTemplate = (path: string): CallOptions => {
  if (!existsSync(path)) throw new CommandError(`there is no ${path}`);
  if (statSync(path).isDirectory()) {
    return { text: JSON.stringify({ files: bundleFiles(path) }), contentType: 'application/json' };
  }
  const isJson = path.endsWith('.json');
  return { text: readFileSync(path, 'utf8'), contentType: isJson ? 'application/json' : 'application/yaml' };
};

const printProblem = (problem: unknown): string => {
  if (typeof problem === 'string') return problem;
  const { path, message, line } = problem as Part;
  const place = line === undefined ? '' : `line ${line}: `;
  return path === undefined || path === '' ? `${place}${message}` : `${place}${path}: ${message}`;
};

/** The same finding under two seeds is told once. */
const printProblems = (problems: readonly unknown[]): string[] => [
  ...new Set(problems.map((problem) => `  ${printProblem(problem)}`)),
];

const report = (path: string, found: Part): Output => {
  const trials = (found['trials'] ?? []) as Part[];
  const problems = (found['problems'] ?? []) as unknown[];
  const lines = trials.map(({ label, seed, ok }) => {
    return `${ok === false ? '✗' : '✓'} ${label}${seed === undefined ? '' : ` (seed ${seed})`}`;
  });
  const isGood = found['ok'] === true;
  return {
    json: found,
    text: [...lines, ...printProblems(problems), `${path}: ${isGood ? 'good' : 'not good'}`].join('\n'),
    exitCode: isGood ? EXIT.ok : EXIT.unmet,
  };
};

const organisation = {
  organisation: { type: 'string', value: 'ID', help: 'of this organisation' },
} as const;

const judging = (name: string, summary: string): Command => ({
  name: `template ${name}`,
  summary,
  arguments: ['FILE|FOLDER'],
  help: 'Ends with 4 when it is not good.',
  run: async (invocation) => {
    const path = argument(invocation, 0);
    return report(
      path,
      await (await invocation.api()).call('POST', `/templates/${name}`, readTemplate(path)),
    );
  },
});

/** The name a template gives itself: in its text, or in the `template.yaml` of a folder. */
const nameIn = ({ text: sent = '' }: CallOptions): string => {
  try {
    const { files, name } = (parse(sent) ?? {}) as { files?: Record<string, string>; name?: unknown };
    const own = files === undefined ? name : (parse(files['template.yaml'] ?? '') as Part | null)?.['name'];
    if (typeof own === 'string' && own !== '') return own;
  } catch {
    // Not YAML: there is no name in it.
  }
  throw new CommandError('the template has no name');
};

const isMine = async (api: Api, name: string, organisation: string | undefined): Promise<boolean> => {
  const mine = await api.list('/templates', { organisation });
  return mine.some((template) => template['name'] === name && template['origin'] !== 'built-in');
};

const push: Command = {
  name: 'template push',
  summary: 'Publish a template, or its next version',
  arguments: ['FILE|FOLDER'],
  options: organisation,
  run: async (invocation) => {
    const api = await invocation.api();
    const sent = readTemplate(argument(invocation, 0));
    const owner = text(invocation, 'organisation');
    const name = nameIn(sent);
    const path = (await isMine(api, name, owner)) ? `/templates/${name}/versions` : '/templates';
    const made = await api.call('POST', path, { ...sent, query: { organisation: owner } });
    return { json: made, text: `${made['name']}@${made['version']} published (${made['points']} points)` };
  },
};

const list: Command = {
  name: 'template list',
  summary: 'List templates: the built-in exercises and your own',
  options: { ...organisation, lang: { type: 'string', value: 'en|zh', help: 'language of the texts' } },
  run: async (invocation) => {
    const query = { organisation: text(invocation, 'organisation'), lang: text(invocation, 'lang') };
    const rows = await (await invocation.api()).list('/templates', query);
    return { json: { items: rows }, table: { rows, columns } };
  },
};

const show: Command = {
  name: 'template show',
  summary: 'Show a template, or its source',
  arguments: ['NAME'],
  options: {
    ...organisation,
    version: { type: 'string', value: 'VERSION', help: 'this version, not the newest' },
    source: { type: 'boolean', help: 'its text, with solution and wrong answers' },
    lang: { type: 'string', value: 'en|zh', help: 'language of the texts' },
  },
  run: async (invocation) => {
    const api = await invocation.api();
    const path = `/templates/${argument(invocation, 0)}`;
    const query = { organisation: text(invocation, 'organisation'), version: text(invocation, 'version') };
    if (invocation.options['source'] === true) {
      const source = await api.read('GET', `${path}/source`, { query });
      return { json: { source }, text: source.trimEnd() };
    }
    const found = await api.call('GET', path, { query: { ...query, lang: text(invocation, 'lang') } });
    const tasks = ((found['tasks'] ?? []) as Part[]).map(
      ({ title, points, text: body }) => `\n${title} (${points} points)\n${String(body ?? '').trimEnd()}`,
    );
    const head = `${found['name']}@${found['version']}   ${found['title']}`;
    return { json: found, text: [head, String(found['description'] ?? ''), ...tasks].join('\n') };
  },
};

/** Exercises as texts. */
export const templateCommands: readonly Command[] = [
  list,
  show,
  judging('lint', 'Check the form of a template'),
  judging('test', 'Play a template: solution, untouched, wrong answers'),
  push,
];
