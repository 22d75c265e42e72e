import { Harness } from '../test/support/harness.ts';
import { type Row, timed } from './measure.ts';

/** Controllers, scheduler and kubelets at work, in process: issue sizes of a busy cluster with `instant` latency. */

const APPS = '/apis/apps/v1/namespaces/default';
const BATCH = '/apis/batch/v1/namespaces/default';
const HOUR_MS = 3_600_000;

const podSpec = (image: string, extra: object = {}) => ({ containers: [{ name: 'c', image, ...extra }] });

const replicated = (kind: 'Deployment' | 'ReplicaSet', name: string, replicas: number) => ({
  apiVersion: 'apps/v1',
  kind,
  metadata: { name },
  spec: {
    replicas,
    selector: { matchLabels: { app: name } },
    template: { metadata: { labels: { app: name } }, spec: podSpec('nginx:1.27') },
  },
});

const jobSpec = {
  template: { spec: { restartPolicy: 'Never', ...podSpec('busybox', { command: ['true'] }) } },
};

const cluster = (pods: number): Harness =>
  new Harness({
    settings: {
      latency: 'instant',
      nodes: Array.from({ length: Math.max(1, Math.ceil(pods / 100)) }, (_, index) => ({
        name: `node-${index + 1}`,
        cpu: '64',
        memory: '256Gi',
      })),
    },
  });

const check = (what: string, found: unknown, wanted: unknown): void => {
  if (found !== wanted) throw new Error(`${what}: ${String(found)} instead of ${String(wanted)}`);
};

interface Counted {
  readonly status?: { readonly readyReplicas?: number; readonly updatedReplicas?: number };
}

const up = (harness: Harness, kind: 'Deployment' | 'ReplicaSet', name: string, replicas: number): void => {
  const path = `${APPS}/${kind.toLowerCase()}s`;
  harness.expect(201, 'POST', path, { body: replicated(kind, name, replicas) });
  harness.settle(60_000);
  check(`${kind} ready`, harness.get<Counted>(`${path}/${name}`).status?.readyReplicas, replicas);
};

const replicaSet = async (): Promise<number> => {
  const harness = cluster(5000);
  return timed(() => up(harness, 'ReplicaSet', 'web', 5000));
};

const roll = async (): Promise<number> => {
  const harness = cluster(1500);
  up(harness, 'Deployment', 'web', 1000);
  return timed(() => {
    harness.expect(200, 'PATCH', `${APPS}/deployments/web`, {
      body: { spec: { template: { spec: podSpec('nginx:1.28') } } },
      headers: { 'content-type': 'application/strategic-merge-patch+json' },
    });
    harness.settle(600_000);
    const { status } = harness.get<Counted>(`${APPS}/deployments/web`);
    check('updated', status?.updatedReplicas, 1000);
    check('ready', status?.readyReplicas, 1000);
  });
};

const jobs = async (): Promise<number> => {
  const harness = cluster(1000);
  return timed(() => {
    for (let index = 0; index < 1000; index += 1) {
      harness.expect(201, 'POST', `${BATCH}/jobs`, {
        body: { apiVersion: 'batch/v1', kind: 'Job', metadata: { name: `job-${index}` }, spec: jobSpec },
      });
    }
    harness.settle(60_000);
    const { items } = harness.get<{ items: { status?: { succeeded?: number } }[] }>(`${BATCH}/jobs`);
    check('finished', items.filter((job) => job.status?.succeeded === 1).length, 1000);
  });
};

/** Five hundred CronJobs that fire once an hour, each at a minute of its own. */
const cronJobs = async (): Promise<number> => {
  const harness = cluster(500);
  for (let index = 0; index < 500; index += 1) {
    harness.expect(201, 'POST', `${BATCH}/cronjobs`, {
      body: {
        apiVersion: 'batch/v1',
        kind: 'CronJob',
        metadata: { name: `tick-${index}` },
        spec: { schedule: `${index % 60} * * * *`, jobTemplate: { spec: jobSpec } },
      },
    });
  }
  // In steps of ten minutes: in one go the cluster would take it for a long sleep and skip.
  return timed(() => {
    for (let step = 0; step < 24 * 6; step += 1) harness.advance(HOUR_MS / 6, 1e9);
  });
};

const namespace = async (): Promise<number> => {
  const harness = cluster(100);
  harness.expect(201, 'POST', '/api/v1/namespaces', {
    body: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'big' } },
  });
  for (let index = 0; index < 5000; index += 1) {
    harness.expect(201, 'POST', '/api/v1/namespaces/big/configmaps', {
      body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: `c-${index}` }, data: { a: 'b' } },
    });
  }
  return timed(() => {
    harness.expect(200, 'DELETE', '/api/v1/namespaces/big');
    harness.settle(60_000);
    check('namespace', harness.request('GET', '/api/v1/namespaces/big').status, 404);
  });
};

/** What one more pod costs, from its creation to Ready, in a cluster that has so many. */
const eventCost = async (pods: number): Promise<number> => {
  const harness = cluster(pods + 200);
  up(harness, 'ReplicaSet', 'rest', pods);
  up(harness, 'ReplicaSet', 'warm', 20);
  const added = 100;
  return ((await timed(() => up(harness, 'ReplicaSet', 'more', added))) * 1000) / added;
};

/** Sizes of the issue on workload controllers, and the curve of cost an event over the size of the cluster. */
export const workloadBenchmarks = async (): Promise<readonly Row[]> => {
  const rows: Row[] = [
    { name: 'core: ReplicaSet of 5,000 ready', unit: 'ms', value: await replicaSet(), target: 6000 },
    { name: 'core: Deployment of 1,000 rolled', unit: 'ms', value: await roll(), target: 5000 },
    { name: 'core: 1,000 Jobs of one pod finished', unit: 'ms', value: await jobs(), target: 4000 },
    { name: 'core: 500 hourly CronJobs over 24 hours', unit: 'ms', value: await cronJobs(), target: 20_000 },
    { name: 'core: namespace of 5,000 objects deleted', unit: 'ms', value: await namespace(), target: 3000 },
  ];
  for (const pods of [100, 1000, 5000, 10_000]) {
    const name = `core: one more pod to Ready, among ${pods.toLocaleString('en')}`;
    rows.push({ name, unit: 'µs', value: await eventCost(pods) });
  }
  return rows;
};
