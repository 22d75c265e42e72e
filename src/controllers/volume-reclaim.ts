/** What becomes of volumes without a claim (pkg/controller/volume/persistentvolume/pv_controller.go, 1.36). */

import { BOUND_BY_CONTROLLER, IN_TREE, PROVISIONED_BY } from './common/volumes.ts';
import type { Context } from './contract.ts';
import { note, setVolumePhase, updateVolume, VOLUMES, type Volume } from './volume-writes.ts';

const HOST_PATH = /^\/tmp\/.+/;

/** Kinds of volumes that the control plane knows without being able to delete what is behind them. */
const UNDELETABLE = ['nfs', 'local', 'csi'] as const;

const fail = (context: Context, volume: Volume, reason: string, message: string): void => {
  if (volume.status?.phase === 'Failed') return;
  setVolumePhase(context, volume, 'Failed', message);
  note(context, volume, 'Warning', reason, message);
};

const deleteVolume = (context: Context, volume: Volume): void => {
  const name = volume.metadata.name ?? '';
  const provisioner = volume.metadata.annotations?.[PROVISIONED_BY];
  if (provisioner !== undefined && !provisioner.startsWith(IN_TREE)) return;
  const path = volume.spec.hostPath?.path;
  if (path === undefined) {
    const known = UNDELETABLE.some((kind) => volume.spec[kind] !== undefined);
    const problem = `no ${known ? 'deletable ' : ''}volume plugin matched`;
    const text = `error getting deleter volume plugin for volume ${JSON.stringify(name)}: ${problem}`;
    fail(context, volume, 'VolumeFailedDelete', text);
  } else if (HOST_PATH.test(path)) {
    context.client.delete(VOLUMES, '', name);
  } else {
    const text = `host_path deleter only supports /tmp/.+ but received provided ${path}`;
    fail(context, volume, 'VolumeFailedDelete', text);
  }
};

/** What becomes of a volume whose claim is gone. */
const reclaim = (context: Context, volume: Volume): void => {
  const { persistentVolumeReclaimPolicy: policy, hostPath, nfs } = volume.spec;
  if (policy === 'Delete') deleteVolume(context, volume);
  // Differs: no pod scrubs volumes that can be recycled, so they stay Released.
  else if (policy === 'Recycle' && hostPath === undefined && nfs === undefined) {
    fail(context, volume, 'VolumeFailedRecycle', 'No recycler plugin found for the volume!');
  }
};

/** Marks a volume whose claim is gone, and does what its policy says. */
export const release = (context: Context, volume: Volume): void => {
  if (volume.status?.phase !== 'Released' && volume.status?.phase !== 'Failed') {
    setVolumePhase(context, volume, 'Released');
  }
  reclaim(context, volume);
};

/** Another volume won the claim: gives this one back, or to the claim that its user reserved it for. */
export const unbind = (context: Context, volume: Volume): void => {
  updateVolume(context, volume, (current) => {
    const { [BOUND_BY_CONTROLLER]: mark, ...annotations } = current.metadata.annotations ?? {};
    const { claimRef, ...spec } = current.spec;
    if (mark === undefined && claimRef !== undefined) {
      const { uid: _uid, ...reference } = claimRef;
      return { ...current, spec: { ...spec, claimRef: reference } };
    }
    const { annotations: _all, ...metadata } = current.metadata;
    const left = Object.keys(annotations).length === 0 ? {} : { annotations };
    return { ...current, metadata: { ...metadata, ...left }, spec };
  });
  setVolumePhase(context, volume, 'Available');
};
