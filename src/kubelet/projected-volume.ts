import type { PodTokenOrder } from '../controllers/contract.ts';
import type { Volume } from '../kinds/generated/types.ts';

/** What a projected volume is filled from. Each gives `undefined` for what is not there. */
export interface ProjectionSources {
  readonly entries: (
    source: 'configmaps' | 'secrets',
    name: string,
  ) => readonly (readonly [key: string, text: string])[];
  readonly field: (path: string) => string;
  readonly token: (order: PodTokenOrder) => string | undefined;
}

type Source = NonNullable<NonNullable<Volume['projected']>['sources']>[number];
type Item = { readonly key: string; readonly path: string };

const chosen = (
  entries: readonly (readonly [string, string])[],
  items: readonly Item[] | undefined,
): readonly (readonly [string, () => string | undefined])[] =>
  items === undefined || items.length === 0
    ? entries.map(([key, text]) => [key, () => text])
    : items.map(({ key, path }) => [path, () => entries.find(([name]) => name === key)?.[1]]);

const filesOf = (
  source: Source,
  sources: ProjectionSources,
): readonly (readonly [path: string, read: () => string | undefined])[] => {
  const { serviceAccountToken: token, configMap, secret, downwardAPI } = source;
  if (token) {
    const { path, audience, expirationSeconds } = token;
    const order = {
      ...(audience ? { audience } : {}),
      ...(expirationSeconds === undefined ? {} : { expirationSeconds }),
    };
    return [[path, () => sources.token(order)]];
  }
  if (configMap) return chosen(sources.entries('configmaps', configMap.name ?? ''), configMap.items);
  if (secret) return chosen(sources.entries('secrets', secret.name ?? ''), secret.items);
  return (downwardAPI?.items ?? []).map(({ path, fieldRef }) => [
    path,
    () => (fieldRef ? sources.field(fieldRef.fieldPath) : ''),
  ]);
};

/** The files of a projected volume by their path in it. A file is only made when it is read: tokens cost a signature. */
export const projectedFiles = (
  volume: Volume,
  sources: ProjectionSources,
): ReadonlyMap<string, () => string | undefined> =>
  new Map((volume.projected?.sources ?? []).flatMap((source) => filesOf(source, sources)));
