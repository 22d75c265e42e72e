import { expect, test } from 'vitest';
import type { HorizontalPodAutoscaler } from '../kinds/generated/types.ts';
import { type History, limit, stabilize } from './autoscaler-limits.ts';

const NOW = 1_000_000;
const none: History = { base: 0, recommendations: [], ups: [], downs: [] };

const hpa = (behavior?: object): HorizontalPodAutoscaler =>
  ({
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: {},
    spec: { minReplicas: 2, maxReplicas: 20, ...(behavior ? { behavior } : {}) },
  }) as never;

test.each([
  ['within the bounds', 4, 6, 6, 'DesiredWithinRange'],
  ['below the minimum', 4, 1, 2, 'TooFewReplicas'],
  ['no more than twice as many', 4, 12, 8, 'ScaleUpLimit'],
  ['above the maximum', 15, 30, 20, 'TooManyReplicas'],
])('without behaviour: %s', (_, current, desired, replicas, reason) => {
  expect(limit(hpa(), none, current, desired, NOW)).toMatchObject({ replicas, reason });
});

test('a pods policy limits what is added in its period', () => {
  const behavior = { scaleUp: { policies: [{ type: 'Pods', value: 2, periodSeconds: 60 }] } };
  expect(limit(hpa(behavior), none, 4, 12, NOW)).toMatchObject({ replicas: 6, reason: 'ScaleUpLimit' });
  const used = { ...none, ups: [[NOW - 10_000, 2]] as const };
  expect(limit(hpa(behavior), used, 6, 12, NOW)).toMatchObject({ replicas: 6 });
});

test('scaling down can be disabled', () => {
  const behavior = { scaleDown: { selectPolicy: 'Disabled' } };
  expect(limit(hpa(behavior), none, 6, 2, NOW)).toMatchObject({ replicas: 6, reason: 'ScaleDownLimit' });
});

test('the highest recommendation of the window holds a scale-down back', () => {
  const history = { ...none, recommendations: [[NOW - 200_000, 7]] as const };
  expect(stabilize(history, undefined, 7, 3, NOW)).toMatchObject({
    replicas: 7,
    reason: 'ScaleDownStabilized',
  });
  expect(stabilize(history, undefined, 7, 3, NOW + 200_000)).toEqual({ replicas: 3 });
});
