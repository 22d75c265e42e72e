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
import { cronJob, job } from './templates.ts';

type Cluster = Parameters<NonNullable<Day['holds']>>[0];

const ended = (type: string, counts: object) => (cluster: Cluster) => {
  const status = statusOf(cluster, 'jobs', 'work');
  expect(status).toMatchObject(counts);
  const conditions = status['conditions'] as { readonly type: string; readonly status: string }[];
  expect(conditions.filter((it) => it.status === 'True').map((it) => it.type)).toContain(type);
  const held = all(cluster, 'pods').filter(({ metadata }) => (metadata.finalizers ?? []).length > 0);
  expect(held.map(({ metadata }) => metadata.name)).toEqual([]);
};

const days: readonly Day[] = [
  {
    name: 'four completions, two at a time',
    acts: [make(0, 'jobs', job('sleep 1', { completions: 4, parallelism: 2 }))],
    restMs: 40_000,
    holds: ended('Complete', { succeeded: 4 }),
  },
  {
    name: 'a pod killed at each step',
    acts: [
      make(0, 'jobs', job('sleep 3', { completions: 3, parallelism: 2, backoffLimit: 20 })),
      ...killAtEachStep(500, 900, 8, 'app=work'),
    ],
    restMs: 1_200_000,
    holds: ended('Complete', { succeeded: 3 }),
  },
  {
    name: 'fails until the limit',
    acts: [make(0, 'jobs', job('exit 3', { backoffLimit: 2 }))],
    restMs: 300_000,
    holds: ended('Failed', { failed: 3 }),
  },
  {
    name: 'suspended in the middle, another parallelism, resumed',
    acts: [
      make(0, 'jobs', job('sleep 4', { completions: 4, parallelism: 2 })),
      change(2_500, 'jobs', 'work', { spec: { suspend: true } }),
      change(20_000, 'jobs', 'work', { spec: { parallelism: 4 } }),
      change(30_000, 'jobs', 'work', { spec: { suspend: false } }),
    ],
    restMs: 60_000,
    holds: ended('Complete', { succeeded: 4 }),
  },
  {
    name: 'the deadline passes while nobody looks',
    acts: [make(0, 'jobs', job('sleep 3600', { activeDeadlineSeconds: 30 })), kill(86_400_000, 'app=work')],
    restMs: 30_000,
    holds: ended('Failed', {}),
  },
  {
    name: 'a node lost and deleted',
    acts: [
      make(0, 'jobs', job('sleep 20', { completions: 2, parallelism: 2, backoffLimit: 6 })),
      ...silence(3_000, 'node-1'),
      remove(400_000, 'nodes', 'node-1'),
    ],
    restMs: 600_000,
    holds: ended('Complete', { succeeded: 2 }),
  },
  {
    name: 'deleted in the middle, its pods go with it',
    acts: [
      make(0, 'jobs', job('sleep 30', { completions: 2, parallelism: 2 })),
      remove(2_000, 'jobs', 'work', { propagationPolicy: 'Background' }),
    ],
    restMs: 60_000,
    holds: (cluster) => expect(all(cluster, 'pods')).toEqual([]),
  },
  {
    name: 'every minute, one at a time, with history limits',
    acts: [
      make(0, 'cronjobs', cronJob('sleep 5', { concurrencyPolicy: 'Forbid', successfulJobsHistoryLimit: 2 })),
      change(600_000, 'cronjobs', 'tick', { spec: { suspend: true } }),
    ],
    restMs: 200_000,
    holds: (cluster) => expect(all(cluster, 'jobs')).toHaveLength(2),
  },
  {
    name: 'the clock jumps over a day of minutes',
    acts: [
      make(0, 'cronjobs', cronJob('true', { startingDeadlineSeconds: 100 })),
      change(70_000, 'cronjobs', 'tick', { spec: { suspend: true } }),
      change(86_400_000, 'cronjobs', 'tick', { spec: { suspend: false } }),
      remove(86_500_000, 'cronjobs', 'tick'),
    ],
    restMs: 60_000,
    holds: (cluster) => expect(all(cluster, 'jobs')).toEqual([]),
  },
];

describeDays('jobs', days);
