/** Claims of the pods of a StatefulSet: making them, and who owns them (stateful_set_utils.go, release 1.36). */

import type { PersistentVolumeClaim, Pod, StatefulSet } from '../kinds/generated/types.ts';
import type { KubeObject, OwnerReference } from '../machinery/object.ts';
import { hasReason, StatusError } from '../machinery/status.ts';
import { controllerRef } from './common/pods.ts';
import type { Context } from './contract.ts';
import { isWanted, ordinalOf } from './statefulset-ordinals.ts';

const PVCS = 'persistentvolumeclaims';

/** Names of an ordinal's claims by the names of their templates. */
export const claimNames = (set: StatefulSet, ordinal: number): ReadonlyMap<string, string> =>
  new Map(
    (set.spec?.volumeClaimTemplates ?? []).map((template) => {
      const name = template.metadata.name ?? '';
      return [name, `${name}-${set.metadata.name ?? ''}-${ordinal}`];
    }),
  );

const makeClaim = (
  set: StatefulSet,
  template: PersistentVolumeClaim,
  name: string,
): PersistentVolumeClaim => {
  const { labels, annotations } = template.metadata;
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: {
      name,
      namespace: set.metadata.namespace ?? '',
      labels: { ...labels, ...set.spec?.selector?.matchLabels },
      ...(annotations === undefined ? {} : { annotations }),
    },
    spec: template.spec,
  } as PersistentVolumeClaim;
};

/** Why one claim cannot be had, if so. */
const createClaim = (
  { lookup, client }: Context,
  set: StatefulSet,
  pod: Pod,
  claim: PersistentVolumeClaim,
): string | undefined => {
  const { name = '', namespace = '' } = claim.metadata;
  const existing = lookup.get(PVCS, namespace, name);
  if (existing !== undefined)
    return existing.metadata.deletionTimestamp === undefined ? undefined : `pvc ${name} is being deleted`;
  const subject = `Create Claim ${name} Pod ${pod.metadata.name ?? ''} in StatefulSet ${set.metadata.name ?? ''}`;
  try {
    client.create(PVCS, claim);
    client.event(set, { type: 'Normal', reason: 'SuccessfulCreate', message: `${subject} success` });
    return undefined;
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    const message = `${subject} failed error: ${error.message}`;
    if (!hasReason(error, 'AlreadyExists'))
      client.event(set, { type: 'Warning', reason: 'FailedCreate', message });
    return `failed to create PVC ${name}: ${error.message}`;
  }
};

/** Creates the claims of a pod that do not exist yet, each with its Event. What is wrong with them, if anything. */
export const createClaims = (context: Context, set: StatefulSet, pod: Pod): string | undefined => {
  const names = claimNames(set, ordinalOf(set, pod));
  const problems = (set.spec?.volumeClaimTemplates ?? []).flatMap((template) => {
    const claim = makeClaim(set, template, names.get(template.metadata.name ?? '') ?? '');
    return createClaim(context, set, pod, claim) ?? [];
  });
  const distinct = [...new Set(problems)];
  return distinct.length > 1 ? `[${distinct.join(', ')}]` : distinct[0];
};

const claimsOf = ({ lookup }: Context, set: StatefulSet, pod: Pod): readonly PersistentVolumeClaim[] =>
  [...claimNames(set, ordinalOf(set, pod)).values()].flatMap((name) => {
    const claim = lookup.get(PVCS, set.metadata.namespace ?? '', name);
    return claim === undefined ? [] : [claim];
  });

const names = (ref: OwnerReference, object: KubeObject): boolean =>
  ref.apiVersion === object.apiVersion && ref.kind === object.kind && ref.name === object.metadata.name;

const isStale = (refs: readonly OwnerReference[], object: KubeObject): boolean => {
  const ref = refs.find((it) => names(it, object));
  return ref !== undefined && ref.uid !== object.metadata.uid;
};

const policyOf = (set: StatefulSet) => {
  const { whenDeleted = 'Retain', whenScaled = 'Retain' } =
    set.spec?.persistentVolumeClaimRetentionPolicy ?? {};
  return { whenDeleted, whenScaled };
};

/** Somebody else manages the claim; with a policy that deletes nothing that does not matter. */
const hasOtherController = (refs: readonly OwnerReference[], set: StatefulSet, pod: Pod): boolean => {
  const { whenDeleted, whenScaled } = policyOf(set);
  if (whenDeleted === 'Retain' && whenScaled === 'Retain') return false;
  return refs.some((ref) => ref.controller === true && !names(ref, set) && !names(ref, pod));
};

/** The owner that the retention policy wants a claim to have. */
const wantedOwner = (set: StatefulSet, pod: Pod): KubeObject | undefined => {
  const { whenDeleted, whenScaled } = policyOf(set);
  if (whenScaled === 'Delete' && !isWanted(set, pod)) return pod;
  return whenDeleted === 'Delete' ? set : undefined;
};

/** The owners a claim should have; `undefined` when it has them, or is better left alone. */
const newOwners = (
  claim: PersistentVolumeClaim,
  set: StatefulSet,
  pod: Pod,
): readonly OwnerReference[] | undefined => {
  const refs = claim.metadata.ownerReferences ?? [];
  // What belongs to an earlier set or pod of the name is for the garbage collector.
  if (isStale(refs, set) || isStale(refs, pod)) return undefined;
  const others = refs.filter((ref) => !names(ref, set) && !names(ref, pod));
  if (hasOtherController(refs, set, pod)) return others.length === refs.length ? undefined : others;
  const owner = wantedOwner(set, pod);
  const ours = refs.filter((ref) => names(ref, set) || names(ref, pod));
  const isRight =
    ours.length === (owner === undefined ? 0 : 1) &&
    ours.every((ref) => ref.uid === owner?.metadata.uid && ref.controller === true);
  if (isRight) return undefined;
  return owner === undefined ? others : [...others, controllerRef(owner)];
};

/** Gives the pod's claims the owner that the retention policy wants. True when one had another. */
export const syncClaimOwners = (context: Context, set: StatefulSet, pod: Pod): boolean => {
  let hasChanged = false;
  for (const claim of claimsOf(context, set, pod)) {
    const owners = newOwners(claim, set, pod);
    if (owners === undefined) continue;
    hasChanged = true;
    const { namespace = '', name = '' } = claim.metadata;
    context.client.update(PVCS, namespace, name, (current) => {
      const { ownerReferences: _, ...metadata } = current.metadata;
      return {
        ...current,
        metadata: owners.length === 0 ? metadata : { ...metadata, ownerReferences: owners },
      };
    });
  }
  return hasChanged;
};

/** A claim that still belongs to an earlier pod of this name, and is going, must be gone first. */
export const hasStaleClaim = (context: Context, set: StatefulSet, pod: Pod): boolean =>
  policyOf(set).whenScaled === 'Delete' &&
  claimsOf(context, set, pod).some((claim) => isStale(claim.metadata.ownerReferences ?? [], pod));
