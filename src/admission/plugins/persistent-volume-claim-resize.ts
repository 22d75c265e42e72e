import type { Lookup } from '../../kinds/define.ts';
import type { PersistentVolumeClaim } from '../../kinds/generated/types.ts';
import { compareQuantity, quantityOf } from '../../machinery/quantity.ts';
import { type AdmissionPlugin, readDraft, refuse } from '../chain.ts';

const sizeOf = (claim: PersistentVolumeClaim) => quantityOf(claim.spec?.resources?.requests?.['storage']);

const classOf = ({ metadata, spec }: PersistentVolumeClaim): string =>
  metadata.annotations?.['volume.beta.kubernetes.io/storage-class'] ?? spec?.storageClassName ?? '';

const mayGrow = (lookup: Lookup, claim: PersistentVolumeClaim, old: PersistentVolumeClaim): boolean => {
  const name = classOf(claim);
  if (name === '' || name !== classOf(old)) return false;
  return lookup.get('storageclasses.storage.k8s.io', '', name)?.allowVolumeExpansion === true;
};

/** Only bound claims of a class that says so may grow (plugin/pkg/admission/storage/persistentvolume/resize). */
export const persistentVolumeClaimResize: AdmissionPlugin = {
  name: 'PersistentVolumeClaimResize',
  operations: ['UPDATE'],
  resources: ['persistentvolumeclaims'],
  validate: (request, { lookup }) => {
    const claim = readDraft<PersistentVolumeClaim>(request.object);
    const old = request.old as PersistentVolumeClaim | undefined;
    if (old === undefined || compareQuantity(sizeOf(claim), sizeOf(old)) <= 0) return;
    if (old.status?.phase !== 'Bound') {
      throw refuse(request, 'Only bound persistent volume claims can be expanded');
    }
    if (!mayGrow(lookup, claim, old)) {
      throw refuse(
        request,
        'only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize',
      );
    }
  },
};
