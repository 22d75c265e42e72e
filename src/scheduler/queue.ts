import type { Event, Pod } from '../kinds/generated/types.ts';
import { type Instant, parseTime } from '../machinery/time.ts';

const HIGHEST = 2_147_483_647;

/**
 * The scheduler's key of a pod sorts as upstream's queue does: higher priority first, then older, then by name. Work
 * that is due at one instant is done in key order.
 */
export const queueKey = (pod: Pod): string => {
  const rank = String(HIGHEST - (pod.spec?.priority ?? 0)).padStart(10, '0');
  return `${rank}|${pod.metadata.creationTimestamp}|${pod.metadata.namespace}/${pod.metadata.name}`;
};

/** The pod a key stands for. */
export const podOfKey = (key: string): { readonly namespace: string; readonly name: string } => {
  const name = key.slice(key.lastIndexOf('|') + 1);
  const slash = name.indexOf('/');
  return { namespace: name.slice(0, slash), name: name.slice(slash + 1) };
};

const FIRST_BACKOFF_MS = 1_000;
const LONGEST_BACKOFF_MS = 10_000;

const attemptsOf = (events: readonly Event[]): readonly Instant[] =>
  events
    .filter((event) => event.reason === 'FailedScheduling')
    .map((event) => parseTime(event.series?.lastObservedTime ?? event.eventTime ?? '') ?? 0);

/**
 * When a pod that was refused may be tried again: 1 s after its first failure, doubling to 10 s. Failures are counted
 * from its Events, so that no counter has to be kept.
 */
export const backoffUntil = (events: readonly Event[]): Instant => {
  const attempts = attemptsOf(events);
  if (attempts.length === 0) return 0;
  const delay = Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** (attempts.length - 1));
  return Math.max(...attempts) + delay;
};
