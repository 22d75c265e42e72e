/**
 * Days of a controller, good and bad, as data: what happens when, and what must hold at the end. Each day is lived under
 * three schedules, which must leave byte-identical logs; what the workloads went through is kept in test/golden.
 */

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { makeCodec } from '../../../src/cluster/codec.ts';
import { brokenInvariants } from '../../../src/cluster/invariants.ts';
import { builtinKinds, makeCatalog } from '../../../src/kinds/catalog.ts';
import { controllerOf, type KubeObject } from '../../../src/machinery/object.ts';
import { everyAlarm, historyOf, onlyInputs, restless, type Schedule } from '../../determinism/history.ts';
import { Harness } from '../../support/harness.ts';
import { storyOf } from './story.ts';

/** Something that happens at a time (ms since the start). */
export interface Act {
  readonly at: number;
  readonly act: (cluster: Harness) => void;
}

export interface Day {
  readonly name: string;
  readonly acts: readonly Act[];
  /** How long the cluster is left alone afterwards. */
  readonly restMs: number;
  /** What must hold at the end, beside what always must. */
  readonly holds?: (cluster: Harness) => void;
}

/** An object of any kind, as far as days look at it. */
export type Loose = KubeObject & {
  readonly spec?: { readonly replicas?: number; readonly [field: string]: unknown };
  readonly status?: Readonly<Record<string, unknown>>;
};

const MERGE = { 'content-type': 'application/merge-patch+json' };

const collections: Readonly<Record<string, string>> = {
  deployments: '/apis/apps/v1/namespaces/default/deployments',
  replicasets: '/apis/apps/v1/namespaces/default/replicasets',
  statefulsets: '/apis/apps/v1/namespaces/default/statefulsets',
  daemonsets: '/apis/apps/v1/namespaces/default/daemonsets',
  jobs: '/apis/batch/v1/namespaces/default/jobs',
  cronjobs: '/apis/batch/v1/namespaces/default/cronjobs',
  poddisruptionbudgets: '/apis/policy/v1/namespaces/default/poddisruptionbudgets',
  persistentvolumeclaims: '/api/v1/namespaces/default/persistentvolumeclaims',
  pods: '/api/v1/namespaces/default/pods',
  configmaps: '/api/v1/namespaces/default/configmaps',
  services: '/api/v1/namespaces/default/services',
  endpoints: '/api/v1/namespaces/default/endpoints',
  endpointslices: '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices',
  resourcequotas: '/api/v1/namespaces/default/resourcequotas',
  horizontalpodautoscalers: '/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers',
  customresourcedefinitions: '/apis/apiextensions.k8s.io/v1/customresourcedefinitions',
  widgets: '/apis/example.com/v1/namespaces/default/widgets',
  namespaces: '/api/v1/namespaces',
  nodes: '/api/v1/nodes',
};

/** Where objects of a resource are. */
export const pathOf = (resource: string, name?: string): string => {
  const path = collections[resource];
  if (path === undefined) throw new Error(`no collection ${resource}`);
  return name === undefined ? path : `${path}/${name}`;
};

/** The objects of a resource, by name. */
export const all = (cluster: Harness, resource: string, query = ''): readonly Loose[] =>
  cluster.get<{ readonly items: readonly Loose[] }>(`${pathOf(resource)}${query}`).items;

/** Creates an object. */
export const make = (at: number, resource: string, body: object): Act => ({
  at,
  act: (cluster) => void cluster.expect(201, 'POST', pathOf(resource), { body }),
});

/** Patches an object. */
export const change = (at: number, resource: string, name: string, body: object): Act => ({
  at,
  act: (cluster) => void cluster.expect(200, 'PATCH', pathOf(resource, name), { body, headers: MERGE }),
});

/** Deletes an object. */
export const remove = (at: number, resource: string, name: string, body: object = {}): Act => ({
  at,
  act: (cluster) => void cluster.request('DELETE', pathOf(resource, name), { body }),
});

/** Kills the first live pod with the labels, if there is one. */
export const kill = (at: number, labels: string, body: object = {}): Act => ({
  at,
  act: (cluster) => {
    const [pod] = all(cluster, 'pods', `?labelSelector=${encodeURIComponent(labels)}`).filter(
      ({ metadata }) => metadata.deletionTimestamp === undefined,
    );
    if (pod !== undefined) cluster.request('DELETE', pathOf('pods', pod.metadata.name), { body });
  },
});

/** Kills a pod again and again: at each of so many steps. */
export const killAtEachStep = (
  from: number,
  everyMs: number,
  times: number,
  labels: string,
): readonly Act[] =>
  Array.from({ length: times }, (_, step) => kill(from + step * everyMs, labels, { gracePeriodSeconds: 0 }));

/** The node's kubelet falls silent at a time, and may be heard again. */
export const silence = (at: number, node: string, untilMs?: number): readonly Act[] => {
  const mark = (value: string | null) => ({
    metadata: { annotations: { 'kubicle.dev/last-heartbeat': value } },
  });
  const begins: Act = {
    at,
    act: (cluster) => {
      const body = mark(new Date(cluster.now).toISOString().replace(/\.\d+Z$/, 'Z'));
      cluster.expect(200, 'PATCH', pathOf('nodes', node), { body, headers: MERGE });
    },
  };
  return untilMs === undefined ? [begins] : [begins, change(untilMs, 'nodes', node, mark(null))];
};

const live = (day: Day, schedule: Schedule): Harness => {
  const cluster = new Harness({ settings: { latency: 'fast' } });
  let time = 0;
  for (const { at, act } of [...day.acts].sort((a, b) => a.at - b.at)) {
    schedule(cluster, at - time);
    time = at;
    act(cluster);
  }
  schedule(cluster, day.restMs);
  cluster.advance(0);
  return cluster;
};

/** Small turns with evictions for the first seconds after each act; what is left is passed at once. */
const restlessAtFirst = (seed: number): Schedule => {
  const schedule = restless(seed);
  return (cluster, ms) => {
    const first = Math.min(ms, RESTLESS_MS);
    schedule(cluster, first);
    onlyInputs(cluster, ms - first);
  };
};

const RESTLESS_MS = 8_000;

const isOver = ({ status }: Loose): boolean =>
  status?.['phase'] === 'Succeeded' || status?.['phase'] === 'Failed';

/** No pod is an orphan, and what sets say of their pods is so. */
const checkPods = (cluster: Harness): void => {
  const pods = all(cluster, 'pods');
  const sets = ['replicasets', 'statefulsets', 'daemonsets', 'jobs'].flatMap((it) => all(cluster, it));
  const uids = new Set(sets.map(({ metadata }) => metadata.uid));
  const orphans = pods.filter((pod) => {
    const owner = controllerOf(pod);
    return owner !== undefined && !uids.has(owner.uid);
  });
  expect(orphans.map(({ metadata }) => metadata.name)).toEqual([]);
  for (const set of [...all(cluster, 'replicasets'), ...all(cluster, 'statefulsets')]) {
    const own = pods.filter(
      (pod) =>
        controllerOf(pod)?.uid === set.metadata.uid &&
        !isOver(pod) &&
        (pod.metadata.deletionTimestamp === undefined || set.kind === 'StatefulSet'),
    );
    expect([set.metadata.name, set.status?.['replicas'] ?? 0]).toEqual([set.metadata.name, own.length]);
    expect([set.metadata.name, set.spec?.replicas]).toEqual([set.metadata.name, own.length]);
  }
};

const codec = makeCodec(makeCatalog(builtinKinds));

const goldenFile = (family: string): URL => new URL(`../../golden/worst-day/${family}.json`, import.meta.url);

type Golden = Record<string, Readonly<Record<string, readonly string[]>>>;

const readGolden = (family: string): Golden =>
  existsSync(goldenFile(family)) ? (JSON.parse(readFileSync(goldenFile(family), 'utf8')) as Golden) : {};

/** Declares the tests of a family of days. `UPDATE_GOLDEN=1` writes the stories anew. */
export const describeDays = (family: string, days: readonly Day[]): void => {
  const golden = readGolden(family);

  describe.each(days.map((day) => [day.name, day] as const))('%s', (_name, day) => {
    const cluster = live(day, everyAlarm);
    const log = historyOf(cluster);

    test('ends well', () => {
      expect(cluster.journal.lines.filter(({ level }) => level === 'error')).toEqual([]);
      expect(brokenInvariants(cluster.sql, codec)).toEqual([]);
      checkPods(cluster);
      day.holds?.(cluster);
    });

    test('goes as it went before', () => {
      const story = storyOf(cluster);
      if (process.env['UPDATE_GOLDEN']) {
        golden[day.name] = story;
        writeFileSync(goldenFile(family), `${JSON.stringify(golden, null, 1)}\n`);
      }
      expect(story).toEqual(golden[day.name]);
    });

    test('goes the same under every schedule', () => {
      expect(historyOf(live(day, onlyInputs))).toEqual(log);
      expect(historyOf(live(day, restlessAtFirst(1)))).toEqual(log);
    });
  });
};

/** Reads a field of an object's status at the end of a day. */
export const statusOf = (
  cluster: Harness,
  resource: string,
  name: string,
): Readonly<Record<string, unknown>> => cluster.get<Loose>(pathOf(resource, name)).status ?? {};
