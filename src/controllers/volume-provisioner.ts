import type { PersistentVolume, PersistentVolumeClaim, Pod } from '../kinds/generated/types.ts';
import { isFinished } from './common/pods.ts';
import { CSI_FINALIZER, shapingOf, type VolumeShape } from './common/provisioners.ts';
import { classOf, STORAGE_PROVISIONER } from './common/volumes.ts';
import {
  type Context,
  type Controller,
  keyOf,
  type Latency,
  type Outcome,
  splitKey,
  watch,
} from './contract.ts';
import { forgetExpanding, isGrowing, resize } from './volume-resizer.ts';

const CLAIMS = 'persistentvolumeclaims';
const VOLUMES = 'persistentvolumes';
const PROVISIONED_BY = 'pv.kubernetes.io/provisioned-by';

/** How long the storage behind takes to make or delete a volume, in milliseconds. */
const WORK_MS: Readonly<Record<Latency, number>> = { instant: 0, fast: 250, realistic: 2500 };

type Claim = PersistentVolumeClaim;
type Volume = PersistentVolume;

const note = (
  context: Context,
  claim: Claim,
  provisioner: string,
  type: 'Normal' | 'Warning',
  reason: string,
  message: string,
): void => context.client.event(claim, { type, reason, message, component: provisioner });

/** The provisioner that a claim was handed to, while the claim has no volume. */
const askedOf = (claim: Claim): string | undefined =>
  claim.spec.volumeName || claim.metadata.deletionTimestamp !== undefined
    ? undefined
    : claim.metadata.annotations?.[STORAGE_PROVISIONER];

const volumeOf = (claim: Claim, provisioner: string, name: string, shape: VolumeShape): Volume =>
  ({
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: {
      name,
      annotations: { [PROVISIONED_BY]: provisioner, ...shape.annotations },
      ...(shape.finalizers === undefined ? {} : { finalizers: shape.finalizers }),
    },
    spec: {
      capacity: { storage: claim.spec.resources?.requests?.['storage'] ?? '0' },
      ...shape.source,
      accessModes: claim.spec.accessModes,
      claimRef: {
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        namespace: claim.metadata.namespace,
        name: claim.metadata.name,
        uid: claim.metadata.uid,
        resourceVersion: claim.metadata.resourceVersion,
      },
      storageClassName: claim.spec.storageClassName,
      volumeMode: claim.spec.volumeMode,
      ...(shape.node === undefined
        ? {}
        : {
            nodeAffinity: {
              required: {
                nodeSelectorTerms: [
                  {
                    matchExpressions: [
                      { key: 'kubernetes.io/hostname', operator: 'In', values: [shape.node] },
                    ],
                  },
                ],
              },
            },
          }),
    },
  }) as unknown as Volume;

/** Makes the volume of a claim; a failure is told and tried again with back-off. */
const provision = (context: Context, claim: Claim, provisioner: string): Outcome => {
  const storage = classOf(context.lookup, claim);
  const shaping = shapingOf(context.lookup, provisioner);
  if (storage === undefined || shaping === undefined) return undefined;
  const name = `pvc-${claim.metadata.uid}`;
  if (context.lookup.get(VOLUMES, '', name) !== undefined) return undefined;
  const shape =
    claim.spec.selector === undefined ? shaping({ claim, storage, name }) : 'claim Selector is not supported';
  if (typeof shape === 'string') {
    const message = `failed to provision volume with StorageClass "${storage.metadata.name}": ${shape}`;
    note(context, claim, provisioner, 'Warning', 'ProvisioningFailed', message);
    return { at: context.now, retry: true };
  }
  const volume = volumeOf(claim, provisioner, name, shape);
  context.client.create(VOLUMES, {
    ...volume,
    spec: {
      ...volume.spec,
      persistentVolumeReclaimPolicy: storage.reclaimPolicy ?? 'Delete',
      ...(storage.mountOptions === undefined ? {} : { mountOptions: storage.mountOptions }),
    },
  });
  note(
    context,
    claim,
    provisioner,
    'Normal',
    'ProvisioningSucceeded',
    `Successfully provisioned volume ${name}`,
  );
  return undefined;
};

/** Runs `work` once its time has passed since the first call for the key; until then says when. */
const afterWork = (context: Context, key: string, begin: () => void, work: () => Outcome): Outcome => {
  const due = context.notes.get(key);
  if (due === undefined) {
    begin();
    const at = context.now + WORK_MS[context.latency];
    if (at > context.now) {
      context.notes.set(key, String(at));
      return { at };
    }
  } else if (Number(due) > context.now) return { at: Number(due) };
  const outcome = work();
  // A failed attempt is repeated without announcing it again.
  context.notes.set(key, outcome === undefined ? undefined : String(context.now));
  return outcome;
};

const syncClaim = (context: Context, key: string, claim: Claim | undefined): Outcome => {
  if (claim === undefined) {
    context.notes.set(key, undefined);
    return undefined;
  }
  const provisioner = askedOf(claim);
  if (provisioner === undefined) return resize(context, claim, WORK_MS[context.latency]);
  if (shapingOf(context.lookup, provisioner) === undefined) return undefined;
  const text = `External provisioner is provisioning volume for claim "${keyOf(claim)}"`;
  return afterWork(
    context,
    key,
    () => note(context, claim, provisioner, 'Normal', 'Provisioning', text),
    () => provision(context, claim, provisioner),
  );
};

const isMine = (context: Context, volume: Volume): boolean => {
  const provisioner = volume.metadata.annotations?.[PROVISIONED_BY];
  return provisioner !== undefined && shapingOf(context.lookup, provisioner) !== undefined;
};

/** Deletes released volumes whose policy says so, and lets go of volumes that are being deleted. */
const syncVolume = (context: Context, key: string, volume: Volume | undefined): Outcome => {
  if (volume === undefined || !isMine(context, volume)) {
    context.notes.set(key, undefined);
    return undefined;
  }
  const isLeaving = volume.metadata.deletionTimestamp !== undefined;
  const isReleased =
    volume.status?.phase === 'Released' && volume.spec.persistentVolumeReclaimPolicy === 'Delete';
  if (volume.status?.phase === 'Bound' || !(isLeaving || isReleased)) return undefined;
  const name = volume.metadata.name ?? '';
  return afterWork(
    context,
    key,
    () => undefined,
    () => {
      if (!isLeaving) context.client.delete(VOLUMES, '', name);
      context.client.update(VOLUMES, '', name, (current) => {
        const finalizers = current.metadata.finalizers ?? [];
        if (!finalizers.includes(CSI_FINALIZER)) return current;
        const left = finalizers.filter((item) => item !== CSI_FINALIZER);
        return { ...current, metadata: { ...current.metadata, finalizers: left } };
      });
      return undefined;
    },
  );
};

/** Claims of a pod that begins to run: what grew meanwhile is finished on its node. */
const growingClaims = (pod: Pod): readonly string[] =>
  isFinished(pod) || pod.status?.phase !== 'Running'
    ? []
    : (pod.spec.volumes ?? []).flatMap(({ persistentVolumeClaim }) =>
        persistentVolumeClaim === undefined
          ? []
          : [`claim ${pod.metadata.namespace}/${persistentVolumeClaim.claimName}`],
      );

/**
 * The storage systems of `common/provisioners.ts` with their sidecars: csi-provisioner and csi-resizer, which real
 * drivers bring along. They make, grow and delete volumes; binding stays the binder's.
 */
export const volumeProvisioner: Controller = {
  name: 'volume-provisioner',
  watches: [
    watch(CLAIMS, ({ op, object, previous }) => {
      if (op === 'delete') return [`claim ${keyOf(object)}`, `gone ${object.metadata.uid ?? ''}`];
      const asked = askedOf(object);
      const isNew = asked !== undefined && (previous === undefined || askedOf(previous) !== asked);
      const grows = isGrowing(object) && (previous === undefined || !isGrowing(previous));
      const grewMore =
        object.spec.resources?.requests?.['storage'] !== previous?.spec.resources?.requests?.['storage'];
      return isNew || grows || (grewMore && isGrowing(object)) ? [`claim ${keyOf(object)}`] : [];
    }),
    watch(VOLUMES, ({ op, object, previous }) => {
      if (op === 'delete') return [`volume ${keyOf(object)}`];
      const isSame =
        object.status?.phase === previous?.status?.phase &&
        object.metadata.deletionTimestamp === previous?.metadata.deletionTimestamp &&
        object.spec.persistentVolumeReclaimPolicy === previous?.spec.persistentVolumeReclaimPolicy;
      return isSame || object.metadata.annotations?.[PROVISIONED_BY] === undefined
        ? []
        : [`volume ${keyOf(object)}`];
    }),
    watch('pods', ({ op, object, previous }) =>
      op === 'delete' || previous?.status?.phase === object.status?.phase ? [] : growingClaims(object),
    ),
    // A driver that is installed later serves the claims that have waited for it.
    watch('csidrivers.storage.k8s.io', ({ op, object }, lookup) =>
      op !== 'create'
        ? []
        : lookup
            .list(CLAIMS)
            .filter((claim) => askedOf(claim) === object.metadata.name)
            .map((claim) => `claim ${keyOf(claim)}`),
    ),
  ],
  reconcile: (context, key): Outcome => {
    const space = key.indexOf(' ');
    if (key.startsWith('gone ')) {
      forgetExpanding(context, key.slice(space + 1));
      return undefined;
    }
    const { namespace, name } = splitKey(key.slice(space + 1));
    return key.startsWith('claim')
      ? syncClaim(context, key, context.lookup.get(CLAIMS, namespace, name))
      : syncVolume(context, key, context.lookup.get(VOLUMES, '', name));
  },
};
