/** Identity and storage of the pods of a StatefulSet (pkg/controller/statefulset/stateful_set_utils.go, 1.36). */

import type { PersistentVolumeClaim, Pod, PodTemplateSpec, StatefulSet } from '../kinds/generated/types.ts';
import { deepEqual } from '../machinery/deep.ts';
import type { OwnerReference } from '../machinery/object.ts';
import { hasReason, StatusError } from '../machinery/status.ts';
import { controllerRef, podFromTemplate } from './common/pods.ts';
import { POD_REVISION_LABEL } from './common/revisions.ts';
import type { Context } from './contract.ts';

const POD_NAME_LABEL = 'statefulset.kubernetes.io/pod-name';
const POD_INDEX_LABEL = 'apps.kubernetes.io/pod-index';

/** The ordinal in a pod's name; -1 when the name is not of the set. */
export const ordinalOf = (set: StatefulSet, pod: Pod): number => {
  const match = /^(.*)-([0-9]+)$/.exec(pod.metadata.name ?? '');
  return match !== null && match[1] === set.metadata.name ? Number(match[2]) : -1;
};

/** First and last ordinal the set should have; last is first - 1 when it should have none. */
export const ordinals = (set: StatefulSet): { readonly first: number; readonly last: number } => {
  const first = set.spec?.ordinals?.start ?? 0;
  return { first, last: first + (set.spec?.replicas ?? 1) - 1 };
};

const claimNames = (set: StatefulSet, ordinal: number): ReadonlyMap<string, string> =>
  new Map(
    (set.spec?.volumeClaimTemplates ?? []).map((template) => {
      const name = template.metadata.name ?? '';
      return [name, `${name}-${set.metadata.name ?? ''}-${ordinal}`];
    }),
  );

const volumesFor = (set: StatefulSet, pod: Pod, ordinal: number): NonNullable<Pod['spec']>['volumes'] => {
  const claims = claimNames(set, ordinal);
  const own = (pod.spec?.volumes ?? []).filter((volume) => !claims.has(volume.name));
  const claimed = [...claims].map(([name, claimName]) => ({ name, persistentVolumeClaim: { claimName } }));
  return [...claimed, ...own];
};

const identityLabels = (name: string, ordinal: number): Readonly<Record<string, string>> => ({
  [POD_NAME_LABEL]: name,
  [POD_INDEX_LABEL]: String(ordinal),
});

/** The pod of an ordinal, from the template of a revision. */
export const makePod = (
  set: StatefulSet,
  template: PodTemplateSpec | undefined,
  revision: string,
  ordinal: number,
): Pod => {
  const base = podFromTemplate(template, set);
  const name = `${set.metadata.name ?? ''}-${ordinal}`;
  const volumes = volumesFor(set, base, ordinal);
  return {
    ...base,
    metadata: {
      ...base.metadata,
      name,
      labels: { ...base.metadata.labels, ...identityLabels(name, ordinal), [POD_REVISION_LABEL]: revision },
    },
    spec: {
      ...base.spec,
      hostname: name,
      subdomain: set.spec?.serviceName ?? '',
      ...(volumes === undefined || volumes.length === 0 ? {} : { volumes }),
    } as Pod['spec'] & object,
  };
};

/** True when labels and volumes of the pod are what the set gives its ordinal. */
export const matchesIdentity = (set: StatefulSet, pod: Pod): boolean => {
  const ordinal = ordinalOf(set, pod);
  const labels = identityLabels(pod.metadata.name ?? '', ordinal);
  const labelled = Object.entries(labels).every(([key, value]) => pod.metadata.labels?.[key] === value);
  return labelled;
};

const storedVolumesMatch = (set: StatefulSet, pod: Pod): boolean =>
  [...claimNames(set, ordinalOf(set, pod))].every(([name, claimName]) =>
    pod.spec?.volumes?.some(
      (volume) => volume.name === name && volume.persistentVolumeClaim?.claimName === claimName,
    ),
  );

const note = (
  context: Context,
  set: StatefulSet,
  pod: string,
  verb: 'Create' | 'Delete',
  error?: StatusError,
): void => {
  const subject = `${verb} Pod ${pod} in StatefulSet ${set.metadata.name ?? ''}`;
  context.client.event(
    set,
    error === undefined
      ? { type: 'Normal', reason: `Successful${verb}`, message: `${subject} successful` }
      : { type: 'Warning', reason: `Failed${verb}`, message: `${subject} failed error: ${error.message}` },
  );
};

const PVCS = 'persistentvolumeclaims';

/** Creates the claims of a pod that do not exist yet. Throws what creating throws, after an Event. */
export const createClaims = (context: Context, set: StatefulSet, pod: Pod): void => {
  const { lookup, client } = context;
  const namespace = set.metadata.namespace ?? '';
  const names = claimNames(set, ordinalOf(set, pod));
  for (const template of set.spec?.volumeClaimTemplates ?? []) {
    const name = names.get(template.metadata.name ?? '') ?? '';
    if (lookup.get(PVCS, namespace, name) !== undefined) continue;
    const { annotations } = template.metadata;
    const claim = {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: {
        name,
        namespace,
        labels: { ...template.metadata.labels, ...set.spec?.selector?.matchLabels },
        ...(annotations === undefined ? {} : { annotations }),
      },
      spec: template.spec,
    } as PersistentVolumeClaim;
    const subject = `Create Claim ${name} Pod ${pod.metadata.name ?? ''} in StatefulSet ${set.metadata.name ?? ''}`;
    try {
      client.create(PVCS, claim);
      client.event(set, { type: 'Normal', reason: 'SuccessfulCreate', message: `${subject} success` });
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      client.event(set, {
        type: 'Warning',
        reason: 'FailedCreate',
        message: `${subject} failed error: ${error.message}`,
      });
      throw error;
    }
  }
};

const claimsOf = ({ lookup }: Context, set: StatefulSet, pod: Pod): readonly PersistentVolumeClaim[] =>
  [...claimNames(set, ordinalOf(set, pod)).values()].flatMap((name) => {
    const claim = lookup.get(PVCS, set.metadata.namespace ?? '', name);
    return claim === undefined ? [] : [claim];
  });

/** Who should own a claim under the retention policy. */
const claimOwner = (set: StatefulSet, pod: Pod): OwnerReference | undefined => {
  const { whenDeleted = 'Retain', whenScaled = 'Retain' } =
    set.spec?.persistentVolumeClaimRetentionPolicy ?? {};
  const { first, last } = ordinals(set);
  const ordinal = ordinalOf(set, pod);
  const condemned = ordinal < first || ordinal > last;
  if (condemned && whenScaled === 'Delete')
    return pod.metadata.uid === undefined ? undefined : controllerRef(pod);
  return whenDeleted === 'Delete' ? controllerRef(set) : undefined;
};

/** Gives the pod's claims the owner that the retention policy wants; foreign controllers are respected. */
export const syncClaimOwners = (context: Context, set: StatefulSet, pod: Pod): void => {
  const owner = claimOwner(set, pod);
  for (const claim of claimsOf(context, set, pod)) {
    const refs = claim.metadata.ownerReferences ?? [];
    const isOurs = (ref: OwnerReference): boolean =>
      ref.uid === set.metadata.uid || (ref.kind === 'Pod' && ref.name === pod.metadata.name);
    if (refs.some((ref) => ref.controller === true && !isOurs(ref))) continue;
    const wanted = [...refs.filter((ref) => !isOurs(ref)), ...(owner === undefined ? [] : [owner])];
    if (deepEqual(refs, wanted)) continue;
    const { namespace = '', name = '' } = claim.metadata;
    context.client.update(PVCS, namespace, name, (current) => {
      const { ownerReferences: _, ...metadata } = current.metadata;
      return {
        ...current,
        metadata: wanted.length === 0 ? metadata : { ...metadata, ownerReferences: wanted },
      };
    });
  }
};

/** A claim that still belongs to an earlier pod of this name, and is going, must be gone first. */
export const hasStaleClaim = (context: Context, set: StatefulSet, pod: Pod): boolean => {
  const { whenScaled } = set.spec?.persistentVolumeClaimRetentionPolicy ?? {};
  if (whenScaled !== 'Delete') return false;
  return claimsOf(context, set, pod).some((claim) =>
    (claim.metadata.ownerReferences ?? []).some(
      (ref) => ref.kind === 'Pod' && ref.name === pod.metadata.name && ref.uid !== pod.metadata.uid,
    ),
  );
};

/** Makes the claims, then the pod; the failure, if any, has its Event. */
export const createStatefulPod = (context: Context, set: StatefulSet, pod: Pod): StatusError | undefined => {
  try {
    createClaims(context, set, pod);
  } catch (error) {
    if (error instanceof StatusError) return error;
    throw error;
  }
  const name = pod.metadata.name ?? '';
  try {
    const made = context.client.create('pods', pod);
    note(context, set, name, 'Create');
    syncClaimOwners(context, set, made);
    return undefined;
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    if (!hasReason(error, 'AlreadyExists')) note(context, set, name, 'Create', error);
    return error;
  }
};

/** Deletes a pod with its Event. */
export const deleteStatefulPod = (context: Context, set: StatefulSet, pod: Pod): void => {
  const { namespace = '', name = '', uid } = pod.metadata;
  if (context.client.delete('pods', namespace, name, uid === undefined ? {} : { uid })) {
    note(context, set, name, 'Delete');
  }
};

/** Repairs labels and claims of an existing pod. */
export const repairPod = (context: Context, set: StatefulSet, pod: Pod): void => {
  if (!storedVolumesMatch(set, pod)) createClaims(context, set, pod);
  syncClaimOwners(context, set, pod);
  if (matchesIdentity(set, pod)) return;
  const { namespace = '', name = '' } = pod.metadata;
  context.client.update('pods', namespace, name, (current) => ({
    ...current,
    metadata: {
      ...current.metadata,
      labels: { ...current.metadata.labels, ...identityLabels(name, ordinalOf(set, pod)) },
    },
  }));
};
