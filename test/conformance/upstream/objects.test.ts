/** What upstream's conformance tests ask of namespaces, quotas, service accounts, pods and what controllers keep. */

import { describe, expect, test } from 'vitest';
import type { KubeObject } from '../../../src/machinery/object.ts';
import { Harness } from '../../support/harness.ts';
import { listed } from './operations.ts';

const MERGE = { 'content-type': 'application/merge-patch+json' };
const BASE = '/api/v1/namespaces/default';

const fresh = (): Harness => new Harness({ settings: { nodes: [] } });

const post = (harness: Harness, url: string, body: object): KubeObject =>
  harness.expect(201, 'POST', url, { body }) as KubeObject;

interface Pod extends KubeObject {
  readonly spec: Readonly<Record<string, unknown>>;
  readonly status: { readonly qosClass?: string };
}

const pod = (name: string, spec: object = {}, container: object = {}) => ({
  metadata: { name },
  spec: { containers: [{ name: 'c', image: 'i', ...container }], ...spec },
});

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

describe('accounts', () => {
  test('[sig-auth] ServiceAccounts should allow opting out of API token automount', () => {
    const harness = fresh();
    harness.settle(30_000);
    for (const [name, automount] of [
      ['mount', true],
      ['nomount', false],
    ] as const) {
      post(harness, `${BASE}/serviceaccounts`, {
        metadata: { name },
        automountServiceAccountToken: automount,
      });
    }
    const mounts = (account: string, explicit: boolean | undefined): boolean => {
      const spec = {
        serviceAccountName: account,
        ...(explicit === undefined ? {} : { automountServiceAccountToken: explicit }),
      };
      const made = post(harness, `${BASE}/pods?dryRun=All`, pod('p', spec)) as Pod;
      return JSON.stringify(made.spec).includes('/var/run/secrets/kubernetes.io/serviceaccount');
    };
    expect([mounts('mount', undefined), mounts('mount', false), mounts('mount', true)]).toEqual([
      true,
      false,
      true,
    ]);
    expect([mounts('nomount', undefined), mounts('nomount', false), mounts('nomount', true)]).toEqual([
      false,
      false,
      true,
    ]);
  });

  test('[sig-auth] ServiceAccounts should guarantee kube-root-ca.crt exist in any namespace', () => {
    const harness = fresh();
    harness.settle(30_000);
    const url = `${BASE}/configmaps/kube-root-ca.crt`;
    const { data } = harness.get<{ readonly data: object }>(url);
    harness.expect(200, 'DELETE', url);
    harness.settle(30_000);
    expect(harness.get(url)).toMatchObject({ data });
    harness.expect(200, 'PATCH', url, { headers: MERGE, body: { data: { 'ca.crt': '' } } });
    harness.settle(30_000);
    expect(harness.get(url)).toMatchObject({ data });
  });

  test('[sig-auth] SubjectReview should support SubjectReview API operations', () => {
    const harness = fresh();
    const attributes = { verb: 'list', resource: 'configmaps', namespace: 'default', version: 'v1' };
    const review = (path: string, user: string) =>
      post(harness, path, { spec: { user, resourceAttributes: attributes } }) as unknown as {
        readonly status: { readonly allowed: boolean };
      };
    const all = '/apis/authorization.k8s.io/v1/subjectaccessreviews';
    const local = '/apis/authorization.k8s.io/v1/namespaces/default/localsubjectaccessreviews';
    const account = 'system:serviceaccount:default:e2e';
    expect([review(all, account), review(local, account)].map(({ status }) => status.allowed)).toEqual([
      false,
      false,
    ]);
    post(harness, '/apis/rbac.authorization.k8s.io/v1/namespaces/default/rolebindings', {
      metadata: { name: 'b' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' },
      subjects: [{ kind: 'ServiceAccount', name: 'e2e', namespace: 'default' }],
    });
    harness.settle(5000);
    expect([review(all, account), review(local, account)].map(({ status }) => status.allowed)).toEqual([
      true,
      true,
    ]);
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

describe('pods', () => {
  test('[sig-node] Pods Extended Pods Set QOS Class should be set on Pods with matching resource requests and limits for memory and cpu', () => {
    const harness = fresh();
    harness.settle(5000);
    const amounts = { cpu: '100m', memory: '100Mi' };
    const made = post(
      harness,
      `${BASE}/pods`,
      pod('p', {}, { resources: { requests: amounts, limits: amounts } }),
    ) as Pod;
    expect(made.status.qosClass).toBe('Guaranteed');
  });

  test('[sig-storage] CSIInlineVolumes should support CSIVolumeSource in Pod API', () => {
    const harness = fresh();
    harness.settle(5000);
    const csi = { driver: 'e2e.example.com', readOnly: true, volumeAttributes: { a: 'b' } };
    post(harness, `${BASE}/pods`, pod('p', { volumes: [{ name: 'v', csi }] }));
    expect(harness.get<Pod>(`${BASE}/pods/p`).spec['volumes']).toEqual(
      expect.arrayContaining([{ name: 'v', csi }]),
    );
    harness.expect(200, 'DELETE', `${BASE}/pods/p?gracePeriodSeconds=0`);
    harness.expect(404, 'GET', `${BASE}/pods/p`);
  });

  test('[sig-scheduling] LimitRange should create a LimitRange with defaults and ensure pod has those defaults applied.', () => {
    const harness = fresh();
    harness.settle(5000);
    post(harness, `${BASE}/limitranges`, {
      metadata: { name: 'l' },
      spec: {
        limits: [
          {
            type: 'Container',
            min: { cpu: '50m', memory: '100Mi' },
            max: { cpu: '500m', memory: '500Mi' },
            default: { cpu: '500m', memory: '500Mi' },
            defaultRequest: { cpu: '100m', memory: '200Mi' },
          },
        ],
      },
    });
    const made = post(harness, `${BASE}/pods`, pod('p')) as Pod;
    expect(made.spec['containers']).toMatchObject([
      {
        resources: {
          requests: { cpu: '100m', memory: '200Mi' },
          limits: { cpu: '500m', memory: '500Mi' },
        },
      },
    ]);
    harness.expect(403, 'POST', `${BASE}/pods`, {
      body: pod('small', {}, { resources: { requests: { cpu: '10m' } } }),
    });
    harness.expect(403, 'POST', `${BASE}/pods`, {
      body: pod('large', {}, { resources: { limits: { cpu: '600m' } } }),
    });
  });
});

describe('what controllers keep', () => {
  const SLICES = '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices';

  test('[sig-apps] DisruptionController should create a PodDisruptionBudget', () => {
    const harness = fresh();
    const url = '/apis/policy/v1/namespaces/default/poddisruptionbudgets';
    post(harness, url, {
      metadata: { name: 'b' },
      spec: { minAvailable: 1, selector: { matchLabels: { a: 'b' } } },
    });
    harness.settle(30_000);
    expect(harness.get(`${url}/b`)).toMatchObject({
      status: { observedGeneration: 1, disruptionsAllowed: 0 },
    });
    harness.expect(200, 'PATCH', `${url}/b`, { headers: MERGE, body: { spec: { minAvailable: '50%' } } });
    harness.settle(30_000);
    expect(harness.get(`${url}/b`)).toMatchObject({ status: { observedGeneration: 2 } });
  });

  test('[sig-network] EndpointSlice should have Endpoints and EndpointSlices pointing to API Server', () => {
    const harness = fresh();
    const { subsets } = harness.get<{
      readonly subsets: readonly { readonly addresses: readonly { readonly ip: string }[] }[];
    }>(`${BASE}/endpoints/kubernetes`);
    const slice = harness.get<{ readonly endpoints: readonly { readonly addresses: readonly string[] }[] }>(
      `${SLICES}/kubernetes`,
    );
    expect(slice.endpoints[0]?.addresses).toEqual([subsets[0]?.addresses[0]?.ip]);
  });

  test('[sig-network] EndpointSlice should create and delete Endpoints and EndpointSlices for a Service with a selector specified', () => {
    const harness = fresh();
    post(harness, `${BASE}/services`, {
      metadata: { name: 's' },
      spec: { selector: { no: 'pods' }, ports: [{ port: 80 }] },
    });
    harness.settle(30_000);
    const url = `${SLICES}?labelSelector=kubernetes.io%2Fservice-name%3Ds`;
    expect(listed(harness, url)).toHaveLength(1);
    harness.expect(200, 'GET', `${BASE}/endpoints/s`);
    harness.expect(200, 'DELETE', `${BASE}/services/s`);
    harness.settle(60_000);
    expect(listed(harness, url)).toEqual([]);
    harness.expect(404, 'GET', `${BASE}/endpoints/s`);
  });

  test('[sig-network] EndpointSliceMirroring should mirror a custom Endpoints resource through create update and delete', () => {
    const harness = fresh();
    post(harness, `${BASE}/services`, { metadata: { name: 's' }, spec: { ports: [{ port: 80 }] } });
    const endpoints = (ip: string) => ({
      metadata: { name: 's' },
      subsets: [{ addresses: [{ ip }], ports: [{ port: 80 }] }],
    });
    post(harness, `${BASE}/endpoints`, endpoints('10.1.2.3'));
    const mirrored = () => {
      harness.settle(30_000);
      return harness
        .list<{ readonly endpoints: readonly { readonly addresses: readonly string[] }[] }>(
          `${SLICES}?labelSelector=kubernetes.io%2Fservice-name%3Ds`,
        )
        .flatMap((slice) => slice.endpoints.flatMap(({ addresses }) => addresses));
    };
    expect(mirrored()).toEqual(['10.1.2.3']);
    harness.expect(200, 'PUT', `${BASE}/endpoints/s`, { body: endpoints('10.2.3.4') });
    expect(mirrored()).toEqual(['10.2.3.4']);
    harness.expect(200, 'DELETE', `${BASE}/endpoints/s`);
    expect(mirrored()).toEqual([]);
  });
});
