import type { ClockState } from '../../durable-objects/rpc.ts';
import { type Instant, printTime } from '../machinery/time.ts';
import type { ClusterAction } from '../platform/access.ts';
import { getCluster } from '../platform/clusters.ts';
import { badRequestProblem, makeProblem } from '../platform/problem.ts';
import { bodies, YEAR_SECONDS } from './bodies.ts';
import { type AnyCall, defineRoute, ok, type Route } from './control/route.ts';
import { clockView, movedClock } from './control/schemas.ts';
import { type ClusterStub, clusterObject } from './env.ts';

/** How far one call may move a clock, and the first instant that no clock reaches: RFC 3339 has four digits for a year. */
const FARTHEST_MS = YEAR_SECONDS * 1000;
const LAST_YEAR = Date.UTC(9999, 0, 1);

const requireCluster = async (
  { env, directory, caller, now }: Pick<AnyCall, 'env' | 'directory' | 'caller' | 'now'>,
  clusterId: string,
  action: ClusterAction = 'administer',
): Promise<ClusterStub> => {
  const { id } = await getCluster(directory, caller.accountId, clusterId, now, action);
  return clusterObject(env, id);
};

/** All that is due on the way is done: who asks for centuries would wait for them. */
const requireNear = (until: Instant, now: Instant): void => {
  if (until <= Math.min(now + FARTHEST_MS, LAST_YEAR)) return;
  const message = 'must not be more than a year ahead';
  throw badRequestProblem(`until: ${message}`, [{ path: 'until', message }]);
};

const print = ({ now, paused, rate }: ClockState) => ({ now: printTime(now), paused, rate });

const exampleClock = { now: '2026-11-21T09:00:00Z', paused: false, rate: 1 };

const readClock = defineRoute({
  id: 'readClock',
  method: 'GET',
  path: '/clusters/{id}/clock',
  scope: 'clusters:read',
  tag: 'Time',
  summary: 'Read the clock',
  answers: { 200: { description: 'The clock', schema: clockView } },
  example: { answer: exampleClock },
  handle: async (call) => ok(print(await (await requireCluster(call, call.params.id, 'see')).clock())),
});

const changeClock = defineRoute({
  id: 'changeClock',
  method: 'PATCH',
  path: '/clusters/{id}/clock',
  scope: 'clusters:write',
  tag: 'Time',
  summary: 'Pause, resume or change the rate',
  description: 'Time itself does not jump.',
  body: bodies.pace,
  answers: { 200: { description: 'The clock', schema: clockView } },
  example: { body: { rate: 60 }, answer: { ...exampleClock, rate: 60 } },
  handle: async (call) => {
    const cluster = await requireCluster(call, call.params.id);
    return ok(print(await cluster.repace(call.body)));
  },
});

const advanceClock = defineRoute({
  id: 'advanceClock',
  method: 'POST',
  path: '/clusters/{id}/clock/advance',
  scope: 'clusters:write',
  tag: 'Time',
  summary: 'Move time forward',
  description:
    'Everything due on the way is done, at its own instant, before the answer comes. At most a year in one call.',
  body: bodies.advance,
  answers: { 200: { description: 'Where the clock stands', schema: movedClock } },
  example: { body: { seconds: 86_400 }, answer: { now: '2026-11-22T09:00:00Z' } },
  handle: async (call) => {
    const cluster = await requireCluster(call, call.params.id);
    const { body } = call;
    const { now } = await cluster.clock();
    const until = 'until' in body ? body.until : now + Math.round(body.seconds * 1000);
    requireNear(until, now);
    const { now: reached, restSeconds } = await cluster.advance(until);
    if (restSeconds !== undefined) {
      const detail = 'the plan’s work for this minute is used up; what is left is done with the next request';
      throw makeProblem('rate-limited', detail, { retryAfterSeconds: restSeconds });
    }
    return ok({ now: printTime(reached) });
  },
});

/** A cluster's own time: read, paused, run faster or slower, and moved forward. */
export const clockRoutes: readonly Route[] = [readClock, changeClock, advanceClock];
