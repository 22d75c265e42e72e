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

const windowed = (up: number, down: number) => ({
  scaleUp: { stabilizationWindowSeconds: up },
  scaleDown: { stabilizationWindowSeconds: down },
});

test.each([
  ['lower recommendations hold a rise back', 4, 9, 4, 3, 'ScaleUpStabilized'],
  ['a rise goes as far as all recommendations went', 4, 9, 6, 6, 'ScaleUpStabilized'],
  ['higher recommendations hold a fall back', 6, 2, 6, 40, 'ScaleDownStabilized'],
  ['a fall goes as far as all recommendations went', 6, 2, 5, 5, 'ScaleDownStabilized'],
])('with windows: %s', (_, current, desired, replicas, before, reason) => {
  const history = { ...none, recommendations: [[NOW - 10_000, before]] as const };
  expect(stabilize(history, windowed(60, 60), current, desired, NOW)).toMatchObject({ replicas, reason });
});

test('percentages are computed as floating point numbers are', () => {
  const rules = { policies: [{ type: 'Percent', value: 10, periodSeconds: 60 }] };
  const behavior = { scaleUp: rules, scaleDown: rules };
  // 3 * 1.1 is a little more than 3.3, 19 * 0.9 a little more than 17.1.
  expect(limit(hpa(behavior), none, 3, 12, NOW).replicas).toBe(4);
  expect(limit(hpa(behavior), none, 19, 2, NOW).replicas).toBe(17);
});

test('an autoscaler may go to zero', () => {
  const toZero = { ...hpa(), spec: { ...hpa().spec, minReplicas: 0 } } as HorizontalPodAutoscaler;
  expect(limit(toZero, none, 2, 0, NOW)).toMatchObject({ replicas: 0, reason: 'DesiredWithinRange' });
});
