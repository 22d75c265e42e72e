/** What webhooks are asked, and when. */

import { describe, expect, test } from 'vitest';
import type { Harness } from '../../../test/support/harness.ts';
import { configure, create, hook, MAPS, open, patch, stored } from '../../../test/support/webhooks.ts';
import type { KubeObject } from '../../machinery/object.ts';

describe('a review', () => {
  test('states the request as upstream does', () => {
    const { harness, asked } = open({ look: () => ({ allowed: true }) });
    configure(harness, 'Validating', 'v', hook('look', { timeoutSeconds: 7 }));
    expect(create(harness, {}, '?fieldManager=me').status).toBe(201);
    const [{ url, timeoutSeconds, request } = { url: '', timeoutSeconds: 0, request: undefined }] = asked;
    expect([url, timeoutSeconds]).toEqual(['https://hooks.example.com/look?timeout=7s', 7]);
    expect(request).toEqual({
      uid: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/),
      kind: { group: '', version: 'v1', kind: 'ConfigMap' },
      resource: { group: '', version: 'v1', resource: 'configmaps' },
      requestKind: { group: '', version: 'v1', kind: 'ConfigMap' },
      requestResource: { group: '', version: 'v1', resource: 'configmaps' },
      name: 'x',
      namespace: 'default',
      operation: 'CREATE',
      userInfo: { username: 'kubernetes-admin', groups: ['system:authenticated', 'system:masters'] },
      object: expect.objectContaining({ apiVersion: 'v1', kind: 'ConfigMap', data: { a: '1' } }),
      oldObject: null,
      dryRun: false,
      options: { kind: 'CreateOptions', apiVersion: 'meta.k8s.io/v1', fieldManager: 'me' },
    });
    expect(request?.object?.metadata.uid).toBe(stored(harness).metadata.uid);
  });

  test('shows old and new on update, and the old alone on delete', () => {
    const { harness, asked } = open({ look: () => ({ allowed: true }) });
    create(harness);
    configure(harness, 'Validating', 'v', hook('look'));
    harness.expect(200, 'PATCH', `${MAPS}/x`, {
      headers: { 'content-type': 'application/merge-patch+json' },
      body: { data: { a: '2' } },
    });
    harness.expect(200, 'DELETE', `${MAPS}/x?propagationPolicy=Background`);
    expect(asked.map(({ request }) => [request['operation'], request.object, request.oldObject])).toEqual([
      [
        'UPDATE',
        expect.objectContaining({ data: { a: '2' } }),
        expect.objectContaining({ data: { a: '1' } }),
      ],
      ['DELETE', null, expect.objectContaining({ data: { a: '2' } })],
    ]);
    expect(asked.map(({ request }) => request['options'])).toEqual([
      { kind: 'PatchOptions', apiVersion: 'meta.k8s.io/v1' },
      { kind: 'DeleteOptions', apiVersion: 'meta.k8s.io/v1', propagationPolicy: 'Background' },
    ]);
  });

  test('shows an object at the version that matched', () => {
    const { harness, asked } = open({ look: () => ({ allowed: true }) });
    const rules = [
      {
        apiGroups: ['autoscaling'],
        apiVersions: ['v2'],
        operations: ['*'],
        resources: ['horizontalpodautoscalers'],
      },
    ];
    configure(harness, 'Validating', 'v', hook('look', { rules }));
    const body = {
      apiVersion: 'autoscaling/v1',
      kind: 'HorizontalPodAutoscaler',
      metadata: { name: 'h' },
      spec: { maxReplicas: 3, scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'd' } },
    };
    const url = '/apis/autoscaling/v1/namespaces/default/horizontalpodautoscalers';
    harness.expect(201, 'POST', url, { body });
    expect(asked[0]?.request).toMatchObject({
      kind: { version: 'v2' },
      requestKind: { version: 'v1' },
      object: { apiVersion: 'autoscaling/v2', spec: { metrics: [{ type: 'Resource' }] } },
    });
    const exact = open({ look: () => ({ allowed: true }) });
    configure(exact.harness, 'Validating', 'v', hook('look', { rules, matchPolicy: 'Exact' }));
    exact.harness.expect(201, 'POST', url, { body });
    expect(exact.asked).toEqual([]);
  });
});

describe('what is not a plain object', () => {
  const PODS = '/api/v1/namespaces/default/pods';
  const rules = (operation: string, resource: string) => [
    { apiGroups: [''], apiVersions: ['v1'], operations: [operation], resources: [resource] },
  ];
  const withPod = (harness: Harness): void => {
    const spec = { nodeName: 'n', containers: [{ name: 'c', image: 'i' }] };
    harness.expect(201, 'POST', PODS, { body: { metadata: { name: 'p' }, spec } });
  };

  test('connections are shown with their options', () => {
    const { harness, asked } = open({ look: () => ({ allowed: false, status: { message: 'no shells' } }) });
    withPod(harness);
    configure(harness, 'Validating', 'v', hook('look', { rules: rules('CONNECT', 'pods/exec') }));
    const reply = harness.request('POST', `${PODS}/p/exec?command=sh&command=-c&stdout=true&tty=true`);
    expect(reply.body).toContain('no shells');
    expect(asked[0]?.request).toMatchObject({
      kind: { group: '', version: 'v1', kind: 'PodExecOptions' },
      resource: { resource: 'pods' },
      subResource: 'exec',
      operation: 'CONNECT',
      object: { kind: 'PodExecOptions', apiVersion: 'v1', stdout: true, tty: true, command: ['sh', '-c'] },
      oldObject: null,
    });
  });

  test('scales are shown as such, and may be changed', () => {
    const { harness, asked } = open({
      limit: ({ request }) => {
        const { spec } = request.object as unknown as { readonly spec: { readonly replicas: number } };
        return spec.replicas > 3
          ? patch({ op: 'replace', path: '/spec/replicas', value: 3 })
          : { allowed: true };
      },
    });
    const deployments = '/apis/apps/v1/namespaces/default/deployments';
    const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } };
    harness.expect(201, 'POST', deployments, {
      body: {
        metadata: { name: 'd' },
        spec: { replicas: 1, selector: { matchLabels: { a: 'b' } }, template },
      },
    });
    const scaled = [
      { apiGroups: ['apps'], apiVersions: ['v1'], operations: ['UPDATE'], resources: ['*/scale'] },
    ];
    configure(harness, 'Mutating', 'm', hook('limit', { rules: scaled }));
    const reply = harness.expect(200, 'PATCH', `${deployments}/d/scale`, {
      headers: { 'content-type': 'application/merge-patch+json' },
      body: { spec: { replicas: 10 } },
    });
    expect(reply).toMatchObject({ kind: 'Scale', spec: { replicas: 3 } });
    expect(asked[0]?.request).toMatchObject({
      kind: { group: 'autoscaling', version: 'v1', kind: 'Scale' },
      resource: { group: 'apps', version: 'v1', resource: 'deployments' },
      subResource: 'scale',
      object: { kind: 'Scale', apiVersion: 'autoscaling/v1', spec: { replicas: 10 } },
      oldObject: { kind: 'Scale', spec: { replicas: 1 } },
    });
  });

  test('evictions are shown, and may be changed', () => {
    const grace = { op: 'add', path: '/deleteOptions', value: { gracePeriodSeconds: 7 } };
    const { harness, asked } = open({ look: () => patch(grace) });
    withPod(harness);
    configure(harness, 'Mutating', 'm', hook('look', { rules: rules('CREATE', 'pods/eviction') }));
    harness.expect(201, 'POST', `${PODS}/p/eviction`, {
      body: { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'p' } },
    });
    expect(asked[0]?.request).toMatchObject({
      kind: { group: 'policy', version: 'v1', kind: 'Eviction' },
      subResource: 'eviction',
    });
    expect(harness.get<KubeObject>(`${PODS}/p`).metadata.deletionGracePeriodSeconds).toBe(7);
  });
});

test('webhooks behind a Service are reached through its external name only', () => {
  const { harness, asked } = open({ look: () => ({ allowed: true }) });
  const service = { namespace: 'default', name: 'out', path: '/look', port: 8443 };
  configure(harness, 'Validating', 'v', hook('look', { clientConfig: { service } }));
  expect(create(harness).body).toContain('service \\"out\\" not found');
  harness.create(
    '{apiVersion: v1, kind: Service, metadata: {name: out}, spec: {type: ExternalName, externalName: in.example.com}}',
  );
  expect(create(harness).status).toBe(201);
  expect(asked[0]?.url).toBe('https://in.example.com:8443/look?timeout=10s');
});

test('hosts that are not open are unknown', () => {
  const { harness, asked } = open({});
  configure(
    harness,
    'Validating',
    'v',
    hook('look', { clientConfig: { url: 'https://elsewhere.test/look' } }),
  );
  expect(create(harness).body).toContain('dial tcp: lookup elsewhere.test: no such host');
  expect(asked).toEqual([]);
});
