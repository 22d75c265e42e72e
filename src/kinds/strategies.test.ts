import { describe, expect, test } from 'vitest';
import { makeMemoryLookup } from '../../test/support/memory-lookup.ts';
import type { Draft, KubeObject } from '../machinery/object.ts';
import { daemonSet } from './apps/daemonset.ts';
import { job } from './batch/job.ts';
import { certificateSigningRequest } from './certificates/certificatesigningrequest.ts';
import { lease } from './coordination/lease.ts';
import { namespace } from './core/namespace.ts';
import { node } from './core/node.ts';
import { persistentVolume } from './core/persistentvolume.ts';
import { persistentVolumeClaim } from './core/persistentvolumeclaim.ts';
import { pod } from './core/pod.ts';
import { qosClassOf } from './core/pod-qos.ts';
import { podGraceSeconds } from './core/pod-strategy.ts';
import { serviceAccount } from './core/serviceaccount.ts';
import type { Kind, StrategyContext } from './define.ts';

const NOW = '2026-01-01T00:00:00Z';

const contextOf = (subresource?: string): StrategyContext => ({
  now: Date.parse(NOW),
  lookup: makeMemoryLookup([]),
  identity: { username: 'u', uid: '7', groups: ['g'], extra: { k: ['v'] } },
  random: () => 0,
  ...(subresource ? { subresource } : {}),
});

const created = (kind: Kind, draft: Draft): Draft => {
  kind.prepareForCreate?.(draft, contextOf());
  return draft;
};

const updated = (kind: Kind, old: Draft, draft: Draft, subresource?: string): Draft => {
  kind.prepareForUpdate?.(draft, old as unknown as KubeObject, contextOf(subresource));
  return draft;
};

describe('nodes', () => {
  test('come with their status, but without configuration for their kubelet', () => {
    const draft = created(node, {
      metadata: {},
      spec: { configSource: {}, providerID: 'p' },
      status: { config: {}, phase: 'Running' },
    });
    expect(draft).toMatchObject({ spec: { providerID: 'p' }, status: { phase: 'Running' } });
    expect(draft['spec']).not.toHaveProperty('configSource');
    expect(draft['status']).not.toHaveProperty('config');
  });
});

describe('pods', () => {
  test('start pending, whatever status they bring', () => {
    const draft = created(pod, { metadata: {}, spec: { containers: [] }, status: { phase: 'Running' } });
    expect(draft['status']).toEqual({ phase: 'Pending', qosClass: 'BestEffort' });
  });

  test('with annotations of AppArmor get the fields they stand for', () => {
    const key = 'container.apparmor.security.beta.kubernetes.io/';
    const draft: Draft = {
      metadata: {
        annotations: { [`${key}a`]: 'localhost/p', [`${key}b`]: 'nonsense', [`${key}c`]: 'unconfined' },
      },
      spec: {
        containers: [{ name: 'a' }, { name: 'b' }, { name: 'c' }],
        securityContext: { appArmorProfile: { type: 'Unconfined' } },
      },
    };
    const warnings: string[] = [];
    pod.prepareForCreate?.(draft, { ...contextOf(), warn: (text) => warnings.push(text) });
    expect((draft['spec'] as Draft)['containers']).toEqual([
      {
        name: 'a',
        securityContext: { appArmorProfile: { type: 'Localhost', localhostProfile: 'p' } },
      },
      { name: 'b' },
      { name: 'c' },
    ]);
    expect(warnings).toEqual(
      ['a', 'b'].map(
        (name) =>
          `metadata.annotations[${key}${name}]: deprecated since v1.30; use the "appArmorProfile" field instead`,
      ),
    );
  });

  test('with gates are marked as gated', () => {
    const draft = created(pod, { metadata: {}, spec: { containers: [], schedulingGates: [{ name: 'g' }] } });
    expect(draft['status']).toMatchObject({
      conditions: [{ reason: 'SchedulingGated', lastTransitionTime: NOW }],
    });
  });

  test('keep their status on a main write and their spec on a status write', () => {
    const old = {
      metadata: { ownerReferences: [{ uid: 'o' }] },
      spec: { nodeName: 'a' },
      status: { phase: 'Running' },
    };
    expect(updated(pod, old, { metadata: {}, spec: { nodeName: 'b' }, status: {} })).toMatchObject({
      spec: { nodeName: 'b' },
      status: { phase: 'Running' },
    });
    expect(
      updated(pod, old, { metadata: {}, spec: {}, status: { phase: 'Failed' } }, 'status'),
    ).toMatchObject({
      metadata: { ownerReferences: [{ uid: 'o' }] },
      spec: { nodeName: 'a' },
      status: { phase: 'Failed' },
    });
  });

  test.each<[string, object, object, number | undefined, number]>([
    ['that is not bound goes at once', {}, {}, 30, 0],
    ['that has ended goes at once', { nodeName: 'n' }, { phase: 'Succeeded' }, undefined, 0],
    ['gets its own grace', { nodeName: 'n', terminationGracePeriodSeconds: 12 }, {}, undefined, 12],
    ['gets the grace that was asked for', { nodeName: 'n', terminationGracePeriodSeconds: 12 }, {}, 3, 3],
    ['never gets a negative grace', { nodeName: 'n' }, {}, -5, 1],
  ])('a deleted pod %s', (_name, spec, status, requested, seconds) => {
    const object = { apiVersion: 'v1', kind: 'Pod', metadata: {}, spec, status } as KubeObject;
    expect(podGraceSeconds(object, requested)).toBe(seconds);
  });

  const limits = { cpu: '1', memory: '1Gi' };
  test.each<[string, Draft, string]>([
    ['nothing asked for', { containers: [{}] }, 'BestEffort'],
    [
      'all limits, requests equal',
      { containers: [{ resources: { limits, requests: { cpu: '1000m', memory: '1Gi' } } }] },
      'Guaranteed',
    ],
    [
      'one container without limits',
      { containers: [{ resources: { limits, requests: limits } }, {}] },
      'Burstable',
    ],
    ['only a request', { containers: [{ resources: { requests: { cpu: '1m' } } }] }, 'Burstable'],
    [
      'pod-level limits stand for the containers',
      { containers: [{}], resources: { limits, requests: limits } },
      'Guaranteed',
    ],
  ])('quality of service with %s', (_name, spec, expected) => {
    expect(qosClassOf(spec)).toBe(expected);
  });
});

describe('namespaces', () => {
  test('get the finalizer and the name label', () => {
    expect(created(namespace, { metadata: { name: 'n' } })).toEqual({
      metadata: { name: 'n', labels: { 'kubernetes.io/metadata.name': 'n' } },
      spec: { finalizers: ['kubernetes'] },
      status: { phase: 'Active' },
    });
  });

  test('lose the finalizer only through finalize', () => {
    const old = { metadata: { name: 'n' }, spec: { finalizers: ['kubernetes'] }, status: {} };
    const draft = () => ({ metadata: { name: 'n' }, spec: { finalizers: [] } });
    expect(updated(namespace, old, draft())['spec']).toEqual({ finalizers: ['kubernetes'] });
    expect(updated(namespace, old, draft(), 'finalize')['spec']).toEqual({ finalizers: [] });
  });
});

describe('jobs', () => {
  const template = { metadata: { labels: { app: 'a' } } };

  test('get a selector on their uid, and labels of their template', () => {
    const draft = created(job, {
      metadata: { name: 'j', uid: 'u' },
      spec: { template: structuredClone(template) },
    });
    const labels = {
      app: 'a',
      'job-name': 'j',
      'batch.kubernetes.io/job-name': 'j',
      'controller-uid': 'u',
      'batch.kubernetes.io/controller-uid': 'u',
    };
    expect(draft).toMatchObject({
      metadata: { labels },
      spec: {
        selector: { matchLabels: { 'batch.kubernetes.io/controller-uid': 'u' } },
        template: { metadata: { labels } },
      },
    });
  });

  test('with labels of their own keep just those', () => {
    const metadata = { name: 'j', uid: 'u', labels: { app: 'a' } };
    const draft = created(job, { metadata, spec: { template: structuredClone(template) } });
    expect(draft['metadata']).toMatchObject({ labels: { app: 'a' } });
    expect(Object.keys((draft['metadata'] as { labels: object }).labels)).toEqual(['app']);
  });

  test('with a manual selector are left alone', () => {
    const spec = { manualSelector: true, selector: { matchLabels: { a: 'b' } }, template: { metadata: {} } };
    expect(created(job, { metadata: { name: 'j', uid: 'u' }, spec })['spec']).toEqual(spec);
  });
});

test('a daemon set counts changes of its template in an annotation', () => {
  const key = 'deprecated.daemonset.template.generation';
  const old = created(daemonSet, {
    metadata: { name: 'd' },
    spec: { template: { spec: { hostPID: true } } },
  });
  expect(old).toMatchObject({ metadata: { annotations: { [key]: '1' } } });
  const same = updated(daemonSet, old, { metadata: {}, spec: { template: { spec: { hostPID: true } } } });
  expect(same).toMatchObject({ metadata: { annotations: { [key]: '1' } } });
  const changed = updated(daemonSet, old, { metadata: {}, spec: { template: { spec: { hostPID: false } } } });
  expect(changed).toMatchObject({ metadata: { annotations: { [key]: '2' } } });
});

describe('certificate signing requests', () => {
  const old = {
    metadata: {},
    spec: { username: 'a' },
    status: { conditions: [{ type: 'Approved', status: 'True', lastTransitionTime: 't' }], certificate: 'c' },
  };

  test('name who asks, not what the body says', () => {
    const draft = created(certificateSigningRequest, {
      metadata: {},
      spec: { username: 'x', groups: ['y'] },
    });
    expect(draft['spec']).toEqual({ username: 'u', uid: '7', groups: ['g'], extra: { k: ['v'] } });
  });

  test('are approved only through approval, which leaves the certificate', () => {
    const status = { conditions: [{ type: 'Denied', status: 'True' }], certificate: 'other' };
    const approval = updated(
      certificateSigningRequest,
      old,
      { metadata: {}, spec: {}, status: structuredClone(status) },
      'approval',
    );
    expect(approval).toMatchObject({
      spec: { username: 'a' },
      status: {
        certificate: 'c',
        conditions: [{ type: 'Denied', lastUpdateTime: NOW, lastTransitionTime: NOW }],
      },
    });
    const issued = updated(certificateSigningRequest, old, { metadata: {}, spec: {}, status }, 'status');
    expect(issued['status']).toMatchObject({ certificate: 'other', conditions: [{ type: 'Approved' }] });
  });
});

describe('volumes and claims', () => {
  test('a claim names its source in both generations of the field', () => {
    const dataSource = { kind: 'PersistentVolumeClaim', name: 'c' };
    const draft = created(persistentVolumeClaim, { metadata: {}, spec: { dataSource } });
    expect(draft).toEqual({
      metadata: {},
      spec: { dataSource, dataSourceRef: dataSource },
      status: { phase: 'Pending' },
    });
  });

  test('a volume notes when its phase moved', () => {
    const old = { metadata: {}, spec: {}, status: { phase: 'Pending', lastPhaseTransitionTime: 't' } };
    const moved = updated(
      persistentVolume,
      old,
      { metadata: {}, spec: {}, status: { phase: 'Bound' } },
      'status',
    );
    expect(moved['status']).toEqual({ phase: 'Bound', lastPhaseTransitionTime: NOW });
  });
});

test('a service account refers to secrets by name only', () => {
  const draft = created(serviceAccount, { metadata: {}, secrets: [{ name: 's', uid: 'u', kind: 'Secret' }] });
  expect(draft['secrets']).toEqual([{ name: 's' }]);
});

describe('leases', () => {
  const spec = { holderIdentity: 'a', strategy: 'OldestEmulationVersion', preferredHolder: 'b' };

  test('take no field of coordinated leader election, but keep what they have', () => {
    expect(created(lease, { metadata: {}, spec: { ...spec } })['spec']).toEqual({ holderIdentity: 'a' });
    expect(updated(lease, { metadata: {}, spec: {} }, { metadata: {}, spec: { ...spec } })['spec']).toEqual({
      holderIdentity: 'a',
    });
    const old = { metadata: {}, spec: { strategy: 'x.com/y', preferredHolder: 'c' } };
    expect(updated(lease, old, { metadata: {}, spec: { ...spec } })['spec']).toEqual(spec);
  });
});
