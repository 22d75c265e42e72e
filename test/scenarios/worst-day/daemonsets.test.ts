import { expect } from 'vitest';
import {
  all,
  change,
  type Day,
  describeDays,
  killAtEachStep,
  make,
  remove,
  silence,
  statusOf,
} from './day.ts';
import { daemonSet, image } from './templates.ts';

type Cluster = Parameters<NonNullable<Day['holds']>>[0];

const settled = (nodes: number) => (cluster: Cluster) =>
  expect(statusOf(cluster, 'daemonsets', 'web')).toMatchObject({
    currentNumberScheduled: nodes,
    desiredNumberScheduled: nodes,
    numberReady: nodes,
    updatedNumberScheduled: nodes,
    numberMisscheduled: 0,
  });

const days: readonly Day[] = [
  {
    name: 'made, rolled, deleted',
    acts: [
      make(0, 'daemonsets', daemonSet('nginx:1.25')),
      change(5_000, 'daemonsets', 'web', image('nginx:1.26')),
      remove(20_000, 'daemonsets', 'web'),
    ],
    restMs: 20_000,
    holds: (cluster) => expect(all(cluster, 'pods')).toEqual([]),
  },
  {
    name: 'a pod killed at each step of an update with surge',
    acts: [
      make(
        0,
        'daemonsets',
        daemonSet('nginx:1.25', {
          updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
        }),
      ),
      change(5_000, 'daemonsets', 'web', image('nginx:1.26')),
      ...killAtEachStep(5_050, 330, 10, 'app=web'),
    ],
    restMs: 60_000,
    holds: settled(2),
  },
  {
    name: 'a node lost and back, its label taken and given',
    acts: [
      change(0, 'nodes', 'node-1', { metadata: { labels: { pool: 'a' } } }),
      change(0, 'nodes', 'node-2', { metadata: { labels: { pool: 'a' } } }),
      make(
        10,
        'daemonsets',
        daemonSet('nginx:1.25', {
          template: {
            metadata: { labels: { app: 'web' } },
            spec: { nodeSelector: { pool: 'a' }, containers: [{ name: 'c', image: 'nginx:1.25' }] },
          },
        }),
      ),
      ...silence(5_000, 'node-1', 300_000),
      change(400_000, 'nodes', 'node-2', { metadata: { labels: { pool: 'b' } } }),
      change(450_000, 'nodes', 'node-2', { metadata: { labels: { pool: 'a' } } }),
    ],
    restMs: 60_000,
    holds: settled(2),
  },
  {
    name: 'a node deleted in the middle of an update',
    acts: [
      make(0, 'daemonsets', daemonSet('nginx:1.25')),
      change(5_000, 'daemonsets', 'web', image('nginx:1.26')),
      remove(5_400, 'nodes', 'node-2'),
      change(300_000, 'daemonsets', 'web', image('nginx:1.27')),
    ],
    restMs: 60_000,
    holds: settled(1),
  },
];

describeDays('daemonsets', days);
