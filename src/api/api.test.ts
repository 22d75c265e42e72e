import { describe, expect, test } from 'vitest';
import { Harness } from '../../test/support/harness.ts';
import type { KubeObject } from '../machinery/object.ts';

const TEMPLATES = '/api/v1/namespaces/default/podtemplates';
const CONFIGMAPS = '/api/v1/namespaces/default/configmaps';

interface List extends KubeObject {
  readonly metadata: KubeObject['metadata'] & {
    readonly continue?: string;
    readonly remainingItemCount?: number;
  };
  readonly items: readonly KubeObject[];
}

const makeHarness = (): Harness => new Harness({ settings: { nodes: [] } });

const createTemplates = (harness: Harness, count: number): void => {
  const template = { metadata: {}, spec: { containers: [{ name: 'c', image: 'i' }] } };
  for (let index = 0; index < count; index += 1) {
    const name = `template-${String(index).padStart(4, '0')}`;
    const body = { apiVersion: 'v1', kind: 'PodTemplate', metadata: { name }, template };
    harness.expect(201, 'POST', TEMPLATES, { body });
  }
};

const createNoise = (harness: Harness, count: number): void => {
  for (let index = 0; index < count; index += 1) {
    const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { generateName: 'n-' } };
    harness.expect(201, 'POST', CONFIGMAPS, { body });
  }
};

describe('chunked lists', () => {
  test('show one revision from the first chunk to the last', () => {
    const harness = makeHarness();
    createTemplates(harness, 40);
    let page = harness.get<List>(`${TEMPLATES}?limit=17`);
    const revision = page.metadata.resourceVersion;
    const names: (string | undefined)[] = [];
    for (let left = 40; ; ) {
      left -= page.items.length;
      names.push(...page.items.map((item) => item.metadata.name));
      expect(page.metadata.resourceVersion).toBe(revision);
      expect(page.metadata.remainingItemCount).toBe(left === 0 ? undefined : left);
      if (page.metadata.continue === undefined) break;
      harness.expect(200, 'DELETE', `${TEMPLATES}/${names.at(-1)}`);
      page = harness.get<List>(`${TEMPLATES}?limit=17&continue=${page.metadata.continue}`);
    }
    expect(names).toHaveLength(40);
    expect(new Set(names).size).toBe(40);
  });

  test('a token older than the log is 410 with a token for the inconsistent rest', () => {
    const harness = makeHarness();
    createTemplates(harness, 10);
    const page = harness.get<List>(`${TEMPLATES}?limit=4`);
    createNoise(harness, 1_200);
    harness.advance(3_600_000);
    createNoise(harness, 20);
    const reply = harness.request('GET', `${TEMPLATES}?limit=4&continue=${page.metadata.continue}`);
    const status = reply.json as KubeObject & {
      readonly reason: string;
      readonly metadata: { readonly continue?: string };
    };
    expect([reply.status, status.reason]).toEqual([410, 'Expired']);
    const rest = harness.get<List>(`${TEMPLATES}?limit=4&continue=${status.metadata.continue}`);
    expect(rest.items.map((item) => item.metadata.name)).toEqual(
      [4, 5, 6, 7].map((index) => `template-000${index}`),
    );
    expect(Number(rest.metadata.resourceVersion)).toBeGreaterThan(Number(page.metadata.resourceVersion));
  });

  test('a watch from before the log begins with 410', () => {
    const harness = makeHarness();
    createNoise(harness, 1_200);
    harness.advance(3_600_000);
    createNoise(harness, 1);
    const watch = harness.watch(`${CONFIGMAPS}?watch=1&resourceVersion=5`);
    expect(watch.frames.map((frame) => JSON.parse(frame))).toMatchObject([
      { type: 'ERROR', object: { code: 410, reason: 'Expired' } },
    ]);
  });
});

describe('what a client accepts', () => {
  const aggregated = (version: string): string =>
    `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`;

  test.each([
    [aggregated('v2'), 'APIGroupDiscoveryList'],
    [`${aggregated('v2')},${aggregated('v2beta1')},application/json`, 'APIGroupDiscoveryList'],
    [`application/json,${aggregated('v2')}`, 'APIGroupList'],
    [`application/json;q=0.5,${aggregated('v2')};q=0.9`, 'APIGroupDiscoveryList'],
    [`${aggregated('v9')},application/json`, 'APIGroupList'],
    ['*/*', 'APIGroupList'],
  ])('%s on /apis', (accept, kind) => {
    const reply = makeHarness().request('GET', '/apis', { headers: { accept } });
    expect((reply.json as { readonly kind: string }).kind).toBe(kind);
  });

  test.each(['/openapi/v2', '/openapi/v3', '/openapi/v3/apis/apps/v1'])(
    '%s has a tag, and is not sent again until it changes',
    (path) => {
      const harness = makeHarness();
      const tag = harness.request('GET', path).headers['ETag'] ?? '';
      expect(tag).toMatch(/^"[0-9A-F]{24}"$/);
      const again = harness.request('GET', path, { headers: { 'if-none-match': tag } });
      expect([again.status, again.headers['ETag']]).toEqual([304, tag]);
      const other = harness.request('GET', path, { headers: { 'if-none-match': '"0"' } });
      expect([other.status, other.headers['ETag']]).toEqual([200, tag]);
    },
  );

  test('a table of what is never listed is 406', () => {
    const body = {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectAccessReview',
      spec: { resourceAttributes: { verb: 'get', resource: 'pods', namespace: 'default' } },
    };
    const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io';
    const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
    const reply = makeHarness().request('POST', path, { body, headers: { accept } });
    expect(reply.status).toBe(406);
    expect((reply.json as { readonly reason: string }).reason).toBe('NotAcceptable');
  });

  test('curl gets indented JSON, programs do not', () => {
    const harness = makeHarness();
    const get = (headers: Readonly<Record<string, string>>, query = '') =>
      harness.request('GET', `/api/v1/namespaces/default${query}`, { headers }).body;
    expect(get({ 'user-agent': 'curl/8' })).toContain('\n  "kind"');
    expect(get({ 'user-agent': 'kubectl/v1.32' })).not.toContain('\n  ');
    expect(get({ 'user-agent': 'curl/8' }, '?pretty=false')).not.toContain('\n  ');
    expect(get({}, '?pretty=true')).toContain('\n  "kind"');
  });
});

describe('paths and methods', () => {
  test.each([
    ['GET', '/api/v1/nothing', 404],
    ['GET', '/api/v1/namespaces/default/nodes', 404],
    ['GET', '/api/v1/pods/x', 404],
    ['POST', '/api/v1/pods', 405],
    ['POST', '/api/v1/namespaces/default/pods/x', 405],
    ['PUT', CONFIGMAPS, 405],
    ['DELETE', '/api/v1/configmaps', 405],
    ['DELETE', '/api/v1/namespaces', 405],
    ['GET', '/apis/authorization.k8s.io/v1/subjectaccessreviews', 405],
    ['GET', '/apis/none/v1/things', 404],
    ['GET', '/apis/apps/v9/deployments', 404],
    ['HEAD', `${CONFIGMAPS}/x`, 405],
    ['OPTIONS', `${CONFIGMAPS}/x`, 405],
    ['GET', '/api/v1/%zz', 400],
    ['GET', '/api/v1/namespaces/default/services/https:kubernetes:443/proxy/healthz', 503],
    ['GET', '/api/v1/namespaces/default/services/ftp:kubernetes:443/proxy/', 400],
    ['GET', '/api/v1/namespaces/default/services/none:80/proxy/', 404],
  ])('%s %s is %i', (method, path, code) => {
    expect(makeHarness().request(method, path).status).toBe(code);
  });
});

describe('bodies', () => {
  const post = (body: string, contentType: string, query = '') =>
    makeHarness().request('POST', CONFIGMAPS + query, { body, headers: { 'content-type': contentType } });
  const message = (json: unknown): string => (json as { readonly message: string }).message;

  test('YAML is read as JSON is', () => {
    const reply = post('kind: ConfigMap\nmetadata: {name: a}\ndata:\n  a: "yes"\n', 'application/yaml');
    expect(reply.status).toBe(201);
    expect((reply.json as { readonly data: unknown }).data).toEqual({ a: 'yes' });
  });

  test.each([
    ['Strict', 400],
    ['Warn', 201],
    ['Ignore', 201],
  ])('unknown and repeated fields with fieldValidation=%s', (validation, code) => {
    const body = '{"kind":"ConfigMap","metadata":{"name":"a"},"metadata":{"name":"a"},"zed":1}';
    const reply = post(body, 'application/json', `?fieldValidation=${validation}`);
    expect(reply.status).toBe(code);
    const told = reply.headers['Warning'] ?? '';
    expect(told.includes('unknown field') && told.includes('duplicate field')).toBe(validation === 'Warn');
    if (code === 400)
      expect(message(reply.json)).toContain('duplicate field "metadata", unknown field "zed"');
  });

  test('bodies over the limit are 413, deep ones 400', () => {
    const data = { x: 'y'.repeat(3 * 1024 * 1024) };
    expect(
      post(JSON.stringify({ kind: 'ConfigMap', metadata: { name: 'a' }, data }), 'application/json').status,
    ).toBe(413);
    const deep = `{"kind":"ConfigMap","metadata":${'{"a":'.repeat(2_000)}1${'}'.repeat(2_000)}}`;
    expect(post(deep, 'application/json').status).toBe(400);
  });

  test('an object over the limit of the store is 413', () => {
    const data = { x: 'y'.repeat(1_600_000) };
    const body = JSON.stringify({ kind: 'PodTemplate', metadata: { name: 'a' } });
    expect(body.length).toBeLessThan(100);
    const reply = post(
      JSON.stringify({ kind: 'ConfigMap', metadata: { name: 'a' }, data }),
      'application/json',
    );
    expect([413, 422]).toContain(reply.status);
  });
});
