/** Rules of what a persistent volume is made of (upstream: pkg/apis/core/validation, 1.36). */

import { forbiddenField, invalidValue, required } from '../../machinery/field-error.ts';
import { inclusiveRange } from '../../machinery/name-rules.ts';
import { checkLabelName, checkPresent, checkSubdomain, type Errors } from '../common/checks.ts';
import type {
  AzureFilePersistentVolumeSource,
  CinderPersistentVolumeSource,
  CSIPersistentVolumeSource,
  GlusterfsPersistentVolumeSource,
  ISCSIPersistentVolumeSource,
  LocalVolumeSource,
  PersistentVolumeSpec,
  SecretReference,
  StorageOSPersistentVolumeSource,
} from '../generated/types.ts';
import { checkCsiDriverName } from '../storage/csi-driver-name-validation.ts';
import { checkHostPath, iscsiNameComplaint, legacySources } from './legacy-volume-validation.ts';
import { checkNoBacksteps } from './path-checks.ts';

const VALID_FORMAT = 'must be valid format';
const MAX_TARGET = 64;
const TARGET_TOO_LONG =
  'Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is specified.';

const checkGlusterfs = (errors: Errors, path: string, source: GlusterfsPersistentVolumeSource): void => {
  checkPresent(errors, `${path}.endpoints`, source.endpoints);
  checkPresent(errors, `${path}.path`, source.path);
  const { endpointsNamespace: namespace } = source;
  if (namespace === undefined) return;
  const at = `${path}.endpointsNamespace`;
  const detail = 'if the endpointnamespace is set, it must be a valid namespace name';
  if (namespace === '') errors.push(invalidValue(at, '', detail));
  else checkLabelName(errors, at, namespace);
};

const checkSecretPlace = (errors: Errors, path: string, secret: SecretReference | undefined): void => {
  if (secret === undefined) return;
  checkPresent(errors, `${path}.secretRef.name`, secret.name);
  checkPresent(errors, `${path}.secretRef.namespace`, secret.namespace);
};

const checkCinder = (errors: Errors, path: string, source: CinderPersistentVolumeSource): void => {
  checkPresent(errors, `${path}.volumeID`, source.volumeID);
  checkSecretPlace(errors, path, source.secretRef);
};

const checkStorageOs = (errors: Errors, path: string, source: StorageOSPersistentVolumeSource): void => {
  const { volumeName = '', volumeNamespace = '', secretRef } = source;
  if (checkPresent(errors, `${path}.volumeName`, volumeName)) {
    checkLabelName(errors, `${path}.volumeName`, volumeName);
  }
  if (volumeNamespace !== '') checkLabelName(errors, `${path}.volumeNamespace`, volumeNamespace);
  if (secretRef === undefined) return;
  checkPresent(errors, `${path}.secretRef.name`, secretRef.name);
  checkPresent(errors, `${path}.secretRef.namespace`, secretRef.namespace);
};

const checkAzureFile = (errors: Errors, path: string, source: AzureFilePersistentVolumeSource): void => {
  checkPresent(errors, `${path}.secretName`, source.secretName);
  checkPresent(errors, `${path}.shareName`, source.shareName);
  if (source.secretNamespace === '') errors.push(required(`${path}.secretNamespace`));
};

const checkLocal = (errors: Errors, path: string, source: LocalVolumeSource): void => {
  if (checkPresent(errors, `${path}.path`, source.path))
    checkNoBacksteps(errors, `${path}.path`, source.path);
};

const checkSecret = (errors: Errors, path: string, secret: SecretReference | undefined): void => {
  if (secret === undefined) return;
  if (checkPresent(errors, `${path}.name`, secret.name)) checkSubdomain(errors, `${path}.name`, secret.name);
  if (checkPresent(errors, `${path}.namespace`, secret.namespace)) {
    checkLabelName(errors, `${path}.namespace`, secret.namespace);
  }
};

const checkCsi = (errors: Errors, path: string, source: CSIPersistentVolumeSource): void => {
  checkCsiDriverName(errors, `${path}.driver`, source.driver);
  checkPresent(errors, `${path}.volumeHandle`, source.volumeHandle);
  checkSecret(errors, `${path}.controllerPublishSecretRef`, source.controllerPublishSecretRef);
  checkSecret(errors, `${path}.controllerExpandSecretRef`, source.controllerExpandSecretRef);
  checkSecret(errors, `${path}.nodePublishSecretRef`, source.nodePublishSecretRef);
  checkSecret(errors, `${path}.nodeExpandSecretRef`, source.nodeExpandSecretRef);
};

const checkTargetName = (errors: Errors, path: string, name: string): void => {
  const complaint = iscsiNameComplaint(name, VALID_FORMAT);
  if (complaint !== undefined) errors.push(invalidValue(path, name, complaint));
};

const checkIscsi = (
  errors: Errors,
  path: string,
  source: ISCSIPersistentVolumeSource,
  volume: string,
): void => {
  const { targetPortal = '', iqn = '', lun = 0, initiatorName, secretRef } = source;
  checkPresent(errors, `${path}.targetPortal`, targetPortal);
  if (initiatorName !== undefined && `${volume}:${targetPortal}`.length > MAX_TARGET) {
    errors.push(invalidValue(`${path}.targetportal`, targetPortal, TARGET_TOO_LONG));
  }
  if (checkPresent(errors, `${path}.iqn`, iqn)) checkTargetName(errors, `${path}.iqn`, iqn);
  if (lun < 0 || lun > 255) errors.push(invalidValue(`${path}.lun`, lun, inclusiveRange(0, 255)));
  if ((source.chapAuthDiscovery || source.chapAuthSession) && secretRef === undefined) {
    errors.push(required(`${path}.secretRef`));
  }
  if (secretRef !== undefined) checkPresent(errors, `${path}.secretRef.name`, secretRef.name);
  if (initiatorName !== undefined) checkTargetName(errors, `${path}.initiatorname`, initiatorName);
};

type Check = (errors: Errors, path: string, source: never, volume: string) => void;

interface Source {
  readonly check: Check;
  /** Where upstream tells of errors inside, if not at the field. */
  readonly inside?: string;
  /** Where it tells that there is one source too many, if not at the field; flex volumes are never too many. */
  readonly extra?: string | false;
}

/** Sources in the order upstream looks at them. */
const SOURCES = {
  hostPath: { check: checkHostPath },
  gcePersistentDisk: { check: legacySources.gcePersistentDisk, inside: 'persistentDisk' },
  awsElasticBlockStore: { check: legacySources.awsElasticBlockStore },
  glusterfs: { check: checkGlusterfs },
  flocker: { check: legacySources.flocker },
  nfs: { check: legacySources.nfs },
  rbd: { check: legacySources.rbd },
  quobyte: { check: legacySources.quobyte },
  cephfs: { check: legacySources.cephfs, extra: 'cephFS' },
  iscsi: { check: checkIscsi },
  cinder: { check: checkCinder },
  fc: { check: legacySources.fc },
  flexVolume: { check: legacySources.flexVolume, extra: false },
  azureFile: { check: checkAzureFile },
  vsphereVolume: { check: legacySources.vsphereVolume },
  photonPersistentDisk: { check: legacySources.photonPersistentDisk },
  portworxVolume: { check: legacySources.portworxVolume },
  azureDisk: { check: legacySources.azureDisk },
  scaleIO: { check: legacySources.scaleIO },
  local: { check: checkLocal },
  storageos: { check: checkStorageOs },
  csi: { check: checkCsi },
} as const satisfies Partial<Record<keyof PersistentVolumeSpec, Source>>;

const ENTRIES = Object.entries(SOURCES) as readonly (readonly [keyof typeof SOURCES, Source])[];

/** The fields a volume's source may be in. */
export const volumeSourceFields: readonly (keyof typeof SOURCES)[] = ENTRIES.map(([field]) => field);

/**
 * Exactly one source, and its own rules. A local volume needs to say where it is: `hasAffinity` tells whether it does.
 */
export const checkVolumeSource = (
  errors: Errors,
  path: string,
  spec: PersistentVolumeSpec,
  volume: string,
  hasAffinity: boolean,
): void => {
  let count = 0;
  for (const [field, { check, inside, extra }] of ENTRIES) {
    const source = spec[field];
    if (source === undefined) continue;
    if (count > 0 && extra !== false) {
      errors.push(forbiddenField(`${path}.${extra ?? field}`, 'may not specify more than 1 volume type'));
      continue;
    }
    count += 1;
    check(errors, `${path}.${inside ?? field}`, source as never, volume);
    if (field === 'local' && !hasAffinity) {
      errors.push(required(`${path}.nodeAffinity`, 'Local volume requires node affinity'));
    }
  }
  if (count === 0) errors.push(required(path, 'must specify a volume type'));
};
