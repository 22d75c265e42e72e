/** Growing a volume whose claim asks for more (kubernetes-csi/external-resizer, kubelet's node expansion; 1.36). */

import type { PersistentVolume, PersistentVolumeClaim, Pod } from '../kinds/generated/types.ts';
import { compareQuantity, quantityOf } from '../machinery/quantity.ts';
import { printTime } from '../machinery/time.ts';
import { isFinished } from './common/pods.ts';
import { shapingOf } from './common/provisioners.ts';
import type { Context, Outcome } from './contract.ts';

const CLAIMS = 'persistentvolumeclaims';
const VOLUMES = 'persistentvolumes';

type Claim = PersistentVolumeClaim;
type Volume = PersistentVolume;
type Status = NonNullable<Claim['status']>;

const wantedOf = (claim: Claim): string => claim.spec.resources?.requests?.['storage'] ?? '0';

const isMore = (left: string | undefined, right: string | undefined): boolean =>
  compareQuantity(quantityOf(left ?? '0'), quantityOf(right ?? '0')) > 0;

/** True while a bound claim asks for more than it has. */
export const isGrowing = (claim: Claim): boolean =>
  claim.status?.phase === 'Bound' && isMore(wantedOf(claim), claim.status.capacity?.['storage']);

const setStatus = (context: Context, claim: Claim, change: (status: Status) => Status): void => {
  const { namespace = '', name = '' } = claim.metadata;
  context.client.updateStatus(CLAIMS, namespace, name, (current) => ({
    ...current,
    status: change(current.status ?? {}),
  }));
};

const stage = (context: Context, claim: Claim, status: string, type: string, message?: string): void =>
  setStatus(context, claim, (current) => ({
    ...current,
    allocatedResources: { storage: wantedOf(claim) },
    allocatedResourceStatuses: { storage: status },
    conditions: [
      {
        type,
        status: 'True',
        lastProbeTime: null as never,
        lastTransitionTime: printTime(context.now),
        ...(message === undefined ? {} : { message }),
      },
    ],
  }));

const note = (context: Context, claim: Claim, component: string, reason: string, message: string): void =>
  context.client.event(claim, { type: 'Normal', reason, message, component });

/** A pod that has the claim mounted on its node. */
const userOf = (context: Context, claim: Claim): Pod | undefined =>
  context.lookup
    .list('pods', claim.metadata.namespace ?? '')
    .find(
      (pod) =>
        !isFinished(pod) &&
        pod.status?.phase === 'Running' &&
        (pod.spec.volumes ?? []).some(
          (volume) => volume.persistentVolumeClaim?.claimName === claim.metadata.name,
        ),
    );

const finish = (context: Context, claim: Claim): void =>
  setStatus(context, claim, (current) => {
    const { conditions: _done, allocatedResourceStatuses: _stage, ...rest } = current;
    return {
      ...rest,
      allocatedResources: { storage: wantedOf(claim) },
      capacity: { ...current.capacity, storage: wantedOf(claim) },
    };
  });

/** The file system is grown on the node by its kubelet, as soon as a pod uses the claim there. */
const growFileSystem = (context: Context, claim: Claim): Outcome => {
  const user = userOf(context, claim);
  if (user === undefined) return undefined;
  const host = user.spec.nodeName ?? '';
  const message = `MountVolume.NodeExpandVolume succeeded for volume "${claim.spec.volumeName}" ${host}`;
  for (const about of [user, claim]) {
    context.client.event(about, {
      type: 'Normal',
      reason: 'FileSystemResizeSuccessful',
      message,
      component: 'kubelet',
      host,
    });
  }
  finish(context, claim);
  return undefined;
};

const growVolume = (context: Context, claim: Claim, volume: Volume, component: string): Outcome => {
  const wanted = wantedOf(claim);
  context.client.update(VOLUMES, '', volume.metadata.name ?? '', (current) => ({
    ...current,
    spec: { ...current.spec, capacity: { ...current.spec.capacity, storage: wanted } },
  }));
  if (claim.spec.volumeMode === 'Block') {
    note(context, claim, component, 'VolumeResizeSuccessful', 'Resize volume succeeded');
    finish(context, claim);
    return undefined;
  }
  const message = 'Waiting for user to (re-)start a pod to finish file system resize of volume on node.';
  stage(context, claim, 'NodeResizePending', 'FileSystemResizePending', message);
  const text = 'Require file system resize of volume on node';
  note(context, claim, component, 'FileSystemResizeRequired', text);
  return { at: context.now };
};

/** Tells once for each size that somebody else has to grow the volume. */
const noteExpanding = (context: Context, claim: Claim): undefined => {
  const key = `expanding ${claim.metadata.uid ?? ''}`;
  if (context.notes.get(key) === wantedOf(claim)) return;
  context.notes.set(key, wantedOf(claim));
  const text = 'waiting for an external controller to expand this PVC';
  note(context, claim, 'volume_expand', 'ExternalExpanding', text);
};

/** Forgets what was told of a claim that is gone. */
export const forgetExpanding = (context: Context, claimUid: string): void =>
  context.notes.set(`expanding ${claimUid}`, undefined);

/**
 * One step of growing the claim's volume; no more than an Event when nobody who is simulated made it. `workMs`
 * is how long the storage takes.
 */
export const resize = (context: Context, claim: Claim, workMs: number): Outcome => {
  if (!isGrowing(claim)) return undefined;
  const volume = context.lookup.get(VOLUMES, '', claim.spec.volumeName ?? '');
  const provisioner = volume?.metadata.annotations?.['pv.kubernetes.io/provisioned-by'] ?? '';
  if (volume === undefined) return undefined;
  if (shapingOf(context.lookup, provisioner) === undefined) return noteExpanding(context, claim);
  if (!isMore(wantedOf(claim), volume.spec.capacity?.['storage'])) return growFileSystem(context, claim);
  const component = `external-resizer ${provisioner}`;
  const asked = claim.status?.allocatedResources?.['storage'];
  if (claim.status?.allocatedResourceStatuses?.['storage'] !== undefined && asked === wantedOf(claim)) {
    return growVolume(context, claim, volume, component);
  }
  noteExpanding(context, claim);
  note(context, claim, component, 'Resizing', `External resizer is resizing volume ${volume.metadata.name}`);
  stage(context, claim, 'ControllerResizeInProgress', 'Resizing');
  return { at: context.now + workMs };
};
