import { describe, expect, test } from 'vitest';
import { makeBuiltinCatalog, makeCatalog } from '../kinds/catalog.ts';
import type { Kind } from '../kinds/define.ts';
import { definition } from '../kinds/schema-facts.ts';
import type { Schema } from '../machinery/schema.ts';
import { makeOpenApi } from './openapi.ts';

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, unknown>>>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Readonly<Record<string, unknown>>>> };
  readonly definitions: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

const catalog = makeBuiltinCatalog();
const podSpec = 'io.k8s.api.core.v1.PodSpec';
const descriptions = { [podSpec]: ['What a pod is.', { nodeName: 'Where it runs.' }] } as const;
const documents = makeOpenApi(catalog, { descriptions });
const read = (path: string): Document => JSON.parse(documents.document(path) ?? 'null') as Document;
const core = read('api/v1');
const spec = core.components.schemas[podSpec]?.['properties'] as Readonly<Record<string, unknown>>;

describe('the index', () => {
  const index = JSON.parse(documents.index()) as {
    readonly paths: Readonly<Record<string, { readonly serverRelativeURL: string }>>;
  };
  test('names every group version and says which state it is in', () => {
    expect(index.paths['apis/apps/v1']?.serverRelativeURL).toMatch(
      /^\/openapi\/v3\/apis\/apps\/v1\?hash=[0-9A-F]{24}$/,
    );
    expect(Object.keys(index.paths)).toContain('.well-known/openid-configuration');
    expect(documents.document('apis/nonsense/v1')).toBeUndefined();
  });
  test('every document is whole: nothing it refers to is missing', () => {
    for (const path of Object.keys(index.paths)) {
      const text = documents.document(path) ?? '';
      const { components } = JSON.parse(text) as Document;
      for (const [, name = ''] of text.matchAll(/"#\/components\/schemas\/([^"]+)"/g))
        expect(components.schemas).toHaveProperty([name]);
    }
  });
});

describe('schemas', () => {
  test('lists say how they merge', () => {
    expect(spec['containers']).toEqual({
      type: 'array',
      items: { default: {}, allOf: [{ $ref: '#/components/schemas/io.k8s.api.core.v1.Container' }] },
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
      'x-kubernetes-patch-merge-key': 'name',
      'x-kubernetes-patch-strategy': 'merge',
    });
    expect(core.components.schemas[podSpec]?.['required']).toEqual(['containers']);
  });
  test('enums, maps, atomic types and leaves', () => {
    expect(spec['restartPolicy']).toEqual({ type: 'string', enum: ['Always', 'Never', 'OnFailure'] });
    expect(spec['nodeSelector']).toEqual({
      type: 'object',
      additionalProperties: { type: 'string', default: '' },
      'x-kubernetes-map-type': 'atomic',
    });
    expect(core.components.schemas['io.k8s.apimachinery.pkg.util.intstr.IntOrString']).toEqual({
      oneOf: [{ type: 'integer' }, { type: 'string' }],
      format: 'int-or-string',
    });
  });
  test('kinds say which they are', () => {
    expect(core.components.schemas['io.k8s.api.core.v1.Pod']?.['x-kubernetes-group-version-kind']).toEqual([
      { group: '', version: 'v1', kind: 'Pod' },
    ]);
  });
  test('prose is there when it was built', () => {
    expect(core.components.schemas[podSpec]?.['description']).toBe('What a pod is.');
    expect(spec['nodeName']).toEqual({ type: 'string', description: 'Where it runs.' });
  });
});

describe('paths', () => {
  test('kubectl finds the kind and the field validation parameter of a patch', () => {
    const patch = core.paths['/api/v1/namespaces/{namespace}/pods/{name}']?.['patch'];
    expect(patch?.['x-kubernetes-group-version-kind']).toEqual({ group: '', version: 'v1', kind: 'Pod' });
    expect(patch?.['x-kubernetes-action']).toBe('patch');
    const parameters = patch?.['parameters'] as readonly { readonly name: string }[];
    expect(parameters.map(({ name }) => name)).toEqual([
      'dryRun',
      'fieldManager',
      'fieldValidation',
      'force',
    ]);
  });
  test('collections, subresources and all namespaces', () => {
    expect(Object.keys(core.paths)).toEqual(
      expect.arrayContaining([
        '/api/v1/pods',
        '/api/v1/namespaces/{namespace}/pods',
        '/api/v1/namespaces/{namespace}/pods/{name}/eviction',
        '/api/v1/nodes/{name}/status',
      ]),
    );
  });
});

describe('custom types', () => {
  const thing: Schema = {
    type: 'object',
    fields: new Map([
      [
        'spec',
        {
          name: 'spec',
          omit: 'empty',
          pointer: true,
          schema: {
            type: 'object',
            fields: new Map([
              [
                'size',
                { name: 'size', omit: 'empty', pointer: true, schema: { type: 'integer', default: 3 } },
              ],
            ]),
          },
        },
      ],
    ]),
  };
  const pods = catalog.resource('', 'v1', 'pods')?.kind;
  const kind = {
    ...pods,
    group: 'example.com',
    kind: 'Thing',
    listKind: 'ThingList',
    resource: 'things',
    connects: [],
    custom: true,
    served: [{ group: 'example.com', version: 'v1', schema: thing }],
  } as unknown as Kind;
  const custom = makeOpenApi(makeCatalog([kind]));
  const document = JSON.parse(custom.document('apis/example.com/v1') ?? 'null') as Document;
  test('get a definition, a list and paths', () => {
    expect(document.components.schemas['com.example.v1.Thing']).toMatchObject({
      type: 'object',
      properties: { spec: { type: 'object', properties: { size: { type: 'integer', default: 3 } } } },
      'x-kubernetes-group-version-kind': [{ group: 'example.com', version: 'v1', kind: 'Thing' }],
    });
    expect(document.components.schemas).toHaveProperty(['com.example.v1.ThingList']);
    expect(document.paths).toHaveProperty(['/apis/example.com/v1/namespaces/{namespace}/things/{name}']);
  });
  test('offer the patches that are served: kubectl sends the best one it finds', () => {
    const path = '/apis/example.com/v1/namespaces/{namespace}/things/{name}';
    const operation = document.paths[path] as { patch: { requestBody: { content: object } } };
    expect(Object.keys(operation.patch.requestBody.content)).toEqual([
      'application/apply-patch+yaml',
      'application/json-patch+json',
      'application/merge-patch+json',
    ]);
  });
  test('are shown as they were defined when that is known', () => {
    const raw = { type: 'object', description: 'A thing.', properties: { spec: { type: 'object' } } };
    const shown = makeOpenApi(makeCatalog([kind]), { customSchema: () => raw });
    expect(shown.document('apis/example.com/v1')).toContain('A thing.');
  });
});

describe('version 2', () => {
  const v2 = JSON.parse(documents.v2()) as Document;
  test('refers to definitions and puts prose beside references', () => {
    const pod = v2.definitions['io.k8s.api.core.v1.Pod']?.['properties'] as Readonly<Record<string, unknown>>;
    expect(pod['spec']).toEqual({ $ref: `#/definitions/${podSpec}`, description: 'What a pod is.' });
  });
  test('has a protobuf form', () => {
    const bytes = documents.v2Protobuf?.() ?? new Uint8Array();
    expect(new TextDecoder().decode(bytes.subarray(0, 5))).toBe('\n\u00032.0');
    expect(bytes.length).toBeGreaterThan(100_000);
  });
});

test('the same catalogue gives the same texts', () => {
  expect(makeOpenApi(catalog, { descriptions }).document('api/v1')).toBe(documents.document('api/v1'));
  expect(definition(podSpec)).toBeDefined();
});
