/** Limits of scaling: bounds, rates, stabilisation (pkg/controller/podautoscaler/horizontal.go, 1.36). */

import type { HorizontalPodAutoscaler } from '../kinds/generated/types.ts';
import type { Instant } from '../machinery/time.ts';

const DOWN_WINDOW_S = 300;

type Behavior = NonNullable<NonNullable<HorizontalPodAutoscaler['spec']>['behavior']>;
type Rules = NonNullable<Behavior['scaleUp']>;

/** What an autoscaler remembers: recommendations and scale events, each with its instant. */
export interface History {
  readonly base: Instant;
  readonly recommendations: readonly (readonly [at: Instant, replicas: number])[];
  readonly ups: readonly (readonly [at: Instant, change: number])[];
  readonly downs: readonly (readonly [at: Instant, change: number])[];
}

/** A limited number of replicas with why it was limited. */
export interface Limited {
  readonly replicas: number;
  readonly reason: string;
  readonly message: string;
}

const within: Omit<Limited, 'replicas'> = {
  reason: 'DesiredWithinRange',
  message: 'the desired count is within the acceptable range',
};
const upLimit: Omit<Limited, 'replicas'> = {
  reason: 'ScaleUpLimit',
  message: 'the desired replica count is increasing faster than the maximum scale rate',
};
const tooMany: Omit<Limited, 'replicas'> = {
  reason: 'TooManyReplicas',
  message: 'the desired replica count is more than the maximum replica count',
};
const downLimit: Omit<Limited, 'replicas'> = {
  reason: 'ScaleDownLimit',
  message: 'the desired replica count is decreasing faster than the maximum scale rate',
};
const tooFew: Omit<Limited, 'replicas'> = {
  reason: 'TooFewReplicas',
  message: 'the desired replica count is less than the minimum replica count',
};
/** The window (seconds) in which old recommendations hold a change back. */
export const windows = (behavior: Behavior | undefined): { readonly up: number; readonly down: number } => ({
  up: behavior?.scaleUp?.stabilizationWindowSeconds ?? 0,
  down: behavior?.scaleDown?.stabilizationWindowSeconds ?? DOWN_WINDOW_S,
});

interface Stabilized {
  readonly replicas: number;
  readonly reason?: string;
  readonly message?: string;
}

const heldUp: Omit<Stabilized, 'replicas'> = {
  reason: 'ScaleUpStabilized',
  message: 'recent recommendations were lower than current one, applying the lowest recent recommendation',
};
const heldDown: Omit<Stabilized, 'replicas'> = {
  reason: 'ScaleDownStabilized',
  message: 'recent recommendations were higher than current one, applying the highest recent recommendation',
};

/**
 * Applies the recommendations of the window; `reason` is set when that changed the wish. Without a behaviour the highest
 * recommendation counts; with one, the present size is moved no further than into what was recommended all the time.
 */
export const stabilize = (
  history: History,
  behavior: Behavior | undefined,
  current: number,
  desired: number,
  now: Instant,
): Stabilized => {
  const { up, down } = windows(behavior);
  const since = (seconds: number): readonly number[] =>
    history.recommendations.filter(([at]) => at > now - seconds * 1000).map(([, replicas]) => replicas);
  const highest = Math.max(desired, ...since(down));
  if (behavior === undefined)
    return highest === desired ? { replicas: desired } : { replicas: highest, ...heldDown };
  const lowest = Math.min(desired, ...since(up));
  const replicas = Math.min(Math.max(current, lowest), highest);
  if (replicas === desired) return { replicas };
  return { replicas, ...(desired >= current ? heldUp : heldDown) };
};

const changeWithin = (events: History['ups'], seconds: number, now: Instant): number =>
  events.filter(([at]) => at > now - seconds * 1000).reduce((sum, [, change]) => sum + change, 0);

const rateLimit = (
  rules: Rules | undefined,
  history: History,
  current: number,
  now: Instant,
  up: boolean,
): number => {
  if (rules?.selectPolicy === 'Disabled') return current;
  const limits = (rules?.policies ?? []).map(({ type, value, periodSeconds }) => {
    const added = changeWithin(history.ups, periodSeconds, now);
    const removed = changeWithin(history.downs, periodSeconds, now);
    const start = current - added + removed;
    const sign = up ? 1 : -1;
    if (type === 'Pods') return start + sign * value;
    const exact = start * (1 + (sign * value) / 100);
    return up ? Math.ceil(exact) : Math.trunc(exact);
  });
  if (limits.length === 0) return up ? Number.MAX_SAFE_INTEGER : 0;
  const loosest = rules?.selectPolicy !== 'Min';
  return up === loosest ? Math.max(...limits) : Math.min(...limits);
};

/** Keeps the wish within the bounds and the rate of change. */
export const limit = (
  hpa: HorizontalPodAutoscaler,
  history: History,
  current: number,
  desired: number,
  now: Instant,
): Limited => {
  const behavior = hpa.spec?.behavior;
  const most = hpa.spec?.maxReplicas ?? 1;
  const least = hpa.spec?.minReplicas ?? 1;
  if (behavior === undefined) {
    if (desired < least) return { replicas: least, ...tooFew };
    const rate = Math.max(2 * current, 4);
    const upper = most > rate ? { replicas: rate, ...upLimit } : { replicas: most, ...tooMany };
    return desired > upper.replicas ? upper : { replicas: desired, ...within };
  }
  if (desired > current) {
    const rate = Math.max(current, rateLimit(behavior.scaleUp, history, current, now, true));
    const upper = most > rate ? { replicas: rate, ...upLimit } : { replicas: most, ...tooMany };
    if (desired > upper.replicas) return upper;
  } else if (desired < current) {
    const rate = Math.min(current, rateLimit(behavior.scaleDown, history, current, now, false));
    const lower = least < rate ? { replicas: rate, ...downLimit } : { replicas: least, ...tooFew };
    if (desired < lower.replicas) return lower;
  }
  return { replicas: desired, ...within };
};
