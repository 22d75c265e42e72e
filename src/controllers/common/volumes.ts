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

/** Annotation of a volume: who made it. */
export const PROVISIONED_BY = 'pv.kubernetes.io/provisioned-by';
/** Provisioners that were once built in, and the one of volumes made by hand: nobody makes volumes for them. */
export const IN_TREE = 'kubernetes.io/';
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

/** True when the class leaves it to the scheduler which volume the claim gets. */
export const isDelayed = (lookup: Lookup, claim: PersistentVolumeClaim): boolean =>
  classOf(lookup, claim)?.volumeBindingMode === 'WaitForFirstConsumer';

/** True while the claim waits for a pod to be scheduled. */
export const waitsForConsumer = (lookup: Lookup, claim: PersistentVolumeClaim): boolean =>
  isDelayed(lookup, claim) && claim.metadata.annotations?.[SELECTED_NODE] === undefined;

const DEFAULT_MARKS = [
  'storageclass.kubernetes.io/is-default-class',
  'storageclass.beta.kubernetes.io/is-default-class',
];

/** The class of claims that name none: the newest one that is marked so. */
export const defaultClassOf = (lookup: Lookup): StorageClass | undefined =>
  lookup
    .list('storageclasses.storage.k8s.io')
    .filter(({ metadata }) => DEFAULT_MARKS.some((mark) => metadata.annotations?.[mark] === 'true'))
    .sort((a, b) => {
      const [one, other] = [a.metadata.creationTimestamp ?? '', b.metadata.creationTimestamp ?? ''];
      if (one !== other) return one < other ? 1 : -1;
      return (a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1;
    })[0];

/** True for a claim that says nothing at all of a class: it gets the default one as soon as there is one. */
export const namesNoClass = ({ metadata, spec }: PersistentVolumeClaim): boolean =>
  spec.storageClassName === undefined && metadata.annotations?.[BETA_CLASS] === undefined;

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

/** Whether size, mode and access modes of a volume will do for a claim: all that is asked of one reserved for it. */
const holds = (volume: PersistentVolume, claim: PersistentVolumeClaim): boolean => {
  const { spec } = volume;
  const wanted = claim.spec;
  if ((spec.volumeMode ?? 'Filesystem') !== (wanted.volumeMode ?? 'Filesystem')) return false;
  if ((spec.volumeAttributesClassName ?? '') !== (wanted.volumeAttributesClassName ?? '')) return false;
  if (!(wanted.accessModes ?? []).every((mode) => spec.accessModes?.includes(mode) === true)) return false;
  return compareQuantity(sizeOf(volume), quantityOf(wanted.resources?.requests?.['storage'])) >= 0;
};

/** Whether class, mode, access modes, selector and size of a volume suit a claim; who holds it is not asked. */
export const suits = (volume: PersistentVolume, claim: PersistentVolumeClaim): boolean =>
  holds(volume, claim) &&
  (volume.spec.storageClassName ?? '') === classNameOf(claim) &&
  (claim.spec.selector === undefined || matchesSelector(claim.spec.selector, volume.metadata.labels));

/** Why a volume that a claim names will not do (pv_controller.go, checkVolumeSatisfyClaim); `undefined` when it will. */
export const mismatch = (volume: PersistentVolume, claim: PersistentVolumeClaim): string | undefined => {
  const { spec, metadata } = volume;
  const wanted = claim.spec;
  if (metadata.deletionTimestamp !== undefined) {
    return `the volume is marked for deletion ${JSON.stringify(metadata.name)}`;
  }
  if (compareQuantity(sizeOf(volume), quantityOf(wanted.resources?.requests?.['storage'])) < 0) {
    return 'requested PV is too small';
  }
  if ((spec.storageClassName ?? '') !== classNameOf(claim)) return 'storageClassName does not match';
  if ((spec.volumeMode ?? 'Filesystem') !== (wanted.volumeMode ?? 'Filesystem')) {
    return 'incompatible volumeMode';
  }
  const missing = (wanted.accessModes ?? []).some((mode) => spec.accessModes?.includes(mode) !== true);
  return missing ? 'incompatible accessMode' : undefined;
};

const bySize = (a: PersistentVolume, b: PersistentVolume): number => compareQuantity(sizeOf(a), sizeOf(b));

/** Volumes that offer few access modes go first. */
const byModes = (a: PersistentVolume, b: PersistentVolume): number =>
  (a.spec.accessModes?.length ?? 0) - (b.spec.accessModes?.length ?? 0);

/**
 * The volume a claim should get: one that is reserved for it, else the smallest free one that suits it and that
 * `accepts` allows (component-helpers FindMatchingVolume). The binder, unlike the scheduler (`tight`), takes volumes with
 * as few access modes as will do, however large.
 */
export const findVolume = (
  volumes: readonly PersistentVolume[],
  claim: PersistentVolumeClaim,
  accepts: (volume: PersistentVolume) => boolean = () => true,
  tight = false,
): PersistentVolume | undefined => {
  const usable = volumes.filter(
    (volume) => volume.metadata.deletionTimestamp === undefined && accepts(volume),
  );
  const reserved = usable.filter((volume) => isReservedFor(volume, claim) && holds(volume, claim));
  const free = usable.filter(
    (volume) =>
      volume.spec.claimRef === undefined && volume.status?.phase === 'Available' && suits(volume, claim),
  );
  const order = (a: PersistentVolume, b: PersistentVolume): number =>
    (tight ? byModes(a, b) : 0) || bySize(a, b);
  return reserved.sort(byModes)[0] ?? free.sort(order)[0];
};
