import { expect, test } from 'vitest';
import { Harness } from '../../test/support/harness.ts';
import type { Event, Pod } from '../kinds/generated/types.ts';

const PODS = '/api/v1/namespaces/default/pods';
const EVENTS = '/api/v1/namespaces/default/events';
const MERGE = { 'content-type': 'application/merge-patch+json' };

interface Shape {
  readonly labels?: object;
  readonly taints?: readonly object[];
}

/** Nodes whose kubelets say nothing, so that only what the test does can wake a pod. */
const make = (nodes: Readonly<Record<string, Shape>>) => {
  const cluster = new Harness({ settings: { nodes: [], controlPlaneNode: false, latency: 'fast' } });
  const patch = (path: string, body: object) => {
    cluster.expect(200, 'PATCH', path, { body, headers: MERGE });
    cluster.advance(100);
  };
  const node = (name: string, { labels = {}, taints = [] }: Shape): void => {
    const metadata = { name, labels, annotations: { 'kubicle.dev/kubelet': 'external' } };
    const spec = { taints };
    cluster.expect(201, 'POST', '/api/v1/nodes', {
      body: { apiVersion: 'v1', kind: 'Node', metadata, spec },
    });
    const allocatable = { cpu: '2', memory: '8Gi', pods: '10' };
    const status = { allocatable, capacity: allocatable, conditions: [{ type: 'Ready', status: 'True' }] };
    cluster.expect(200, 'PATCH', `/api/v1/nodes/${name}/status`, { body: { status }, headers: MERGE });
  };
  for (const [name, shape] of Object.entries(nodes)) node(name, shape);
  cluster.advance(500);
  const pod = (name: string, spec: object, labels: object = {}): void => {
    const containers = [{ name: 'c', image: 'i' }];
    const body = { apiVersion: 'v1', kind: 'Pod', metadata: { name, labels }, spec: { containers, ...spec } };
    cluster.expect(201, 'POST', PODS, { body });
    cluster.advance(100);
  };
  const events = (reason: string) =>
    cluster
      .list<Event>(EVENTS)
      .filter((event) => event.reason === reason)
      .reduce((sum, event) => sum + (event.series?.count ?? event.count ?? 1), 0);
  return {
    cluster,
    patch,
    node,
    pod,
    events,
    tries: () => events('FailedScheduling'),
    where: (name: string) => cluster.get<Pod>(`${PODS}/${name}`).spec?.nodeName,
    remove: (name: string) => {
      cluster.expect(200, 'DELETE', `${PODS}/${name}?gracePeriodSeconds=0`);
      cluster.advance(100);
    },
  };
};

const requests = (cpu: string) => ({
  containers: [{ name: 'c', image: 'i', resources: { requests: { cpu } } }],
});

const term = (app: string) => [
  { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: { app } } },
];

const avoiding = (app: string) => ({
  affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: term(app) } },
});

const seeking = (app: string) => ({
  affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: term(app) } },
});

const host = (name: string) => ({ labels: { 'kubernetes.io/hostname': name } });

test('another taint, or one less of several, is no reason to try again', () => {
  const taint = (key: string) => ({ key, effect: 'NoSchedule' });
  const it = make({ a: { taints: [taint('x')] } });
  it.pod('p', {});
  it.patch('/api/v1/nodes/a', { spec: { taints: [taint('x'), taint('y')] } });
  it.patch('/api/v1/nodes/a', { spec: { taints: [taint('y')] } });
  expect(it.tries()).toBe(1);
  it.patch('/api/v1/nodes/a', { spec: { taints: null } });
  expect(it.where('p')).toBe('a');
});

test('a node that is too small even when empty is no reason to try again', () => {
  const it = make({ a: {} });
  it.pod('p', requests('3'));
  it.node('b', {});
  it.cluster.advance(500);
  expect(it.tries()).toBe(1);
  it.patch('/api/v1/nodes/b/status', { status: { allocatable: { memory: '16Gi' } } });
  expect(it.tries()).toBe(1);
  it.patch('/api/v1/nodes/b/status', { status: { allocatable: { cpu: '4' } } });
  expect(it.where('p')).toBe('b');
});

test('a label that leaves the node as unfit as before is no reason to try again', () => {
  const it = make({ a: {} });
  it.pod('p', { nodeSelector: { disk: 'ssd' } });
  it.patch('/api/v1/nodes/a', { metadata: { labels: { disk: 'hdd' } } });
  expect(it.tries()).toBe(1);
  it.patch('/api/v1/nodes/a', { metadata: { labels: { disk: 'ssd' } } });
  expect(it.where('p')).toBe('a');
});

test('a pod that seeks company is woken by company alone', () => {
  const it = make({ a: host('a') });
  it.pod('p', seeking('x'));
  it.pod('other', {}, { app: 'y' });
  it.remove('other');
  expect(it.tries()).toBe(1);
  it.pod('friend', {}, { app: 'x' });
  expect(it.where('p')).toBe('a');
});

test('a pod that avoids another is woken when that one goes or finishes, not when others do', () => {
  const it = make({ a: host('a') });
  it.pod('taken', {}, { app: 'x' });
  it.pod('other', {});
  it.pod('p', avoiding('x'));
  it.remove('other');
  expect(it.tries()).toBe(1);
  it.patch(`${PODS}/taken/status`, { status: { phase: 'Succeeded' } });
  expect(it.where('p')).toBe('a');
});

test('a pod that is avoided is woken when the one that avoids it goes', () => {
  const it = make({ a: host('a') });
  it.pod('shy', avoiding('x'));
  it.pod('p', {}, { app: 'x' });
  expect(it.tries()).toBe(1);
  it.remove('shy');
  expect(it.where('p')).toBe('a');
});

test('a missing claim is waited for by its name', () => {
  const it = make({ a: {} });
  it.pod('p', { volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'mine' } }] });
  const claim = (name: string) => {
    const spec = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } };
    const body = { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name }, spec };
    it.cluster.expect(201, 'POST', '/api/v1/namespaces/default/persistentvolumeclaims', { body });
    it.cluster.advance(100);
  };
  claim('yours');
  expect(it.tries()).toBe(1);
  claim('mine');
  expect(it.tries()).toBe(2);
});

test('a promise that no preemption can keep is taken back', () => {
  const it = make({ a: {}, b: {} });
  const priority = (name: string, value: number) =>
    it.cluster.expect(201, 'POST', '/apis/scheduling.k8s.io/v1/priorityclasses', {
      body: { apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass', metadata: { name }, value },
    });
  priority('high', 1000);
  it.pod('low', { ...requests('2'), nodeName: 'a' });
  it.pod('firm', { ...requests('2'), nodeName: 'b', priorityClassName: 'high' });
  it.pod('p', { ...requests('2'), priorityClassName: 'high' });
  const promised = () => it.cluster.get<Pod>(`${PODS}/p`).status?.nominatedNodeName;
  expect([promised(), it.events('Preempted')]).toEqual(['a', 1]);
  // Another takes the place that was made, and the promised pod finds nobody to preempt.
  it.pod('thief', { ...requests('2'), nodeName: 'a', priorityClassName: 'high' });
  it.remove('low');
  expect(promised()).toBeUndefined();
});

test('terms that pin a pod to two nodes at once fit nowhere', () => {
  const it = make({ a: {}, b: {} });
  const pin = (name: string) => ({ key: 'metadata.name', operator: 'In', values: [name] });
  const terms = (...names: readonly string[]) => ({
    affinity: {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [{ matchFields: names.map(pin) }],
        },
      },
    },
  });
  it.pod('p', terms('a', 'b'));
  it.pod('q', terms('a'));
  const message = it.cluster.get<Pod>(`${PODS}/p`).status?.conditions?.[0]?.message;
  expect(message).toMatch(/^0\/2 nodes are available: pod affinity terms conflict\./);
  expect(it.where('q')).toBe('a');
});
