/** What upstream's conformance tests ask of service accounts, pods and what controllers keep. */

import { describe, expect, test } from 'vitest';
import { BASE, fresh, MERGE, type Pod, pod, post } from './objects.ts';
import { listed } from './operations.ts';

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
