import { describe, expect, test } from 'vitest';
import type { Lease, Node } from '../../src/kinds/generated/types.ts';
import { Harness } from '../support/harness.ts';

const LEASES = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases';
const merge = { 'content-type': 'application/merge-patch+json' };

const makeHarness = (): Harness => {
  const harness = new Harness({ settings: { latency: 'fast' } });
  harness.settle(1000);
  return harness;
};

const conditionOf = (node: Node, type: string) =>
  node.status.conditions?.find((condition) => condition.type === type);

describe('a simulated node', () => {
  test('renews its lease and its heartbeat without a write', () => {
    const harness = makeHarness();
    const lease = () => harness.get<Lease>(`${LEASES}/node-1`);
    const node = () => harness.get<Node>('/api/v1/nodes/node-1');
    const [before, nodeBefore] = [lease(), node()];
    expect(before.metadata.ownerReferences?.[0]).toMatchObject({ kind: 'Node', name: 'node-1' });
    harness.advance(605_000);
    expect(lease().metadata.resourceVersion).toBe(before.metadata.resourceVersion);
    expect(Date.parse(lease().spec.renewTime ?? '') - Date.parse(before.spec.renewTime ?? '')).toBe(600_000);
    expect(node().metadata.resourceVersion).toBe(nodeBefore.metadata.resourceVersion);
    expect(conditionOf(node(), 'Ready')?.lastHeartbeatTime).toBe('2026-01-01T00:10:00Z');
    expect(conditionOf(node(), 'Ready')?.lastTransitionTime).toBe('2026-01-01T00:00:00Z');
  });

  test('joins when its object is created', () => {
    const harness = makeHarness();
    harness.create('{apiVersion: v1, kind: Node, metadata: {name: extra, labels: {disk: ssd}}}');
    harness.settle(1000);
    const node = harness.get<Node>('/api/v1/nodes/extra');
    expect(node.metadata.labels).toMatchObject({ disk: 'ssd', 'kubernetes.io/hostname': 'extra' });
    expect(conditionOf(node, 'Ready')?.status).toBe('True');
    expect(node.spec).toMatchObject({ podCIDR: '10.244.3.0/24' });
    expect(node.spec.taints).toBeUndefined();
    expect(node.status).toMatchObject({
      capacity: { cpu: '4', pods: '110' },
      addresses: [{ type: 'InternalIP', address: '172.18.0.5' }, { address: 'extra' }],
      daemonEndpoints: { kubeletEndpoint: { Port: 10250 } },
      nodeInfo: { kubeletVersion: 'v1.36.0' },
    });
    expect(harness.get<Lease>(`${LEASES}/extra`).spec.holderIdentity).toBe('extra');
  });

  test('is left to its client when it is external', () => {
    const harness = makeHarness();
    harness.create(
      '{apiVersion: v1, kind: Node, metadata: {name: extra, annotations: {kubicle.dev/kubelet: external}}}',
    );
    harness.settle(10_000);
    expect(harness.get<Node>('/api/v1/nodes/extra').status.nodeInfo?.kubeletVersion ?? '').toBe('');
    expect(harness.request('GET', `${LEASES}/extra`).status).toBe(404);
  });

  test('is lost when it becomes external and no client is heard for as long as a lost kubelet may be silent', () => {
    const harness = makeHarness();
    harness.advance(3_600_000);
    const handedOver = harness.now;
    harness.expect(200, 'PATCH', '/api/v1/nodes/node-1', {
      body: { metadata: { annotations: { 'kubicle.dev/kubelet': 'external' } } },
      headers: merge,
    });
    const ready = () => conditionOf(harness.get<Node>('/api/v1/nodes/node-1'), 'Ready')?.status;
    harness.advance(49_000);
    expect(ready()).toBe('True');
    const renewed = Date.parse(harness.get<Lease>(`${LEASES}/node-1`).spec.renewTime ?? '');
    expect(Math.abs(renewed - handedOver)).toBeLessThan(1000);
    harness.advance(2_000);
    expect(ready()).toBe('Unknown');
  });

  test('stops its lease when it is cut off, and comes back', () => {
    const harness = makeHarness();
    const annotate = (value: string | null) =>
      harness.expect(200, 'PATCH', '/api/v1/nodes/node-1', {
        body: { metadata: { annotations: { 'kubicle.dev/last-heartbeat': value } } },
        headers: merge,
      });
    annotate('2026-01-01T00:00:00Z');
    harness.settle(60_000);
    harness.advance(200_000);
    expect(conditionOf(harness.get<Node>('/api/v1/nodes/node-1'), 'Ready')?.status).toBe('Unknown');
    expect(harness.get<Lease>(`${LEASES}/node-1`).spec.renewTime).toMatch(/^2026-01-01T00:00:00/);
    annotate(null);
    harness.settle(60_000);
    const node = harness.get<Node>('/api/v1/nodes/node-1');
    expect(conditionOf(node, 'Ready')).toMatchObject({ status: 'True', reason: 'KubeletReady' });
    expect(node.spec.taints).toBeUndefined();
  });
});
