import { expect } from 'vitest';
import type { Harness } from '../../support/harness.ts';
import {
  type Act,
  all,
  change,
  type Day,
  describeDays,
  kill,
  killAtEachStep,
  type Loose,
  make,
  pathOf,
  remove,
  silence,
} from './day.ts';
import { deployment, image, service, template } from './templates.ts';

interface Published {
  readonly subsets?: readonly { readonly addresses?: readonly { readonly ip: string }[] }[];
  readonly endpoints?:
    | readonly { readonly addresses: readonly string[]; readonly conditions: { readonly ready: boolean } }[]
    | null;
}

const isReady = ({ metadata, status }: Loose): boolean =>
  metadata.deletionTimestamp === undefined &&
  ((status?.['conditions'] ?? []) as { readonly type: string; readonly status: string }[]).some(
    (it) => it.type === 'Ready' && it.status === 'True',
  );

/** Endpoints and slices hold the addresses of the ready pods of an app, and of no others. */
const reaches = (app: string, count: number) => (cluster: Harness) => {
  const wanted = all(cluster, 'pods', `?labelSelector=app%3D${app}`)
    .filter(isReady)
    .map(({ status }) => String(status?.['podIP']))
    .sort();
  expect(wanted).toHaveLength(count);
  const { subsets = [] } = cluster.get<Published>(pathOf('endpoints', 'web'));
  expect(subsets.flatMap(({ addresses = [] }) => addresses.map(({ ip }) => ip)).sort()).toEqual(wanted);
  const slices = all(cluster, 'endpointslices', '?labelSelector=kubernetes.io%2Fservice-name%3Dweb');
  const endpoints = slices.flatMap((slice) => (slice as Published).endpoints ?? []);
  expect(
    endpoints
      .filter(({ conditions }) => conditions.ready)
      .flatMap(({ addresses }) => addresses)
      .sort(),
  ).toEqual(wanted);
};

/** Nothing of the Service is left. */
const reachesNothing = (cluster: Harness): void => {
  const names = (resource: string) => all(cluster, resource).map(({ metadata }) => metadata.name);
  expect([...names('endpoints'), ...names('endpointslices')]).toEqual(['kubernetes', 'kubernetes']);
};

const FLIPPING =
  'sleep 5; touch /tmp/ok; sleep 10; rm /tmp/ok; sleep 10; touch /tmp/ok; sleep 10; rm /tmp/ok; sleep 9999';

/** A Deployment whose pods are ready from time to time. */
const flipping = (replicas: number) => {
  const { metadata, spec } = template('busybox');
  const probe = { exec: { command: ['cat', '/tmp/ok'] }, periodSeconds: 1, failureThreshold: 1 };
  const container = { name: 'c', image: 'busybox', command: ['sh', '-c', FLIPPING], readinessProbe: probe };
  return deployment(replicas, 'busybox', {
    template: { metadata, spec: { ...spec, containers: [container] } },
  });
};

/** The first pod of `web` is called another app's, or is called back. */
const relabel = (at: number, from: string, to: string): Act => ({
  at,
  act: (cluster) => {
    const [pod] = all(cluster, 'pods', `?labelSelector=app%3D${from}`);
    expect(pod).toBeDefined();
    change(at, 'pods', pod?.metadata.name ?? '', { metadata: { labels: { app: to } } }).act(cluster);
  },
});

const web: readonly Act[] = [
  make(0, 'services', service()),
  make(0, 'deployments', deployment(3, 'nginx:1.25')),
];

const days: readonly Day[] = [
  {
    name: 'made, scaled up and down, deleted',
    acts: [
      ...web,
      change(6_000, 'deployments', 'web', { spec: { replicas: 5 } }),
      change(12_000, 'deployments', 'web', { spec: { replicas: 0 } }),
      remove(20_000, 'services', 'web'),
    ],
    restMs: 20_000,
    holds: reachesNothing,
  },
  {
    name: 'pods killed again and again',
    acts: [...web, ...killAtEachStep(5_000, 430, 10, 'app=web'), kill(15_000, 'app=web')],
    restMs: 40_000,
    holds: reaches('web', 3),
  },
  {
    name: 'readiness that comes and goes',
    acts: [make(0, 'services', service()), make(0, 'deployments', flipping(2)), kill(22_000, 'app=web')],
    restMs: 120_000,
    holds: reaches('web', 0),
  },
  {
    name: 'unready pods published all the same, then not',
    acts: [
      make(0, 'services', service('web', { publishNotReadyAddresses: true, clusterIP: 'None' })),
      make(0, 'deployments', flipping(2)),
      change(12_000, 'services', 'web', { spec: { publishNotReadyAddresses: false } }),
    ],
    restMs: 120_000,
    holds: reaches('web', 0),
  },
  {
    name: 'the selector changed in the middle of a rollout, and back',
    acts: [
      ...web,
      change(6_000, 'deployments', 'web', image('nginx:1.26')),
      change(6_400, 'services', 'web', { spec: { selector: { app: 'other' } } }),
      change(9_000, 'services', 'web', { spec: { selector: { app: 'web' } } }),
      change(9_010, 'deployments', 'web', image('nginx:1.27')),
    ],
    restMs: 40_000,
    holds: reaches('web', 3),
  },
  {
    name: 'the port changed in the middle of a rollout',
    acts: [
      ...web,
      change(6_000, 'deployments', 'web', image('nginx:1.26')),
      change(6_300, 'services', 'web', { spec: { ports: [{ port: 81, targetPort: 8080 }] } }),
    ],
    restMs: 40_000,
    holds: (cluster) => {
      reaches('web', 3)(cluster);
      const [slice] = all(cluster, 'endpointslices', '?labelSelector=kubernetes.io%2Fservice-name%3Dweb');
      expect(slice).toMatchObject({ ports: [{ port: 8080 }] });
    },
  },
  {
    name: 'the Service deleted and made again in one moment, and with a pod killed in between',
    acts: [
      ...web,
      remove(6_000, 'services', 'web'),
      make(6_000, 'services', service()),
      remove(12_000, 'services', 'web'),
      kill(12_100, 'app=web', { gracePeriodSeconds: 0 }),
      make(12_200, 'services', service()),
    ],
    restMs: 40_000,
    holds: reaches('web', 3),
  },
  {
    name: 'its slices and Endpoints deleted by hand',
    acts: [
      ...web,
      {
        at: 6_000,
        act: (cluster) => {
          const query = '?labelSelector=kubernetes.io%2Fservice-name%3Dweb';
          cluster.expect(200, 'DELETE', `${pathOf('endpointslices')}${query}`);
        },
      },
      remove(8_000, 'endpoints', 'web'),
    ],
    restMs: 40_000,
    holds: reaches('web', 3),
  },
  {
    name: 'a pod taken out by its label, and put back',
    acts: [...web, relabel(6_000, 'web', 'debug'), relabel(12_000, 'debug', 'web')],
    restMs: 40_000,
    holds: reaches('web', 3),
  },
  {
    name: 'a node lost, and back',
    acts: [...web, ...silence(6_000, 'node-1', 500_000)],
    restMs: 120_000,
    holds: reaches('web', 3),
  },
  {
    name: 'a node lost for good, the Service remade meanwhile',
    acts: [
      ...web,
      ...silence(6_000, 'node-1'),
      remove(60_000, 'services', 'web'),
      make(100_000, 'services', service()),
      remove(400_000, 'nodes', 'node-1'),
    ],
    restMs: 200_000,
    holds: reaches('web', 3),
  },
];

describeDays('endpoints', days);
