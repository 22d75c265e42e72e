import { median, percentile, type Row, timed } from './measure.ts';
import { type RunningServer, startServer } from './server-process.ts';

/** Environments as a training platform meets them: made one by one and in crowds, practised in, graded. */

const TEMPLATE = 'bench-ten-checks';
const RBAC = '/apis/rbac.authorization.k8s.io/v1';

const configMaps = Array.from({ length: 25 }, (_, index) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: `settings-${index}`, namespace: 'shop' },
  data: { text: 'x'.repeat(200) },
}));

const objectChecks = Array.from({ length: 7 }, (_, index) => ({
  id: `label-${index}`,
  title: `settings-${index} has its label`,
  object: {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    namespace: 'shop',
    name: `settings-${index}`,
    match: { metadata: { labels: { checked: 'yes' } } },
  },
}));

const reader = [{ verbs: ['get', 'list', 'watch'], resources: ['pods'], namespace: 'shop' }];

const role = {
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'Role',
  metadata: { name: 'reader', namespace: 'shop' },
  rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get', 'list', 'watch'] }],
};

const binding = {
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'RoleBinding',
  metadata: { name: 'reader', namespace: 'shop' },
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'reader' },
  subjects: [{ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: 'dana' }],
};

/** Thirty objects, ten checks of every kind. */
const template = {
  name: TEMPLATE,
  version: '1.0.0',
  title: 'Ten checks',
  personas: [
    { name: 'admin', user: 'admin', groups: ['system:masters'], namespace: 'shop' },
    { name: 'developer', user: 'dana', namespace: 'shop' },
  ],
  manifests: [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } },
    ...configMaps,
    ...['web', 'api', 'jobs', 'mail'].map((name) => ({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name, namespace: 'shop' },
      spec: {
        replicas: 1,
        selector: { matchLabels: { app: name } },
        template: {
          metadata: { labels: { app: name } },
          spec: { containers: [{ name: 'c', image: 'nginx:1.27' }] },
        },
      },
    })),
  ],
  tasks: [
    {
      id: 'all',
      title: 'All of it',
      checks: [
        ...objectChecks,
        { id: 'reads', title: 'dana reads pods', authz: { persona: 'developer', can: reader } },
        {
          id: 'no-more',
          title: 'dana does nothing else',
          requires: ['reads'],
          authz: { persona: 'developer', only: reader },
        },
        {
          id: 'bound',
          title: 'There is a binding for dana',
          cel: {
            objects: {
              bindings: {
                apiVersion: 'rbac.authorization.k8s.io/v1',
                kind: 'RoleBinding',
                namespace: 'shop',
              },
            },
            expression: "bindings.exists(b, has(b.subjects) && b.subjects.exists(s, s.name == 'dana'))",
          },
        },
      ],
    },
  ],
  solution: {
    steps: [
      ...objectChecks.map(({ object: { match: _match, ...target } }) => ({
        label: { ...target, set: { checked: 'yes' } },
      })),
      { as: 'admin', create: [role, binding] },
    ],
  },
};

interface Environment {
  readonly id: string;
  readonly clusterId: string;
}

const must = async (server: RunningServer, status: number, ...call: Parameters<RunningServer['call']>) => {
  const answer = await server.call(...call);
  if (answer.status !== status) throw new Error(`${call[0]} ${call[1]}: ${answer.status} ${answer.text}`);
  return answer;
};

const create = async (server: RunningServer): Promise<Environment> => {
  const { text } = await must(server, 201, 'POST', '/v1/environments', { body: { template: TEMPLATE } });
  return JSON.parse(text) as Environment;
};

const tokenOf = async (server: RunningServer, { id }: Environment, persona: string): Promise<string> => {
  const { text } = await must(server, 200, 'GET', `/v1/environments/${id}/kubeconfigs/${persona}`);
  return /token: "([^"]+)"/.exec(text)?.[1] ?? '';
};

const crowd = async (
  total: number,
  atOnce: number,
  work: (index: number) => Promise<void>,
): Promise<void> => {
  let next = 0;
  const lane = async () => {
    for (let index = next++; index < total; index = next++) await work(index);
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
};

/** One learner's script: denied, role, binding, allowed, graded. Returns how long each answer took. */
const learn = async (
  server: RunningServer,
  environment: Environment,
  { admin, developer }: { readonly admin: string; readonly developer: string },
): Promise<number[]> => {
  const times: number[] = [];
  const step = async (status: number, ...call: Parameters<RunningServer['call']>): Promise<void> => {
    times.push(await timed(() => must(server, status, ...call)));
  };
  const base = `/clusters/${environment.clusterId}`;
  const pods = `${base}/api/v1/namespaces/shop/pods`;
  const rbac = `${base}${RBAC}/namespaces/shop`;
  await step(403, 'GET', pods, { token: developer });
  await step(200, 'GET', `${base}/api/v1/namespaces/shop/configmaps`, { token: admin });
  await step(201, 'POST', `${rbac}/roles`, { token: admin, body: role });
  await step(201, 'POST', `${rbac}/rolebindings`, { token: admin, body: binding });
  await step(200, 'GET', pods, { token: developer });
  await step(200, 'POST', `/v1/environments/${environment.id}/grade`);
  return times;
};

/** Benchmarks of environments over HTTPS. */
export const environmentBenchmarks = async (): Promise<Row[]> => {
  const server = await startServer();
  try {
    await must(server, 201, 'POST', '/v1/templates', { body: template });
    const first = await create(server);
    const created: number[] = [];
    for (let index = 0; index < 30; index += 1) created.push(await timed(() => create(server)));
    const graded: number[] = [];
    for (let index = 0; index < 50; index += 1) {
      graded.push(await timed(() => must(server, 200, 'POST', `/v1/environments/${first.id}/grade`)));
    }
    const environments: Environment[] = [];
    const crowdMs = await timed(() =>
      crowd(200, 8, async () => {
        environments.push(await create(server));
      }),
    );
    const answers: number[] = [];
    const learners = environments.slice(0, 50);
    const kubeconfigs = new Map<string, { admin: string; developer: string }>();
    for (const environment of learners) {
      const admin = await tokenOf(server, environment, 'admin');
      kubeconfigs.set(environment.id, { admin, developer: await tokenOf(server, environment, 'developer') });
    }
    await crowd(learners.length, learners.length, async (index) => {
      const environment = learners[index];
      const tokens = environment && kubeconfigs.get(environment.id);
      if (environment && tokens) answers.push(...(await learn(server, environment, tokens)));
    });
    return [
      { name: 'environment of 30 objects: create, p50', unit: 'ms', value: median(created), target: 150 },
      { name: 'environment: grade of ten checks, p50', unit: 'ms', value: median(graded), target: 20 },
      { name: 'environments: 200 made, 8 at once', unit: 'ms', value: crowdMs, target: 15_000 },
      { name: 'environments: 50 learners at once, p50', unit: 'ms', value: median(answers) },
      {
        name: 'environments: 50 learners at once, p99',
        unit: 'ms',
        value: percentile(answers, 0.99),
        target: 300,
      },
    ];
  } finally {
    await server.stop();
  }
};
