/**
 * Rules of the sources of volumes that are not Kubernetes' own: disks and file systems of vendors
 * (pkg/apis/core/validation, 1.36). Most of them serve persistent volumes too.
 */

import { utf8Length } from '../../machinery/deep.ts';
import { invalidValue, notSupported, required } from '../../machinery/field-error.ts';
import { inclusiveRange } from '../../machinery/name-rules.ts';
import { checkLabelName, checkPresent, type Errors } from '../common/checks.ts';
import type {
  AWSElasticBlockStoreVolumeSource,
  AzureDiskVolumeSource,
  AzureFileVolumeSource,
  CephFSVolumeSource,
  CinderVolumeSource,
  FCVolumeSource,
  FlexVolumeSource,
  FlockerVolumeSource,
  GCEPersistentDiskVolumeSource,
  GitRepoVolumeSource,
  GlusterfsVolumeSource,
  HostPathVolumeSource,
  ISCSIVolumeSource,
  NFSVolumeSource,
  PhotonPersistentDiskVolumeSource,
  PortworxVolumeSource,
  QuobyteVolumeSource,
  RBDVolumeSource,
  ScaleIOVolumeSource,
  StorageOSVolumeSource,
  VsphereVirtualDiskVolumeSource,
} from '../generated/types.ts';
import { checkDescendingPath, checkNoBacksteps } from './path-checks.ts';

const HOST_PATH_TYPES = [
  '',
  'BlockDevice',
  'CharDevice',
  'Directory',
  'DirectoryOrCreate',
  'File',
  'FileOrCreate',
  'Socket',
];

/** A path of the node. */
export const checkHostPath = (errors: Errors, path: string, source: HostPathVolumeSource): void => {
  if (!checkPresent(errors, `${path}.path`, source.path)) return;
  checkNoBacksteps(errors, `${path}.path`, source.path);
  const { type } = source;
  if (type !== undefined && !HOST_PATH_TYPES.includes(type)) {
    errors.push(notSupported(`${path}.type`, type, HOST_PATH_TYPES));
  }
};

const checkPartition = (errors: Errors, path: string, partition = 0): void => {
  if (partition < 0 || partition > 255) errors.push(invalidValue(path, partition, inclusiveRange(1, 255)));
};

const checkLun = (errors: Errors, path: string, lun: number): void => {
  if (lun < 0 || lun > 255) errors.push(invalidValue(path, lun, inclusiveRange(0, 255)));
};

const IQN = /iqn\.\d{4}-\d{2}\.([a-zA-Z0-9\-.]+)(:[^,;*&$|\s]+)$/;
const EUI = /^eui.[a-zA-Z0-9]{16}$/;
const NAA = /^naa.[a-zA-Z0-9]{32}$/;

/** What is wrong with the name of an iSCSI target; `start` is what a wrong beginning is told as. */
export const iscsiNameComplaint = (name: string, start: string): string | undefined => {
  const kind = name.slice(0, 3);
  if (kind !== 'iqn' && kind !== 'eui' && kind !== 'naa') return start;
  const pattern = kind === 'iqn' ? IQN : kind === 'eui' ? EUI : NAA;
  return pattern.test(name) ? undefined : 'must be valid format';
};

const ISCSI_START = 'must be valid format starting with iqn, eui, or naa';

const checkIscsi = (errors: Errors, path: string, source: ISCSIVolumeSource): void => {
  const { targetPortal, iqn = '', lun = 0, initiatorName } = source as Partial<ISCSIVolumeSource>;
  checkPresent(errors, `${path}.targetPortal`, targetPortal);
  if (checkPresent(errors, `${path}.iqn`, iqn)) {
    const complaint = iscsiNameComplaint(iqn, ISCSI_START);
    if (complaint !== undefined) errors.push(invalidValue(`${path}.iqn`, iqn, complaint));
  }
  checkLun(errors, `${path}.lun`, lun);
  if ((source.chapAuthDiscovery || source.chapAuthSession) && source.secretRef === undefined) {
    errors.push(required(`${path}.secretRef`));
  }
  if (initiatorName === undefined) return;
  const complaint = iscsiNameComplaint(initiatorName, ISCSI_START);
  if (complaint !== undefined) errors.push(invalidValue(`${path}.initiatorname`, initiatorName, complaint));
};

const checkFc = (errors: Errors, path: string, source: FCVolumeSource): void => {
  const { targetWWNs = [], wwids = [], lun } = source;
  const at = `${path}.targetWWNs`;
  if (targetWWNs.length === 0 && wwids.length === 0) {
    errors.push(required(at, 'must specify either targetWWNs or wwids, but not both'));
  }
  if (targetWWNs.length > 0 && wwids.length > 0) {
    errors.push(invalidValue(at, targetWWNs, 'targetWWNs and wwids can not be specified simultaneously'));
  }
  if (targetWWNs.length === 0) return;
  if (lun === undefined) errors.push(required(`${path}.lun`, 'lun is required if targetWWNs is specified'));
  else checkLun(errors, `${path}.lun`, lun);
};

const checkNfs = (errors: Errors, path: string, source: NFSVolumeSource): void => {
  const { server, path: exported = '' } = source as Partial<NFSVolumeSource>;
  checkPresent(errors, `${path}.server`, server);
  checkPresent(errors, `${path}.path`, exported);
  if (!exported.startsWith('/'))
    errors.push(invalidValue(`${path}.path`, exported, 'must be an absolute path'));
};

const PAIRS = 'must be a host:port pair or multiple pairs separated by commas';
const HOST_PORT = /^(?:\[[^\]]*\]|[^:[\]]*):[^:[\]]*$/;

const checkQuobyte = (errors: Errors, path: string, source: QuobyteVolumeSource): void => {
  const { registry = '', tenant = '', volume } = source as Partial<QuobyteVolumeSource>;
  if (registry === '') errors.push(required(`${path}.registry`, PAIRS));
  else if (utf8Length(tenant) >= 65) {
    errors.push(required(`${path}.tenant`, 'must be a UUID and may not exceed a length of 64 characters'));
  } else {
    for (const pair of registry.split(',')) {
      if (!HOST_PORT.test(pair)) errors.push(invalidValue(`${path}.registry`, registry, PAIRS));
    }
  }
  checkPresent(errors, `${path}.volume`, volume);
};

const checkFlocker = (errors: Errors, path: string, source: FlockerVolumeSource): void => {
  const { datasetName = '', datasetUUID = '' } = source;
  if (!datasetName && !datasetUUID)
    errors.push(required(path, 'one of datasetName and datasetUUID is required'));
  if (datasetName && datasetUUID) {
    const detail = 'datasetName and datasetUUID can not be specified simultaneously';
    errors.push(invalidValue(path, 'resource', detail));
  }
  if (datasetName.includes('/')) {
    errors.push(invalidValue(`${path}.datasetName`, datasetName, "must not contain '/'"));
  }
};

/** Options of a flex driver must not use Kubernetes' own names. */
export const checkFlexVolume = (
  errors: Errors,
  path: string,
  source: Pick<FlexVolumeSource, 'driver' | 'options'>,
): void => {
  checkPresent(errors, `${path}.driver`, source.driver);
  for (const key of Object.keys(source.options ?? {}).sort()) {
    const normal = `.${(key.split('/')[0] ?? '').toLowerCase()}`;
    if (!normal.endsWith('.kubernetes.io') && !normal.endsWith('.k8s.io')) continue;
    const detail = 'kubernetes.io and k8s.io namespaces are reserved';
    errors.push(invalidValue(`${path}.options[${key}]`, key, detail));
  }
};

const MANAGED_URI = [
  '/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}',
];
const BLOB_URI = ['https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd'];
const CACHING = ['None', 'ReadOnly', 'ReadWrite'];
const DISK_KINDS = ['Dedicated', 'Managed', 'Shared'];

/** A disk of Azure. */
export const checkAzureDisk = (errors: Errors, path: string, source: AzureDiskVolumeSource): void => {
  const { diskName, diskURI = '', cachingMode, kind } = source as Partial<AzureDiskVolumeSource>;
  checkPresent(errors, `${path}.diskName`, diskName);
  checkPresent(errors, `${path}.diskURI`, diskURI);
  if (cachingMode !== undefined && !CACHING.includes(cachingMode)) {
    errors.push(notSupported(`${path}.cachingMode`, cachingMode, CACHING));
  }
  if (kind === undefined) return;
  if (!DISK_KINDS.includes(kind)) errors.push(notSupported(`${path}.kind`, kind, DISK_KINDS));
  const managed = kind === 'Managed';
  if (diskURI.startsWith(managed ? '/subscriptions/' : 'https://')) return;
  errors.push(notSupported(`${path}.diskURI`, diskURI, managed ? MANAGED_URI : BLOB_URI));
};

const needs =
  <Source extends object>(...fields: readonly (keyof Source & string)[]) =>
  (errors: Errors, path: string, source: Source): void => {
    for (const field of fields) {
      const value = source[field];
      const empty = !value || (Array.isArray(value) && value.length === 0);
      if (empty) errors.push(required(`${path}.${field}`));
    }
  };

const needsSecretName = (
  errors: Errors,
  path: string,
  secret: { readonly name?: string } | undefined,
): void => {
  if (secret !== undefined) checkPresent(errors, `${path}.secretRef.name`, secret.name);
};

const checkGcp = (errors: Errors, path: string, source: GCEPersistentDiskVolumeSource): void => {
  checkPresent(errors, `${path}.pdName`, source.pdName);
  checkPartition(errors, `${path}.partition`, source.partition);
};

const checkAws = (errors: Errors, path: string, source: AWSElasticBlockStoreVolumeSource): void => {
  checkPresent(errors, `${path}.volumeID`, source.volumeID);
  checkPartition(errors, `${path}.partition`, source.partition);
};

const checkGitRepo = (errors: Errors, path: string, source: GitRepoVolumeSource): void => {
  checkPresent(errors, `${path}.repository`, source.repository);
  checkDescendingPath(errors, `${path}.directory`, source.directory ?? '');
};

const checkCinder = (errors: Errors, path: string, source: CinderVolumeSource): void => {
  checkPresent(errors, `${path}.volumeID`, source.volumeID);
  needsSecretName(errors, path, source.secretRef);
};

const checkStorageOs = (errors: Errors, path: string, source: StorageOSVolumeSource): void => {
  const { volumeName = '', volumeNamespace = '' } = source;
  if (checkPresent(errors, `${path}.volumeName`, volumeName)) {
    checkLabelName(errors, `${path}.volumeName`, volumeName);
  }
  if (volumeNamespace) checkLabelName(errors, `${path}.volumeNamespace`, volumeNamespace);
  needsSecretName(errors, path, source.secretRef);
};

/** Rules of each vendor's source in a pod, by its field. */
export const legacySources = {
  gitRepo: checkGitRepo,
  gcePersistentDisk: checkGcp,
  awsElasticBlockStore: checkAws,
  nfs: checkNfs,
  iscsi: checkIscsi,
  glusterfs: needs<GlusterfsVolumeSource>('endpoints', 'path'),
  flocker: checkFlocker,
  rbd: needs<RBDVolumeSource>('monitors', 'image'),
  cinder: checkCinder,
  cephfs: needs<CephFSVolumeSource>('monitors'),
  quobyte: checkQuobyte,
  fc: checkFc,
  flexVolume: checkFlexVolume,
  azureFile: needs<AzureFileVolumeSource>('secretName', 'shareName'),
  vsphereVolume: needs<VsphereVirtualDiskVolumeSource>('volumePath'),
  photonPersistentDisk: needs<PhotonPersistentDiskVolumeSource>('pdID'),
  portworxVolume: needs<PortworxVolumeSource>('volumeID'),
  azureDisk: checkAzureDisk,
  storageos: checkStorageOs,
  scaleIO: needs<ScaleIOVolumeSource>('gateway', 'system', 'volumeName'),
} as const;
