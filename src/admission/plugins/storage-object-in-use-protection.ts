import type { KubeObject } from '../../machinery/object.ts';
import { type AdmissionPlugin, readDraft } from '../chain.ts';

const FINALIZERS: Readonly<Record<string, string>> = {
  persistentvolumes: 'kubernetes.io/pv-protection',
  persistentvolumeclaims: 'kubernetes.io/pvc-protection',
  volumeattributesclasses: 'kubernetes.io/vac-protection',
};

/** Volumes, claims and attribute classes outlive their users (plugin/pkg/admission/storage/storageobjectinuseprotection). */
export const storageObjectInUseProtection: AdmissionPlugin = {
  name: 'StorageObjectInUseProtection',
  operations: ['CREATE'],
  resources: ['persistentvolumes', 'persistentvolumeclaims', 'volumeattributesclasses.storage.k8s.io'],
  mutate: ({ object, kind }) => {
    const finalizer = FINALIZERS[kind.resource];
    if (object === undefined || finalizer === undefined) return;
    const { metadata } = readDraft<KubeObject>(object);
    const finalizers = metadata.finalizers ?? [];
    if (finalizers.includes(finalizer)) return;
    object['metadata'] = { ...metadata, finalizers: [...finalizers, finalizer] };
  },
};
