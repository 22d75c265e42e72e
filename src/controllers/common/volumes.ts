import type { Lookup } from '../../kinds/define.ts';
import type { PersistentVolume, PersistentVolumeClaim, StorageClass } from '../../kinds/generated/types.ts';
import { compareQuantity, quantityOf } from '../../machinery/quantity.ts';
import { matchesSelector } from '../../machinery/selector.ts';

/** Annotations of volume binding (component-helpers storage/volume). */
export const BIND_COMPLETED = 'pv.kubernetes.io/bind-completed';
export const BOUND_BY_CONTROLLER = 'pv.kubernetes.io/bound-by-controller';
export const SELECTED_NODE = 'volume.kubernetes.io/selected-node';
export const STORAGE_PROVISIONER = 'volume.kubernetes.io/storage-provisioner';
export const BETA_STORAGE_PROVISIONER = 'volume.beta.kubernetes.io/storage-provisioner';
const BETA_CLASS = 'volume.beta.kubernetes.io/storage-class';

/** Provisioner of classes whose volumes are made by hand. */
export const NO_PROVISIONER = 'kubernetes.io/no-provisioner';

/** Name of the class a claim asks for; '' for none. */
export const classNameOf = (claim: PersistentVolumeClaim): string =>
  claim.metadata.annotations?.[BETA_CLASS] ?? claim.spec.storageClassName ?? '';

/** The class a claim asks for, if it is there. */
export const classOf = (lookup: Lookup, claim: PersistentVolumeClaim): StorageClass | undefined => {
  const name = classNameOf(claim);
  return name === '' ? undefined : lookup.get('storageclasses.storage.k8s.io', '', name);
};

/** True while the claim waits for a pod to be scheduled. */
export const waitsForConsumer = (lookup: Lookup, claim: PersistentVolumeClaim): boolean =>
  classOf(lookup, claim)?.volumeBindingMode === 'WaitForFirstConsumer' &&
  claim.metadata.annotations?.[SELECTED_NODE] === undefined;

/** True when the volume's reference names the claim, by uid where it has one. */
export const isReservedFor = (volume: PersistentVolume, claim: PersistentVolumeClaim): boolean => {
  const reference = volume.spec.claimRef;
  return (
    reference !== undefined &&
    reference.namespace === claim.metadata.namespace &&
    reference.name === claim.metadata.name &&
    (!reference.uid || reference.uid === claim.metadata.uid)
  );
};

const sizeOf = (volume: PersistentVolume) => quantityOf(volume.spec.capacity?.['storage']);

/** Whether class, mode, access modes, selector and size of a volume suit a claim; who holds it is not asked. */
export const suits = (volume: PersistentVolume, claim: PersistentVolumeClaim): boolean => {
  const { spec } = volume;
  const wanted = claim.spec;
  if ((spec.storageClassName ?? '') !== classNameOf(claim)) return false;
  if ((spec.volumeMode ?? 'Filesystem') !== (wanted.volumeMode ?? 'Filesystem')) return false;
  if ((spec.volumeAttributesClassName ?? '') !== (wanted.volumeAttributesClassName ?? '')) return false;
  if (!(wanted.accessModes ?? []).every((mode) => spec.accessModes?.includes(mode) === true)) return false;
  if (wanted.selector !== undefined && !matchesSelector(wanted.selector, volume.metadata.labels))
    return false;
  return compareQuantity(sizeOf(volume), quantityOf(wanted.resources?.requests?.['storage'])) >= 0;
};

/**
 * The volume a claim should get: one that is reserved for it, else the smallest free one that suits it and that
 * `accepts` allows (pkg/volume/util FindMatchingVolume).
 */
export const findVolume = (
  volumes: readonly PersistentVolume[],
  claim: PersistentVolumeClaim,
  accepts: (volume: PersistentVolume) => boolean = () => true,
): PersistentVolume | undefined => {
  const usable = volumes.filter(
    (volume) => volume.metadata.deletionTimestamp === undefined && accepts(volume),
  );
  const reserved = usable.find((volume) => isReservedFor(volume, claim) && suits(volume, claim));
  if (reserved !== undefined) return reserved;
  return usable
    .filter(
      (volume) =>
        volume.spec.claimRef === undefined && volume.status?.phase === 'Available' && suits(volume, claim),
    )
    .sort((a, b) => compareQuantity(sizeOf(a), sizeOf(b)))[0];
};
