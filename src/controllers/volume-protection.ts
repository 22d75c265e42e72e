import type { Pod } from '../kinds/generated/types.ts';
import { isFinished } from './common/pods.ts';
import { type Context, type Controller, keyOf, type Outcome, splitKey, watch } from './contract.ts';

const CLAIM_FINALIZER = 'kubernetes.io/pvc-protection';
const VOLUME_FINALIZER = 'kubernetes.io/pv-protection';

/** Names of the claims a pod mounts, generic ephemeral ones included. */
const claimsOf = (pod: Pod): readonly string[] =>
  (pod.spec.volumes ?? []).flatMap((volume) => {
    if (volume.persistentVolumeClaim !== undefined) return [volume.persistentVolumeClaim.claimName];
    return volume.ephemeral === undefined ? [] : [`${pod.metadata.name}-${volume.name}`];
  });

const isUsed = (context: Context, namespace: string, claim: string): boolean =>
  context.lookup
    .list('pods', namespace)
    .some((pod) => !isFinished(pod) && pod.spec.nodeName && claimsOf(pod).includes(claim));

type Finalizers = { readonly metadata: { readonly finalizers?: readonly string[] } };

const has = (object: Finalizers, finalizer: string): boolean =>
  object.metadata.finalizers?.includes(finalizer) === true;

const without = <Type extends Finalizers>(object: Type, finalizer: string): Type => ({
  ...object,
  metadata: {
    ...object.metadata,
    finalizers: (object.metadata.finalizers ?? []).filter((item) => item !== finalizer),
  },
});

const withFinalizer = <Type extends Finalizers>(object: Type, finalizer: string): Type => ({
  ...object,
  metadata: { ...object.metadata, finalizers: [...(object.metadata.finalizers ?? []), finalizer] },
});

/** Keeps a claim that is being deleted until no running pod uses it (pkg/controller/volume/pvcprotection). */
export const claimProtection: Controller = {
  name: 'persistentvolumeclaim-protection-controller',
  watches: [
    watch('persistentvolumeclaims', ({ op, object }) => {
      if (op === 'delete') return [];
      const isLeaving = object.metadata.deletionTimestamp !== undefined;
      return isLeaving === has(object, CLAIM_FINALIZER) ? [keyOf(object)] : [];
    }),
    watch('pods', ({ op, object, previous }) => {
      const isDone =
        op === 'delete' || (isFinished(object) && (previous === undefined || !isFinished(previous)));
      return isDone ? claimsOf(object).map((claim) => `${object.metadata.namespace}/${claim}`) : [];
    }),
  ],
  reconcile: (context, key): Outcome => {
    const { namespace, name } = splitKey(key);
    const claim = context.lookup.get('persistentvolumeclaims', namespace, name);
    if (claim === undefined) return undefined;
    const isLeaving = claim.metadata.deletionTimestamp !== undefined;
    if (isLeaving && has(claim, CLAIM_FINALIZER) && !isUsed(context, namespace, name)) {
      context.client.update('persistentvolumeclaims', namespace, name, (it) => without(it, CLAIM_FINALIZER));
    } else if (!isLeaving && !has(claim, CLAIM_FINALIZER)) {
      context.client.update('persistentvolumeclaims', namespace, name, (it) =>
        withFinalizer(it, CLAIM_FINALIZER),
      );
    }
    return undefined;
  },
};

/** Keeps a volume that is being deleted while it is bound (pkg/controller/volume/pvprotection). */
export const volumeProtection: Controller = {
  name: 'persistentvolume-protection-controller',
  watches: [
    watch('persistentvolumes', ({ op, object }) => {
      if (op === 'delete') return [];
      const isLeaving = object.metadata.deletionTimestamp !== undefined;
      return isLeaving === has(object, VOLUME_FINALIZER) ? [keyOf(object)] : [];
    }),
  ],
  reconcile: (context, key): Outcome => {
    const { name } = splitKey(key);
    const volume = context.lookup.get('persistentvolumes', '', name);
    if (volume === undefined) return undefined;
    const isLeaving = volume.metadata.deletionTimestamp !== undefined;
    if (isLeaving && has(volume, VOLUME_FINALIZER) && volume.status?.phase !== 'Bound') {
      context.client.update('persistentvolumes', '', name, (it) => without(it, VOLUME_FINALIZER));
    } else if (!isLeaving && !has(volume, VOLUME_FINALIZER)) {
      context.client.update('persistentvolumes', '', name, (it) => withFinalizer(it, VOLUME_FINALIZER));
    }
    return undefined;
  },
};
