import { expect, test } from 'vitest';
import { Harness } from '../../test/support/harness.ts';

const MERGE = { 'content-type': 'application/merge-patch+json' };
const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const WIDGETS = '/apis/example.com/v1/namespaces/default/widgets';

const definition = (name: object, size: object): object => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'widgets.example.com' },
  spec: {
    group: 'example.com',
    scope: 'Namespaced',
    names: { plural: 'widgets', kind: 'Widget' },
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
                  name: { type: 'string', maxLength: 9, ...name },
                  size: { type: 'integer', ...size },
                },
              },
            },
          },
        },
      },
    ],
  },
});

test('what was broken before is warned of, whether the change is taken or refused for something else', () => {
  const harness = new Harness({ settings: { nodes: [] } });
  harness.expect(201, 'POST', DEFINITIONS, { body: definition({}, {}) });
  const body = {
    apiVersion: 'example.com/v1',
    kind: 'Widget',
    metadata: { name: 'w' },
    spec: { name: 'UP', size: 1 },
  };
  harness.expect(201, 'POST', WIDGETS, { body });
  const rule = { rule: 'self == self.lowerAscii()', message: 'lower' };
  harness.expect(200, 'PATCH', `${DEFINITIONS}/widgets.example.com`, {
    headers: MERGE,
    body: {
      spec: { versions: [versionOf(definition({ 'x-kubernetes-validations': [rule] }, { maximum: 3 }))] },
    },
  });
  const warned = '299 - "spec.name: Invalid value: \\"UP\\": lower"';
  for (const [size, status] of [
    [2, 200],
    [4, 422],
  ]) {
    const reply = harness.request('PATCH', `${WIDGETS}/w`, { headers: MERGE, body: { spec: { size } } });
    expect([reply.status, reply.headers['Warning']]).toEqual([status, warned]);
  }
});

const versionOf = (body: object): unknown =>
  (body as { readonly spec: { readonly versions: readonly unknown[] } }).spec.versions[0];
