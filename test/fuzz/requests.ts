/**
 * Random requests made from recorded manifests: bodies with fields taken away, replaced by odd values or repeated,
 * against every verb, subresource, option and media type. The same seed makes the same requests.
 */

import type { KubeObject } from '../../src/machinery/object.ts';

export interface FuzzRequest {
  readonly method: string;
  readonly url: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

type Random = () => number;

/** A linear congruential generator: enough to choose among cases, and the same everywhere. */
export const makeRandom = (seed: number): Random => {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 4294967296;
  };
};

const pick = <Item>(random: Random, list: readonly [Item, ...Item[]]): Item =>
  list[Math.floor(random() * list.length)] ?? list[0];

const ODD: readonly [unknown, ...unknown[]] = [
  null,
  '',
  'x',
  0,
  -1,
  1.5,
  true,
  [],
  {},
  [null],
  { a: null },
  'a'.repeat(300),
  2 ** 53 + 2,
  -9e15,
  '\u0000',
  [[]],
  { '': 1 },
  '<>',
  '1e400',
  '__proto__',
  'constructor',
  [{}],
  [{ name: null }],
  { matchLabels: null },
  '\ud800',
];

type Step = string | number;

const isHolder = (value: unknown): value is Record<Step, unknown> =>
  typeof value === 'object' && value !== null;

const pathsOf = (value: unknown, path: readonly Step[] = []): (readonly Step[])[] =>
  isHolder(value)
    ? [
        path,
        ...Object.keys(value).flatMap((key) =>
          pathsOf(value[key], [...path, Array.isArray(value) ? Number(key) : key]),
        ),
      ]
    : [path];

const holderOf = (root: unknown, path: readonly Step[]): Record<Step, unknown> | undefined => {
  let value = root;
  for (const step of path.slice(0, -1)) value = isHolder(value) ? value[step] : undefined;
  return isHolder(value) ? value : undefined;
};

/** Changes one place of a value in place. */
const mutate = (random: Random, root: unknown): void => {
  const paths = pathsOf(root).filter((path) => path.length > 0);
  const path = paths[Math.floor(random() * paths.length)];
  const holder = path && holderOf(root, path);
  const step = path?.[path.length - 1];
  if (holder === undefined || step === undefined) return;
  const roll = random();
  if (roll < 0.25 && Array.isArray(holder)) holder.splice(Number(step), 1);
  else if (roll < 0.25) delete holder[step];
  else if (roll < 0.8) holder[step] = structuredClone(pick(random, ODD));
  else if (Array.isArray(holder)) holder.push(structuredClone(holder[Number(step)]));
  else holder[`${step}x`] = structuredClone(holder[step]);
};

const QUERIES: readonly [string, ...string[]] = [
  '',
  '',
  '',
  '',
  '?dryRun=All',
  '?fieldValidation=Strict',
  '?fieldValidation=Ignore',
  '?limit=x',
  '?limit=2',
  '?labelSelector=a%3Db',
  '?labelSelector=((',
  '?fieldSelector=metadata.name%3Dx',
  '?fieldSelector=,=',
  '?resourceVersion=1',
  '?resourceVersion=0',
  '?continue=abc',
  '?propagationPolicy=Orphan',
  '?gracePeriodSeconds=-1',
  '?gracePeriodSeconds=0',
  '?timeoutSeconds=1',
  '?dryRun=x',
  '?fieldManager=a&force=true',
  '?%zz',
  '?a=b;c=d',
];

const SUBRESOURCES: readonly [string, ...string[]] = [
  '/status',
  '/status',
  '/scale',
  '/binding',
  '/eviction',
  '/token',
  '/log',
  '/exec',
  '/ephemeralcontainers',
  '/resize',
  '/finalize',
  '/approval',
  '/proxy/x',
  '/x',
];

const BODY_TYPES: readonly [string, ...string[]] = [
  'application/json',
  'application/json',
  'application/json',
  'application/json',
  'application/yaml',
  'application/vnd.kubernetes.protobuf',
  'text/plain',
];

const PATCH_TYPES: readonly [string, ...string[]] = [
  'application/merge-patch+json',
  'application/json-patch+json',
  'application/strategic-merge-patch+json',
  'application/apply-patch+yaml',
];

const ACCEPTS: readonly [string, ...string[]] = [
  'application/json',
  'application/json',
  'application/json',
  '*/*',
  'application/json;as=Table;v=v1;g=meta.k8s.io',
  'application/yaml',
  'application/vnd.kubernetes.protobuf',
  'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io',
  'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json',
];

/** Bodies of subresources and options, by the end of the URL's path. */
const SMALL_BODIES: Readonly<Record<string, object>> = {
  '/binding': {
    apiVersion: 'v1',
    kind: 'Binding',
    metadata: { name: 'x' },
    target: { kind: 'Node', name: 'n' },
  },
  '/eviction': {
    apiVersion: 'policy/v1',
    kind: 'Eviction',
    metadata: { name: 'x' },
    deleteOptions: { gracePeriodSeconds: 1, preconditions: { uid: 'x' } },
  },
  '/token': {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    spec: { audiences: ['a'], expirationSeconds: 600, boundObjectRef: { kind: 'Pod', name: 'x' } },
  },
  '/scale': { apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: { name: 'x' }, spec: { replicas: 1 } },
};

const DELETE_OPTIONS: object = {
  apiVersion: 'v1',
  kind: 'DeleteOptions',
  gracePeriodSeconds: 5,
  propagationPolicy: 'Background',
  preconditions: { uid: 'x', resourceVersion: '1' },
  dryRun: ['All'],
};

const OPERATIONS: readonly [string, ...string[]] = ['add', 'remove', 'replace', 'move', 'copy', 'test', 'x'];
const METHODS: readonly [string, ...string[]] = [
  'POST',
  'POST',
  'POST',
  'PUT',
  'PATCH',
  'PATCH',
  'GET',
  'DELETE',
];

const jsonPatch = (random: Random, base: unknown): unknown => {
  const pointer = (): string => {
    const paths = pathsOf(base);
    return `/${(paths[Math.floor(random() * paths.length)] ?? []).join('/')}`;
  };
  return Array.from({ length: 1 + Math.floor(random() * 3) }, () => ({
    op: pick(random, OPERATIONS),
    path: pointer(),
    from: pointer(),
    value: pick(random, ODD),
  }));
};

/** One request about an object that is created at `collection`. */
export const makeRequest = (random: Random, base: KubeObject, collection: string): FuzzRequest => {
  const method = pick(random, METHODS);
  const subresource = random() < 0.15 ? pick(random, SUBRESOURCES) : '';
  const small = method === 'DELETE' ? DELETE_OPTIONS : SMALL_BODIES[subresource];
  const body: unknown = structuredClone(random() < 0.8 ? (small ?? base) : base);
  for (let times = Math.floor(random() * 4); times > 0; times -= 1) mutate(random, body);
  const type = pick(random, method === 'PATCH' ? PATCH_TYPES : BODY_TYPES);
  const onCollection = (method === 'POST' && subresource === '') || random() < 0.1;
  const path = onCollection ? collection : `${collection}/${base.metadata.name ?? 'x'}${subresource}`;
  const text = JSON.stringify(type === 'application/json-patch+json' ? jsonPatch(random, base) : body) ?? '';
  const cut = random() < 0.03 ? text.slice(0, Math.floor(random() * text.length)) : text;
  return {
    method,
    url: path + pick(random, QUERIES),
    body: method === 'GET' ? '' : cut,
    headers: { 'content-type': type, accept: pick(random, ACCEPTS) },
  };
};
