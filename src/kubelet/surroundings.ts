/** What a container's process sees: its name, its environment, its files, the names that resolve. */

import type { Lookup } from '../kinds/define.ts';
import type { Container, Pod, Volume } from '../kinds/generated/types.ts';
import { bytesOfBase64 } from '../machinery/base64.ts';
import type { Instant } from '../machinery/time.ts';
import { filesOf } from './commands.ts';
import { findImage, type Image, isPlainBusybox } from './images.ts';
import { projectedFiles } from './projected-volume.ts';
import { serviceVariables } from './service-variables.ts';
import { applets } from './shell/applets.ts';
import type { Surroundings } from './shell/surroundings.ts';
import { drawFor, instantOf, type Scene } from './sync.ts';

const decoder = new TextDecoder();

const decoded = (text: string): string => decoder.decode(bytesOfBase64(text));

/** The entries of a ConfigMap or Secret as text. */
const entriesOf = (lookup: Lookup, namespace: string, source: 'configmaps' | 'secrets', name: string) => {
  if (source === 'configmaps') return Object.entries(lookup.get('configmaps', namespace, name)?.data ?? {});
  const secret = lookup.get('secrets', namespace, name)?.data ?? {};
  return Object.entries(secret).map(([key, value]) => [key, decoded(value)] as const);
};

const fieldValue = (pod: Pod, path: string): string => {
  const { metadata, spec, status } = pod;
  const subscript = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(path);
  if (subscript) return metadata[subscript[1] as 'labels' | 'annotations']?.[subscript[2] ?? ''] ?? '';
  const values: Readonly<Record<string, string | undefined>> = {
    'metadata.name': metadata.name,
    'metadata.namespace': metadata.namespace,
    'metadata.uid': metadata.uid,
    'spec.nodeName': spec?.nodeName,
    'spec.serviceAccountName': spec?.serviceAccountName,
    'status.podIP': status?.podIP,
    'status.hostIP': status?.hostIP,
  };
  return values[path] ?? '';
};

/** The container's environment: services, envFrom, then env, later entries over earlier ones. */
export const environmentOf = (
  pod: Pod,
  container: Container,
  lookup: Lookup,
  startedAt: Instant,
): Readonly<Record<string, string>> => {
  const namespace = pod.metadata.namespace ?? '';
  const env: Record<string, string> = serviceVariables(pod, lookup, startedAt);
  for (const { prefix = '', configMapRef, secretRef } of container.envFrom ?? []) {
    const source = configMapRef === undefined ? 'secrets' : 'configmaps';
    const name = configMapRef?.name ?? secretRef?.name ?? '';
    for (const [key, value] of entriesOf(lookup, namespace, source, name)) env[`${prefix}${key}`] = value;
  }
  for (const { name, value, valueFrom } of container.env ?? []) {
    const config = valueFrom?.configMapKeyRef;
    const secret = valueFrom?.secretKeyRef;
    const reference = config ?? secret;
    if (reference !== undefined) {
      const entries = entriesOf(lookup, namespace, config ? 'configmaps' : 'secrets', reference.name ?? '');
      env[name] = entries.find(([key]) => key === reference.key)?.[1] ?? '';
    } else if (valueFrom?.fieldRef !== undefined) env[name] = fieldValue(pod, valueFrom.fieldRef.fieldPath);
    else env[name] = (value ?? '').replace(/\$\((\w+)\)/g, (whole, other: string) => env[other] ?? whole);
  }
  return env;
};

const KNOWN_FILES =
  /^\/(?:etc\/(?:hostname|hosts|resolv\.conf|passwd|group|os-release|nginx\/.*)|proc\/.*|sys\/.*|dev\/.*|bin(?:\/.*)?|sbin(?:\/.*)?|usr(?:\/.*)?|lib(?:\/.*)?|var\/run\/secrets\/kubernetes\.io\/serviceaccount(?:\/.*)?)$/;

/** The files of a projected volume as they were at an instant. */
const projectedOf = ({ pod, context }: Scene, volume: Volume, at: Instant) =>
  projectedFiles(volume, {
    entries: (source, name) => entriesOf(context.lookup, pod.metadata.namespace ?? '', source, name),
    field: (path) => fieldValue(pod, path),
    token: (order) => context.issuer.podToken(pod, order, at),
  });

/** The text of a file of the image or of a mount at an instant; `undefined` when there is none. */
const fileBefore = (
  scene: Scene,
  container: Container,
  path: string,
  at: Instant,
  shared: SharedFiles,
): string | undefined => {
  const { pod } = scene;
  const { lookup } = scene.context;
  const namespace = pod.metadata.namespace ?? '';
  for (const mount of container.volumeMounts ?? []) {
    const base = mount.mountPath.replace(/\/$/, '');
    if (path === base) return '';
    if (!path.startsWith(`${base}/`)) continue;
    const volume = (pod.spec?.volumes ?? []).find(({ name }) => name === mount.name);
    if (volume?.projected) return projectedOf(scene, volume, at).get(path.slice(base.length + 1))?.();
    if (volume?.emptyDir) return shared(mount.name).get(path.slice(base.length + 1));
    const name = volume?.configMap?.name ?? volume?.secret?.secretName;
    if (name === undefined) return undefined;
    const entries = entriesOf(lookup, namespace, volume?.configMap ? 'configmaps' : 'secrets', name);
    return entries.find(([key]) => key === path.slice(base.length + 1))?.[1];
  }
  if (path === '/etc/hostname') return pod.spec?.hostname ?? pod.metadata.name;
  return KNOWN_FILES.test(path) || KNOWN_FOLDERS.test(path) ? '' : undefined;
};

/** Init containers whose files are looked at, and how deep one may look at those of others before it. */
const MOST_WRITERS = 4;
const DEEPEST = 2;

/** Folders that a container may find something in: what a play costs stays bounded. */
const MOST_FOLDERS = 4;

/** Files by their path in an empty folder. */
type SharedFiles = (volume: string) => ReadonlyMap<string, string>;

/** Looks into each folder once. */
const lookInto = (scene: Scene, reader: Container, at: Instant, depth: number): SharedFiles => {
  const seen = new Map<string, ReadonlyMap<string, string>>();
  return (volume) => {
    const files =
      seen.get(volume) ??
      (seen.size < MOST_FOLDERS ? sharedFiles(scene, reader, volume, at, depth) : new Map<string, string>());
    if (seen.size < MOST_FOLDERS) seen.set(volume, files);
    return files;
  };
};

/** What the init containers before this one left in an empty folder that they share with it, by path in the folder. */
const sharedFiles = (
  scene: Scene,
  reader: Container,
  volume: string,
  at: Instant,
  depth: number,
): ReadonlyMap<string, string> => {
  const found = new Map<string, string>();
  if (depth >= DEEPEST) return found;
  const inits = scene.pod.spec?.initContainers ?? [];
  const own = inits.findIndex(({ name }) => name === reader.name);
  for (const writer of inits.slice(0, own < 0 ? inits.length : own).slice(-MOST_WRITERS)) {
    const base = writer.volumeMounts?.find(({ name }) => name === volume)?.mountPath.replace(/\/$/, '');
    const image = findImage(writer.image ?? '');
    if (base === undefined || typeof image === 'string') continue;
    const status = scene.pod.status?.initContainerStatuses?.find(({ name }) => name === writer.name);
    const startedAt = instantOf(status?.state?.terminated?.startedAt) || at;
    const around = surroundingsOf(scene, writer, image, startedAt, depth + 1);
    for (const [path, text] of filesOf(writer, image, around)) {
      if (path.startsWith(`${base}/`)) found.set(path.slice(base.length + 1), text);
    }
  }
  return found;
};

const KNOWN_FOLDERS =
  /^\/(?:(?:app|bin|boot|data|dev|etc|home|lib|lib64|media|mnt|opt|proc|root|run|sbin|srv|sys|tmp|usr|var)\/?)?$/;

/** Names in a mounted ConfigMap, Secret or empty folder; nothing in the image's own ones; `undefined` for no folder. */
const folderBefore = (
  scene: Scene,
  container: Container,
  path: string,
  at: Instant,
  shared: SharedFiles,
): readonly string[] | undefined => {
  const { pod } = scene;
  const mount = (container.volumeMounts ?? []).find((it) => it.mountPath.replace(/\/$/, '') === path);
  if (mount === undefined) return KNOWN_FOLDERS.test(path === '' ? '/' : path) ? [] : undefined;
  const volume = (pod.spec?.volumes ?? []).find(({ name }) => name === mount.name);
  if (volume?.projected) return [...projectedOf(scene, volume, at).keys()];
  if (volume?.emptyDir) {
    const files = [...shared(volume.name).keys()];
    return [...new Set(files.map((file) => file.split('/')[0] ?? ''))];
  }
  const name = volume?.configMap?.name ?? volume?.secret?.secretName;
  if (name === undefined) return [];
  const source = volume?.configMap ? 'configmaps' : 'secrets';
  return entriesOf(scene.context.lookup, pod.metadata.namespace ?? '', source, name).map(([key]) => key);
};

const ADDRESS = /^[\d.]+$|:/;

/** Since when a host name resolves: for ever when it is not one of the cluster's, `undefined` while it is not known. */
const resolvesSince = (pod: Pod, lookup: Lookup, host: string): Instant | undefined => {
  if (host === 'localhost' || host === pod.metadata.name || ADDRESS.test(host)) return 0;
  const [name = '', second, third] = host.replace(/\.$/, '').split('.');
  const own = pod.metadata.namespace ?? '';
  const created = (service: string, namespace: string): Instant | undefined => {
    const found = lookup.get('services', namespace, service);
    return found && instantOf(found.metadata.creationTimestamp);
  };
  if (second === undefined) return created(name, own);
  if (third === 'svc') return created(name, second);
  if (third !== undefined && host.includes('.svc')) return created(second, third);
  const direct = created(name, second) ?? created(second, own);
  if (direct !== undefined || third !== undefined) return direct ?? 0;
  return lookup.get('namespaces', '', second) === undefined ? 0 : undefined;
};

/** What the process of the container sees that started then. Read lazily: most processes look at nothing. */
export const surroundingsOf = (
  sync: Scene,
  container: Container,
  image: Image,
  startedAt: Instant,
  depth = 0,
): Surroundings => {
  const { pod } = sync;
  const { lookup } = sync.context;
  const shared = lookInto(sync, container, startedAt, depth);
  let env: Readonly<Record<string, string>> | undefined;
  return {
    hostname: pod.spec?.hostname ?? pod.metadata.name ?? '',
    get env() {
      env ??= environmentOf(pod, container, lookup, startedAt);
      return env;
    },
    fileBefore: (path) => fileBefore(sync, container, path, startedAt, shared),
    folderBefore: (path) => folderBefore(sync, container, path, startedAt, shared),
    // What was put into an image of one's own nobody knows; busybox has what it has.
    hasProgram: (name) => !isPlainBusybox(image) || applets.has(name),
    resolves: (host, atMs) => {
      const since = resolvesSince(pod, lookup, host);
      return since !== undefined && since <= startedAt + atMs;
    },
    startedAt,
    isBusybox: /\/(busybox|alpine)$/.test(image.name.repository) || image.name.tag.includes('alpine'),
    stopCode: image.profile.stopCode,
    random: (step) => drawFor(sync, 'shell', container.name, startedAt, step),
  };
};
