import { expect, test } from 'vitest';
import { Harness } from '../support/harness.ts';
import { routeDefinition } from '../support/route-definition.ts';

const ROUTES = '/apis/gateway.networking.k8s.io/v1/namespaces/default/httproutes';

const route = (name: string, spec: unknown) => ({
  apiVersion: 'gateway.networking.k8s.io/v1',
  kind: 'HTTPRoute',
  metadata: { name },
  spec,
});

test('a definition with as many rules as the Gateway API has is accepted and judges by them', () => {
  const cluster = new Harness({ settings: { nodes: [] } });
  cluster.expect(201, 'POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
    body: routeDefinition,
  });
  const good = {
    parentRefs: [{ name: 'gw' }],
    rules: [{ backendRefs: [{ name: 'x', port: 80 }], matches: [{ path: { value: '/v1' } }] }],
  };
  expect(cluster.expect(201, 'POST', ROUTES, { body: route('good', good) })).toMatchObject({
    spec: {
      parentRefs: [{ group: 'gateway.networking.k8s.io', kind: 'Gateway', name: 'gw' }],
      rules: [{ matches: [{ path: { type: 'PathPrefix', value: '/v1' } }] }],
    },
  });
  const bad = {
    parentRefs: [{ name: 'gw' }, { name: 'gw' }],
    rules: [
      { name: 'x', backendRefs: [{ name: 'x' }], matches: [{ path: { value: '//v1' } }] },
      { name: 'x' },
    ],
  };
  const { json } = cluster.request('POST', ROUTES, { body: route('bad', bad) });
  const { details } = json as { details: { causes: { field: string }[] } };
  expect(details.causes.map(({ field }) => field)).toEqual([
    'spec.parentRefs',
    'spec.rules',
    'spec.rules[0].backendRefs[0]',
    'spec.rules[0].matches[0].path',
  ]);
});
