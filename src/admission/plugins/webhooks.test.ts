import { describe, expect, test } from 'vitest';
import { Harness } from '../../../test/support/harness.ts';

const CONFIGURATIONS = '/apis/admissionregistration.k8s.io/v1';
const MAPS = '/api/v1/namespaces/default/configmaps';

const configuration = (kind: 'Validating' | 'Mutating', webhook: object) => ({
  apiVersion: 'admissionregistration.k8s.io/v1',
  kind: `${kind}WebhookConfiguration`,
  metadata: { name: 'hooks' },
  webhooks: [
    {
      name: 'check.example.com',
      rules: [
        { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE', 'DELETE'], resources: ['configmaps'] },
      ],
      clientConfig: { service: { namespace: 'default', name: 'checker', path: '/check' } },
      admissionReviewVersions: ['v1'],
      sideEffects: 'None',
      ...webhook,
    },
  ],
});

const withHook = (kind: 'Validating' | 'Mutating', webhook: object = {}): Harness => {
  const harness = new Harness({ settings: { nodes: [] }, actors: [] });
  harness.expect(201, 'POST', `${CONFIGURATIONS}/${kind.toLowerCase()}webhookconfigurations`, {
    body: configuration(kind, webhook),
  });
  return harness;
};

const create = (harness: Harness, labels = {}, query = '') =>
  harness.request('POST', `${MAPS}${query}`, { body: { metadata: { name: 'x', labels } } });

describe.each(['Validating', 'Mutating'] as const)('%s webhooks', (kind) => {
  test('refuse what they match when nobody answers', () => {
    const harness = withHook(kind);
    const message =
      'failed calling webhook "check.example.com": failed to call webhook: Post "https://checker.default.svc:443/check?timeout=10s": service "checker" not found';
    expect(create(harness).json).toMatchObject({
      code: 500,
      reason: 'InternalError',
      message: `Internal error occurred: ${message}`,
      details: { causes: [{ message }] },
    });
    harness.expect(404, 'GET', `${MAPS}/x`);
  });

  test('name the address of a Service nobody listens behind, and hosts', () => {
    const harness = withHook(kind, { timeoutSeconds: 3 });
    harness.create(
      '{apiVersion: v1, kind: Service, metadata: {name: checker}, spec: {clusterIP: 10.0.0.77, ports: [{port: 443}]}}',
    );
    expect(create(harness).body).toContain(
      'check?timeout=3s\\": dial tcp 10.0.0.77:443: connect: connection refused',
    );
    const away = withHook(kind, { clientConfig: { url: 'https://hooks.example.com/check' } });
    expect(create(away).body).toContain('dial tcp: lookup hooks.example.com: no such host');
  });

  test.each([
    ['when their failures are ignored', { failurePolicy: 'Ignore' }],
    [
      'other operations',
      { rules: [{ apiGroups: ['*'], apiVersions: ['*'], operations: ['UPDATE'], resources: ['*'] }] },
    ],
    [
      'other groups',
      { rules: [{ apiGroups: ['apps'], apiVersions: ['*'], operations: ['*'], resources: ['*'] }] },
    ],
    [
      'cluster scope',
      {
        rules: [
          { apiGroups: ['*'], apiVersions: ['*'], operations: ['*'], resources: ['*'], scope: 'Cluster' },
        ],
      },
    ],
    ['namespaces that are not selected', { namespaceSelector: { matchLabels: { checked: 'yes' } } }],
    [
      'what a condition leaves out',
      { matchConditions: [{ name: 'others', expression: 'object.metadata.name != "x"' }] },
    ],
    ['objects that are not selected', { objectSelector: { matchLabels: { checked: 'yes' } } }],
  ])('let pass: %s', (_why, webhook) => {
    expect(create(withHook(kind, webhook)).status).toBe(201);
  });

  test('see labels of the object and of its namespace', () => {
    const selected = withHook(kind, { objectSelector: { matchLabels: { checked: 'yes' } } });
    expect(create(selected, { checked: 'yes' }).status).toBe(500);
    const everywhere = withHook(kind, {
      namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'default' } },
    });
    expect(create(everywhere, {}, '?dryRun=All').status).toBe(500);
  });

  test('refuse when a condition cannot be judged', () => {
    const matchConditions = [{ name: 'absent', expression: 'object.data.nothing == "x"' }];
    expect(create(withHook(kind, { matchConditions })).json).toMatchObject({
      code: 403,
      reason: 'Forbidden',
    });
    expect(create(withHook(kind, { matchConditions, failurePolicy: 'Ignore' })).status).toBe(201);
  });

  test('are not asked about configurations', () => {
    const rules = [{ apiGroups: ['*'], apiVersions: ['*'], operations: ['*'], resources: ['*'] }];
    const harness = withHook(kind, { rules });
    harness.expect(200, 'DELETE', `${CONFIGURATIONS}/${kind.toLowerCase()}webhookconfigurations/hooks`);
    expect(create(harness).status).toBe(201);
  });
});
