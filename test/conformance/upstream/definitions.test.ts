/** What upstream's conformance tests ask of custom resource definitions and of what they publish. */

import { describe, expect, test } from 'vitest';
import type { KubeObject } from '../../../src/machinery/object.ts';
import type { Harness } from '../../support/harness.ts';
import {
  DEFINITIONS,
  define,
  definition,
  FOOS,
  fresh,
  MERGE,
  OPEN,
  one,
  published,
  swagger,
  type Version,
} from './definitions.ts';
import { listed } from './operations.ts';

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
