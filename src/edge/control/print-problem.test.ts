import { expect, test } from 'vitest';
import { notFound } from '../../machinery/status.ts';
import { makeProblem } from '../../platform/problem.ts';
import { toProblem } from './print-problem.ts';

test.each<readonly [string, unknown, number]>([
  ['a problem is itself', makeProblem('conflict', 'x'), 409],
  ['a refusal of a cluster has its code', notFound({ group: '', resource: 'pods' }, 'p'), 404],
  ['a cluster that catches up is asked again', new Error('the cluster answers 429'), 503],
  ['an object that moves is asked again', Object.assign(new Error('reset'), { retryable: true }), 503],
])('%s', (_title, error, status) => {
  expect(toProblem(error, 'r').problem.status).toBe(status);
});

test('what has to be asked again says when', () => {
  expect(toProblem(new Error('the cluster answers 503'), 'r').problem.retryAfterSeconds).toBe(1);
});
