import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ProblemError } from '../../platform/problem.ts';
import { readRouteBody, readRouteQuery } from './read-request.ts';
import type { BodyForm } from './route.ts';

const post = (body: BodyInit | undefined, type?: string): Request =>
  new Request('https://kubicle.test/', {
    method: 'POST',
    ...(body === undefined ? {} : { body }),
    ...(type === undefined ? {} : { headers: { 'content-type': type } }),
  });

const schema = z.strictObject({ name: z.string().default('none'), list: z.array(z.number()).optional() });

const problemOf = async (work: () => Promise<unknown>) => {
  try {
    await work();
  } catch (error) {
    if (error instanceof ProblemError) return error.problem;
    throw error;
  }
  throw new Error('no problem');
};

const read = (request: Request, bodyForm: BodyForm = 'json') =>
  readRouteBody(request, { body: schema, bodyForm });

describe('a body', () => {
  it.each([
    ['nothing', post(undefined), 'json', { name: 'none' }],
    ['blanks', post('  \n', 'application/json'), 'json', { name: 'none' }],
    ['JSON', post('{"name":"x"}', 'application/json; charset=utf-8'), 'json', { name: 'x' }],
    ['another JSON', post('{"name":"x"}', 'application/merge-patch+json'), 'json', { name: 'x' }],
    ['what curl -d sends', post('{"name":"x"}', 'application/x-www-form-urlencoded'), 'json', { name: 'x' }],
    ['YAML where it is taken', post('name: x\n', 'application/yaml'), 'json-or-yaml', { name: 'x' }],
  ] as const)('may be %s', async (_name, request, form, value) => {
    expect((await read(request, form)).value).toEqual(value);
  });

  it.each([
    ['YAML where it is not taken', post('name: x', 'application/yaml'), 'json', 415],
    ['XML', post('<a/>', 'text/xml'), 'json', 415],
    ['not JSON', post('{', 'application/json'), 'json', 400],
    ['a form', post('name=x', 'application/x-www-form-urlencoded'), 'json', 400],
    ['not YAML', post('a: [', 'application/yaml'), 'json-or-yaml', 400],
    [
      'YAML that grows',
      post(`a: &a [1]\nb: [${'*a,'.repeat(100)}]`, 'application/yaml'),
      'json-or-yaml',
      400,
    ],
    ['not UTF-8', post(new Uint8Array([0x22, 0xff, 0x22]), 'application/json'), 'json', 400],
    ['nested without end', post('['.repeat(200_000), 'application/json'), 'json', 400],
    ['too large', post('x'.repeat(3 * 1024 * 1024 + 1), 'application/json'), 'json', 413],
  ] as const)('is refused when it is %s', async (_name, request, form, status) => {
    const found = await problemOf(async () => {
      try {
        return await read(request, form);
      } catch (error) {
        // The limit of size is the edge's own, shared with the Kubernetes APIs.
        if (error instanceof ProblemError) throw error;
        throw new ProblemError({ status: (error as { status: { code: number } }).status.code, title: 'x' });
      }
    });
    expect(found.status).toBe(status);
  });

  it('is told every wrong place', async () => {
    const request = post('{"list":[1,"2"],"more":true,"__proto__":{"x":1}}', 'application/json');
    const { detail, errors } = await problemOf(() => read(request));
    expect(errors?.map(({ path }) => path)).toEqual(['list.1', 'more', '__proto__']);
    expect(detail).toMatch(/^list\.1: /);
  });

  it('is not read by routes that take none', async () => {
    expect(await readRouteBody(post('x'), {})).toEqual({ value: undefined, text: '' });
  });
});

describe('a query', () => {
  it('is coerced, and what nobody asked for is left out', () => {
    const query = z.object({ limit: z.coerce.number().default(50) });
    expect(readRouteQuery(new URL('https://x/?limit=7&other=1'), query)).toEqual({ limit: 7 });
    expect(readRouteQuery(new URL('https://x/'), query)).toEqual({ limit: 50 });
    expect(readRouteQuery(new URL('https://x/?limit=7'), undefined)).toBeUndefined();
  });
});
