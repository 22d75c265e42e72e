import { describe, expect, it } from 'vitest';
import { Harness } from '../../test/support/harness.ts';
import type { Event, PersistentVolume, PersistentVolumeClaim } from '../kinds/generated/types.ts';

const CLAIMS = '/api/v1/namespaces/default/persistentvolumeclaims';
const VOLUMES = '/api/v1/persistentvolumes';
const SETTLED_MS = 20_000;

const made = (addons: readonly 'default-storageclass'[] = ['default-storageclass']): Harness =>
  new Harness({ settings: { latency: 'fast', addons } });

const claimYaml = (className?: string, more = '') => `
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data}
spec:
  accessModes: [ReadWriteOnce]
  ${className === undefined ? '' : `storageClassName: ${className}`}
  resources: {requests: {storage: 1Gi}}
  ${more}
`;

const classYaml = (provisioner: string, more = '') => `
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: {name: mine}
provisioner: ${provisioner}
${more}
`;

const POD = `
apiVersion: v1
kind: Pod
metadata: {name: user}
spec:
  terminationGracePeriodSeconds: 1
  containers:
  - {name: main, image: nginx, volumeMounts: [{name: data, mountPath: /data}]}
  volumes: [{name: data, persistentVolumeClaim: {claimName: data}}]
`;

const claim = (harness: Harness) => harness.get<PersistentVolumeClaim>(`${CLAIMS}/data`);
const volumes = (harness: Harness) => harness.list<PersistentVolume>(VOLUMES);

const reasons = (harness: Harness): readonly string[] =>
  harness
    .list<Event>('/api/v1/namespaces/default/events')
    .filter(({ involvedObject }) => involvedObject.kind === 'PersistentVolumeClaim')
    .map(({ reason = '' }) => reason);

const merge = { 'content-type': 'application/merge-patch+json' };

const grow = (harness: Harness, storage: string) =>
  harness.request('PATCH', `${CLAIMS}/data`, {
    body: { spec: { resources: { requests: { storage } } } },
    headers: merge,
  });

describe('a volume on demand', () => {
  it('is made by the default class when the first pod is put on a node', () => {
    const harness = made();
    harness.create(claimYaml());
    harness.advance(SETTLED_MS);
    expect(claim(harness).status?.phase).toBe('Pending');
    expect(reasons(harness)).toEqual(['WaitForFirstConsumer']);
    harness.create(POD);
    harness.advance(SETTLED_MS);
    const { uid } = claim(harness).metadata;
    expect(claim(harness).status).toMatchObject({ phase: 'Bound', capacity: { storage: '1Gi' } });
    expect(volumes(harness)[0]).toMatchObject({
      metadata: {
        name: `pvc-${uid}`,
        annotations: { 'pv.kubernetes.io/provisioned-by': 'disk.csi.kubicle.dev' },
      },
      spec: { persistentVolumeReclaimPolicy: 'Delete', storageClassName: 'standard' },
      status: { phase: 'Bound' },
    });
    expect([...reasons(harness)].sort()).toEqual([
      'ExternalProvisioning',
      'Provisioning',
      'ProvisioningSucceeded',
      'WaitForFirstConsumer',
    ]);
    expect(harness.get('/api/v1/namespaces/default/pods/user')).toMatchObject({
      status: { phase: 'Running' },
    });
  });

  it('stays while a pod uses its claim, and goes with the claim', () => {
    const harness = made();
    harness.create(claimYaml());
    harness.create(POD);
    harness.advance(SETTLED_MS);
    harness.request('DELETE', `${CLAIMS}/data`);
    harness.advance(SETTLED_MS);
    expect(claim(harness).metadata.deletionTimestamp).toBeDefined();
    harness.request('DELETE', '/api/v1/namespaces/default/pods/user');
    harness.advance(SETTLED_MS);
    expect(harness.request('GET', `${CLAIMS}/data`).status).toBe(404);
    expect(volumes(harness)).toEqual([]);
  });

  it('outlives its claim under the policy Retain, released', () => {
    const harness = made([]);
    harness.create(classYaml('kubicle.dev', 'reclaimPolicy: Retain'));
    harness.create(claimYaml('mine'));
    harness.advance(SETTLED_MS);
    expect(claim(harness).status?.phase).toBe('Bound');
    harness.request('DELETE', `${CLAIMS}/data`);
    harness.advance(SETTLED_MS);
    expect(volumes(harness).map(({ status }) => status?.phase)).toEqual(['Released']);
    harness.request('DELETE', `${VOLUMES}/${volumes(harness)[0]?.metadata.name}`);
    harness.advance(SETTLED_MS);
    expect(volumes(harness)).toEqual([]);
  });

  it('of local directories is tied to the node of its first consumer', () => {
    const harness = made([]);
    harness.create(classYaml('rancher.io/local-path', 'volumeBindingMode: WaitForFirstConsumer'));
    harness.create(claimYaml('mine'));
    harness.create(POD);
    harness.advance(SETTLED_MS);
    const node = (
      harness.get('/api/v1/namespaces/default/pods/user') as never as { spec: { nodeName: string } }
    ).spec.nodeName;
    const [term] = volumes(harness)[0]?.spec.nodeAffinity?.required?.nodeSelectorTerms ?? [];
    expect(term?.matchExpressions?.[0]?.values).toEqual([node]);
  });

  it.each([
    [
      'local directories without a consumer',
      'rancher.io/local-path',
      '',
      'configuration error, no node was specified',
    ],
    ['a selector', 'kubicle.dev', 'selector: {matchLabels: {a: b}}', 'claim Selector is not supported'],
  ])('is refused for %s, with the reason', (_name, provisioner, more, text) => {
    const harness = made([]);
    harness.create(classYaml(provisioner));
    harness.create(claimYaml('mine', more));
    harness.advance(SETTLED_MS);
    expect(claim(harness).status?.phase).toBe('Pending');
    const failed = harness
      .list<Event>('/api/v1/namespaces/default/events')
      .find(({ reason }) => reason === 'ProvisioningFailed');
    expect(failed?.message).toBe(`failed to provision volume with StorageClass "mine": ${text}`);
  });

  it('is awaited while nobody serves the provisioner, until its driver is installed', () => {
    const harness = made([]);
    harness.create(classYaml('ebs.csi.aws.com'));
    harness.create(claimYaml('mine'));
    harness.advance(SETTLED_MS);
    expect(reasons(harness)).toEqual(['ExternalProvisioning']);
    harness.create(
      '{apiVersion: storage.k8s.io/v1, kind: CSIDriver, metadata: {name: ebs.csi.aws.com}, spec: {}}',
    );
    harness.advance(SETTLED_MS);
    expect(claim(harness).status?.phase).toBe('Bound');
  });
});

describe('a claim that asks for more', () => {
  it('gets it at once while a pod uses it', () => {
    const harness = made();
    harness.create(claimYaml());
    harness.create(POD);
    harness.advance(SETTLED_MS);
    expect(grow(harness, '3Gi').status).toBe(200);
    harness.advance(SETTLED_MS);
    expect(claim(harness).status?.capacity).toEqual({ storage: '3Gi' });
    expect(claim(harness).status?.conditions).toBeUndefined();
    expect(volumes(harness)[0]?.spec.capacity).toEqual({ storage: '3Gi' });
    for (const reason of [
      'ExternalExpanding',
      'Resizing',
      'FileSystemResizeRequired',
      'FileSystemResizeSuccessful',
    ]) {
      expect(reasons(harness)).toContain(reason);
    }
  });

  it('waits for a pod to grow its file system', () => {
    const harness = made([]);
    harness.create(classYaml('kubicle.dev', 'allowVolumeExpansion: true'));
    harness.create(claimYaml('mine'));
    harness.advance(SETTLED_MS);
    grow(harness, '2Gi');
    harness.advance(SETTLED_MS);
    expect(claim(harness).status).toMatchObject({
      capacity: { storage: '1Gi' },
      allocatedResourceStatuses: { storage: 'NodeResizePending' },
      conditions: [{ type: 'FileSystemResizePending', status: 'True' }],
    });
    harness.create(POD);
    harness.advance(SETTLED_MS);
    expect(claim(harness).status?.capacity).toEqual({ storage: '2Gi' });
  });

  it('is refused where the class does not allow it', () => {
    const harness = made([]);
    harness.create(classYaml('kubicle.dev'));
    harness.create(claimYaml('mine'));
    harness.advance(SETTLED_MS);
    const refused = grow(harness, '2Gi');
    expect([refused.status, refused.body]).toEqual([403, expect.stringContaining('must support resize')]);
  });
});
