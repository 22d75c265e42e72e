import { Harness } from '../test/support/harness.ts';
import { type Row, rate, timed } from './measure.ts';

const configMap = (name: string) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name },
  data: { text: 'x'.repeat(1000) },
});

const deployment = (name: string, replicas: number) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name },
  spec: {
    replicas,
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: { containers: [{ name: 'c', image: 'nginx:1.27' }] },
    },
  },
});

const PATH = '/api/v1/namespaces/default/configmaps';
const DEPLOYMENTS = '/apis/apps/v1/namespaces/default/deployments';

/** Enough machines for the pods of a benchmark. */
const machines = (pods: number) =>
  Array.from({ length: Math.ceil(pods / 100) }, (_, index) => ({
    name: `node-${index + 1}`,
    cpu: '64',
    memory: '256Gi',
  }));

const requests = async (): Promise<Row[]> => {
  const cluster = new Harness();
  const create = (name: string) => cluster.expect(201, 'POST', PATH, { body: configMap(name) });
  for (let index = 0; index < 500; index += 1) create(`warm-${index}`);
  const total = 2000;
  const creates = await rate(total, 1, (index) => create(`c-${index}`));
  const gets = await rate(total, 1, (index) => cluster.expect(200, 'GET', `${PATH}/c-${index}`));
  const patches = await rate(total, 1, (index) =>
    cluster.expect(200, 'PATCH', `${PATH}/c-${index}`, {
      body: { data: { more: String(index) } },
      headers: { 'content-type': 'application/merge-patch+json' },
    }),
  );
  const applies = await rate(total, 1, (index) =>
    cluster.expect(200, 'PATCH', `${PATH}/c-${index}?fieldManager=bench&force=true`, {
      body: configMap(`c-${index}`),
      headers: { 'content-type': 'application/apply-patch+yaml' },
    }),
  );
  const lists = await timed(() => cluster.expect(200, 'GET', PATH));
  return [
    { name: 'core: create 1 KB ConfigMap', unit: 'per s', value: creates },
    { name: 'core: get', unit: 'per s', value: gets },
    { name: 'core: merge patch', unit: 'per s', value: patches },
    { name: 'core: apply', unit: 'per s', value: applies },
    { name: 'core: list of 2,500', unit: 'ms', value: lists, reference: 36 },
  ];
};

const readyPods = (cluster: Harness, name: string): number =>
  cluster.get<{ status?: { readyReplicas?: number } }>(`${DEPLOYMENTS}/${name}`).status?.readyReplicas ?? 0;

const rollout = async (replicas: number): Promise<number> => {
  const cluster = new Harness({ settings: { nodes: machines(replicas) } });
  const elapsed = await timed(() => {
    cluster.expect(201, 'POST', DEPLOYMENTS, { body: deployment('web', replicas) });
    cluster.settle(60_000);
  });
  if (readyPods(cluster, 'web') !== replicas) throw new Error(`only ${readyPods(cluster, 'web')} ready`);
  return elapsed;
};

/** Rows changed in the database by a piece of work: what the platform bills as rows written (index entries aside). */
const rowsWritten = (cluster: Harness, work: () => void): number => {
  const count = () => Number(cluster.sql.all('SELECT total_changes() AS n')[0]?.['n'] ?? 0);
  const before = count();
  work();
  return count() - before;
};

const costs = (): Row[] => {
  const cluster = new Harness();
  cluster.settle(10_000);
  const creates = rowsWritten(cluster, () => {
    for (let index = 0; index < 100; index += 1)
      cluster.expect(201, 'POST', PATH, { body: configMap(`r-${index}`) });
  });
  const pods = rowsWritten(cluster, () => {
    cluster.expect(201, 'POST', DEPLOYMENTS, { body: deployment('web', 20) });
    cluster.settle(20_000);
  });
  // An unobserved cluster has no alarm, so nothing runs; the look afterwards is a read that catches up.
  const idle = rowsWritten(cluster, () => {
    cluster.pass(3_600_000);
    cluster.expect(200, 'GET', '/api/v1/nodes');
  });
  return [
    { name: 'core: rows written a ConfigMap create', unit: 'rows', value: creates / 100 },
    { name: 'core: rows written a pod of a Deployment, with its Events', unit: 'rows', value: pods / 20 },
    { name: 'core: rows written an idle hour, looked at after it', unit: 'rows', value: idle, target: 0 },
  ];
};

/** In-process figures: the core over node:sqlite, without platform, network or encryption. */
export const coreBenchmarks = async (): Promise<readonly Row[]> => {
  const start = await timed(() => new Harness());
  return [
    { name: 'core: create cluster', unit: 'ms', value: start, target: 50 },
    ...(await requests()),
    ...costs(),
    {
      name: 'core: Deployment of 200 ready',
      unit: 'ms',
      value: await rollout(200),
      reference: 9100,
      target: 500,
    },
    { name: 'core: Deployment of 1,000 ready', unit: 'ms', value: await rollout(1000), target: 3000 },
  ];
};
