import { beforeEach, describe, expect, test } from 'vitest';
import type { KubeObject } from '../../src/machinery/object.ts';
import { Harness } from '../support/harness.ts';

const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const WIDGETS = '/apis/example.com/v1/namespaces/default/widgets';
const TABLE = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' };

const definition = (changes: Readonly<Record<string, unknown>> = {}, names = {}) => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'widgets.example.com' },
  spec: {
    group: 'example.com',
    scope: 'Namespaced',
    names: { plural: 'widgets', kind: 'Widget', shortNames: ['wd'], categories: ['all'], ...names },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        subresources: {
          status: {},
          scale: {
            specReplicasPath: '.spec.replicas',
            statusReplicasPath: '.status.replicas',
            labelSelectorPath: '.status.selector',
          },
        },
        additionalPrinterColumns: [
          { name: 'Colour', type: 'string', jsonPath: '.spec.colour' },
          { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
          { name: 'Since', type: 'date', jsonPath: '.status.since' },
        ],
        selectableFields: [{ jsonPath: '.spec.colour' }],
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              spec: {
                type: 'object',
                properties: { colour: { type: 'string' }, replicas: { type: 'integer', default: 1 } },
              },
              status: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
            },
          },
        },
      },
      {
        name: 'v1beta1',
        served: true,
        storage: false,
        deprecated: true,
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      },
    ],
    ...changes,
  },
});

const widget = (name: string, spec: unknown = { colour: 'red' }) => ({
  apiVersion: 'example.com/v1',
  kind: 'Widget',
  metadata: { name },
  spec,
});

let cluster: Harness;

beforeEach(() => {
  cluster = new Harness({ settings: { nodes: [] } });
  cluster.expect(201, 'POST', DEFINITIONS, { body: definition() });
});

const conditionsOf = (name: string) => {
  const { status } = cluster.get<KubeObject & { status: { conditions: Record<string, string>[] } }>(
    `${DEFINITIONS}/${name}`,
  );
  return status.conditions.map(({ type, status: is, reason }) => `${type}=${is} ${reason}`);
};

describe('a definition', () => {
  test('is served on the next request, in discovery and OpenAPI, too', () => {
    expect(conditionsOf('widgets.example.com')).toEqual([
      'NamesAccepted=True NoConflicts',
      'Established=True InitialNamesAccepted',
    ]);
    const { resources } = cluster.get<{ resources: { name: string; shortNames?: string[] }[] }>(
      '/apis/example.com/v1',
    );
    expect(resources.map(({ name }) => name)).toEqual(['widgets', 'widgets/scale', 'widgets/status']);
    expect(resources[0]?.shortNames).toEqual(['wd']);
    expect(cluster.request('GET', '/openapi/v3/apis/example.com/v1').body).toContain('"colour"');
    expect(cluster.get('/apis/apiregistration.k8s.io/v1/apiservices/v1.example.com')).toMatchObject({
      spec: { groupPriorityMinimum: 1000, versionPriority: 100 },
    });
  });

  test('is seen to be accepted, then established', () => {
    const watch = cluster.watch(`${DEFINITIONS}?watch=1&resourceVersion=0`);
    watch.drain();
    const other = definition({ group: 'other.example.com' });
    cluster.expect(201, 'POST', DEFINITIONS, {
      body: { ...other, metadata: { name: 'widgets.other.example.com' } },
    });
    cluster.advance(10);
    const steps = watch.drain().map(({ type, object }) => {
      const { conditions } = (object as unknown as { status: { conditions: { status: string }[] | null } })
        .status;
      return `${type} ${(conditions ?? []).map(({ status }) => status).join(' ')}`.trim();
    });
    expect(steps).toEqual(['ADDED', 'MODIFIED True False', 'MODIFIED True True']);
  });

  test('with names in use waits until they are free', () => {
    const twin = definition({}, { plural: 'twins' });
    cluster.expect(201, 'POST', DEFINITIONS, { body: { ...twin, metadata: { name: 'twins.example.com' } } });
    expect(conditionsOf('twins.example.com')).toEqual([
      'NamesAccepted=False ListKindConflict',
      'Established=False NotAccepted',
    ]);
    cluster.expect(200, 'DELETE', `${DEFINITIONS}/widgets.example.com`);
    cluster.settle();
    expect(conditionsOf('twins.example.com')).toEqual([
      'NamesAccepted=True NoConflicts',
      'Established=True InitialNamesAccepted',
    ]);
    cluster.expect(200, 'GET', '/apis/example.com/v1/twins');
  });

  test('goes with its instances, and waits for their finalizers', () => {
    const held = widget('held');
    cluster.expect(201, 'POST', WIDGETS, {
      body: { ...held, metadata: { ...held.metadata, finalizers: ['example.com/hold'] } },
    });
    cluster.expect(201, 'POST', WIDGETS, { body: widget('free') });
    cluster.expect(200, 'DELETE', `${DEFINITIONS}/widgets.example.com`);
    cluster.settle();
    expect(conditionsOf('widgets.example.com').at(-1)).toBe('Terminating=True InstanceDeletionInProgress');
    expect(cluster.list(WIDGETS)).toHaveLength(1);
    expect(cluster.request('POST', WIDGETS, { body: widget('late') }).status).toBe(405);
    cluster.expect(200, 'PATCH', `${WIDGETS}/held`, {
      body: { metadata: { finalizers: null } },
      headers: { 'content-type': 'application/merge-patch+json' },
    });
    cluster.settle();
    cluster.expect(404, 'GET', `${DEFINITIONS}/widgets.example.com`);
    cluster.expect(404, 'GET', WIDGETS);
    cluster.expect(404, 'GET', '/apis/apiregistration.k8s.io/v1/apiservices/v1.example.com');
  });

  test('is the same after all memory was dropped', () => {
    cluster.expect(201, 'POST', WIDGETS, { body: widget('one') });
    cluster.evict();
    expect(cluster.list<KubeObject>(WIDGETS).map(({ metadata }) => metadata.name)).toEqual(['one']);
  });
});

describe('objects of a custom kind', () => {
  test('have generations, defaults and a status of their own', () => {
    cluster.expect(201, 'POST', WIDGETS, { body: { ...widget('a'), status: { replicas: 9 } } });
    expect(cluster.get(`${WIDGETS}/a`)).toMatchObject({
      metadata: { generation: 1 },
      spec: { colour: 'red', replicas: 1 },
    });
    const merge = { 'content-type': 'application/merge-patch+json' };
    cluster.expect(200, 'PATCH', `${WIDGETS}/a/status`, {
      body: { status: { replicas: 2 } },
      headers: merge,
    });
    cluster.expect(200, 'PATCH', `${WIDGETS}/a`, {
      body: { metadata: { labels: { x: 'y' } } },
      headers: merge,
    });
    expect(cluster.get(`${WIDGETS}/a`)).toMatchObject({
      metadata: { generation: 1 },
      status: { replicas: 2 },
    });
    cluster.expect(200, 'PATCH', `${WIDGETS}/a`, { body: { spec: { colour: 'blue' } }, headers: merge });
    expect(cluster.get(`${WIDGETS}/a`)).toMatchObject({ metadata: { generation: 2 } });
  });

  test('are scaled through the paths of the definition', () => {
    cluster.expect(201, 'POST', WIDGETS, { body: widget('a') });
    const scale = cluster.get<KubeObject & { spec: { replicas?: number } }>(`${WIDGETS}/a/scale`);
    expect(scale.spec).toEqual({ replicas: 1 });
    cluster.expect(200, 'PUT', `${WIDGETS}/a/scale`, { body: { ...scale, spec: { replicas: 3 } } });
    expect(cluster.get(`${WIDGETS}/a`)).toMatchObject({ spec: { replicas: 3 }, metadata: { generation: 2 } });
  });

  test('are printed with the columns of the definition', () => {
    cluster.expect(201, 'POST', WIDGETS, { body: widget('a') });
    const status = {
      conditions: [
        { type: 'Other', status: 'False' },
        { type: 'Ready', status: 'True' },
      ],
      since: '2025-12-31T23:00:00Z',
    };
    cluster.expect(200, 'PATCH', `${WIDGETS}/a/status`, {
      body: { status },
      headers: { 'content-type': 'application/merge-patch+json' },
    });
    const table = cluster.request('GET', WIDGETS, { headers: TABLE }).json as {
      columnDefinitions: { name: string }[];
      rows: { cells: unknown[] }[];
    };
    expect(table.columnDefinitions.map(({ name }) => name)).toEqual(['Name', 'Colour', 'Ready', 'Since']);
    expect(table.rows[0]?.cells).toEqual(['a', 'red', 'True', '60m']);
  });

  test('are found by the fields the definition names, and no others', () => {
    cluster.expect(201, 'POST', WIDGETS, { body: widget('a') });
    cluster.expect(201, 'POST', WIDGETS, { body: widget('b', { colour: 'blue' }) });
    const found = cluster.list<KubeObject>(`${WIDGETS}?fieldSelector=spec.colour%3Dblue`);
    expect(found.map(({ metadata }) => metadata.name)).toEqual(['b']);
    expect(cluster.request('GET', `${WIDGETS}?fieldSelector=spec.size%3D1`).status).toBe(400);
  });

  test('are shown at every version, with a warning at deprecated ones', () => {
    cluster.expect(201, 'POST', WIDGETS, { body: widget('a') });
    const reply = cluster.request('GET', `${WIDGETS.replace('/v1/', '/v1beta1/')}/a`);
    expect(reply.json).toMatchObject({ apiVersion: 'example.com/v1beta1', spec: { colour: 'red' } });
    expect(reply.headers['Warning']).toContain('example.com/v1beta1 Widget is deprecated');
  });

  test('show defaults that came after they were stored', () => {
    cluster.expect(201, 'POST', WIDGETS, { body: widget('a') });
    const crd = cluster.get<ReturnType<typeof definition>>(`${DEFINITIONS}/widgets.example.com`);
    const properties = crd.spec.versions[0]?.schema.openAPIV3Schema.properties as unknown as {
      spec: { properties: Record<string, unknown> };
    };
    properties.spec.properties['size'] = { type: 'string', default: 'small' };
    cluster.expect(200, 'PUT', `${DEFINITIONS}/widgets.example.com`, { body: crd });
    expect(cluster.get(`${WIDGETS}/a`)).toMatchObject({ spec: { size: 'small' } });
    expect(cluster.list(WIDGETS)[0]).toMatchObject({ spec: { size: 'small' } });
  });
});
