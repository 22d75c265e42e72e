import { expect, test } from 'vitest';
import { makeActors } from '../../src/cluster/actors.ts';
import type { Controller, EventNote } from '../../src/controllers/contract.ts';
import { watch } from '../../src/controllers/contract.ts';
import { builtinKinds } from '../../src/kinds/catalog.ts';
import { cloneJson } from '../../src/machinery/deep.ts';
import type { Draft } from '../../src/machinery/object.ts';
import { Harness } from '../support/harness.ts';

/**
 * What the control plane writes itself goes a shorter way (create-built.ts, shared-draft.ts), unless something that
 * users set up may change objects. So two clusters alike, but that one has a mutator that never matches, must write the
 * same history: the mutator's own object aside, byte for byte.
 */

const REGISTRATION = '/apis/admissionregistration.k8s.io/v1';
const APPS = '/apis/apps/v1/namespaces/default';
const BATCH = '/apis/batch/v1/namespaces/default';
const CORE = '/api/v1/namespaces/default';
const MERGE = { 'content-type': 'application/merge-patch+json' };

const container = (image: string, ...command: readonly string[]) => ({
  name: 'c',
  image,
  ...(command.length === 0 ? {} : { command }),
});

const template = (app: string, image = 'nginx:1.27') => ({
  metadata: { labels: { app } },
  spec: { containers: [{ ...container(image), readinessProbe: { httpGet: { path: '/', port: 80 } } }] },
});

const workload = (kind: string, name: string, spec: object = {}) => ({
  apiVersion: 'apps/v1',
  kind,
  metadata: { name },
  spec: { selector: { matchLabels: { app: name } }, template: template(name), ...spec },
});

const job = (...command: readonly string[]) => ({
  backoffLimit: 1,
  template: { spec: { restartPolicy: 'Never', containers: [container('busybox', ...command)] } },
});

const LONG = 'm'.repeat(1100);

const notes: readonly EventNote[] = [
  { type: 'Normal', reason: 'Made', message: 'made it' },
  { type: 'Normal', reason: 'Made', message: 'made it' },
  { type: 'Warning', reason: 'BackOff', message: 'x "y" \u2028', host: 'node-1', component: 'kubelet' },
  { type: 'Normal', reason: 'Pulled', message: '', fieldPath: 'spec.containers{c}' },
  { type: 'Normal', reason: 'Scheduled', message: 'here', action: 'Binding' },
  // One that is refused, and an old one that may be as long.
  { type: 'Normal', reason: 'Scheduled', message: LONG, action: 'Other' },
  { type: 'Normal', reason: 'Made', message: LONG },
  ...Array.from({ length: 12 }, (_, n): EventNote => ({ type: 'Warning', reason: 'Many', message: `${n}` })),
];

/** Says all kinds of things about the object of a ConfigMap's name, and about a node. */
const talker: Controller = {
  name: 'talking-controller',
  watches: [watch('configmaps', ({ object }) => (object.metadata.name === 'talk' ? ['talk'] : []))],
  reconcile: ({ client, lookup }) => {
    const [node] = lookup.list('nodes');
    const talk = lookup.get('configmaps', 'default', 'talk');
    if (node === undefined || talk === undefined) return undefined;
    for (const note of notes) {
      client.event(talk, note.action === undefined ? note : { ...note, related: node });
      client.event(node, note);
    }
    return undefined;
  },
};

const play = (latency: 'instant' | 'realistic', mutates: boolean): Harness => {
  const cluster = new Harness({
    settings: { latency },
    actors: [...makeActors(), { controller: talker, latencyMs: 1 }],
  });
  const kind = mutates ? 'MutatingWebhookConfiguration' : 'ValidatingWebhookConfiguration';
  const webhook = {
    name: 'idle.example.com',
    clientConfig: { url: 'https://idle.example.com/' },
    rules: [{ apiGroups: ['none'], apiVersions: ['v1'], operations: ['CREATE'], resources: ['nothing'] }],
    sideEffects: 'None',
    admissionReviewVersions: ['v1'],
  };
  const post = (url: string, body: object) => cluster.expect(201, 'POST', url, { body });
  post(`${REGISTRATION}/${kind.toLowerCase()}s`, {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind,
    metadata: { name: 'idle' },
    webhooks: [webhook],
  });
  post(`${CORE}/configmaps`, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'talk' } });
  post(`${CORE}/resourcequotas`, {
    apiVersion: 'v1',
    kind: 'ResourceQuota',
    metadata: { name: 'q' },
    spec: { hard: { 'count/events': '400', pods: '30' } },
  });
  post(`${APPS}/deployments`, workload('Deployment', 'web', { replicas: 3 }));
  post(`${APPS}/statefulsets`, workload('StatefulSet', 'db', { replicas: 2, serviceName: 'db' }));
  post(`${APPS}/daemonsets`, workload('DaemonSet', 'ds'));
  post(`${BATCH}/jobs`, { apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'ok' }, spec: job('true') });
  post(`${BATCH}/jobs`, {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'no' },
    spec: job('false'),
  });
  post(`${BATCH}/cronjobs`, {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: { name: 'tick' },
    spec: { schedule: '* * * * *', jobTemplate: { spec: job('true') } },
  });
  cluster.advance(20_000);
  cluster.expect(200, 'PATCH', `${APPS}/deployments/web`, {
    body: { spec: { template: template('web', 'nginx:1.28') } },
    headers: MERGE,
  });
  cluster.expect(200, 'PATCH', `${APPS}/statefulsets/db`, {
    body: { spec: { replicas: 1 } },
    headers: MERGE,
  });
  cluster.expect(200, 'DELETE', `${APPS}/daemonsets/ds`);
  cluster.advance(300_000);
  return cluster;
};

const historyOf = (cluster: Harness): readonly unknown[] => [
  cluster.sql.all("SELECT * FROM revision WHERE key NOT LIKE '%webhookconfigurations/%' ORDER BY rev"),
  cluster.sql.all("SELECT * FROM head WHERE key NOT LIKE '%webhookconfigurations/%' ORDER BY key"),
  cluster.sql.all(
    "SELECT * FROM ref WHERE key NOT LIKE '%webhookconfigurations/%' ORDER BY name, value, key",
  ),
  cluster.sql.all('SELECT * FROM wakeup ORDER BY actor, key'),
  cluster.journal.lines,
];

test.each(['instant', 'realistic'] as const)(
  'the short ways write what the whole way writes: %s',
  (latency) => {
    const short = historyOf(play(latency, false));
    expect(JSON.stringify(short).length).toBeGreaterThan(500_000);
    expect(short).toEqual(historyOf(play(latency, true)));
  },
);

const kinds = builtinKinds.filter((kind) => kind.statusDefaults !== undefined);

/** Statuses with something to fill in, where there is anything. */
const statuses: readonly Draft[] = [
  {},
  { podIP: '10.0.0.1' },
  { podIPs: [{ ip: '10.0.0.1' }, { ip: 'fd00::1' }] },
  { podIP: '10.0.0.1', podIPs: [{ ip: '10.0.0.2' }], conditions: [{ type: 'Ready', status: 'True' }] },
  { replicas: 2, conditions: [{ type: 'Available', status: 'True' }], active: 1, currentMetrics: [] },
];

test.each(kinds.map((kind) => [kind.kind, kind] as const))(
  'the defaults of a new status of a %s are those of the whole object',
  (_name, kind) => {
    for (const status of statuses) {
      const whole: Draft = { metadata: { name: 'x' }, spec: { template: template('x'), containers: [] } };
      kind.defaults?.(whole);
      const rest = JSON.stringify(whole);
      const next: Draft = { ...whole, status: cloneJson(status) };
      kind.statusDefaults?.(next);
      const { status: filled, ...others } = next;
      expect(JSON.stringify(others)).toBe(rest);
      const all: Draft = { ...(JSON.parse(rest) as Draft), status: cloneJson(status) };
      kind.defaults?.(all);
      expect(all['status']).toEqual(filled);
      expect(JSON.stringify({ ...all, status: undefined })).toBe(rest);
    }
  },
);
