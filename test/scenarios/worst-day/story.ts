/** What a day's objects went through, in words: the goldens of test/golden/worst-day. */

import type { Harness } from '../../support/harness.ts';
import type { Loose } from './day.ts';

const COUNTS: readonly (readonly [sign: string, field: string])[] = [
  ['', 'replicas'],
  ['updated ', 'updatedReplicas'],
  ['ready ', 'readyReplicas'],
  ['ending ', 'terminatingReplicas'],
  ['on ', 'currentNumberScheduled'],
  ['of ', 'desiredNumberScheduled'],
  ['new ', 'updatedNumberScheduled'],
  ['ready ', 'numberReady'],
  ['active ', 'active'],
  ['ready ', 'ready'],
  ['succeeded ', 'succeeded'],
  ['failed ', 'failed'],
  ['healthy ', 'currentHealthy'],
  ['allowed ', 'disruptionsAllowed'],
];

const statusOf = ({ status = {} }: Loose): string => {
  const counts = COUNTS.flatMap(([sign, field]) =>
    typeof status[field] === 'number' ? [`${sign}${status[field]}`] : [],
  );
  const conditions = ((status['conditions'] ?? []) as { type: string; status: string; reason?: string }[])
    .map(({ type, status: value, reason }) => `${type}=${value}${reason === undefined ? '' : `(${reason})`}`)
    .sort();
  return [...counts, ...conditions].join(', ');
};

const autoscalerOf = (object: Loose): string => {
  const { currentReplicas: has = 0, desiredReplicas: wants = 0 } = object.status ?? {};
  return [`has ${has}, wants ${wants}`, statusOf(object)].filter((it) => it !== '').join(', ');
};

/** Who holds an object, and what holds it back. */
const tiesOf = ({ metadata }: Loose): readonly string[] => [
  ...(metadata.ownerReferences ?? []).map(({ kind, name }) => `of ${kind} ${name}`),
  ...(metadata.deletionTimestamp === undefined ? [] : ['going']),
  ...(metadata.finalizers ?? []).map((name) => `held by ${name}`),
];

const textOf = (amounts: unknown): string =>
  Object.entries((amounts ?? {}) as Readonly<Record<string, string>>)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, amount]) => `${name} ${amount}`)
    .join(' ');

const quotaOf = ({ status = {} }: Loose): string =>
  status['hard'] === undefined ? '' : `used ${textOf(status['used'])} of ${textOf(status['hard'])}`;

interface Endpoints {
  readonly subsets?: readonly {
    readonly addresses?: readonly unknown[];
    readonly notReadyAddresses?: readonly unknown[];
  }[];
}

const endpointsOf = (object: object): string => {
  const { subsets = [] } = object as Endpoints;
  const ready = subsets.reduce((sum, { addresses = [] }) => sum + addresses.length, 0);
  const others = subsets.reduce((sum, { notReadyAddresses = [] }) => sum + notReadyAddresses.length, 0);
  return `ready ${ready}, not ${others}`;
};

interface Slice {
  readonly endpoints?:
    | readonly { readonly conditions?: Readonly<Record<string, boolean | undefined>> }[]
    | null;
}

const sliceOf = (object: object): string => {
  const endpoints = (object as Slice).endpoints ?? [];
  const count = (condition: string): number =>
    endpoints.filter(({ conditions }) => conditions?.[condition] === true).length;
  return `ready ${count('ready')}, serving ${count('serving')}, ending ${count('terminating')}, all ${endpoints.length}`;
};

const thereOf = (object: Loose): string => ['there', ...tiesOf(object)].join(', ');

const definitionOf = (object: Loose): string =>
  [statusOf(object), ...tiesOf(object)].filter((it) => it !== '').join(', ');

/** Which objects are told of, and how. What every namespace has from the start is left out. */
const TELLERS: readonly (readonly [key: RegExp, tell: (object: Loose) => string])[] = [
  [/^(?:apps\/(?:deployments|statefulsets|daemonsets)|batch\/(?:jobs|cronjobs)|policy\/)/, statusOf],
  [/^autoscaling\//, autoscalerOf],
  [/^\/endpoints\/default\/(?!kubernetes$)/, endpointsOf],
  [/^discovery\.k8s\.io\/endpointslices\/default\/(?!kubernetes$)/, sliceOf],
  [/^\/resourcequotas\//, quotaOf],
  [/^\/configmaps\/default\/(?!kube-root-ca\.crt$)/, thereOf],
  [/^apiextensions\.k8s\.io\//, definitionOf],
  [/^example\.com\//, thereOf],
];

/** The name in the story: without what differs from one minute, or from one draw, to the next. */
const nameOf = (key: string): string =>
  key
    .split('/')
    .slice(1)
    .join('/')
    .replace(/\/(?:default)?\//, '/')
    .replace(/-\d{8}$/, '-<minute>')
    .replace(/^(endpointslices\/.*)-[a-z0-9]{5}$/, '$1-<random>');

/** What the objects went through, and how often each Event was told. */
export const storyOf = (cluster: Harness): Readonly<Record<string, readonly string[]>> => {
  const story: Record<string, string[]> = {};
  const events = new Map<string, number>();
  const rows = cluster.sql.all<{ key: string; op: number; value: string }>(
    'SELECT key, op, value FROM revision ORDER BY rev',
  );
  for (const { key, op, value } of rows) {
    if (/^(?:events\.k8s\.io)?\/events\/default\//.test(key) && op === 0) {
      const { reason } = JSON.parse(value) as { readonly reason: string };
      events.set(reason, (events.get(reason) ?? 0) + 1);
    }
    const tell = TELLERS.find(([pattern]) => pattern.test(key))?.[1];
    if (tell === undefined) continue;
    const name = nameOf(key);
    const state = op === 2 ? 'gone' : tell(JSON.parse(value) as Loose);
    const states = story[name] ?? [];
    story[name] = states;
    if (state !== '' && states.at(-1) !== state) states.push(state);
  }
  const told = [...events].sort().map(([reason, count]) => `${reason} ${count}`);
  return { ...story, events: told };
};
