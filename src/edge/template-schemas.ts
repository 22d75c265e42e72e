import { z } from 'zod';
import { LANGUAGES, type Language, languageOf } from '../platform/templates/views.ts';
import { opaqueId, timeText } from './control/schemas.ts';

/** What the control API says about templates. */

const taskLine = z.object({ id: z.string(), title: z.string(), points: z.number() });

/** A template in lists. */
export const templateView = z
  .object({
    name: z.string(),
    version: z.string().meta({ description: 'The newest one' }),
    origin: z.enum(['built-in', 'own']),
    title: z.string(),
    description: z.string().optional(),
    tags: z.array(z.string()),
    minutes: z.number().optional(),
    tasks: z.array(taskLine),
    checks: z.number(),
    points: z.number(),
  })
  .meta({ id: 'Template' });

/** A persona of a template. */
export const personaShape = {
  name: z.string(),
  title: z.string().optional(),
  user: z.string().optional(),
  groups: z.array(z.string()).optional(),
  serviceAccount: z.object({ namespace: z.string(), name: z.string() }).optional(),
  namespace: z.string().optional(),
} as const;

/** A task as learners see it. */
export const taskView = z
  .object({
    id: z.string(),
    title: z.string(),
    text: z.string().optional().meta({ description: 'Markdown' }),
    points: z.number(),
    checks: z.array(z.object({ id: z.string(), title: z.string(), points: z.number() })),
    hints: z.number().meta({ description: 'How many there are' }),
  })
  .meta({ id: 'Task' });

/** One template in full. */
export const templateDetail = z
  .object({
    ...templateView.shape,
    digest: z.string().meta({ description: 'SHA-256 of its text' }),
    versions: z.array(z.string()).meta({ description: 'Newest first' }),
    personas: z.array(z.object(personaShape)),
    variables: z.array(z.string()).meta({ description: 'Names of what differs by seed' }),
    tasks: z.array(taskView),
    publishedAt: timeText.nullable(),
  })
  .meta({ id: 'TemplateDetail' });

/** A published version. */
export const publishedView = z
  .object({
    id: opaqueId,
    name: z.string(),
    version: z.string(),
    digest: z.string(),
    points: z.number(),
    checks: z.number(),
    createdAt: timeText,
  })
  .meta({ id: 'TemplateVersion' });

/** What is wrong with a template. */
export const templateProblem = z.object({
  path: z.string(),
  message: z.string(),
  line: z.number().optional(),
});

/** How a template did in its test. */
export const templateReport = z
  .object({
    ok: z.boolean(),
    problems: z.array(templateProblem),
    trials: z
      .array(z.object({ label: z.string(), seed: z.string(), ok: z.boolean() }))
      .meta({ description: 'The plays: untouched, the solution, each wrong answer' }),
  })
  .meta({ id: 'TemplateReport' });

/** The query of routes that answer with texts. */
export const languageShape = {
  lang: z.enum(LANGUAGES).optional().meta({ description: 'Language of texts; absent: by Accept-Language' }),
} as const;

/** The language a request wants. */
export const languageFor = (request: Request, lang: Language | undefined): Language =>
  lang ?? languageOf(request.headers.get('accept-language'));
