import { expect, test } from 'vitest';
import { Harness } from '../../test/support/harness.ts';
import type { ControllerRevision, DaemonSet, Event, Pod } from '../kinds/generated/types.ts';

const SETS = '/apis/apps/v1/namespaces/default/daemonsets';
const PODS = '/api/v1/namespaces/default/pods';
const REVISIONS = '/apis/apps/v1/namespaces/default/controllerrevisions';
const MERGE = { 'content-type': 'application/merge-patch+json' };

const daemonSet = (spec: object = {}, template: object = {}) => ({
  apiVersion: 'apps/v1',
  kind: 'DaemonSet',
  metadata: { name: 'ds' },
  spec: {
    selector: { matchLabels: { app: 'ds' } },
    template: {
      metadata: { labels: { app: 'ds' } },
      spec: { containers: [{ name: 'c', image: 'pause' }], terminationGracePeriodSeconds: 30, ...template },
    },
    ...spec,
  },
});

/** A cluster of nodes whose kubelets are played by the test. */
const make = (nodes: readonly string[]) => {
  const cluster = new Harness({ settings: { nodes: [], controlPlaneNode: false, latency: 'fast' } });
  for (const name of nodes) {
    const annotations = { 'kubicle.dev/kubelet': 'external' };
    const node = { apiVersion: 'v1', kind: 'Node', metadata: { name, annotations } };
    cluster.expect(201, 'POST', '/api/v1/nodes', { body: node });
    const resources = { cpu: '4', memory: '8Gi', pods: '110' };
    const conditions = [{ type: 'Ready', status: 'True' }];
    const status = { capacity: resources, allocatable: resources, conditions };
    cluster.expect(200, 'PATCH', `/api/v1/nodes/${name}/status`, { body: { status }, headers: MERGE });
  }
  cluster.advance(500);
  const patch = (path: string, body: object) => cluster.expect(200, 'PATCH', path, { body, headers: MERGE });
  const say = (pod: Pod, phase: string) => {
    const conditions = [{ type: 'Ready', status: phase === 'Running' ? 'True' : 'False' }];
    patch(`${PODS}/${pod.metadata.name}/status`, { status: { phase, conditions } });
  };
  const pods = () => cluster.list<Pod>(PODS);
  return {
    cluster,
    patch,
    say,
    pods,
    live: () => pods().filter(({ metadata }) => metadata.deletionTimestamp === undefined),
    make: (body: object) => cluster.expect(201, 'POST', SETS, { body }),
    change: (spec: object) => patch(`${SETS}/ds`, { spec }),
    image: (image: string) =>
      patch(`${SETS}/ds`, { spec: { template: { spec: { containers: [{ name: 'c', image }] } } } }),
    status: () => cluster.get<DaemonSet>(`${SETS}/ds`).status,
    notes: (reason: string) =>
      cluster
        .list<Event>('/api/v1/namespaces/default/events')
        .filter((event) => event.reason === reason)
        .reduce((sum, event) => sum + (event.count ?? 1), 0),
  };
};

/** All pods that wait become ready. */
const settle = ({ cluster, live, say }: ReturnType<typeof make>) => {
  cluster.advance(300);
  for (const pod of live()) if (pod.status?.phase === 'Pending') say(pod, 'Running');
  cluster.advance(300);
};

test('failed pods of a node are replaced ever more slowly', () => {
  const it = make(['a']);
  it.make(daemonSet());
  const failures: number[] = [];
  for (let ms = 0; ms < 16_000; ms += 100) {
    it.cluster.advance(100);
    for (const pod of it.live()) if (pod.status?.phase === 'Pending') it.say(pod, 'Failed');
    // The kubelet lets go of what is to be deleted.
    for (const pod of it.pods()) {
      if (pod.metadata.deletionTimestamp !== undefined)
        it.cluster.request('DELETE', `${PODS}/${pod.metadata.name}?gracePeriodSeconds=0`);
    }
    failures.push(it.notes('FailedDaemonPod'));
  }
  // The first at once, the others 1, 2, 4 and 8 s after the one before.
  expect([failures[9], failures[19], failures[39], failures[79], failures[159]]).toEqual([1, 2, 3, 4, 5]);
});

test('a set that is being deleted keeps no history anew and says nothing', () => {
  const it = make(['a', 'b']);
  it.make(daemonSet());
  settle(it);
  const before = it.status();
  it.cluster.expect(200, 'DELETE', `${SETS}/ds`, { body: { propagationPolicy: 'Foreground' } });
  it.cluster.advance(2_000);
  expect(it.cluster.list<ControllerRevision>(REVISIONS)).toEqual([]);
  expect(it.pods()).toHaveLength(2);
  expect(it.status()).toEqual(before);
  for (const pod of it.pods())
    it.cluster.request('DELETE', `${PODS}/${pod.metadata.name}?gracePeriodSeconds=0`);
  it.cluster.advance(2_000);
  expect(it.cluster.request('GET', `${SETS}/ds`).status).toBe(404);
});

test('with surge a node whose pod is going gets another at once', () => {
  const it = make(['a']);
  it.make(
    daemonSet({
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
    }),
  );
  settle(it);
  const [pod] = it.live();
  it.cluster.expect(200, 'DELETE', `${PODS}/${pod?.metadata.name}`);
  it.cluster.advance(300);
  expect(it.live()).toHaveLength(1);
  expect(it.pods()).toHaveLength(2);
});

test('with surge a pod leaves the node it may not run on when another serves in its place', () => {
  const it = make(['a', 'b']);
  for (const node of ['a', 'b']) it.patch(`/api/v1/nodes/${node}`, { metadata: { labels: { pool: node } } });
  const affinity = (pool: string) => ({
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [{ matchExpressions: [{ key: 'pool', operator: 'In', values: [pool] }] }],
      },
    },
  });
  const updateStrategy = { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } };
  it.make(daemonSet({ updateStrategy }, { affinity: affinity('a') }));
  settle(it);
  // A taint lets what runs stay: only the update moves it.
  it.patch('/api/v1/nodes/a', { spec: { taints: [{ key: 'k', effect: 'NoSchedule' }] } });
  it.change({ template: { spec: { affinity: null } } });
  it.cluster.advance(300);
  expect(it.live().map(({ spec }) => spec?.nodeName)).toEqual(expect.arrayContaining(['a', 'b']));
  settle(it);
  expect(it.live().map(({ spec }) => spec?.nodeName)).toEqual(['b']);
});

test('revisions of pods count against the limit of the history but stay', () => {
  const it = make(['a']);
  it.make(daemonSet({ updateStrategy: { type: 'OnDelete' }, revisionHistoryLimit: 1 }));
  settle(it);
  const revisions = () =>
    it.cluster.list<ControllerRevision>(REVISIONS).map(({ revision }) => Number(revision));
  it.image('pause:2');
  it.cluster.advance(300);
  expect(revisions().sort()).toEqual([1, 2]);
  it.image('pause:3');
  it.cluster.advance(300);
  // Of 1 (of the pod) and 2 one is too many: the one that nobody uses.
  expect(revisions().sort()).toEqual([1, 3]);
});

test('a batch of refused pods is told about as a whole, and pods still go', () => {
  const it = make(['a', 'b', 'c', 'd']);
  it.make(daemonSet());
  settle(it);
  const quota = { apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name: 'q' } };
  it.cluster.expect(201, 'POST', '/api/v1/namespaces/default/resourcequotas', {
    body: { ...quota, spec: { hard: { pods: '1' } } },
  });
  it.cluster.advance(100);
  for (const pod of it.live()) {
    if (pod.spec?.nodeName !== 'a')
      it.cluster.expect(200, 'DELETE', `${PODS}/${pod.metadata.name}?gracePeriodSeconds=0`);
    else it.say(pod, 'Failed');
  }
  it.cluster.advance(200);
  expect(it.notes('FailedCreate')).toBeGreaterThan(0);
  expect(it.notes('FailedDaemonPod')).toBe(1);
  expect(it.live().every((pod) => pod.status?.phase !== 'Failed')).toBe(true);
});

test('a taint that lets pods stay is only noticed with the next change', () => {
  const it = make(['a', 'b']);
  it.make(daemonSet());
  settle(it);
  it.patch('/api/v1/nodes/a', { spec: { taints: [{ key: 'k', effect: 'NoSchedule' }] } });
  it.cluster.advance(2_000);
  expect(it.status()).toMatchObject({ desiredNumberScheduled: 2, numberMisscheduled: 0 });
  it.patch(`${SETS}/ds`, { metadata: { labels: { a: 'b' } } });
  it.cluster.advance(300);
  expect(it.status()).toMatchObject({ desiredNumberScheduled: 1, numberMisscheduled: 1 });
  it.patch('/api/v1/nodes/a', { spec: { taints: null } });
  it.cluster.advance(300);
  expect(it.status()).toMatchObject({ desiredNumberScheduled: 2, numberMisscheduled: 0 });
});
