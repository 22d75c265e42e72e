import { expect, test } from 'vitest';
import type { Job } from '../kinds/generated/types.ts';
import { matchSuccessPolicy, parseIndexes, printIndexes } from './job-indexes.ts';

test.each([
  ['', []],
  ['0', [0]],
  ['1,3-5,7', [1, 3, 4, 5, 7]],
  ['8-12', [8, 9]],
  ['x,2', [2]],
])('%s reads as %j below 10', (text, indexes) => {
  expect([...parseIndexes(text, 10)]).toEqual(indexes);
});

test.each([
  [[], ''],
  [[3], '3'],
  [[1, 2], '1,2'],
  [[5, 1, 2, 3, 9], '1-3,5,9'],
])('%j prints as %s', (indexes, text) => {
  expect(printIndexes(new Set(indexes))).toBe(text);
});

const job = (rules: object[]): Job =>
  ({
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {},
    spec: { completions: 5, successPolicy: { rules } },
  }) as never;

test.each<[string, object[], number[], string | undefined]>([
  ['all named indexes', [{ succeededIndexes: '0,2' }], [0, 2], 'Matched rules at index 0'],
  ['one named index missing', [{ succeededIndexes: '0,2' }], [0, 1], undefined],
  [
    'enough of the named ones',
    [{ succeededIndexes: '0-3', succeededCount: 2 }],
    [1, 3],
    'Matched rules at index 0',
  ],
  ['enough of all', [{ succeededIndexes: '4' }, { succeededCount: 2 }], [0, 1], 'Matched rules at index 1'],
])('success policy: %s', (_, rules, done, message) => {
  expect(matchSuccessPolicy(job(rules), new Set(done))).toBe(message);
});
