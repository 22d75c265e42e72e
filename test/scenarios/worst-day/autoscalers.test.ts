import { expect } from 'vitest';
import type { Harness } from '../../support/harness.ts';
import {
  type Act,
  all,
  change,
  type Day,
  describeDays,
  killAtEachStep,
  make,
  pathOf,
  remove,
  silence,
  statusOf,
} from './day.ts';
import { autoscaler, deployment, image, template } from './templates.ts';

const asking = { resources: { requests: { cpu: '100m' } } };

const busy = (replicas: number) => {
  const { spec, ...rest } = template('nginx:1.25');
  const containers = spec.containers.map((it) => ({ ...it, ...asking }));
  return deployment(replicas, 'nginx:1.25', { template: { ...rest, spec: { ...spec, containers } } });
};

/** What every pod uses from now on; `none`: nobody knows. */
const load = (at: number, cpu: string | null): Act =>
  change(at, 'namespaces', 'default', { metadata: { annotations: { 'kubicle.dev/cpu': cpu } } });

const world: readonly Act[] = [
  load(0, '50m'),
  make(0, 'deployments', busy(2)),
  make(20_000, 'horizontalpodautoscalers', autoscaler({ minReplicas: 2, maxReplicas: 6 })),
];

const told = (cluster: Harness, type: string): string => {
  const conditions = (statusOf(cluster, 'horizontalpodautoscalers', 'web')['conditions'] ?? []) as {
    readonly type: string;
    readonly status: string;
    readonly reason: string;
  }[];
  const found = conditions.find((it) => it.type === type);
  return `${found?.status} ${found?.reason}`;
};

const settled = (replicas: number) => (cluster: Harness) => {
  expect(statusOf(cluster, 'deployments', 'web')).toMatchObject({ replicas, readyReplicas: replicas });
  expect(statusOf(cluster, 'horizontalpodautoscalers', 'web')).toMatchObject({
    currentReplicas: replicas,
    desiredReplicas: replicas,
  });
  expect(told(cluster, 'ScalingActive')).toBe('True ValidMetricFound');
};

const days: readonly Day[] = [
  {
    name: 'more load, less load',
    acts: [...world, load(100_000, '100m'), load(300_000, '10m')],
    restMs: 1_200_000,
    holds: settled(2),
  },
  {
    name: 'pods killed at each step of growing, another image meanwhile',
    acts: [
      ...world,
      load(100_000, '200m'),
      change(116_000, 'deployments', 'web', {
        spec: { template: { metadata: { annotations: { a: 'b' } } } },
      }),
      ...killAtEachStep(116_100, 700, 12, 'app=web'),
    ],
    restMs: 300_000,
    holds: settled(6),
  },
  {
    name: 'its target deleted while it grows, and made again smaller',
    acts: [
      ...world,
      load(100_000, '200m'),
      remove(131_000, 'deployments', 'web'),
      make(300_000, 'deployments', busy(1)),
    ],
    restMs: 600_000,
    holds: settled(6),
  },
  {
    name: 'its target deleted for good',
    acts: [...world, load(100_000, '200m'), remove(131_000, 'deployments', 'web')],
    restMs: 300_000,
    holds: (cluster) => {
      expect(all(cluster, 'pods')).toEqual([]);
      expect(told(cluster, 'AbleToScale')).toBe('False FailedGetScale');
    },
  },
  {
    name: 'no metrics for a while, which changes nothing',
    acts: [...world, load(100_000, 'none'), load(700_000, '100m'), load(800_000, 'none')],
    restMs: 600_000,
    holds: (cluster) => {
      expect(statusOf(cluster, 'deployments', 'web')).toMatchObject({ replicas: 6 });
      expect(told(cluster, 'ScalingActive')).toBe('False FailedGetResourceMetric');
    },
  },
  {
    name: 'an image whose pods ask for nothing, and back',
    acts: [
      ...world,
      change(100_000, 'deployments', 'web', image('nginx:1.26')),
      load(200_000, '200m'),
      change(300_000, 'deployments', 'web', { spec: busy(2).spec }),
    ],
    restMs: 900_000,
    holds: settled(6),
  },
  {
    name: 'a node lost while it grows, and back',
    acts: [...world, load(100_000, '100m'), ...silence(116_000, 'node-1', 900_000)],
    restMs: 900_000,
    holds: settled(6),
  },
  {
    name: 'the clock jumps six hours after the load has gone',
    acts: [
      ...world,
      load(100_000, '200m'),
      load(200_000, '10m'),
      change(21_600_000, 'horizontalpodautoscalers', 'web', { spec: { maxReplicas: 4 } }),
      load(21_601_000, '200m'),
    ],
    restMs: 300_000,
    holds: settled(4),
  },
  {
    name: 'scaled by hand against it, its bounds moved, deleted',
    acts: [
      ...world,
      change(100_000, 'deployments', 'web', { spec: { replicas: 9 } }),
      change(130_000, 'deployments', 'web', { spec: { replicas: 0 } }),
      change(200_000, 'deployments', 'web', { spec: { replicas: 1 } }),
      change(300_000, 'horizontalpodautoscalers', 'web', { spec: { minReplicas: 3 } }),
      remove(400_000, 'horizontalpodautoscalers', 'web'),
      load(401_000, '1m'),
    ],
    restMs: 900_000,
    holds: (cluster) => {
      expect(all(cluster, 'horizontalpodautoscalers')).toEqual([]);
      const { spec } = cluster.get<{ readonly spec: { readonly replicas: number } }>(
        pathOf('deployments', 'web'),
      );
      // Back up to what it recommended in the last five minutes; nobody shrinks it any more.
      expect(spec.replicas).toBe(6);
    },
  },
];

describeDays('autoscalers', days);
