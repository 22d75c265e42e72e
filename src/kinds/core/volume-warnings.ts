/** Warnings about volumes of pods (upstream: pkg/api/pod/warnings.go, 1.36). */

import type { Volume, VolumeProjection } from '../generated/types.ts';
import { claimSpecWarnings } from './resource-warnings.ts';

const GONE_1_16 = 'deprecated in v1.11, non-functional in v1.16+';
const GONE_1_25 = 'deprecated in v1.22, non-functional in v1.25+';
const GONE_1_31 = 'deprecated in v1.28, non-functional in v1.31+';

/** Volume plugins that are on their way out or gone, in upstream's order around ephemeral volumes. */
const EARLIER: readonly (readonly [keyof Volume, string])[] = [
  ['photonPersistentDisk', GONE_1_16],
  ['gitRepo', 'deprecated in v1.11'],
  ['scaleIO', 'deprecated in v1.16, non-functional in v1.22+'],
  ['flocker', GONE_1_25],
  ['storageos', GONE_1_25],
  ['quobyte', GONE_1_25],
  ['glusterfs', 'deprecated in v1.25, non-functional in v1.26+'],
];
const LATER: readonly (readonly [keyof Volume, string])[] = [
  ['cephfs', GONE_1_31],
  ['rbd', GONE_1_31],
];

/** Upstream names the Go field here, not the JSON one. */
const shownName = (field: string): string => (field === 'storageos' ? 'storageOS' : field);

const pluginWarnings = (volume: Volume, path: string, plugins: typeof EARLIER): string[] =>
  plugins
    .filter(([field]) => volume[field] !== undefined)
    .map(([field, message]) => `${path}.${shownName(field)}: ${message}`);

const trimSlashes = (path: string): string => path.replace(/\/+$/, '');

const collision = (known: ReadonlySet<string>, path: string): string | undefined => {
  for (const item of known) {
    if (item === '' || path === '') return undefined;
    if (item === path || `${item}/`.startsWith(path) || `${path}/`.startsWith(item)) return item;
  }
  return undefined;
};

const overlaps = (paths: readonly string[], message: string): string[] => {
  const known = new Set<string>();
  const warnings: string[] = [];
  for (const path of paths.map(trimSlashes)) {
    const other = collision(known, path);
    if (other) warnings.push(`${message}: "${path}" with "${other}"`);
    known.add(path);
  }
  return warnings;
};

const pathsOf = (items: readonly { readonly path: string }[]): string[] => items.map((item) => item.path);

interface Mapped {
  readonly paths: readonly string[];
  readonly label: string;
}

const mappedBy = (source: VolumeProjection): Mapped => {
  const { configMap, secret, downwardAPI, serviceAccountToken } = source;
  if (configMap?.items)
    return { paths: pathsOf(configMap.items), label: `Projected ConfigMap "${configMap.name ?? ''}"` };
  if (secret?.items)
    return { paths: pathsOf(secret.items), label: `Projected Secret "${secret.name ?? ''}"` };
  if (downwardAPI?.items) return { paths: pathsOf(downwardAPI.items), label: 'Projected DownwardAPI' };
  if (serviceAccountToken)
    return { paths: [serviceAccountToken.path], label: 'Projected ServiceAccountToken' };
  return { paths: [], label: '' };
};

const projectedWarnings = (name: string, sources: readonly VolumeProjection[]): string[] => {
  const warnings: string[] = [];
  const all = new Set<string>();
  for (const source of sources) {
    if (Object.keys(source).length === 0) {
      warnings.push(`volume "${name}" (Projected) has no sources provided`);
      continue;
    }
    const mapped = mappedBy(source);
    if (mapped.paths.length === 0) continue;
    const message = `volume "${name}" (${mapped.label}): overlapping paths`;
    warnings.push(...overlaps(mapped.paths, message));
    const unique = new Set(mapped.paths);
    warnings.push(...overlaps([...unique, ...all].sort(), message));
    for (const path of unique) all.add(path);
  }
  return warnings;
};

const pathWarnings = ({ name, configMap, secret, downwardAPI, projected }: Volume): string[] => {
  const label = (text: string) => `volume "${name}" (${text}): overlapping paths`;
  const warnings: string[] = [];
  if (configMap?.items)
    warnings.push(...overlaps(pathsOf(configMap.items), label(`ConfigMap "${configMap.name ?? ''}"`)));
  if (secret?.items)
    warnings.push(...overlaps(pathsOf(secret.items), label(`Secret "${secret.secretName ?? ''}"`)));
  if (downwardAPI?.items) warnings.push(...overlaps(pathsOf(downwardAPI.items), label('DownwardAPI')));
  if (projected?.sources) warnings.push(...projectedWarnings(name, projected.sources));
  return warnings;
};

/** Warnings about the volumes of a pod spec at `path`. */
export const volumeWarnings = (volumes: readonly Volume[] | undefined, path: string): string[] => [
  ...(volumes ?? []).flatMap((volume, index) => {
    const at = `${path}.volumes[${index}]`;
    const claim = volume.ephemeral?.volumeClaimTemplate?.spec;
    return [
      ...pluginWarnings(volume, at, EARLIER),
      ...(claim ? claimSpecWarnings(claim, `${at}.ephemeral.volumeClaimTemplate.spec`) : []),
      ...pluginWarnings(volume, at, LATER),
    ];
  }),
  ...(volumes ?? []).flatMap(pathWarnings),
];
