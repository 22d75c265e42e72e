import type { Descriptions } from '../src/machinery/descriptions.ts';

/**
 * The prose of built-in types, if it was built (`scripts/build-descriptions.ts`) before the bundle; without it
 * OpenAPI documents say everything else. Bundlers inline the file or, because of the catch, leave it out.
 */
export const loadDescriptions = async (): Promise<Descriptions | undefined> => {
  try {
    const loaded = await import(/* @vite-ignore */ '../dist/descriptions.json');
    return loaded.default as Descriptions;
  } catch {
    // Not built: the documents have no prose, and nothing else depends on it.
    return undefined;
  }
};
