/** What upstream's conformance tests ask of namespaces, quotas and small refusals. */

import { describe, expect, test } from 'vitest';
import type { KubeObject } from '../../../src/machinery/object.ts';
import type { Harness } from '../../support/harness.ts';
import { BASE, fresh, MERGE, pod, post } from './objects.ts';
import { listed } from './operations.ts';

describe('namespaces', () => {
  const url = '/api/v1/namespaces/n';
  const made = (): Harness => {
    const harness = fresh();
    post(harness, '/api/v1/namespaces', { metadata: { name: 'n' } });
    return harness;
  };

  test('[sig-api-machinery] Namespaces [Serial] should patch a Namespace', () => {
    const harness = made();
    const body = { metadata: { labels: { testLabel: 'testValue' } } };
    expect(harness.expect(200, 'PATCH', url, { headers: MERGE, body })).toMatchObject(body);
  });

  test('[sig-api-machinery] Namespaces [Serial] should apply an update to a Namespace', () => {
    const harness = made();
    const before = harness.get<KubeObject>(url);
    const labels = { ...before.metadata.labels, updated: 'ns' };
    const body = { ...before, metadata: { ...before.metadata, labels } };
    expect(harness.expect(200, 'PUT', url, { body })).toMatchObject({ metadata: { labels } });
  });

  test('[sig-api-machinery] Namespaces [Serial] should apply changes to a namespace status', () => {
    const harness = made();
    const condition = {
      type: 'StatusPatch',
      status: 'True',
      reason: 'E2E',
      message: 'm',
      lastTransitionTime: null,
    };
    const body = { status: { conditions: [condition] } };
    const patched = harness.expect(200, 'PATCH', `${url}/status`, { headers: MERGE, body }) as KubeObject;
    expect(patched).toMatchObject({ status: { phase: 'Active', conditions: [{ type: 'StatusPatch' }] } });
    const status = { phase: 'Active', conditions: [{ ...condition, type: 'StatusUpdate' }] };
    expect(harness.expect(200, 'PUT', `${url}/status`, { body: { ...patched, status } })).toMatchObject({
      status: { conditions: [{ type: 'StatusUpdate' }] },
    });
  });

  test('[sig-api-machinery] Namespaces [Serial] should apply a finalizer to a Namespace', () => {
    const harness = made();
    const before = harness.get<KubeObject>(url);
    const spec = { finalizers: ['kubernetes', 'e2e.example.com/fakeFinalizer'] };
    expect(harness.expect(200, 'PUT', `${url}/finalize`, { body: { ...before, spec } })).toMatchObject({
      spec,
    });
    harness.expect(200, 'DELETE', url);
    harness.settle(30_000);
    const held = harness.get<KubeObject>(url);
    expect(held).toMatchObject({ status: { phase: 'Terminating' } });
    harness.expect(200, 'PUT', `${url}/finalize`, { body: { ...held, spec: { finalizers: [] } } });
    harness.settle(30_000);
    harness.expect(404, 'GET', url);
  });

  test('[sig-api-machinery] Namespaces [Serial] should ensure that all services are removed when a namespace is deleted', () => {
    const harness = made();
    post(harness, `${url}/services`, { metadata: { name: 's' }, spec: { ports: [{ port: 80 }] } });
    harness.expect(200, 'DELETE', url);
    harness.settle(60_000);
    harness.expect(404, 'GET', url);
    post(harness, '/api/v1/namespaces', { metadata: { name: 'n' } });
    expect(listed(harness, `${url}/services`)).toEqual([]);
  });
});

describe('quotas', () => {
  const QUOTAS = `${BASE}/resourcequotas`;
  const TEMPLATE = {
    metadata: { labels: { a: 'b' } },
    spec: { containers: [{ name: 'c', image: 'i' }] },
  };
  const quota = (harness: Harness, hard: object, scopes: readonly string[] = []): void => {
    post(harness, QUOTAS, {
      metadata: { name: 'q' },
      spec: { hard, ...(scopes.length > 0 ? { scopes } : {}) },
    });
    harness.settle(30_000);
  };
  const used = (harness: Harness, name = 'q'): Readonly<Record<string, string>> | undefined => {
    harness.settle(30_000);
    return harness.get<{ readonly status: { readonly used?: Readonly<Record<string, string>> } }>(
      `${QUOTAS}/${name}`,
    ).status.used;
  };

  test('[sig-api-machinery] ResourceQuota should create a ResourceQuota and ensure its status is promptly calculated.', () => {
    const harness = fresh();
    quota(harness, { resourcequotas: '1', pods: '5' });
    expect(used(harness)).toEqual({ resourcequotas: '1', pods: '0' });
  });

  test.each([
    [
      '[sig-api-machinery] ResourceQuota should create a ResourceQuota and capture the life of a configMap.',
      'count/configmaps',
      `${BASE}/configmaps`,
      { data: { a: 'b' } },
    ],
    [
      '[sig-api-machinery] ResourceQuota should create a ResourceQuota and capture the life of a secret.',
      'secrets',
      `${BASE}/secrets`,
      { data: { a: 'Yg==' } },
    ],
    [
      '[sig-api-machinery] ResourceQuota should create a ResourceQuota and capture the life of a service.',
      'services',
      `${BASE}/services`,
      { spec: { ports: [{ port: 80 }] } },
    ],
    [
      '[sig-api-machinery] ResourceQuota should create a ResourceQuota and capture the life of a replication controller.',
      'replicationcontrollers',
      `${BASE}/replicationcontrollers`,
      { spec: { replicas: 0, selector: { a: 'b' }, template: TEMPLATE } },
    ],
    [
      '[sig-api-machinery] ResourceQuota should create a ResourceQuota and capture the life of a replica set.',
      'count/replicasets.apps',
      '/apis/apps/v1/namespaces/default/replicasets',
      { spec: { replicas: 0, selector: { matchLabels: { a: 'b' } }, template: TEMPLATE } },
    ],
  ])('%s', (_name, resource, url, body) => {
    const harness = fresh();
    quota(harness, { [resource]: '10' });
    const before = Number(used(harness)?.[resource]);
    post(harness, url, { ...body, metadata: { name: 'x' } });
    expect(Number(used(harness)?.[resource])).toBe(before + 1);
    harness.expect(200, 'DELETE', `${url}/x`);
    expect(Number(used(harness)?.[resource])).toBe(before);
  });

  const RESOURCES = { requests: { cpu: '500m', memory: '252Mi' } };

  test('[sig-api-machinery] ResourceQuota should create a ResourceQuota and capture the life of a pod.', () => {
    const harness = fresh();
    quota(harness, { pods: '5', cpu: '1', memory: '500Mi' });
    post(harness, `${BASE}/pods`, pod('p', {}, { resources: RESOURCES }));
    expect(used(harness)).toEqual({ pods: '1', cpu: '500m', memory: '252Mi' });
    const large = pod('large', {}, { resources: { requests: { cpu: '600m', memory: '100Mi' } } });
    expect(harness.expect(403, 'POST', `${BASE}/pods`, { body: large })).toMatchObject({
      message:
        'pods "large" is forbidden: exceeded quota: q, requested: cpu=600m, used: cpu=500m, limited: cpu=1',
    });
    harness.expect(200, 'DELETE', `${BASE}/pods/p?gracePeriodSeconds=0`);
    expect(used(harness)).toEqual({ pods: '0', cpu: '0', memory: '0' });
  });

  test('[sig-api-machinery] ResourceQuota should verify ResourceQuota with best effort scope.', () => {
    const harness = fresh();
    quota(harness, { pods: '5' }, ['BestEffort']);
    post(harness, `${BASE}/pods`, pod('burstable', {}, { resources: RESOURCES }));
    expect(used(harness)).toEqual({ pods: '0' });
    post(harness, `${BASE}/pods`, pod('best'));
    expect(used(harness)).toEqual({ pods: '1' });
  });

  test('[sig-api-machinery] ResourceQuota should verify ResourceQuota with terminating scopes.', () => {
    const harness = fresh();
    quota(harness, { pods: '5' }, ['Terminating']);
    post(harness, `${BASE}/pods`, pod('long'));
    expect(used(harness)).toEqual({ pods: '0' });
    post(harness, `${BASE}/pods`, pod('short', { activeDeadlineSeconds: 3600 }));
    expect(used(harness)).toEqual({ pods: '1' });
  });

  test('[sig-api-machinery] ResourceQuota should be able to update and delete ResourceQuota.', () => {
    const harness = fresh();
    quota(harness, { cpu: '1', memory: '500Mi' });
    const body = { spec: { hard: { cpu: '2', memory: '1Gi' } } };
    harness.expect(200, 'PATCH', `${QUOTAS}/q`, { headers: MERGE, body });
    harness.settle(30_000);
    expect(harness.get(`${QUOTAS}/q`)).toMatchObject({ status: { hard: { cpu: '2', memory: '1Gi' } } });
    harness.expect(200, 'DELETE', `${QUOTAS}/q`);
    harness.expect(404, 'GET', `${QUOTAS}/q`);
  });
});

describe('small refusals', () => {
  test.each([
    ['[sig-node] ConfigMap should fail to create ConfigMap with empty key', 'configmaps', { '': 'v' }],
    ['[sig-node] Secrets should fail to create secret due to empty secret key', 'secrets', { '': 'dg==' }],
  ])('%s', (_name, resource, data) => {
    const reply = fresh().expect(422, 'POST', `${BASE}/${resource}`, {
      body: { metadata: { name: 'x' }, data },
    });
    expect(reply).toMatchObject({ details: { causes: [{ field: 'data[]' }] } });
  });

  test.each([
    ['[sig-storage] ConfigMap should be immutable if `immutable` field is set', 'configmaps', 'v'],
    ['[sig-storage] Secrets should be immutable if `immutable` field is set', 'secrets', 'dg=='],
  ])('%s', (_name, resource, value) => {
    const harness = fresh();
    const url = `${BASE}/${resource}`;
    post(harness, url, { metadata: { name: 'x' }, data: { a: value } });
    const change = (status: number, body: object) =>
      harness.expect(status, 'PATCH', `${url}/x`, { headers: MERGE, body });
    change(200, { data: { b: value } });
    change(200, { immutable: true });
    change(422, { data: { c: value } });
    change(422, { immutable: false });
    change(200, { metadata: { labels: { still: 'fine' } } });
    harness.expect(200, 'DELETE', `${url}/x`);
  });

  test('[sig-node] RuntimeClass should reject a Pod requesting a non-existent RuntimeClass [NodeConformance]', () => {
    const reply = fresh().expect(403, 'POST', `${BASE}/pods`, {
      body: pod('p', { runtimeClassName: 'none' }),
    });
    expect(JSON.stringify(reply)).toContain('RuntimeClass \\"none\\" not found');
  });

  test('[sig-node] RuntimeClass should reject a Pod requesting a deleted RuntimeClass [NodeConformance]', () => {
    const harness = fresh();
    const classes = '/apis/node.k8s.io/v1/runtimeclasses';
    post(harness, classes, { metadata: { name: 'rc' }, handler: 'h' });
    harness.settle(5000);
    post(harness, `${BASE}/pods?dryRun=All`, pod('p', { runtimeClassName: 'rc' }));
    harness.expect(200, 'DELETE', `${classes}/rc`);
    harness.expect(403, 'POST', `${BASE}/pods?dryRun=All`, { body: pod('p', { runtimeClassName: 'rc' }) });
  });

  test('[sig-node] Sysctls [LinuxOnly] [NodeConformance] should reject invalid sysctls [MinimumKubeletVersion:1.21]', () => {
    const names = ['foo-', 'kernel.shmmax', 'safe-and-unsafe', 'bar..'];
    const sysctls = names.map((name) => ({ name, value: '1' }));
    const reply = fresh().expect(422, 'POST', `${BASE}/pods`, {
      body: pod('p', { securityContext: { sysctls } }),
    }) as { readonly details: { readonly causes: readonly { readonly field: string }[] } };
    expect(reply.details.causes.map(({ field }) => field)).toEqual([
      'spec.securityContext.sysctls[0].name',
      'spec.securityContext.sysctls[3].name',
    ]);
  });
});
