/** The JavaScript client: informers over restarts, a leader elected by Lease. */

import {
  CoordinationV1Api,
  CoreV1Api,
  KubeConfig,
  ListWatch,
  type V1ConfigMap,
  Watch,
} from '@kubernetes/client-node';
import { afterEach, expect, inject, it } from 'vitest';
import { makeCluster } from './support/cluster.ts';
import { type Candidate, runCandidate } from './support/leader.ts';
import { freePort, makeHome, type RunningServer, removeHome, startServer } from './support/server.ts';

const shared = inject('server');
const homes: string[] = [];
const running: RunningServer[] = [];

afterEach(async () => {
  for (const server of running.splice(0)) await server.stop('SIGKILL');
  for (const home of homes.splice(0)) removeHome(home);
});

const configOf = (file: string): KubeConfig => {
  const config = new KubeConfig();
  config.loadFromFile(file);
  return config;
};

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const start = async (home: string, port: number): Promise<RunningServer> => {
  const server = await startServer(home, port);
  running.push(server);
  return server;
};

/** Repeats until the server is there; an outcome that says it was done before counts as done. */
const persist = async (work: () => Promise<unknown>, doneCode: number): Promise<void> => {
  for (;;) {
    try {
      await work();
      return;
    } catch (error) {
      const { code } = error as { readonly code?: unknown };
      if (code === doneCode) return;
      if (typeof code === 'number' && code < 500) throw error;
      await pause(50);
    }
  }
};

const LABELS = { watched: 'yes' };

/** Writes one after the other; what must be told of it, in order. */
const write = async (api: CoreV1Api, total: number, isDue: (index: number) => void): Promise<string[]> => {
  const told: string[] = [];
  const namespace = 'default';
  for (let index = 0; index < total; index += 1) {
    isDue(index);
    const body = { metadata: { name: `c-${index}`, labels: LABELS }, data: { index: String(index) } };
    await persist(() => api.createNamespacedConfigMap({ namespace, body }), 409);
    told.push(`ADDED c-${index}`);
    if (index % 3 !== 2) continue;
    await persist(() => api.deleteNamespacedConfigMap({ namespace, name: `c-${index - 1}` }), 404);
    told.push(`DELETED c-${index - 1}`);
  }
  return told;
};

/** An informer whose frames are recorded as they arrive, beside what it tells its listeners. */
const observe = (config: KubeConfig) => {
  const api = config.makeApiClient(CoreV1Api);
  const frames: string[] = [];
  const told: string[] = [];
  const watch = new Watch(config);
  const recording = Object.assign(Object.create(watch) as Watch, {
    watch: (...[path, query, callback, done]: Parameters<Watch['watch']>) =>
      watch.watch(
        path,
        query,
        (phase, object, frame) => {
          if (phase !== 'BOOKMARK') frames.push(`${phase} ${object.metadata?.name ?? object.code}`);
          callback(phase, object, frame);
        },
        done,
      ),
  });
  const informer = new ListWatch<V1ConfigMap>(
    '/api/v1/namespaces/default/configmaps',
    recording,
    () => api.listNamespacedConfigMap({ namespace: 'default', labelSelector: 'watched=yes' }),
    false,
    'watched=yes',
  );
  informer.on('add', (object) => void told.push(`ADDED ${object.metadata?.name}`));
  informer.on('update', (object) => void told.push(`MODIFIED ${object.metadata?.name}`));
  informer.on('delete', (object) => void told.push(`DELETED ${object.metadata?.name}`));
  // The client leaves beginning again to its user; it goes on at the last resourceVersion it saw.
  informer.on('error', () => void setTimeout(() => void informer.start(), 50));
  return { informer, frames, told };
};

it('informers miss and repeat nothing over a stop and a kill of the server', async () => {
  const home = makeHome();
  homes.push(home);
  const port = await freePort();
  let server = await start(home, port);
  const config = configOf(server.kubeconfig);
  const { informer, frames, told } = observe(config);
  await informer.start();
  let restarts: Promise<void> = Promise.resolve();
  const restart = async (signal: NodeJS.Signals): Promise<void> => {
    await server.stop(signal);
    server = await start(home, port);
  };
  const expected = await write(config.makeApiClient(CoreV1Api), 90, (index) => {
    if (index === 30) restarts = restart('SIGTERM');
    if (index === 60) restarts = restarts.then(() => restart('SIGKILL'));
  });
  await restarts;
  await expect.poll(() => told.length).toBe(expected.length);
  await pause(300);
  await informer.stop();
  expect(told).toEqual(expected);
  expect(frames).toEqual(expected);
  expect(informer.list('default')).toHaveLength(60);
});

it('a Lease has one holder; the other client takes over when it is not renewed', async () => {
  const cluster = await makeCluster(shared);
  const file = await cluster.kubeconfig();
  const makeApi = () => configOf(file).makeApiClient(CoordinationV1Api);
  const candidates = ['a', 'b'].map((id) => runCandidate(makeApi(), 'leader', id));
  const leaders = (): Candidate[] => candidates.filter((one) => one.since() !== undefined);
  const overlaps: number[] = [];
  const sampling = setInterval(() => {
    if (leaders().length > 1) overlaps.push(performance.now());
  }, 5);
  await expect.poll(() => leaders().length).toBe(1);
  const [first] = leaders();
  await pause(500);
  expect(leaders()).toEqual([first]);
  await first?.crash();
  await expect.poll(() => leaders().length).toBe(1);
  const [second] = leaders();
  expect(second?.id).not.toBe(first?.id);
  const lease = await makeApi().readNamespacedLease({ namespace: 'default', name: 'leader' });
  expect(lease.spec).toMatchObject({ holderIdentity: second?.id, leaseTransitions: 1 });
  clearInterval(sampling);
  await Promise.all(candidates.map((one) => one.crash()));
  expect(overlaps).toEqual([]);
});

it('of two writes at one resourceVersion, one is refused', async () => {
  const cluster = await makeCluster(shared);
  const api = configOf(await cluster.kubeconfig()).makeApiClient(CoordinationV1Api);
  const namespace = 'default';
  const made = await api.createNamespacedLease({ namespace, body: { metadata: { name: 'race' }, spec: {} } });
  const take = (holderIdentity: string) =>
    api.replaceNamespacedLease({ namespace, name: 'race', body: { ...made, spec: { holderIdentity } } });
  const outcomes = await Promise.allSettled(Array.from({ length: 8 }, (_, index) => take(`h-${index}`)));
  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  for (const outcome of outcomes) if (outcome.status === 'rejected') expect(outcome.reason.code).toBe(409);
});
