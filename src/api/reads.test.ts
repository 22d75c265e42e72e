/** Refusals of reads that clients rarely meet: options, paths, proxies, virtual kinds. */
import { describe, expect, it } from 'vitest';
import { Harness } from '../../test/support/harness.ts';

const LIST = '/api/v1/namespaces/default/configmaps';
const PODS = '/api/v1/namespaces/default/pods';

const definition = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'widgets.example.com' },
  spec: {
    group: 'example.com',
    scope: 'Namespaced',
    names: { plural: 'widgets', singular: 'widget', kind: 'Widget', listKind: 'WidgetList' },
    versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
  },
};

const makeHarness = (): Harness => {
  const harness = new Harness({ settings: { nodes: [] } });
  harness.expect(201, 'POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
    body: definition,
  });
  harness.settle(10_000);
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' } };
  const spec = { containers: [{ name: 'c', image: 'i', ports: [{ containerPort: 8080 }] }] };
  harness.expect(201, 'POST', PODS, { body: { ...pod, spec } });
  const service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 's' } };
  harness.expect(201, 'POST', '/api/v1/namespaces/default/services', {
    body: { ...service, spec: { ports: [{ port: 80 }] } },
  });
  return harness;
};

const PAGE = '404 page not found\n';
const RESOURCE = 'the server could not find the requested resource';
const MATCH = 'resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden for watch unless';
const token = (text: string): string => btoa(text).replaceAll('=', '');

const ROWS: readonly (readonly [request: string, status: number, message: string])[] = [
  [
    `GET ${LIST}?watch=1&resourceVersionMatch=NotOlderThan`,
    422,
    `ListOptions.meta.k8s.io "" is invalid: ${MATCH} sendInitialEvents is provided`,
  ],
  [
    `GET ${LIST}?watch=1&resourceVersionMatch=Exact`,
    422,
    `ListOptions.meta.k8s.io "" is invalid: [${MATCH} sendInitialEvents is provided, resourceVersionMatch: Unsupported value: "Exact": supported values: "NotOlderThan"]`,
  ],
  [
    `GET ${LIST}?watch=1&sendInitialEvents=true&resourceVersionMatch=Exact`,
    422,
    'ListOptions.meta.k8s.io "" is invalid: [resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan, resourceVersionMatch: Unsupported value: "Exact": supported values: "NotOlderThan"]',
  ],
  [
    `GET ${LIST}?sendInitialEvents=true&resourceVersionMatch=NotOlderThan`,
    422,
    'ListOptions.meta.k8s.io "" is invalid: [resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided, sendInitialEvents: Forbidden: sendInitialEvents is forbidden for list]',
  ],
  [
    `GET ${LIST}?continue=${token('[]')}`,
    400,
    'invalid continue token: continue key is not valid: json: cannot unmarshal array into Go value of type storage.continueToken',
  ],
  [
    `GET ${LIST}?continue=${token('{"v":"meta.k8s.io/v1","rv":"1","start":"a"}')}`,
    400,
    'invalid continue token: continue key is not valid: json: cannot unmarshal string into Go struct field continueToken.rv of type int64',
  ],
  ['GET /apis/apps/v1/namespaces/default/deployments/none/scale', 404, 'deployments.apps "none" not found'],
  [
    'GET /api/v1/namespaces/default/replicationcontrollers/none/scale',
    404,
    'replicationcontrollers "none" not found',
  ],
  ['GET /apis/apps/v1/namespaces/default/statefulsets/none/scale', 404, 'statefulsets.apps "none" not found'],
  ['GET /healthz/', 404, PAGE],
  ['GET //api/v1', 404, PAGE],
  ['GET /api/v2', 404, RESOURCE],
  ['GET /api/v2/pods', 404, RESOURCE],
  ['GET /apis/apps/v9', 404, RESOURCE],
  ['GET /apis/apps/v9/deployments', 404, RESOURCE],
  ['GET /apis/nobody.example.com', 404, PAGE],
  ['GET /apis/nobody.example.com/v1/things', 404, PAGE],
  ['GET /apis/example.com/v1/nothings', 404, PAGE],
  ['GET /apis/example.com/v2/widgets', 404, PAGE],
  ['POST /apis/example.com/v1/widgets', 404, PAGE],
  ['GET /apis/example.com/v1/namespaces/default/widgets/w/zed', 404, 'widgets.example.com "w" not found'],
  [
    'GET /api/v1/componentstatuses?watch=1',
    405,
    'watch is not supported on resources of kind "componentstatuses"',
  ],
  ['GET /api/v1/componentstatuses/zed', 500, 'Component not found: zed'],
  [`GET ${PODS}/p/proxy`, 400, 'address not allowed'],
  [`GET ${PODS}/:80/proxy`, 400, 'invalid pod request ":80"'],
  [`GET ${PODS}/ftp:p:80/proxy`, 400, 'invalid pod request "ftp:p:80"'],
  [
    'GET /api/v1/namespaces/default/services/http:s:80/proxy/x',
    503,
    'no endpoints available for service "http:s:80"',
  ],
];

describe('rare reads', () => {
  const harness = makeHarness();

  it.each(ROWS)('%s', (request, status, message) => {
    const [method = '', path = ''] = request.split(' ');
    const reply = harness.request(method, path);
    const { message: said } = (reply.json ?? {}) as { readonly message?: string };
    expect([reply.status, said ?? reply.body]).toEqual([status, message]);
  });

  it('lists of what is computed have no revision', () => {
    expect(harness.get('/api/v1/componentstatuses')).toMatchObject({ metadata: {} });
    expect(harness.get<{ metadata: object }>('/api/v1/componentstatuses').metadata).toEqual({});
  });

  it('a pod with an address refuses the connection', () => {
    harness.expect(200, 'PATCH', `${PODS}/p/status`, {
      body: { status: { podIP: '10.244.0.9' } },
      headers: { 'content-type': 'application/merge-patch+json' },
    });
    const reply = harness.request('GET', `${PODS}/p/proxy/`);
    expect(reply.json).toMatchObject({
      code: 503,
      message: 'error trying to reach service: dial tcp 10.244.0.9:8080: connect: connection refused',
    });
  });
});
