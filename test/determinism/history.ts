import type { Harness, RequestOptions } from '../support/harness.ts';

/** A request at a time (ms since the start). */
export interface Input {
  readonly at: number;
  readonly method: string;
  readonly url: string;
  readonly options?: RequestOptions;
}

/** The whole revision log as text, one line a write: what must be equal under every schedule. */
export const historyOf = (cluster: Harness): readonly string[] =>
  cluster.sql
    .all<{ rev: number; key: string; op: string; at: number; value: string }>(
      'SELECT rev, key, op, at, value FROM revision ORDER BY rev',
    )
    .map((row) => `${row.rev} ${row.op} ${row.at} ${row.key} ${row.value}`);

/** How time is cut into turns between inputs. */
export type Schedule = (cluster: Harness, ms: number) => void;

/** An alarm for every due instant. */
export const everyAlarm: Schedule = (cluster, ms) => {
  const until = cluster.now + ms;
  for (;;) {
    const { nextDue } = cluster.end();
    if (nextDue === undefined || nextDue > until) break;
    cluster.advance(Math.max(0, nextDue - cluster.now));
  }
  cluster.pass(until - cluster.now);
};

/** No alarms at all: the next input finds everything undone. */
export const onlyInputs: Schedule = (cluster, ms) => cluster.pass(ms);

/** Small random turns with evictions between them, from a seed. */
export const restless = (seed: number): Schedule => {
  let state = seed;
  const draw = (bound: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 4294967296) * bound);
  };
  return (cluster, ms) => {
    let left = ms;
    while (left > 0) {
      const step = Math.min(left, 1 + draw(700));
      left -= step;
      cluster.pass(step);
      if (draw(3) === 0) continue;
      const turns = 1 + draw(4);
      for (let turn = 0; turn < turns; turn += 1) {
        const isLeft = cluster.tick(1 + draw(9));
        if (draw(4) === 0) cluster.evict();
        if (!isLeft) break;
      }
    }
  };
};

/** Plays the inputs under a schedule and lets the cluster come to rest for `restMs` more. */
export const play = (
  cluster: Harness,
  inputs: readonly Input[],
  schedule: Schedule,
  restMs: number,
): void => {
  let time = 0;
  for (const input of inputs) {
    schedule(cluster, input.at - time);
    time = input.at;
    cluster.request(input.method, input.url, input.options);
  }
  schedule(cluster, restMs);
  cluster.advance(0);
};
