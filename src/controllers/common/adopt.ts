/** Which objects belong to a controller: by controller reference, with adoption and release by selector. */

import type { KubeObject, OwnerReference } from '../../machinery/object.ts';
import { controllerOf } from '../../machinery/object.ts';
import type { Matcher } from './labels.ts';
import { controllerRef } from './pods.ts';

/** What to do with a candidate (upstream's ControllerRefManager.ClaimObject). */
export interface Claim<Type extends KubeObject> {
  readonly claimed: readonly Type[];
  readonly adopt: readonly Type[];
  readonly release: readonly Type[];
}

/**
 * Sorts candidates: owned and matching are claimed, owned and not matching are released, orphans that match
 * are adopted. A controller that is being deleted neither adopts nor releases; objects being deleted are not
 * adopted.
 */
export const sortClaims = <Type extends KubeObject>(
  owner: KubeObject,
  matches: Matcher,
  candidates: readonly Type[],
): Claim<Type> => {
  const deleting = owner.metadata.deletionTimestamp !== undefined;
  const claimed: Type[] = [];
  const adopt: Type[] = [];
  const release: Type[] = [];
  for (const candidate of candidates) {
    const controller = controllerOf(candidate);
    if (controller !== undefined) {
      if (controller.uid !== owner.metadata.uid) continue;
      if (matches(candidate.metadata.labels)) claimed.push(candidate);
      else if (!deleting) release.push(candidate);
    } else if (
      !deleting &&
      candidate.metadata.deletionTimestamp === undefined &&
      matches(candidate.metadata.labels)
    ) {
      adopt.push(candidate);
    }
  }
  return { claimed, adopt, release };
};

/** The object with the controller's reference added. */
export const adopted = <Type extends KubeObject>(object: Type, owner: KubeObject): Type => ({
  ...object,
  metadata: {
    ...object.metadata,
    ownerReferences: [...(object.metadata.ownerReferences ?? []), controllerRef(owner)],
  },
});

/** The object without the reference to this owner. */
export const released = <Type extends KubeObject>(object: Type, ownerUid: string): Type => {
  const rest = (object.metadata.ownerReferences ?? []).filter((owner) => owner.uid !== ownerUid);
  const { ownerReferences: _, ...metadata } = object.metadata;
  return { ...object, metadata: { ...metadata, ...(rest.length === 0 ? {} : { ownerReferences: rest }) } };
};

/** True when the reference is to an object of this kind in this group, at any version. */
export const refersTo = (owner: OwnerReference | undefined, group: string, kind: string): boolean => {
  if (owner === undefined || owner.kind !== kind) return false;
  const slash = owner.apiVersion.indexOf('/');
  return (slash < 0 ? '' : owner.apiVersion.slice(0, slash)) === group;
};
