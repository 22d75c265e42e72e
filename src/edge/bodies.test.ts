import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { ProblemError } from '../platform/problem.ts';
import { bodies } from './bodies.ts';
import { check } from './control/read-request.ts';

/** Reads a body as routes do; an empty one is `{}`. */
const readBody = async <Schema extends z.ZodType>(body: string, schema: Schema) =>
  check(schema, JSON.parse(body === '' ? '{}' : body));

const problemOf = async (work: Promise<unknown>) => {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ProblemError)) throw new Error(`no problem: ${String(error)}`);
  return error.problem;
};

describe('a cluster', () => {
  it('has defaults for everything', async () => {
    const read = await readBody('', bodies.cluster);
    expect(read).toMatchObject({ latency: 'fast' });
    expect(read.nodes.map(({ name }) => name)).toEqual(['worker-1', 'worker-2', 'worker-3']);
  });

  it('takes a number of nodes or a list, and any seed as text', async () => {
    const counted = await readBody('{"nodes": 1, "seed": 7}', bodies.cluster);
    expect([counted.nodes.length, counted.seed]).toEqual([1, '7']);
    const listed = await readBody('{"nodes": [{"name": "a", "cpu": 2}]}', bodies.cluster);
    expect(listed.nodes).toEqual([{ name: 'a', cpu: '2', memory: '8Gi' }]);
  });

  it.each([
    ['[]', ['']],
    ['{"nodes": -1}', ['nodes']],
    ['{"nodes": 101}', ['nodes']],
    ['{"nodes": "two"}', ['nodes']],
    ['{"nodes": [{"name": "a", "cpu": "many"}]}', ['nodes.0.cpu']],
    ['{"nodes": [{"name": "a"}, {"name": "a"}]}', ['nodes']],
    ['{"name": "Not A Label"}', ['name']],
    ['{"ttlSeconds": 0}', ['ttlSeconds']],
    ['{"colour": "red"}', ['colour']],
  ])('%s is refused', async (body, paths) => {
    const { status, errors } = await problemOf(readBody(body, bodies.cluster));
    expect([status, errors?.map(({ path }) => path)]).toEqual([400, paths]);
  });
});

it('a kubeconfig is for a user or a service account, not both', async () => {
  const both = '{"user": "jane", "serviceAccount": {"namespace": "a", "name": "b"}}';
  expect((await problemOf(readBody(both, bodies.kubeconfig))).detail).toBe(
    'a kubeconfig is for a user, a serviceAccount or a pod',
  );
});

it('an advance names seconds or an instant', async () => {
  expect(await readBody('{"until": "2026-01-01T00:00:00Z"}', bodies.advance)).toEqual({
    until: Date.parse('2026-01-01T00:00:00Z'),
  });
  expect((await problemOf(readBody('{}', bodies.advance))).status).toBe(400);
});
