/** Steps as data do what kubectl does, and say what was refused. */

import { describe, expect, it } from 'vitest';
import { EPOCH, testSettings } from '../../test/support/harness.ts';
import { openNodeSql } from '../../test/support/node-sql.ts';
import type { Exercise, Step } from '../exercise/contract.ts';
import { createCluster } from './cluster.ts';
import type { Cluster } from './contract.ts';
import { beginExercise, performSteps, rehearse } from './rehearsal.ts';

const dana = { username: 'dana', groups: ['system:authenticated'] };

const web = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'shop' },
  spec: {
    replicas: 1,
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: { containers: [{ name: 'web', image: 'nginx:1.26' }] },
    },
  },
};

const target = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'web' };
const configMap = (name: string, color: string) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'shop' },
  data: { color },
});

const definition = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'widgets.example.com' },
  spec: {
    group: 'example.com',
    scope: 'Namespaced',
    names: { plural: 'widgets', singular: 'widget', kind: 'Widget' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: { spec: { type: 'object', properties: { size: { type: 'integer' } } } },
          },
        },
      },
    ],
  },
};

const widget = {
  apiVersion: 'example.com/v1',
  kind: 'Widget',
  metadata: { name: 'w', namespace: 'shop' },
  spec: { size: 1 },
};

const exercise = (more: Partial<Exercise> = {}): Exercise => ({
  // On purpose in an order in which they cannot be made one after the other.
  manifests: [
    widget,
    web,
    configMap('one', 'red'),
    definition,
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } },
  ],
  setup: [],
  actors: { dana },
  checks: [],
  ageSeconds: 10,
  pace: {},
  ...more,
});

const open = (): Cluster =>
  createCluster(
    { sql: openNodeSql(), journal: { write: () => undefined } },
    { ...testSettings, startsAt: EPOCH - 10_000 },
    EPOCH,
  );

interface Read {
  readonly metadata: {
    readonly labels?: Record<string, string>;
    readonly annotations?: Record<string, string>;
  };
  readonly data?: Record<string, string>;
  readonly spec: {
    readonly replicas: number;
    readonly size?: number;
    readonly template: typeof web.spec.template;
  };
}

const read = (cluster: Cluster, path: string): Read => {
  const answer = cluster.handle(
    {
      method: 'GET',
      path,
      query: '',
      headers: { accept: 'application/json' },
      body: new Uint8Array(),
      identity: { username: 'a', groups: ['system:masters'] },
    },
    EPOCH,
  );
  if (answer.kind !== 'response' || answer.status !== 200) throw new Error(`${path}: no object`);
  return JSON.parse(String(answer.body)) as Read;
};

const DEPLOYMENT = '/apis/apps/v1/namespaces/shop/deployments/web';
const ONE = '/api/v1/namespaces/shop/configmaps/one';
const WIDGET = '/apis/example.com/v1/namespaces/shop/widgets/w';

const staged = (): Cluster => {
  const cluster = open();
  expect(beginExercise(cluster, exercise(), EPOCH)).toMatchObject({
    manifestFailures: [],
    setupFailures: [],
  });
  return cluster;
};

const image = (cluster: Cluster): string | undefined =>
  read(cluster, DEPLOYMENT).spec.template.spec.containers[0]?.image;

describe('an exercise begins', () => {
  it('with its manifests made in an order that works, and its clock at the present', () => {
    const cluster = staged();
    expect(cluster.clock(EPOCH).now).toBe(EPOCH);
    expect(read(cluster, WIDGET).spec.size).toBe(1);
  });

  it("with what went wrong told by the manifest's place", () => {
    const bad = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'X', namespace: 'default' } };
    const unknown = { apiVersion: 'example.org/v1', kind: 'Nothing', metadata: { name: 'x' } };
    const { manifestFailures } = beginExercise(open(), exercise({ manifests: [bad, unknown] }), EPOCH);
    expect(manifestFailures.map(({ step, code }) => [step, code])).toEqual([
      [0, 422],
      [1, 404],
    ]);
  });

  it('over objects the cluster made by itself', () => {
    const account = {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: 'default', namespace: 'default', labels: { a: 'b' } },
    };
    const cluster = open();
    expect(beginExercise(cluster, exercise({ manifests: [account] }), EPOCH).manifestFailures).toEqual([]);
    expect(read(cluster, '/api/v1/namespaces/default/serviceaccounts/default').metadata.labels).toEqual({
      a: 'b',
    });
  });

  it('paused or faster when it says so', () => {
    const cluster = open();
    beginExercise(cluster, exercise({ pace: { paused: true, rate: 60 } }), EPOCH);
    expect(cluster.clock(EPOCH + 5000)).toEqual({ now: EPOCH, paused: true, rate: 60 });
  });
});

describe('steps', () => {
  const rows: readonly (readonly [string, readonly Step[], (cluster: Cluster) => unknown, unknown])[] = [
    [
      'create',
      [{ create: [configMap('two', 'blue')] }],
      (cluster) => read(cluster, '/api/v1/namespaces/shop/configmaps/two').data,
      { color: 'blue' },
    ],
    [
      'apply',
      [{ apply: [configMap('one', 'blue')] }],
      (cluster) => read(cluster, ONE).data,
      { color: 'blue' },
    ],
    [
      'replace',
      [{ replace: [{ ...configMap('one', 'x'), data: { shape: 'round' } }] }],
      (cluster) => read(cluster, ONE).data,
      { shape: 'round' },
    ],
    [
      'label',
      [{ label: { ...target, set: { a: 'b' } } }],
      (cluster) => read(cluster, DEPLOYMENT).metadata.labels,
      { a: 'b' },
    ],
    [
      'label with null',
      [{ label: { ...target, set: { a: 'b' } } }, { label: { ...target, set: { a: null } } }],
      (cluster) => read(cluster, DEPLOYMENT).metadata.labels ?? {},
      {},
    ],
    [
      'annotate',
      [{ annotate: { ...target, set: { note: 'x' } } }],
      (cluster) => read(cluster, DEPLOYMENT).metadata.annotations?.['note'],
      'x',
    ],
    [
      'scale',
      [{ scale: { ...target, replicas: 3 } }],
      (cluster) => read(cluster, DEPLOYMENT).spec.replicas,
      3,
    ],
    ['setImage', [{ setImage: { ...target, images: { web: 'nginx:1.27' } } }], image, 'nginx:1.27'],
    [
      'undo',
      [
        { setImage: { ...target, images: { web: 'nginx:1.27' } } },
        { wait: { seconds: 30 } },
        { undo: target },
      ],
      image,
      'nginx:1.26',
    ],
    [
      'restart',
      [{ restart: target }],
      (cluster) =>
        Object.keys(
          (read(cluster, DEPLOYMENT).spec.template.metadata as { annotations?: object }).annotations ?? {},
        ),
      ['kubectl.kubernetes.io/restartedAt'],
    ],
    [
      'strategic patch',
      [
        {
          patch: {
            ...target,
            patch: { spec: { template: { spec: { containers: [{ name: 'web', image: 'x:1' }] } } } },
          },
        },
      ],
      image,
      'x:1',
    ],
    [
      'JSON patch',
      [{ patch: { ...target, type: 'json', patch: [{ op: 'replace', path: '/spec/replicas', value: 2 }] } }],
      (cluster) => read(cluster, DEPLOYMENT).spec.replicas,
      2,
    ],
    [
      'a patch of a custom object',
      [
        {
          patch: {
            apiVersion: 'example.com/v1',
            kind: 'Widget',
            namespace: 'shop',
            name: 'w',
            patch: { spec: { size: 2 } },
          },
        },
      ],
      (cluster) => read(cluster, WIDGET).spec.size,
      2,
    ],
    [
      'any request',
      [
        {
          request: {
            method: 'PATCH',
            path: ONE,
            headers: { 'content-type': 'application/merge-patch+json' },
            body: { data: { color: 'green' } },
          },
        },
      ],
      (cluster) => read(cluster, ONE).data,
      { color: 'green' },
    ],
    ['wait', [{ wait: { seconds: 60 } }], (cluster) => cluster.clock(EPOCH).now - EPOCH, 60_000],
  ];
  it.each(rows)('%s', (_, steps, look, wanted) => {
    const cluster = staged();
    expect(performSteps(cluster, steps, { actors: { dana } }, EPOCH)).toEqual([]);
    expect(look(cluster)).toEqual(wanted);
  });

  const one = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'shop', name: 'one' };
  const outcomes: readonly (readonly [string, Step, number | undefined])[] = [
    ['a denial that was expected', { as: 'dana', get: one, expect: 'denied' }, undefined],
    ['a denial that was not', { as: 'dana', get: one }, 403],
    ['an answer where a denial was expected', { get: one, expect: 'denied' }, 200],
    ['something missing, as expected', { get: { ...one, name: 'none' }, expect: 404 }, undefined],
    ['something missing is no denial', { get: { ...one, name: 'none' }, expect: 'denied' }, 404],
    ['deleting nothing', { delete: { ...one, name: 'none' } }, 404],
    ['deleting nothing, which may be', { delete: { ...one, name: 'none', ignoreNotFound: true } }, undefined],
    ['replacing nothing', { replace: [configMap('none', 'x')] }, 404],
    ['undoing nothing', { undo: target }, 404],
    ['an unknown kind', { get: { apiVersion: 'x/v1', kind: 'Y', name: 'z' } }, 404],
    ['an unknown persona', { as: 'eve', get: one }, 0],
    ['rights borrowed without the right to', { as: 'dana', impersonate: { user: 'root' }, get: one }, 403],
    ['rights borrowed from dana', { impersonate: { user: 'dana' }, get: one, expect: 'denied' }, undefined],
    ['a watch', { request: { method: 'GET', path: '/api/v1/pods', query: 'watch=1' } }, 501],
  ];
  it.each(outcomes)('tell %s', (_, step, code) => {
    const failures = performSteps(staged(), [step], { actors: { dana } }, EPOCH);
    expect(failures[0]?.code).toBe(code);
  });

  it('approve requests for certificates', () => {
    const request = {
      apiVersion: 'certificates.k8s.io/v1',
      kind: 'CertificateSigningRequest',
      metadata: { name: 'dana' },
      spec: {
        request: btoa('-----BEGIN CERTIFICATE REQUEST-----\nx\n-----END CERTIFICATE REQUEST-----\n'),
        signerName: 'example.com/none',
        usages: ['client auth'],
      },
    };
    const steps: Step[] = [{ create: [request] }, { certificate: { name: 'dana', decision: 'approve' } }];
    const failures = performSteps(staged(), steps, { actors: {} }, EPOCH);
    // What the request says is the API's affair; the step itself finds it and sends an approval.
    expect(failures.filter(({ step }) => step === 1).every(({ code }) => code !== 0)).toBe(true);
  });
});

it('a play that keeps its cluster too busy ends, and says so', () => {
  const cron = {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: { name: 'busy', namespace: 'shop' },
    spec: {
      schedule: '* * * * *',
      jobTemplate: {
        spec: {
          template: {
            spec: {
              restartPolicy: 'Never',
              containers: [{ name: 'c', image: 'busybox', command: ['true'] }],
            },
          },
        },
      },
    },
  };
  const steps = [{ create: [cron] }, { wait: { seconds: 6 * 3600 } }];
  const cluster = staged();
  const failures = performSteps(cluster, steps, { actors: {} }, EPOCH, { turns: 1 });
  expect(failures).toMatchObject([{ step: 1, message: expect.stringContaining('too much happens') }]);
  expect(performSteps(staged(), steps, { actors: {} }, EPOCH)).toEqual([]);
});

it('a rehearsal is graded after its steps had time to work', () => {
  const check = {
    id: 'three',
    points: 1,
    object: { ...target, match: { status: { readyReplicas: 3 } } },
  };
  const plan = {
    exercise: exercise({ checks: [check] }),
    steps: [{ scale: { ...target, replicas: 3 } }],
    settleSeconds: 15,
  };
  const report = rehearse(open(), plan, EPOCH);
  expect(report).toMatchObject({ manifestFailures: [], setupFailures: [], stepFailures: [] });
  expect(report.grading.verdicts.map(({ outcome }) => outcome)).toEqual(['passed']);
  expect(rehearse(open(), { ...plan, steps: [] }, EPOCH).grading.verdicts[0]?.outcome).toBe('failed');
});
