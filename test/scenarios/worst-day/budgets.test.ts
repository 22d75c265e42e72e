import { expect } from 'vitest';
import type { Harness } from '../../support/harness.ts';
import {
  type Act,
  all,
  change,
  type Day,
  describeDays,
  kill,
  make,
  pathOf,
  silence,
  statusOf,
} from './day.ts';
import { budget, deployment, image } from './templates.ts';

const readyPods = (cluster: Harness): number =>
  all(cluster, 'pods').filter(
    ({ metadata, status }) =>
      metadata.deletionTimestamp === undefined &&
      (status?.['conditions'] as { readonly type: string; readonly status: string }[] | undefined)?.some(
        (it) => it.type === 'Ready' && it.status === 'True',
      ),
  ).length;

/** Evicts every pod at once; the budget may never let fewer than `least` ready ones stay. */
const storm = (at: number, least: number): Act => ({
  at,
  act: (cluster) => {
    for (const { metadata } of all(cluster, 'pods')) {
      const before = readyPods(cluster);
      const body = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: metadata.name } };
      const { status } = cluster.request('POST', `${pathOf('pods', metadata.name)}/eviction`, { body });
      expect([201, 429]).toContain(status);
      if (status === 201 && before >= least) expect(readyPods(cluster)).toBeGreaterThanOrEqual(least);
    }
  },
});

const settled = (cluster: Harness): void => {
  expect(statusOf(cluster, 'deployments', 'web')).toMatchObject({ replicas: 4, availableReplicas: 4 });
  expect(statusOf(cluster, 'poddisruptionbudgets', 'web')).toMatchObject({ currentHealthy: 4 });
  expect(statusOf(cluster, 'poddisruptionbudgets', 'web')['disruptedPods']).toBeUndefined();
};

const days: readonly Day[] = [
  {
    name: 'evictions again and again leave three of four',
    acts: [
      make(0, 'deployments', deployment(4, 'nginx:1.25')),
      make(0, 'poddisruptionbudgets', budget({ minAvailable: 3 })),
      ...Array.from({ length: 12 }, (_, step) => storm(4_000 + step * 310, 3)),
    ],
    restMs: 60_000,
    holds: settled,
  },
  {
    name: 'evictions in the middle of a rollout, and a pod killed besides',
    acts: [
      make(0, 'deployments', deployment(4, 'nginx:1.25')),
      make(0, 'poddisruptionbudgets', budget({ maxUnavailable: '25%' })),
      change(5_000, 'deployments', 'web', image('nginx:1.26')),
      ...Array.from({ length: 6 }, (_, step) => storm(5_100 + step * 400, 3)),
      kill(6_000, 'app=web', { gracePeriodSeconds: 0 }),
    ],
    restMs: 60_000,
    holds: settled,
  },
  {
    name: 'the budget changed and deleted between evictions, a node lost',
    acts: [
      make(0, 'deployments', deployment(4, 'nginx:1.25')),
      make(0, 'poddisruptionbudgets', budget({ minAvailable: 4 })),
      storm(4_000, 4),
      change(5_000, 'poddisruptionbudgets', 'web', { spec: { minAvailable: 2 } }),
      storm(6_000, 2),
      ...silence(12_000, 'node-1', 400_000),
      storm(60_000, 0),
    ],
    restMs: 500_000,
    holds: settled,
  },
];

describeDays('budgets', days);
