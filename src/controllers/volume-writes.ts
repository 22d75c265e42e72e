/** The writes of the volume controllers (pkg/controller/volume/persistentvolume/pv_controller.go, 1.36). */

import type { PersistentVolume, PersistentVolumeClaim } from '../kinds/generated/types.ts';
import { printTime } from '../machinery/time.ts';
import type { Context } from './contract.ts';

/** Resource of claims. */
export const CLAIMS = 'persistentvolumeclaims';
/** Resource of volumes. */
export const VOLUMES = 'persistentvolumes';
const COMPONENT = 'persistentvolume-controller';

/** A claim. */
export type Claim = PersistentVolumeClaim;
/** A volume. */
export type Volume = PersistentVolume;

/** Tells about a claim or a volume, as upstream's persistent volume controller. */
export const note = (
  context: Context,
  about: Claim | Volume,
  type: 'Normal' | 'Warning',
  reason: string,
  message: string,
) => context.client.event(about, { type, reason, message, component: COMPONENT });

/** Changes a claim; the claim as it is now. */
export const updateClaim = (context: Context, claim: Claim, change: (current: Claim) => Claim): Claim =>
  context.client.update(CLAIMS, claim.metadata.namespace ?? '', claim.metadata.name ?? '', change) ?? claim;

/** Changes a volume; the volume as it is now. */
export const updateVolume = (context: Context, volume: Volume, change: (current: Volume) => Volume): Volume =>
  context.client.update(VOLUMES, '', volume.metadata.name ?? '', change) ?? volume;

/** The object with more annotations. */
export const annotate = <Type extends Claim | Volume>(
  object: Type,
  add: Readonly<Record<string, string>>,
): Type => ({
  ...object,
  metadata: { ...object.metadata, annotations: { ...object.metadata.annotations, ...add } },
});

/** Writes a volume's phase, if it has another one. */
export const setVolumePhase = (context: Context, volume: Volume, phase: string, message?: string): void => {
  if (volume.status?.phase === phase && volume.status.message === message) return;
  context.client.updateStatus(VOLUMES, '', volume.metadata.name ?? '', (current) => ({
    ...current,
    status: {
      phase,
      ...(message === undefined ? {} : { message }),
      lastPhaseTransitionTime:
        current.status?.phase === phase ? current.status.lastPhaseTransitionTime : printTime(context.now),
    },
  }));
};

/** Writes a claim's phase, with what its volume offers. */
export const setClaimStatus = (context: Context, claim: Claim, phase: string, volume?: Volume): void => {
  context.client.updateStatus(
    CLAIMS,
    claim.metadata.namespace ?? '',
    claim.metadata.name ?? '',
    (current) => {
      const attributes = volume?.spec.volumeAttributesClassName;
      const bound =
        volume === undefined
          ? {}
          : {
              accessModes: volume.spec.accessModes,
              capacity: volume.spec.capacity,
              ...(attributes === undefined ? {} : { currentVolumeAttributesClassName: attributes }),
            };
      if (
        current.status?.phase === phase &&
        (volume === undefined || current.status.capacity !== undefined)
      ) {
        return current;
      }
      return { ...current, status: { ...(volume === undefined ? {} : current.status), phase, ...bound } };
    },
  );
};
