/** `/metrics` in Prometheus text: upstream's main series, from the store and from the requests of this activation. */

import { keyPrefix, resourceName } from '../machinery/names.ts';
import type { ApiDeps } from './dependencies.ts';
import type { RequestCounts, RequestLabels } from './request-counts.ts';

const quoted = (text: string): string =>
  `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;

type Labels = Readonly<Record<string, string>>;

const sample = (name: string, labels: Labels, value: number): string => {
  const pairs = Object.keys(labels)
    .sort()
    .map((label) => `${label}=${quoted(labels[label] ?? '')}`);
  return `${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${value}`;
};

const family = (name: string, type: string, help: string, samples: readonly string[]): readonly string[] =>
  samples.length === 0 ? [] : [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...samples];

/** Verbs that keep a connection open: their duration says nothing. */
const LONG = new Set(['WATCH', 'CONNECT']);
/** The smallest bucket of upstream's histogram, in seconds. */
const SMALLEST_BUCKET = '0.005';

/** Requests take no time of the cluster's clock, so that all of them are in the smallest bucket. */
const durations = (name: string, labels: Labels, count: number): readonly string[] => [
  sample(`${name}_bucket`, { ...labels, le: SMALLEST_BUCKET }, count),
  sample(`${name}_bucket`, { ...labels, le: '+Inf' }, count),
  sample(`${name}_sum`, labels, 0),
  sample(`${name}_count`, labels, count),
];

const withoutCode = ({ code: _code, ...labels }: RequestLabels): Labels => ({
  ...labels,
  component: 'apiserver',
});

const requestFamilies = (counts: RequestCounts): readonly string[] => {
  const entries = counts.entries();
  const byLabels = new Map<string, { readonly labels: Labels; count: number }>();
  for (const { labels, count } of entries.filter((entry) => !LONG.has(entry.labels.verb))) {
    const rest = withoutCode(labels);
    const id = JSON.stringify(rest);
    const known = byLabels.get(id);
    if (known === undefined) byLabels.set(id, { labels: rest, count });
    else known.count += count;
  }
  return [
    ...family(
      'apiserver_request_total',
      'counter',
      '[STABLE] Counter of apiserver requests broken out for each verb, dry run value, group, version, resource, scope, component, and HTTP response code.',
      entries.map(({ labels, count }) =>
        sample('apiserver_request_total', { ...labels, component: 'apiserver' }, count),
      ),
    ),
    ...family(
      'apiserver_request_duration_seconds',
      'histogram',
      '[STABLE] Response latency distribution in seconds for each verb, dry run value, group, version, resource, subresource, scope and component.',
      [...byLabels.values()].flatMap(({ labels, count }) =>
        durations('apiserver_request_duration_seconds', labels, count),
      ),
    ),
    ...family(
      'apiserver_current_inflight_requests',
      'gauge',
      '[STABLE] Maximal number of currently used inflight request limit of this apiserver per request kind in last second.',
      ['mutating', 'readOnly'].map((kind) =>
        // The request that asks is the only one under way: requests are served one after the other.
        sample('apiserver_current_inflight_requests', { request_kind: kind }, kind === 'readOnly' ? 1 : 0),
      ),
    ),
  ];
};

const objectFamilies = ({ catalog, store }: ApiDeps): readonly string[] => {
  const counts = new Map<string, { readonly group: string; readonly resource: string; readonly n: number }>();
  for (const kind of catalog.all()) {
    if (kind.virtual === true || (kind.storageGroup ?? kind.group) !== kind.group) continue;
    const n = store.count(keyPrefix(kind.group, kind.resource));
    counts.set(resourceName(kind.group, kind.resource), { group: kind.group, resource: kind.resource, n });
  }
  return [
    ...family(
      'apiserver_resource_objects',
      'gauge',
      '[ALPHA] Number of stored objects at the time of last check split by kind. In case of a fetching error, the value will be -1.',
      [...counts.values()].map(({ group, resource, n }) =>
        sample('apiserver_resource_objects', { group, resource }, n),
      ),
    ),
    ...family(
      'apiserver_storage_objects',
      'gauge',
      '[STABLE] Number of stored objects at the time of last check split by kind. In case of a fetching error, the value will be -1.',
      [...counts].map(([resource, { n }]) => sample('apiserver_storage_objects', { resource }, n)),
    ),
  ];
};

/** The exposition text. */
export const printMetrics = (deps: ApiDeps): string => {
  const version = deps.version?.gitVersion ?? 'v1.36.0';
  const lines = [
    ...objectFamilies(deps),
    ...(deps.counts === undefined ? [] : requestFamilies(deps.counts)),
    ...family('etcd_server_revision', 'gauge', 'Revision of the store.', [
      sample('etcd_server_revision', {}, deps.store.revision()),
    ]),
    ...family(
      'kubernetes_build_info',
      'gauge',
      "[ALPHA] A metric with a constant '1' value labeled by major, minor, git version, git commit, git tree state, build date, Go version, and compiler from which Kubernetes was built, and platform on which it is running.",
      [
        sample(
          'kubernetes_build_info',
          { git_version: version, major: '1', minor: '36', platform: 'linux/amd64' },
          1,
        ),
      ],
    ),
  ];
  return `${lines.join('\n')}\n`;
};
