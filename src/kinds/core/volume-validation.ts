/** Rules of a pod's volumes (pkg/apis/core/validation, 1.36). */

import { utf8Length } from '../../machinery/deep.ts';
import { duplicate, forbiddenField, invalidValue, required } from '../../machinery/field-error.ts';
import { dns1123Subdomain } from '../../machinery/name-rules.ts';
import { quantityOf } from '../../machinery/quantity.ts';
import {
  checkEach,
  checkLabelName,
  checkPresent,
  checkRequiredOneOf,
  checkSubdomain,
  type Errors,
} from '../common/checks.ts';
import type {
  CSIVolumeSource,
  EphemeralVolumeSource,
  KeyToPath,
  SecretVolumeSource,
  Volume,
} from '../generated/types.ts';
import { checkCsiDriverName } from '../storage/csi-driver-name-validation.ts';
import { checkClaimTemplate } from './claim-spec-validation.ts';
import { checkHostPath, legacySources } from './legacy-volume-validation.ts';
import type { VolumesByName } from './mount-validation.ts';
import { checkFileMode } from './path-checks.ts';
import { checkDownwardVolume, checkKeyToPath, checkProjectedVolume } from './projected-volume-validation.ts';

const PULL_POLICIES = ['Always', 'IfNotPresent', 'Never'];

const checkCsi = (errors: Errors, path: string, source: CSIVolumeSource): void => {
  checkCsiDriverName(errors, `${path}.driver`, source.driver);
  const { nodePublishSecretRef: secret } = source;
  if (secret === undefined) return;
  const { name } = secret;
  if (checkPresent(errors, `${path}.nodePublishSecretRef.name`, name)) {
    checkSubdomain(errors, `${path}.name`, name ?? '');
  }
};

interface KeySource {
  readonly defaultMode?: number;
  readonly items?: readonly KeyToPath[];
}

const checkKeySource = (errors: Errors, path: string, source: KeySource): void => {
  checkFileMode(errors, `${path}.defaultMode`, source.defaultMode);
  checkEach(errors, `${path}.items`, source.items, checkKeyToPath);
};

const checkSecret = (errors: Errors, path: string, source: SecretVolumeSource): void => {
  checkPresent(errors, `${path}.secretName`, source.secretName);
  checkKeySource(errors, path, source);
};

const checkEphemeral = (errors: Errors, path: string, source: EphemeralVolumeSource): void => {
  const { volumeClaimTemplate: template } = source;
  if (template === undefined) errors.push(required(`${path}.volumeClaimTemplate`));
  else checkClaimTemplate(errors, `${path}.volumeClaimTemplate`, template);
};

/** The reference may be filled in later: only a pod itself needs one. */
const checkImage = (
  errors: Errors,
  path: string,
  source: NonNullable<Volume['image']>,
  _volume: Volume,
  isPod: boolean,
): void => {
  if (isPod) checkPresent(errors, `${path}.reference`, source.reference);
  checkRequiredOneOf(errors, `${path}.pullPolicy`, source.pullPolicy, PULL_POLICIES);
};

/** What volumes stand in. The name is '' for templates: it tells the names of claims of ephemeral volumes. */
export interface VolumePlace {
  readonly podName: string;
  readonly isPod: boolean;
}

type SourceName = Exclude<keyof Volume, 'name' | 'emptyDir'>;

interface SourceRule {
  readonly name: SourceName;
  /** The source's name in paths, where upstream calls it otherwise. */
  readonly called?: string;
  /** Its name in the refusal of a second source, where upstream misspells it. */
  readonly misspelt?: string;
  readonly check: (errors: Errors, path: string, volume: Volume, isPod: boolean) => void;
}

const rule = <Name extends SourceName>(
  name: Name,
  check: (
    errors: Errors,
    path: string,
    source: NonNullable<Volume[Name]>,
    volume: Volume,
    isPod: boolean,
  ) => void,
  names: Pick<SourceRule, 'called' | 'misspelt'> = {},
): SourceRule => ({
  name,
  ...names,
  check: (errors, path, volume, isPod) => {
    const source = volume[name];
    if (source) check(errors, path, source as NonNullable<Volume[Name]>, volume, isPod);
  },
});

/** Sources in the order in which upstream looks for them. */
const sources: readonly SourceRule[] = [
  rule('hostPath', checkHostPath),
  rule('gitRepo', legacySources.gitRepo),
  rule('gcePersistentDisk', legacySources.gcePersistentDisk, { called: 'persistentDisk' }),
  rule('awsElasticBlockStore', legacySources.awsElasticBlockStore),
  rule('secret', checkSecret),
  rule('nfs', legacySources.nfs),
  rule('iscsi', legacySources.iscsi),
  rule('glusterfs', legacySources.glusterfs),
  rule('flocker', legacySources.flocker),
  rule('persistentVolumeClaim', (errors, path, source) =>
    checkPresent(errors, `${path}.claimName`, source.claimName),
  ),
  rule('rbd', legacySources.rbd),
  rule('cinder', legacySources.cinder),
  rule('cephfs', legacySources.cephfs, { misspelt: 'cephFS' }),
  rule('quobyte', legacySources.quobyte),
  rule('downwardAPI', checkDownwardVolume, { misspelt: 'downwarAPI' }),
  rule('fc', legacySources.fc),
  rule('flexVolume', legacySources.flexVolume),
  rule('configMap', (errors, path, source) => {
    checkPresent(errors, `${path}.name`, source.name);
    checkKeySource(errors, path, source);
  }),
  rule('azureFile', legacySources.azureFile),
  rule('vsphereVolume', legacySources.vsphereVolume),
  rule('photonPersistentDisk', legacySources.photonPersistentDisk),
  rule('portworxVolume', legacySources.portworxVolume),
  rule('azureDisk', legacySources.azureDisk),
  rule('storageos', legacySources.storageos),
  rule('projected', checkProjectedVolume),
  rule('scaleIO', legacySources.scaleIO),
  rule('csi', checkCsi),
  rule('ephemeral', checkEphemeral),
  rule('image', checkImage),
];

const checkEmptyDir = (errors: Errors, path: string, volume: Volume): void => {
  const { sizeLimit } = volume.emptyDir ?? {};
  if (sizeLimit === undefined || quantityOf(sizeLimit).nano >= 0n) return;
  errors.push(
    forbiddenField(`${path}.emptyDir.sizeLimit`, 'SizeLimit field must be a valid resource quantity'),
  );
};

const INITIATOR_LIMIT =
  'Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is specified.';

/** What depends on the names of the volume and its pod. */
const checkNames = (
  errors: Errors,
  path: string,
  volume: Volume,
  name: SourceName,
  podName: string,
): void => {
  const own = volume.name ?? '';
  if (name === 'iscsi' && volume.iscsi?.initiatorName !== undefined) {
    const portal = volume.iscsi.targetPortal ?? '';
    if (utf8Length(`${own}:${portal}`) > 64) errors.push(invalidValue(`${path}.name`, own, INITIATOR_LIMIT));
  }
  if (name !== 'ephemeral' || podName === '' || own === '') return;
  const claim = `${podName}-${own}`;
  for (const message of dns1123Subdomain(claim)) {
    errors.push(invalidValue(`${path}.name`, own, `PVC name ${JSON.stringify(claim)}: ${message}`));
  }
};

const checkSource = (errors: Errors, path: string, volume: Volume, { podName, isPod }: VolumePlace): void => {
  let count = 0;
  if (volume.emptyDir) {
    count += 1;
    checkEmptyDir(errors, path, volume);
  }
  for (const { name, called, misspelt, check } of sources) {
    if (!volume[name]) continue;
    if (count > 0) {
      const at = `${path}.${misspelt ?? name}`;
      errors.push(forbiddenField(at, 'may not specify more than 1 volume type'));
      if (name === 'iscsi') checkNames(errors, path, volume, name, podName);
      continue;
    }
    count += 1;
    check(errors, `${path}.${called ?? name}`, volume, isPod);
    checkNames(errors, path, volume, name, podName);
  }
  if (count === 0) errors.push(required(path, 'must specify a volume type'));
};

/** All volumes of a pod or a template; returns those in order by name, for mounts to refer to. */
export const checkVolumes = (
  errors: Errors,
  path: string,
  volumes: readonly Volume[] | undefined,
  place: VolumePlace,
): VolumesByName => {
  const { podName } = place;
  const byName = new Map<string, Volume>();
  if (volumes === undefined) return byName;
  const made = new Set(
    podName === ''
      ? []
      : volumes.filter(({ ephemeral }) => ephemeral).map(({ name }) => `${podName}-${name}`),
  );
  checkEach(errors, path, volumes, (found, at, volume) => {
    const before = found.length;
    checkSource(found, at, volume, place);
    const name = volume.name ?? '';
    if (checkPresent(found, `${at}.name`, name)) checkLabelName(found, `${at}.name`, name);
    if (byName.has(name)) found.push(duplicate(`${at}.name`, name));
    if (found.length === before) byName.set(name, volume);
    const claim = volume.persistentVolumeClaim?.claimName;
    if (claim !== undefined && made.has(claim)) {
      const detail = 'must not reference a PVC that gets created for an ephemeral volume';
      found.push(invalidValue(`${at}.persistentVolumeClaim.claimName`, claim, detail));
    }
  });
  return byName;
};
