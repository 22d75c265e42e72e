import { median, percentile, type Row, rate, timed } from './measure.ts';
import { type RunningServer, startServer } from './server-process.ts';

const configMap = (name: string) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name },
  data: { text: 'x'.repeat(1000) },
});

const deployment = (replicas: number) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web' },
  spec: {
    replicas,
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: { containers: [{ name: 'c', image: 'nginx:1.27' }] },
    },
  },
});

interface TestCluster {
  readonly id: string;
  readonly base: string;
}

const createCluster = async (
  server: RunningServer,
  options: Readonly<Record<string, unknown>> = {},
): Promise<TestCluster> => {
  const answer = await server.call('POST', '/v1/clusters', { body: { latency: 'instant', ...options } });
  if (answer.status !== 201) throw new Error(`create cluster: ${answer.status} ${answer.text}`);
  const { id } = JSON.parse(answer.text) as { id: string };
  return { id, base: `/clusters/${id}` };
};

const must = async (server: RunningServer, status: number, ...call: Parameters<RunningServer['call']>) => {
  const answer = await server.call(...call);
  if (answer.status !== status) throw new Error(`${call[0]} ${call[1]}: ${answer.status} ${answer.text}`);
  return answer;
};

const requestRates = async (server: RunningServer): Promise<Row[]> => {
  const { base } = await createCluster(server);
  const path = `${base}/api/v1/namespaces/default/configmaps`;
  const rows: Row[] = [];
  const measure = async (
    name: string,
    total: number,
    reference: Readonly<Record<number, number>>,
    work: (index: number, lane: number) => Promise<unknown>,
  ) => {
    for (const concurrency of [1, 32]) {
      const value = await rate(total, concurrency, (index) => work(index, concurrency));
      const real = reference[concurrency];
      rows.push({
        name: `https: ${name}, ${concurrency} at once`,
        unit: 'per s',
        value,
        ...(real === undefined ? {} : { reference: real }),
      });
    }
  };
  for (let index = 0; index < 200; index += 1) {
    await must(server, 201, 'POST', path, { body: configMap(`w-${index}`) });
  }
  await measure('create 1 KB ConfigMap', 1250, { 1: 514, 32: 1208 }, (index, lane) =>
    must(server, 201, 'POST', path, { body: configMap(`c-${lane}-${index}`) }),
  );
  await measure('get', 2500, { 32: 2663 }, (index) =>
    must(server, 200, 'GET', `${path}/c-1-${index % 1250}`),
  );
  await measure('merge patch', 1250, { 32: 1028 }, (index, lane) =>
    must(server, 200, 'PATCH', `${path}/c-1-${index}`, {
      body: { data: { more: `${lane}-${index}` } },
      type: 'application/merge-patch+json',
    }),
  );
  await measure('apply', 1250, { 32: 852 }, (index) =>
    must(server, 200, 'PATCH', `${path}/c-32-${index}?fieldManager=bench&force=true`, {
      body: configMap(`c-32-${index}`),
      type: 'application/apply-patch+yaml',
    }),
  );
  const lists: number[] = [];
  for (let round = 0; round < 10; round += 1) {
    lists.push(await timed(() => must(server, 200, 'GET', `${path}?limit=2600`)));
  }
  rows.push({ name: 'https: list of 2,600', unit: 'ms', value: median(lists), reference: 36 });
  return rows;
};

const fanOut = async (server: RunningServer): Promise<Row[]> => {
  const { base } = await createCluster(server);
  const path = `${base}/api/v1/namespaces/default/configmaps`;
  const sent = new Map<string, number>();
  const delays: number[] = [];
  const closers: (() => void)[] = [];
  const onLine = (line: string) => {
    const { type, object } = JSON.parse(line) as { type: string; object: { metadata: { name: string } } };
    const at = sent.get(object.metadata.name);
    if (type === 'ADDED' && at !== undefined) delays.push(performance.now() - at);
  };
  for (let watcher = 0; watcher < 50; watcher += 1) {
    closers.push(await server.stream(`${path}?watch=1&resourceVersion=0`, onLine));
  }
  for (let index = 0; index < 200; index += 1) {
    sent.set(`f-${index}`, performance.now());
    await must(server, 201, 'POST', path, { body: configMap(`f-${index}`) });
  }
  const deadline = performance.now() + 10_000;
  while (delays.length < 50 * 200 && performance.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  for (const close of closers) close();
  if (delays.length < 50 * 200) throw new Error(`only ${delays.length} of 10000 events arrived`);
  return [
    { name: 'https: watch fan-out 50 x 200, p50', unit: 'ms', value: median(delays), reference: 8 },
    {
      name: 'https: watch fan-out 50 x 200, p99',
      unit: 'ms',
      value: percentile(delays, 0.99),
      reference: 17,
    },
  ];
};

const machines = (pods: number) =>
  Array.from({ length: Math.ceil(pods / 100) }, (_, index) => ({
    name: `node-${index + 1}`,
    cpu: '64',
    memory: '256Gi',
  }));

/** From the create to the last pod ready, and from the namespace's delete to its end, as a watcher sees them. */
const rollout = async (server: RunningServer, replicas: number) => {
  const { base } = await createCluster(server, { nodes: machines(replicas) });
  const namespaces = `${base}/api/v1/namespaces`;
  await must(server, 201, 'POST', namespaces, {
    body: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'load' } },
  });
  const path = `${base}/apis/apps/v1/namespaces/load/deployments`;
  let closeWatch = () => {};
  const ready = new Promise<void>((resolve, reject) => {
    const onLine = (line: string) => {
      const { object } = JSON.parse(line) as { object: { status?: { readyReplicas?: number } } };
      if (object.status?.readyReplicas === replicas) resolve();
    };
    server.stream(`${path}?watch=1`, onLine).then((close) => {
      closeWatch = close;
    }, reject);
  });
  const readyMs = await timed(async () => {
    await must(server, 201, 'POST', path, { body: deployment(replicas) });
    await ready;
  });
  closeWatch();
  const busyMb = server.memory();
  let closeNamespaces = () => {};
  const gone = new Promise<void>((resolve, reject) => {
    const onLine = (line: string) => {
      const { type, object } = JSON.parse(line) as { type: string; object: { metadata: { name: string } } };
      if (type === 'DELETED' && object.metadata.name === 'load') resolve();
    };
    server.stream(`${namespaces}?watch=1`, onLine).then((close) => {
      closeNamespaces = close;
    }, reject);
  });
  const goneMs = await timed(async () => {
    await must(server, 200, 'DELETE', `${namespaces}/load`);
    await gone;
  });
  closeNamespaces();
  return { readyMs, goneMs, busyMb };
};

const clusters = async (server: RunningServer): Promise<Row[]> => {
  const before = server.memory();
  const creates: number[] = [];
  for (let index = 0; index < 100; index += 1) {
    creates.push(
      await timed(async () => {
        const { base } = await createCluster(server, { nodes: 2 });
        await must(server, 200, 'GET', `${base}/api/v1/nodes`);
      }),
    );
  }
  return [
    {
      name: 'https: cluster create to first list of nodes',
      unit: 'ms',
      value: median(creates),
      reference: 9000,
      target: 50,
    },
    {
      name: 'https: memory per idle cluster (100 clusters)',
      unit: 'MB',
      value: (server.memory() - before) / 100,
      target: 5,
    },
  ];
};

/** Figures as a client sees them: through TLS, the front and the object. */
export const serverBenchmarks = async (): Promise<readonly Row[]> => {
  const server = await startServer();
  try {
    const idle = server.memory();
    const rows: Row[] = [
      { name: 'https: start to ready', unit: 'ms', value: server.startedInMs, target: 3000 },
      { name: 'https: memory at start', unit: 'MB', value: idle, reference: 680 },
      ...(await clusters(server)),
      ...(await requestRates(server)),
      ...(await fanOut(server)),
    ];
    const small = await rollout(server, 200);
    const large = await rollout(server, 1000);
    rows.push(
      {
        name: 'https: Deployment of 200 ready',
        unit: 'ms',
        value: small.readyMs,
        reference: 9100,
        target: 500,
      },
      { name: 'https: its namespace gone', unit: 'ms', value: small.goneMs, reference: 10_500 },
      { name: 'https: Deployment of 1,000 ready', unit: 'ms', value: large.readyMs, target: 3000 },
      { name: 'https: memory with 1,200 pods', unit: 'MB', value: large.busyMb },
    );
    return rows;
  } finally {
    await server.stop();
  }
};
