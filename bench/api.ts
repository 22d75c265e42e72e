import { Harness } from '../test/support/harness.ts';
import { median, type Row, timed } from './measure.ts';

/** Requests of API clients, in process: apply, patches, lists, tables, encodings, watches, custom kinds. */

const DEPLOYMENTS = '/apis/apps/v1/namespaces/default/deployments';
const PODS = '/api/v1/namespaces/default/pods';
const APPLY = { 'content-type': 'application/apply-patch+yaml' };
const STRATEGIC = { 'content-type': 'application/strategic-merge-patch+json' };
const TABLE = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' };
const PROTOBUF = { accept: 'application/vnd.kubernetes.protobuf' };

const pod = (index: number) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: `pod-${index}`, labels: { app: `app-${index % 50}`, tier: index % 2 ? 'a' : 'b' } },
  spec: {
    nodeName: `node-${index % 20}`,
    containers: [{ name: 'main', image: 'nginx:1.27', ports: [{ containerPort: 80 }] }],
  },
});

/** A Deployment whose manifest sets about 200 fields. */
const wide = (name: string, tag: string) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name, labels: { app: name } },
  spec: {
    replicas: 0,
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: {
        containers: Array.from({ length: 6 }, (_, at) => ({
          name: `c-${at}`,
          image: `nginx:${tag}`,
          args: ['--verbose'],
          env: Array.from({ length: 10 }, (_unused, nth) => ({ name: `E_${nth}`, value: `${nth}` })),
          ports: [{ containerPort: 8000 + at, name: `p-${at}` }],
          resources: { limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '10m', memory: '64Mi' } },
        })),
      },
    },
  },
});

const makeCluster = (): Harness => new Harness({ settings: { nodes: [] }, actors: [] });

/** The median of so many calls, in ms. */
const each = async (times: number, work: (index: number) => unknown): Promise<number> => {
  const all: number[] = [];
  for (let index = 0; index < times; index += 1) all.push(await timed(() => work(index)));
  return median(all);
};

const writes = async (): Promise<Row[]> => {
  const cluster = makeCluster();
  const apply = (name: string, tag: string, status: number) =>
    cluster.expect(status, 'PATCH', `${DEPLOYMENTS}/${name}?fieldManager=bench`, {
      body: wide(name, tag),
      headers: APPLY,
    });
  for (let index = 0; index < 50; index += 1) apply(`warm-${index}`, 'a', 201);
  const created = await each(200, (index) => apply(`d-${index}`, 'a', 201));
  const same = await each(200, (index) => apply(`d-${index}`, 'a', 200));
  const changed = await each(200, (index) => apply(`d-${index}`, 'b', 200));
  const patched = await each(200, (index) =>
    cluster.expect(200, 'PATCH', `${DEPLOYMENTS}/d-${index}`, {
      body: { spec: { template: { spec: { containers: [{ name: 'c-3', image: 'nginx:c' }] } } } },
      headers: STRATEGIC,
    }),
  );
  return [
    { name: 'api: apply of a 200-field Deployment, create', unit: 'ms', value: created },
    { name: 'api: apply of a 200-field Deployment, no change', unit: 'ms', value: same },
    { name: 'api: apply of a 200-field Deployment, six images changed', unit: 'ms', value: changed },
    { name: 'api: strategic merge patch of it', unit: 'ms', value: patched },
  ];
};

const reads = async (): Promise<Row[]> => {
  const cluster = makeCluster();
  cluster.request('POST', '/api/v1/namespaces/default/serviceaccounts', {
    body: { metadata: { name: 'default' } },
  });
  for (let index = 0; index < 2500; index += 1) cluster.expect(201, 'POST', PODS, { body: pod(index) });
  const get =
    (url: string, headers = {}) =>
    () => {
      const { status } = cluster.request('GET', url, { headers });
      if (status !== 200) throw new Error(`${url}: ${status}`);
    };
  const row = async (name: string, url: string, headers = {}): Promise<Row> => ({
    name: `api: ${name}`,
    unit: 'ms',
    value: await each(9, get(url, headers)),
  });
  return [
    await row('list of 2,500 pods, JSON', PODS),
    await row('list of 2,500 pods, protobuf', PODS, PROTOBUF),
    await row('list of 2,500 pods, Table', PODS, TABLE),
    await row('list of 50 in 2,500 pods by label', `${PODS}?labelSelector=app%3Dapp-7`),
    await row('list of 125 in 2,500 pods by node', '/api/v1/pods?fieldSelector=spec.nodeName%3Dnode-7'),
    await row('first page of 500', `${PODS}?limit=500`),
    await row('get a pod, protobuf', `${PODS}/pod-7`, PROTOBUF),
  ];
};

const watches = async (): Promise<Row[]> => {
  const cluster = makeCluster();
  const maps = '/api/v1/namespaces/default/configmaps';
  for (let index = 0; index < 5000; index += 1)
    cluster.expect(201, 'POST', maps, {
      body: { metadata: { name: `c-${index}` }, data: { a: 'x'.repeat(200) } },
    });
  const initial = await each(5, () => {
    const { frames } = cluster.watch(`${maps}?watch=true&resourceVersion=0`);
    if (frames.length < 5000) throw new Error(`only ${frames.length} events`);
  });
  const replay = await each(5, () => {
    const { frames } = cluster.watch(`${maps}?watch=true&resourceVersion=${cluster.end().revision - 5000}`);
    if (frames.length < 5000) throw new Error(`only ${frames.length} events`);
  });
  return [
    { name: 'api: watch of 5,000 objects from resourceVersion 0', unit: 'ms', value: initial },
    { name: 'api: watch that is 5,000 events behind', unit: 'ms', value: replay },
  ];
};

const definition = (plural: string) => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `${plural}.bench.example.com` },
  spec: {
    group: 'bench.example.com',
    scope: 'Namespaced',
    names: { plural, singular: plural.slice(0, -1), kind: `K${plural}` },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              spec: {
                type: 'object',
                'x-kubernetes-validations': [
                  { rule: 'self.min <= self.max', message: 'min above max' },
                  { rule: "self.names.all(n, n.startsWith('a'))" },
                ],
                properties: {
                  min: { type: 'integer', default: 1 },
                  max: { type: 'integer', default: 9 },
                  names: { type: 'array', maxItems: 20, items: { type: 'string', maxLength: 20 } },
                },
              },
            },
          },
        },
      },
    ],
  },
});

const customKinds = async (): Promise<Row[]> => {
  const cluster = new Harness({ settings: { nodes: [] } });
  cluster.settle(1000);
  const object = (plural: string, name: string) => ({
    apiVersion: 'bench.example.com/v1',
    kind: `K${plural}`,
    metadata: { name },
    spec: { names: ['a', 'ab', 'abc'] },
  });
  const path = (plural: string) => `/apis/bench.example.com/v1/namespaces/default/${plural}`;
  const first = await each(9, (index) => {
    const plural = `things${'abcdefghij'[index]}s`;
    cluster.expect(201, 'POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
      body: definition(plural),
    });
    cluster.settle(50);
    cluster.expect(201, 'POST', path(plural), { body: object(plural, 'first') });
  });
  const creates = await each(300, (index) =>
    cluster.expect(201, 'POST', path('thingsas'), { body: object('thingsas', `o-${index}`) }),
  );
  return [
    { name: 'api: definition created to first custom object', unit: 'ms', value: first, target: 20 },
    { name: 'api: create of a custom object judged by two rules', unit: 'ms', value: creates },
  ];
};

/** All rows of this file. */
export const apiBenchmarks = async (): Promise<readonly Row[]> => [
  ...(await writes()),
  ...(await reads()),
  ...(await watches()),
  ...(await customKinds()),
];
