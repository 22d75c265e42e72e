import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { replay } from './replay.ts';

const names = readdirSync(new URL('../golden/scenarios', import.meta.url))
  .map((file) => file.replace('.jsonl.gz', ''))
  .filter((name) => name !== 'hashes' && !name.startsWith('index'))
  .sort();

/** What must hold at least; raise these when the control plane gets closer to the recordings. */
const LEAST_SAME_SEQUENCE = 0.87;
const LEAST_SAME_END = 0.96;
const LEAST_EVENTS = 0.97;

test('the recorded scenarios are followed, object by object', { timeout: 240_000 }, () => {
  let [objects, same, ends, events, sameEvents] = [0, 0, 0, 0, 0];
  const broken: string[] = [];
  for (const name of names) {
    const { verdict, journal } = replay(name);
    objects += verdict.objects;
    same += verdict.sameSequence;
    ends += verdict.sameSequence + verdict.otherWay.length;
    events += verdict.events;
    sameEvents += verdict.sameEvents;
    if (journal.some((line) => line.startsWith('error'))) broken.push(`${name}: ${journal[0]}`);
  }
  expect(broken).toEqual([]);
  expect(same / objects).toBeGreaterThan(LEAST_SAME_SEQUENCE);
  expect(ends / objects).toBeGreaterThan(LEAST_SAME_END);
  expect(sameEvents / events).toBeGreaterThan(LEAST_EVENTS);
});
