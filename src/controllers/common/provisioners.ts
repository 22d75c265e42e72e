/** The storage systems that are simulated, as data: by the provisioner's name, what its volumes look like. */

import type { Lookup } from '../../kinds/define.ts';
import type { PersistentVolumeClaim, StorageClass } from '../../kinds/generated/types.ts';
import { SELECTED_NODE } from './volumes.ts';

/** What a provisioner puts into a new volume's spec and annotations. */
export interface VolumeShape {
  readonly source: Readonly<Record<string, unknown>>;
  /** The volume exists on this node only. */
  readonly node?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly finalizers?: readonly string[];
}

/** What a new volume is made for. */
export interface Order {
  readonly claim: PersistentVolumeClaim;
  readonly storage: StorageClass;
  /** Name of the volume to be. */
  readonly name: string;
}

/** Shape of a new volume, or the text of the failure. */
export type Shaping = (order: Order) => VolumeShape | string;

/** Set by csi-provisioner, so that it deletes what is behind a volume before the volume goes. */
export const CSI_FINALIZER = 'external-provisioner.volume.kubernetes.io/finalizer';

/** A driver of the Container Storage Interface whose volumes can be used on every node. */
const csi: Shaping = ({ claim, storage, name }) => {
  const { 'csi.storage.k8s.io/fstype': fsType = 'ext4' } = storage.parameters ?? {};
  const isBlock = claim.spec.volumeMode === 'Block';
  return {
    source: {
      csi: {
        driver: storage.provisioner,
        volumeHandle: name,
        ...(isBlock ? {} : { fsType }),
        volumeAttributes: { 'storage.kubernetes.io/csiProvisionerIdentity': storage.provisioner },
      },
    },
    annotations: {
      'volume.kubernetes.io/provisioner-deletion-secret-name': '',
      'volume.kubernetes.io/provisioner-deletion-secret-namespace': '',
    },
    finalizers: [CSI_FINALIZER],
  };
};

/** Directories of the node that the first consumer was put on (rancher/local-path-provisioner). */
const localPath: Shaping = ({ claim, name }) => {
  const node = claim.metadata.annotations?.[SELECTED_NODE];
  if (node === undefined) return 'configuration error, no node was specified';
  if (claim.spec.volumeMode === 'Block') return 'block volume mode is not supported';
  const folder = `${name}_${claim.metadata.namespace}_${claim.metadata.name}`;
  return {
    source: { hostPath: { path: `/opt/local-path-provisioner/${folder}`, type: 'DirectoryOrCreate' } },
    node,
    annotations: { 'local.path.provisioner/selected-node': node },
  };
};

const hostPath =
  (root: string): Shaping =>
  ({ claim }) => ({
    source: { hostPath: { path: `${root}/${claim.metadata.namespace}/${claim.metadata.name}`, type: '' } },
  });

const byName: Readonly<Record<string, Shaping>> = {
  'rancher.io/local-path': localPath,
  'k8s.io/minikube-hostpath': hostPath('/tmp/hostpath-provisioner'),
  'docker.io/hostpath': hostPath('/var/lib/k8s-pvs'),
};

/** Whose volumes are simulated without anybody having installed a driver. */
const OWN = /(^|\.)kubicle\.dev$/;

/**
 * Who makes volumes for classes with this provisioner; `undefined` when nobody does, so that claims wait for ever as
 * on a cluster without that driver. Installing a driver's CSIDriver object is what brings it to life.
 */
export const shapingOf = (lookup: Lookup, provisioner: string): Shaping | undefined =>
  byName[provisioner] ??
  (OWN.test(provisioner) || lookup.get('csidrivers.storage.k8s.io', '', provisioner) !== undefined
    ? csi
    : undefined);
