import { beforeAll, describe, expect, test } from 'vitest';
import { type Judged, judge, repeats } from './verdict.ts';

/** How many of the recorded scenarios must hold; docs/differences.md explains each other one by name. */
const LEAST_HOLDING = 115;

/** What must hold of all objects and Events together, ties and races included. */
const LEAST_SAME_SEQUENCE = 0.92;
const LEAST_SAME_END = 0.985;

const report = (judged: readonly Judged[]): string =>
  judged
    .map(({ name, deviations }) => [
      deviations.length === 0 ? `holds  ${name}` : `differs ${name}`,
      ...deviations,
    ])
    .map((lines) => lines.join('\n        '))
    .join('\n');

describe('the recorded scenarios', () => {
  const judged: Judged[] = [];

  beforeAll(() => {
    for (const [name, repeat] of repeats()) judged.push(judge(name, repeat));
    if (process.env['REPORT']) process.stdout.write(`${report(judged)}\n`);
  }, 240_000);

  test('hold, all but a few', () => {
    const others = judged.filter(({ deviations }) => deviations.length > 0).map(({ name }) => name);
    expect(judged.length).toBe(119);
    expect(judged.length - others.length, others.join(', ')).toBeGreaterThanOrEqual(LEAST_HOLDING);
  });

  test('are followed object by object', () => {
    const sum = (count: (one: Judged) => number): number =>
      judged.reduce((total, one) => total + count(one), 0);
    const objects = sum(({ replay }) => replay.verdict.objects);
    const same = sum(({ replay }) => replay.verdict.sameSequence);
    const ends = same + sum(({ replay }) => replay.verdict.otherWay.length);
    expect(same / objects).toBeGreaterThan(LEAST_SAME_SEQUENCE);
    expect(ends / objects).toBeGreaterThan(LEAST_SAME_END);
  });

  test('break nothing inside', () => {
    const broken = judged.flatMap(({ name, replay }) =>
      replay.journal.filter((line) => line.startsWith('error')).map((line) => `${name}: ${line}`),
    );
    expect(broken).toEqual([]);
  });
});
