import { expect } from 'vitest';
import type { Harness } from '../../support/harness.ts';
import { type Act, all, change, type Day, describeDays, kill, make, pathOf, remove } from './day.ts';
import { deployment, job, quota, template } from './templates.ts';

/** Tries to make so many pods in one moment; the rest is refused, and nothing of it is left. */
const crowd = (at: number, prefix: string, tries: number, made: number): Act => ({
  at,
  act: (cluster) => {
    const answers = Array.from({ length: tries }, (_, index) => {
      const { metadata, spec } = template('nginx:1.25');
      const body = {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { ...metadata, name: `${prefix}-${index}` },
        spec,
      };
      return cluster.request('POST', pathOf('pods'), { body }).status;
    });
    expect(answers.filter((status) => status === 201)).toHaveLength(made);
    expect(answers.filter((status) => status === 403)).toHaveLength(tries - made);
    checkCount(cluster);
  },
});

const podsOf = (amounts: unknown): number => Number((amounts as { readonly pods?: string }).pods);

const livePods = (cluster: Harness): number =>
  all(cluster, 'pods').filter(({ status }) => !['Succeeded', 'Failed'].includes(String(status?.['phase'])))
    .length;

/** What the quotas say is what there is. */
const checkCount = (cluster: Harness): void => {
  for (const { spec, status } of all(cluster, 'resourcequotas')) {
    expect(status?.['hard']).toEqual(spec?.['hard']);
    expect(podsOf(status?.['used'])).toBe(livePods(cluster));
  }
};

const counted = (pods: number) => (cluster: Harness) => {
  expect(livePods(cluster)).toBe(pods);
  checkCount(cluster);
};

const pods = (count: number) => ({ spec: { hard: { pods: String(count) } } });

const days: readonly Day[] = [
  {
    name: 'pods made to the limit, deleted, made again',
    acts: [
      make(0, 'resourcequotas', quota({ pods: '3' })),
      crowd(1_000, 'a', 5, 3),
      crowd(5_000, 'b', 2, 0),
      kill(6_000, 'app=web'),
      crowd(20_000, 'c', 3, 1),
    ],
    restMs: 20_000,
    holds: counted(3),
  },
  {
    name: 'pods that are going count until they are gone',
    acts: [
      make(0, 'resourcequotas', quota({ pods: '2' })),
      crowd(1_000, 'a', 2, 2),
      kill(10_000, 'app=web', { gracePeriodSeconds: 30 }),
      crowd(10_001, 'b', 1, 0),
      kill(10_100, 'app=web', { gracePeriodSeconds: 0 }),
      crowd(15_000, 'c', 3, 2),
    ],
    restMs: 60_000,
    holds: counted(2),
  },
  {
    name: 'shrunk below what is used, and widened',
    acts: [
      make(0, 'resourcequotas', quota({ pods: '4' })),
      crowd(1_000, 'a', 4, 4),
      change(5_000, 'resourcequotas', 'limit', pods(2)),
      crowd(6_000, 'b', 2, 0),
      kill(7_000, 'app=web', { gracePeriodSeconds: 0 }),
      crowd(12_000, 'c', 2, 0),
      change(13_000, 'resourcequotas', 'limit', pods(5)),
      crowd(14_000, 'd', 4, 2),
    ],
    restMs: 20_000,
    holds: counted(5),
  },
  {
    name: 'a Deployment held back until the quota is deleted',
    acts: [
      make(0, 'resourcequotas', quota({ pods: '2' })),
      make(1_000, 'deployments', deployment(4, 'nginx:1.25')),
      kill(5_000, 'app=web', { gracePeriodSeconds: 0 }),
      remove(20_000, 'resourcequotas', 'limit'),
    ],
    restMs: 1_200_000,
    holds: counted(4),
  },
  {
    name: 'a Deployment held back, the quota widened while nobody looks',
    acts: [
      make(0, 'resourcequotas', quota({ pods: '1' })),
      make(1_000, 'deployments', deployment(3, 'nginx:1.25')),
      change(3_600_000, 'resourcequotas', 'limit', pods(3)),
    ],
    restMs: 1_200_000,
    holds: counted(3),
  },
  {
    name: 'pods that finish make room',
    acts: [
      make(0, 'resourcequotas', quota({ pods: '2' })),
      make(1_000, 'jobs', job('sleep 3', { completions: 6, parallelism: 4 })),
    ],
    restMs: 1_200_000,
    holds: (cluster) => {
      counted(0)(cluster);
      expect(all(cluster, 'pods')).toHaveLength(6);
    },
  },
  {
    name: 'two quotas, the narrower one decides; made over what is there',
    acts: [
      crowd(0, 'a', 3, 3),
      make(1_000, 'resourcequotas', quota({ pods: '2' })),
      make(1_000, 'resourcequotas', quota({ pods: '9', configmaps: '9' }, 'wide')),
      crowd(2_000, 'b', 2, 0),
      remove(3_000, 'resourcequotas', 'limit'),
      crowd(4_000, 'c', 8, 6),
    ],
    restMs: 20_000,
    holds: counted(9),
  },
];

describeDays('quotas', days);
