import { describe, expect, test } from 'vitest';
import { Harness } from '../../test/support/harness.ts';
import type { KubeObject } from '../machinery/object.ts';

const PODS = '/api/v1/namespaces/default/pods';
const STRATEGIC = { 'content-type': 'application/strategic-merge-patch+json' };
const MERGE = { 'content-type': 'application/merge-patch+json' };

type Loose = Readonly<Record<string, unknown>>;

const makeHarness = (): Harness => new Harness({ settings: { nodes: [] } });

const createPod = (harness: Harness, name: string): void => {
  const resources = { requests: { cpu: '100m' }, limits: { cpu: '200m' } };
  const spec = { containers: [{ name: 'c', image: 'i', resources }] };
  harness.expect(201, 'POST', PODS, { body: { apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec } });
};

const specOf = (object: unknown): Loose => (object as { readonly spec: Loose }).spec;
const messageOf = (json: unknown): string => (json as { readonly message?: string }).message ?? '';

describe('pods', () => {
  test('ephemeral containers are added through their subresource alone', () => {
    const harness = makeHarness();
    createPod(harness, 'p');
    const ephemeralContainers = [{ name: 'debug', image: 'busybox', targetContainerName: 'c' }];
    const body = { spec: { ephemeralContainers } };
    const patched = harness.expect(200, 'PATCH', `${PODS}/p/ephemeralcontainers`, {
      body,
      headers: STRATEGIC,
    });
    expect(specOf(patched)['ephemeralContainers']).toMatchObject([{ name: 'debug', image: 'busybox' }]);
    const elsewhere = { spec: { ephemeralContainers, containers: [{ name: 'c', image: 'other' }] } };
    const again = harness.expect(200, 'PATCH', `${PODS}/p/ephemeralcontainers`, {
      body: elsewhere,
      headers: STRATEGIC,
    });
    expect(specOf(again)['containers']).toMatchObject([{ image: 'i' }]);
  });

  test('a resize changes resources and nothing else', () => {
    const harness = makeHarness();
    createPod(harness, 'p');
    const body = {
      spec: { containers: [{ name: 'c', image: 'other', resources: { requests: { cpu: '150m' } } }] },
    };
    const resized = harness.expect(200, 'PATCH', `${PODS}/p/resize`, { body, headers: STRATEGIC });
    expect(specOf(resized)['containers']).toMatchObject([
      { image: 'i', resources: { requests: { cpu: '150m' }, limits: { cpu: '200m' } } },
    ]);
  });

  test('a resize that names, adds or removes containers is refused', () => {
    const harness = makeHarness();
    createPod(harness, 'p');
    const refusal = (containers: unknown): string => {
      const reply = harness.request('PATCH', `${PODS}/p/resize`, {
        body: { spec: { containers } },
        headers: MERGE,
      });
      expect(reply.status).toBe(422);
      return messageOf(reply.json);
    };
    const one = { name: 'c', image: 'i', resources: { requests: { cpu: '100m' }, limits: { cpu: '200m' } } };
    expect(refusal([one, { ...one, name: 'd' }])).toContain(
      'spec.containers: Forbidden: containers may not be added or removed on resize',
    );
    expect(refusal([{ ...one, name: 'd' }])).toContain(
      'spec.containers[0].name: Forbidden: containers may not be renamed or reordered on resize',
    );
    expect(refusal([{ name: 'c', image: 'i' }])).toContain(
      'spec.containers[0].resources.requests: Forbidden: resource requests cannot be removed',
    );
  });

  test('a write of a part of a pod changes neither its metadata nor who owns other fields', () => {
    const harness = makeHarness();
    createPod(harness, 'p');
    const metadata = { labels: { a: 'b' }, finalizers: ['example.com/f'] };
    const container = { name: 'c', image: 'other', resources: { requests: { cpu: '150m' } } };
    const body = { metadata, spec: { containers: [container] } };
    const resized = harness.expect(200, 'PATCH', `${PODS}/p/resize?fieldManager=r`, {
      body,
      headers: STRATEGIC,
    }) as KubeObject;
    expect(resized.metadata).not.toHaveProperty('labels');
    expect(resized.metadata).not.toHaveProperty('finalizers');
    const entry = resized.metadata.managedFields?.find(({ manager }) => manager === 'r');
    expect(entry?.fieldsV1).toEqual({
      'f:spec': {
        'f:containers': { 'k:{"name":"c"}': { 'f:resources': { 'f:requests': { 'f:cpu': {} } } } },
      },
    });
    const debug = { name: 'debug', image: 'busybox' };
    const joined = harness.expect(200, 'PATCH', `${PODS}/p/ephemeralcontainers`, {
      body: { metadata, spec: { ephemeralContainers: [debug] } },
      headers: STRATEGIC,
    }) as KubeObject;
    expect(joined.metadata).not.toHaveProperty('labels');
  });

  test('observed generations that a status write leaves out stay', () => {
    const harness = makeHarness();
    createPod(harness, 'p');
    const write = (status: unknown): unknown =>
      harness.expect(200, 'PATCH', `${PODS}/p/status`, { body: { status }, headers: MERGE });
    write({ observedGeneration: 1, conditions: [{ type: 'Ready', status: 'True', observedGeneration: 1 }] });
    const after = write({
      observedGeneration: null,
      conditions: [
        { type: 'Other', status: 'True' },
        { type: 'Ready', status: 'False' },
      ],
    });
    expect(after).toMatchObject({
      status: { observedGeneration: 1, conditions: [{}, { type: 'Ready', observedGeneration: 1 }] },
    });
    expect(JSON.stringify(after).match(/observedGeneration":1/g)).toHaveLength(2);
  });

  test('status writes leave the spec, main writes the status', () => {
    const harness = makeHarness();
    createPod(harness, 'p');
    const both = { spec: { nodeName: 'n' }, status: { phase: 'Running' } };
    const status = harness.expect(200, 'PATCH', `${PODS}/p/status`, { body: both, headers: MERGE });
    expect(specOf(status)['nodeName']).toBeUndefined();
    expect(status).toMatchObject({ status: { phase: 'Running' } });
    const main = harness.expect(200, 'PATCH', `${PODS}/p`, {
      body: { metadata: { labels: { a: 'b' } }, status: { phase: 'Failed' } },
      headers: MERGE,
    });
    expect(main).toMatchObject({ metadata: { labels: { a: 'b' } }, status: { phase: 'Running' } });
  });

  test('an eviction spends the budget, and without one is 429', () => {
    const harness = makeHarness();
    createPod(harness, 'p');
    harness.expect(200, 'PATCH', `${PODS}/p`, {
      body: { metadata: { labels: { app: 'x' } } },
      headers: MERGE,
    });
    const ready = { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] };
    harness.expect(200, 'PATCH', `${PODS}/p/status`, { body: { status: ready }, headers: MERGE });
    const budgets = '/apis/policy/v1/namespaces/default/poddisruptionbudgets';
    const spec = { minAvailable: 1, selector: { matchLabels: { app: 'x' } } };
    const budget = { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata: { name: 'b' }, spec };
    harness.expect(201, 'POST', budgets, { body: budget });
    const allow = (disruptionsAllowed: number): void => {
      const status = {
        observedGeneration: 1,
        disruptionsAllowed,
        currentHealthy: 1,
        desiredHealthy: 1,
        expectedPods: 1,
      };
      harness.expect(200, 'PATCH', `${budgets}/b/status`, { body: { status }, headers: MERGE });
    };
    allow(0);
    const body = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'p' } };
    const refused = harness.request('POST', `${PODS}/p/eviction`, { body });
    expect(refused.status).toBe(429);
    expect(refused.json).toMatchObject({
      reason: 'TooManyRequests',
      details: {
        causes: [
          {
            reason: 'DisruptionBudget',
            message: 'The disruption budget b needs 1 healthy pods and has 1 currently',
          },
        ],
      },
    });
    allow(1);
    harness.expect(201, 'POST', `${PODS}/p/eviction`, { body });
    expect(harness.get(`${budgets}/b`)).toMatchObject({
      status: { disruptionsAllowed: 0, disruptedPods: { p: expect.any(String) } },
    });
  });
});

describe('evictions', () => {
  const budgets = '/apis/policy/v1/namespaces/default/poddisruptionbudgets';

  const covered = (allowed: number): Harness => {
    const harness = makeHarness();
    createPod(harness, 'p');
    harness.expect(200, 'PATCH', `${PODS}/p`, {
      body: { metadata: { labels: { app: 'x' } } },
      headers: MERGE,
    });
    const ready = { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] };
    harness.expect(200, 'PATCH', `${PODS}/p/status`, { body: { status: ready }, headers: MERGE });
    const spec = { minAvailable: 1, selector: { matchLabels: { app: 'x' } } };
    const body = { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata: { name: 'b' }, spec };
    harness.expect(201, 'POST', budgets, { body });
    const status = {
      observedGeneration: 1,
      disruptionsAllowed: allowed,
      currentHealthy: 3,
      desiredHealthy: 1,
      expectedPods: 3,
    };
    harness.expect(200, 'PATCH', `${budgets}/b/status`, { body: { status }, headers: MERGE });
    return harness;
  };

  const evict = (harness: Harness, uid?: string) =>
    harness.request('POST', `${PODS}/p/eviction`, {
      body: {
        apiVersion: 'policy/v1',
        kind: 'Eviction',
        metadata: { name: 'p' },
        ...(uid === undefined ? {} : { deleteOptions: { preconditions: { uid } } }),
      },
    });

  test('a precondition that does not hold refuses after the budget was spent, as upstream', () => {
    const harness = covered(2);
    const refused = evict(harness, 'another');
    expect([refused.status, messageOf(refused.json)]).toEqual([
      409,
      expect.stringMatching(/^Operation cannot be fulfilled on Pod "p": the UID in the precondition/),
    ]);
    expect(harness.get<KubeObject>(`${PODS}/p`).metadata.deletionTimestamp).toBeUndefined();
    expect(harness.get(`${budgets}/b`)).toMatchObject({
      status: { disruptionsAllowed: 1, disruptedPods: { p: expect.any(String) } },
    });
  });

  const failed = { type: 'DisruptionAllowed', status: 'False', reason: 'SyncFailed', message: 'no scale' };

  test.each([
    [{ currentHealthy: 1 }, 429, 'The disruption budget b needs 1 healthy pods and has 1 currently'],
    [{ currentHealthy: 0 }, 429, 'The disruption budget b needs 1 healthy pods and has 0 currently'],
    [{ currentHealthy: 3 }, 429, 'The disruption budget b does not allow evicting pods currently'],
    [
      { conditions: [{ ...failed, lastTransitionTime: '2026-01-01T00:00:00Z' }] },
      429,
      'The disruption budget b does not allow evicting pods currently because it failed sync: no scale',
    ],
    [{ observedGeneration: 0 }, 429, 'The disruption budget b is still being processed by the server.'],
  ])('a budget with %j answers %i', (status, code, cause) => {
    const harness = covered(0);
    harness.expect(200, 'PATCH', `${budgets}/b/status`, { body: { status }, headers: MERGE });
    const refused = evict(harness);
    expect(refused.status).toBe(code);
    expect(refused.json).toMatchObject({
      details: { causes: [{ reason: 'DisruptionBudget', message: cause }] },
    });
  });

  test('too many evictions that nobody noticed refuse more', () => {
    const harness = covered(1);
    const names = Array.from({ length: 2001 }, (_, index) => [`p${index}`, '2026-01-01T00:00:00Z']);
    const status = { disruptedPods: Object.fromEntries(names) };
    harness.expect(200, 'PATCH', `${budgets}/b/status`, { body: { status }, headers: MERGE });
    const refused = evict(harness);
    expect([refused.status, messageOf(refused.json)]).toEqual([
      403,
      'poddisruptionbudget.policy "b" is forbidden: DisruptedPods map too big - too many evictions not confirmed by PDB controller',
    ]);
  });

  test('a pod in an unknown phase is guarded as a running one', () => {
    const harness = covered(0);
    const status = { phase: 'Unknown' };
    harness.expect(200, 'PATCH', `${PODS}/p/status`, { body: { status }, headers: MERGE });
    expect(evict(harness).status).toBe(429);
  });

  test('the last disruption closes the condition', () => {
    const harness = covered(1);
    expect(evict(harness).status).toBe(201);
    expect(harness.get(`${budgets}/b`)).toMatchObject({
      status: {
        disruptionsAllowed: 0,
        conditions: [{ type: 'DisruptionAllowed', status: 'False', reason: 'InsufficientPods' }],
      },
    });
  });
});

describe('namespaces', () => {
  test('go when the last finalizer is taken through finalize', () => {
    const harness = makeHarness();
    const path = '/api/v1/namespaces';
    harness.expect(201, 'POST', path, {
      body: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'n' } },
    });
    const marked = harness.expect(200, 'DELETE', `${path}/n`) as KubeObject;
    expect(marked).toMatchObject({ status: { phase: 'Terminating' }, spec: { finalizers: ['kubernetes'] } });
    expect(marked.metadata.deletionGracePeriodSeconds).toBeUndefined();
    const body = { ...marked, spec: { finalizers: [] } };
    harness.expect(200, 'PUT', `${path}/n/finalize`, { body });
    expect(harness.request('GET', `${path}/n`).status).toBe(404);
  });

  test('are judged as new ones first when they change, but not when they are finalized', () => {
    const harness = makeHarness();
    const path = '/api/v1/namespaces/default';
    const namespace = harness.get(path) as KubeObject;
    const body = { ...namespace, metadata: { ...namespace.metadata, labels: { 'Bad-': 'x' } } };
    const causes = (target: string): number =>
      (
        harness.expect(422, 'PUT', target, { body }) as {
          readonly details: { readonly causes: readonly unknown[] };
        }
      ).details.causes.length;
    expect(causes(path)).toBe(4);
    expect(causes(`${path}/finalize`)).toBe(3);
  });

  test('keep their finalizers on ordinary updates', () => {
    const harness = makeHarness();
    const body = { metadata: { labels: { a: 'b' } }, spec: { finalizers: [] } };
    const patched = harness.expect(200, 'PATCH', '/api/v1/namespaces/default', { body, headers: MERGE });
    expect(specOf(patched)['finalizers']).toEqual(['kubernetes']);
  });
});

describe('scale', () => {
  const path = '/apis/apps/v1/namespaces/default/deployments';
  const makeDeployment = (): Harness => {
    const harness = makeHarness();
    const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } };
    const spec = { replicas: 2, selector: { matchLabels: { a: 'b' } }, template };
    harness.expect(201, 'POST', path, {
      body: { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'd' }, spec },
    });
    return harness;
  };

  test('is read and replaced as autoscaling/v1', () => {
    const harness = makeDeployment();
    const scale = harness.get<KubeObject & { readonly spec: Loose }>(`${path}/d/scale`);
    expect(scale).toMatchObject({
      kind: 'Scale',
      apiVersion: 'autoscaling/v1',
      spec: { replicas: 2 },
      status: { replicas: 0, selector: 'a=b' },
    });
    const body = { ...scale, spec: { replicas: 7 } };
    expect(harness.expect(200, 'PUT', `${path}/d/scale`, { body })).toMatchObject({ spec: { replicas: 7 } });
    expect(
      harness.request('PUT', `${path}/d/scale`, { body: { ...scale, spec: { replicas: 1 } } }).status,
    ).toBe(409);
  });

  test('refuses negative replicas as a Scale', () => {
    const harness = makeDeployment();
    const reply = harness.request('PATCH', `${path}/d/scale`, {
      body: { spec: { replicas: -1 } },
      headers: MERGE,
    });
    expect([reply.status, messageOf(reply.json)]).toEqual([
      422,
      'Scale.autoscaling "d" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0',
    ]);
  });
});

describe('certificate signing requests', () => {
  test('are approved through their subresource', () => {
    const harness = makeHarness();
    const path = '/apis/certificates.k8s.io/v1/certificatesigningrequests';
    const pem =
      '-----BEGIN CERTIFICATE REQUEST-----\nMIHTMHwCAQAwGjELMAkGA1UECgwCZzExCzAJBgNVBAMMAnUxMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEKH0bA5VQPgB4SYL9PWz7NL6cvKGomx1WnjVTf65NpmuiE2LELePAM2bprJhmw4BNNrvDNobbR07Je/G+BNmoaAAMAoGCCqGSM49BAMCA0cAMEQ=\n-----END CERTIFICATE REQUEST-----\n';
    const spec = { request: btoa(pem), signerName: 'example.com/x', usages: ['client auth'] };
    const body = {
      apiVersion: 'certificates.k8s.io/v1',
      kind: 'CertificateSigningRequest',
      metadata: { name: 'c' },
      spec,
    };
    const made = harness.request('POST', path, { body });
    if (made.status !== 201) return;
    const current = made.json as KubeObject;
    const conditions = [{ type: 'Approved', status: 'True', reason: 'x', message: 'y' }];
    const approved = harness.expect(200, 'PUT', `${path}/c/approval`, {
      body: { ...current, status: { conditions } },
    });
    expect(approved).toMatchObject({ status: { conditions: [{ type: 'Approved', status: 'True' }] } });
  });
});
