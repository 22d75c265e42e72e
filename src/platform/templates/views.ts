import type { Localized } from '../../exercise/contract.ts';
import { checksOf, pointsOf } from './compile.ts';
import type { Template, TemplatePersona } from './schema.ts';

/** Languages texts come in. */
export const LANGUAGES = ['en', 'zh'] as const;
export type Language = (typeof LANGUAGES)[number];

/** The best of our languages for an Accept-Language header; English when in doubt. */
export const languageOf = (header: string | null): Language => {
  const wanted = (header ?? '')
    .split(',')
    .map((part) => {
      const [tag = '', ...parameters] = part.trim().toLowerCase().split(';');
      const quality = parameters
        .find((each) => each.trim().startsWith('q='))
        ?.trim()
        .slice(2);
      return { language: tag.split('-')[0] ?? '', quality: quality === undefined ? 1 : Number(quality) };
    })
    .filter(({ language, quality }) => quality > 0 && LANGUAGES.includes(language as Language))
    .sort((one, other) => other.quality - one.quality);
  return (wanted[0]?.language as Language | undefined) ?? 'en';
};

/** A text in a language; English where there is no other. */
export const inLanguage = (text: Localized, language: Language): string => text[language] ?? text.en;

const optional = <Key extends string>(key: Key, text: Localized | undefined, language: Language) =>
  text === undefined ? {} : ({ [key]: inLanguage(text, language) } as Record<Key, string>);

/** A task as learners see it. */
export const taskView = (task: Template['tasks'][number], language: Language) => ({
  id: task.id,
  title: inLanguage(task.title, language),
  ...optional('text', task.text, language),
  points: task.checks.reduce((sum, { points }) => sum + points, 0),
  checks: task.checks.map((check) => ({
    id: check.id,
    title: inLanguage(check.title, language),
    points: check.points,
  })),
  hints: task.hints.length,
});

/** A persona without what learners need not know. */
export const personaView = (persona: TemplatePersona, language: Language) => ({
  name: persona.name,
  ...optional('title', persona.title, language),
  ...(persona.user === undefined ? {} : { user: persona.user }),
  ...(persona.groups === undefined ? {} : { groups: persona.groups }),
  ...(persona.serviceAccount === undefined ? {} : { serviceAccount: persona.serviceAccount }),
  ...(persona.namespace === undefined ? {} : { namespace: persona.namespace }),
});

/** What lists of templates show, in both languages. */
export interface TemplateSummary {
  readonly name: string;
  readonly version: string;
  readonly title: Localized;
  readonly description?: Localized | undefined;
  readonly tags: readonly string[];
  readonly minutes?: number | undefined;
  readonly tasks: readonly { readonly id: string; readonly title: Localized; readonly points: number }[];
  readonly checks: number;
  readonly points: number;
}

/** Summarises a template. */
export const summarise = (template: Template): TemplateSummary => ({
  name: template.name,
  version: template.version,
  title: template.title,
  ...(template.description === undefined ? {} : { description: template.description }),
  tags: template.tags,
  ...(template.minutes === undefined ? {} : { minutes: template.minutes }),
  tasks: template.tasks.map(({ id, title, checks }) => ({
    id,
    title,
    points: checks.reduce((sum, { points }) => sum + points, 0),
  })),
  checks: checksOf(template).length,
  points: pointsOf(template),
});

/** A summary in a language. */
export const summaryView = (summary: TemplateSummary, language: Language, origin: 'built-in' | 'own') => ({
  name: summary.name,
  version: summary.version,
  origin,
  title: inLanguage(summary.title, language),
  ...optional('description', summary.description, language),
  tags: summary.tags,
  ...(summary.minutes === undefined ? {} : { minutes: summary.minutes }),
  tasks: summary.tasks.map(({ id, title, points }) => ({ id, title: inLanguage(title, language), points })),
  checks: summary.checks,
  points: summary.points,
});
