import { termSelects } from '../controllers/common/node-affinity.ts';
import { BIND_COMPLETED, classOf, findVolume, NO_PROVISIONER } from '../controllers/common/volumes.ts';
import type { Lookup } from '../kinds/define.ts';
import type { Node, PersistentVolume, PersistentVolumeClaim, Pod } from '../kinds/generated/types.ts';

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

/** The claims a pod names, those made for its ephemeral volumes included. */
export const claimNames = (pod: Pod): readonly ClaimName[] =>
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
  return required === undefined || required.nodeSelectorTerms.some((term) => termSelects(term, node));
};

/** The smallest free volume on a node for a claim, leaving out those already `taken`. */
export const findVolumeOn = (
  lookup: Lookup,
  claim: PersistentVolumeClaim,
  node: Node,
  taken: ReadonlySet<string>,
): PersistentVolume | undefined =>
  findVolume(
    lookup.list('persistentvolumes'),
    claim,
    (volume) => !taken.has(volume.metadata.name ?? '') && reaches(volume, node),
  );

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
