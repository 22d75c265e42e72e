/** Bad input gets upstream's code and reason, never a 500. */

import { beforeAll, describe, expect, inject, it } from 'vitest';
import { makeCluster, type TestCluster } from './support/cluster.ts';
import { type Answer, call } from './support/server.ts';

const server = inject('server');

const DEPLOYMENTS = '/apis/apps/v1/namespaces/default/deployments';
const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';

const deployment = (spec: Readonly<Record<string, unknown>> = {}): string => {
  return JSON.stringify({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web' },
    spec: {
      replicas: 1,
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web' } },
        spec: { containers: [{ name: 'c', image: 'nginx' }] },
      },
      ...spec,
    },
  });
};

const configMap = (fields: Readonly<Record<string, unknown>>): string =>
  JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x' }, ...fields });

const deep = `${'{"a":'.repeat(1000)}1${'}'.repeat(1000)}`;

type Case = readonly [
  what: string,
  method: string,
  path: string,
  body: string,
  code: number,
  reason: string | undefined,
];

const CASES: readonly Case[] = [
  ['malformed JSON', 'POST', CONFIG_MAPS, '{"kind":', 400, 'BadRequest'],
  ['a list for an object', 'POST', CONFIG_MAPS, '[]', 400, 'BadRequest'],
  ['the wrong kind', 'POST', CONFIG_MAPS, deployment(), 400, 'BadRequest'],
  ['no name', 'POST', CONFIG_MAPS, configMap({ metadata: {} }), 422, 'Invalid'],
  ['a bad name', 'POST', CONFIG_MAPS, configMap({ metadata: { name: 'Not_Good' } }), 422, 'Invalid'],
  [
    'a bad label',
    'POST',
    CONFIG_MAPS,
    configMap({ metadata: { name: 'x', labels: { a: 'b c' } } }),
    422,
    'Invalid',
  ],
  ['negative replicas', 'POST', DEPLOYMENTS, deployment({ replicas: -1 }), 422, 'Invalid'],
  ['a text for a number', 'POST', DEPLOYMENTS, deployment({ replicas: 'two' }), 400, 'BadRequest'],
  [
    'an unknown field, strictly',
    'POST',
    `${CONFIG_MAPS}?fieldValidation=Strict`,
    configMap({ nope: 1 }),
    400,
    'BadRequest',
  ],
  [
    'an unknown field, ignored',
    'POST',
    `${CONFIG_MAPS}?fieldValidation=Ignore&dryRun=All`,
    configMap({ nope: 1 }),
    201,
    undefined,
  ],
  [
    'an unknown field, warned of',
    'POST',
    `${CONFIG_MAPS}?fieldValidation=Warn&dryRun=All`,
    configMap({ nope: 1 }),
    201,
    undefined,
  ],
  [
    'an unknown fieldValidation',
    'POST',
    `${CONFIG_MAPS}?fieldValidation=Maybe`,
    configMap({}),
    422,
    'Invalid',
  ],
  ['JSON nested a thousand deep', 'POST', CONFIG_MAPS, deep, 400, 'BadRequest'],
  [
    'an oversized body',
    'POST',
    CONFIG_MAPS,
    configMap({ data: { a: 'x'.repeat(4 << 20) } }),
    413,
    'RequestEntityTooLarge',
  ],
  ['a resource nobody serves', 'GET', '/apis/apps/v1/namespaces/default/nothings', '', 404, 'NotFound'],
  ['an unknown continue token', 'GET', `${CONFIG_MAPS}?continue=nonsense`, '', 400, 'BadRequest'],
  ['a bad selector', 'GET', `${CONFIG_MAPS}?labelSelector=a+b`, '', 400, 'BadRequest'],
  ['a bad limit', 'GET', `${CONFIG_MAPS}?limit=many`, '', 400, 'BadRequest'],
  ['a method that is not allowed', 'PUT', CONFIG_MAPS, '{}', 405, 'MethodNotAllowed'],
  [
    'a namespace that is not there',
    'POST',
    '/api/v1/namespaces/none/configmaps',
    configMap({}),
    404,
    'NotFound',
  ],
];

describe('bad input', () => {
  let cluster: TestCluster;
  const send = (method: string, path: string, body: string, type = 'application/json'): Promise<Answer> =>
    call(server, method, cluster.path + path, body === '' ? {} : { body, headers: { 'content-type': type } });

  beforeAll(async () => {
    cluster = await makeCluster(server);
  });

  it.each(CASES)('%s', async (_what, method, path, body, code, reason) => {
    const answer = await send(method, path, body);
    const status = answer.json<{ kind: string; reason?: string; code?: number }>();
    expect(answer.status, answer.text).toBe(code);
    if (reason === undefined) return;
    expect(status).toMatchObject({ kind: 'Status', status: 'Failure', code, reason });
  });

  it('malformed YAML', async () => {
    const answer = await send('POST', CONFIG_MAPS, 'a: [', 'application/yaml');
    expect(answer.json()).toMatchObject({ kind: 'Status', code: 400, reason: 'BadRequest' });
  });

  it('a media type nobody reads', async () => {
    const answer = await send('POST', CONFIG_MAPS, '<x/>', 'application/xml');
    expect(answer.json()).toMatchObject({ kind: 'Status', code: 415, reason: 'UnsupportedMediaType' });
  });

  it('warns of an unknown field', async () => {
    const answer = await send(
      'POST',
      `${CONFIG_MAPS}?fieldValidation=Warn&dryRun=All`,
      configMap({ nope: 1 }),
    );
    expect(answer.headers['warning']).toBe('299 - "unknown field \\"nope\\""');
  });

  it('a version nobody serves', async () => {
    const answer = await send('GET', '/apis/apps/v9/deployments', '');
    const message = 'the server could not find the requested resource';
    expect(answer.json()).toMatchObject({ kind: 'Status', code: 404, reason: 'NotFound', message });
  });

  it('a group nobody serves', async () => {
    const answer = await send('GET', '/apis/nobody.example.com/v1/things', '');
    expect([answer.status, answer.text]).toEqual([404, '404 page not found\n']);
  });

  it('a stale resourceVersion', async () => {
    const made = (await send('POST', CONFIG_MAPS, configMap({ metadata: { name: 'stale' } }))).json<{
      metadata: Record<string, unknown>;
    }>();
    await send('PUT', `${CONFIG_MAPS}/stale`, JSON.stringify({ ...made, data: { a: '1' } }));
    const late = await send('PUT', `${CONFIG_MAPS}/stale`, JSON.stringify({ ...made, data: { a: '2' } }));
    expect(late.json()).toMatchObject({
      code: 409,
      reason: 'Conflict',
      message:
        'Operation cannot be fulfilled on configmaps "stale": the object has been modified; please apply your changes to the latest version and try again',
    });
  });
});
