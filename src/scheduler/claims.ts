import type { Lookup } from '../kinds/define.ts';
import type {
  Node,
  PersistentVolume,
  PersistentVolumeClaim,
  Pod,
  StorageClass,
} from '../kinds/generated/types.ts';
import { compareQuantity, quantityOf } from '../machinery/quantity.ts';
import { matchesSelector } from '../machinery/selector.ts';
import { matchesNodeSelector } from './node-terms.ts';

/** Annotation by which the scheduler tells the provisioner where a pod will run. */
export const SELECTED_NODE = 'volume.kubernetes.io/selected-node';
const BIND_COMPLETED = 'pv.kubernetes.io/bind-completed';
const NO_PROVISIONER = 'kubernetes.io/no-provisioner';

/** A pod's claims, sorted by what the scheduler has to do about them. */
export interface PodClaims {
  readonly bound: readonly PersistentVolumeClaim[];
  /** Unbound claims whose class waits for the first consumer. */
  readonly waiting: readonly PersistentVolumeClaim[];
}

/** Why a pod with these claims cannot be placed at all. */
export type ClaimsVerdict = { readonly problem: string } | PodClaims;

interface ClaimName {
  readonly name: string;
  readonly isEphemeral: boolean;
}

const claimNames = (pod: Pod): readonly ClaimName[] =>
  (pod.spec?.volumes ?? []).flatMap((volume): readonly ClaimName[] => {
    if (volume.persistentVolumeClaim !== undefined) {
      return [{ name: volume.persistentVolumeClaim.claimName, isEphemeral: false }];
    }
    return volume.ephemeral === undefined
      ? []
      : [{ name: `${pod.metadata.name}-${volume.name}`, isEphemeral: true }];
  });

const isFullyBound = (claim: PersistentVolumeClaim): boolean =>
  Boolean(claim.spec?.volumeName) && claim.metadata.annotations?.[BIND_COMPLETED] !== undefined;

/** The storage class a claim names; `undefined` when it names none or one that is gone. */
export const classOf = (lookup: Lookup, claim: PersistentVolumeClaim): StorageClass | undefined => {
  const name =
    claim.metadata.annotations?.['volume.beta.kubernetes.io/storage-class'] ?? claim.spec?.storageClassName;
  return name ? lookup.get('storageclasses.storage.k8s.io', '', name) : undefined;
};

const problemOf = (pod: Pod, { name, isEphemeral }: ClaimName, claim: PersistentVolumeClaim | undefined) => {
  if (claim === undefined) {
    return isEphemeral
      ? `waiting for ephemeral volume controller to create the persistentvolumeclaim ${JSON.stringify(name)}`
      : `persistentvolumeclaim ${JSON.stringify(name)} not found`;
  }
  if (isEphemeral) {
    const isOwned = claim.metadata.ownerReferences?.some((owner) => owner.uid === pod.metadata.uid) === true;
    const where = pod.metadata.namespace;
    if (!isOwned) {
      return `PVC ${where}/${name} was not created for pod ${where}/${pod.metadata.name} (pod is not owner)`;
    }
  }
  if (claim.status?.phase === 'Lost') {
    return `persistentvolumeclaim ${JSON.stringify(name)} bound to non-existent persistentvolume ${JSON.stringify(claim.spec?.volumeName)}`;
  }
  if (claim.metadata.deletionTimestamp !== undefined) {
    return `persistentvolumeclaim ${JSON.stringify(name)} is being deleted`;
  }
  return undefined;
};

/** Sorts a pod's claims, or names the first thing that makes every node unfit. */
export const claimsOf = (lookup: Lookup, pod: Pod): ClaimsVerdict => {
  const bound: PersistentVolumeClaim[] = [];
  const waiting: PersistentVolumeClaim[] = [];
  let hasImmediate = false;
  for (const name of claimNames(pod)) {
    const claim = lookup.get('persistentvolumeclaims', pod.metadata.namespace ?? '', name.name);
    const problem = problemOf(pod, name, claim);
    if (problem !== undefined) return { problem };
    if (claim === undefined) continue;
    if (isFullyBound(claim)) bound.push(claim);
    else if (claim.spec?.volumeName) hasImmediate = true;
    else if (classOf(lookup, claim)?.volumeBindingMode === 'WaitForFirstConsumer') waiting.push(claim);
    else hasImmediate = true;
  }
  return hasImmediate ? { problem: 'pod has unbound immediate PersistentVolumeClaims' } : { bound, waiting };
};

/** Whether a volume can be used on a node. */
export const reaches = (volume: PersistentVolume, node: Node): boolean => {
  const required = volume.spec?.nodeAffinity?.required;
  return required === undefined || matchesNodeSelector(node, required);
};

const satisfies = (volume: PersistentVolume, claim: PersistentVolumeClaim): boolean => {
  const spec = volume.spec;
  const wanted = claim.spec;
  if (spec === undefined || wanted === undefined) return false;
  if ((spec.storageClassName ?? '') !== (wanted.storageClassName ?? '')) return false;
  if ((spec.volumeMode ?? 'Filesystem') !== (wanted.volumeMode ?? 'Filesystem')) return false;
  if (!(wanted.accessModes ?? []).every((mode) => spec.accessModes?.includes(mode) === true)) return false;
  if (wanted.selector !== undefined && !matchesSelector(wanted.selector, volume.metadata.labels))
    return false;
  const size = quantityOf(spec.capacity?.['storage']);
  return compareQuantity(size, quantityOf(wanted.resources?.requests?.['storage'])) >= 0;
};

const isClaimedBy = (volume: PersistentVolume, claim: PersistentVolumeClaim): boolean => {
  const reference = volume.spec?.claimRef;
  return (
    reference?.namespace === claim.metadata.namespace &&
    reference?.name === claim.metadata.name &&
    (!reference?.uid || reference.uid === claim.metadata.uid)
  );
};

/** The smallest free volume on a node for a claim, leaving out those already `taken`. */
export const findVolume = (
  lookup: Lookup,
  claim: PersistentVolumeClaim,
  node: Node,
  taken: ReadonlySet<string>,
): PersistentVolume | undefined =>
  lookup
    .list('persistentvolumes')
    .filter(
      (volume) =>
        !taken.has(volume.metadata.name ?? '') &&
        volume.metadata.deletionTimestamp === undefined &&
        (volume.spec?.claimRef === undefined
          ? volume.status?.phase !== 'Released'
          : isClaimedBy(volume, claim)) &&
        satisfies(volume, claim) &&
        reaches(volume, node),
    )
    .sort((a, b) =>
      compareQuantity(quantityOf(a.spec?.capacity?.['storage']), quantityOf(b.spec?.capacity?.['storage'])),
    )[0];

/** Whether the claim's class can make a volume for a node. */
export const canProvision = (lookup: Lookup, claim: PersistentVolumeClaim, node: Node): boolean => {
  const storage = classOf(lookup, claim);
  if (storage === undefined || storage.provisioner === NO_PROVISIONER) return false;
  const allowed = storage.allowedTopologies ?? [];
  if (allowed.length === 0) return true;
  return allowed.some((term) =>
    (term.matchLabelExpressions ?? []).every(({ key, values }) =>
      values.includes(node.metadata.labels?.[key] ?? ''),
    ),
  );
};
