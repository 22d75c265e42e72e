/** Input that is small to send and dear to serve, or that wants to be something else than data. */

import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { sendRaw } from '../support/raw-request.ts';
import { type Answer, call } from '../support/server.ts';
import { makeTenant, type Tenant } from '../support/tenant.ts';

const server = inject('server');
const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';
const JSON_TYPE = 'application/json';
const CRDS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
/** Ten times and more what any of these take on a busy machine. */
const PATIENCE_MS = 30_000;

const configMap = (name: string, more = ''): string =>
  `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"${name}"}${more}}`;

const definition = (singular: string, spec: unknown) => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `${singular}s.hostile.example.com` },
  spec: {
    group: 'hostile.example.com',
    scope: 'Namespaced',
    names: { plural: `${singular}s`, singular, kind: `H${singular}` },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: 'object', properties: { spec } } },
      },
    ],
  },
});

describe('hostile input', () => {
  let mallory: Tenant;
  let token: string;
  beforeAll(async () => {
    mallory = await makeTenant(server);
    token = await mallory.token();
  });

  const send = async (
    method: string,
    path: string,
    body: unknown,
    type = 'application/json',
    more: Readonly<Record<string, string>> = {},
  ): Promise<Answer> => {
    const began = performance.now();
    const headers = { 'content-type': type, ...more };
    const answer = await call(server, method, mallory.path + path, { token, body, headers });
    expect(performance.now() - began).toBeLessThan(PATIENCE_MS);
    expect(answer.status).not.toBe(500);
    return answer;
  };

  const bodies: readonly (readonly [what: string, body: string, status: number, type: string])[] = [
    ['lists in lists', '['.repeat(1_000_000), 400, JSON_TYPE],
    ['maps in maps', `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`, 400, JSON_TYPE],
    [
      'depth inside an object',
      configMap('deep', `,"x":${'['.repeat(200_000)}${']'.repeat(200_000)}`),
      400,
      JSON_TYPE,
    ],
    [
      'a number of half a million digits',
      configMap('n', `,"immutable":1${'0'.repeat(500_000)}`),
      400,
      JSON_TYPE,
    ],
    ['an exponent without end', configMap('n', ',"data":{"a":1e999999999}'), 400, JSON_TYPE],
    ['a key two hundred thousand times', `{${Array(200_000).fill('"a":1').join(',')}}`, 422, JSON_TYPE],
    ['gzip', gzipSync(Buffer.alloc(1_000_000, 32)).toString('latin1'), 400, JSON_TYPE],
    ['more than 3 MiB', configMap('big', `,"data":{"a":"${'x'.repeat(3_200_000)}"}`), 413, JSON_TYPE],
    [
      'YAML aliases of aliases',
      'a: &a [x,x,x,x]\nb: &b [*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c]\ne: [*d,*d,*d,*d,*c,*c,*c,*c,*b,*b,*b,*b]\nf: [' +
        Array(100).fill('*a').join(',') +
        ']',
      400,
      'application/yaml',
    ],
    [
      'YAML aliases by the thousand',
      `a: &a 1\nb: [${Array(100_000).fill('*a').join(',')}]`,
      400,
      'application/yaml',
    ],
    ['YAML of commas', `[${','.repeat(250_000)}]`, 400, 'application/yaml'],
    ['YAML of depth', '['.repeat(100_000), 400, 'application/yaml'],
  ];

  it.each(bodies)('as a body is refused in time: %s', async (_what, body, status, type) => {
    expect((await send('POST', CONFIG_MAPS, body, type)).status).toBe(status);
  });

  it('that says it is compressed is not decompressed', async () => {
    const encoded = { 'content-encoding': 'gzip' };
    expect((await send('POST', CONFIG_MAPS, 'x', undefined, encoded)).status).toBe(400);
  });

  it('in selectors is refused or answered in time', async () => {
    const many = Array.from({ length: 1500 }, (_, index) => `k${index}!=v`).join(',');
    for (const [query, status] of [
      [`labelSelector=${encodeURIComponent(many)}`, 200],
      [`labelSelector=${encodeURIComponent('a in ('.repeat(2000))}`, 400],
      ['labelSelector=a%00b', 400],
      [`fieldSelector=${encodeURIComponent(many)}`, 400],
      [`fieldSelector=${encodeURIComponent(','.repeat(20_000))}`, 200],
    ] as const) {
      expect((await send('GET', `${CONFIG_MAPS}?${query}`, undefined)).status, query.slice(0, 40)).toBe(
        status,
      );
    }
  });

  it('that names prototypes changes none', async () => {
    await send('POST', CONFIG_MAPS, configMap('proto', ',"data":{"constructor":"c","toString":"t"}'));
    const path = `${CONFIG_MAPS}/proto`;
    const patches = [
      ['application/json-patch+json', '[{"op":"add","path":"/__proto__/polluted","value":1}]', 422],
      [
        'application/json-patch+json',
        '[{"op":"add","path":"/constructor/prototype/polluted","value":1}]',
        422,
      ],
      ['application/json-patch+json', '[{"op":"add","path":"/data/__proto__","value":"x"}]', 200],
      ['application/merge-patch+json', '{"__proto__":{"polluted":"1"},"data":{"__proto__":"q"}}', 200],
      [
        'application/strategic-merge-patch+json',
        '{"__proto__":{"polluted":"1"},"data":{"hasOwnProperty":"q"}}',
        200,
      ],
    ] as const;
    for (const [type, body, status] of patches) {
      expect((await send('PATCH', path, body, type)).status, body).toBe(status);
    }
    const applied =
      '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"proto"},"data":{"__proto__":"applied"}}';
    await send('PATCH', `${path}?fieldManager=m&force=true`, applied, 'application/apply-patch+yaml');
    const read = await send('GET', path, undefined);
    expect(read.text).toContain('"__proto__":"applied"');
    expect(read.text).not.toContain('polluted');
    const other = await send('POST', CONFIG_MAPS, configMap('innocent'));
    expect(other.text).not.toContain('polluted');
  });

  it('as a JSON patch does not grow without bound', async () => {
    await send('POST', CONFIG_MAPS, configMap('grow', `,"data":{"a":"${'x'.repeat(1000)}"}`));
    const grow = (operations: readonly unknown[]) =>
      send('PATCH', `${CONFIG_MAPS}/grow`, operations, 'application/json-patch+json');
    const doubling = Array.from({ length: 60 }, (_, index) => ({
      op: 'copy',
      from: '/data',
      path: `/data/b${index}`,
    }));
    expect((await grow(doubling)).status).toBe(422);
    const copies = Array.from({ length: 5000 }, (_, index) => ({
      op: 'copy',
      from: '/data/a',
      path: `/data/c${index}`,
    }));
    expect((await grow(copies)).status).toBe(422);
    expect((await grow(Array(10_001).fill({ op: 'test', path: '/kind', value: 'ConfigMap' }))).status).toBe(
      413,
    );
  });

  it('as a pattern of a definition runs in linear time', async () => {
    expect(
      (await send('POST', CRDS, definition('redo', { type: 'string', pattern: '^(a+)+$' }))).status,
    ).toBe(201);
    const resources = '/apis/hostile.example.com/v1/namespaces/default/redos';
    await expect.poll(async () => (await send('GET', resources, undefined)).status).toBe(200);
    const body = {
      apiVersion: 'hostile.example.com/v1',
      kind: 'Hredo',
      metadata: { name: 'a' },
      spec: `${'a'.repeat(100_000)}!`,
    };
    expect((await send('POST', resources, body)).status).toBe(422);
    for (const pattern of ['((((', '((a{1000}){1000}){1000}']) {
      expect((await send('POST', CRDS, definition('badp', { type: 'string', pattern }))).status).toBe(422);
    }
  });

  it('as an expression has its cost estimated, and is cut off', async () => {
    const rule = 'self.l.all(a, self.l.all(b, self.l.all(c, a + b + c != "")))';
    const dear = {
      type: 'object',
      properties: { l: { type: 'array', items: { type: 'string' } } },
      'x-kubernetes-validations': [{ rule }],
    };
    const refused = await send('POST', CRDS, definition('dear', dear));
    expect(refused.status).toBe(422);
    expect(refused.text).toContain('estimated rule cost exceeds budget');
    const nested = {
      type: 'string',
      'x-kubernetes-validations': [{ rule: `${'('.repeat(5000)}true${')'.repeat(5000)}` }],
    };
    expect((await send('POST', CRDS, definition('nested', nested))).status).toBe(422);
  });

  it('does not end a header: warnings carry names of fields, whatever is in them', async () => {
    const body = configMap(
      'warned',
      ',"evil\\r\\nX-Injected: yes\\r\\n\\r\\nbody":1,"nul\\u0000":1,"日本":1',
    );
    const answer = await send('POST', CONFIG_MAPS, body);
    expect(answer.status).toBe(201);
    expect(answer.headers['x-injected']).toBeUndefined();
    expect(answer.headers['warning']).toContain('X-Injected: yes');
  });

  it('in the control API is a problem without a stack', async () => {
    for (const [method, path, body] of [
      ['POST', '/v1/clusters', '['.repeat(200_000)],
      ['POST', '/v1/clusters', `{"name":"${'a'.repeat(3_500_000)}"}`],
      ['POST', '/v1/clusters', '{"__proto__":{"name":"x"},"constructor":1}'],
      ['POST', '/v1/clusters', { nodes: 1e9 }],
      ['POST', '/v1/accounts', { email: 'a@b.example\r\nBcc: x', password: 'long enough' }],
      ['PATCH', `/v1/clusters/${mallory.clusterId}/clock`, { rate: 1e300 }],
      ['GET', `/v1/clusters?cursor=${encodeURIComponent("' OR 1=1 --")}`, undefined],
      ['GET', '/v1/clusters?limit=1e9', undefined],
    ] as const) {
      const answer = await call(server, method, path, { token: mallory.apiKey, body });
      expect([400, 413], path).toContain(answer.status);
      expect(answer.headers['content-type']).toBe('application/problem+json');
      expect(answer.text).not.toMatch(/\bat .*[.:]\d+|node_modules|SQLITE|worker:/);
    }
  });

  it('as a request id is replaced', async () => {
    const headers = { 'x-request-id': 'evil"><script>' };
    const answer = await call(server, 'GET', '/v1/clusters', { token: mallory.apiKey, headers });
    expect(answer.headers['x-request-id']).toMatch(/^req[a-z2-7]+$/);
  });

  it('in two lengths, or many headers, confuses nobody', async () => {
    // Two lengths: whatever is taken for a second request is one without the first one's credentials.
    const smuggled = await sendRaw(
      server,
      `POST ${mallory.path}${CONFIG_MAPS} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET ${mallory.path}/api/v1/secrets HTTP/1.1\r\nHost: localhost\r\n\r\n`,
      10_000,
      true,
    );
    expect(smuggled.status).toBe(400);
    expect(smuggled.text).not.toContain('SecretList');
    const headers = Array.from({ length: 1500 }, (_, index) => `X-${index}: ${'a'.repeat(20)}`).join('\r\n');
    const many = await sendRaw(
      server,
      `GET ${mallory.path}/version HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\n${headers}\r\n\r\n`,
    );
    expect([200, 400, 431]).toContain(many.status);
  });

  it('that never ends holds up nobody: others are served meanwhile', async () => {
    const slow = sendRaw(
      server,
      `POST ${mallory.path}${CONFIG_MAPS} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{`,
      3000,
    );
    expect((await send('GET', CONFIG_MAPS, undefined)).status).toBe(200);
    expect((await slow).status).toBe(0);
  });
});
