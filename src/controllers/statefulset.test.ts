import { expect, test } from 'vitest';
import { Harness } from '../../test/support/harness.ts';
import type {
  ControllerRevision,
  Event,
  PersistentVolumeClaim,
  Pod,
  StatefulSet,
} from '../kinds/generated/types.ts';

const SETS = '/apis/apps/v1/namespaces/default/statefulsets';
const PODS = '/api/v1/namespaces/default/pods';
const CLAIMS = '/api/v1/namespaces/default/persistentvolumeclaims';
const MERGE = { 'content-type': 'application/merge-patch+json' };

const statefulSet = (spec: object = {}) => ({
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  metadata: { name: 'db' },
  spec: {
    replicas: 2,
    serviceName: 'db',
    selector: { matchLabels: { app: 'db' } },
    template: {
      metadata: { labels: { app: 'db' } },
      spec: { containers: [{ name: 'c', image: 'nginx' }], terminationGracePeriodSeconds: 1 },
    },
    ...spec,
  },
});

const volumeClaimTemplates = [
  {
    metadata: { name: 'data' },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
  },
];

const make = () => {
  const cluster = new Harness({ settings: { latency: 'fast', addons: ['default-storageclass'] } });
  const patch = (path: string, body: object) => cluster.expect(200, 'PATCH', path, { body, headers: MERGE });
  return {
    cluster,
    make: (spec: object) => cluster.expect(201, 'POST', SETS, { body: statefulSet(spec) }),
    change: (spec: object) => patch(`${SETS}/db`, { spec }),
    quota: (hard: object) =>
      cluster.expect(201, 'POST', '/api/v1/namespaces/default/resourcequotas', {
        body: { apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name: 'q' }, spec: { hard } },
      }),
    pods: () => cluster.list<Pod>(PODS),
    notes: (text: string) =>
      cluster
        .list<Event>('/api/v1/namespaces/default/events')
        .filter(({ message }) => message?.includes(text))
        .map(({ type, reason, message }) => `${type} ${reason} ${message}`),
  };
};

test('in parallel an update goes on above a broken pod, and replaces broken ones', () => {
  const it = make();
  it.make({ replicas: 3, podManagementPolicy: 'Parallel' });
  it.cluster.advance(20_000);
  for (const name of ['db-0', 'db-2']) {
    const body = { metadata: { annotations: { 'kubicle.dev/ready': 'false' } } };
    it.cluster.request('PATCH', `${PODS}/${name}`, { body, headers: MERGE });
    const status = { conditions: [{ type: 'Ready', status: 'False' }] };
    it.cluster.expect(200, 'PATCH', `${PODS}/${name}/status`, { body: { status }, headers: MERGE });
  }
  it.change({ template: { spec: { containers: [{ name: 'c', image: 'nginx:1.27' }] } } });
  it.cluster.advance(50);
  const going = it.pods().filter(({ metadata }) => metadata.deletionTimestamp !== undefined);
  expect(going.map(({ metadata }) => metadata.name)).toEqual(['db-2']);
  it.cluster.advance(60_000);
  expect(new Set(it.pods().map(({ spec }) => spec?.containers[0]?.image))).toEqual(new Set(['nginx:1.27']));
});

test('in parallel a pod of a revision in between is replaced', () => {
  const it = make();
  it.make({ replicas: 1, podManagementPolicy: 'Parallel' });
  it.cluster.advance(10_000);
  it.change({ template: { spec: { containers: [{ name: 'c', image: 'nginx:1.999' }] } } });
  it.cluster.advance(10_000);
  expect(it.pods().map(({ status }) => status?.phase)).toEqual(['Pending']);
  it.change({ template: { spec: { containers: [{ name: 'c', image: 'nginx:1.27' }] } } });
  it.cluster.advance(60_000);
  expect(it.pods().map(({ spec }) => spec?.containers[0]?.image)).toEqual(['nginx:1.27']);
  expect(it.cluster.get<StatefulSet>(`${SETS}/db`).status).toMatchObject({ readyReplicas: 1 });
});

test.each(['Parallel', 'OrderedReady'])(
  'pods (%s) and history outlive their set and are adopted',
  (policy) => {
    const it = make();
    const history = () =>
      it.cluster.list<ControllerRevision>('/apis/apps/v1/namespaces/default/controllerrevisions');
    it.make({ podManagementPolicy: policy });
    it.cluster.advance(20_000);
    const before = it.pods().map(({ metadata }) => metadata.uid);
    const [revision] = history();
    it.cluster.expect(200, 'DELETE', `${SETS}/db`, { body: { propagationPolicy: 'Orphan' } });
    it.cluster.advance(5_000);
    expect(history().map(({ metadata }) => [metadata.uid, metadata.ownerReferences])).toEqual([
      [revision?.metadata.uid, undefined],
    ]);
    it.make({ podManagementPolicy: policy });
    it.cluster.advance(20_000);
    const set = it.cluster.get<StatefulSet>(`${SETS}/db`);
    expect(set.status).toMatchObject({ readyReplicas: 2, currentRevision: revision?.metadata.name });
    expect(it.pods().map(({ metadata }) => metadata.uid)).toEqual(before);
    expect(it.pods().map(({ metadata }) => metadata.ownerReferences?.[0]?.uid)).toEqual([
      set.metadata.uid,
      set.metadata.uid,
    ]);
    expect(history()).toHaveLength(1);
  },
);

test('a claim that is being deleted keeps its pod from being made', () => {
  const it = make();
  it.make({ replicas: 1, volumeClaimTemplates });
  it.cluster.advance(20_000);
  // Something else keeps the claim when its pod has gone.
  it.cluster.expect(200, 'PATCH', `${CLAIMS}/data-db-0`, {
    body: { metadata: { finalizers: ['example.com/kept'] } },
    headers: MERGE,
  });
  it.cluster.expect(200, 'DELETE', `${CLAIMS}/data-db-0`);
  it.cluster.expect(200, 'DELETE', `${PODS}/db-0`);
  it.cluster.advance(5_000);
  expect(it.pods()).toEqual([]);
  expect(it.notes('being deleted')).toEqual([
    'Warning FailedCreate Create Pod db-0 in StatefulSet db failed error: pvc data-db-0 is being deleted',
  ]);
  it.cluster.expect(200, 'PATCH', `${CLAIMS}/data-db-0`, {
    body: { metadata: { finalizers: null } },
    headers: MERGE,
  });
  it.cluster.advance(60_000);
  expect(it.pods().map(({ status }) => status?.phase)).toEqual(['Running']);
});

test('a claim that is refused is told about with its pod', () => {
  const it = make();
  it.quota({ persistentvolumeclaims: '0' });
  it.cluster.advance(100);
  it.make({ replicas: 1, volumeClaimTemplates });
  it.cluster.advance(100);
  const why =
    'persistentvolumeclaims "data-db-0" is forbidden: exceeded quota: q, requested: persistentvolumeclaims=1, used: persistentvolumeclaims=0, limited: persistentvolumeclaims=0';
  expect(it.notes('db-0')).toEqual([
    `Warning FailedCreate Create Claim data-db-0 Pod db-0 in StatefulSet db failed error: ${why}`,
    `Warning FailedCreate Create Pod db-0 in StatefulSet db failed error: failed to create PVC data-db-0: ${why}`,
  ]);
});

test('in parallel a batch is tried as a whole', () => {
  const it = make();
  it.quota({ pods: '1' });
  it.cluster.advance(100);
  it.make({ replicas: 5, podManagementPolicy: 'Parallel' });
  it.cluster.advance(50);
  expect(it.notes('failed error').map((text) => /Pod (\S+)/.exec(text)?.[1])).toEqual(['db-1', 'db-2']);
});

test('claims change hands when the policy changes, and that is told', () => {
  const it = make();
  it.make({ replicas: 1, volumeClaimTemplates });
  it.cluster.advance(20_000);
  expect(it.pods().map(({ status }) => status?.phase)).toEqual(['Running']);
  const owners = () => it.cluster.get<PersistentVolumeClaim>(`${CLAIMS}/data-db-0`).metadata.ownerReferences;
  expect(owners()).toBeUndefined();
  it.change({ persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Delete', whenScaled: 'Retain' } });
  it.cluster.advance(100);
  expect(owners()).toMatchObject([{ kind: 'StatefulSet', name: 'db', controller: true }]);
  expect(it.notes('Update')).toEqual([
    'Normal SuccessfulUpdate Update Pod db-0 in StatefulSet db successful',
  ]);
});

test('a claim of another controller keeps it', () => {
  const it = make();
  const owner = { apiVersion: 'v1', kind: 'ConfigMap', name: 'c', uid: 'x', controller: true };
  it.cluster.expect(201, 'POST', '/api/v1/namespaces/default/configmaps', {
    body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' } },
  });
  const { uid } = it.cluster.get('/api/v1/namespaces/default/configmaps/c').metadata;
  it.cluster.expect(201, 'POST', CLAIMS, {
    body: {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: 'data-db-0', ownerReferences: [{ ...owner, uid }] },
      spec: volumeClaimTemplates[0]?.spec,
    },
  });
  const persistentVolumeClaimRetentionPolicy = { whenDeleted: 'Delete', whenScaled: 'Delete' };
  it.make({ replicas: 1, volumeClaimTemplates, persistentVolumeClaimRetentionPolicy });
  it.cluster.advance(20_000);
  const { ownerReferences } = it.cluster.get<PersistentVolumeClaim>(`${CLAIMS}/data-db-0`).metadata;
  expect(ownerReferences).toMatchObject([{ kind: 'ConfigMap' }]);
});
