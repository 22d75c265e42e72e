import { describe, expect, it } from 'vitest';
import { Harness } from '../../test/support/harness.ts';
import type { Event, PersistentVolume, PersistentVolumeClaim } from '../kinds/generated/types.ts';

const CLAIMS = '/api/v1/namespaces/default/persistentvolumeclaims';
const VOLUMES = '/api/v1/persistentvolumes';
const CLASSES = '/apis/storage.k8s.io/v1/storageclasses';

const made = (): Harness => new Harness({ settings: { latency: 'fast', addons: [] } });

const addVolume = (harness: Harness, name: string, spec: object = {}, annotations = {}): void =>
  void harness.expect(201, 'POST', VOLUMES, {
    body: {
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: { name, annotations },
      spec: {
        capacity: { storage: '2Gi' },
        accessModes: ['ReadWriteOnce'],
        storageClassName: 'st',
        persistentVolumeReclaimPolicy: 'Retain',
        hostPath: { path: '/x' },
        ...spec,
      },
    },
  });

const addClaim = (harness: Harness, name: string, spec: object = {}): void =>
  void harness.expect(201, 'POST', CLAIMS, {
    body: {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name },
      spec: {
        accessModes: ['ReadWriteOnce'],
        resources: { requests: { storage: '1Gi' } },
        storageClassName: 'st',
        ...spec,
      },
    },
  });

const addClass = (harness: Harness, name: string, provisioner: string, more = {}, annotations = {}): void =>
  void harness.expect(201, 'POST', CLASSES, {
    body: {
      apiVersion: 'storage.k8s.io/v1',
      kind: 'StorageClass',
      metadata: { name, annotations },
      provisioner,
      ...more,
    },
  });

const claim = (harness: Harness, name: string): PersistentVolumeClaim => harness.get(`${CLAIMS}/${name}`);
const volume = (harness: Harness, name: string): PersistentVolume => harness.get(`${VOLUMES}/${name}`);

const told = (harness: Harness, kind: string): readonly string[] =>
  ['default', 'kube-system']
    .flatMap((namespace) => harness.get<{ items: Event[] }>(`/api/v1/namespaces/${namespace}/events`).items)
    .filter(({ involvedObject }) => involvedObject.kind === kind)
    .map(({ reason, message }) => `${reason}: ${message}`);

describe('a claim that names its volume', () => {
  it.each([
    ['is too large for it', {}, { resources: { requests: { storage: '3Gi' } } }, 'requested PV is too small'],
    ['is of another class', { storageClassName: 'other' }, {}, 'storageClassName does not match'],
    ['wants another mode', { volumeMode: 'Block' }, {}, 'incompatible volumeMode'],
    ['wants another access', {}, { accessModes: ['ReadWriteMany'] }, 'incompatible accessMode'],
  ])('%s', (_, volumeSpec, claimSpec, problem) => {
    const harness = made();
    addVolume(harness, 'v', volumeSpec);
    harness.advance(1_000);
    addClaim(harness, 'c', { volumeName: 'v', ...claimSpec });
    harness.advance(5_000);
    expect(claim(harness, 'c').status?.phase).toBe('Pending');
    expect(told(harness, 'PersistentVolumeClaim')).toEqual([
      `VolumeMismatch: Cannot bind to requested volume "v": ${problem}`,
    ]);
  });
});

describe('a claim gets', () => {
  it('the volume with the fewest access modes, however large', () => {
    const harness = made();
    addVolume(harness, 'small', { accessModes: ['ReadWriteOnce', 'ReadOnlyMany'] });
    addVolume(harness, 'large', { capacity: { storage: '9Gi' } });
    harness.advance(1_000);
    addClaim(harness, 'c');
    harness.advance(2_000);
    expect(claim(harness, 'c').spec.volumeName).toBe('large');
  });

  it('the volume that was reserved for it, of another class and without its labels', () => {
    const harness = made();
    addVolume(harness, 'mine', { storageClassName: 'other', claimRef: { namespace: 'default', name: 'c' } });
    addVolume(harness, 'free');
    harness.advance(1_000);
    addClaim(harness, 'c', { selector: { matchLabels: { a: 'b' } } });
    harness.advance(2_000);
    expect(claim(harness, 'c').spec.volumeName).toBe('mine');
  });

  it('the default class as soon as there is one, when it names none', () => {
    const harness = made();
    addClaim(harness, 'c', { storageClassName: undefined });
    addClaim(harness, 'none', { storageClassName: '' });
    harness.advance(5_000);
    expect(claim(harness, 'c').spec.storageClassName).toBeUndefined();
    addClass(harness, 'late', 'example.com/x', {}, { 'storageclass.kubernetes.io/is-default-class': 'true' });
    harness.advance(20_000);
    expect(claim(harness, 'c').spec.storageClassName).toBe('late');
    expect(claim(harness, 'none').spec.storageClassName).toBe('');
  });

  it('told that nobody makes volumes of a class by hand', () => {
    const harness = made();
    addClass(harness, 'st', 'kubernetes.io/no-provisioner');
    addClaim(harness, 'c');
    harness.advance(2_000);
    expect(told(harness, 'PersistentVolumeClaim')).toEqual([
      'ProvisioningFailed: no volume plugin matched name: kubernetes.io/no-provisioner',
    ]);
  });
});

describe('a volume without its claim', () => {
  it.each([
    [
      'cannot be deleted',
      { hostPath: undefined, nfs: { server: 's', path: '/' } },
      'VolumeFailedDelete: error getting deleter volume plugin for volume "v": no deletable volume plugin matched',
    ],
    [
      'is not known at all',
      { hostPath: undefined, fc: { targetWWNs: ['a'], lun: 0 } },
      'VolumeFailedDelete: error getting deleter volume plugin for volume "v": no volume plugin matched',
    ],
    [
      'lies at the wrong place',
      {},
      'VolumeFailedDelete: host_path deleter only supports /tmp/.+ but received provided /x',
    ],
    [
      'cannot be recycled',
      { persistentVolumeReclaimPolicy: 'Recycle', hostPath: undefined, fc: { targetWWNs: ['a'], lun: 0 } },
      'VolumeFailedRecycle: No recycler plugin found for the volume!',
    ],
  ])('%s', (_, spec, text) => {
    const harness = made();
    addVolume(harness, 'v', { persistentVolumeReclaimPolicy: 'Delete', ...spec });
    harness.advance(1_000);
    addClaim(harness, 'c');
    harness.advance(2_000);
    expect(volume(harness, 'v').status?.phase).toBe('Bound');
    harness.expect(200, 'DELETE', `${CLAIMS}/c`);
    harness.advance(5_000);
    expect(volume(harness, 'v').status?.phase).toBe('Failed');
    expect(volume(harness, 'v').status?.message).toBe(text.slice(text.indexOf(': ') + 2));
    expect(told(harness, 'PersistentVolume')).toEqual([text]);
  });

  it('stays reserved when its user reserved it and the claim took another', () => {
    const harness = made();
    addVolume(harness, 'taken');
    harness.advance(1_000);
    addClaim(harness, 'c');
    harness.advance(2_000);
    const { uid } = claim(harness, 'c').metadata;
    addVolume(harness, 'mine', { claimRef: { namespace: 'default', name: 'c', uid } });
    harness.advance(2_000);
    expect(volume(harness, 'mine').spec.claimRef).toMatchObject({ name: 'c' });
    expect(volume(harness, 'mine').spec.claimRef?.uid).toBeUndefined();
    expect(volume(harness, 'mine').status?.phase).toBe('Available');
  });
});

describe('a claim that asks for more than its volume has', () => {
  it('is told that somebody else has to see to it, once for each size', () => {
    const harness = made();
    addClass(harness, 'st', 'example.com/nobody', { allowVolumeExpansion: true });
    addVolume(harness, 'v');
    harness.advance(1_000);
    addClaim(harness, 'c');
    harness.advance(2_000);
    for (const storage of ['3Gi', '4Gi']) {
      harness.expect(200, 'PATCH', `${CLAIMS}/c`, {
        body: { spec: { resources: { requests: { storage } } } },
        headers: { 'content-type': 'application/merge-patch+json' },
      });
      harness.advance(2_000);
    }
    const events = harness
      .get<{ items: Event[] }>('/api/v1/namespaces/default/events')
      .items.filter(({ reason }) => reason === 'ExternalExpanding');
    expect(events.map(({ message, count, source }) => [message, count, source?.component])).toEqual([
      ['waiting for an external controller to expand this PVC', 2, 'volume_expand'],
    ]);
    expect(claim(harness, 'c').status?.capacity).toEqual({ storage: '2Gi' });
  });
});
