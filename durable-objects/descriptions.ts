import type { Descriptions } from '../src/machinery/descriptions.ts';

/** The isolate's copy: half a megabyte that only `kubectl explain` and its like ask for. */
let loaded: Descriptions | undefined;

/** The descriptions if they have been loaded. */
export const knownDescriptions = (): Descriptions | undefined => loaded;

/** Loads them from the assets once an isolate. Without assets, or while these fail, types stay unexplained. */
export const loadDescriptions = async (assets: Fetcher | undefined): Promise<void> => {
  if (loaded !== undefined || assets === undefined) return;
  const answer = await assets.fetch('https://assets/descriptions.json');
  if (answer.ok) loaded = (await answer.json()) as Descriptions;
};
