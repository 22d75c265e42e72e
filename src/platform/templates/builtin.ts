import { CATALOGUE } from '../../../catalogue/index.ts';
import { type LoadedTemplate, loadTemplate } from './load.ts';

const NAME = /^name: ([a-z0-9-]+)$/m;

interface Entry {
  readonly name: string;
  readonly text: string;
  loaded?: LoadedTemplate;
}

let entries: ReadonlyMap<string, Entry> | undefined;

/** By name; texts are only read when one is asked for. */
const catalogue = (): ReadonlyMap<string, Entry> => {
  entries ??= new Map(
    CATALOGUE.map((text) => {
      const name = NAME.exec(text)?.[1] ?? '';
      return [name, { name, text }] as const;
    }),
  );
  return entries;
};

/** Names of the built-in templates, in the catalogue's order. */
export const builtinNames = (): readonly string[] => [...catalogue().keys()];

/** A built-in template by its name. */
export const builtinTemplate = (name: string): LoadedTemplate | undefined => {
  const entry = catalogue().get(name);
  if (entry === undefined) return undefined;
  if (entry.loaded === undefined) {
    const loaded = loadTemplate(entry.text);
    // The catalogue's own test proves every template of it.
    if (!loaded.ok) throw new Error(`the built-in template ${name} cannot be read`);
    entry.loaded = loaded.template;
  }
  return entry.loaded;
};

/** The text of a built-in template. */
export const builtinText = (name: string): string | undefined => catalogue().get(name)?.text;
