import { describe, expect, test } from 'vitest';
import type { KubeObject } from '../../../src/machinery/object.ts';
import { Harness } from '../../support/harness.ts';
import { listed } from './operations.ts';

const MERGE = { 'content-type': 'application/merge-patch+json' };
const APPLY = { 'content-type': 'application/apply-patch+yaml' };
const MAPS = '/api/v1/namespaces/default/configmaps';
const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

const fresh = (): Harness => new Harness({ settings: { nodes: [] } });

interface Version {
  readonly name: string;
  readonly served?: boolean;
  readonly storage?: boolean;
  readonly schema?: object;
}

const SCHEMA = {
  type: 'object',
  properties: {
    spec: {
      type: 'object',
      properties: { cronSpec: { type: 'string' }, ports: { type: 'array', items: { type: 'integer' } } },
    },
    status: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
  },
};
const OPEN = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };

const definition = (kind: string, group: string, versions: readonly Version[], more: object = {}) => {
  const plural = `${kind.toLowerCase()}s`;
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { plural, singular: kind.toLowerCase(), kind, listKind: `${kind}List` },
      versions: versions.map(({ name, served = true, storage = false, schema = SCHEMA }) => ({
        name,
        served,
        storage,
        schema: { openAPIV3Schema: schema },
        subresources: { status: {} },
      })),
      ...more,
    },
  };
};

const define = (harness: Harness, body: object): void => {
  harness.expect(201, 'POST', DEFINITIONS, { body });
  harness.settle(2000);
};

const one = (schema: object = SCHEMA): Harness => {
  const harness = fresh();
  define(harness, definition('Foo', 'example.com', [{ name: 'v1', storage: true, schema }]));
  return harness;
};

const FOOS = '/apis/example.com/v1/namespaces/default/foos';

interface Swagger {
  readonly definitions: Readonly<Record<string, object>>;
}

const swagger = (harness: Harness): Swagger['definitions'] => harness.get<Swagger>('/openapi/v2').definitions;

const published = (harness: Harness): readonly string[] =>
  Object.keys(swagger(harness)).filter((name) => /^com\.example\./.test(name) && !name.endsWith('List'));

describe('discovery', () => {
  const AGGREGATED = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
  interface Aggregated {
    readonly kind: string;
    readonly items: readonly {
      readonly metadata: { readonly name?: string };
      readonly versions: readonly {
        readonly version: string;
        readonly resources: readonly { readonly resource: string }[];
      }[];
    }[];
  }
  const aggregated = (harness: Harness): Aggregated =>
    harness.expect(200, 'GET', '/apis', { headers: { accept: AGGREGATED } }) as Aggregated;

  test('[sig-api-machinery] AggregatedDiscovery should support aggregated discovery interface', () => {
    const groups = aggregated(fresh()).items.map(({ metadata }) => metadata.name);
    expect(groups).toEqual(expect.arrayContaining(['apps', 'batch', 'admissionregistration.k8s.io']));
  });

  test('[sig-api-machinery] AggregatedDiscovery should support aggregated discovery interface for CRDs', () => {
    const found = aggregated(one()).items.find(({ metadata }) => metadata.name === 'example.com');
    expect(found?.versions[0]?.resources.map(({ resource }) => resource)).toEqual(['foos']);
  });

  test('[sig-api-machinery] AggregatedDiscovery should support raw aggregated discovery endpoint Accept headers', () => {
    const harness = fresh();
    for (const path of ['/api', '/apis']) {
      const reply = harness.request('GET', path, { headers: { accept: AGGREGATED } });
      expect(reply.headers['content-type'] ?? reply.headers['Content-Type']).toContain(
        'g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList',
      );
      expect(reply.json).toMatchObject({
        kind: 'APIGroupDiscoveryList',
        apiVersion: 'apidiscovery.k8s.io/v2',
      });
      const plain = harness.request('GET', path, { headers: { accept: 'application/json' } });
      expect(plain.json).toMatchObject({ kind: path === '/api' ? 'APIVersions' : 'APIGroupList' });
    }
  });

  test('[sig-api-machinery] AggregatedDiscovery should support raw aggregated discovery request for CRDs', () => {
    const harness = one();
    define(harness, definition('Bar', 'example.com', [{ name: 'v1', storage: true }]));
    const found = aggregated(harness).items.find(({ metadata }) => metadata.name === 'example.com');
    expect(found?.versions[0]?.resources.map(({ resource }) => resource).sort()).toEqual(['bars', 'foos']);
  });

  interface Group {
    readonly name: string;
    readonly versions: readonly { readonly groupVersion: string; readonly version: string }[];
    readonly preferredVersion: { readonly groupVersion: string };
  }
  const groups = (harness: Harness): readonly Group[] =>
    harness.get<{ readonly groups: readonly Group[] }>('/apis').groups;

  test('[sig-api-machinery] Discovery should locate the groupVersion and a resource within each APIGroup', () => {
    const harness = fresh();
    for (const { versions } of groups(harness)) {
      for (const { groupVersion } of versions) {
        const found = harness.get<{ readonly groupVersion: string; readonly resources: readonly object[] }>(
          `/apis/${groupVersion}`,
        );
        expect(found.groupVersion).toBe(groupVersion);
        expect(found.resources.length).toBeGreaterThan(0);
      }
    }
  });

  test('[sig-api-machinery] Discovery should validate PreferredVersion for each APIGroup', () => {
    const harness = fresh();
    for (const group of groups(harness)) {
      const alone = harness.get<Group>(`/apis/${group.name}`);
      expect(alone.preferredVersion).toEqual(group.preferredVersion);
      expect(alone.versions.map(({ groupVersion }) => groupVersion)).toContain(
        group.preferredVersion.groupVersion,
      );
    }
  });

  test('[sig-api-machinery] server version should find the server version', () => {
    expect(fresh().get('/version')).toMatchObject({ major: '1', minor: expect.stringMatching(/^\d+\+?$/) });
  });

  test('[sig-api-machinery] Servers with support for Table transformation should return a 406 for a backend which does not implement metadata', () => {
    const reply = fresh().request('POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', {
      headers: { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' },
      body: { spec: { nonResourceAttributes: { path: '/', verb: 'get' } } },
    });
    expect(reply.status).toBe(406);
  });
});

describe('chunks', () => {
  const TEMPLATES = '/api/v1/namespaces/default/podtemplates';
  const fill = (harness: Harness): void => {
    for (let index = 0; index < 40; index += 1) {
      const name = `template-${String(index).padStart(4, '0')}`;
      const template = {
        metadata: { labels: { a: 'b' } },
        spec: { containers: [{ name: 'c', image: 'i' }] },
      };
      harness.expect(201, 'POST', TEMPLATES, { body: { metadata: { name }, template } });
    }
  };
  interface Page {
    readonly metadata: {
      readonly continue?: string;
      readonly remainingItemCount?: number;
      readonly resourceVersion: string;
    };
    readonly items: readonly KubeObject[];
  }

  test('[sig-api-machinery] Servers with support for API chunking should return chunks of results for list calls', () => {
    const harness = fresh();
    fill(harness);
    let token = '';
    const names: (string | undefined)[] = [];
    const revisions = new Set<string>();
    for (;;) {
      const page = harness.get<Page>(`${TEMPLATES}?limit=7${token && `&continue=${token}`}`);
      names.push(...page.items.map(({ metadata }) => metadata.name));
      revisions.add(page.metadata.resourceVersion);
      if (page.metadata.continue === undefined) break;
      expect(page.metadata.remainingItemCount).toBe(40 - names.length);
      token = encodeURIComponent(page.metadata.continue);
    }
    expect(names).toEqual(listed(harness, TEMPLATES));
    expect(revisions.size).toBe(1);
  });

  test('[sig-api-machinery] Servers with support for API chunking should support continue listing from the last key if the original version has been compacted away, though the list is inconsistent [Slow]', () => {
    const harness = fresh();
    fill(harness);
    const first = harness.get<Page>(`${TEMPLATES}?limit=20`);
    for (let count = 0; count < 1500; count += 1) {
      harness.advance(1000);
      const body = { data: { count: String(count) } };
      if (count === 0) harness.expect(201, 'POST', MAPS, { body: { metadata: { name: 'busy' }, ...body } });
      else harness.expect(200, 'PATCH', `${MAPS}/busy`, { headers: MERGE, body });
    }
    const token = encodeURIComponent(first.metadata.continue ?? '');
    const gone = harness.expect(410, 'GET', `${TEMPLATES}?limit=20&continue=${token}`) as Page & {
      readonly reason: string;
    };
    expect(gone.reason).toBe('Expired');
    const next = encodeURIComponent(gone.metadata.continue ?? '');
    const rest = harness.get<Page>(`${TEMPLATES}?limit=20&continue=${next}`);
    expect(rest.items[0]?.metadata.name).toBe('template-0020');
    expect(rest.items).toHaveLength(20);
  });
});

describe('schemas of custom kinds are published', () => {
  test('[sig-api-machinery] CustomResourcePublishOpenAPI [Privileged:ClusterAdmin] works for CRD with validation schema', () => {
    expect(swagger(one())['com.example.v1.Foo']).toMatchObject({
      properties: { spec: { properties: { cronSpec: { type: 'string' } } } },
      'x-kubernetes-group-version-kind': [{ group: 'example.com', kind: 'Foo', version: 'v1' }],
    });
  });

  test.each([
    [
      '[sig-api-machinery] CustomResourcePublishOpenAPI [Privileged:ClusterAdmin] works for CRD without validation schema',
      OPEN,
    ],
    [
      '[sig-api-machinery] CustomResourcePublishOpenAPI [Privileged:ClusterAdmin] works for CRD preserving unknown fields at the schema root',
      { ...OPEN, properties: { status: OPEN } },
    ],
    [
      '[sig-api-machinery] CustomResourcePublishOpenAPI [Privileged:ClusterAdmin] works for CRD preserving unknown fields in an embedded object',
      { type: 'object', properties: { spec: OPEN } },
    ],
  ])('%s', (_name, schema) => {
    const harness = one(schema);
    expect(published(harness)).toEqual(['com.example.v1.Foo']);
    const body = { apiVersion: 'example.com/v1', kind: 'Foo', metadata: { name: 'f' }, spec: { any: [1] } };
    expect(harness.expect(201, 'POST', `${FOOS}?fieldValidation=Strict`, { body })).toMatchObject({
      spec: { any: [1] },
    });
  });

  test('[sig-api-machinery] CustomResourcePublishOpenAPI [Privileged:ClusterAdmin] works for multiple CRDs of different groups', () => {
    const harness = one();
    define(harness, definition('Waldo', 'other.example.com', [{ name: 'v1beta1', storage: true }]));
    expect(published(harness)).toEqual(['com.example.other.v1beta1.Waldo', 'com.example.v1.Foo']);
  });

  test('[sig-api-machinery] CustomResourcePublishOpenAPI [Privileged:ClusterAdmin] works for multiple CRDs of same group but different versions', () => {
    const harness = fresh();
    define(harness, definition('Foo', 'example.com', [{ name: 'v2', storage: true }, { name: 'v3' }]));
    define(harness, definition('Bar', 'example.com', [{ name: 'v4', storage: true }]));
    expect(published(harness)).toEqual(['com.example.v2.Foo', 'com.example.v3.Foo', 'com.example.v4.Bar']);
  });

  test('[sig-api-machinery] CustomResourcePublishOpenAPI [Privileged:ClusterAdmin] works for multiple CRDs of same group and version but different kinds', () => {
    const harness = one();
    define(harness, definition('Bar', 'example.com', [{ name: 'v1', storage: true }]));
    expect(published(harness)).toEqual(['com.example.v1.Bar', 'com.example.v1.Foo']);
  });

  const change = (harness: Harness, versions: readonly Version[]): void => {
    const stored = harness.get<KubeObject>(`${DEFINITIONS}/foos.example.com`);
    const body = { ...definition('Foo', 'example.com', versions), metadata: stored.metadata };
    harness.expect(200, 'PUT', `${DEFINITIONS}/foos.example.com`, { body });
    harness.settle(2000);
  };

  test('[sig-api-machinery] CustomResourcePublishOpenAPI [Privileged:ClusterAdmin] updates the published spec when one version gets renamed', () => {
    const harness = fresh();
    define(harness, definition('Foo', 'example.com', [{ name: 'v2', storage: true }, { name: 'v3' }]));
    change(harness, [{ name: 'v2', storage: true }, { name: 'v4' }]);
    expect(published(harness)).toEqual(['com.example.v2.Foo', 'com.example.v4.Foo']);
  });

  test('[sig-api-machinery] CustomResourcePublishOpenAPI [Privileged:ClusterAdmin] removes definition from spec when one version gets changed to not be served', () => {
    const harness = fresh();
    define(harness, definition('Foo', 'example.com', [{ name: 'v5', storage: true }, { name: 'v6alpha1' }]));
    change(harness, [
      { name: 'v5', storage: true },
      { name: 'v6alpha1', served: false },
    ]);
    expect(published(harness)).toEqual(['com.example.v5.Foo']);
  });
});

describe('definitions', () => {
  test('[sig-api-machinery] CustomResourceDefinition resources [Privileged:ClusterAdmin] Simple CustomResourceDefinition creating/deleting custom resource definition objects works', () => {
    const harness = one();
    harness.expect(200, 'DELETE', `${DEFINITIONS}/foos.example.com`);
    harness.settle(30_000);
    harness.expect(404, 'GET', `${DEFINITIONS}/foos.example.com`);
    expect(harness.request('GET', FOOS).status).toBe(404);
  });

  test('[sig-api-machinery] CustomResourceDefinition resources [Privileged:ClusterAdmin] Simple CustomResourceDefinition listing custom resource definition objects works', () => {
    const harness = fresh();
    for (const kind of ['Foo', 'Bar', 'Baz']) {
      const body = definition(kind, 'example.com', [{ name: 'v1', storage: true }]);
      define(harness, { ...body, metadata: { ...body.metadata, labels: { e2e: 'yes' } } });
    }
    const url = `${DEFINITIONS}?labelSelector=e2e%3Dyes`;
    expect(listed(harness, url)).toHaveLength(3);
    harness.expect(200, 'DELETE', url);
    harness.settle(30_000);
    expect(listed(harness, url)).toEqual([]);
  });

  test('[sig-api-machinery] CustomResourceDefinition resources [Privileged:ClusterAdmin] Simple CustomResourceDefinition getting/updating/patching custom resource definition status sub-resource works', () => {
    const harness = one();
    const url = `${DEFINITIONS}/foos.example.com/status`;
    const stored = harness.get<KubeObject & { readonly status: { readonly conditions: readonly object[] } }>(
      url,
    );
    const condition = {
      type: 'StatusUpdate',
      status: 'True',
      reason: 'E2E',
      message: 'm',
      lastTransitionTime: '2026-01-01T00:00:00Z',
    };
    const status = { ...stored.status, conditions: [...stored.status.conditions, condition] };
    expect(harness.expect(200, 'PUT', url, { body: { ...stored, status } })).toMatchObject({
      status: { conditions: expect.arrayContaining([expect.objectContaining({ type: 'StatusUpdate' })]) },
    });
    const conditions = [...status.conditions, { ...condition, type: 'StatusPatched' }];
    expect(
      harness.expect(200, 'PATCH', url, { headers: MERGE, body: { status: { conditions } } }),
    ).toMatchObject({
      status: { conditions: expect.arrayContaining([expect.objectContaining({ type: 'StatusPatched' })]) },
    });
  });

  test('[sig-api-machinery] CustomResourceDefinition resources [Privileged:ClusterAdmin] custom resource defaulting for requests and from storage works', () => {
    const harness = one(OPEN);
    harness.expect(201, 'POST', FOOS, { body: { metadata: { name: 'old' } } });
    harness.expect(200, 'PATCH', `${DEFINITIONS}/foos.example.com`, {
      headers: { 'content-type': 'application/json-patch+json' },
      body: [
        {
          op: 'replace',
          path: '/spec/versions/0/schema/openAPIV3Schema',
          value: { type: 'object', properties: { a: { type: 'string', default: 'A' } } },
        },
      ],
    });
    harness.settle(2000);
    expect(harness.get(`${FOOS}/old`)).toMatchObject({ a: 'A' });
    expect(harness.expect(201, 'POST', FOOS, { body: { metadata: { name: 'new' } } })).toMatchObject({
      a: 'A',
    });
  });

  test('[sig-api-machinery] CustomResourceDefinition resources [Privileged:ClusterAdmin] should include custom resource definition resources in discovery documents', () => {
    const harness = fresh();
    const { groups } = harness.get<{ readonly groups: readonly { readonly name: string }[] }>('/apis');
    expect(groups.map(({ name }) => name)).toContain('apiextensions.k8s.io');
    const { resources } = harness.get<{ readonly resources: readonly { readonly name: string }[] }>(
      '/apis/apiextensions.k8s.io/v1',
    );
    expect(resources.map(({ name }) => name)).toContain('customresourcedefinitions');
  });

  test('[sig-api-machinery] CustomResourceDefinition Watch [Privileged:ClusterAdmin] CustomResourceDefinition Watch watch on custom resource definition objects', () => {
    const harness = one();
    const watches = ['a', 'b'].map((name) =>
      harness.watch(`${FOOS}?watch=true&fieldSelector=metadata.name%3D${name}`),
    );
    const types = () => watches.map((watch) => watch.drain().map(({ type }) => type));
    for (const name of ['a', 'b']) harness.expect(201, 'POST', FOOS, { body: { metadata: { name } } });
    expect(types()).toEqual([['ADDED'], ['ADDED']]);
    harness.expect(200, 'PATCH', `${FOOS}/a`, { headers: MERGE, body: { spec: { cronSpec: 'x' } } });
    expect(types()).toEqual([['MODIFIED'], []]);
    for (const name of ['a', 'b']) harness.expect(200, 'DELETE', `${FOOS}/${name}`);
    expect(types()).toEqual([['DELETED'], ['DELETED']]);
  });
});

describe('field validation', () => {
  const strict = (harness: Harness, url: string, body: string, headers: object = {}) =>
    harness.request('POST', `${url}?fieldValidation=Strict`, {
      body,
      headers: { 'content-type': 'application/json', ...headers },
    });
  const apply = (harness: Harness, body: object | string) =>
    harness.request('PATCH', `${FOOS}/f?fieldManager=m&fieldValidation=Strict`, { headers: APPLY, body });
  const foo = (more: object) => ({
    apiVersion: 'example.com/v1',
    kind: 'Foo',
    metadata: { name: 'f' },
    ...more,
  });
  const messageOf = (reply: { readonly json: unknown }): string =>
    (reply.json as { readonly message?: string }).message ?? '';

  test('[sig-api-machinery] FieldValidation should detect unknown and duplicate fields of a typed object', () => {
    const reply = strict(
      fresh(),
      '/apis/apps/v1/namespaces/default/deployments',
      '{"metadata":{"name":"d"},"spec":{"unknown1":"v","replicas":1,"replicas":2,"selector":{"matchLabels":{"a":"b"}},"template":{"metadata":{"labels":{"a":"b"}},"spec":{"unknownNested":"v","containers":[{"name":"c","image":"i"}]}}}}',
    );
    expect(messageOf(reply)).toContain(
      'strict decoding error: unknown field "spec.unknown1", duplicate field "spec.replicas", unknown field "spec.template.spec.unknownNested"',
    );
  });

  test('[sig-api-machinery] FieldValidation should detect unknown metadata fields of a typed object', () => {
    const reply = strict(fresh(), MAPS, '{"metadata":{"name":"d","unknownMeta":"x"}}');
    expect(messageOf(reply)).toContain('strict decoding error: unknown field "metadata.unknownMeta"');
  });

  test('[sig-api-machinery] FieldValidation should create/apply a valid CR for CRD with validation schema', () => {
    expect(apply(one(), foo({ spec: { cronSpec: '*', ports: [1] } })).status).toBe(201);
  });

  test('[sig-api-machinery] FieldValidation should create/apply a CR with unknown fields for CRD with no validation schema', () => {
    expect(apply(one(OPEN), foo({ spec: { any: 'thing' }, more: 1 })).status).toBe(201);
  });

  test('[sig-api-machinery] FieldValidation should create/apply an invalid CR with extra properties for CRD with validation schema', () => {
    const reply = apply(one(), foo({ spec: { extraProperty: 'arbitrary', cronSpec: '*' } }));
    expect(reply.status).toBe(500);
    expect(messageOf(reply)).toContain('.spec.extraProperty: field not declared in schema');
  });

  test('[sig-api-machinery] FieldValidation should detect duplicates in a CR when preserving unknown fields', () => {
    const reply = strict(
      one(OPEN),
      FOOS,
      '{"apiVersion":"example.com/v1","kind":"Foo","metadata":{"name":"f"},"spec":{"a":1,"a":2,"x":{"y":1}}}',
    );
    expect(messageOf(reply)).toContain('strict decoding error: duplicate field "spec.a"');
  });

  test('[sig-api-machinery] FieldValidation should detect unknown metadata fields in both the root and embedded object of a CR', () => {
    const embedded = {
      type: 'object',
      properties: {
        template: {
          type: 'object',
          'x-kubernetes-embedded-resource': true,
          properties: { metadata: { type: 'object' }, spec: { type: 'object' } },
        },
      },
    };
    const reply = strict(
      one(embedded),
      FOOS,
      JSON.stringify(
        foo({
          metadata: { name: 'f', unknownMeta: 'x' },
          template: { apiVersion: 'foo/v1', kind: 'Sub', metadata: { name: 's', unknownSubMeta: 'x' } },
        }),
      ),
    );
    expect(messageOf(reply)).toContain('unknown field "metadata.unknownMeta"');
    expect(messageOf(reply)).toContain('unknown field "template.metadata.unknownSubMeta"');
  });
});

describe('watches', () => {
  const put = (harness: Harness, name: string, count: number, labels: object = { w: 'a' }): string => {
    const body = { metadata: { name, labels }, data: { mutation: String(count) } };
    const written =
      harness.request('GET', `${MAPS}/${name}`).status === 404
        ? harness.expect(201, 'POST', MAPS, { body })
        : harness.expect(200, 'PATCH', `${MAPS}/${name}`, { headers: MERGE, body });
    return (written as KubeObject).metadata.resourceVersion ?? '';
  };
  const open = (harness: Harness, revision: string, selector = 'w%3Da') =>
    harness.watch(`${MAPS}?watch=true&labelSelector=${selector}&resourceVersion=${revision}`);
  /** All a watch has seen since it began. */
  const seen = (watch: ReturnType<typeof open>) => {
    watch.drain();
    return watch.frames.map((frame) => {
      const { type, object } = JSON.parse(frame) as { readonly type: string; readonly object: KubeObject };
      return [type, object.metadata.resourceVersion] as const;
    });
  };

  test('[sig-api-machinery] Watchers should observe add, update, and delete watch notifications on configmaps', () => {
    const harness = fresh();
    const [a, b, both] = ['w%3Da', 'w%3Db', 'w'].map((selector) => open(harness, '', selector));
    put(harness, 'x', 0);
    put(harness, 'x', 1);
    put(harness, 'y', 0, { w: 'b' });
    harness.expect(200, 'DELETE', `${MAPS}/x`);
    const types = (watch: typeof a) => watch?.drain().map(({ type }) => type);
    expect(types(a)).toEqual(['ADDED', 'MODIFIED', 'DELETED']);
    expect(types(b)).toEqual(['ADDED']);
    expect(types(both)).toEqual(['ADDED', 'MODIFIED', 'ADDED', 'DELETED']);
  });

  test('[sig-api-machinery] Watchers should be able to start watching from a specific resource version', () => {
    const harness = fresh();
    put(harness, 'x', 0);
    const first = put(harness, 'x', 1);
    const second = put(harness, 'x', 2);
    harness.expect(200, 'DELETE', `${MAPS}/x`);
    const events = seen(open(harness, first));
    expect(events.map(([type]) => type)).toEqual(['MODIFIED', 'DELETED']);
    expect(events[0]?.[1]).toBe(second);
  });

  test('[sig-api-machinery] Watchers should be able to restart watching from the last resource version observed by the previous watch', () => {
    const harness = fresh();
    const watch = open(harness, '');
    put(harness, 'x', 0);
    put(harness, 'x', 1);
    const last = seen(watch).at(-1)?.[1] ?? '';
    put(harness, 'x', 2);
    harness.expect(200, 'DELETE', `${MAPS}/x`);
    expect(seen(open(harness, last)).map(([type]) => type)).toEqual(['MODIFIED', 'DELETED']);
  });

  test('[sig-api-machinery] Watchers should observe an object deletion if it stops meeting the requirements of the selector', () => {
    const harness = fresh();
    const watch = open(harness, '');
    put(harness, 'x', 0);
    put(harness, 'x', 1, { w: 'other' });
    put(harness, 'x', 2, { w: 'other' });
    put(harness, 'x', 3, { w: 'a' });
    harness.expect(200, 'DELETE', `${MAPS}/x`);
    expect(seen(watch).map(([type]) => type)).toEqual(['ADDED', 'DELETED', 'ADDED', 'DELETED']);
  });

  test('[sig-api-machinery] Watchers should receive events on concurrent watches in same order', () => {
    const harness = fresh();
    const start = put(harness, 'first', 0);
    const watches: ReturnType<typeof open>[] = [];
    for (let count = 0; count < 30; count += 1) {
      watches.push(open(harness, start));
      put(harness, `x${count % 3}`, count);
      for (const [index, watch] of watches.entries()) if (count % (index + 2) === 0) watch.drain();
    }
    const orders = watches.map(seen);
    expect(orders[0]).toHaveLength(30);
    for (const order of orders) expect(order).toEqual(orders[0]);
  });
});

describe('policies', () => {
  const POLICIES = '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies';
  const enforce = (harness: Harness, spec: object): void => {
    const matchConstraints = {
      resourceRules: [
        { apiGroups: ['apps'], apiVersions: ['v1'], operations: ['CREATE'], resources: ['deployments'] },
      ],
    };
    harness.expect(201, 'POST', POLICIES, {
      body: { metadata: { name: 'p' }, spec: { matchConstraints, ...spec } },
    });
    harness.expect(201, 'POST', `${POLICIES.replace('policies', 'policybindings')}`, {
      body: { metadata: { name: 'b' }, spec: { policyName: 'p', validationActions: ['Deny'] } },
    });
  };
  const deploy = (harness: Harness, replicas: number) =>
    harness.request('POST', '/apis/apps/v1/namespaces/default/deployments?dryRun=All', {
      body: {
        metadata: { name: 'd' },
        spec: {
          replicas,
          selector: { matchLabels: { a: 'b' } },
          template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } },
        },
      },
    }).status;

  test('[sig-api-machinery] ValidatingAdmissionPolicy [Privileged:ClusterAdmin] should validate against a Deployment', () => {
    const harness = fresh();
    enforce(harness, {
      validations: [
        {
          expression: 'object.spec.replicas > 1',
          messageExpression: "'wants replicas > 1, got ' + string(object.spec.replicas)",
        },
      ],
    });
    expect([deploy(harness, 2), deploy(harness, 1)]).toEqual([201, 422]);
  });

  test('[sig-api-machinery] ValidatingAdmissionPolicy [Privileged:ClusterAdmin] should allow expressions to refer variables.', () => {
    const harness = fresh();
    enforce(harness, {
      variables: [
        { name: 'replicas', expression: 'object.spec.replicas' },
        { name: 'oddReplicas', expression: 'variables.replicas % 2 == 1' },
      ],
      validations: [{ expression: 'variables.replicas > 1' }, { expression: 'variables.oddReplicas' }],
    });
    expect([deploy(harness, 3), deploy(harness, 1), deploy(harness, 2)]).toEqual([201, 422, 422]);
  });
});
