import { expect } from 'vitest';
import {
  all,
  change,
  type Day,
  describeDays,
  kill,
  killAtEachStep,
  make,
  remove,
  silence,
  statusOf,
} from './day.ts';
import { image, statefulSet } from './templates.ts';

type Cluster = Parameters<NonNullable<Day['holds']>>[0];

const settled = (replicas: number) => (cluster: Cluster) => {
  expect(statusOf(cluster, 'statefulsets', 'web')).toMatchObject({ replicas, readyReplicas: replicas });
  const names = all(cluster, 'pods').map(({ metadata }) => metadata.name);
  expect(names).toEqual(Array.from({ length: replicas }, (_, ordinal) => `web-${ordinal}`));
};

const days: readonly Day[] = [
  {
    name: 'made in order, rolled in reverse, scaled down',
    acts: [
      make(0, 'statefulsets', statefulSet(3, 'nginx:1.25')),
      change(10_000, 'statefulsets', 'web', image('nginx:1.26')),
      change(30_000, 'statefulsets', 'web', { spec: { replicas: 1 } }),
    ],
    restMs: 20_000,
    holds: settled(1),
  },
  {
    name: 'a pod killed at each step of the start',
    acts: [make(0, 'statefulsets', statefulSet(3, 'nginx:1.25')), ...killAtEachStep(200, 450, 10, 'app=web')],
    restMs: 40_000,
    holds: settled(3),
  },
  {
    name: 'another image in the middle of an update, in parallel',
    acts: [
      make(0, 'statefulsets', statefulSet(4, 'nginx:1.25', { podManagementPolicy: 'Parallel' })),
      change(5_000, 'statefulsets', 'web', image('nginx:1.26')),
      change(6_000, 'statefulsets', 'web', image('nginx:1.27')),
      kill(6_500, 'app=web'),
    ],
    restMs: 60_000,
    holds: settled(4),
  },
  {
    name: 'an update that cannot start sticks until the pod is deleted',
    acts: [
      make(0, 'statefulsets', statefulSet(2, 'nginx:1.25')),
      change(8_000, 'statefulsets', 'web', image('nginx:does-not-exist')),
      change(30_000, 'statefulsets', 'web', image('nginx:1.26')),
      remove(60_000, 'pods', 'web-1'),
    ],
    restMs: 40_000,
    holds: settled(2),
  },
  {
    name: 'a lost node keeps its pods until they are deleted by force',
    acts: [
      make(0, 'statefulsets', statefulSet(2, 'nginx:1.25')),
      {
        at: 10_000,
        act: (cluster) => {
          const node = String(
            cluster.get<{ spec: { nodeName: string } }>('/api/v1/namespaces/default/pods/web-0').spec
              .nodeName,
          );
          silence(10_000, node)[0]?.act(cluster);
        },
      },
      {
        at: 800_000,
        act: (cluster) => {
          const pod = cluster.get<{ metadata: { deletionTimestamp?: string } }>(
            '/api/v1/namespaces/default/pods/web-0',
          );
          expect(pod.metadata.deletionTimestamp).toBeDefined();
          cluster.request('DELETE', '/api/v1/namespaces/default/pods/web-0', {
            body: { gracePeriodSeconds: 0 },
          });
        },
      },
    ],
    restMs: 60_000,
    holds: settled(2),
  },
  {
    name: 'deleted in the middle of the start and made again, asleep for a day',
    acts: [
      make(0, 'statefulsets', statefulSet(3, 'nginx:1.25')),
      remove(700, 'statefulsets', 'web'),
      make(900, 'statefulsets', statefulSet(2, 'nginx:1.26')),
      kill(86_400_000, 'app=web'),
    ],
    restMs: 60_000,
    holds: settled(2),
  },
];

describeDays('statefulsets', days);
