import { expect, test } from 'vitest';
import { Harness } from '../../test/support/harness.ts';
import type { KubeObject } from './object.ts';

const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const THINGS = '/apis/example.com/v1/namespaces/default/things';

const definition = (listType: object) => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'things.example.com' },
  spec: {
    group: 'example.com',
    scope: 'Namespaced',
    names: { plural: 'things', kind: 'Thing' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              spec: {
                type: 'object',
                properties: {
                  ports: {
                    type: 'array',
                    ...listType,
                    items: {
                      type: 'object',
                      required: ['name'],
                      properties: { name: { type: 'string' }, port: { type: 'integer' } },
                    },
                  },
                },
              },
            },
          },
        },
      },
    ],
  },
});

const apply = (harness: Harness, manager: string, names: readonly string[], force = '') =>
  harness.request('PATCH', `${THINGS}/t?fieldManager=${manager}${force}`, {
    headers: { 'content-type': 'application/apply-patch+yaml' },
    body: {
      apiVersion: 'example.com/v1',
      kind: 'Thing',
      metadata: { name: 't' },
      spec: { ports: names.map((name) => ({ name, port: 1 })) },
    },
  });

const redefine = (harness: Harness, listType: object): void => {
  harness.expect(200, 'PATCH', `${DEFINITIONS}/things.example.com`, {
    headers: { 'content-type': 'application/json-patch+json' },
    body: [
      {
        op: 'replace',
        path: '/spec/versions/0/schema',
        value: definition(listType).spec.versions[0]?.schema,
      },
    ],
  });
  harness.settle();
};

const KEYED = { 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'] };
const ATOMIC = { 'x-kubernetes-list-type': 'atomic' };

const start = (listType: object): Harness => {
  const harness = new Harness({ settings: { nodes: [] } });
  harness.expect(201, 'POST', DEFINITIONS, { body: definition(listType) });
  harness.settle();
  return harness;
};

interface Thing extends KubeObject {
  readonly spec: { readonly ports: readonly { readonly name: string }[] };
}

const namesOf = (harness: Harness): readonly string[] =>
  harness.get<Thing>(`${THINGS}/t`).spec.ports.map(({ name }) => name);

const owners = (harness: Harness) =>
  harness
    .get<KubeObject>(`${THINGS}/t`)
    .metadata.managedFields?.map(({ manager, fieldsV1 }) => [
      manager,
      (fieldsV1 as { readonly 'f:spec': object })['f:spec'],
    ]);

test('owners of items own a list that became one value', () => {
  const harness = start(KEYED);
  expect(apply(harness, 'one', ['a']).status).toBe(201);
  expect(apply(harness, 'two', ['b']).status).toBe(200);
  redefine(harness, ATOMIC);
  const refused = apply(harness, 'one', ['c']);
  expect(refused.json).toMatchObject({ code: 409, details: { causes: [{ field: '.spec.ports' }] } });
  expect(apply(harness, 'one', ['c'], '&force=true').status).toBe(200);
  expect(namesOf(harness)).toEqual(['c']);
  expect(owners(harness)).toEqual([['one', { 'f:ports': {} }]]);
});

test('a list whose items are owned one by one from now on is merged', () => {
  const harness = start(ATOMIC);
  expect(apply(harness, 'one', ['a']).status).toBe(201);
  redefine(harness, KEYED);
  expect(apply(harness, 'two', ['b']).status).toBe(200);
  expect(namesOf(harness)).toEqual(['a', 'b']);
});
