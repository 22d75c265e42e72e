import type { Lookup } from '../kinds/define.ts';
import { isFinished } from './common/pods.ts';
import {
  BETA_STORAGE_PROVISIONER,
  BIND_COMPLETED,
  BOUND_BY_CONTROLLER,
  classNameOf,
  classOf,
  defaultClassOf,
  findVolume,
  IN_TREE,
  isDelayed,
  isReservedFor,
  mismatch,
  namesNoClass,
  PROVISIONED_BY,
  SELECTED_NODE,
  STORAGE_PROVISIONER,
  waitsForConsumer,
} from './common/volumes.ts';
import { type Context, type Controller, keyOf, type Outcome, splitKey, watch } from './contract.ts';
import { release, unbind } from './volume-reclaim.ts';
import {
  annotate,
  CLAIMS,
  type Claim,
  note,
  setClaimStatus,
  setVolumePhase,
  updateClaim,
  updateVolume,
  VOLUMES,
  type Volume,
} from './volume-writes.ts';

const NAME = 'persistentvolume-binder-controller';
/** Upstream looks at waiting claims again every 15 s, not when a volume appears: half of that on average. */
const RESYNC_MS = 7_500;

const reserve = (context: Context, volume: Volume, claim: Claim): Volume => {
  const { namespace, name, uid, resourceVersion } = claim.metadata;
  const kind = 'PersistentVolumeClaim';
  const claimRef = { kind, namespace, name, uid, apiVersion: 'v1', resourceVersion };
  return updateVolume(context, volume, (current) => {
    const next = { ...current, spec: { ...current.spec, claimRef } };
    // A volume whose user reserved it stays reserved when the claim goes.
    return current.spec.claimRef === undefined ? annotate(next, { [BOUND_BY_CONTROLLER]: 'yes' }) : next;
  });
};

/**
 * The four writes of a binding, in upstream's order; each is left out when it is done already. Unless the cluster is
 * instant a call makes one of them: it brings the next.
 */
const bind = (context: Context, volume: Volume, claim: Claim): void => {
  const isSlow = context.latency !== 'instant';
  let reserved = volume;
  if (volume.spec.claimRef?.uid !== claim.metadata.uid) {
    reserved = reserve(context, volume, claim);
    if (isSlow) return;
  }
  if (reserved.status?.phase !== 'Bound') {
    setVolumePhase(context, reserved, 'Bound');
    if (isSlow) return;
  }
  const volumeName = volume.metadata.name ?? '';
  const isNamed = claim.spec.volumeName === volumeName;
  if (!isNamed || claim.metadata.annotations?.[BIND_COMPLETED] === undefined) {
    const marks = { [BIND_COMPLETED]: 'yes', ...(isNamed ? {} : { [BOUND_BY_CONTROLLER]: 'yes' }) };
    const change = (it: Claim): Claim => annotate({ ...it, spec: { ...it.spec, volumeName } }, marks);
    const bound = updateClaim(context, claim, change);
    if (!isSlow) setClaimStatus(context, bound, 'Bound', reserved);
    return;
  }
  setClaimStatus(context, claim, 'Bound', reserved);
};

const provision = (context: Context, claim: Claim): void => {
  const fail = (message: string) => note(context, claim, 'Warning', 'ProvisioningFailed', message);
  const storage = classOf(context.lookup, claim);
  if (storage === undefined) {
    fail(`storageclass.storage.k8s.io ${JSON.stringify(classNameOf(claim))} not found`);
    return;
  }
  const { provisioner } = storage;
  if (provisioner.startsWith(IN_TREE)) {
    fail(`no volume plugin matched name: ${provisioner}`);
    return;
  }
  const marked = updateClaim(context, claim, (current) =>
    current.metadata.annotations?.[STORAGE_PROVISIONER] === provisioner
      ? current
      : annotate(current, { [BETA_STORAGE_PROVISIONER]: provisioner, [STORAGE_PROVISIONER]: provisioner }),
  );
  note(
    context,
    marked,
    'Normal',
    'ExternalProvisioning',
    `Waiting for a volume to be created either by the external provisioner '${provisioner}' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.`,
  );
};

/** Gives a claim that says nothing of a class the default one; true when there is one. */
const assignClass = (context: Context, claim: Claim): boolean => {
  const name = namesNoClass(claim) ? defaultClassOf(context.lookup)?.metadata.name : undefined;
  if (name === undefined) return false;
  updateClaim(context, claim, (it) => ({ ...it, spec: { ...it.spec, storageClassName: name } }));
  return true;
};

/** What a claim of a class with delayed binding waits for: any pod, or the scheduling of those that want it. */
const noteWaiting = (context: Context, claim: Claim): void => {
  const pods = context.lookup
    .list('pods', claim.metadata.namespace ?? '')
    .filter(
      (pod) =>
        !pod.spec.nodeName &&
        !isFinished(pod) &&
        (pod.spec.volumes ?? []).some((it) => it.persistentVolumeClaim?.claimName === claim.metadata.name),
    )
    .map((pod) => pod.metadata.name);
  if (pods.length === 0) {
    const text = 'waiting for first consumer to be created before binding';
    note(context, claim, 'Normal', 'WaitForFirstConsumer', text);
    return;
  }
  const who = `${pods.length > 1 ? 'pods' : 'pod'} ${pods.join(',')}`;
  note(context, claim, 'Normal', 'WaitForPodScheduled', `waiting for ${who} to be scheduled`);
};

/** A claim without a volume: find one, ask for one, or wait. */
const searchVolume = (context: Context, claim: Claim): void => {
  const isWaiting = waitsForConsumer(context.lookup, claim);
  const volumes = context.lookup.list(VOLUMES);
  // Where the scheduler decides, only a volume that somebody reserved for the claim may be taken.
  const isForScheduler = isDelayed(context.lookup, claim);
  const accepts = (volume: Volume): boolean => !isForScheduler || isReservedFor(volume, claim);
  const found = findVolume(volumes, claim, accepts, true);
  if (found !== undefined) {
    bind(context, found, claim);
    return;
  }
  if (assignClass(context, claim)) return;
  if (isWaiting) {
    noteWaiting(context, claim);
  } else if (classNameOf(claim) !== '') {
    provision(context, claim);
  } else {
    note(
      context,
      claim,
      'Normal',
      'FailedBinding',
      'no persistent volumes available for this claim and no storage class is set',
    );
  }
  setClaimStatus(context, claim, 'Pending');
};

/** A claim that asks for a volume by name. */
const takeNamed = (context: Context, claim: Claim): void => {
  const volume = context.lookup.get(VOLUMES, '', claim.spec.volumeName ?? '');
  const problem = volume?.spec.claimRef === undefined && volume ? mismatch(volume, claim) : undefined;
  if (volume === undefined) {
    setClaimStatus(context, claim, 'Pending');
  } else if (problem !== undefined) {
    const message = `Cannot bind to requested volume ${JSON.stringify(volume.metadata.name)}: ${problem}`;
    note(context, claim, 'Warning', 'VolumeMismatch', message);
    setClaimStatus(context, claim, 'Pending');
  } else if (volume.spec.claimRef === undefined || isReservedFor(volume, claim)) {
    bind(context, volume, claim);
  } else {
    const message = `volume ${JSON.stringify(volume.metadata.name)} already bound to a different claim.`;
    note(context, claim, 'Warning', 'FailedBinding', message);
    setClaimStatus(context, claim, 'Pending');
  }
};

/** A claim whose binding was completed once: keep it, or tell that it is lost. */
const keepBound = (context: Context, claim: Claim): void => {
  const volumeName = claim.spec.volumeName ?? '';
  const volume = volumeName === '' ? undefined : context.lookup.get(VOLUMES, '', volumeName);
  const lose = (reason: string, message: string) => {
    if (claim.status?.phase !== 'Lost') note(context, claim, 'Warning', reason, message);
    setClaimStatus(context, claim, 'Lost');
  };
  if (volumeName === '') {
    lose('ClaimLost', 'Bound claim has lost reference to PersistentVolume. Data on the volume is lost!');
  } else if (volume === undefined) {
    lose('ClaimLost', 'Bound claim has lost its PersistentVolume. Data on the volume is lost!');
  } else if (volume.spec.claimRef === undefined || volume.spec.claimRef.uid === claim.metadata.uid) {
    bind(context, volume, claim);
  } else {
    lose('ClaimMisbound', 'Two claims are bound to the same volume, this one is bound incorrectly');
  }
};

const syncClaim = (context: Context, claim: Claim): void => {
  if (claim.metadata.annotations?.[BIND_COMPLETED] !== undefined) keepBound(context, claim);
  else if (claim.spec.volumeName) takeNamed(context, claim);
  else searchVolume(context, claim);
};

const syncVolume = (context: Context, volume: Volume): void => {
  const reference = volume.spec.claimRef;
  if (reference === undefined || !reference.uid) {
    setVolumePhase(context, volume, 'Available');
    return;
  }
  const claim = context.lookup.get(CLAIMS, reference.namespace ?? '', reference.name ?? '');
  if (claim === undefined || claim.metadata.uid !== reference.uid) {
    release(context, volume);
    return;
  }
  if (!claim.spec.volumeName) {
    if (claim.metadata.deletionTimestamp === undefined) syncClaim(context, claim);
  } else if (claim.spec.volumeName === volume.metadata.name) {
    setVolumePhase(context, volume, 'Bound');
    if (claim.status?.phase !== 'Bound') syncClaim(context, claim);
  } else if (
    volume.metadata.annotations?.[PROVISIONED_BY] !== undefined &&
    volume.spec.persistentVolumeReclaimPolicy === 'Delete'
  ) {
    release(context, volume);
  } else {
    unbind(context, volume);
  }
};

const claimKey = (claim: Claim): string => `claim ${keyOf(claim)}`;
const volumeKey = (volume: Volume): string => `volume ${keyOf(volume)}`;

/** Claims that a change of a volume or a class could satisfy. */
const unbound = (lookup: Lookup, className: string): readonly string[] =>
  lookup
    .list(CLAIMS)
    .filter((claim) => claim.status?.phase !== 'Bound' && classNameOf(claim) === className)
    .map(claimKey);

const waiting = (lookup: Lookup, volume: Volume): readonly string[] =>
  volume.status?.phase === 'Available' ? unbound(lookup, volume.spec.storageClassName ?? '') : [];

const claimOfVolume = (volume: Volume): readonly string[] => {
  const reference = volume.spec.claimRef;
  return reference === undefined ? [] : [`claim ${reference.namespace}/${reference.name}`];
};

const binds = (claim: Claim | undefined): string =>
  claim === undefined
    ? ''
    : [
        claim.spec.volumeName,
        claim.status?.phase,
        claim.metadata.annotations?.[SELECTED_NODE],
        claim.metadata.annotations?.[BIND_COMPLETED],
        claim.spec.storageClassName,
      ].join();

/** Binds claims to volumes, releases and reclaims volumes, asks provisioners (pkg/controller/volume/persistentvolume). */
export const volumeBinder: Controller = {
  name: NAME,
  watches: [
    // A new claim is seen before a pod that was made with it has a node: users see what it waits for.
    watch(CLAIMS, ({ op, object }) => (op === 'create' ? [claimKey(object)] : []), 0),
    watch(CLAIMS, ({ op, object, previous }) => {
      const named = object.spec.volumeName ? [`volume /${object.spec.volumeName}`] : [];
      if (op !== 'update') return op === 'delete' ? named : [];
      return binds(object) === binds(previous) ? [] : [claimKey(object)];
    }),
    watch(VOLUMES, ({ op, object, previous }) => {
      if (op === 'delete') return claimOfVolume(object);
      const isSame =
        previous !== undefined &&
        previous.status?.phase === object.status?.phase &&
        previous.spec.claimRef?.uid === object.spec.claimRef?.uid;
      return isSame ? [] : [volumeKey(object)];
    }),
    watch(VOLUMES, ({ op, object }, lookup) => (op === 'delete' ? [] : waiting(lookup, object)), RESYNC_MS),
    watch(
      'storageclasses.storage.k8s.io',
      ({ op, object }, lookup) =>
        op === 'delete' ? [] : [...unbound(lookup, object.metadata.name ?? ''), ...unbound(lookup, '')],
      RESYNC_MS,
    ),
  ],
  reconcile: (context: Context, key: string): Outcome => {
    const space = key.indexOf(' ');
    const { namespace, name } = splitKey(key.slice(space + 1));
    if (key.startsWith('claim')) {
      const claim = context.lookup.get(CLAIMS, namespace, name);
      if (claim !== undefined) syncClaim(context, claim);
    } else {
      const volume = context.lookup.get(VOLUMES, '', name);
      if (volume !== undefined) syncVolume(context, volume);
    }
    return undefined;
  },
};
