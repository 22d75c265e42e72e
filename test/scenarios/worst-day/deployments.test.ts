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
import { deployment, image } from './templates.ts';

const settled = (replicas: number) => (cluster: Parameters<NonNullable<Day['holds']>>[0]) => {
  expect(statusOf(cluster, 'deployments', 'web')).toMatchObject({
    replicas,
    updatedReplicas: replicas,
    availableReplicas: replicas,
  });
};

const days: readonly Day[] = [
  {
    name: 'made, rolled, scaled, deleted',
    acts: [
      make(0, 'deployments', deployment(3, 'nginx:1.25')),
      change(6_000, 'deployments', 'web', image('nginx:1.26')),
      change(14_000, 'deployments', 'web', { spec: { replicas: 5 } }),
      remove(20_000, 'deployments', 'web'),
    ],
    restMs: 20_000,
    holds: (cluster) => expect(all(cluster, 'pods')).toEqual([]),
  },
  {
    name: 'a pod killed at each step of a rollout',
    acts: [
      make(0, 'deployments', deployment(4, 'nginx:1.25')),
      change(5_000, 'deployments', 'web', image('nginx:1.26')),
      ...killAtEachStep(5_010, 270, 12, 'app=web'),
    ],
    restMs: 40_000,
    holds: settled(4),
  },
  {
    name: 'another image twice in the middle, then back',
    acts: [
      make(0, 'deployments', deployment(6, 'nginx:1.25', { revisionHistoryLimit: 1 })),
      change(4_000, 'deployments', 'web', image('nginx:1.26')),
      change(4_700, 'deployments', 'web', image('nginx:1.27')),
      change(5_300, 'deployments', 'web', image('nginx:1.25')),
    ],
    restMs: 40_000,
    holds: settled(6),
  },
  {
    name: 'the new ReplicaSet deleted in the middle of a rollout',
    acts: [
      make(0, 'deployments', deployment(3, 'nginx:1.25')),
      change(4_000, 'deployments', 'web', image('nginx:1.26')),
      {
        at: 4_300,
        act: (cluster) => {
          const newest = all(cluster, 'replicasets').find(
            ({ metadata }) => metadata.annotations?.['deployment.kubernetes.io/revision'] === '2',
          );
          cluster.expect(
            200,
            'DELETE',
            `/apis/apps/v1/namespaces/default/replicasets/${newest?.metadata.name}`,
          );
        },
      },
    ],
    restMs: 40_000,
    holds: settled(3),
  },
  {
    name: 'a node lost in the middle, and back',
    acts: [
      make(0, 'deployments', deployment(4, 'nginx:1.25')),
      ...silence(4_000, 'node-1', 500_000),
      change(5_000, 'deployments', 'web', image('nginx:1.26')),
    ],
    restMs: 120_000,
    holds: settled(4),
  },
  {
    name: 'a node deleted',
    acts: [make(0, 'deployments', deployment(4, 'nginx:1.25')), remove(5_000, 'nodes', 'node-2')],
    restMs: 200_000,
    holds: settled(4),
  },
  {
    name: 'an image that does not exist, found out after the deadline, undone',
    acts: [
      make(0, 'deployments', deployment(3, 'nginx:1.25', { progressDeadlineSeconds: 20 })),
      change(5_000, 'deployments', 'web', image('nginx:does-not-exist')),
      change(60_000, 'deployments', 'web', image('nginx:1.25')),
    ],
    restMs: 60_000,
    holds: settled(3),
  },
  {
    name: 'deleted while pods are being made, a day asleep',
    acts: [
      make(0, 'deployments', deployment(40, 'nginx:1.25')),
      remove(30, 'deployments', 'web'),
      make(60, 'deployments', deployment(2, 'nginx:1.26')),
      kill(86_400_000, 'app=web'),
    ],
    restMs: 60_000,
    holds: settled(2),
  },
  {
    name: 'recreated with a pod killed in between',
    acts: [
      make(0, 'deployments', deployment(3, 'nginx:1.25', { strategy: { type: 'Recreate' } })),
      change(5_000, 'deployments', 'web', image('nginx:1.26')),
      ...killAtEachStep(5_100, 400, 6, 'app=web'),
    ],
    restMs: 40_000,
    holds: settled(3),
  },
];

describeDays('deployments', days);
