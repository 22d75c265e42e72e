import { z } from 'zod';
import { printTime } from '../machinery/time.ts';
import { fillTemplate } from '../platform/environments.ts';
import { resolveOwner } from '../platform/ownership.ts';
import { makePage, pageRequestOf } from '../platform/page.ts';
import { makeProblem } from '../platform/problem.ts';
import { LINT_SEED, lintText } from '../platform/templates/lint.ts';
import { proveTemplate } from '../platform/templates/prove.ts';
import {
  findTemplate,
  listTemplates,
  listVersions,
  ownerKeyOf,
  publishVersion,
} from '../platform/templates/store.ts';
import { personaView, summarise, summaryView, taskView } from '../platform/templates/views.ts';
import { type AnyCall, created, defineRoute, ok, type Route, textAnswer } from './control/route.ts';
import { pageOf, pageShape } from './control/schemas.ts';
import { templateRejected, templateTextOf } from './template-body.ts';
import {
  languageFor,
  languageShape,
  publishedView,
  templateDetail,
  templateReport,
  templateView,
} from './template-schemas.ts';

const organisation = z
  .string()
  .max(64)
  .optional()
  .meta({ description: 'Id of the organisation they belong to' });

/** Under which keys the templates lie that this caller sees. */
const keysFor = async (
  { directory, caller }: Pick<AnyCall, 'directory' | 'caller'>,
  id: string | undefined,
) => {
  const owner = await resolveOwner(directory.db, caller.accountId, id);
  return id === undefined ? [caller.accountId] : [ownerKeyOf(owner), caller.accountId];
};

const listRoute = defineRoute({
  id: 'listTemplates',
  method: 'GET',
  path: '/templates',
  scope: 'templates:read',
  tag: 'Templates',
  summary: 'List templates',
  description:
    'The built-in exercises first, then your own (and those of an organisation in which you work), each with its newest version.',
  query: z.object({ ...pageShape, ...languageShape, organisation }),
  answers: { 200: { description: 'The catalogue', schema: pageOf(templateView, 'TemplateList') } },
  handle: async (call) => {
    const { query, request, directory } = call;
    const { limit, after } = pageRequestOf(query);
    const language = languageFor(request, query.lang);
    const all = await listTemplates(directory.db, await keysFor(call, query.organisation));
    const from = after === undefined ? 0 : 1 + all.findIndex(({ id }) => id === after.id);
    return ok(
      makePage(all.slice(from, from + limit + 1), limit, ({ summary, origin }) =>
        summaryView(summary, language, origin),
      ),
    );
  },
});

const getRoute = defineRoute({
  id: 'getTemplate',
  method: 'GET',
  path: '/templates/{name}',
  scope: 'templates:read',
  tag: 'Templates',
  summary: 'Read a template',
  description: 'Texts are those of one seed; environments fill variables with their own.',
  query: z.object({ ...languageShape, organisation, version: z.string().max(32).optional() }),
  answers: { 200: { description: 'The template', schema: templateDetail } },
  handle: async (call) => {
    const { directory, params, query, request } = call;
    const keys = await keysFor(call, query.organisation);
    const stored = await findTemplate(directory.db, keys, params.name, query.version);
    const template = fillTemplate(stored, LINT_SEED);
    const language = languageFor(request, query.lang);
    return ok({
      ...summaryView(stored.summary, language, stored.origin),
      digest: stored.digest,
      versions: await listVersions(directory.db, keys, params.name),
      personas: template.personas
        .filter(({ hidden }) => hidden !== true)
        .map((persona) => personaView(persona, language)),
      variables: Object.keys(template.variables),
      tasks: template.tasks.map((task) => taskView(task, language)),
      publishedAt: stored.createdAt === null ? null : printTime(stored.createdAt),
    });
  },
});

const sourceRoute = defineRoute({
  id: 'getTemplateSource',
  method: 'GET',
  path: '/templates/{name}/source',
  scope: 'templates:read',
  tag: 'Templates',
  summary: 'Read the text of a template',
  description:
    'With solution and wrong answers, as it was published. A good start for a template of your own.',
  query: z.object({ organisation, version: z.string().max(32).optional() }),
  answers: { 200: { description: 'The text', contentType: 'application/yaml' } },
  handle: async (call) => {
    const keys = await keysFor(call, call.query.organisation);
    const { source } = await findTemplate(call.directory.db, keys, call.params.name, call.query.version);
    return textAnswer(200, source, 'application/yaml');
  },
});

const DESCRIPTION =
  'The body is the template: YAML or JSON text, or a JSON object with the text under `template`, or with the files of a bundle under `files` (`template.yaml`, `manifests/*.yaml`, `tasks/<id>.en.md`, `tasks/<id>.zh.md`).';

const upload = {
  tag: 'Templates',
  bodyForm: 'text',
  bodyTypes: ['application/yaml', 'application/json'],
} as const;

const text = z.string().min(1, 'send a template');

type PublishCall = AnyCall & {
  readonly body: string;
  readonly query: { readonly organisation?: string | undefined };
};

const publish = async (call: PublishCall, as: 'new' | 'next', name: string | undefined) => {
  const { directory, caller, now } = call;
  const owner = await resolveOwner(directory.db, caller.accountId, call.query.organisation);
  const source = templateTextOf(call.body);
  const linted = lintText(source);
  if (!linted.ok) throw templateRejected(linted.problems);
  if (name !== undefined && linted.template.name !== name) {
    throw makeProblem('unprocessable', `the template is called "${linted.template.name}", not "${name}"`);
  }
  const results = await proveTemplate(directory.object, linted.loaded, now);
  const problems = results.flatMap((result) => result.problems);
  if (problems.length > 0) throw templateRejected(problems);
  const limits = await directory.limitsOf(owner.accountId);
  const version = { owner, source, summary: summarise(linted.template), as };
  const { stored, isNew } = await publishVersion(directory.db, version, limits, now);
  const { summary, digest, id, createdAt } = stored;
  const view = {
    id,
    name: summary.name,
    version: summary.version,
    digest,
    points: summary.points,
    checks: summary.checks,
    createdAt: printTime(createdAt ?? now),
  };
  return isNew ? created(view, `/v1/templates/${summary.name}?version=${summary.version}`) : ok(view);
};

const PUBLISHED = {
  201: { description: 'The version, there for good', schema: publishedView },
  200: { description: 'The very same text was published before', schema: publishedView },
} as const;

const createRoute = defineRoute({
  ...upload,
  id: 'createTemplate',
  method: 'POST',
  path: '/templates',
  scope: 'templates:write',
  summary: 'Publish a template',
  description: `${DESCRIPTION} It is played before it is published: its solution must pass every check, the untouched environment fail each, and each wrong answer fail as it says.`,
  query: z.object({ organisation }),
  body: text,
  answers: PUBLISHED,
  problems: ['template-rejected', 'conflict', 'quota-exceeded'],
  handle: (call) => publish(call as PublishCall, 'new', undefined),
});

const versionRoute = defineRoute({
  ...upload,
  id: 'createTemplateVersion',
  method: 'POST',
  path: '/templates/{name}/versions',
  scope: 'templates:write',
  summary: 'Publish another version',
  description: `${DESCRIPTION} Versions never change; environments keep the one they were made from.`,
  query: z.object({ organisation }),
  body: text,
  answers: PUBLISHED,
  problems: ['template-rejected', 'unprocessable', 'conflict'],
  handle: (call) => publish(call as PublishCall, 'next', call.params.name),
});

const lintRoute = defineRoute({
  ...upload,
  id: 'lintTemplate',
  method: 'POST',
  path: '/templates/lint',
  scope: 'templates:read',
  summary: 'Check the form of a template',
  description: `${DESCRIPTION} Nothing is stored, nothing is played.`,
  body: text,
  answers: { 200: { description: 'What is wrong with it', schema: templateReport } },
  handle: async ({ body }) => {
    const linted = lintText(templateTextOf(body));
    return ok({ ok: linted.ok, problems: linted.ok ? [] : linted.problems, trials: [] });
  },
});

const testRoute = defineRoute({
  ...upload,
  id: 'testTemplate',
  method: 'POST',
  path: '/templates/test',
  scope: 'templates:write',
  summary: 'Play a template without publishing it',
  description: DESCRIPTION,
  body: text,
  answers: { 200: { description: 'How it did', schema: templateReport } },
  handle: async ({ body, directory, now }) => {
    const linted = lintText(templateTextOf(body));
    if (!linted.ok) return ok({ ok: false, problems: linted.problems, trials: [] });
    const results = await proveTemplate(directory.object, linted.loaded, now);
    const problems = results.flatMap((result) => result.problems);
    const trials = results.map(({ label, seed, problems: wrong }) => ({
      label,
      seed,
      ok: wrong.length === 0,
    }));
    return ok({ ok: problems.length === 0, problems, trials });
  },
});

/** Templates: the catalogue, and publishing one's own. */
export const templateRoutes: readonly Route[] = [
  listRoute,
  getRoute,
  sourceRoute,
  createRoute,
  versionRoute,
  lintRoute,
  testRoute,
];
